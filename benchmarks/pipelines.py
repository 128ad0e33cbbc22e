"""What a task of a pipeline costs beside a bare step of DBOS, and beside awaiting a function.

Workers of ours and of DBOS alone are up at once, each in a process and on a store of its own, and
take turns. Both keep SQLite in the same journal, which DBOS by itself does not choose.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import yaml

from benchmarks.figures import absent, amount, ratio
from benchmarks.places import postgres
from benchmarks.processes import Absent, environment
from benchmarks.rows import Row
from benchmarks.told import Told, telling
from benchmarks.workers import AT_ONCE, Marking, Same, chain, cored
from core.db import Database, migrate
from core.identity import Actor
from core.jobs.runners.durable import Durable
from core.page import PageAsked
from core.pipelines import Pipelines, RunDraft, RunState

GOAL = 1.2
"""Times a bare step of DBOS."""
CHAIN, FAN, TASKS, RUNS = 100, 1_000, 1_000, 1_000
ROUNDS = 7
VALIDATED = 50.0
"""Milliseconds for a definition of so many tasks."""
LONGEST = 240.0
"""Seconds for all runs that two workers share."""
LOOK = 0.25
UNDER_WAY = 8
"""Runs that one worker does at once: so many may be begun again when it dies."""
WORKERS = "benchmarks.workers"


class Shape(NamedTuple):
    """What is run."""

    name: str
    said: str
    tasks: int


def measure(*, quick: bool = False) -> list[Row]:
    """Return what a definition, a task, and a run that is shared cost."""
    shapes = (Shape("chain", "a chain", CHAIN), Shape("fan", "a fan-out", FAN))
    if quick:
        shapes = (Shape("chain", "a chain", 4), Shape("fan", "a fan-out", 8))
    rows = asyncio.run(validated(100 if quick else TASKS))
    for engine, place in (("SQLite", on_sqlite), ("PostgreSQL", on_postgres)):
        try:
            with place(wanted=not quick or place is on_sqlite) as (store, bare):
                rows += costs(engine, store, bare, shapes, 1 if quick else ROUNDS)
        except Absent as why:
            rows.append(absent(f"tasks on {engine}: ours / bare DBOS", why))
    try:
        with on_postgres(wanted=not quick) as (store, _bare):
            rows += asyncio.run(shared(store.url, RUNS))
    except Absent as why:
        rows.append(absent(f"{RUNS:,} runs that two workers share", why))
    return rows


# A definition


async def validated(count: int) -> list[Row]:
    """Return how long it takes to find nothing wrong with a chain of *count* tasks."""
    definition = chain(count)
    written = yaml.safe_dump({"pipeline": definition}, sort_keys=False)
    with tempfile.TemporaryDirectory() as folder:
        store = await empty(f"sqlite:///{folder}/store.db")
        jobs = partial(Durable, f"sqlite:///{folder}/jobs.db")
        async with cored(store, [Same()], jobs) as (core, actor):
            pipelines: Pipelines = core.pipelines
            data = [await _validation(pipelines, actor, definition) for _ in range(9)]
            text = [await _validation(pipelines, actor, written) for _ in range(9)]
    name = f"validate {count:,} tasks"
    goal = VALIDATED if count == TASKS else None
    note = "with the line of everything in it"
    return [
        amount(f"{name}, as JSON", median(data), "ms", most=goal, note="as REST takes it"),
        amount(f"{name}, as YAML", median(text), "ms", most=goal, note=note),
    ]


async def _validation(pipelines: Pipelines, actor: Actor, written: Any) -> float:
    began = time.perf_counter()
    await pipelines.validate(actor, written)
    return 1000 * (time.perf_counter() - began)


# A task


class Store(NamedTuple):
    """Where ours keeps what it does."""

    url: str
    jobs: str


@contextmanager
def on_sqlite(*, wanted: bool = True) -> Iterator[tuple[Store, str]]:  # noqa: ARG001 - always is
    """Lend files: for ours, and for DBOS alone."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.db"
        with sqlite3.connect(bare) as handle:
            handle.execute("PRAGMA journal_mode=WAL")
        handle.close()
        url = asyncio.run(empty(f"sqlite:///{folder}/store.db"))
        yield Store(url, f"sqlite:///{folder}/jobs.db"), f"sqlite:///{bare}"


@contextmanager
def on_postgres(*, wanted: bool = True) -> Iterator[tuple[Store, str]]:
    """Lend databases: for ours, and for DBOS alone."""
    with postgres("pipelines", wanted=wanted) as url, postgres("bare", wanted=wanted) as bare:
        asyncio.run(empty(url))
        yield Store(url, url), bare


async def empty(url: str) -> str:
    """Make our tables there; return the same URL."""
    db = Database(url)
    await migrate(db)
    await db.close()
    return url


def costs(
    engine: str, store: Store, bare_url: str, shapes: tuple[Shape, ...], rounds: int
) -> list[Row]:
    """Let both run every shape in turns; return what a task costs each of them."""
    env = environment(TRELLIS_LOG_LEVEL="WARNING")
    rows: list[Row] = []
    with (
        telling(WORKERS, "ours", store.url, store.jobs, env=env) as ours,
        telling(WORKERS, "bare", bare_url, env=env) as bare,
    ):
        for side in (ours, bare):  # what is imported at the first run is not counted
            side("run", shape="chain", count=2)
        for shape in shapes:
            rows += compared(engine, shape, ours, bare, rounds)
        if engine == "SQLite":
            for shape in shapes:
                rows += inline(shape, ours, rounds)
    return rows


def compared(engine: str, shape: Shape, ours: Told, bare: Told, rounds: int) -> list[Row]:
    """Return the medians of *rounds* in turns, for one task, and their ratios."""
    given = {"shape": shape.name, "count": shape.tasks}
    both = [(ours("run", **given), bare("run", **given)) for _ in range(rounds)]
    name = f"{shape.said} of {shape.tasks:,} on {engine}"
    goal = GOAL if shape.tasks in {CHAIN, FAN} else None
    rows: list[Row] = []
    for at, what in enumerate(("", ", processor time")):
        mine, theirs = (
            1e6 * median(took[at] for took in side) / shape.tasks
            for side in zip(*both, strict=True)
        )
        note = f"ours {mine:,.0f} us a task, bare {theirs:,.0f} us; the whole run counts"
        rows += [
            Row(f"{name}{what}: ours", mine, "us"),
            Row(f"{name}{what}: bare DBOS", theirs, "us"),
            ratio(f"{name}{what}: ours / bare DBOS", mine / theirs, most=goal, note=note),
        ]
    return rows


def inline(shape: Shape, ours: Told, rounds: int) -> list[Row]:
    """Return what a task costs whoever waits for the run, and what awaiting a function costs."""
    mine = [ours("inline", shape=shape.name, count=shape.tasks)[0] for _ in range(1 + rounds)]
    plain = [asyncio.run(awaited(shape)) for _ in range(1 + rounds)]
    a, b = (1e6 * median(each[1:]) / shape.tasks for each in (mine, plain))
    name = f"{shape.said} of {shape.tasks:,}, waited for"
    note = f"ours {a:,.0f} us a task, with its checks, templates and record; a function {b:,.1f} us"
    return [
        Row(f"{name}: ours", a, "us"),
        Row(f"{name}: plain asyncio", b, "us"),
        ratio(f"{name}: ours / plain asyncio", a / b, note=note),
    ]


async def awaited(shape: Shape) -> float:
    """Return the seconds that the same work takes as functions that are awaited."""

    async def step(value: Any) -> dict[str, Any]:
        return {"n": value}

    began = time.perf_counter()
    if shape.name == "chain":
        value = 7
        for _at in range(shape.tasks):
            value = (await step(value))["n"]
    else:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(item: int) -> dict[str, Any]:
            async with places:
                return await step(item)

        await asyncio.gather(*(one(at) for at in range(shape.tasks)))
    return time.perf_counter() - began


# Runs that are shared


async def shared(url: str, count: int) -> list[Row]:
    """Leave *count* runs to two workers and kill one half-way; return what became of them."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        async with cored(url, [Marking(folder)], partial(Durable, url)) as (core, actor):
            task = {"id": "one", "tool": "mark", "inputs": {"n": 1}}
            draft = RunDraft(pipeline={"id": "small", "goal": "Be shared", "tasks": [task]})
            for _ in range(count):
                await core.pipelines.start(actor, draft)
            rate = await worked(core.pipelines, actor, (url, url, place), count)
            states = await found(core.pipelines, actor)
        begun = Counter(lines(folder / "begun"))
    again = sum(begun.values()) - len(begun)
    name = f"{count:,} runs on two workers, one killed half-way"
    return [
        amount(f"{name}: succeeded", states[RunState.SUCCEEDED], "runs", least=count),
        amount(f"{name}: begun again", again, "runs", most=UNDER_WAY, note="the dead one's"),
        Row(f"{name}", rate, "runs/s", note="waiting for the dead one's included"),
    ]


async def worked(
    pipelines: Pipelines, actor: Actor, words: tuple[str, str, str], count: int
) -> float:
    """Let two workers do the runs, and kill one half-way; return how many ended in a second.

    Raises:
        Absent: they did not all end in time.
    """
    env = environment(TRELLIS_LOG_LEVEL="WARNING")
    ended = Path(words[-1]) / "ended"
    with (
        telling(WORKERS, "share", *words, env=env) as dies,
        telling(WORKERS, "share", *words, env=env),
    ):
        began, done = time.perf_counter(), len(lines(ended))
        left = count - done
        while time.perf_counter() < began + LONGEST:
            await asyncio.sleep(LOOK)
            done = len(lines(ended))
            if done >= count // 2 and dies.process.poll() is None:
                dies.process.kill()
            if done >= count and not await unfinished(pipelines, actor):
                return left / (time.perf_counter() - began)
    raise Absent(f"{count - done} of {count} runs were not done after {LONGEST:.0f} s")


async def unfinished(pipelines: Pipelines, actor: Actor) -> bool:
    """Return whether a run waits or is being done."""
    return any(not state.ended for state in await found(pipelines, actor))


async def found(pipelines: Pipelines, actor: Actor) -> Counter[RunState]:
    """Return how many runs are in each state."""
    page = await pipelines.list(actor, PageAsked(size=None))
    return Counter(run.state for run in page.items)


def lines(file: Path) -> list[str]:
    """Return the lines that workers have written so far."""
    return file.read_text(encoding="utf-8").split() if file.exists() else []
