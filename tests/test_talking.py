"""One server and every door: two platforms, MCP, REST and the terminal, and the same answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx2
import pytest
import pytest_asyncio
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.api.hearing import heard
from tests.platforms import Platforms, drawn, platforms
from tests.terminal import Home, Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

MONTHS = "monthly revenue for 2025"
REGIONS = "new customers per month in 2025"


class Shop(NamedTuple):
    """The running server, and who talks to it."""

    home: Home
    server: Server
    there: Platforms

    async def typed(self, *words: str) -> str:
        """Return what a command prints."""
        done = await asyncio.to_thread(self.home, *words)
        assert done.code == 0, done
        return done.out

    @asynccontextmanager
    async def http(self) -> AsyncIterator[httpx2.AsyncClient]:
        bearer = {"authorization": f"Bearer {self.server.key}"}
        async with httpx2.AsyncClient(
            base_url=self.server.url, headers=bearer, timeout=60, trust_env=False
        ) as http:
            yield http

    async def mcp(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Return what a tool answers to Ada."""
        async with self.http() as http:
            transport = streamable_http_client(f"{self.server.url}/mcp", http_client=http)
            async with Client(transport) as client:
                found: Any = (await client.call_tool(tool, arguments)).structured_content
        assert isinstance(found, dict)
        return found

    async def code(self, email: str) -> str:
        """Return a code that somebody makes over REST."""
        async with self.http() as http:
            me = await http.post(
                "/v1/authenticate",
                headers={"X-API-Key": self.server.key or ""},
                json={"email": email},
            )
            assert me.status_code == 200, me.text
            theirs = {"authorization": f"Bearer {me.json()['token']}"}
            made = await http.post("/v1/links", headers=theirs)
        assert made.status_code == 201, made.text
        return str(made.json()["code"])


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    home = Home(tmp_path_factory.mktemp("talking") / "home")
    async with platforms() as there, there.up(home) as server:
        shop = Shop(home, server, there)
        await shop.typed("member", "add", "ann@acme.test", "--name", "Ann", "--role", "analyst")
        await shop.typed("member", "add", "vic@acme.test", "--name", "Vic", "--role", "viewer")
        # The first start founds no address that Slack could vouch for: its owner links both.
        mine, more = [json.loads(await shop.typed("link", "--json"))["code"] for _each in "12"]
        await there.slack.command(there.ada, there.sales, "/trellis", f"link {more}")
        assert "Welcome" in (await there.whispered(there.ada)).words
        theirs = [await shop.code(f"{name}@acme.test") for name in ("ann", "vic")]
        people = (there.ada_too, there.ann_too, there.vic_too)
        for person, code in zip(people, (mine, *theirs), strict=True):
            linked = await there.discord.command(person, there.sales_too, "link", code=code)
            assert "Welcome" in (await there.responded(linked)).text
        yield shop
        assert there.slack.broken() == []
        assert there.discord.violations == []
        assert there.discord.pings == []
        assert there.discord.refusals == []
    assert server.code == 0
    assert [line for line in server.logged if "error" in line.lower()] == []


def numbers(rows: Sequence[Sequence[str]]) -> list[list[str | float]]:
    """Return rows as they were before they were written for people."""
    return [[first, *(float(each.replace(",", "")) for each in rest)] for first, *rest in rows]


def shown(events: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Return the rows of the one table that a stream brought."""
    told = [each[1] for each in events if each[0] == "visualization"]
    (table,) = [each["data"] for each in told if each["type"] == "table"]
    return [[row[column["key"]] for column in table["columns"]] for row in table["rows"]]


async def test_a_question_gets_the_same_table_wherever_it_is_asked(shop: Shop) -> None:
    there = shop.there
    run = json.loads(await shop.typed("query", "run", "Monthly revenue", "year=2025", "--json"))
    async with shop.http() as http:
        rest = heard((await http.post("/v1/chats", json={"message": MONTHS})).text)
    typed = [json.loads(line) for line in (await shop.typed("ask", MONTHS, "--json")).splitlines()]
    mcp = await shop.mcp("ask", question=MONTHS)
    slack = await there.on_slack(await there.slack.mention(there.ada, there.sales, MONTHS))
    await there.slack.command(there.ada, there.sales, "/trellis", f"ask {MONTHS}")
    whispered = await there.whispered(there.ada, 2)
    discord = await there.in_thread(
        await there.discord.mention(there.ada_too, there.sales_too, MONTHS)
    )
    asked = await there.discord.command(there.ada_too, there.sales_too, "ask", question=MONTHS)
    alone = await there.responded(asked)

    rows = run["rows"]
    assert len(rows) == 12
    assert shown(rest) == rows
    assert shown([(each["event"], each["data"]) for each in typed]) == rows
    assert mcp["tables"][0]["rows"] == rows
    head, *body = slack.table
    assert head == [each["name"] for each in run["columns"]]
    assert numbers(body) == rows
    assert whispered.table == slack.table
    assert drawn(discord) == slack.table
    assert drawn(alone) == slack.table
    assert alone.audience is there.ada_too
    assert len(discord.files) == len(alone.files) == 1
    assert discord.files[0].content == alone.files[0].content


async def test_a_chat_begun_in_a_thread_goes_on_over_mcp_and_again_in_the_thread(
    shop: Shop,
) -> None:
    there = shop.there
    asked = await there.slack.mention(there.ada, there.sales, REGIONS)
    first = await there.on_slack(asked)
    (chat,) = [each for each in (await shop.mcp("list_chats"))["chats"] if each["title"] == REGIONS]

    told = await shop.mcp("ask", question="EU", chat=chat["id"])
    await there.slack.mention(there.ann, there.sales, "North America", thread=asked)
    last = await there.on_slack(asked, 2)
    kept = (await shop.mcp("get_chat", chat=chat["id"]))["messages"]

    assert "region" in first.words
    assert told["chat"] == chat["id"]
    assert told["tables"][0]["rows"][0][0] == "2025-01"
    assert last.table[1][0] == "2025-01"
    assert [each["role"] for each in kept] == ["user", "assistant"] * 3
    assert len(there.slack.answers(asked)) == 2


async def test_whoever_is_in_the_channel_goes_on_in_its_threads(shop: Shop) -> None:
    there = shop.there
    asked = await there.slack.mention(there.ada, there.sales, MONTHS)
    await there.on_slack(asked)
    await there.slack.mention(there.vic, there.sales, "and 2024?", thread=asked)
    slack = await there.on_slack(asked, 2)
    asked_too = await there.discord.mention(there.ada_too, there.sales_too, MONTHS)
    await there.in_thread(asked_too)
    assert asked_too.thread is not None
    await there.discord.say(there.vic_too, asked_too.thread, "and 2024?")
    discord = await there.in_thread(asked_too, 2)

    assert slack.table[1][0] == "2024-01"
    assert drawn(discord) == slack.table


async def test_a_viewer_saves_nothing_anywhere(shop: Shop) -> None:
    there = shop.there
    asked = await there.slack.mention(there.vic, there.sales, MONTHS)
    slack = await there.on_slack(asked)
    await there.slack.command(there.vic, there.sales, "/trellis", "save Mine: what is it?")
    refused = await there.whispered(there.vic)
    asked_too = await there.discord.mention(there.vic_too, there.sales_too, MONTHS)
    discord = await there.in_thread(asked_too)
    saving = await there.discord.command(
        there.vic_too, there.sales_too, "save", title="Mine", question="what is it?"
    )
    refused_too = await there.responded(saving)

    assert "Save query" not in slack.buttons
    assert "Save query" not in {each["label"] for each in discord.buttons.values()}
    assert "permission" in refused.words
    assert "permission" in refused_too.text
    assert refused_too.audience is there.vic_too
    queries = json.loads(await shop.typed("query", "list", "--json"))
    assert "Mine" not in {each["title"] for each in queries}


async def test_a_stranger_is_told_privately_how_to_become_known(shop: Shop) -> None:
    there = shop.there
    asked = await there.slack.mention(there.stranger, there.sales, MONTHS)
    slack = await there.whispered(there.stranger)
    asked_too = await there.discord.command(
        there.stranger_too, there.sales_too, "ask", question=MONTHS
    )
    discord = await there.responded(asked_too)

    assert "/trellis link" in slack.words
    assert not there.slack.answers(asked)
    assert "/link" in discord.text
    assert discord.audience is there.stranger_too
