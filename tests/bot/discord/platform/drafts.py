"""What a message is to be, read from the body of a request: docs, Message Resource."""

import json
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .checks import Body
from .components import read_components
from .embeds import read_embeds
from .errors import Problems, Refused
from .mentions import Allowed, read_allowed
from .payloads import FILE_LIMIT
from .records import (
    COMPONENTS_V2,
    EPHEMERAL,
    SILENT,
    SUPPRESS_EMBEDS,
    Attachment,
    Message,
    Payload,
)

CONTENT = 2000
"""Code points, white space around trimmed: "Create Message"; discord-api-docs issue 1315."""
NONCE = 25
"""The same place."""
FILES = 10
"""Docs, Opcodes, 30015; Reference, "Uploading Files"."""
REQUEST = 25 * 1024 * 1024
"""Bytes of a request: "Create Message", "Limitations"."""
DESCRIPTION = 1024
"""Of an attachment: "Attachment Object"."""
V2_ALONE = ("content", "embeds")
"""What IS_COMPONENTS_V2 forbids: Component Reference."""
CREATE = (
    *("content", "nonce", "tts", "embeds", "allowed_mentions", "message_reference"),
    *("components", "attachments", "flags", "enforce_nonce"),
)
EDIT = ("content", "embeds", "flags", "allowed_mentions", "components", "attachments", "tts")
"""`tts` is no field of an edit in the docs; discord.py always sends it, and Discord takes it."""
RESPOND = (*("tts", "content", "embeds", "allowed_mentions", "flags", "components", "attachments"),)
CREATE_FLAGS = SUPPRESS_EMBEDS | SILENT | COMPONENTS_V2
RESPOND_FLAGS = CREATE_FLAGS | EPHEMERAL
"""Docs, Receiving and Responding, "Interaction Callback Data Structure"."""


@dataclass(frozen=True)
class Upload:
    """A file of a multipart body."""

    name: str
    content: bytes
    content_type: str | None


async def read_body(request: web.Request) -> tuple[Any, Mapping[int, Upload]]:
    """Return the JSON and the files of a request: docs, Reference, "Uploading Files"."""
    if (request.content_length or 0) > REQUEST:
        raise Refused(40005)
    if request.content_type != "multipart/form-data":
        return _json(await request.text()) if request.can_read_body else None, {}
    value: Any = {}
    files: dict[int, Upload] = {}
    async for name, part in _parts(request):
        content = bytes(await part.read(decode=True))
        if name == "payload_json":
            value = _json(content.decode())
        elif match := re.fullmatch(r"files\[(\d+)\]", name):
            if len(content) > FILE_LIMIT:
                raise Refused(40005)
            filename = cleaned(part.filename or "unknown")
            kind = mimetypes.guess_type(filename)[0]
            files[int(match[1])] = Upload(filename, content, kind)
        else:
            problems = Problems()
            problems.add((name,), "UNKNOWN_FIELD", "This field is not known")
            problems.refuse()
    if len(files) > FILES:
        raise Refused(30015, "Maximum number of attachments in a message reached (10)")
    return value, files


async def _parts(request: web.Request) -> Any:
    async for part in await request.multipart():
        yield getattr(part, "name", "") or "", part


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        raise Refused(50109) from None


def cleaned(name: str) -> str:
    """Return a file name as Discord keeps it: observed, it takes neither spaces nor accents."""
    return re.sub(r"[^A-Za-z0-9_.\-]", "_", name)


@dataclass
class Draft:
    """What a message is to be; what is None stays as it is."""

    content: str | None = None
    embeds: tuple[Payload, ...] | None = None
    components: tuple[Payload, ...] | None = None
    files: tuple[Attachment, ...] = ()
    kept: frozenset[int] | None = None
    """The attachments that stay; None is all."""
    flags: int = 0
    allowed: Allowed = field(default_factory=Allowed)
    reference: Payload | None = None
    nonce: str | None = None
    enforce_nonce: bool = False


def read_draft(
    value: Any,
    uploads: Mapping[int, Upload],
    ids: Any,
    default: Allowed,
    *,
    known: tuple[str, ...] = CREATE,
    flags: int = CREATE_FLAGS,
    before: Message | None = None,
    path: tuple[str, ...] = (),
) -> Draft:
    """Read a body; everything that is wrong with it is said at once."""
    problems = Problems()
    body = Body(problems, path, value)
    body.only(*known)
    names = {each.name for each in uploads.values()}
    names |= {each.name for each in before.files} if before else set()
    draft = Draft(allowed=read_allowed(body, default))
    draft.flags = body.number("flags", least=0) or 0
    if draft.flags & ~flags:
        body.wrong(("flags",), "BITFIELD_TYPE_INVALID", "Only some flags can be set here")
    v2 = bool((draft.flags | (before.flags if before else 0)) & COMPONENTS_V2)
    body.truth("tts")
    if "content" in body.value:
        draft.content = body.text("content", most=CONTENT, trim=True) or ""
    if "embeds" in body.value:
        draft.embeds = read_embeds(body, names)
    if "components" in body.value:
        draft.components = read_components(body, names, v2=v2)
    for name in V2_ALONE if v2 else ():
        if body.value.get(name):
            said = f"The '{name}' field cannot be used with MessageFlags.IS_COMPONENTS_V2"
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            body.wrong((name,), code, said)
    _nonce(body, draft)
    if reference := body.inside("message_reference"):
        reference.only("type", "message_id", "channel_id", "guild_id", "fail_if_not_exists")
        reference.one_of("type", (0,))
        reference.snowflake("message_id", required=True)
        draft.reference = reference.value
    _files(body, draft, uploads, ids, before)
    problems.refuse()
    return draft


def _nonce(body: Body, draft: Draft) -> None:
    nonce = body.value.get("nonce")
    if nonce is not None:
        draft.nonce = str(nonce)
        if isinstance(nonce, bool | dict | list | float) or len(draft.nonce) > NONCE:
            said = f"Must be {NONCE} or fewer in length."
            body.wrong(("nonce",), "BASE_TYPE_MAX_LENGTH", said)
    draft.enforce_nonce = body.truth("enforce_nonce") or False


def _files(
    body: Body, draft: Draft, uploads: Mapping[int, Upload], ids: Any, before: Message | None
) -> None:
    described: dict[int, str | None] = {}
    old = {each.id for each in before.files} if before else set()
    kept = set()
    for each in body.items("attachments", most=FILES):
        # Whatever Discord itself says of an attachment may be sent back with it.
        given = (
            "url",
            "proxy_url",
            "size",
            "content_type",
            "width",
            "height",
            "ephemeral",
            "flags",
        )
        each.only("id", "filename", "description", "title", "is_spoiler", *given)
        id = each.snowflake("id", required=True)
        text = each.text("description", most=DESCRIPTION)
        if id is None:
            continue
        if id in old:
            kept.add(id)
        elif id in uploads:
            described[id] = text
        else:
            said = f"There is no attachment {id}."
            each.wrong(("id",), "ATTACHMENT_NOT_FOUND", said)
    if "attachments" in body.value:
        draft.kept = frozenset(kept)
    draft.files = tuple(
        Attachment(ids.next(), each.name, each.content, described.get(index), each.content_type)
        for index, each in sorted(uploads.items())
    )
    remaining = len(old) if draft.kept is None else len(draft.kept)
    if remaining + len(draft.files) > FILES:
        said = f"Must be {FILES} or fewer in length."
        body.wrong(("attachments",), "BASE_TYPE_MAX_LENGTH", said)
