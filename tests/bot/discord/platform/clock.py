"""Time as Discord has it, ids that carry it, and waiting for something to happen."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")
EPOCH = 1_420_070_400_000
"""The first second of 2015, from which ids count: docs, Reference, "Snowflakes"."""


class Clock:
    """The time of day, which a test may move on."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once."""
        self._ahead += seconds


def iso(at: float) -> str:
    """Return a moment as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


class Snowflakes:
    """Ids that grow with time: docs, Reference, "Snowflakes"."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """Return an id that is larger than every one before."""
        self._last = max(int(self._clock.now() * 1000 - EPOCH) << 22, self._last + 1)
        return self._last

    def of_shard(self, shard: int, shards: int) -> int:
        """Return an id that `(id >> 22) % shards` sends to *shard*: docs, Gateway, "Sharding"."""
        tick = (self.next() >> 22) + 1
        tick += (shard - tick) % shards
        self._last = tick << 22
        return self._last


class Moments:
    """Whatever happens, told to whoever waits for it."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def happened(self) -> None:
        """Let everybody who waits look again."""
        waiting, self._waiting = self._waiting, set()
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def until(
        self, condition: Callable[[], T | None], within: float, picture: Callable[[], str]
    ) -> T:
        """Return what *condition* returns as soon as it is true; see `DiscordPlatform.until`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while True:
            try:
                if found := condition():
                    return found
            except LookupError:
                # What it looks into is not there yet.
                pass
            waiting: asyncio.Future[None] = loop.create_future()
            self._waiting.add(waiting)
            try:
                await asyncio.wait_for(waiting, end - loop.time())
            except TimeoutError:
                raise AssertionError(f"not within {within} seconds; {picture()}") from None
            finally:
                self._waiting.discard(waiting)
