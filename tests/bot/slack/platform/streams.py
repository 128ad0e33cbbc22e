"""chat.startStream, chat.appendStream, chat.stopStream: messages that grow.

https://docs.slack.dev/reference/methods/chat.startStream and the two beside it.
"""

import time

from tests.bot.slack.platform.arguments import parsed, text
from tests.bot.slack.platform.blocks import Surface
from tests.bot.slack.platform.chat import (
    LOOKS,
    WRITE,
    customized,
    identified,
    open_to,
    own,
    thread,
    usable_files,
)
from tests.bot.slack.platform.method import Asking, method
from tests.bot.slack.platform.nouns import Message, Stream
from tests.bot.slack.platform.payloads import (
    MARKDOWN_TEXT,
    bounded,
    checked_blocks,
    checked_metadata,
    one_table,
)
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.shapes import Check, Faults, anything, array, by_type, members, words
from tests.bot.slack.platform.shapes import one_of as one_of_these

FIELD = 256
"""«256 characters per field» of a task or a plan, as others measured."""
SOURCE = members(
    {"type": one_of_these("url"), "url": words(least=1), "text": words(least=1)},
    ("type", "url", "text"),
)
CHUNKS: dict[str, Check] = {
    "markdown_text": members({"type": anything, "text": words(MARKDOWN_TEXT)}, ("text",)),
    "task_update": members(
        {
            "type": anything,
            "id": words(FIELD, 1),
            "title": words(FIELD, 1),
            "status": one_of_these("pending", "in_progress", "complete", "error"),
            "details": words(FIELD),
            "output": words(FIELD),
            "sources": array(SOURCE),
        },
        ("id", "title", "status"),
    ),
    "plan_update": members({"type": anything, "title": words(FIELD, 1)}, ("title",)),
    "blocks": members({"type": anything, "blocks": array(anything, most=50)}, ("blocks",)),
}
STATUSES = {"active", "processing", "suspended", "closed"}


def pieces(asking: Asking) -> tuple[str, list[Json]]:
    """Return in which mode a call speaks, and what it says as chunks."""
    found = asking.found
    if "chunks" in found and "markdown_text" in found:
        raise Refused("cannot_provide_both_markdown_text_and_chunks")
    if "markdown_text" in found:
        said = text(found, "markdown_text")
        if len(said) > MARKDOWN_TEXT:
            raise Refused("msg_too_long")
        return "markdown_text", [{"type": "markdown_text", "text": said}]
    if "chunks" not in found:
        return "", []
    chunks = parsed(found, "chunks", list)
    faults = Faults()
    array(by_type(CHUNKS))(chunks, "/chunks", faults)
    if any("must be less than 12001" in each for each in faults):
        raise Refused("msg_too_long")
    if faults:
        raise Refused("invalid_chunks", *faults)
    for each in chunks:
        if each["type"] == "blocks":
            each["blocks"] = identified(checked_blocks(each["blocks"], Surface.MESSAGE))
            usable_files(asking, each["blocks"])
    return ("chunks" if chunks else ""), chunks


def grow(message: Message, mode: str, chunks: list[Json]) -> None:
    """Let a stream say more; it holds 12,000 characters in all."""
    stream = message.stream
    if stream is None:
        raise Refused("message_not_in_streaming_state")
    if mode and stream.mode and mode != stream.mode:
        raise Refused("streaming_mode_mismatch")
    said = "".join(each["text"] for each in chunks if each["type"] == "markdown_text")
    if len(stream.text) + len(said) > MARKDOWN_TEXT:
        raise Refused("msg_too_long")
    blocks = [each for some in chunks if some["type"] == "blocks" for each in some["blocks"]]
    if len(stream.blocks) + len(blocks) > 50:
        raise Refused("msg_blocks_too_many")
    stream.mode = mode or stream.mode
    stream.text += said
    stream.blocks += blocks
    for each in chunks:
        if each["type"] == "task_update":
            task = stream.tasks.setdefault(each["id"], {})
            details = task.get("details", "") + each.get("details", "")
            task.update({**each, "details": details})
        elif each["type"] == "plan_update":
            stream.plan = each["title"]
    if mode:
        stream.appended.append(time.monotonic())


@method(
    "chat.startStream",
    tier=2,
    scopes=WRITE,
    required=("channel", "thread_ts"),
    optional=(
        *("markdown_text", "chunks", "recipient_user_id", "recipient_team_id"),
        *("task_display_mode", *LOOKS),
    ),
)
async def start_stream(asking: Asking) -> Json:
    """Begin to speak; outside a direct message, to somebody in particular."""
    found, world = asking.found, asking.world
    channel = open_to(asking)
    username = customized(asking)
    for name in ("recipient_user_id", "recipient_team_id"):
        if name not in found and channel.kind != "im":
            raise Refused(f"missing_{name}")
        if name not in found:
            world.warned("recipient", f"a bot's stream without {name} is refused now and then")
    if "recipient_user_id" in found:
        person = world.people.get(str(found["recipient_user_id"]))
        if person is None or person.id not in channel.members:
            raise Refused("user_not_found")
        if found.get("recipient_team_id", person.team.id) != person.team.id:
            raise Refused("team_not_found")
    display = text(found, "task_display_mode", "timeline")
    if display not in {"timeline", "plan", "dense"}:
        raise Refused("invalid_arguments", "must be a valid enum value")
    root = thread(asking, channel, found["thread_ts"])
    if not root:
        raise Refused("invalid_arguments", "missing required field: thread_ts")
    mode, chunks = pieces(asking)
    message = own(asking, channel, thread=root, username=username)
    message.stream = Stream(world.clock.now(), str(found.get("recipient_user_id", "")))
    message.stream.display = display
    grow(message, mode, chunks)
    world.conversation(channel, root).status = ""
    world.said(message)
    return {"channel": channel.id, "ts": message.ts}


def growing(asking: Asking) -> Message:
    """Return the bot's own message that a call is about."""
    channel = asking.channel()
    if channel.archived:
        raise Refused("is_archived")
    message = asking.message(channel, asking.found["ts"], error="message_not_found")
    if message.bot_id != asking.team.bot_id:
        raise Refused("message_not_owned_by_app")
    asking.world.lapse_one(message)
    return message


@method(
    "chat.appendStream",
    tier=4,
    scopes=WRITE,
    required=("channel", "ts"),
    optional=("markdown_text", "chunks"),
)
async def append_stream(asking: Asking) -> Json:
    """Say more."""
    message = growing(asking)
    if message.stopped == "stopped_by_user":
        raise Refused("stopped_by_user")
    if not message.streaming:
        raise Refused("message_not_in_streaming_state")
    mode, chunks = pieces(asking)
    if not mode:
        raise Refused("markdown_text_or_chunks_required")
    if mode == "markdown_text" and not chunks[0]["text"]:
        raise Refused("no_text")
    grow(message, mode, chunks)
    asking.world.changed()
    return {"channel": message.channel.id, "ts": message.ts}


@method(
    "chat.stopStream",
    tier=2,
    scopes=WRITE,
    required=("channel", "ts"),
    optional=("markdown_text", "chunks", "blocks", "metadata", "session_status"),
)
async def stop_stream(asking: Asking) -> Json:
    """Say the last of it; blocks stand below."""
    found, world = asking.found, asking.world
    message = growing(asking)
    if message.stream is None or message.stopped in {"stopped", "expired"}:
        raise Refused("message_not_in_streaming_state")
    status = text(found, "session_status", "active")
    if status not in STATUSES:
        raise Refused("invalid_arguments", "must be a valid enum value")
    mode, chunks = pieces(asking)
    blocks = checked_blocks(found["blocks"], Surface.MESSAGE) if found.get("blocks") else []
    one_table([*message.stream.blocks, *blocks], [])
    bounded(blocks)
    usable_files(asking, blocks)
    metadata = checked_metadata(found["metadata"]) if "metadata" in found else {}
    before = world.shape(message)
    grow(message, mode, chunks)
    message.blocks = identified(blocks)
    message.metadata = metadata
    message.stream.over = "stopped"
    world.conversation(message.channel, message.thread).session = status
    world.became(message, before)
    return {"channel": message.channel.id, "ts": message.ts, "message": world.shape(message)}
