"""A pace that is kept by all who ask the same server."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class Throttle:
    """Lets one begin after the other, so many seconds apart."""

    def __init__(
        self,
        seconds: float,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let so many *seconds* pass between two."""
        self._seconds = seconds
        self._sleep = sleep
        self._clock = clock
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn; turns are given in the order in which they are asked for."""
        now = self._clock()
        mine = max(now, self._next)
        self._next = mine + self._seconds
        if mine > now:
            await self._sleep(mine - now)
