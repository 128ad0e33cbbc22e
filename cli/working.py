"""Work that a process does beside what it serves, and how it is told to end."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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


async def told_to_end() -> None:
    """Return when somebody says so: Ctrl-C, or a supervisor."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, told.set)
    await told.wait()
