"""Pipelines as members keep and run them, by a worker of this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from typing_extensions import override

from core.app import Core, build
from core.db import Database
from core.errors import CoreError, Denied
from core.identity import Actor, Role, Surface
from core.ids import now
from core.jobs import JobsUnavailable, Steps
from core.jobs.runners.durable import Durable
from core.jobs.runners.nowhere import Nowhere
from core.page import PageAsked
from core.pipelines import (
    DocumentInvalid,
    Pipeline,
    PipelineInvalid,
    PipelineNotFound,
    Pipelines,
    Run,
    RunDraft,
    RunEnded,
    RunNotFound,
    RunResult,
    RunState,
    TaskFailed,
    boards,
    service,
)
from core.pipelines.boards import Kept
from core.pipelines.engine import Engine, Setting
from core.pipelines.errors import BoardFull, TooManyRuns
from core.pipelines.tool import Call
from core.secrets import Vault
from tests.core.jobs.conftest import jobs_url
from tests.core.pipelines.tools import Doing, echo, failing

__all__ = ["jobs_url"]

SALES = """
pipeline:
  id: sales
  goal: Sales of {{params.year}}
  params: {year: {type: integer}}
  tasks:
    - {id: fetch, tool: echo, inputs: {rows: [1, 2, "{{params.year}}"]}}
    - {id: each, tool: echo, parallel_over: "{{fetch.rows}}", inputs: {n: "{{item}}"}}
"""


class Endless:
    """A tool that works until it is stopped."""

    def __init__(self) -> None:
        """Begin with nobody at work."""
        self.working = asyncio.Event()
        self.stopped = asyncio.Event()

    async def work(self, _call: Call, _given: dict[str, Any]) -> Any:
        self.working.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


@pytest.fixture
def endless() -> Endless:
    return Endless()


async def keep(call: Call, given: dict[str, Any]) -> Any:
    await call.board.write(given["key"], given["value"], append=True, mark=call.key)
    return {"status": "success"}


async def role(call: Call, _given: dict[str, Any]) -> Any:
    return str(call.actor.role)


@pytest.fixture
async def core(db: Database, vault: Vault, jobs_url: str, endless: Endless) -> AsyncIterator[Core]:
    tools = [
        Doing("echo", echo),
        Doing("keep", keep),
        Doing("role", role),
        Doing("endless", endless.work),
        failing(9),
    ]
    runner = partial(Durable, jobs_url, poll=0.05, beat=0.1)
    core = build(db, vault, tools=tools, jobs=runner, runs_kept=timedelta(days=7))
    yield core
    await core.jobs.close()
    await core.channels.close()
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


async def ended(core: Core, actor: Actor, run: Run) -> Run:
    """Return a run once it has ended."""
    found = await core.pipelines.wait(actor, run.id, 20)
    assert found.state.ended
    return found


SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@SQLITE
async def test_a_run_that_is_waited_for_gives_its_outputs_and_is_listed(
    core: Core, ada: Actor
) -> None:
    events: list[str] = []

    result = await core.pipelines.run(
        ada,
        RunDraft(pipeline=SALES, inputs={"year": "2025"}),
        tell=lambda event: events.append(f"{event.type} {event.task_id}"),
    )

    assert result.outputs["each"] == [{"n": 1}, {"n": 2}, {"n": 2025}]
    assert (result.waves_executed, result.tasks_executed) == (2, 4)
    assert events[0] == "on_task_started fetch"
    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    assert (run.state, run.pipeline_id, run.result) == (RunState.SUCCEEDED, "sales", None)
    kept = await core.pipelines.get(ada, run.id)
    assert kept.result is not None
    assert kept.result.outputs == result.outputs
    assert [each.task_id for each in await core.pipelines.events(ada, run.id)] == [
        *("fetch", "fetch", "each", "each")
    ]
    assert (await core.pipelines.definition(ada, run.id)).id == "sales"


@SQLITE
@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "params.year: A value is required (integer)"),
        ({"year": "soon"}, "params.year: It is no integer"),
        ({"year": True}, "params.year: It is no integer"),
        ({"yaer": 2025}, "params.year: A value is required (integer)"),
    ],
)
async def test_params_have_values_of_their_type(
    core: Core, ada: Actor, inputs: dict[str, Any], said: str
) -> None:
    with pytest.raises(PipelineInvalid) as refusal:
        await core.pipelines.run(ada, RunDraft(pipeline=SALES, inputs=inputs))
    assert refusal.value.problems == (said,)

    with pytest.raises(PipelineInvalid, match="no such param; did you mean year"):
        await core.pipelines.run(ada, RunDraft(pipeline=SALES, params={"yeer": 1, "year": 1}))


@SQLITE
async def test_a_run_that_fails_is_listed_with_its_reason(core: Core, ada: Actor) -> None:
    text = "{id: bad, goal: b, tasks: [{id: one, tool: flaky}]}"

    with pytest.raises(TaskFailed):
        await core.pipelines.run(ada, RunDraft(pipeline=text))

    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    assert run.state is RunState.FAILED
    assert run.error == "Task 'one' failed on attempt 1: ValueError: not yet"


HOLLOW = """
id: hollow
goal: About {{params.o.x}}
params: {o: {type: object, default: {}}}
tasks: [{id: t, tool: echo}]
"""
LARGE = """
id: large
goal: g
tasks:
  - {id: t, tool: echo, inputs: {a: '{"n": 1000000000000000000000}'}}
  - {id: u, tool: echo, inputs: {n: "{{t.a.n}}"}}
"""


@SQLITE
@pytest.mark.parametrize(
    ("text", "state", "why"),
    [
        (HOLLOW, RunState.FAILED, "{{params.o.x}} leads to nothing: there is no 'x' in o"),
        (LARGE, RunState.SUCCEEDED, ""),
    ],
    ids=["goal", "number"],
)
async def test_what_nobody_foresaw_is_remembered_as_what_it_is(
    core: Core, ada: Actor, text: str, state: RunState, why: str
) -> None:
    with suppress(CoreError):
        await core.pipelines.run(ada, RunDraft(pipeline=text))

    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    assert run.state is state
    assert (run.error or "").startswith(why)


@SQLITE
async def test_a_fault_of_ours_is_remembered_as_a_failure(
    db: Database, vault: Vault, ada: Actor
) -> None:
    class Broken(Engine):
        """An engine with a fault of ours."""

        @override
        async def run(self, pipeline: Pipeline, setting: Setting, steps: Steps) -> RunResult:
            raise ZeroDivisionError("hunter2")

    core = build(db, vault)
    parts = (db, core.audit, core.identity, Nowhere(), [Doing("echo", echo)])
    broken = Pipelines(*parts, engine=Broken)

    with pytest.raises(ZeroDivisionError):
        await broken.run(ada, RunDraft(pipeline=SALES, params={"year": 1}))

    (run,) = (await broken.list(ada, PageAsked())).items
    assert (run.state, run.error) == (RunState.FAILED, "Something broke on our side.")


async def test_what_is_read_of_a_blackboard_fits_into_memory(
    db: Database, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "READ", 1_000)
    board = Kept(db, ada.organization_id, "a")
    for mark in "1234":
        await board.write("list", mark * 300, append=True, mark=mark)
    await board.write("one", 1, append=False, mark="1")
    await board.write("one", 2, append=True, mark="2")
    await board.write("one", 3, append=True, mark="3")

    with pytest.raises(BoardFull, match="What is read at once"):
        await board.read(["list", "one"])
    assert await board.read(["one", "two"]) == {"one": [1, 2, 3]}


@SQLITE
async def test_a_blackboard_that_is_full_can_be_written_over(
    db: Database, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "MOST", 3)
    board = Kept(db, ada.organization_id, "a")
    for mark in "123":
        await board.write("list", mark, append=True, mark=mark)

    with pytest.raises(BoardFull):
        await board.write("list", 4, append=True, mark="4")
    with pytest.raises(BoardFull):
        await board.write("other", 4, append=False, mark="4")
    await board.write("list", [], append=False, mark="5")

    await board.write("other", 4, append=False, mark="6")
    assert await board.all() == {"list": [], "other": 4}


@SQLITE
async def test_a_run_that_nobody_waits_for_any_more_is_stopped(
    core: Core, ada: Actor, endless: Endless
) -> None:
    text = "{id: long, goal: b, tasks: [{id: one, tool: endless}]}"
    waiting = asyncio.create_task(core.pipelines.run(ada, RunDraft(pipeline=text)))
    await asyncio.wait_for(endless.working.wait(), 10)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert endless.stopped.is_set()
    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    assert run.state is RunState.CANCELLED


@SQLITE
async def test_pipelines_are_kept_by_name_in_versions(core: Core, ada: Actor, vic: Actor) -> None:
    first = await core.pipelines.save(ada, SALES)
    second = await core.pipelines.save(ada, SALES.replace("Sales of", "All sales of"))

    assert (first.name, first.version, second.version) == ("sales", 1, 2)
    assert (await core.pipelines.saved(vic, "sales")).goal == "All sales of {{params.year}}"
    assert (await core.pipelines.saved(vic, "sales", 1)) == first
    assert await core.pipelines.versions(vic, "sales") == (second, first)
    assert (await core.pipelines.list_saved(vic, PageAsked())).items == (second,)
    run = await core.pipelines.run(ada, RunDraft(name="sales", version=1, params={"year": 1}))
    assert run.outputs["fetch"] == {"rows": [1, 2, 1]}
    assert (await core.pipelines.list(ada, PageAsked(), name="sales")).total == 1
    assert (await core.pipelines.list(ada, PageAsked(), name="other")).total == 0

    await core.pipelines.delete(ada, "sales")
    with pytest.raises(PipelineNotFound):
        await core.pipelines.saved(ada, "sales")
    with pytest.raises(PipelineNotFound):
        await core.pipelines.delete(ada, "sales")


@SQLITE
async def test_who_only_looks_runs_and_keeps_nothing(core: Core, ada: Actor, vic: Actor) -> None:
    run = await core.pipelines.run(ada, RunDraft(pipeline=SALES, params={"year": 1}))
    assert run.outputs

    assert (await core.pipelines.validate(vic, SALES)).id == "sales"
    (made,) = (await core.pipelines.list(ada, PageAsked())).items
    for refused in (
        core.pipelines.run(vic, RunDraft(pipeline=SALES)),
        core.pipelines.start(vic, RunDraft(pipeline=SALES)),
        core.pipelines.save(vic, SALES),
        core.pipelines.delete(vic, "sales"),
        core.pipelines.cancel(vic, made.id),
    ):
        with pytest.raises(Denied):
            await refused


@SQLITE
@pytest.mark.parametrize("text", ["{", "", "[]", "{id: a, goal: b, tasks: [{id: x, tool: y}]}"])
async def test_what_is_no_pipeline_is_neither_run_nor_kept(
    core: Core, ada: Actor, text: str
) -> None:
    for refused in (
        core.pipelines.validate(ada, text),
        core.pipelines.save(ada, text),
        core.pipelines.start(ada, RunDraft(pipeline=text)),
    ):
        with pytest.raises((DocumentInvalid, PipelineInvalid)):
            await refused


async def test_a_worker_does_runs_that_were_left(
    core: Core, ada: Actor, eve: Actor, endless: Endless
) -> None:
    """One worker for all of it: to begin one costs seconds."""
    left = await core.pipelines.start(
        ada, RunDraft(pipeline=SALES, params={"year": 2025}, collect_events=True)
    )
    assert left.state is RunState.QUEUED
    await core.jobs.begin()

    run = await ended(core, ada, left)
    assert run.state is RunState.SUCCEEDED
    assert run.result is not None
    assert run.result.outputs["each"] == [{"n": 1}, {"n": 2}, {"n": 2025}]
    assert (run.result.waves_executed, run.result.tasks_executed) == (2, 4)
    assert [each.type for each in await core.pipelines.events(ada, run.id)] == [
        *("on_task_started", "on_task_finished") * 2
    ]

    # A key that may do less than its member does so here, too.
    mine = "{id: mine, goal: g, tasks: [{id: one, tool: role}]}"
    keyed = ada.model_copy(update={"role": Role.ANALYST})
    for actor, may in ((ada, "owner"), (keyed, "analyst")):
        done = await ended(core, ada, await core.pipelines.start(actor, RunDraft(pipeline=mine)))
        assert done.result is not None
        assert done.result.outputs == {"one": may}

    # A failure
    bad = "{id: bad, goal: b, tasks: [{id: one, tool: flaky}]}"
    failed = await ended(core, ada, await core.pipelines.start(ada, RunDraft(pipeline=bad)))
    assert failed.state is RunState.FAILED
    assert failed.error == "Task 'one' failed on attempt 1: ValueError: not yet"

    # The blackboard of a tenant, which no other sees
    writing = "{id: w, goal: b, tasks: [{id: one, tool: keep, inputs: {key: k, value: v}}]}"
    reading = "{id: r, goal: b, tasks: [{id: one, tool: echo, inputs: {x: '{{session.k}}'}}]}"
    for _twice in range(2):
        await ended(
            core, ada, await core.pipelines.start(ada, RunDraft(pipeline=writing, tenant="a"))
        )
    seen = await ended(
        core, ada, await core.pipelines.start(ada, RunDraft(pipeline=reading, tenant="a"))
    )
    unseen = await ended(
        core, ada, await core.pipelines.start(ada, RunDraft(pipeline=reading, tenant="b"))
    )
    theirs = await ended(
        core, eve, await core.pipelines.start(eve, RunDraft(pipeline=reading, tenant="a"))
    )
    assert seen.result is not None
    assert seen.result.outputs["one"] == {"x": ["v", "v"]}
    for each in (unseen, theirs):
        assert each.state is RunState.FAILED
        assert "{{session.k}} leads to nothing" in (each.error or "")

    # What a request seeds
    seeded = RunDraft(pipeline=reading, tenant="c", session={"k": {"deep": 1}})
    run = await ended(core, ada, await core.pipelines.start(ada, seeded))
    assert run.result is not None
    assert run.result.outputs["one"] == {"x": {"deep": 1}}

    # To cancel reaches the tool, and is the last word
    long = "{id: long, goal: b, tasks: [{id: one, tool: endless}, {id: two, tool: echo}]}"
    run = await core.pipelines.start(ada, RunDraft(pipeline=long))
    await asyncio.wait_for(endless.working.wait(), 10)
    cancelled = await core.pipelines.cancel(ada, run.id)
    assert cancelled.state is RunState.CANCELLED
    await asyncio.wait_for(endless.stopped.wait(), 10)
    with pytest.raises(RunEnded):
        await core.pipelines.cancel(ada, run.id)
    assert (await core.pipelines.get(ada, run.id)).state is RunState.CANCELLED


@SQLITE
async def test_runs_that_ended_long_ago_are_forgotten(core: Core, ada: Actor) -> None:
    await core.pipelines.run(ada, RunDraft(pipeline=SALES, params={"year": 1}))
    (run,) = (await core.pipelines.list(ada, PageAsked())).items

    await core.pipelines.tick(now() + timedelta(days=6))
    assert (await core.pipelines.get(ada, run.id)).state is RunState.SUCCEEDED
    await core.pipelines.tick(now() + timedelta(days=8))

    with pytest.raises(RunNotFound):
        await core.pipelines.get(ada, run.id)
    with pytest.raises(RunNotFound):
        await core.pipelines.events(ada, run.id)


@SQLITE
async def test_where_nobody_works_a_run_is_not_left(db: Database, vault: Vault, ada: Actor) -> None:
    core = build(db, vault, tools=[Doing("echo", echo)])

    with pytest.raises(JobsUnavailable):
        await core.pipelines.start(ada, RunDraft(pipeline=SALES, params={"year": 1}))

    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    assert run.state is RunState.FAILED


@SQLITE
async def test_what_a_run_came_to_is_its_makers_and_the_admins(
    core: Core, ada: Actor, vic: Actor
) -> None:
    bob = await core.identity.add_member(ada, name="Bob", email="bob@acme.test", role=Role.ANALYST)
    maker = Actor.of(bob, Surface.API)
    amy = await core.identity.add_member(ada, name="Amy", email="amy@acme.test", role=Role.ANALYST)
    await core.pipelines.run(maker, RunDraft(pipeline=SALES, params={"year": 1}))
    (run,) = (await core.pipelines.list(maker, PageAsked())).items

    assert (await core.pipelines.get(ada, run.id)).result is not None
    assert (await core.pipelines.get(maker, run.id)).result is not None
    for other in (vic, Actor.of(amy, Surface.API)):
        assert not (await core.pipelines.list(other, PageAsked())).items
        for verb in (core.pipelines.get, core.pipelines.events, core.pipelines.definition):
            with pytest.raises(RunNotFound):
                await verb(other, run.id)
    with pytest.raises(RunNotFound):
        await core.pipelines.cancel(Actor.of(amy, Surface.API), run.id)


@SQLITE
async def test_one_member_takes_neither_every_place_nor_the_whole_queue(
    core: Core, ada: Actor, endless: Endless, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await core.identity.add_member(ada, name="Ann", email="ann@a.test", role=Role.ANALYST)
    ann = Actor.of(member, Surface.API)
    short = RunDraft(pipeline="{id: a, goal: b, tasks: [{id: one, tool: echo}]}")
    long = RunDraft(pipeline="{id: a, goal: b, tasks: [{id: one, tool: endless}]}")
    monkeypatch.setattr(service, "EACH", 1)
    running = asyncio.create_task(core.pipelines.run(ann, long))
    await asyncio.wait_for(endless.working.wait(), 10)

    with pytest.raises(TooManyRuns):
        await core.pipelines.run(ann, short)
    assert (await core.pipelines.run(ada, short)).tasks_executed == 1
    running.cancel()
    await asyncio.wait({running})
    assert (await core.pipelines.run(ann, short)).tasks_executed == 1

    monkeypatch.setattr(service, "WAITING", 4)
    for _ in range(2):
        await core.pipelines.start(ann, short)
    with pytest.raises(TooManyRuns, match="As many of your runs wait as may"):
        await core.pipelines.start(ann, short)
    await core.pipelines.start(ada, short)
