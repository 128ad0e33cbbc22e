"""Work on threads: bounded, stopped from outside, and never stuck with."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from core.connections.drivers.threads import GRACE, Stopped, Threads, Watch
from core.connections.errors import ConnectionBusy, ConnectionFailed, StatementTimedOut

LONG = 10.0


def heedful(watch: Watch) -> str:
    """Work until somebody interrupts it."""
    told = threading.Event()
    with watch.heeding(told.set):
        assert told.wait(LONG)
    raise Stopped


def deaf(until: threading.Event) -> Callable[[Watch], str]:
    """Return work that hears no interrupt."""

    def work(watch: Watch) -> str:
        with watch.heeding(lambda: None):
            assert until.wait(LONG)
        return "too late"

    return work


async def test_what_work_returns_and_raises_comes_back() -> None:
    threads = Threads("test", 2)

    def failing(_: Watch) -> None:
        raise KeyError("why")

    assert await threads.run(lambda _: threading.current_thread().name, LONG) == "test"
    with pytest.raises(KeyError, match="why"):
        await threads.run(failing, LONG)
    await threads.close()


async def test_there_are_never_more_threads_than_allowed_and_none_after_closing() -> None:
    threads = Threads("counted", 3)
    seen: set[int] = set()

    def count(_: Watch) -> None:
        seen.add(sum(each.name == "counted" for each in threading.enumerate()))

    await asyncio.gather(*(threads.run(count, LONG) for _ in range(30)))
    await threads.close()

    assert max(seen) <= 3
    assert not [each for each in threading.enumerate() if each.name == "counted"]


async def test_work_beyond_its_time_is_interrupted() -> None:
    threads = Threads("test", 1)
    begun = time.perf_counter()

    with pytest.raises(StatementTimedOut):
        await threads.run(heedful, 0.05)

    assert time.perf_counter() - begun < GRACE
    assert await threads.run(lambda _: 1, LONG) == 1
    await threads.close()


async def test_work_that_hears_nothing_keeps_its_thread_but_nobody_waiting() -> None:
    threads = Threads("test", 1)
    until = threading.Event()
    begun = time.perf_counter()

    with pytest.raises(StatementTimedOut):
        await threads.run(deaf(until), 0.05)
    assert time.perf_counter() - begun < GRACE + 0.5
    assert await threads.run(lambda _: 1, LONG) == 1  # another thread has its place

    with pytest.raises(StatementTimedOut):
        await threads.run(deaf(until), 0.05)
    with pytest.raises(ConnectionBusy, match="still computing"):  # as many are deaf as allowed
        await threads.run(lambda _: 1, 0.05)

    until.set()
    assert await threads.run(lambda _: 1, LONG) == 1
    await threads.close()


async def test_a_caller_who_is_cancelled_again_and_again_still_stops_the_work() -> None:
    threads = Threads("test", 1)
    heard: list[int] = []
    enough = threading.Event()

    def hard_of_hearing(watch: Watch) -> None:
        def interrupt() -> None:
            heard.append(1)
            if len(heard) > 2:
                enough.set()

        with watch.heeding(interrupt):
            assert enough.wait(LONG)

    running = asyncio.ensure_future(threads.run(hard_of_hearing, LONG))
    await asyncio.wait({running}, timeout=0.05)
    while not running.done():  # as a cancel scope does it
        running.cancel()
        await asyncio.sleep(0)

    assert await threads.run(lambda _: 1, LONG) == 1
    assert len(heard) == 3
    await threads.close()


async def test_a_caller_who_gives_up_waiting_takes_no_thread_along() -> None:
    threads = Threads("test", 1)
    running = asyncio.ensure_future(threads.run(heedful, LONG))
    waiting = asyncio.ensure_future(threads.run(lambda _: 1, LONG))
    await asyncio.wait({running, waiting}, timeout=0.05)

    # The thread comes free in the very moment in which the one who waits for it gives up.
    running.cancel()
    waiting.cancel()
    done, _ = await asyncio.wait({running, waiting}, timeout=LONG)

    assert all(task.cancelled() for task in done)
    assert await threads.run(lambda _: 2, LONG) == 2
    await threads.close()


async def test_an_interrupt_never_reaches_the_next_who_uses_the_session() -> None:
    watch = Watch()
    stopped: list[str] = []
    with watch.heeding(lambda: stopped.append("mine")):
        pass

    watch.over.set()
    await watch.stop()

    assert stopped == []
    with pytest.raises(Stopped):
        watch.heeding(lambda: stopped.append("later")).__enter__()


async def test_closing_stops_what_runs_and_refuses_what_waits() -> None:
    threads = Threads("test", 1)
    running = asyncio.ensure_future(threads.run(heedful, LONG))
    waiting = asyncio.ensure_future(threads.run(lambda _: 1, LONG))
    await asyncio.wait({running, waiting}, timeout=0.05)

    await threads.close()

    for task in (running, waiting):
        with pytest.raises(ConnectionFailed):
            await task
    with pytest.raises(ConnectionFailed):
        await threads.run(lambda _: 1, LONG)
