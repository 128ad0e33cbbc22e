"""Pipelines and runs in our own store, as several processes write there at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.dialects import sqlite
from structlog.testing import capture_logs

from core.app import Core
from core.db import Database, migrate
from core.identity import Actor, Surface
from core.ids import JobId, RunId, now
from core.jobs import Job, JobState
from core.pipelines import Pipeline, Run, RunDraft, RunEvent, RunState
from core.pipelines.binding import carried
from core.pipelines.engine import Engine
from core.pipelines.running import JOB, Inline, Running
from core.pipelines.store import OPEN, RunStore, runs
from core.pipelines.tool import Call, Toolbox
from tests.core.pipelines.tools import Doing


def written(goal: str) -> str:
    return f"{{id: sales, goal: {goal}, tasks: [{{id: a, tool: mock}}]}}"


@pytest.fixture
async def owner(core: Core) -> Actor:
    return (await core.identity.settle(Surface.CLI))[0]


def run_of(owner: Actor, run_id: str, **values: Any) -> Run:
    told: dict[str, Any] = {
        "id": RunId(run_id),
        "organization_id": owner.organization_id,
        "tenant": "default",
        "pipeline_id": "sales",
        "goal": "g",
        "name": None,
        "version": None,
        "state": RunState.RUNNING,
        "collect_events": True,
        "created_by": owner.member_id,
        "created_at": now(),
    }
    return Run(**told | values)


async def test_many_who_save_at_once_each_have_a_version_of_their_own(
    core: Core, owner: Actor
) -> None:
    saved = await asyncio.gather(
        *(core.pipelines.save(owner, written(f"try {number}")) for number in range(8))
    )

    assert sorted(each.version for each in saved) == list(range(1, 9))


async def test_two_who_tell_the_same_of_a_run_at_once_do_not_break_each_other(
    db: Database, owner: Actor
) -> None:
    mine = owner.organization_id
    told = [RunEvent(type="on_task_started", task_id=f"t{at}", tool="mock") for at in range(50)]
    async with db.transaction() as tx:
        await RunStore(tx).add(mine, run_of(owner, "r"), {})

    async def tell() -> None:
        async with db.transaction() as tx:
            await RunStore(tx).tell(mine, "r", told, 0)

    await asyncio.gather(*(tell() for _ in range(8)))

    async with db.reading() as tx:
        assert [each.task_id for each in await RunStore(tx).events(mine, "r")] == [
            each.task_id for each in told
        ]


async def test_runs_are_counted_without_a_look_at_what_they_came_to(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/trellis.db")
    await migrate(db)
    mine = runs.c.organization_id == "o"

    async def way(where: ColumnElement[bool]) -> str:
        counted = select(func.count()).select_from(runs).where(where)
        said = str(
            counted.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        )
        async with db.reading() as tx:
            return " ".join(
                each[-1] for each in await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}")
            )

    assert "COVERING" in await way(mine & runs.c.state.in_(OPEN))
    assert "COVERING" in await way(mine & (runs.c.created_by == "m"))
    assert "ix_runs_state" in await way(runs.c.state.in_(OPEN) & (runs.c.goal == "g"))
    await db.close()


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_a_run_ends_well_though_its_events_could_not_be_kept_for_a_while(
    core: Core, db: Database, owner: Actor
) -> None:
    mine, draft = owner.organization_id, RunDraft(pipeline=written("g"))
    pipeline = await core.pipelines.accept(owner, draft)

    async def work(_call: Call, _given: dict[str, Any]) -> Any:
        """Work until a try to keep the events has failed."""
        async with db.transaction() as tx:
            await tx.execute(text("ALTER TABLE run_events RENAME TO elsewhere"))
        async with asyncio.timeout(20):
            while not any("not kept yet" in each["event"] for each in logs):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        async with db.transaction() as tx:
            await tx.execute(text("ALTER TABLE elsewhere RENAME TO run_events"))
        return "done"

    async def read(_written: Any) -> Pipeline:
        return pipeline

    engine = Engine(Toolbox([Doing("mock", work)]))
    running = Running(db, core.identity, engine=lambda: engine, pipeline=read)
    async with db.transaction() as tx:
        given = carried(pipeline, draft.pipeline, draft, owner)
        await RunStore(tx).add(mine, run_of(owner, "r", state=RunState.QUEUED), given)
    given = {"run": "r"}
    job = Job(id=JobId("j"), organization_id=mine, name=JOB, given=given, state=JobState.RUNNING)

    with capture_logs() as logs:
        ended = await running.work(job, Inline())

    assert ended == {"state": RunState.SUCCEEDED}
    assert len(await core.pipelines.events(owner, "r")) == 2
