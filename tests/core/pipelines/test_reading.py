"""Definitions are read aside, by a few threads."""

import asyncio
import threading

from core.pipelines.reading import THREADS, Reading

WRITTEN = {"id": "a", "goal": "Do it", "tasks": [{"id": "one", "tool": "same"}]}
LONGEST = 10


async def test_the_loop_goes_on_while_a_definition_is_read() -> None:
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def tools() -> list[str]:
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(LONGEST)
        return ["same"]

    reading = asyncio.create_task(Reading(tools).pipeline(WRITTEN))
    async with asyncio.timeout(LONGEST):
        await begun.wait()
        assert not reading.done()
        go_on.set()
        assert (await reading).id == "a"


async def test_no_more_are_read_at_once_than_leave_threads_for_others() -> None:
    together = threading.Barrier(THREADS)
    lock, here, most = threading.Lock(), 0, 0

    def tools() -> list[str]:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        together.wait(LONGEST)  # as many as may are here at once
        with lock:
            here -= 1
        return ["same"]

    reading = Reading(tools)
    async with asyncio.timeout(2 * LONGEST):
        await asyncio.gather(*(reading.pipeline(WRITTEN) for _each in range(4 * THREADS)))

    assert most == THREADS
