"""Work that waits while the same work is done, and is then done together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 - an item
O = TypeVar("O")  # noqa: E741 - an outcome


class Batch(Generic[I, O]):
    """Does for many at once what each of them waits for: a burst becomes a few transactions."""

    def __init__(
        self,
        work: Callable[[Sequence[I]], Awaitable[Sequence[O]]],
        unheard: Callable[[I, O], None] = lambda _item, _outcome: None,
        *,
        most: int = 500,
    ) -> None:
        """Do *work* for *most* items at once; tell *unheard* of outcomes nobody waits for."""
        self._work = work
        self._unheard = unheard
        self._most = most
        self._waiting: list[tuple[I, asyncio.Future[O]]] = []
        self._working: asyncio.Task[None] | None = None

    async def do(self, item: I) -> O:
        """Return what the work makes of *item*; whatever the work raises is raised to each."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[O] = loop.create_future()
        self._waiting.append((item, mine))
        if self._working is None or self._working.done():
            self._working = loop.create_task(self._run())
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled() and mine.exception() is None:
                self._unheard(item, mine.result())
            raise

    async def settle(self) -> None:
        """Wait until nothing waits."""
        while self._working is not None and not self._working.done():
            await asyncio.wait({self._working})

    async def _run(self) -> None:
        while self._waiting:
            waiting = [each for each in self._waiting if not each[1].done()]
            batch, self._waiting = waiting[: self._most], waiting[self._most :]
            if not batch:
                return
            try:
                outcomes = await self._work([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - it is raised to whoever waits
                for _item, mine in batch:
                    if not mine.done():
                        mine.set_exception(error)
            else:
                for (item, mine), outcome in zip(batch, outcomes, strict=True):
                    if mine.done():
                        self._unheard(item, outcome)
                    else:
                        mine.set_result(outcome)
