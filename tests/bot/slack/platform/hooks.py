"""What is posted to a `response_url`, and what comes back with an acknowledged command.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from typing import Any

from tests.bot.slack.platform.blocks import Surface
from tests.bot.slack.platform.chat import identified, rewrite
from tests.bot.slack.platform.events import Events
from tests.bot.slack.platform.nouns import Channel, Message, Person, Team
from tests.bot.slack.platform.payloads import (
    TEXT,
    bounded,
    checked_attachments,
    checked_blocks,
    checked_metadata,
    one_table,
)
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.shapes import (
    Check,
    Faults,
    anything,
    boolean,
    members,
    one_of,
    words,
)

USES = 5
LIFE = 1800.0
"""«You can use it up to 5 times within 30 minutes»."""
ANSWER: dict[str, Check] = {
    "text": words(TEXT),
    "blocks": anything,
    "attachments": anything,
    "metadata": anything,
    "response_type": one_of("ephemeral", "in_channel"),
    "replace_original": boolean,
    "delete_original": boolean,
    "thread_ts": words(),
    "unfurl_links": boolean,
    "unfurl_media": boolean,
    "mrkdwn": boolean,
    "link_names": boolean,
}


def content(body: Any) -> Json:
    """Return what an answer says, checked."""
    faults = Faults()
    members(ANSWER)(body, "", faults)
    if faults:
        raise Refused("invalid_payload", *faults, status=400)
    try:
        blocks = checked_blocks(body["blocks"], Surface.MESSAGE) if body.get("blocks") else []
        attachments = checked_attachments(body.get("attachments") or [])
        one_table(blocks, attachments)
        bounded(blocks)
        metadata = checked_metadata(body["metadata"]) if "metadata" in body else {}
    except Refused as refused:
        refused.status = 400
        raise
    found: Json = {
        "text": body.get("text", ""),
        "blocks": identified(blocks),
        "attachments": attachments,
        "metadata": metadata,
    }
    if not body.get("delete_original") and not any(
        found[name] for name in ("text", "blocks", "attachments")
    ):
        raise Refused("no_text", status=400)
    return found


def answer(
    world: Events,
    person: Person,
    channel: Channel,
    said: Json,
    body: Json,
    *,
    thread: str = "",
    team: Team | None = None,
) -> Message:
    """Show an answer, to its asker alone unless it says otherwise."""
    team = team or person.team
    message = Message(
        ts=world.clock.stamp(),
        channel=channel,
        author=team.bot_user,
        team=team,
        bot_id=team.bot_id,
        app_id=world.app_id,
        thread=str(body.get("thread_ts", thread)),
        ephemeral_to="" if body.get("response_type") == "in_channel" else person.id,
        **said,
    )
    return world.said(message)


async def respond(world: Events, id: str, body: Any) -> None:
    """Do what was posted to a `response_url`."""
    hook = world.hooks.get(id)
    if hook is None:
        raise Refused("invalid_url", status=404)
    if world.clock.now() - hook.made > LIFE:
        raise Refused("expired_url", status=404)
    if hook.used >= USES:
        raise Refused("used_url", status=404)
    said = content(body)
    if hook.channel.archived:
        raise Refused("is_archived", status=404)
    hook.used += 1
    original = hook.message
    if body.get("delete_original"):
        if original is None or original.deleted:
            raise Refused("message_not_found", status=404)
        await world.vanish(original, wait=False)
    elif body.get("replace_original") and original is not None:
        if original.deleted:
            raise Refused("message_not_found", status=404)
        rewrite(world, original, said)
    else:
        thread = original.thread if original is not None else ""
        team = original.team if original is not None and original.bot_id else None
        answer(world, hook.person, hook.channel, said, body, thread=thread, team=team)
