"""What one message of Discord holds, and how it is put on the wire."""

import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from discord import File, MessageReference
from discord.http import MultipartParameters

Json = dict[str, Any]

SILENT: Json = {"parse": [], "replied_user": False}
"""`AllowedMentions.none()`, said with each message: nobody's telephone rings."""
ALONE = 1 << 6
"""The flag of a message that one person alone sees."""
DESCRIPTION = 1024
"""Characters of what describes a picture."""

_ODD = re.compile(r"[^A-Za-z0-9._\-]+")


class Attached(NamedTuple):
    """A file of a message."""

    name: str
    content: bytes
    alt: str = ""


class Parcel(NamedTuple):
    """All that stands in a message."""

    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    files: tuple[Attached, ...] = ()


class Sent(NamedTuple):
    """A message that is there, and what it holds."""

    id: int
    parcel: Parcel


def attached(name: str, content: bytes, alt: str = "") -> Attached:
    """Return a file by a name that Discord leaves as it is."""
    stem, dot, ending = name.rpartition(".")
    plain = unicodedata.normalize("NFKD", stem if dot else name)
    kept = _ODD.sub("_", plain.encode("ascii", "ignore").decode()).strip("._-")
    return Attached(f"{kept[:80] or 'file'}{dot}{ending if dot else ''}", content, alt)


def packed(
    parcel: Parcel,
    *,
    before: Parcel | None = None,
    wrap: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> MultipartParameters:
    """Return a message as the parameters of a request.

    Args:
        parcel: what it holds.
        before: what it held, when it is changed: files that stay are not sent again.
        wrap: the type of an interaction's response, if it is one.
        more: further fields, such as a nonce.
    """
    payload: Json = {
        "content": parcel.content,
        "embeds": list(parcel.embeds),
        "components": list(parcel.components),
        "allowed_mentions": SILENT,
        **(more or {}),
    }
    files: list[File] = []
    if before is None or before.files != parcel.files:
        files = [
            File(io.BytesIO(each.content), each.name, spoiler=False, description=each.alt or None)
            for each in parcel.files
        ]
        payload["attachments"] = [file.to_dict(at) for at, file in enumerate(files)]
    body = payload if wrap is None else {"type": wrap, "data": payload}
    if not files:
        return MultipartParameters(payload=body, multipart=None, files=None)
    form: list[Json] = [{"name": "payload_json", "value": json.dumps(body)}]
    form += [
        {
            "name": f"files[{at}]",
            "value": file.fp,
            "filename": file.filename,
            "content_type": "application/octet-stream",
        }
        for at, file in enumerate(files)
    ]
    return MultipartParameters(payload=None, multipart=form, files=files)


def replying(channel: int, message: int) -> Json:
    """Return the field that makes a message a reply; it is one to nothing if that is gone."""
    reference = MessageReference(message_id=message, channel_id=channel, fail_if_not_exists=False)
    return {"message_reference": dict(reference.to_message_reference_dict())}


def changed(before: Sequence[Parcel], after: Sequence[Parcel]) -> list[int]:
    """Return which messages of an answer are to be sent: those that are new or other."""
    return [at for at, each in enumerate(after) if at >= len(before) or before[at] != each]
