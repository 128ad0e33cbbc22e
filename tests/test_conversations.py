"""One chat everywhere: the sample store, no model, and every door of one running server."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.api.hearing import heard
from tests.api.page.visits import MARK
from tests.terminal import Home, Server

ASKED = "monthly revenue for 2025"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(Path(tmp_path_factory.mktemp("conversations")) / "home")


@pytest.fixture(scope="module")
def server(home: Home) -> Iterator[Server]:
    with home.serving() as server:
        yield server


def shown(events: Sequence[tuple[Any, ...]], type: str) -> Any:
    told = [each[1] for each in events if each[0] == "visualization"]
    (found,) = [data for data in told if data["type"] == type]
    return found["data"]


def rows(table: Any) -> list[list[Any]]:
    return [[row[column["key"]] for column in table["columns"]] for row in table["rows"]]


async def test_a_question_gets_the_same_table_and_chart_through_every_door(
    home: Home, server: Server
) -> None:
    bearer = {"authorization": f"Bearer {server.key}"}
    run = home("query", "run", "Monthly revenue", "year=2025", "--json").json["rows"]
    async with httpx2.AsyncClient(base_url=server.url, headers=bearer, timeout=60) as http:
        rest = heard((await http.post("/v1/chats", json={"message": ASKED})).text)
        async with Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client:
            mcp = (await client.call_tool("ask", {"question": ASKED})).structured_content
    terminal = home("ask", ASKED, "--json")
    typed = [(each["event"], each["data"]) for each in map(json.loads, terminal.out.splitlines())]

    assert len(run) == 12
    assert (rest[0][0], rest[-1][0]) == ("chat_metadata", "message")
    assert rows(shown(rest, "table")) == run
    assert [each["value"] for each in shown(rest, "chart")["values"]] == [row[1] for row in run]
    assert mcp is not None
    assert mcp["tables"][0]["rows"] == run
    assert mcp["charts"][0]["chart_type"]
    assert rows(shown(typed, "table")) == run
    assert shown(typed, "chart") == shown(rest, "chart")


async def test_a_chat_begun_through_one_door_goes_on_through_the_others(
    home: Home, server: Server
) -> None:
    bearer = {"authorization": f"Bearer {server.key}"}
    async with httpx2.AsyncClient(base_url=server.url, headers=bearer, timeout=60) as http:
        asked = {"message": "new customers per month in 2025"}
        begun = heard((await http.post("/v1/chats", json=asked)).text)
        chat = begun[0][1]["id"]
        async with Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client:
            told = await client.call_tool("ask", {"question": "EU", "chat": chat})
        terminal = home("ask", ASKED, "--chat", chat)
        kept = (await http.get(f"/v1/chats/{chat}")).json()

    assert "region" in begun[-1][1]["content"]
    assert told.structured_content is not None
    assert told.structured_content["tables"][0]["rows"][0][0] == "2025-01"
    assert terminal.code == 0, terminal
    assert [each["role"] for each in kept["messages"]] == ["user", "assistant"] * 3
    assert [each["content"] for each in kept["messages"][::2]] == [asked["message"], "EU", ASKED]

    async with httpx2.AsyncClient(base_url=server.url, timeout=60) as browser:
        mark = MARK.search((await browser.get("/sign-in")).text)
        assert mark is not None
        form = {"key": server.key, "mark": mark[1], "next": f"/chats/{chat}"}
        signed = await browser.post("/sign-in", data=form, headers={"origin": server.url})
        assert signed.status_code == 303, signed.text
        page = (await browser.get(f"/chats/{chat}")).text

    assert ASKED in page
    assert "951,522.25" in page or "951522.25" in page


async def test_what_nobody_can_answer_is_the_same_honest_no(home: Home, server: Server) -> None:
    bearer = {"authorization": f"Bearer {server.key}"}
    question = "what is the meaning of life?"
    async with httpx2.AsyncClient(base_url=server.url, headers=bearer, timeout=60) as http:
        rest = heard((await http.post("/v1/chats", json={"message": question})).text)
        async with Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client:
            mcp = (await client.call_tool("ask", {"question": question})).structured_content
    terminal = home("ask", question)

    said = rest[-1][1]["content"]
    assert "Monthly revenue" in said
    assert "OPENAI_API_KEY" in said
    assert mcp is not None
    assert mcp["answer"] == said
    assert mcp["tables"] == []
    assert said.splitlines()[0] in terminal.out
