"""Waiting for Discord: it is tried again while it is away, and not sent more than it takes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

import aiohttp
from discord import DiscordServerError, Forbidden, HTTPException, NotFound, RateLimited

from bot.speaker import SpeechFailed

T = TypeVar("T")

AWAY = (DiscordServerError, RateLimited, aiohttp.ClientError, OSError, TimeoutError)
"""What passes: nobody knows whether the request was done."""

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION = 10003, 10008, 10015, 10062
ALREADY_ACKNOWLEDGED, ALREADY_A_THREAD, NO_HISTORY = 40060, 160004, 160002
ARCHIVED, TOKEN_GONE, CLOSED_TO_US = 50083, 50027, 50007
NO_ACCESS, NO_PERMISSION = 50001, 50013


class Patience(NamedTuple):
    """How long one waits, in seconds."""

    first: float = 0.5
    """Before the second try; each pause is twice as long as the one before."""
    longest: float = 30.0
    """The longest pause."""
    whole: float = 900.0
    """For all tries together: Discord may be down for ten minutes."""
    answer: float = 2.2
    """Until something pressed is acknowledged, whether or not there is an answer to it: Discord
    waits for three, and a form that comes first may take a while to be made."""
    token: float = 870.0
    """For which an interaction's token is used; Discord takes it for 15 minutes."""
    goodbye: float = 20.0
    """Before a token's end, when whoever waits is told that the answer comes elsewhere."""
    edits: float = 1.25
    """Between two edits in one channel: Discord takes five in five seconds."""
    identify: float = 5.0
    """Between two shards that begin: Discord takes one in five seconds."""
    settle: float = 2.0
    """Until Discord has surely told of every server."""
    all_edits: float = 0.04
    """Between two edits anywhere: Discord takes fifty requests in a second from a bot."""


def passes(error: BaseException) -> bool:
    """Return whether what was refused may be taken in a while."""
    if isinstance(error, HTTPException):
        return error.status == 429 or error.status >= 500  # noqa: PLR2004 - HTTP's own numbers
    return isinstance(error, AWAY)


def gone(error: HTTPException) -> bool:
    """Return whether what was spoken to is not there any more, or shut to us for good."""
    return isinstance(error, NotFound | Forbidden)


def shut(failed: SpeechFailed) -> bool:
    """Return whether we may not speak there, though it is there."""
    error = failed.__cause__
    return isinstance(error, Forbidden) and error.code in {NO_ACCESS, NO_PERMISSION}


async def persist(
    attempt: Callable[[], Awaitable[T]], patience: Patience, *, seconds: float | None = None
) -> T:
    """Return what *attempt* returns, as soon as Discord is there to take it.

    Args:
        attempt: is called again, and so must not do twice what may be done once.
        patience: how long to wait.
        seconds: for all tries together, if not as long as *patience* says.

    Raises:
        Whatever *attempt* raises that does not pass, or has not passed in time.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + (patience.whole if seconds is None else seconds)
    pause = patience.first
    while True:
        try:
            return await attempt()
        except Exception as error:
            wait = pause * random.uniform(0.75, 1.25)  # noqa: S311 - so that not all come at once
            if not passes(error) or loop.time() + wait > end:
                raise
        await asyncio.sleep(wait)
        pause = min(pause * 2, patience.longest)


async def spoken(
    attempt: Callable[[], Awaitable[T]], patience: Patience, *, seconds: float | None = None
) -> T:
    """Return what *attempt* returns, as `persist` does.

    Raises:
        SpeechFailed: Discord does not take it.
    """
    try:
        return await persist(attempt, patience, seconds=seconds)
    except HTTPException as error:
        raise SpeechFailed(str(error), for_good=not passes(error)) from error
    except Exception as error:
        if not passes(error):
            raise
        raise SpeechFailed(repr(error)) from error


class Pace:
    """Lets edits go one after the other, in each channel and in all."""

    def __init__(self, patience: Patience) -> None:
        """Begin with every way free."""
        self._patience = patience
        self._free: dict[int, float] = {}
        self._any = 0.0

    async def turn(self, channel: int) -> None:
        """Return when the next edit may be sent there."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._any, self._free.get(channel, 0.0))
        self._any = max(now, self._any) + self._patience.all_edits
        self._free[channel] = at + self._patience.edits
        if len(self._free) > 10_000:  # noqa: PLR2004 - more than are busy at once
            self._free = {each: free for each, free in self._free.items() if free > now}
        if at > now:
            await asyncio.sleep(at - now)

    def took(self, channel: int) -> None:
        """Count an edit that did not wait for its turn."""
        now = asyncio.get_running_loop().time()
        self._free[channel] = max(now, self._free.get(channel, 0.0)) + self._patience.edits
