"""Who may run pipelines without a key, and that the published examples run as they are."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
from anyio import to_thread
from fastapi import FastAPI, Request
from pydantic_ai.models.test import TestModel

from api.app import create_app
from api.pipelines.door import is_neighbour
from core.app import Core, build
from core.db import Database
from core.identity import Actor
from core.jobs.runners.durable import Durable
from core.page import PageAsked
from core.secrets import Vault
from tests.api.pipelines.conftest import pipeline, task
from tests.core.pipelines.tools import Doing, echo
from tests.minds import Scripted
from tests.serving import serving

BODY = {"pipeline": pipeline(task())}
ROUTES = [
    ("GET", "/pipelines/tools"),
    ("POST", "/pipelines/validate"),
    ("POST", "/pipelines/run"),
    ("POST", "/pipelines/run_async"),
    ("GET", "/pipelines/runs"),
    ("POST", "/plans/validate"),
]


@pytest.fixture
async def core(db: Database, vault: Vault, tmp_path: Path) -> AsyncIterator[Core]:
    """Return a core with a model that greets, and with filings that come from nowhere."""
    core = build(
        db,
        vault,
        provider=Scripted(TestModel(custom_output_text="Hello, world!")),
        tools=[Doing("echo", echo), Doing("fetch_data", echo)],
        jobs=partial(Durable, f"sqlite:///{tmp_path}/jobs.db", poll=0.02, beat=0.1),
    )
    yield core
    await core.jobs.close()
    await core.channels.close()
    await core.chats.close()
    await core.audit.close()


@pytest.fixture
def app(core: Core) -> FastAPI:
    return create_app(core, pipelines_open=True)


@pytest.fixture
async def near(app: FastAPI, ada: Actor) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a program of this machine that sends no key."""
    transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 40_000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        yield http


async def test_a_program_of_this_machine_acts_as_the_owner(
    core: Core, near: httpx2.AsyncClient, ada: Actor
) -> None:
    for method, path in ROUTES:
        body = {"plan": {}} if "plans" in path else BODY
        answer = await near.request(method, path, json=body if method == "POST" else None)
        assert answer.status_code == 200, f"{path}: {answer.text}"
    runs = (await core.pipelines.list(ada, PageAsked())).items
    assert {run.created_by for run in runs} == {ada.member_id}


async def test_what_is_not_pipelines_still_asks_for_a_key(near: httpx2.AsyncClient) -> None:
    for path in ("/v1/queries", "/v1/chats", "/metrics"):
        assert (await near.get(path)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "null"},
        {"referer": "http://evil.test/"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-mode": "no-cors"},
        {"cookie": "a=b"},
        {"x-forwarded-for": "127.0.0.1"},
        {"x-forwarded-proto": "https"},
        {"forwarded": "for=127.0.0.1"},
        {"via": "1.1 proxy"},
        {"x-real-ip": "127.0.0.1"},
        {"cf-connecting-ip": "127.0.0.1"},
        {"fly-client-ip": "127.0.0.1"},
        {"x-envoy-external-address": "127.0.0.1"},
        {"host": "evil.test@127.0.0.1"},
        {"host": "127.0.0.1#evil.test"},
        {"host": "trellis.example"},
        {"host": "127.0.0.1.evil.test"},
        {"host": "localhost.evil.test"},
        {"host": "[::1"},
        {"host": ""},
        {"host": "0.0.0.0"},
        {"host": "169.254.169.254"},
        {"authorization": "Bearer nobody"},
        {"authorization": ""},
    ],
    ids=str,
)
async def test_a_page_a_proxy_or_a_wrong_key_is_kept_out(
    near: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await near.post("/pipelines/validate", json=BODY, headers=headers)

    assert answer.status_code == 401


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.8.8.8:1", "[::1]:8000"])
async def test_this_machine_has_several_names(near: httpx2.AsyncClient, host: str) -> None:
    answer = await near.post("/pipelines/validate", json=BODY, headers={"host": host})

    assert answer.status_code == 200


@pytest.mark.parametrize("peer", ["10.0.0.7", "192.168.1.2", "::2", "fe80::1", "unknown", ""])
async def test_another_machine_is_kept_out(app: FastAPI, ada: Actor, peer: str) -> None:
    transport = httpx2.ASGITransport(app=app, client=(peer, 40_000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        assert (await http.get("/pipelines/tools")).status_code == 401


@pytest.mark.parametrize(
    ("peer", "host", "near"),
    [
        ("::1", [b"localhost"], True),
        ("::ffff:127.0.0.1", [b"localhost"], True),
        ("::ffff:10.0.0.1", [b"localhost"], False),
        ("127.0.0.1", [], False),
        ("127.0.0.1", [b"localhost", b"evil.test"], False),
        (None, [b"localhost"], False),
    ],
)
def test_a_neighbour_is_known_by_its_address_and_by_ours(
    peer: str | None, host: list[bytes], near: bool
) -> None:
    client = None if peer is None else (peer, 1)
    headers = [(b"host", each) for each in host]

    assert is_neighbour(Request({"type": "http", "client": client, "headers": headers})) is near


def test_a_proxy_that_says_nothing_is_known_by_its_old_tongue() -> None:
    scope = {"type": "http", "client": ("127.0.0.1", 1), "headers": [(b"host", b"127.0.0.1:8000")]}

    assert is_neighbour(Request(scope | {"http_version": "1.1"}))
    assert not is_neighbour(Request(scope | {"http_version": "1.0"}))


async def test_it_is_off_unless_it_is_turned_on(core: Core, ada: Actor) -> None:
    transport = httpx2.ASGITransport(app=create_app(core), client=("127.0.0.1", 40_000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        for method, path in ROUTES:
            refused = await http.request(method, path, json=BODY)
            assert (refused.status_code, refused.json()["code"]) == (401, "bearer_missing")


# The examples of the contract, unchanged but for the port, which is a free one here.

HEALTH = "curl http://127.0.0.1:8000/health"
TOOLS = "curl http://127.0.0.1:8000/pipelines/tools"
CURL = """\
curl -X POST http://127.0.0.1:8000/pipelines/run \\
  -H "Content-Type: application/json" \\
  -d '{
    "pipeline": {
      "id": "hello",
      "goal": "Greet the world",
      "tasks": [
        {
          "id": "greet",
          "tool": "llm_job",
          "inputs": {"prompt": "Say hello in one sentence."}
        }
      ]
    },
    "options": {"per_task_timeout": 30}
  }'
"""
LEAVE = """\
curl -X POST http://127.0.0.1:8000/pipelines/run_async \\
  -H "Content-Type: application/json" \\
  -d '{
    "pipeline": {
      "id": "hello",
      "goal": "Greet the world",
      "tasks": [{"id": "greet", "tool": "echo", "inputs": {"prompt": "Say hello."}}]
    },
    "tenant_id": "acme-corp"
  }'
"""
STATUS = "curl http://127.0.0.1:8000/pipelines/runs/a3f7b2c1d4e5f6a7b8c9d0e1f2a3b4c5"
CANCEL = f"curl -X POST {STATUS.split()[1]}/cancel"
PYTHON = """
import httpx

pipeline_def = {
    "id": "sec_extraction",
    "goal": "Extract AAPL FY2024 income statement",
    "tasks": [
        {
            "id": "fetch",
            "tool": "fetch_data",
            "inputs": {
                "source": "sec_edgar",
                "ticker": "AAPL",
                "period_end": "2024-09-30",
                "period_type": "annual",
            }
        },
        # ... more tasks
    ]
}

response = httpx.post(
    "http://127.0.0.1:8000/pipelines/run",
    json={"pipeline": pipeline_def, "options": {"per_task_timeout": 120}},
    timeout=300,
)
response.raise_for_status()
data = response.json()
print(data["outputs"])
"""
POLLING = """
import time
import httpx

client = httpx.Client(base_url="http://127.0.0.1:8000")

# Submit
resp = client.post("/pipelines/run_async", json={"pipeline": pipeline_def})
run_id = resp.json()["run_id"]

# Poll until done
while True:
    status = client.get(f"/pipelines/runs/{run_id}").json()
    if status["status"] in ("succeeded", "failed", "cancelled"):
        break
    time.sleep(2)

if status["status"] == "succeeded":
    print(status["result"]["outputs"])
else:
    print("Failed:", status["error"])
"""


async def shell(command: str, url: str) -> Any:
    """Return what a shell prints for an example, as JSON."""
    command = command.replace("http://127.0.0.1:8000", url)
    process = await asyncio.create_subprocess_shell(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    out, _err = await asyncio.wait_for(process.communicate(), 30)
    return json.loads(out)


@pytest.fixture
async def url(app: FastAPI, ada: Actor, worker: None) -> AsyncIterator[str]:
    """Return the address of a server with a worker, open to programs of this machine."""
    async with serving(app) as url:
        yield url


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
async def test_the_published_curls_run_as_they_are(url: str) -> None:
    assert (await shell(HEALTH, url))["status"] == "ok"
    assert "llm_job" in (await shell(TOOLS, url))["tools"]
    assert await shell(CURL, url) == {
        "outputs": {"greet": "Hello, world!"},
        "waves_executed": 1,
        "tasks_executed": 1,
        "events": None,
    }
    left = await shell(LEAVE, url)
    assert left["status"] == "queued"
    status = await shell(STATUS.replace("a3f7b2c1d4e5f6a7b8c9d0e1f2a3b4c5", left["run_id"]), url)
    assert status["run_id"] == left["run_id"]
    assert await shell(STATUS, url) == {"detail": "Run not found"}
    assert await shell(CANCEL, url) == {"detail": "Run not found"}


def run(code: str, url: str, names: dict[str, Any]) -> str:
    """Run an example as the program that it is, without its naps, and return what it prints."""
    said: list[str] = []
    impatient = ModuleType("time")
    vars(impatient).update({**vars(time), "sleep": lambda _seconds: None})
    names |= {"print": lambda *words: said.append(" ".join(map(str, words)))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "time", impatient)
        exec(code.replace("http://127.0.0.1:8000", url), names)
    return "\n".join(said)


async def test_the_published_python_runs_as_it_is(url: str) -> None:
    names: dict[str, Any] = {}
    waited = await to_thread.run_sync(run, PYTHON, url, names)
    polled = await to_thread.run_sync(run, POLLING, url, names)
    names["client"].close()

    assert waited == polled
    assert waited.startswith("{'fetch': {'source': 'sec_edgar', 'ticker': 'AAPL', 'period_end'")
