"""Workers that are killed in the middle of runs: everything is done, and nothing finished twice."""

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from core.app import Core, build
from core.db import Database
from core.identity import Actor, Surface
from core.jobs.runners.durable import Durable
from core.pipelines import RunDraft, RunState
from core.secrets import Vault
from tests.core.jobs.conftest import jobs_url
from tests.core.pipelines.tools import Doing, echo

__all__ = ["jobs_url"]

HOUSE = Path(__file__).parents[3]
KILLS = 20
RUNS = 120
CHAIN = 100
ITEMS = 100


class Lives:
    """Workers in other processes, one after the other."""

    def __init__(self, process: Process, *words: object) -> None:
        """Have *process* fork them, each with these *words*."""
        self._process = process
        self._words = " ".join(map(str, words))

    async def one(self, piece: int = 0, seconds: float = 0) -> bytes:
        """Return how a worker ended that was to be killed at a *piece* of its work, if at any.

        Counted in pieces and not in seconds, so that a fast machine has not done all of it before
        the last is killed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{self._words} {piece} {seconds}\n".encode())
        return await asyncio.wait_for(self._process.stdout.readline(), 90)


@pytest.fixture
async def lives(store_url: str, jobs_url: str, tmp_path: Path) -> AsyncIterator[list[Lives]]:
    """Return two who fork workers: they have imported everything, so that a worker costs little."""
    words = (sys.executable, "-m", "tests.core.pipelines.mortal")
    started = [
        await asyncio.create_subprocess_exec(*words, cwd=HOUSE, stdin=PIPE, stdout=PIPE)
        for _ in range(2)
    ]
    for process in started:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
    yield [Lives(process, store_url, jobs_url, tmp_path / "work") for process in started]
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
async def core(db: Database, vault: Vault, jobs_url: str) -> AsyncIterator[Core]:
    tools = [Doing("mark", echo), Doing("echo", echo)]
    core = build(db, vault, tools=tools, jobs=partial(Durable, jobs_url))
    yield core
    await core.jobs.close()
    await core.chats.close()
    await core.audit.close()


@pytest.fixture
async def owner(core: Core) -> Actor:
    actor, _founded = await core.identity.settle(Surface.CLI)
    return actor


def pipeline() -> dict[str, object]:
    """Return a chain, and a list that is gone through in the middle of it."""
    tasks: list[dict[str, object]] = [
        {"id": "list", "tool": "echo", "inputs": {"items": list(range(ITEMS))}},
        {
            "id": "each",
            "tool": "mark",
            "parallel_over": "{{list.items}}",
            "inputs": {"n": "{{item}}"},
        },
    ]
    before = "each.last.n"
    for at in range(CHAIN):
        tasks.append({"id": f"t{at}", "tool": "mark", "inputs": {"n": f"{{{{{before}}}}}"}})
        before = f"t{at}.n"
    return {"id": "long", "goal": "Be killed", "tasks": tasks}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_run_outlives_twenty_workers_that_are_killed(
    core: Core, owner: Actor, lives: list[Lives], folder: Path
) -> None:
    chance = random.Random(7_305)
    run = await core.pipelines.start(owner, RunDraft(pipeline=pipeline(), collect_events=True))
    (folder / "runs").write_text(run.id, "utf-8")

    ends = [
        await lives[0].one(chance.randint(1, 5), chance.uniform(0.0, 0.02)) for _ in range(KILLS)
    ]
    ends.append(await lives[0].one())

    done = await core.pipelines.get(owner, run.id)
    assert ends == [b"killed\n"] * KILLS + [b"ended\n"]
    assert done.state is RunState.SUCCEEDED, done.error
    assert done.result is not None
    outputs = done.result.outputs
    assert [each["n"] for each in outputs["each"]] == list(range(ITEMS))
    assert outputs[f"t{CHAIN - 1}"] == {"n": ITEMS - 1, "done": f"{run.id}.t{CHAIN - 1}.None"}
    assert done.result.tasks_executed == 1 + ITEMS + CHAIN
    # Each piece of work was finished once, by one key; begun again is what was under way alone.
    files = [file for file in folder.iterdir() if file.name not in {"runs", "begun"}]
    assert len(files) == ITEMS + CHAIN
    assert len({file.read_text("utf-8") for file in files}) == ITEMS + CHAIN
    begun = Counter((folder / "begun").read_text("utf-8").split())
    again = sum(begun.values()) - len(begun)
    assert again <= KILLS * 8, again
    events = await core.pipelines.events(owner, run.id)
    assert Counter(each.type for each in events) == {
        "on_task_started": CHAIN + 2,
        "on_task_finished": CHAIN + 2,
    }


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_two_workers_share_many_runs_and_one_dies_half_way(
    core: Core, owner: Actor, lives: list[Lives], folder: Path
) -> None:
    """See `benchmarks` for a thousand."""
    one = {"id": "one", "tool": "mark", "inputs": {"n": 1}}
    draft = RunDraft(pipeline={"id": "small", "goal": "Be shared", "tasks": [one]})
    runs = [await core.pipelines.start(owner, draft) for _ in range(RUNS)]
    (folder / "runs").write_text("\n".join(run.id for run in runs), "utf-8")

    ends = await asyncio.gather(lives[0].one(15), lives[1].one())

    assert list(ends) == [b"killed\n", b"ended\n"]
    done = [await core.pipelines.get(owner, run.id) for run in runs]
    assert {run.state for run in done} == {RunState.SUCCEEDED}
    begun = Counter((folder / "begun").read_text("utf-8").split())
    assert set(begun) == {f"{run.id}.one.None" for run in runs}
    assert sum(begun.values()) - RUNS <= 8  # what the dead one had under way
