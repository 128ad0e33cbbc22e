"""Notices and real workers, of several processes, some of which are killed."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from core.app import Core, build
from core.db import Database
from core.identity import Actor, Surface
from core.notices import Notice
from core.page import PageAsked
from core.queries import Query
from core.secrets import Vault
from tests.core.notices.conftest import MONDAY, Clock, draft
from tests.core.notices.elsewhere import Timeless, Wall

HOUSE = Path(__file__).parents[3]
NINE = MONDAY + timedelta(hours=1)
Start = Callable[[str], Awaitable[Process]]


@pytest.fixture
def jobs_url(store_url: str, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jobs.db" if store_url.startswith("sqlite") else store_url


@pytest.fixture
def wall(tmp_path: Path) -> Wall:
    return Wall(tmp_path / "wall")


@pytest.fixture
async def core(
    db: Database, vault: Vault, clock: Clock, jobs_url: str, wall: Wall
) -> AsyncIterator[Core]:
    """Return a core that may become a worker, and is none yet."""
    jobs = partial(Timeless, jobs_url, poll=0.05, beat=0.1)
    core = build(db, vault, jobs=jobs, clock=clock)
    core.notices.posts(Surface.SLACK, wall)
    yield core
    await core.jobs.close()
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture
async def start(store_url: str, jobs_url: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Return what starts another worker, for whom it is Monday, 09:00."""
    started: list[Process] = []

    async def start(how: str) -> Process:
        words = (store_url, jobs_url, str(tmp_path / "wall"), NINE.isoformat(), how)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.core.notices.elsewhere", *words, cwd=HOUSE, stdout=PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def says(process: Process, word: str) -> None:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    assert line.decode() == f"{word}\n"


async def all_posted(core: Core, ada: Actor) -> tuple[Notice, ...]:
    """Return the notices when each was posted; a worker of another process may do it."""
    async with asyncio.timeout(60):
        while True:
            found = (await core.notices.list(ada, PageAsked(size=None))).items
            if all(each.last_at for each in found):
                return found
            await asyncio.sleep(0.05)


async def test_a_worker_killed_after_it_posted_and_before_it_knew_has_posted_once(
    core: Core, ada: Actor, notice: Notice, clock: Clock, start: Start, wall: Wall
) -> None:
    other = await start("hangs")
    await says(other, "begun")
    clock.at = NINE
    await core.notices.tick(NINE)
    await says(other, "posted")
    assert (await core.notices.find(ada, notice.id)).last_at is None

    other.send_signal(signal.SIGKILL)
    await other.wait()
    await core.jobs.begin()
    (found,) = await all_posted(core, ada)

    assert found.last_at == NINE
    assert len(wall.lines) == 1


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_two_workers_and_three_looks_post_each_notice_once(
    core: Core, ada: Actor, query: Query, clock: Clock, start: Start, wall: Wall
) -> None:
    others = [await start("goes on") for _ in range(2)]
    for other in others:
        await says(other, "begun")
    for _ in range(12):
        await core.notices.create(ada, draft())
    clock.at = NINE
    await asyncio.gather(*(core.notices.tick(NINE) for _ in range(3)))
    found = await all_posted(core, ada)

    assert {each.problem for each in found} == {None}
    assert len(wall.lines) == len(set(wall.lines)) == 12
