"""chat.*: to post, change, delete and whisper messages, and to unfurl links."""

import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from tests.bot.slack.platform.arguments import flag, parsed, text
from tests.bot.slack.platform.blocks import Surface, elements_of
from tests.bot.slack.platform.method import Asking, method
from tests.bot.slack.platform.nouns import Channel, Edit, Message
from tests.bot.slack.platform.payloads import (
    MARKDOWN_TEXT,
    TEXT,
    UPDATED_TEXT,
    bounded,
    checked_attachments,
    checked_blocks,
    checked_metadata,
    files_within,
    links,
    one_table,
)
from tests.bot.slack.platform.refusals import Json, Refused

SAID = ("text", "blocks", "attachments", "markdown_text", "metadata")
LOOKS = ("icon_emoji", "icon_url", "username")
PARSING = ("link_names", "parse", "mrkdwn")
UNFURLING = ("unfurl_links", "unfurl_media", "unfurl_app_links")
WRITE = ("chat:write",)


def identified(blocks: list[Json]) -> list[Json]:
    """Give every block and every element the id that Slack gives it."""
    for each in blocks:
        if each["type"] != "markdown":
            each.setdefault("block_id", secrets.token_hex(3)[:5])
        for _, element in elements_of(each):
            element.setdefault("action_id", secrets.token_hex(3)[:5])
    return blocks


def usable_files(asking: Asking, blocks: list[Json]) -> None:
    """Refuse pictures that are no files, or not processed yet.

    composition-objects/slack-file-object; «invalid slack file» until it is processed.
    """
    for each in files_within(blocks):
        named = str(each.get("id") or each["url"].split("/files/")[-1].split("/")[0])
        file = asking.world.uploads.get(named.rsplit("-", maxsplit=1)[-1])
        fine = file is not None and file.complete and file.picture and file.team is asking.team
        if file is None or not fine or asking.world.clock.now() < file.ready_at:
            raise Refused("invalid_blocks", "invalid slack file [json-pointer:/blocks/slack_file]")


def customized(asking: Asking) -> str:
    """Return the name a message is to bear; it takes a scope."""
    if any(name in asking.found for name in LOOKS) and not asking.has("chat:write.customize"):
        raise Refused(
            "missing_scope",
            needed="chat:write.customize",
            provided=",".join(sorted(asking.token.scopes)),
        )
    return text(asking.found, "username")


def _text(asking: Asking, *, updates: bool) -> tuple[Json, list[str]]:
    """Return the text of a message, and what Slack warns of."""
    found = asking.found
    if "markdown_text" in found:
        if "text" in found or "blocks" in found:
            raise Refused("markdown_text_conflict")
        markdown = text(found, "markdown_text")
        if len(markdown) > MARKDOWN_TEXT:
            raise Refused("msg_too_long")
        return {"markdown": markdown, "text": "", "blocks": []}, []
    if "text" not in found:
        return {}, []
    words = text(found, "text")
    if updates and len(words.encode()) > UPDATED_TEXT:
        raise Refused("msg_too_long")
    if len(words) > TEXT:
        return {"text": words[:TEXT]}, ["message_truncated"]
    return {"text": words}, []


def said(asking: Asking, *, updates: bool = False) -> tuple[Json, list[str]]:
    """Return what a message is to say, checked, and what Slack warns of."""
    found = asking.found
    if not any(found.get(name) for name in ("text", "blocks", "attachments", "markdown_text")):
        raise Refused("no_text")
    content, warnings = _text(asking, updates=updates)
    blocks = checked_blocks(found["blocks"], Surface.MESSAGE) if "blocks" in found else []
    attachments = checked_attachments(found["attachments"]) if "attachments" in found else []
    one_table(blocks, attachments)
    bounded(blocks)
    usable_files(asking, [*blocks, *attachments])
    if "blocks" in found:
        content["blocks"] = identified(blocks)
    if "attachments" in found:
        for each in attachments:
            identified(each.get("blocks", []))
        content["attachments"] = attachments
    if "metadata" in found:
        content["metadata"] = checked_metadata(found["metadata"])
    if blocks and not found.get("text"):
        asking.world.warned("missing_text", f"blocks without text: {blocks[0]['type']}")
    return content, warnings


def warned(answer: Json, warnings: list[str]) -> Json:
    """Return an answer with what Slack warns of."""
    if warnings:
        answer["warning"] = ",".join(warnings)
        answer["response_metadata"] = {"warnings": warnings}
    return answer


def thread(asking: Asking, channel: Channel, value: object) -> str:
    """Return the thread a message is to stand in.

    «Avoid using a reply's ts value; use its parent instead»: it is borne, and written down.
    """
    if not value:
        return ""
    first = asking.message(channel, value, error="thread_not_found")
    if first.thread:
        asking.world.warned("reply_as_thread", f"{value} is a reply of {first.thread}")
    return first.root


def open_to(asking: Asking) -> Channel:
    """Return the channel to post into, if the bot may; a person's id means their messages tab."""
    world, id = asking.world, str(asking.found["channel"])
    person = world.people.get(id)
    if person is not None and person.team is asking.team and not person.bot:
        channel = world.dm(person)
    else:
        channel = asking.channel()
    if channel.archived:
        raise Refused("is_archived")
    if channel.kind == "im" and not world.app.messages:
        raise Refused("messages_tab_disabled")
    if not asking.member(channel) and not (
        channel.kind == "channel" and asking.has("chat:write.public")
    ):
        raise Refused("not_in_channel")
    return channel


def own(asking: Asking, channel: Channel, **content: Any) -> Message:
    """Return a new message of the bot's."""
    return Message(
        ts=asking.world.clock.stamp(),
        channel=channel,
        author=asking.team.bot_user,
        team=asking.team,
        bot_id=asking.team.bot_id,
        app_id=asking.world.app_id,
        **content,
    )


@method(
    "chat.postMessage",
    tier=0,
    scopes=WRITE,
    required=("channel",),
    optional=(*SAID, *LOOKS, *PARSING, *UNFURLING, "thread_ts", "reply_broadcast", "as_user"),
)
async def post_message(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/chat.postMessage."""
    channel = open_to(asking)
    username = customized(asking)
    content, warnings = said(asking)
    root = thread(asking, channel, asking.found.get("thread_ts"))
    message = own(asking, channel, thread=root, username=username, **content)
    message.broadcast = bool(root) and flag(asking.found, "reply_broadcast")
    asking.world.conversation(channel, root or message.ts).status = ""
    asking.world.said(message)
    shape = asking.world.shape(message)
    return warned({"channel": channel.id, "ts": message.ts, "message": shape}, warnings)


@method(
    "chat.postEphemeral",
    tier=4,
    scopes=WRITE,
    required=("channel", "user"),
    optional=(*SAID, *LOOKS, *PARSING, "thread_ts", "as_user"),
)
async def post_ephemeral(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/chat.postEphemeral."""
    channel = asking.channel()
    if channel.archived:
        raise Refused("is_archived")
    if not asking.member(channel):
        raise Refused("not_in_channel")
    if str(asking.found["user"]) not in channel.members:
        raise Refused("user_not_in_channel")
    username = customized(asking)
    content, warnings = said(asking)
    root = thread(asking, channel, asking.found.get("thread_ts"))
    if root and not asking.world.replies(channel.messages[root]):
        asking.world.warned("ephemeral_thread", "shown only if there is already an active thread")
    message = own(asking, channel, thread=root, username=username, **content)
    message.ephemeral_to = str(asking.found["user"])
    asking.world.said(message)
    return warned({"message_ts": message.ts}, warnings)


@method(
    "chat.update",
    tier=3,
    scopes=WRITE,
    required=("channel", "ts"),
    optional=(
        *(*SAID, "as_user", "file_ids", "link_names", "parse", "reply_broadcast"),
        "unfurled_attachments",
    ),
)
async def update(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/chat.update."""
    channel = asking.channel()
    message = asking.message(channel, asking.found["ts"], error="message_not_found")
    if channel.archived:
        raise Refused("is_inactive")
    if message.bot_id != asking.team.bot_id:
        raise Refused("cant_update_message")
    asking.world.lapse_one(message)
    if message.streaming:
        raise Refused("streaming_state_conflict")
    content, warnings = said(asking, updates=True)
    rewrite(asking.world, message, content)
    answer = {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": asking.world.shape(message),
    }
    return warned(answer, warnings)


def rewrite(world: Any, message: Message, content: Json) -> None:
    """Put something else into a message.

    chat.update: blocks that are not given stay only where no text is given; attachments and
    metadata stay where none are given; only an update of text alone shows as edited.
    """
    before = world.shape(message)
    message.edits.append(Edit(time.monotonic(), message.words))
    if "blocks" not in content and ("text" in content or "markdown" in content):
        message.blocks = []
    if "text" in content or "blocks" in content:
        message.markdown = ""
    for name, value in content.items():
        setattr(message, name, value)
    if message.stream is not None:
        message.stream.replaced = True
    if "blocks" not in content:
        message.edited = {"user": message.author, "ts": f"{int(world.clock.now())}.000000"}
    if not message.ephemeral_to:
        world.became(message, before)
    world.changed()


@method("chat.delete", tier=3, scopes=WRITE, required=("channel", "ts"), optional=("as_user",))
async def delete(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/chat.delete."""
    channel = asking.channel()
    message = asking.message(channel, asking.found["ts"], error="message_not_found")
    if message.bot_id != asking.team.bot_id:
        raise Refused("cant_delete_message")
    await asking.world.vanish(message, wait=False)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.getPermalink", tier=0, required=("channel", "message_ts"), takes_json=False)
async def get_permalink(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/chat.getPermalink."""
    channel = asking.channel()
    message = asking.message(channel, asking.found["message_ts"], error="message_not_found")
    link = f"{asking.team.url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread:
        link += f"?thread_ts={message.thread}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _unfurled(asking: Asking) -> Message:
    """Return the message whose links are unfurled: by `unfurl_id`, or by channel and time."""
    found = asking.found
    if "unfurl_id" in found or "source" in found:
        if "unfurl_id" not in found:
            raise Refused("missing_unfurl_id")
        message = asking.world.unfurl_ids.get(str(found["unfurl_id"]))
        if message is None:
            raise Refused("invalid_unfurl_id")
        if found.get("source") != "conversations_history":
            raise Refused("invalid_source" if "source" in found else "missing_source")
        return message
    for name in ("channel", "ts"):
        if name not in found:
            raise Refused(f"missing_{name}")
    channel = asking.channel(error="cannot_find_channel")
    return asking.message(channel, found["ts"], error="cannot_find_message")


@method(
    "chat.unfurl",
    tier=3,
    scopes=("links:write",),
    optional=(
        *("channel", "ts", "unfurls", "unfurl_id", "source", "metadata"),
        *("user_auth_blocks", "user_auth_message", "user_auth_required", "user_auth_url"),
    ),
)
async def unfurl(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/chat.unfurl."""
    message = _unfurled(asking)
    if "unfurls" not in asking.found:
        raise Refused("missing_unfurls")
    try:
        unfurls = parsed(asking.found, "unfurls", dict)
    except Refused:
        raise Refused("invalid_unfurls_format") from None
    before = asking.world.shape(message)
    standing = [each.replace("&amp;", "&") for each in links(message.text)]
    for address, each in unfurls.items():
        if address not in standing:
            raise Refused("cannot_unfurl_message")
        if not (urlsplit(address).hostname or "").endswith(asking.world.app.domains):
            raise Refused("cannot_unfurl_url")
        try:
            checked_attachments([each])
            one_table([], [each])
        except Refused as refused:
            raise Refused("cannot_parse_attachment", *refused.faults) from None
        message.unfurls[address] = {**each, "from_url": address, "is_app_unfurl": True}
    asking.world.became(message, before)
    return {}
