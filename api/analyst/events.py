"""A turn's events as frames of the contract: written once for every way they travel."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

import orjson
import structlog

from core.chats import Event, TurnInterrupted
from core.chats.failures import failure_of
from core.chats.wire import failure, frame
from core.errors import CoreError, Unauthenticated
from core.ids import MessageId

__all__ = ["expelled", "farewell", "frame", "line", "listening", "pieces", "plain_json"]

log = structlog.get_logger()

RETRY = 200
"""Milliseconds after which an `EventSource` comes back: before a turn that nobody reads ends."""


def plain_json(data: Any) -> bytes:
    """Return *data* as JSON; what a model or a database wrote is never the reason to fail."""
    try:
        return orjson.dumps(data, default=str)
    except TypeError:  # half of a character, or a number of more than 64 bits
        return json.dumps(data, default=str).encode()


def line(id: str, name: str, data: Any) -> bytes:
    """Return one server-sent event; JSON holds no line break, so its data is one line."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (id.encode(), name.encode(), plain_json(data))


def listening(
    events: AsyncIterator[tuple[int, Event]],
) -> AsyncGenerator[tuple[int, Event], None]:
    """Return a turn's events as what they are, so that they can be closed.

    The listener then leaves when the reader does, not when the collector of garbage comes by.
    """
    return cast("AsyncGenerator[tuple[int, Event], None]", events)


async def pieces(
    events: AsyncIterator[tuple[int, Event]],
    turn: MessageId,
    *,
    tools: bool,
    retry: bool = False,
) -> AsyncGenerator[bytes, None]:
    """Return a turn's numbered events as server-sent events.

    Args:
        events: each with its number.
        turn: the id of the turn's answer; with the number it is the event's id.
        tools: whether the use of tools is told.
        retry: whether an `EventSource` is told when to come back.
    """
    if retry:
        yield b"retry: %d\n\n" % RETRY
    async with aclosing(listening(events)) as numbered:
        async for number, event in numbered:
            told = frame(event, tools=tools)
            if told is not None:
                yield line(f"{turn}:{number}", *told)


def farewell(problem: CoreError | None = None) -> bytes:
    """Return the last words to whoever still listens when the server ends, or for a *problem*."""
    told = failure(failure_of(problem or TurnInterrupted()))
    return b"event: error\ndata: %b\n\n" % plain_json(told)


async def expelled(known: Callable[[], Awaitable[object]]) -> bytes:
    """Return the last words to a reader whose key or token opens nothing any more, or nothing.

    Args:
        known: refuses whoever is not known; a store that is away expels nobody.
    """
    try:
        await known()
    except Unauthenticated as refusal:
        return farewell(refusal)
    except CoreError as refusal:
        log.warning("a reader's token could not be looked at", reason=refusal.message)
    return b""
