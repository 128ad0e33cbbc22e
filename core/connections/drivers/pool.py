"""A bounded number of sessions, lent one caller at a time, the last used first."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Generic, Protocol, TypeVar

from core.connections.errors import ConnectionBusy, ConnectionFailed

PATIENCE = 5.0
"""Seconds that a caller waits for a session before it is told to come back."""

IDLE = 300.0
"""Seconds after which a session that nobody wanted is closed."""


class Session(Protocol):
    """One login at a database."""

    @property
    def broken(self) -> bool:
        """Whether nothing more can be asked of it."""
        ...

    def close(self) -> None:
        """Drop it, at once; what the server is doing for it must have been stopped before."""
        ...

    def interrupt(self) -> None:
        """Let whoever uses it lose it, and so discard it."""
        ...

    async def cancel(self) -> None:
        """Stop what the server is doing for it, as far as the server lets us."""
        ...


S = TypeVar("S", bound=Session)


class Pool(Generic[S]):
    """Lends sessions; what comes back must be as it was, or is `retire`d."""

    def __init__(
        self,
        open: Callable[[], Awaitable[S]],
        most: int,
        *,
        patience: float = PATIENCE,
        idle: float = IDLE,
    ) -> None:
        """Open at most *most* sessions with *open*, none before it is asked for."""
        self._open = open
        self._lasting = idle
        self._weeding: asyncio.TimerHandle | None = None
        self._permits = asyncio.Semaphore(most)
        self._patience = patience
        self._idle: list[S] = []
        self._unused: list[S] = []
        self._busy: set[S] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._closed = False
        self._calm = asyncio.Event()

    async def acquire(self, *, fresh: bool = False) -> S:
        """Lend a session that is nobody else's until it is released or retired.

        Args:
            fresh: open one now, and mistrust those at hand: one like them was found dead.

        Raises:
            ConnectionBusy: none came free within a few seconds.
            ConnectionFailed: a new one cannot be opened, or the pool is closed.
        """
        if self._permits.locked():
            try:
                async with asyncio.timeout(self._patience):
                    await self._permits.acquire()
            except TimeoutError:
                raise ConnectionBusy from None
        else:
            await self._permits.acquire()
        try:
            session = await self._find(fresh=fresh)
        except BaseException:
            self._permits.release()
            raise
        self._busy.add(session)
        return session

    def release(self, session: S) -> None:
        """Take back a session as it was lent."""
        self._busy.discard(session)
        if session.broken or self._closed:
            session.close()
        else:
            self._idle.append(session)
            if self._weeding is None:
                self._weed()
        self._permits.release()
        if not self._busy:
            self._calm.set()

    def retire(self, session: S, rest: Callable[[], Coroutine[None, None, bool]]) -> None:
        """Let *rest* see to a session in the background, and keep it only if that says so.

        Its place stays taken until then, so that the server never holds more than it should.
        """
        task = asyncio.get_running_loop().create_task(self._rest(session, rest))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    def discard(self, session: S) -> None:
        """Stop what is still running for a session, and close it, in the background."""
        self.retire(session, _nothing)

    async def close(self) -> None:
        """Stop what is running, close every session, and lend none any more."""
        self._closed = True
        if self._weeding is not None:
            self._weeding.cancel()
        while self._idle:
            self._idle.pop().close()
        if not self._busy:
            return
        self._calm.clear()
        for session in self._busy:
            session.interrupt()
        try:
            async with asyncio.timeout(self._patience):
                await self._calm.wait()
        except TimeoutError:
            for session in self._busy:
                session.close()

    def _weed(self) -> None:
        """Close the sessions that have lain idle since the last time, and look again later."""
        stale = [session for session in self._unused if session in self._idle]
        self._idle = [session for session in self._idle if session not in stale]
        for session in stale:
            session.close()
        self._unused = list(self._idle)
        self._weeding = None
        if self._idle:
            loop = asyncio.get_running_loop()
            self._weeding = loop.call_later(self._lasting, self._weed)

    async def _find(self, *, fresh: bool) -> S:
        if self._closed:
            raise ConnectionFailed("The connection is closed.")
        while self._idle:
            session = self._idle.pop()
            if session in self._unused:
                self._unused.remove(session)
            if not fresh and not session.broken:
                return session
            session.close()
        session = await self._open()
        if self._closed:
            session.close()
            raise ConnectionFailed("The connection is closed.")
        return session

    async def _rest(self, session: S, rest: Callable[[], Coroutine[None, None, bool]]) -> None:
        clean = False
        try:
            clean = await rest()
            if not clean:
                await session.cancel()
        finally:
            if not clean:
                session.close()
            self.release(session)


async def _nothing() -> bool:
    return False
