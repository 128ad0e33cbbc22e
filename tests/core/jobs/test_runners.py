"""What every runner promises."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from core.db import Database
from core.ids import OrganizationId, new_id
from core.jobs import Job, JobNotFound, JobState, PartFailed, Steps
from core.jobs.runners.durable import Durable
from core.jobs.runners.watch import Watch
from core.pulse import Pulse
from tests.core.jobs.conftest import Make

ACME, OTHER = OrganizationId("org_acme"), OrganizationId("org_other")


async def nothing(_job: Job, _steps: Steps) -> JsonValue:
    return None


async def test_a_job_is_done_with_what_it_was_left_with(jobs: Durable) -> None:
    async def look(job: Job, _steps: Steps) -> JsonValue:
        return [job.name, job.organization_id, job.given]

    jobs.offer("look", look)
    await jobs.begin()
    left = await jobs.leave(ACME, "look", {"ö": "日本", "n": None})
    job = await jobs.wait(ACME, left, seconds=10)

    assert job.state is JobState.DONE
    assert job.result == ["look", ACME, {"ö": "日本", "n": None}]
    assert job.given == {"ö": "日本", "n": None}


async def test_the_same_job_is_done_once_and_is_its_organizations_own(jobs: Durable) -> None:
    done: list[str] = []

    async def count(job: Job, _steps: Steps) -> JsonValue:
        done.append(job.organization_id)
        return None

    jobs.offer("count", count)
    await jobs.begin()
    name = new_id()
    first, twin = [await jobs.leave(ACME, "count", {}, id=name) for _ in range(2)]
    other = await jobs.leave(OTHER, "count", {}, id=name)
    for whose, job_id in ((ACME, first), (OTHER, other)):
        await jobs.wait(whose, job_id, seconds=10)
    again = await jobs.leave(ACME, "count", {}, id=name)
    await jobs.wait(ACME, again, seconds=10)

    assert first == twin == again != other
    assert sorted(done) == [ACME, OTHER]


async def test_cancelling_reaches_what_runs(jobs: Durable) -> None:
    reached, stopped = asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async def work(_job: Job, steps: Steps) -> JsonValue:
        await steps.run("endless", endless)
        return None

    jobs.offer("endless", work)
    await jobs.begin()
    left = await jobs.leave(ACME, "endless", {})
    await asyncio.wait_for(reached.wait(), 10)
    await jobs.cancel(ACME, left)
    await asyncio.wait_for(stopped.wait(), 10)

    assert (await jobs.get(ACME, left)).state is JobState.CANCELLED


async def test_a_worker_that_ends_leaves_its_job_to_the_next_after_its_last_part(
    make: Make,
) -> None:
    done: list[str] = []
    reached, released = asyncio.Event(), asyncio.Event()

    async def first() -> str:
        done.append("first")
        return "from before"

    async def broken() -> str:
        done.append("broken")
        raise ValueError("it broke")

    async def work(_job: Job, steps: Steps) -> JsonValue:
        said = await steps.run("first", first)
        try:
            await steps.run("broken", broken)
        except PartFailed as failed:
            done.append(f"{failed.kind} {failed.message}")
        reached.set()
        await released.wait()
        return said

    before = make()
    before.offer("slow", work)
    await before.begin()
    left = await before.leave(ACME, "slow", {})
    await asyncio.wait_for(reached.wait(), 10)
    assert await before.served() == {"slow"}
    await before.close()
    assert await before.served() == frozenset()

    released.set()
    after = make()
    after.offer("slow", work)
    await after.begin()
    job = await after.wait(ACME, left, seconds=10)

    assert job.result == "from before"
    assert done == ["first", "broken", "ValueError it broke", "ValueError it broke"]


async def test_a_schedule_ticks(jobs: Durable) -> None:
    ticked: asyncio.Queue[datetime] = asyncio.Queue()
    jobs.each("ticks", "* * * * * *", ticked.put)  # with seconds, for tests
    await jobs.begin()

    first, second = [await asyncio.wait_for(ticked.get(), 10) for _ in range(2)]
    assert first.tzinfo is UTC
    assert second - first >= timedelta(seconds=1)


async def test_what_ended_long_ago_is_forgotten(make: Make, jobs_url: str, db: Database) -> None:
    jobs = make()
    jobs.offer("brief", nothing)
    await jobs.begin()
    left = await jobs.leave(ACME, "brief", {})
    waits = await jobs.leave(ACME, "waits", {})
    await jobs.wait(ACME, left, seconds=10)
    client = await jobs._connected()

    await Watch(client, db, Pulse(db), [], beat=1, kept=timedelta(hours=1)).sweep(["brief"])
    assert (await jobs.get(ACME, left)).state is JobState.DONE
    await Watch(client, db, Pulse(db), [], beat=1, kept=timedelta(hours=-1)).sweep(["brief"])

    with pytest.raises(JobNotFound):
        await jobs.get(ACME, left)
    assert (await jobs.get(ACME, waits)).state is JobState.WAITING
