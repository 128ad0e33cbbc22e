"""What every runner promises, where the engine does not matter."""

import asyncio
import stat
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import JsonValue

from core.ids import JobId, OrganizationId
from core.jobs import Job, JobFailed, JobNotFound, JobState, PartFailed, Retry, Steps
from core.jobs.runners.durable import Durable
from core.jobs.runners.fresh import Fresh
from tests.core.jobs.conftest import Make

ACME, OTHER = OrganizationId("org_acme"), OrganizationId("org_other")


@pytest.fixture
async def store_url(tmp_path: Path) -> str:
    """Return an empty store on SQLite: the engine does not matter here."""
    return f"sqlite:///{tmp_path}/trellis.db"


async def nothing(_job: Job, _steps: Steps) -> JsonValue:
    return None


async def test_a_job_may_be_left_where_nobody_works_yet(jobs: Durable) -> None:
    left = await jobs.leave(ACME, "look", {})

    job = await jobs.get(ACME, left)
    assert (job.state, job.name) == (JobState.WAITING, "look")
    assert not jobs.working


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


async def test_who_leaves_much_leaves_room_for_others(jobs: Durable) -> None:
    begun: list[JsonValue] = []
    go = asyncio.Event()

    async def work(job: Job, _steps: Steps) -> JsonValue:
        begun.append(job.given["of"])
        await go.wait()
        return None

    jobs.offer("work", work, at_once=3, each=2)
    left = [
        await jobs.leave(ACME, "work", {"of": of}, whose=of)
        for of in ("eve", "eve", "eve", "eve", "ada")
    ]
    await jobs.begin()
    async with asyncio.timeout(10):
        while "ada" not in begun:  # noqa: ASYNC110 - another thread begins it
            await asyncio.sleep(0.02)
    assert sorted(map(str, begun)) == ["ada", "eve", "eve"]

    go.set()
    for each in left:
        assert (await jobs.wait(ACME, each, seconds=10)).state is JobState.DONE


async def test_what_was_left_before_the_room_was_shared_is_done(make: Make) -> None:
    before = make()
    left = await before.leave(ACME, "work", {}, id="one")
    now = make()
    now.offer("work", nothing, at_once=3, each=2)
    await now.begin()

    assert await now.leave(ACME, "work", {}, id="one", whose="ada") == left
    assert (await now.wait(ACME, left, seconds=10)).state is JobState.DONE


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


async def test_parts_side_by_side_are_known_by_name_in_whichever_order_they_are_begun(
    make: Make,
) -> None:
    done: list[str] = []
    reached = asyncio.Event()
    order = ["a", "b", "c"]

    async def part(name: str) -> str:
        done.append(name)
        return name.upper()

    async def work(_job: Job, steps: Steps) -> JsonValue:
        said = await asyncio.gather(*(steps.run(each, partial(part, each)) for each in order))
        found: dict[str, JsonValue] = dict(zip(order, said, strict=True))
        twice = [await steps.run("twice", partial(part, f"twice {each}")) for each in range(2)]
        if not reached.is_set():
            reached.set()
            await asyncio.Event().wait()
        new = await steps.run("new", partial(part, "new"))
        return [found, list(twice), new]

    before = make()
    before.offer("order", work)
    await before.begin()
    left = await before.leave(ACME, "order", {})
    await asyncio.wait_for(reached.wait(), 10)
    await before.close()
    order.reverse()

    after = make()
    after.offer("order", work)
    await after.begin()
    job = await after.wait(ACME, left, seconds=10)

    assert job.result == [
        {"a": "A", "b": "B", "c": "C"},
        ["TWICE 0", "TWICE 1"],
        "NEW",
    ]
    assert sorted(done[:3]) == ["a", "b", "c"]
    assert done[3:] == ["twice 0", "twice 1", "new"]


async def test_of_parts_side_by_side_none_is_begun_once_the_job_is_cancelled(
    jobs: Durable,
) -> None:
    begun: list[int] = []
    both, released, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def part(at: int) -> None:
        begun.append(at)
        if len(begun) == 2:
            both.set()
        await released.wait()

    async def work(_job: Job, steps: Steps) -> JsonValue:
        gate = asyncio.Semaphore(2)
        each = [steps.run(f"part.{at}", partial(part, at), gate=gate) for at in range(12)]
        await asyncio.gather(*each, return_exceptions=True)
        ended.set()
        return None

    jobs.offer("many", work)
    await jobs.begin()
    left = await jobs.leave(ACME, "many", {})
    await asyncio.wait_for(both.wait(), 10)
    await jobs.cancel(ACME, left)
    released.set()
    await asyncio.wait_for(ended.wait(), 10)

    assert sorted(begun) == [0, 1]
    assert (await jobs.get(ACME, left)).state is JobState.CANCELLED


def test_what_is_new_is_not_looked_for_and_all_else_is() -> None:
    class Store:
        asked: ClassVar[list[tuple[str, int, str]]] = []

        def check_operation_execution(self, *asked: Any) -> str:
            self.asked.append(asked)
            return "as before"

    store, fresh = Store(), Fresh()
    fresh.teach(store)
    look = store.check_operation_execution
    with fresh.part(JobId("job"), 2):
        found = [look("job", 1, "a"), look("job", 2, "b"), look("other", 2, "c")]
    found.append(look("job", 2, "b"))

    assert found == ["as before", None, "as before", "as before"]
    assert store.asked == [("job", 1, "a"), ("other", 2, "c"), ("job", 2, "b")]
