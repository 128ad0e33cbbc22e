"""What a message may say: its text, its blocks, its attachments, its metadata.

https://docs.slack.dev/reference/methods/chat.postMessage
"""

import json
import re
from typing import Any

from tests.bot.slack.platform import blocks as block_kit
from tests.bot.slack.platform.blocks import Surface
from tests.bot.slack.platform.prose import parts, weight
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.shapes import (
    Check,
    Faults,
    anything,
    array,
    boolean,
    integer,
    members,
    number,
    one_of,
    words,
)
from tests.bot.slack.platform.tables import MOST_CHARACTERS, size

TEXT = 40_000
"""chat.postMessage: longer text is truncated, with the warning `message_truncated`."""
UPDATED_TEXT = 4_000
"""chat.update: «The text field cannot exceed 4,000 characters», `msg_too_long`.

Others measured that these are bytes of UTF-8; they are counted so here.
"""
MARKDOWN_TEXT = 12_000
"""chat.postMessage, chat.startStream: `markdown_text` of 12,000 characters."""
WEIGHT = 13_200
"""`msg_blocks_too_long`; see `prose.weight`."""
MOST_ATTACHMENTS = 100
METADATA = 8_000
"""https://docs.slack.dev/messaging/message-metadata: 8 KB of payload, `metadata_too_large`."""

ATTACHMENT: dict[str, Check] = {
    "blocks": anything,
    "color": words(least=1),
    "fallback": words(),
    "pretext": words(),
    "text": words(),
    "title": words(),
    "title_link": words(),
    "author_name": words(),
    "author_link": words(),
    "author_icon": words(),
    "author_subname": words(),
    "image_url": words(),
    "thumb_url": words(),
    "footer": words(),
    "footer_icon": words(),
    "ts": number,
    "mrkdwn_in": array(one_of("text", "pretext", "fields")),
    "fields": array(members({"title": words(), "value": words(), "short": boolean}, ("value",))),
    "callback_id": words(),
    "id": integer(),
    "from_url": words(),
    "is_app_unfurl": boolean,
    "hide_color": boolean,
    "hide_border": boolean,
    "preview": anything,
}
"""https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments"""


def parsed(value: Any, code: str) -> Any:
    """Return JSON that came as a string, or as itself in a JSON body."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(code) from None
    return value


def checked_blocks(value: Any, surface: Surface, pointer: str = "/blocks") -> list[Json]:
    """Return blocks that Block Kit takes.

    Raises:
        Refused: `invalid_blocks_format` for what is no list of objects, else `invalid_blocks`.
    """
    found = parsed(value, "invalid_blocks_format")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Refused("invalid_blocks_format")
    if faults := block_kit.check(found, surface, pointer):
        raise Refused("invalid_blocks", *faults)
    return found


def checked_attachments(value: Any) -> list[Json]:
    """Return attachments that Slack takes."""
    found = parsed(value, "invalid_attachments")
    if not isinstance(found, list):
        raise Refused("invalid_attachments")
    if len(found) > MOST_ATTACHMENTS:
        raise Refused("too_many_attachments")
    faults = Faults()
    array(members(ATTACHMENT))(found, "/attachments", faults)
    for at, each in enumerate(found):
        if isinstance(each, dict) and "blocks" in each:
            faults.extend(
                block_kit.check(each["blocks"], Surface.MESSAGE, f"/attachments/{at}/blocks")
            )
    if faults:
        raise Refused("invalid_attachments", *faults)
    return found


def checked_metadata(value: Any) -> Json:
    """Return metadata: an event's type and its payload, or entities."""
    found = parsed(value, "invalid_metadata_format")
    if not isinstance(found, dict):
        raise Refused("invalid_metadata_format")
    if not found:
        return {}
    faults = Faults()
    members(
        {"event_type": words(255, 1), "event_payload": anything, "entities": anything},
        () if "entities" in found else ("event_type", "event_payload"),
    )(found, "/metadata", faults)
    payload = found.get("event_payload", {})
    if faults or not isinstance(payload, dict):
        raise Refused("invalid_metadata_schema", *faults)
    if len(json.dumps(payload).encode()) > METADATA:
        raise Refused("metadata_too_large")
    return found


def one_table(blocks: list[Json], attachments: list[Json]) -> None:
    """Refuse a second table, and more text than tables may hold.

    table-block: «Only one table block is allowed per message», `invalid_attachments` with
    `only_one_table_allowed`; what markdown turns into tables counts as well.
    """
    every = [*blocks, *(each for some in attachments for each in some.get("blocks", []))]
    tables = [each for each in every if each["type"] in {"table", "data_table"}]
    written = sum(
        parts(each["text"]).count("table") for each in every if each["type"] == "markdown"
    )
    if len(tables) + written > 1:
        raise Refused("invalid_attachments", "only_one_table_allowed")
    for kind, most in MOST_CHARACTERS.items():
        if size([each for each in tables if each["type"] == kind]) > most:
            raise Refused("invalid_blocks", f"{kind} exceeds {most} characters in all cells")


def bounded(blocks: list[Json]) -> None:
    """Refuse blocks that are fine one by one and too much together."""
    rendered = sum(len(parts(each["text"])) if each["type"] == "markdown" else 1 for each in blocks)
    if weight(blocks) > WEIGHT or rendered > block_kit.MOST_BLOCKS[Surface.MESSAGE]:
        raise Refused("msg_blocks_too_long")


def files_within(value: Any) -> list[Json]:
    """Return every reference to a file of Slack's within blocks."""
    if isinstance(value, dict):
        own = [value["slack_file"]] if isinstance(value.get("slack_file"), dict) else []
        return own + [each for name in value for each in files_within(value[name])]
    if isinstance(value, list):
        return [each for some in value for each in files_within(some)]
    return []


LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>|(https?://[^\s<>|]+)")


def links(text: str) -> list[str]:
    """Return the addresses that stand in a text."""
    return [one or other for one, other in LINK.findall(text)]
