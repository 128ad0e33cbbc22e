"""MCP over stdio, in a process of its own."""

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from mcp_server import server
from mcp_server.tools import TOOLS
from tests.mcp_server.said import answer_of, refusal_of

HOUSE = Path(__file__).parent.parent.parent
SERVE = """
import asyncio
import os
import subprocess
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from mcp_server.app import serve_stdio

@asynccontextmanager
async def opening():
    from core.app import build
    from core.db import Database, migrate
    from core.identity import Surface
    from core.secrets import Vault
    print("this is not MCP")
    os.write(1, b"nor is this")
    subprocess.run(["echo", "nor that"], check=True)
    db = Database("sqlite:///trellis.db")
    await migrate(db)
    core = build(db, Vault(["a key for this test"]))
    owner, _ = await core.identity.settle(Surface.MCP)
    yield core, owner
    await core.connections.close()
    await core.audit.close()
    await db.close()
    Path("closed").touch()

asyncio.run(serve_stdio(opening))
"""
HEAVY = (
    "sqlalchemy",
    "sqlglot",
    "duckdb",
    "psycopg",
    "mysql",
    "fastapi",
    "limits",
    "orjson",
    "jwt",
)


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Path:
    """Return a folder with a store in it: to make one costs as much as all the rest."""
    shutil.copy(migrated, tmp_path / "trellis.db")
    return tmp_path


def process(home: Path) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable,
        args=["-W", "error", "-c", SERVE],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE)},
        cwd=home,
    )


@pytest.mark.parametrize(
    ("mode", "version"), [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")]
)
async def test_a_process_speaks_as_its_owner_in_every_era(
    tmp_path: Path, mode: str, version: str
) -> None:
    async with Client(stdio_client(process(tmp_path)), mode=mode) as client:
        saved = answer_of(await client.call_tool("save_query", {"title": "Sales", "prompt": "?"}))
        found = await client.call_tool("search_queries", {"question": "sales"})
        assert client.protocol_version == version

    assert [query["id"] for query in answer_of(found)["queries"]] == [saved["id"]]
    assert (tmp_path / "closed").exists()


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
async def test_every_older_protocol_is_spoken_and_the_oldest_get_text_alone(
    home: Path, version: str
) -> None:
    talk: list[dict[str, object]] = [
        greeting(version),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        request(2, "tools/list"),
        request(3, "tools/call", name="save_query", arguments={"title": "Sales", "prompt": "?"}),
        request(4, "prompts/list"),
    ]
    said = await exchange(home, talk, answers=4)

    assert said[1]["result"]["protocolVersion"] == version
    assert len(said[2]["result"]["tools"]) == len(TOOLS)
    saved = said[3]["result"]
    assert saved["isError"] is False
    assert "Saved: Sales" in saved["content"][0]["text"]
    assert ("structuredContent" in saved) is (version >= "2025-06-18")
    assert [prompt["name"] for prompt in said[4]["result"]["prompts"]] == ["sales"]


async def test_garbage_on_the_way_in_does_not_end_the_conversation(tmp_path: Path) -> None:
    process = await started(tmp_path)
    assert process.stdin is not None
    for line in (b"this is no JSON\n", b"[]\n", b'{"jsonrpc":"1.0"}\n', b"\xff\xfe\n", b"\n"):
        process.stdin.write(line)
    said = await converse(process, [greeting("2025-06-18")], answers=1)

    assert said[1]["result"]["serverInfo"]["name"] == "trellis"


async def test_a_core_that_cannot_be_opened_is_a_refusal_of_each_call(tmp_path: Path) -> None:
    (tmp_path / "trellis.db").mkdir()
    async with Client(stdio_client(process(tmp_path)), mode="legacy") as client:
        assert len((await client.list_tools()).tools) == len(TOOLS)
        for _ in range(2):
            said = refusal_of(await client.call_tool("list_connections", {}))
            assert said.startswith("store_unavailable: ")

        (tmp_path / "trellis.db").rmdir()
        answer_of(await client.call_tool("list_connections", {}))


async def test_a_long_line_is_one_message(home: Path) -> None:
    hello = greeting("2025-06-18")
    long = request(2, "tools/call", name="save_query", arguments={"title": "x" * 5_000_000})
    said = await exchange(home, [hello, long, request(3, "ping")], answers=3)

    assert said[2]["result"]["isError"]
    assert said[3]["result"] == {}


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
async def test_a_signal_ends_it_at_once_though_its_client_says_nothing(
    home: Path, name: str
) -> None:
    process = await started(home)
    assert process.stdin is not None
    assert process.stdout is not None
    talk = [greeting("2025-06-18"), request(2, "tools/call", name="list_connections", arguments={})]
    async with asyncio.timeout(20):
        for message in talk:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            await process.stdout.readline()
        process.send_signal(getattr(signal, name))
        await process.wait()

    assert (home / "closed").exists() is (name == "SIGINT")


async def test_a_conversation_kept_in_files_is_held_too(tmp_path: Path) -> None:
    """Neither is a pipe: the SDK's own way is taken."""
    talk = [greeting("2025-06-18"), {"jsonrpc": "2.0", "method": "notifications/initialized"}]
    heard, said = tmp_path / "heard", tmp_path / "said"
    heard.write_text("".join(json.dumps(message) + "\n" for message in talk))
    with heard.open("rb") as stdin, said.open("wb") as stdout:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-c", SERVE),
            stdin=stdin,
            stdout=stdout,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE)},
        )
        await asyncio.wait_for(process.wait(), 20)

    (line,) = said.read_text().splitlines()
    assert json.loads(line)["result"]["serverInfo"]["name"] == "trellis"


def test_nothing_heavy_is_imported_before_the_first_call(tmp_path: Path) -> None:
    import subprocess  # noqa: PLC0415

    code = f"import sys, {server.__name__}, mcp_server.app; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True
    )

    assert not set(ran.stdout.split()) & {*HEAVY, "structlog", "pydantic_settings", "core.app"}


def greeting(version: str) -> dict[str, object]:
    client = {"name": "raw", "version": "1"}
    return request(1, "initialize", protocolVersion=version, capabilities={}, clientInfo=client)


def request(id: int, method: str, **params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


async def started(home: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        "-c",
        SERVE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=home,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(HOUSE)},
    )


async def exchange(
    home: Path, talk: list[dict[str, object]], *, answers: int
) -> dict[Any, dict[str, Any]]:
    return await converse(await started(home), talk, answers=answers)


async def converse(
    process: asyncio.subprocess.Process, talk: list[dict[str, object]], *, answers: int
) -> dict[Any, dict[str, Any]]:
    assert process.stdin is not None
    assert process.stdout is not None
    said: dict[Any, dict[str, Any]] = {}
    async with asyncio.timeout(30):
        for message in talk:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            await process.stdin.drain()
            while "id" in message and message["id"] not in said:
                line = json.loads(await process.stdout.readline())
                if line.get("id") is not None:
                    said[line["id"]] = line
        process.stdin.close()
        rest = (await process.stdout.read()).decode()
        await process.wait()
    assert len(said) == answers
    for line in rest.splitlines():
        assert json.loads(line)["jsonrpc"] == "2.0"
    return said
