"""A server that is killed in mid-turn: the question stays, the answer is marked, it goes on."""

import asyncio
import json
import shutil
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cli.serve import GRACE
from tests.core.models.standin import chunks, standin
from tests.terminal import Home, Server

HALF = chunks("Half of ", "the answer ", "is here. ", "More ", end=False)


@pytest.fixture
def home(tmp_path: Path, sample: Path) -> Home:
    """Return a new home; what its first start would write for four seconds is there already."""
    (tmp_path / "home").mkdir()
    shutil.copy(sample, tmp_path / "home" / "sample.db")
    return Home(tmp_path / "home")


@asynccontextmanager
async def signed_in(server: Server, key: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as http:
        me = {"email": "owner@localhost.test"}
        answer = await http.post("/v1/authenticate", headers={"X-API-Key": key}, json=me)
        assert answer.status_code == 200, answer.text
        http.headers["authorization"] = f"Bearer {answer.json()['token']}"
        yield http


async def frames(response: httpx2.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


async def told(http: httpx2.AsyncClient, chat: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await http.get(f"/v1/chats/{chat}")).json()["messages"]
    return found


async def checkpointed(http: httpx2.AsyncClient, chat: str) -> None:
    """Wait until the store knows a part of the answer."""
    if not (await told(http, chat))[-1]["content"]:
        await asyncio.sleep(0.1)
        await checkpointed(http, chat)


async def test_a_server_that_is_killed_in_mid_turn_leaves_a_chat_that_goes_on(home: Home) -> None:
    """And one that is told to end keeps what it was saying."""
    async with standin(HALF, hangs=True) as model, asyncio.timeout(120):
        settings = {"OPENAI_BASE_URL": f"{model.url}/v1", "TRELLIS_MODEL": "openai:any"}
        with home.serving("up", **settings) as server:
            key = server.key or ""
            async with signed_in(server, key) as http:
                asked: dict[str, Any] = {"message": "Who knows?"}
                async with http.stream("POST", "/v1/chats", json=asked) as response:
                    listening = frames(response)
                    chat = (await anext(listening))[1]["id"]
                    await checkpointed(http, chat)
                    server.process.send_signal(signal.SIGKILL)
                    server.code = await asyncio.to_thread(server.process.wait, 10)
        with home.serving("up", **settings) as server:
            async with signed_in(server, key) as http:
                question, answer = await told(http, chat)
                asked = {"message": "Who knows now?", "chat_id": chat}
                async with http.stream("POST", "/v1/chats", json=asked) as response:
                    listening = frames(response)
                    while (await anext(listening))[0] != "text_delta":
                        pass
                    told_at = time.monotonic()
                    server.process.send_signal(signal.SIGTERM)
                    rest = [each async for each in listening]
            server.code = await asyncio.to_thread(server.process.wait, 30)
            took = time.monotonic() - told_at
        logged = server.logged

    assert question["content"] == "Who knows?"
    assert "Half of" in answer["content"]
    assert answer["metadata"]["status"] == "interrupted"
    kept = sqlite3.connect(home.folder / "trellis.db")
    messages = kept.execute("SELECT status, content FROM messages ORDER BY position").fetchall()
    kept.close()
    assert server.code == 0
    assert (rest[-1][0], rest[-1][1]["code"]) == ("error", "INTERRUPTED")
    assert took < GRACE
    assert [line for line in logged if "error" in line.lower()] == []
    assert [status for status, _content in messages] == [
        *("done", "interrupted"),
        *("done", "interrupted"),
    ]
    assert "Half of" in messages[-1][1]
