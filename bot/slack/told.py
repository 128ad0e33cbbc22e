"""What was said already, found again by the mark that each message of ours bears."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bot.slack.web import Web

Json = dict[str, Any]

EVENT = "trellis_said"
"""What the marks of our messages are called in Slack's metadata."""
LOOKED = 200
"""Messages of a thread or channel that are looked through, the latest."""


class Where(NamedTuple):
    """A thread of a channel, or the channel itself."""

    channel: str
    thread: str | None = None


def mark(key: str, number: int) -> Json:
    """Return the metadata of the *number*-th message that answers *key*."""
    return {"event_type": EVENT, "event_payload": {"key": key, "number": number}}


async def said(web: Web, where: Where, key: str, *, since: str = "0") -> dict[int, Json]:
    """Return the messages that answer *key*, by their numbers.

    Raises:
        SpeechFailed: Slack does not tell.
    """
    found: dict[int, Json] = {}
    for message in await messages(web, where, since=since):
        payload = marked(message)
        if payload.get("key") == key and message.get("user") == web.us:
            found[int(payload.get("number", 0))] = message
    return found


async def unmarked(web: Web, where: Where, *, since: str) -> list[Json]:
    """Return messages of ours that bear no mark: those that began to grow and were left."""
    return [
        message
        for message in await messages(web, where, since=since)
        if message.get("user") == web.us
        and not marked(message)
        and not message.get("files")
        and message["ts"] != where.thread
    ]


async def messages(web: Web, where: Where, *, since: str) -> Sequence[Json]:
    """Return what was said somewhere after *since*, the oldest first."""
    if where.thread is None:
        answer = await web.call(
            "conversations.history",
            channel=where.channel,
            oldest=since,
            limit=LOOKED,
            include_all_metadata=True,
        )
        return list(reversed(answer.get("messages", ())))
    answer = await web.call(
        "conversations.replies",
        channel=where.channel,
        ts=where.thread,
        oldest=since,
        limit=LOOKED,
        include_all_metadata=True,
    )
    return [each for each in answer.get("messages", ()) if float(each["ts"]) > float(since)]


def marked(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what our mark on a message says; empty where it bears none."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload if metadata.get("event_type") == EVENT else {}
