"""Several things at once, so many at a time: all of them, or the first that went wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def together(do: Callable[[A], Awaitable[B]], given: Iterable[A], at_once: int) -> list[B]:
    """Return what doing it to each comes to, in their order; when one fails the others stop."""
    places = asyncio.Semaphore(at_once)

    async def one(each: A) -> B:
        async with places:
            return await do(each)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(each)) for each in given]
    except BaseExceptionGroup as failures:
        # What it says is for people, and one is enough.
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
