"""One turn while it runs: what has happened in it, and whoever listens."""

import asyncio
from collections.abc import AsyncIterator

from core.chats.events import Done, Event, Failed
from core.ids import ChatId, MessageId

GRACE = 0.5
"""Seconds that a turn nobody listens to any more goes on, for a listener that comes back."""
FIRST = 5.0
"""Seconds in which whoever asked begins to listen, or may be taken for gone."""
EVENT = 400
"""Bytes that an event takes in memory beside what it tells."""


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
        self.weight = 0
        """Bytes that it takes in memory, roughly."""
        self._kept = kept
        self._events: list[Event] = []
        self._more = asyncio.Event()
        self._listeners = 0
        self._leaving: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self._halted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def over(self) -> bool:
        """Whether the last event has happened."""
        return self._over.is_set()

    def tell(self, event: Event, weight: int = 0) -> None:
        """Let an event have happened; after the last one nothing happens any more.

        Args:
            event: what happened.
            weight: how many bytes it tells.
        """
        if self.over:
            return
        self._events.append(event)
        self.weight += EVENT + weight
        if isinstance(event, Done | Failed):
            self._over.set()
            self._stay()
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
        self._stay()

    def stop(self) -> None:
        """Stop the work; what was said so far is kept, and marked."""
        if not self._halted.done():
            self._halted.set_result(None)

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped it."""
        return self._halted.done()

    async def work(self, task: asyncio.Task[None], seconds: float) -> bool:
        """Return whether the task that answers has ended within so many *seconds* by itself.

        Otherwise somebody has stopped the turn, or its time is up; the task is yet to be cancelled.
        """
        if not self._listeners:
            self._await_somebody(FIRST)  # whoever asked may be gone before the first look
        await asyncio.wait(
            {task, self._halted}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        return task.done()

    async def ended(self, seconds: float) -> bool:
        """Return whether the turn is over, once it is or after so many *seconds*."""
        try:
            await asyncio.wait_for(self._over.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _arrive(self) -> None:
        self._listeners += 1
        self._stay()

    def _leave(self) -> None:
        self._listeners -= 1
        if not self._listeners:
            self._await_somebody(GRACE)

    def _await_somebody(self, seconds: float) -> None:
        if not self._kept and not self.over and self._leaving is None:
            self._leaving = asyncio.get_running_loop().call_later(seconds, self.stop)

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
