"""The routes of the contract: what they answer when all is well, and what when a run is not."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from api.app import create_app
from core.app import Core
from core.db import Database
from core.identity import Actor
from core.jobs import Steps
from core.jobs.runners.nowhere import Nowhere
from core.page import PageAsked
from core.pipelines import Pipeline, Pipelines, RunResult, RunState
from core.pipelines.engine import Engine, Setting
from tests.api.pipelines.conftest import Endless, pipeline, task
from tests.core.pipelines.tools import Doing, echo
from tests.serving import serving

ENDED = {"succeeded", "failed", "cancelled"}


async def ended(http: httpx2.AsyncClient, run_id: str) -> dict[str, Any]:
    """Return how far a run is once it has ended, as a client would find out."""
    async with asyncio.timeout(20):
        while True:
            status: dict[str, Any] = (await http.get(f"/pipelines/runs/{run_id}")).json()
            if status["status"] in ENDED:
                return status


async def test_a_valid_pipeline_is_valid(as_ada: httpx2.AsyncClient) -> None:
    said = await as_ada.post("/pipelines/validate", json={"pipeline": pipeline(task())})

    assert said.status_code == 200
    assert said.json() == {"ok": True, "errors": None, "message": "Pipeline is valid"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": "Hello"}, "id: 'Hello' is no id"),
        ({"id": "1st"}, "id: '1st' is no id"),
        ({"goal": " "}, "goal: It is a text, not empty"),
        ({"goal": "{{params.who}}"}, "goal: {{params.who}}: no such param is declared"),
        ({"tasks": []}, "tasks: A pipeline has one task at least"),
        ({"tasks": [task("ech")]}, "tasks.0.tool: Unknown tool 'ech'; did you mean echo?"),
        ({"tasks": [task(), task()]}, "tasks.1.id: Another task is called greet"),
        ({"tasks": [task(retry=-1)]}, "tasks.0.retry: It is a whole number, 0 to 100"),
        ({"tasks": [{**task(), "await": ["no"]}]}, "There is no task 'no' to await"),
        ({"tasks": [task(a="{{other.output}}")]}, "there is no task 'other'"),
        ({"tasks": [task(a="{{params.k}}")]}, "{{params.k}}: no such param is declared"),
        ({"tasks": [task(a="{{item}}")]}, "{{item}} is there for inputs, with parallel_over"),
        ({"tasks": [task(parallel_over="x")]}, "It is a template that leads to a list"),
        ({"tasks": [task("compute")]}, "compute needs an input function"),
        ({"more": 1}, "more: Unknown field"),
        (
            {
                "tasks": [
                    task(id="one", a="{{two}}"),
                    task(id="two", a="{{one}}"),
                ]
            },
            "tasks: These tasks wait for each other: one -> two -> one",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_every_broken_rule_is_told_and_nothing_runs(
    core: Core, ada: Actor, as_ada: httpx2.AsyncClient, changed: dict[str, Any], said: str
) -> None:
    body = {"pipeline": {**pipeline(task()), **changed}}

    checked = await as_ada.post("/pipelines/validate", json=body)
    run = await as_ada.post("/pipelines/run", json=body)
    left = await as_ada.post("/pipelines/run_async", json=body)

    assert checked.status_code == 200
    assert (checked.json()["ok"], checked.json()["message"]) == (False, "Validation failed")
    assert any(said in each for each in checked.json()["errors"]), checked.json()
    for refused in (run, left):
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith("Invalid pipeline: ")
        assert said in refused.json()["detail"]
        assert set(refused.json()) == {"detail"}
    assert (await core.pipelines.list(ada, PageAsked())).total == 0


async def test_every_problem_is_told_at_once(as_ada: httpx2.AsyncClient) -> None:
    body = {"pipeline": pipeline(task("ech"), task("eco"), id="No")}

    errors = (await as_ada.post("/pipelines/validate", json=body)).json()["errors"]

    assert [each.partition(":")[0] for each in errors] == [
        *("id", "tasks.0.tool", "tasks.1.tool"),
        "tasks.1.id",
    ]


async def test_tools_are_listed_with_what_they_take_and_give(as_ada: httpx2.AsyncClient) -> None:
    found = (await as_ada.get("/pipelines/tools")).json()

    assert found["tools"] == sorted(found["tools"])
    assert {"ingest_document", "select", "llm_job", "compute", "mock", "run_sql"} <= set(
        found["tools"]
    )
    assert [each["name"] for each in found["metadata"]] == found["tools"]
    for each in found["metadata"]:
        assert set(each) == {"name", "description", "inputs", "output"}
        assert each["description"]
        assert set(each["output"]) == {"name", "description", "type"}
        for name, one in each["inputs"].items():
            assert set(one) == {"name", "description", "required", "default"}
            assert one["name"] == name
    llm_job = next(each for each in found["metadata"] if each["name"] == "llm_job")
    assert llm_job["inputs"]["prompt"]["required"] is True
    assert llm_job["inputs"]["temperature"]["default"] == 0.7


async def test_a_run_answers_with_its_outputs(as_ada: httpx2.AsyncClient) -> None:
    body = {
        "pipeline": pipeline(
            task(id="list", n=[1, 2, 3]),
            task(
                id="each", parallel_over="{{list.n}}", n="{{item}}", who="{{pipeline.inputs.who}}"
            ),
            task(id="told", a="{{session.before}}", b="{{pipeline.goal}}"),
        ),
        "inputs": {"who": "世界"},
        "session": {"before": [None, True]},
    }

    answer = await as_ada.post("/pipelines/run", json=body)

    assert answer.status_code == 200
    assert answer.json() == {
        "outputs": {
            "list": {"n": [1, 2, 3]},
            "each": [{"n": n, "who": "世界"} for n in (1, 2, 3)],
            "told": {"a": [None, True], "b": "Greet the world"},
        },
        "waves_executed": 2,
        "tasks_executed": 5,
        "events": None,
    }


async def test_events_are_told_where_they_are_collected(as_ada: httpx2.AsyncClient) -> None:
    body = {"pipeline": pipeline(task()), "collect_events": True}

    started, finished = (await as_ada.post("/pipelines/run", json=body)).json()["events"]

    assert started == {"type": "on_task_started", "task_id": "greet", "tool": "echo"}
    assert finished.pop("duration_ms") >= 0
    assert finished == {"type": "on_task_finished", "task_id": "greet", "tool": "echo"}


async def test_what_json_has_not_is_said_in_what_it_has(as_ada: httpx2.AsyncClient) -> None:
    answer = await as_ada.post("/pipelines/run", json={"pipeline": pipeline(task("odd"))})

    assert answer.json()["outputs"]["greet"] == {
        "bytes": {"__bytes__": True, "size": 3},
        "set": [1, 2],
        "tuple": [1],
        "other": "1j",
    }


async def test_inputs_are_params_of_the_same_name(as_ada: httpx2.AsyncClient) -> None:
    given = pipeline(task(n="{{params.n}}"), params={"n": {"type": "integer"}})

    right = await as_ada.post("/pipelines/run", json={"pipeline": given, "inputs": {"n": "7"}})
    missing = await as_ada.post("/pipelines/run", json={"pipeline": given})
    wrong = await as_ada.post("/pipelines/run", json={"pipeline": given, "inputs": {"n": "x"}})
    checked = await as_ada.post("/pipelines/validate", json={"pipeline": given})

    assert right.json()["outputs"] == {"greet": {"n": 7}}
    said = [(each.status_code, each.json()["detail"]) for each in (missing, wrong)]
    assert said == [
        (400, "Invalid pipeline: params.n: A value is required (integer)"),
        (400, "Invalid pipeline: params.n: It is no integer"),
    ]
    assert checked.json()["ok"] is True


async def test_a_task_that_fails_is_named_with_its_cause(
    core: Core, ada: Actor, as_ada: httpx2.AsyncClient
) -> None:
    failed = await as_ada.post("/pipelines/run", json={"pipeline": pipeline(task("fail"))})
    unset = await as_ada.post(
        "/pipelines/run", json={"pipeline": pipeline(task("fail", model=True))}
    )

    assert failed.status_code == 500
    assert failed.json() == {"detail": "Task greet failed: ValueError: no luck"}
    assert unset.status_code == 400
    assert unset.json() == {"detail": "No model; set OPENAI_API_KEY"}
    runs = (await core.pipelines.list(ada, PageAsked())).items
    assert {run.state for run in runs} == {RunState.FAILED}


@pytest.mark.parametrize(
    "unset",
    [
        task("llm_job", prompt="Say hello."),
        task("llm_job", prompt="Say hello.", model="openai:gpt-x"),
        task("classify_page", document="x"),
        task("extract_from_texts", document="x", prompt="y"),
    ],
    ids=lambda each: each["tool"],
)
async def test_without_a_model_every_tool_that_needs_one_is_a_400(
    as_ada: httpx2.AsyncClient, unset: dict[str, Any]
) -> None:
    refused = await as_ada.post("/pipelines/run", json={"pipeline": pipeline(unset)})

    assert refused.status_code == 400, refused.text
    assert refused.json()["detail"].startswith("No language model is configured")


class Broken(Engine):
    """An engine with a fault of ours."""

    @override
    async def run(self, pipeline: Pipeline, setting: Setting, steps: Steps) -> RunResult:
        raise ZeroDivisionError("hunter2")


async def test_a_fault_of_ours_is_an_apology_that_the_log_knows(
    core: Core, db: Database, bearer: dict[str, str]
) -> None:
    parts = (db, core.audit, core.identity, Nowhere(), [Doing("echo", echo)])
    broken = replace(core, pipelines=Pipelines(*parts, engine=Broken))
    transport = httpx2.ASGITransport(app=create_app(broken))
    with capture_logs() as logs:
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://t", headers=bearer
        ) as http:
            failed = await http.post("/pipelines/run", json={"pipeline": pipeline(task())})

    (entry,) = [each for each in logs if each["event"] == "a run broke"]
    assert failed.status_code == 500
    assert failed.json() == {
        "detail": "Execution failed: ZeroDivisionError; the log tells more under "
        f"{entry['debug_id']}"
    }
    assert "hunter2" in str(entry["exc_info"])


async def test_an_attempt_takes_no_longer_than_it_may(
    as_ada: httpx2.AsyncClient, endless: Endless
) -> None:
    body = {"pipeline": pipeline(task("endless")), "options": {"per_task_timeout": 0.01}}

    answer = await as_ada.post("/pipelines/run", json=body)

    assert answer.status_code == 500
    assert answer.json()["detail"] == "Task greet failed: TimeoutError: it took too long"
    assert endless.stopped.is_set()


async def test_who_hangs_up_stops_the_run(
    core: Core, ada: Actor, bearer: dict[str, str], endless: Endless
) -> None:
    async with (
        serving(create_app(core)) as url,
        httpx2.AsyncClient(base_url=url, headers=bearer) as http,
    ):
        body = {"pipeline": pipeline(task("endless"))}
        asking = asyncio.create_task(http.post("/pipelines/run", json=body))
        await asyncio.wait_for(endless.working.wait(), 10)
        asking.cancel()
        await asyncio.wait_for(endless.stopped.wait(), 10)
        async with asyncio.timeout(10):
            while not (await core.pipelines.list(ada, PageAsked())).items:
                pass

    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    assert run.state is RunState.CANCELLED


@pytest.mark.usefixtures("worker")
async def test_a_run_in_the_background_is_polled_to_its_end(as_ada: httpx2.AsyncClient) -> None:
    body = {"pipeline": pipeline(task()), "tenant_id": "acme-corp"}

    left = await as_ada.post("/pipelines/run_async", json=body)

    assert left.status_code == 200
    assert left.json()["status"] == "queued"
    assert set(left.json()) == {"run_id", "status"}
    run_id = left.json()["run_id"]
    assert re.fullmatch("[0-9a-f]{32}", run_id)
    assert await ended(as_ada, run_id) == {
        "run_id": run_id,
        "status": "succeeded",
        "result": {"outputs": {"greet": {}}, "waves_executed": 1, "tasks_executed": 1},
        "error": None,
        "events": None,
    }
    again = await as_ada.post(f"/pipelines/runs/{run_id}/cancel")
    assert (again.status_code, again.json()) == (
        400,
        {"detail": "Cannot cancel run in current state"},
    )


@pytest.mark.usefixtures("worker")
async def test_a_run_in_the_background_tells_its_failure_and_its_events(
    as_ada: httpx2.AsyncClient,
) -> None:
    body = {"pipeline": pipeline(task("fail", of="sense")), "collect_events": True}

    run_id = (await as_ada.post("/pipelines/run_async", json=body)).json()["run_id"]
    status = await ended(as_ada, run_id)

    assert (status["status"], status["result"]) == ("failed", None)
    assert status["error"] == "Task 'greet' failed on attempt 1: ValueError: no sense"
    assert [each["type"] for each in status["events"]] == ["on_task_started", "on_task_failed"]
    assert status["events"][1]["error"] == "ValueError: no sense"


@pytest.mark.usefixtures("worker")
async def test_a_cancelled_run_stops_its_tool_and_stays_cancelled(
    as_ada: httpx2.AsyncClient, endless: Endless
) -> None:
    body = {"pipeline": pipeline(task("endless"))}
    run_id = (await as_ada.post("/pipelines/run_async", json=body)).json()["run_id"]
    await asyncio.wait_for(endless.working.wait(), 10)
    assert (await as_ada.get(f"/pipelines/runs/{run_id}")).json()["status"] == "running"

    cancelled = await as_ada.post(f"/pipelines/runs/{run_id}/cancel")
    await asyncio.wait_for(endless.stopped.wait(), 10)

    assert cancelled.status_code == 200
    assert cancelled.json() == {
        "run_id": run_id,
        "status": "cancelled",
        "result": None,
        "error": None,
        "events": None,
    }
    assert (await as_ada.get(f"/pipelines/runs/{run_id}")).json() == cancelled.json()
    assert (await as_ada.post(f"/pipelines/runs/{run_id}/cancel")).status_code == 400


async def test_a_run_that_waits_is_cancelled_before_it_begins(as_ada: httpx2.AsyncClient) -> None:
    left = await as_ada.post("/pipelines/run_async", json={"pipeline": pipeline(task("endless"))})
    run_id = left.json()["run_id"]

    assert (await as_ada.get(f"/pipelines/runs/{run_id}")).json()["status"] == "queued"
    cancelled = await as_ada.post(f"/pipelines/runs/{run_id}/cancel")
    assert cancelled.json()["status"] == "cancelled"


@pytest.mark.usefixtures("worker")
async def test_tenants_share_no_blackboard(as_ada: httpx2.AsyncClient) -> None:
    async def run(tenant: str, *tasks: dict[str, Any]) -> dict[str, Any]:
        body = {"pipeline": pipeline(*tasks), "tenant_id": tenant}
        left = await as_ada.post("/pipelines/run_async", json=body)
        return await ended(as_ada, left.json()["run_id"])

    kept = task("store", key="secret", value=1)
    read = task(a="{{session.secret}}")
    assert (await run("one", kept))["status"] == "succeeded"
    same, other = await run("one", read), await run("two", read)

    assert same["result"]["outputs"] == {"greet": {"a": 1}}
    assert (other["status"], other["result"]) == ("failed", None)
    assert "secret" in other["error"]


@pytest.mark.parametrize("run_id", ["0" * 32, "nothing", "a.b", "%00", "日本", "x" * 200])
async def test_a_run_that_is_not_there_is_not_found(
    as_ada: httpx2.AsyncClient, run_id: str
) -> None:
    for answer in (
        await as_ada.get(f"/pipelines/runs/{run_id}"),
        await as_ada.post(f"/pipelines/runs/{run_id}/cancel"),
    ):
        assert (answer.status_code, answer.json()) == (404, {"detail": "Run not found"})


async def test_plans_are_looked_at_without_their_order(as_ada: httpx2.AsyncClient) -> None:
    plan = {
        "id": "report",
        "goal": "g",
        "inputs": {"year": 1},
        "sub_pipelines": [{"id": "one", "goal": "g", "reads": ["nothing"], "inputs": ["year"]}],
    }
    good = await as_ada.post("/plans/validate", json={"plan": plan})
    plan["inputs"] = {}
    bad = await as_ada.post("/plans/validate", json={"plan": plan | {"id": "No"}})

    assert good.json() == {"ok": True, "errors": None, "message": "Plan is valid"}
    assert (bad.status_code, bad.json()["message"]) == (200, "Validation failed")
    assert bad.json()["errors"][1] == "sub_pipelines.0.inputs: The plan has no input 'year'"


async def test_a_viewer_looks_and_runs_nothing(
    core: Core, http: httpx2.AsyncClient, ada: Actor, vic: Actor
) -> None:
    token = await viewer_token(core, ada, vic)
    http.headers["authorization"] = f"Bearer {token}"
    body = {"pipeline": pipeline(task())}

    assert (await http.post("/pipelines/validate", json=body)).json()["ok"] is True
    assert (await http.get("/pipelines/tools")).status_code == 200
    for path in ("/pipelines/run", "/pipelines/run_async"):
        refused = await http.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "denied")


async def viewer_token(core: Core, ada: Actor, vic: Actor) -> str:
    """Return a token that speaks for Vic, who is a viewer."""
    _record, key = await core.identity.create_key(ada, "for vic")
    token = await core.identity.authenticate(key.get_secret_value(), "vic@acme.test")
    assert token.member_id == vic.member_id
    return token.token.get_secret_value()


async def test_health_is_what_the_contract_says(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/health")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
