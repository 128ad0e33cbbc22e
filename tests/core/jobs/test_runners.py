"""What every runner promises."""

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

from core.db import Database
from core.ids import JobId, OrganizationId, new_id
from core.jobs import Job, JobFailed, JobNotFound, JobState, PartFailed, Retry, Steps
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


async def test_a_job_may_be_left_where_nobody_works_yet(jobs: Durable) -> None:
    left = await jobs.leave(ACME, "look", {})

    job = await jobs.get(ACME, left)
    assert (job.state, job.name) == (JobState.WAITING, "look")
    assert not jobs.working


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


async def test_a_job_of_another_organization_is_not_found(jobs: Durable) -> None:
    left = await jobs.leave(ACME, "look", {})

    for job_id in (left, JobId("nothing")):
        for verb in (jobs.get, jobs.cancel):
            with pytest.raises(JobNotFound):
                await verb(OTHER, job_id)
    assert (await jobs.get(ACME, left)).state is JobState.WAITING


async def test_a_job_that_raises_has_failed_and_says_why(jobs: Durable) -> None:
    async def divide(_job: Job, _steps: Steps) -> JsonValue:
        return 1 // 0

    jobs.offer("divide", divide)
    await jobs.begin()
    left = await jobs.leave(ACME, "divide", {})

    with pytest.raises(JobFailed):
        await jobs.wait(ACME, left, seconds=10)
    job = await jobs.get(ACME, left)
    assert (job.state, job.problem) == (JobState.FAILED, "integer division or modulo by zero")


async def test_a_part_is_tried_again_while_that_is_worth_it(jobs: Durable) -> None:
    tried: list[str] = []

    async def flaky() -> str:
        tried.append("flaky")
        if len(tried) < 3:
            raise ConnectionError("away")
        return "there"

    async def hopeless() -> str:
        tried.append("hopeless")
        raise ValueError("never")

    async def slow() -> str:
        tried.append("slow")
        await asyncio.Event().wait()
        return "never"

    retry = Retry(attempts=3, first=0.0, worth=lambda error: not isinstance(error, ValueError))

    async def work(_job: Job, steps: Steps) -> JsonValue:
        said: list[JsonValue] = [await steps.run("flaky", flaky, retry=retry)]
        for part in (hopeless, slow):
            try:
                await steps.run(part.__name__, part, retry=retry, seconds=0.01)
            except PartFailed as failed:
                said.append(failed.kind)
        return said

    jobs.offer("try", work)
    await jobs.begin()
    job = await jobs.wait(ACME, await jobs.leave(ACME, "try", {}), seconds=10)

    assert job.result == ["there", "ValueError", "TimeoutError"]
    assert tried == ["flaky"] * 3 + ["hopeless"] + ["slow"] * 3


async def test_a_job_waits_for_its_time(jobs: Durable) -> None:
    jobs.offer("later", nothing)
    await jobs.begin()
    later = await jobs.leave(ACME, "later", {}, after=3600)
    soon = await jobs.leave(ACME, "later", {}, after=0.01)

    await jobs.wait(ACME, soon, seconds=10)
    assert (await jobs.get(ACME, later)).state is JobState.WAITING


async def test_what_waits_can_be_cancelled_and_what_has_ended_stays(jobs: Durable) -> None:
    waits = await jobs.leave(ACME, "rest", {})
    assert (await jobs.cancel(ACME, waits)).state is JobState.CANCELLED

    jobs.offer("rest", nothing)
    await jobs.begin()
    done = await jobs.leave(ACME, "rest", {})
    await jobs.wait(ACME, done, seconds=10)

    assert (await jobs.cancel(ACME, done)).state is JobState.DONE
    assert (await jobs.wait(ACME, waits, seconds=1)).state is JobState.CANCELLED


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


async def test_a_job_waits_for_a_worker_that_knows_its_name(make: Make) -> None:
    other = make()
    other.offer("else", nothing)
    await other.begin()
    left = await other.leave(ACME, "known", {})
    done = await other.leave(ACME, "else", {})
    await other.wait(ACME, done, seconds=10)
    assert (await other.get(ACME, left)).state is JobState.WAITING
    await other.close()

    knowing = make()
    knowing.offer("known", nothing)
    await knowing.begin()
    assert (await knowing.wait(ACME, left, seconds=10)).state is JobState.DONE


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


async def test_the_loop_can_still_use_threads_after_a_runner_closed(jobs: Durable) -> None:
    jobs.offer("rest", nothing)
    await jobs.begin()
    await jobs.wait(ACME, await jobs.leave(ACME, "rest", {}), seconds=10)
    await jobs.close()

    assert await asyncio.to_thread(lambda: "alive") == "alive"


async def test_a_process_has_one_worker(make: Make) -> None:
    first, second = make(), make()
    await first.begin()

    with pytest.raises(RuntimeError, match="one worker"):
        await second.begin()
    assert first.working
    assert not second.working


async def test_nobody_else_reads_the_file(jobs: Durable, jobs_url: str) -> None:
    await jobs.leave(ACME, "look", {})

    if jobs_url.startswith("sqlite:///"):
        for file in Path(jobs_url.removeprefix("sqlite:///")).parent.glob("jobs.db*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
