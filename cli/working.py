"""Work that a process does beside what it serves, and how it is told to end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog

from core.app import Core
from core.jobs import JobsUnavailable, JobsUnfit

log = structlog.get_logger()


@asynccontextmanager
async def working(core: Core) -> AsyncIterator[str | None]:
    """Do what there is to do meanwhile; say why not, where this process cannot.

    Everything that it posts with has been handed in. Where nothing was, there is nothing to do.
    """
    why: str | None = None
    if core.jobs.offered:
        try:
            await core.jobs.begin()
        except (JobsUnfit, JobsUnavailable) as refusal:
            why = refusal.message
            log.warning("no work is done in the background here", reason=why)
    try:
        yield why
    finally:
        # First: what is being posted needs the platforms, and those are left next.
        await core.jobs.close()


@contextmanager
def told_to_end() -> Iterator[Callable[[], Awaitable[object]]]:
    """Listen for somebody who says so, Ctrl-C or a supervisor; yield what waits for it.

    To be entered before it is said that the process has started: whoever reads that may answer
    at once.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    signs = (signal.SIGINT, signal.SIGTERM)
    for sign in signs:
        loop.add_signal_handler(sign, told.set)
    try:
        yield told.wait
    finally:
        for sign in signs:
            loop.remove_signal_handler(sign)
