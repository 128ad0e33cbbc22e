"""Workers of several processes, and one that cannot work at all."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from pydantic import JsonValue

from core.db import Database
from core.ids import OrganizationId
from core.jobs import Job, JobState, JobsUnavailable, Steps
from core.jobs.runners.durable import Durable, unfit
from core.jobs.runners.nowhere import Nowhere
from core.pulse import Pulse
from tests.core.jobs.conftest import Make

HOUSE = Path(__file__).parents[3]
ACME = OrganizationId("org_acme")
Start = Callable[[], Awaitable[Process]]


async def nothing(_job: Job, _steps: Steps) -> JsonValue:
    return None


@pytest.fixture
async def start(store_url: str, jobs_url: str, tmp_path: Path) -> AsyncIterator[Start]:
    """Return what starts a worker in another process."""
    started: list[Process] = []

    async def start() -> Process:
        words = ("-m", "tests.core.jobs.elsewhere", store_url, jobs_url, str(tmp_path / "said"))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=HOUSE, stdout=PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_work_of_a_killed_worker_is_taken_over_and_that_of_a_living_one_is_not(
    make: Make, start: Start, tmp_path: Path
) -> None:
    done: list[str] = []

    async def first() -> None:
        done.append("first")

    async def second() -> None:
        done.append("second")

    async def work(_job: Job, steps: Steps) -> JsonValue:
        await steps.run("first", first)
        await steps.run("second", second)
        return "done here"

    asking = make()
    left = await asking.leave(ACME, "long", {})
    other = await start()
    assert other.stdout is not None
    assert await asyncio.wait_for(other.stdout.readline(), 30) == b"begun\n"

    mine = make()
    mine.offer("long", work)
    mine.offer("short", work)
    await mine.begin()
    # Several looks for the dead go by while this is done; it is not only slow.
    for _ in range(5):
        await mine.wait(ACME, await mine.leave(ACME, "short", {}), seconds=10)
    assert done == ["first", "second"] * 5
    assert (await mine.get(ACME, left)).state is JobState.RUNNING

    other.send_signal(signal.SIGKILL)
    job = await mine.wait(ACME, left, seconds=30)

    assert job.result == "done here"
    assert done[10:] == ["second"]
    assert (tmp_path / "said").read_text("utf-8") == "first\n"


@pytest.mark.parametrize(
    ("url", "python", "sqlite", "says"),
    [
        ("sqlite:///jobs.db", (3, 11), (3, 40, 1), None),
        ("sqlite:///jobs.db", (3, 12), (3, 42, 0), None),
        ("postgresql://there/db", (3, 13), (3, 40, 1), None),
        ("sqlite:///jobs.db", (3, 12), (3, 40, 1), "SQLite 3.40.1 is too old"),
    ],
)
def test_an_old_sqlite_is_told_of_and_what_would_do(
    url: str, python: tuple[int, ...], sqlite: tuple[int, ...], says: str | None
) -> None:
    found = unfit(url, python=python, sqlite=sqlite)

    assert found is None if says is None else found is not None and found.startswith(says)
    assert found is None or "TRELLIS_STORE_URL=postgresql://" in found


async def test_with_an_old_sqlite_no_job_is_left_either_and_it_says_why(
    db: Database, tmp_path: Path
) -> None:
    old = partial(unfit, python=(3, 12), sqlite=(3, 40, 1))
    jobs = Durable(f"sqlite:///{tmp_path}/jobs.db", db, Pulse(db), unfit=old)

    for verb in (lambda: jobs.leave(ACME, "look", {}), jobs.begin):
        with pytest.raises(JobsUnavailable, match=r"SQLite 3\.40\.1 is too old"):
            await verb()
    await jobs.close()


async def test_a_store_that_is_out_of_reach_is_refused_plainly(db: Database) -> None:
    jobs = Durable("postgresql://nobody@127.0.0.1:1/none", db, Pulse(db))

    for verb in (lambda: jobs.leave(ACME, "look", {}), jobs.begin):
        with pytest.raises(JobsUnavailable):
            await verb()
    await jobs.close()


async def test_where_nobody_works_nothing_is_left() -> None:
    jobs = Nowhere()

    with pytest.raises(JobsUnavailable):
        await jobs.leave(ACME, "look", {})
    with pytest.raises(JobsUnavailable):
        await jobs.begin()
    assert not await jobs.served()


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_a_store_that_hangs_up_is_called_again(
    make: Make, store_url: str, db: Database
) -> None:
    jobs = make()
    jobs.offer("short", nothing)
    await jobs.begin()
    await jobs.wait(ACME, await jobs.leave(ACME, "short", {}), seconds=10)
    async with await AsyncConnection.connect(store_url, autocommit=True) as admin:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    job = await jobs.wait(ACME, await jobs.leave(ACME, "short", {}), seconds=20)
    assert job.state is JobState.DONE
