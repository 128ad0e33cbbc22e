"""One turn while it runs: what has happened in it, and whoever listens."""

import asyncio
from collections.abc import AsyncIterator

from core.chats.events import Done, Event, Failed
from core.ids import ChatId, MessageId

GRACE = 0.5
"""Seconds that a turn nobody listens to any more goes on, for a listener that comes back."""


class Turn:
    """A question and its growing answer.

    Every listener reads the same list at its own pace: a slow one holds up nobody, and costs
    nothing but its place. The list is as long as an answer may be.
    """

    def __init__(
        self, chat_id: ChatId, user_message_id: MessageId, id: MessageId, *, kept: bool
    ) -> None:
        """Begin with nothing said.

        Args:
            chat_id: whose turn it is.
            user_message_id: the question.
            id: the turn's own, which is its answer's.
            kept: whether it goes on when nobody listens.
        """
        self.chat_id = chat_id
        self.user_message_id = user_message_id
        self.id = id
        self._kept = kept
        self._events: list[Event] = []
        self._more = asyncio.Event()
        self._listeners = 0
        self._leaving: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def over(self) -> bool:
        """Whether the last event has happened."""
        return bool(self._events) and isinstance(self._events[-1], Done | Failed)

    def tell(self, event: Event) -> None:
        """Let an event have happened."""
        self._events.append(event)
        more, self._more = self._more, asyncio.Event()
        more.set()

    def __aiter__(self) -> AsyncIterator[Event]:
        """Return every event from the first on."""
        return self._bare()

    async def _bare(self) -> AsyncIterator[Event]:
        async for _number, event in self.listen():
            yield event

    async def listen(self, after: int = 0) -> AsyncIterator[tuple[int, Event]]:
        """Return the events that stand *after* so many, each with its number, from 1 on.

        A turn that is not kept stops when its last listener has left.
        """
        self._arrive()
        try:
            at = max(0, after)
            while True:
                more = self._more
                while at < len(self._events):
                    at += 1
                    yield at, self._events[at - 1]
                if self.over:
                    return
                await more.wait()
        finally:
            self._leave()

    def keep(self) -> None:
        """Let it go on whoever leaves."""
        self._kept = True

    def stop(self) -> None:
        """Stop the work; what was said so far is kept, and marked."""
        self._stopped = True
        if self._work is not None and not self._work.done():
            self._work.cancel()

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped it."""
        return self._stopped

    def work(self, task: asyncio.Task[None]) -> None:
        """Take the task that answers."""
        self._work = task
        if not self._kept and not self._listeners:
            # Whoever asked may be gone before the first look.
            self._leaving = asyncio.get_running_loop().call_later(30, self._abandon)

    async def ended(self, seconds: float) -> bool:
        """Return whether the work has ended, once it has or after so many *seconds*."""
        if self._work is not None:
            await asyncio.wait({self._work}, timeout=seconds)
        return self.over

    def _arrive(self) -> None:
        self._listeners += 1
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def _leave(self) -> None:
        self._listeners -= 1
        if not self._listeners and not self._kept and not self.over:
            self._leaving = asyncio.get_running_loop().call_later(GRACE, self._abandon)

    def _abandon(self) -> None:
        if not self._kept and not self._listeners:
            self.stop()
