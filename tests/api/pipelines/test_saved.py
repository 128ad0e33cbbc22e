"""What is ours beside the contract: saved pipelines, schedules, plans that run, the schema."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic_ai.models.test import TestModel

from api.app import create_app
from core.app import Core, build
from core.db import Database
from core.identity import Actor
from core.page import PageAsked
from core.secrets import Vault
from tests.api.pipelines.conftest import pipeline, task
from tests.api.pipelines.test_contract import ended
from tests.minds import Scripted

SALES = """
# Sales of a year.
pipeline:
  id: sales
  goal: Sales of {{params.year}}
  params: {year: {type: integer, description: 年}}
  tasks: [{id: fetch, tool: echo, inputs: {year: "{{params.year}}"}}]
"""
HEAD = {"name", "version", "goal", "params", "saved_by", "saved_by_name", "saved_at"}


async def save(http: httpx2.AsyncClient, text: str = SALES) -> dict[str, Any]:
    answer = await http.post("/pipelines/saved", json={"text": text})
    assert answer.status_code == 201, answer.text
    saved: dict[str, Any] = answer.json()
    return saved


async def test_a_pipeline_is_saved_in_versions_listed_and_forgotten(
    as_ada: httpx2.AsyncClient,
) -> None:
    first = await save(as_ada)
    second = await save(as_ada, SALES.replace("fetch", "other"))

    assert set(first) == HEAD | {"text"}
    assert (first["name"], first["version"], second["version"]) == ("sales", 1, 2)
    assert first["text"] == SALES
    assert first["params"]["year"]["description"] == "年"
    assert (await as_ada.get("/pipelines/saved/sales")).json() == second
    assert (await as_ada.get("/pipelines/saved/sales?version=1")).json() == first
    listed = (await as_ada.get("/pipelines/saved")).json()
    assert (listed["total"], listed["page"], listed["has_more"]) == (1, 1, False)
    assert listed["pipelines"] == [{name: second[name] for name in HEAD}]
    versions = (await as_ada.get("/pipelines/saved/sales/versions")).json()["versions"]
    assert [each["version"] for each in versions] == [2, 1]
    assert (await as_ada.delete("/pipelines/saved/sales")).status_code == 204
    for gone in (
        await as_ada.get("/pipelines/saved/sales"),
        await as_ada.get("/pipelines/saved/sales/versions"),
        await as_ada.delete("/pipelines/saved/sales"),
        await as_ada.post("/pipelines/saved/sales/run_async", json={}),
    ):
        assert (gone.status_code, gone.json()["code"]) == (404, "pipeline_not_found")


async def test_a_pipeline_is_saved_as_an_object_too(as_ada: httpx2.AsyncClient) -> None:
    answer = await as_ada.post("/pipelines/saved", json={"pipeline": pipeline(task(), goal="挨拶")})

    assert answer.status_code == 201
    assert json.loads(answer.json()["text"]) == pipeline(task(), goal="挨拶")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "one_definition"),
        ({"text": SALES, "pipeline": {}}, "one_definition"),
        ({"text": "{"}, "document_invalid"),
        ({"text": "a: [*b]"}, "document_invalid"),
        ({"text": SALES.replace("echo", "eco")}, "pipeline_invalid"),
        ({"pipeline": {}}, "pipeline_invalid"),
        ({"text": 7}, "invalid"),
    ],
    ids=str,
)
async def test_what_is_no_pipeline_is_not_saved(
    as_ada: httpx2.AsyncClient, body: dict[str, Any], code: str
) -> None:
    refused = await as_ada.post("/pipelines/saved", json=body)

    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert (await as_ada.get("/pipelines/saved")).json()["total"] == 0


@pytest.mark.parametrize("version", ["0", "-1", "3", "99999999999999999999"])
async def test_a_version_that_is_not_there_is_not_found(
    as_ada: httpx2.AsyncClient, version: str
) -> None:
    await save(as_ada)

    missing = await as_ada.get(f"/pipelines/saved/sales?version={version}")

    assert (missing.status_code, missing.json()["code"]) == (404, "pipeline_not_found")


@pytest.mark.usefixtures("worker")
async def test_a_saved_pipeline_runs_in_the_background_and_is_listed(
    as_ada: httpx2.AsyncClient,
) -> None:
    await save(as_ada)
    url = "/pipelines/saved/sales/run_async"

    missing = await as_ada.post(url, json={})
    unknown = await as_ada.post(url, json={"params": {"years": 1}})
    left = await as_ada.post(url, json={"params": {"year": 2025}, "tenant_id": "acme"})
    status = await ended(as_ada, left.json()["run_id"])

    assert (missing.status_code, missing.json()["code"]) == (400, "pipeline_invalid")
    assert "did you mean year?" in unknown.json()["detail"]
    assert status["result"]["outputs"] == {"fetch": {"year": 2025}}
    listed = (await as_ada.get("/pipelines/runs?pipeline=sales")).json()
    assert listed["total"] == 1
    (run,) = listed["runs"]
    assert (run["run_id"], run["status"], run["name"], run["version"], run["tenant_id"]) == (
        *(status["run_id"], "succeeded", "sales", 1),
        "acme",
    )
    assert (await as_ada.get("/pipelines/runs?pipeline=other")).json()["runs"] == []
    assert (await as_ada.get("/pipelines/runs?page=7")).json()["page"] == 7
    assert (await as_ada.get("/pipelines/runs?page=x")).json()["code"] == "invalid"


async def test_a_schedule_is_made_listed_paused_resumed_and_deleted(
    as_ada: httpx2.AsyncClient, ada: Actor
) -> None:
    await save(as_ada)
    wanted = {
        "name": "sales",
        "inputs": {"year": 2025},
        "when": "every Monday 9:00",
        "zone": "Asia/Tokyo",
        "tenant_id": "acme",
    }
    made = await as_ada.post("/pipelines/schedules", json=wanted)
    assert made.status_code == 201, made.text
    schedule = made.json()
    assert (schedule["when"], schedule["cron"]) == ("every Monday at 09:00", "0 9 * * 1")
    assert (schedule["tenant_id"], schedule["created_by"]) == ("acme", ada.member_id)

    url = f"/pipelines/schedules/{schedule['id']}"
    paused = (await as_ada.patch(url, json={"paused": True})).json()
    assert (paused["paused"], paused["next_at"]) == (True, None)
    listed = (await as_ada.get("/pipelines/schedules")).json()
    assert listed == {"schedules": [paused], "total": 1, "page": 1, "has_more": False}
    assert (await as_ada.patch(url, json={"paused": False})).json() == schedule
    assert (await as_ada.delete(url)).status_code == 204
    gone = await as_ada.delete(url)
    assert (gone.status_code, gone.json()["code"]) == (404, "schedule_not_found")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"when": "soon"}, 400, "when_unclear"),
        ({"when": "* * * * *"}, 400, "runs_too_often"),
        ({"zone": "Mars/Phobos"}, 400, "zone_unknown"),
        ({"name": "nothing"}, 404, "pipeline_not_found"),
        ({"version": 2}, 404, "pipeline_not_found"),
        ({"version": 0}, 400, "invalid"),
        ({"inputs": {}}, 400, "pipeline_invalid"),
        ({"more": 1}, 400, "invalid"),
    ],
    ids=str,
)
async def test_a_schedule_that_cannot_be_kept_is_refused(
    as_ada: httpx2.AsyncClient, fields: dict[str, Any], status: int, code: str
) -> None:
    await save(as_ada)
    wanted = {"name": "sales", "inputs": {"year": 1}, "when": "daily 9:00"} | fields

    refused = await as_ada.post("/pipelines/schedules", json=wanted)

    assert (refused.status_code, refused.json()["code"]) == (status, code)


PLAN = {
    "id": "report",
    "goal": "g",
    "inputs": {"year": 2025},
    "sub_pipelines": [
        {"id": "tell", "goal": "g", "reads": ["sales"]},
        {"id": "fetch", "goal": "g", "stores": ["sales"], "inputs": ["year"]},
    ],
}
PARTS = {
    "fetch": pipeline(task("store", key="sales", value="{{pipeline.inputs.year}}"), id="fetch"),
    "tell": pipeline(task(said="{{session.sales}}"), id="tell"),
}


async def test_a_plan_is_run_with_its_pipelines(as_ada: httpx2.AsyncClient) -> None:
    answer = await as_ada.post("/plans/run", json={"plan": PLAN, "pipelines": PARTS})

    assert answer.status_code == 200, answer.text
    came = answer.json()
    assert came["sub_results"]["tell"]["outputs"] == {"greet": {"said": 2025}}
    assert came["blackboard"] == {"sales": 2025}
    assert (came["plan_id"], came["total_tasks_executed"], came["total_waves"]) == ("report", 2, 2)
    assert len(came["events"]) == 4


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"pipelines": {}}, 400, "Invalid pipeline: tell: The plan names a pipeline that was not"),
        (
            {"pipelines": PARTS | {"fetch": pipeline(task(), id="fetch")}},
            400,
            "Invalid pipeline: missing_store: fetch: sales",
        ),
        (
            {"plan": PLAN | {"sub_pipelines": PLAN["sub_pipelines"][:1]}},  # type: ignore[index]
            400,
            "Invalid pipeline: tell reads 'sales', which nobody stores",
        ),
        ({"options": {"backoff_jitter": 2}}, 400, "Invalid pipeline: options.backoff_jitter"),
        (
            {"pipelines": PARTS | {"tell": pipeline(task("fail"), id="tell")}},
            500,
            "Pipeline 'tell': Task 'greet' failed on attempt 1: ValueError: no luck",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_plan_that_cannot_run_says_why(
    as_ada: httpx2.AsyncClient, body: dict[str, Any], status: int, said: str
) -> None:
    refused = await as_ada.post("/plans/run", json={"plan": PLAN, "pipelines": PARTS} | body)

    assert refused.status_code == status
    assert refused.json()["detail"].startswith(said)
    assert set(refused.json()) == {"detail"}


async def test_a_pipeline_is_written_from_a_goal(
    db: Database, vault: Vault, ada: Actor, bearer: dict[str, str]
) -> None:
    text = "{id: hello, goal: Greet, tasks: [{id: greet, tool: mock}]}\n"
    core = build(db, vault, provider=Scripted(TestModel(custom_output_text=text)))
    transport = httpx2.ASGITransport(app=create_app(core))
    async with httpx2.AsyncClient(transport=transport, base_url="http://t", headers=bearer) as http:
        answer = await http.post("/pipelines/compile", json={"goal": "Greet the world"})
        broken = await http.post("/pipelines/compile", json={"goal": "x", "max_repairs": 11})

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "text": text,
        "id": "hello",
        "goal": "Greet",
        "attempts": 1,
        "model": "test:scripted",
    }
    assert broken.status_code == 400
    assert (await core.pipelines.list(ada, PageAsked())).total == 0


async def test_without_a_model_nothing_is_written(as_ada: httpx2.AsyncClient) -> None:
    refused = await as_ada.post("/pipelines/compile", json={"goal": "Greet"})

    assert (refused.status_code, refused.json()["code"]) == (400, "model_not_configured")


async def test_the_schema_is_the_one_in_the_docs(core: Core, as_ada: httpx2.AsyncClient) -> None:
    kept = json.loads(Path("docs/pipeline.schema.json").read_text("utf-8"))

    served = (await as_ada.get("/pipelines/schema")).json()

    tools = served["$defs"]["task"]["properties"]["tool"]
    tools["enum"] = [each for each in tools["enum"] if each not in OURS]
    assert served == kept


OURS = {"echo", "fail", "odd", "endless"}
"""Tools of these tests alone."""


def test_the_app_is_closed_unless_it_is_opened(app: FastAPI) -> None:
    assert app.state.pipelines_open is False
