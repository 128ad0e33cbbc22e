"""Pipelines over MCP: run and waited for, handed back, looked after, stopped."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from core.app import Core, build
from core.db import Database
from core.identity import Actor
from core.jobs.runners.durable import Durable
from core.page import PageAsked
from core.pipelines import RunDraft, RunState
from core.pipelines.tool import Call
from core.secrets import Vault
from mcp_server import pipelines, tools
from mcp_server.app import create_server, here
from tests.api.pipelines.conftest import Endless, fail
from tests.core.pipelines.tools import Doing, echo
from tests.mcp_server.said import answer_of, refusal_of

TWO = """
id: two
goal: Greet {{params.who}}
params: {who: {}}
tasks:
  - {id: hello, tool: echo, inputs: {who: "{{params.who}}"}}
  - {id: again, tool: echo, inputs: {said: "{{hello.who}}"}}
"""
SLOW = "{id: slow, goal: Wait, tasks: [{id: one, tool: echo}, {id: two, tool: endless}]}"
FAILING = "{id: bad, goal: Fail, tasks: [{id: one, tool: fail}]}"
LARGE = "{id: large, goal: g, tasks: [{id: small, tool: echo}, {id: big, tool: big}]}"


async def big(_call: Call, _given: dict[str, Any]) -> Any:
    return ["語" * 100] * 3_000


@pytest.fixture
def endless() -> Endless:
    return Endless()


@pytest.fixture
async def core(db: Database, vault: Vault, tmp_path: Path, endless: Endless) -> AsyncIterator[Core]:
    offered = [
        Doing("echo", echo),
        Doing("fail", fail),
        Doing("big", big),
        Doing("endless", endless.work),
    ]
    runner = partial(Durable, f"sqlite:///{tmp_path}/jobs.db", poll=0.02, beat=0.1)
    core = build(db, vault, tools=offered, jobs=runner)
    yield core
    await core.jobs.close()
    await core.channels.close()
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture
async def worker(core: Core) -> None:
    """Let this process do what is left to workers."""
    await core.jobs.begin()


async def state(core: Core, actor: Actor) -> RunState:
    """Return the state of the only run."""
    (run,) = (await core.pipelines.list(actor, PageAsked())).items
    return run.state


def said(result: CallToolResult) -> str:
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text


@pytest.mark.parametrize("working", [False, True], ids=["alone", "with a worker"])
async def test_a_pipeline_is_run_by_name_or_as_it_is_written(
    core: Core, ada: Actor, client: Client, working: bool
) -> None:
    if working:
        await core.jobs.begin()
    await core.pipelines.save(ada, TWO)
    async with client:
        by_name = await client.call_tool(
            "run_pipeline", {"pipeline": "two", "inputs": {"who": "花"}}
        )
        written = await client.call_tool("run_pipeline", {"pipeline": TWO, "inputs": {"who": "花"}})

    for result in (by_name, written):
        answer = answer_of(result)
        assert answer["status"] == "succeeded"
        assert answer["outputs"] == {"hello": {"who": "花"}, "again": {"said": "花"}}
        assert bool(answer["run"]) is working
        assert 'hello: {"who":"花"}' in said(result)


@pytest.mark.parametrize("working", [False, True], ids=["alone", "with a worker"])
async def test_what_cannot_run_is_refused_in_words(
    core: Core, client: Client, working: bool
) -> None:
    if working:
        await core.jobs.begin()
    for pipeline, refusal in (
        ("nothing", "pipeline_not_found: Pipeline not found"),
        ("{", "document_invalid: This is no YAML"),
        (
            "{id: a, goal: b, tasks: [{id: c, tool: ech}]}",
            "pipeline_invalid: tasks.0.tool: Unknown",
        ),
        (TWO, "pipeline_invalid: params.who: A value is required (string)"),
    ):
        async with Client(client.server) as each:
            result = await each.call_tool("run_pipeline", {"pipeline": pipeline})
        assert refusal_of(result).startswith(refusal)


async def test_without_a_worker_a_failure_is_a_refusal(
    core: Core, ada: Actor, client: Client
) -> None:
    async with client:
        result = await client.call_tool("run_pipeline", {"pipeline": FAILING})

    assert refusal_of(result) == (
        "task_failed: Task 'one' failed on attempt 1: ValueError: no luck"
    )
    assert await state(core, ada) is RunState.FAILED


async def test_without_a_worker_what_takes_longer_is_stopped(
    core: Core, ada: Actor, mode: str, endless: Endless
) -> None:
    server = create_server(here(core, ada), patience=0.1)
    async with Client(server, mode=mode) as client:
        result = await client.call_tool("run_pipeline", {"pipeline": SLOW})

    assert refusal_of(result).startswith("nobody_works: It took too long, and was stopped")
    assert endless.stopped.is_set()
    assert await state(core, ada) is RunState.CANCELLED


@pytest.mark.usefixtures("worker")
async def test_a_failure_in_the_background_is_told_with_the_run(
    client: Client,
) -> None:
    async with client:
        result = await client.call_tool("run_pipeline", {"pipeline": FAILING})
        answer = answer_of(result)
        again = answer_of(await client.call_tool("get_run", {"run": answer["run"], "wait": 45}))

    assert answer["status"] == "failed"
    assert answer["error"] == "Task 'one' failed on attempt 1: ValueError: no luck"
    assert answer["error"] in said(result)
    assert again == answer


@pytest.mark.usefixtures("worker")
async def test_what_takes_longer_is_handed_back_and_stopped(
    core: Core, ada: Actor, mode: str, endless: Endless
) -> None:
    server = create_server(here(core, ada), patience=0.3)
    async with Client(server, mode=mode) as client:
        result = await client.call_tool("run_pipeline", {"pipeline": SLOW})
        run = answer_of(result)["run"]
        seen = answer_of(await client.call_tool("get_run", {"run": run}))
        stopped = answer_of(await client.call_tool("cancel_run", {"run": run}))
        again = await client.call_tool("cancel_run", {"run": run})
        ended = answer_of(await client.call_tool("get_run", {"run": run, "wait": 45}))
        await asyncio.wait_for(endless.stopped.wait(), 10)

    assert answer_of(result)["status"] in {"queued", "running"}
    assert f"Call get_run with run '{run}' and wait 45." in said(result)
    assert seen["status"] in {"queued", "running"}
    assert (stopped["status"], ended["status"]) == ("cancelled", "cancelled")
    assert refusal_of(again) == "run_ended: Cannot cancel run in current state"


@pytest.mark.parametrize("working", [False, True], ids=["alone", "with a worker"])
async def test_a_cancelled_call_cancels_the_run_that_it_waits_for(
    core: Core, ada: Actor, client: Client, endless: Endless, working: bool
) -> None:
    if working:
        await core.jobs.begin()
    async with client:
        call = asyncio.ensure_future(client.call_tool("run_pipeline", {"pipeline": SLOW}))
        await asyncio.wait_for(endless.working.wait(), 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(endless.stopped.wait(), 10)
        async with asyncio.timeout(10):
            while not (await core.pipelines.list(ada, PageAsked())).items:
                pass

    assert await state(core, ada) is RunState.CANCELLED


@pytest.mark.parametrize("working", [False, True], ids=["alone", "with a worker"])
async def test_progress_tells_which_task_is_at_work(
    core: Core,
    client: Client,
    endless: Endless,
    working: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if working:
        await core.jobs.begin()
    monkeypatch.setattr(tools, "TICK", 0.02)
    monkeypatch.setattr(pipelines, "LOOK", 0.05)
    signs: list[str] = []
    told = asyncio.Event()

    async def sign(progress: float, total: float | None, message: str | None) -> None:
        signs.append(message or "")
        if "Two begun" in signs[-1]:
            told.set()

    pipeline = SLOW.replace("tool: endless", 'tool: endless, inputs: {a: "{{one}}"}')
    async with client:
        call = asyncio.ensure_future(
            client.call_tool("run_pipeline", {"pipeline": pipeline}, progress_callback=sign)
        )
        await asyncio.wait_for(told.wait(), 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(endless.stopped.wait(), 10)


async def test_large_outputs_are_cut_and_said_to_be(client: Client) -> None:
    async with client:
        result = await client.call_tool("run_pipeline", {"pipeline": LARGE})

    answer = answer_of(result)
    assert answer["outputs"]["small"] == {}
    assert answer["cut"] == ["big"]
    assert answer["outputs"]["big"].endswith("… (309,001 characters in all)")
    assert len(json.dumps(answer, ensure_ascii=False)) < 70_000
    assert len(said(result)) < 5_000


async def test_a_run_of_another_is_not_found(core: Core, ada: Actor, eve: Actor) -> None:
    run = await core.pipelines.start(ada, RunDraft(pipeline=TWO, inputs={"who": "a"}))
    async with Client(create_server(here(core, eve))) as client:
        for name in ("get_run", "cancel_run"):
            for id in (run.id, "nothing", "\x00"):
                result = await client.call_tool(name, {"run": id})
                assert refusal_of(result) == "run_not_found: Run not found"
    assert await state(core, ada) is RunState.QUEUED
