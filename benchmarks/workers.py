"""Workers that the figures of pipelines are taken from: ours, and DBOS without us.

`ours` and `bare` run what they are told, a chain or a list, and return the seconds from the first
instruction of the work to its last, on the clock and of the process' own processor time; `share`
takes whatever runs wait until it is killed.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pydantic import ConfigDict, JsonValue
from typing_extensions import override

from benchmarks.told import obey
from core.app import Core, build
from core.db import Database
from core.identity import Actor, Surface
from core.jobs import Job, Steps, Work
from core.jobs.runners.durable import Durable
from core.pipelines import RunDraft, RunState
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.secrets import Vault

KEY = "a key for a benchmark, and for nothing else"
AT_ONCE = 8
"""Items of a list that are worked on at once: ours by default, and so theirs."""


class Anything(Inputs):
    """Whatever is given."""

    model_config = ConfigDict(extra="allow")


class Same(Tool):
    """Gives back what it is given, which is as little as a tool can do."""

    name = "same"
    description = "Gives back what it is given."
    inputs: type[Inputs] = Anything
    output = Output("what was given", "object")

    @override
    async def run(self, call: Call, given: Any) -> Any:
        return given.model_dump()


class Marking(Same):
    """Leaves a line in a file when it begins, and a file when it has ended."""

    name = "mark"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @override
    async def run(self, call: Call, given: Any) -> Any:
        with (self._folder / "begun").open("a", encoding="utf-8") as file:
            file.write(f"{call.run_id}\n")
        await asyncio.sleep(0.01)
        with (self._folder / "ended").open("a", encoding="utf-8") as file:
            file.write(f"{call.run_id}\n")
        return given.model_dump()


class Took(NamedTuple):
    """Seconds of some work."""

    clock: float
    processor: float


class Watch:
    """Counts them, from when it is made."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def took(self) -> Took:
        """Return how many have passed."""
        clock, processor = self._began
        return Took(time.perf_counter() - clock, time.process_time() - processor)


class Timed(Durable):
    """Our runner, with a clock around each job."""

    took: asyncio.Queue[Took]

    @override
    def offer(self, name: str, work: Work, *, at_once: int = 8, each: int | None = None) -> None:
        async def timed(job: Job, steps: Steps) -> JsonValue:
            watch = Watch()
            result = await work(job, steps)
            self.took.put_nowait(watch.took())
            return result

        self.took = asyncio.Queue()
        super().offer(name, timed, at_once=at_once, each=each)


def chain(count: int) -> dict[str, Any]:
    """Return a pipeline of tasks that hand a number on from one to the next."""
    tasks = [{"id": "t0", "tool": "same", "inputs": {"n": 7}}]
    tasks += [
        {"id": f"t{at}", "tool": "same", "inputs": {"n": f"{{{{t{at - 1}.n}}}}"}}
        for at in range(1, count)
    ]
    return {"id": "chain", "goal": "Hand a number on", "tasks": tasks}


def fan(count: int) -> dict[str, Any]:
    """Return a pipeline of one task that gives a list, and one that runs over it."""
    items = {"id": "list", "tool": "same", "inputs": {"items": list(range(count))}}
    each = {"id": "each", "tool": "same", "inputs": {"n": "{{item}}"}}
    tasks = [items, each | {"parallel_over": "{{list.items}}"}]
    return {"id": "fan", "goal": "Go through a list", "tasks": tasks}


SHAPES = {"chain": chain, "fan": fan}


class Make(Protocol):
    """Makes the runner of a core."""

    def __call__(self, db: Database, pulse: Any) -> Durable: ...


@asynccontextmanager
async def cored(store_url: str, tools: list[Tool], jobs: Make) -> Any:
    """Lend a core with its owner, on a store that is migrated already."""
    db = Database(store_url)
    core = build(db, Vault([KEY]), tools=tools, jobs=jobs)
    actor, _founded = await core.identity.settle(Surface.CLI)
    try:
        yield core, actor
    finally:
        await core.jobs.close()
        await core.chats.close()
        await core.audit.close()
        await db.close()


async def ours(store_url: str, jobs_url: str) -> None:
    """Run pipelines as a worker of ours does."""
    core: Core
    actor: Actor
    async with cored(store_url, [Same()], partial(Timed, jobs_url)) as (core, actor):
        await core.jobs.begin()
        assert isinstance(core.jobs, Timed)
        took = core.jobs.took

        async def run(shape: str, count: int) -> Took:
            left = await core.pipelines.start(actor, RunDraft(pipeline=SHAPES[shape](count)))
            seconds = await took.get()
            done = await core.pipelines.get(actor, left.id)
            assert done.state is RunState.SUCCEEDED, done.error
            assert done.result is not None
            assert done.result.tasks_executed == count + (shape == "fan")
            return seconds

        async def inline(shape: str, count: int) -> Took:
            draft = RunDraft(pipeline=SHAPES[shape](count))
            watch = Watch()
            await core.pipelines.run(actor, draft)
            return watch.took()

        await obey({"run": run, "inline": inline})


async def bare(jobs_url: str) -> None:
    """Run the same work as DBOS' own guide writes it: a step is a function, a workflow calls it."""
    from dbos import DBOS, DBOSConfig  # noqa: PLC0415 - in this process alone

    config: DBOSConfig = {
        "name": "bare",
        "system_database_url": jobs_url,
        "log_level": "ERROR",
    }
    DBOS(config=config)

    @DBOS.step()
    async def step(value: Any) -> Any:
        return {"n": value}

    @DBOS.workflow()
    async def chained(count: int) -> Took:
        watch, value = Watch(), 7
        for _at in range(count):
            value = (await step(value))["n"]
        return watch.took()

    @DBOS.workflow()
    async def fanned(count: int) -> Took:
        watch = Watch()
        items = (await step(list(range(count))))["n"]
        places = asyncio.Semaphore(AT_ONCE)

        async def one(item: int) -> Any:
            async with places:
                return await step(item)

        found = await asyncio.gather(*(one(item) for item in items))
        assert [each["n"] for each in found] == items
        return watch.took()

    shapes: dict[str, Callable[[int], Awaitable[Took]]] = {"chain": chained, "fan": fanned}

    async def run(shape: str, count: int) -> Took:
        return Took(*await shapes[shape](count))

    DBOS.launch()
    try:
        await obey({"run": run})
    finally:
        await asyncio.to_thread(DBOS.destroy)


async def share(store_url: str, jobs_url: str, folder: str) -> None:
    """Do runs with others, for as long as one lives."""
    tools: list[Tool] = [Marking(Path(folder))]
    core: Core
    async with cored(store_url, tools, partial(Durable, jobs_url)) as (core, _actor):
        await core.jobs.begin()
        await obey({})


async def main(what: str, *words: str) -> None:
    """Be one of them."""
    match what, words:
        case "ours", (store_url, jobs_url):
            await ours(store_url, jobs_url)
        case "bare", (jobs_url,):
            await bare(jobs_url)
        case "share", (store_url, jobs_url, folder):
            await share(store_url, jobs_url, folder)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
