"""Work on a driver's own threads: bounded in number and in time, and stopped from outside."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from core.connections.errors import ConnectionBusy, ConnectionFailed, StatementTimedOut

T = TypeVar("T")

AGAIN = 0.02
"""Seconds between interrupts: one that came before the statement began was not heard."""
GRACE = 0.8
"""Seconds in which an interrupted database ends its work; after that nobody waits for it."""

DEAF = (
    "Statements that ran out of time are still computing a single value, which the database does "
    "not interrupt; try again when they have ended."
)
"""Why no thread is free when even the spare ones are taken."""

Jobs = SimpleQueue[Callable[[], None] | None]
"""What one thread has to do; None ends it."""


class Stopped(Exception):
    """The work is no longer wanted."""


class Watch:
    """What the work on a thread shares with the one who waits for it."""

    def __init__(self) -> None:
        """Begin with work that is wanted, and that nobody could interrupt yet."""
        self.over = asyncio.Event()
        self._stopped = False
        self._interrupt: Callable[[], None] | None = None
        self._lock = Lock()

    @contextmanager
    def heeding(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Use a session of the database, which *interrupt* stops.

        When this is left no interrupt can come any more: the next to use the session is safe.

        Raises:
            Stopped: there is no need to ask the database any more.
        """
        self.check()
        self._interrupt = interrupt
        try:
            yield
        finally:
            with self._lock:
                self._interrupt = None

    def check(self) -> None:
        """Raise `Stopped` if the work is no longer wanted."""
        if self._stopped:
            raise Stopped

    async def stop(self) -> None:
        """Interrupt the database until it heeds, or until it is plain that it does not."""
        self._stopped = True
        for _ in range(int(GRACE / AGAIN)):
            with self._lock:
                if self._interrupt is not None:
                    self._interrupt()
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    await self.over.wait()
                    return


class Threads:
    """At most so many threads, each with one piece of work at a time.

    They are the driver's own: the loop's default executor belongs to others, who shut it down.
    A thread whose database does not heed an interrupt is replaced by a fresh one, as long as no
    more than `count` are deaf at once: what was asked of them keeps a processor busy each.
    """

    def __init__(self, name: str, count: int) -> None:
        """Allow *count* threads; none is started before there is work."""
        self._name = name
        self._count = count
        self._threads: list[tuple[Thread, Jobs]] = []
        self._idle: list[Jobs] = []
        self._waiting: deque[asyncio.Future[Jobs]] = deque()
        self._running: set[Watch] = set()
        self._stopping: set[asyncio.Future[None]] = set()
        self._deaf: set[Watch] = set()
        self._closed = False

    async def run(self, work: Callable[[Watch], T], seconds: float) -> T:
        """Return what *work* returns, done on a thread within *seconds*.

        A cancelled caller stops the work, and learns of its cancellation when it has ended.

        Raises:
            ConnectionBusy: no thread came free within *seconds*, and why not.
            StatementTimedOut: the work took longer, and was stopped.
            ConnectionFailed: the threads were closed.
        """
        loop = asyncio.get_running_loop()
        jobs = await self._claim(loop, seconds)
        answer: asyncio.Future[T] = loop.create_future()
        watch = Watch()
        self._running.add(watch)
        jobs.put(partial(_work, loop, work, watch, partial(self._finish, jobs, watch, answer)))
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            await self._stop(watch)
            raise StatementTimedOut from None
        except asyncio.CancelledError:
            await self._stop(watch)
            raise

    async def close(self) -> None:
        """Stop what runs, refuse what waits, and end every thread whose database heeds it."""
        self._closed = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(ConnectionFailed("The connection was closed meanwhile."))
        await asyncio.gather(*(watch.stop() for watch in self._running))
        for thread, jobs in self._threads:
            jobs.put(None)
            if jobs in self._idle:
                thread.join()

    async def _stop(self, watch: Watch) -> None:
        """Stop the work, even if the caller is cancelled again while it waits for that."""
        stopping = asyncio.ensure_future(self._silence(watch))
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)
        await asyncio.shield(stopping)

    async def _silence(self, watch: Watch) -> None:
        await watch.stop()
        if watch.over.is_set() or self._closed:
            return
        self._deaf.add(watch)
        if len(self._deaf) <= self._count:
            self._release(self._start())

    def _start(self) -> Jobs:
        jobs: Jobs = SimpleQueue()
        thread = Thread(target=_live, args=(jobs,), name=self._name, daemon=True)
        thread.start()
        self._threads.append((thread, jobs))
        return jobs

    def _retire(self, jobs: Jobs) -> None:
        """End the thread of *jobs*: it hears again, and another one has its place."""
        jobs.put(None)
        self._threads = [each for each in self._threads if each[1] is not jobs]

    def _finish(
        self,
        jobs: Jobs,
        watch: Watch,
        answer: "asyncio.Future[Any]",
        result: Any,
        error: BaseException | None,
    ) -> None:
        watch.over.set()
        self._running.discard(watch)
        replaced = watch in self._deaf and len(self._deaf) <= self._count
        self._deaf.discard(watch)
        if replaced and not self._closed:
            self._retire(jobs)
        else:
            self._release(jobs)
        if answer.done():
            return  # nobody waits for it any more
        if isinstance(error, Stopped):
            error = ConnectionFailed("The connection was closed meanwhile.")
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)

    async def _claim(self, loop: asyncio.AbstractEventLoop, seconds: float) -> Jobs:
        if self._closed:
            raise ConnectionFailed("The connection was closed; ask again.")
        if self._idle:
            return self._idle.pop()
        if len(self._threads) < self._count:
            return self._start()
        waiter: asyncio.Future[Jobs] = loop.create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except (TimeoutError, asyncio.CancelledError) as reason:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._release(waiter.result())  # it came free in the very moment we gave up
            if isinstance(reason, TimeoutError):
                raise (ConnectionBusy(DEAF) if self._deaf else ConnectionBusy()) from None
            raise

    def _release(self, jobs: Jobs) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(jobs)
                return
        self._idle.append(jobs)


def _live(jobs: Jobs) -> None:
    while (job := jobs.get()) is not None:
        job()
        del job  # or an answer would live as long as an idle thread


def _work(
    loop: asyncio.AbstractEventLoop,
    work: Callable[[Watch], Any],
    watch: Watch,
    finish: Callable[[Any, BaseException | None], None],
) -> None:
    result = error = None
    try:
        watch.check()
        result = work(watch)
    except BaseException as raised:  # noqa: BLE001 - the edge of a thread: it is raised again where it is awaited
        error = raised
    with suppress(RuntimeError):  # the loop is closed: there is nobody to tell
        loop.call_soon_threadsafe(finish, result, error)
    del result, error
