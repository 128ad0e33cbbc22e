"""Waiting for our own store, which may be away for a while: a run loses nothing by that."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.db import StoreUnavailable

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, *[30.0] * 7)
"""Seconds between two tries: four minutes in all."""
T = TypeVar("T")


async def patient(
    part: Callable[[], Awaitable[T]],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    missed: Callable[[], None] = lambda: None,
) -> T:
    """Return what *part* comes to, tried again for as long as our own store is away.

    Args:
        part: what needs the store; tried again, it does the same.
        sleep: waits between two tries.
        missed: is called whenever the store was not there.

    Raises:
        StoreUnavailable: it is away for longer than four minutes.
    """
    for wait in WAITS:
        try:
            return await part()
        except StoreUnavailable:
            missed()
        await sleep(wait)
    return await part()
