"""Plans, checked and run."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.app import Core, build
from core.db import Database
from core.errors import Denied, Invalid
from core.identity import Actor
from core.page import PageAsked
from core.pipelines import DocumentInvalid, Options, PlanInvalid, RunEvent, RunState
from core.pipelines.tool import Call
from core.plans import PlanFailed
from core.secrets import Vault
from tests.core.pipelines.tools import Doing, Meeting, echo, failing

PLAN = """
plan:
  id: report
  goal: Sales and what they mean
  inputs: {year: 2025}
  sub_pipelines:
    - {id: tell, goal: Tell it, reads: [sales], stores: [told]}
    - {id: fetch, goal: Fetch sales, stores: [sales], inputs: [year]}
"""
FETCH = """
id: fetch
goal: Fetch sales of {{params.year}}
params: {year: {type: integer}}
tasks:
  - {id: get, tool: echo, inputs: {year: "{{pipeline.inputs.year}}"}}
  - {id: keep, tool: store, inputs: {key: sales, value: "{{get}}"}}
"""
TELL = """
id: tell
goal: Tell it
tasks:
  - {id: say, tool: echo, inputs: {text: "It was {{session.sales.year}}"}}
  - {id: keep, tool: store, inputs: {key: told, value: "{{say.text}}"}}
"""
FILES = {"fetch": FETCH, "tell": TELL}


async def store(call: Call, given: dict[str, Any]) -> Any:
    await call.board.write(given["key"], given["value"], append=False, mark=call.key)
    return {"status": "success"}


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
def meeting() -> Meeting:
    return Meeting(2)


@pytest.fixture
async def core(db: Database, vault: Vault, meeting: Meeting) -> AsyncIterator[Core]:
    tools = [
        Doing("echo", echo),
        Doing("store", store),
        Doing("meet", meeting.join),
        failing(9, RuntimeError("no luck")),
    ]
    core = build(db, vault, tools=tools)
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


async def test_pipelines_follow_from_each_other_on_one_blackboard(core: Core, ada: Actor) -> None:
    heard: list[tuple[str, str]] = []

    def hear(id: str, event: RunEvent) -> None:
        heard.append((id, event.task_id))

    result = await core.plans.run(ada, PLAN, FILES.__getitem__, tell=hear)

    assert list(result.sub_results) == ["fetch", "tell"]
    assert result.blackboard == {"sales": {"year": 2025}, "told": "It was 2025"}
    assert (result.plan_id, result.total_tasks_executed, result.total_waves) == ("report", 4, 4)
    assert [each.task_id for each in result.events] == [
        *("get", "get", "keep", "keep"),
        *("say", "say", "keep", "keep"),
    ]
    assert heard[0] == ("fetch", "get")
    assert heard[-1] == ("tell", "keep")
    runs = (await core.pipelines.list(ada, PageAsked())).items
    assert {(run.pipeline_id, run.state) for run in runs} == {
        ("fetch", RunState.SUCCEEDED),
        ("tell", RunState.SUCCEEDED),
    }


async def test_a_value_may_be_given_in_place_of_the_plans_own(core: Core, ada: Actor) -> None:
    result = await core.plans.run(ada, PLAN, FILES.__getitem__, inputs={"year": 2030})

    assert result.blackboard["told"] == "It was 2030"


async def test_pipelines_that_need_nothing_of_each_other_run_at_once(
    core: Core, ada: Actor, meeting: Meeting
) -> None:
    plan = "{id: both, goal: g, sub_pipelines: [{id: one, goal: g}, {id: two, goal: g}]}"
    one = "{id: one, goal: g, tasks: [{id: a, tool: meet}]}"

    result = await asyncio.wait_for(core.plans.run(ada, plan, lambda _id: one), 10)

    assert result.total_waves == 2
    assert meeting.most == 2


async def test_a_plan_is_checked_with_or_without_its_order(core: Core, vic: Actor) -> None:
    circle = {
        "id": "round",
        "goal": "g",
        "sub_pipelines": [
            {"id": "one", "goal": "g", "reads": ["b"], "stores": ["a"]},
            {"id": "two", "goal": "g", "reads": ["a"], "stores": ["b"]},
        ],
    }
    assert (await core.plans.check(vic, circle, ordered=False)).id == "round"
    with pytest.raises(PlanInvalid, match="wait for each other"):
        await core.plans.check(vic, circle)
    with pytest.raises(PlanInvalid, match="goal: Field required"):
        await core.plans.check(vic, {"id": "round"}, ordered=False)
    with pytest.raises(DocumentInvalid):
        await core.plans.check(vic, "{")
    with pytest.raises(PlanInvalid, match="A plan is id, goal"):
        await core.plans.check(vic, [])


async def test_a_viewer_runs_no_plan(core: Core, vic: Actor) -> None:
    with pytest.raises(Denied, match="pipelines:run"):
        await core.plans.run(vic, PLAN, FILES.__getitem__)


async def test_every_pipeline_has_to_keep_to_the_plan_before_any_runs(
    core: Core, ada: Actor
) -> None:
    files = {
        "fetch": FETCH.replace("key: sales", "key: other").replace("inputs.year", "inputs.month"),
        "tell": TELL.replace("session.sales", "session.secret").replace("tool: echo", "tool: eco"),
    }
    with pytest.raises(PlanInvalid) as broken:
        await core.plans.run(ada, PLAN, files.__getitem__)

    assert broken.value.problems == (
        "tell: tasks.0.tool: Unknown tool 'eco'; did you mean echo? (line 5, column 21)",
        "missing_store: fetch: sales",
        "undeclared_store: fetch: other",
        "undeclared_input: fetch: month",
    )
    files["tell"] = files["tell"].replace("tool: eco", "tool: echo")
    with pytest.raises(PlanInvalid, match="undeclared_session: tell: secret"):
        await core.plans.run(ada, PLAN, files.__getitem__)
    assert (await core.pipelines.list(ada, PageAsked())).total == 0


async def test_a_pipeline_that_cannot_be_found_or_run_is_named(core: Core, ada: Actor) -> None:
    def load(id: str) -> Any:
        if id == "tell":
            raise Invalid("There is no tell.yaml")
        return FETCH

    with pytest.raises(PlanInvalid, match=r"tell: There is no tell\.yaml"):
        await core.plans.run(ada, PLAN, load)
    with pytest.raises(PlanInvalid, match=r"fetch: params\.year: It is no integer"):
        await core.plans.run(ada, PLAN, FILES.__getitem__, inputs={"year": "soon"})


async def test_what_a_template_stores_is_looked_at_afterwards(core: Core, ada: Actor) -> None:
    files = FILES | {"fetch": FETCH.replace("key: sales", 'key: "{{pipeline.inputs.year}}"')}

    with pytest.raises(PlanInvalid, match="missing_store: fetch: sales"):
        await core.plans.run(ada, PLAN, files.__getitem__)


async def test_after_a_failure_no_other_pipeline_begins(core: Core, ada: Actor) -> None:
    files = FILES | {"fetch": FETCH.replace("tool: echo", "tool: flaky")}

    with pytest.raises(PlanFailed) as failed:
        await core.plans.run(ada, PLAN, files.__getitem__, options=Options(per_task_timeout=5))

    assert failed.value.pipeline_id == "fetch"
    assert failed.value.message == (
        "Pipeline 'fetch': Task 'get' failed on attempt 1: RuntimeError: no luck"
    )
    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    assert run.state is RunState.FAILED
