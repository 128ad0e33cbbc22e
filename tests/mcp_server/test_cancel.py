"""Whoever no longer wants an answer: the database stops working for it, in every era."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import psycopg
import pytest
from mcp import Client
from pydantic import SecretStr

from core.app import Core, build, keeper
from core.connections import Connection, ConnectionDraft
from core.db import Database as Store
from core.identity import Actor
from core.secrets import Vault
from mcp_server import tools
from mcp_server.app import create_server, here
from tests.mcp_server.said import answer_of
from tests.mcp_server.serving import calling, serving
from tests.mcp_server.test_http import ACCEPT, handshake, modern

ROUNDS = 4
"""Calls that are cancelled one after the other: one more than there are sessions."""
ENDLESS = {
    "sqlite": (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT max(i) AS most FROM n"
    ),
    "postgresql": "SELECT count(*) AS many FROM generate_series(1, 1000000000000) AS a_long_one",
}


class Database:
    """A customer's database that can be asked whether it is at work."""

    def __init__(self, connection: Connection, url: str) -> None:
        self.name = connection.name
        self.endless = ENDLESS[connection.dialect]
        self._url = url

    async def working(self) -> bool:
        """Return whether it works on our statement."""
        if not self._url.startswith("postgresql"):
            return True  # nobody can ask it; whether it stopped is seen by its sessions being free
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as db:
            cursor = await db.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                "AND query LIKE '%a_long_one%' AND pid <> pg_backend_pid()"
            )
            row = await cursor.fetchone()
        return bool(row and row[0])

    async def until(self, *, working: bool) -> None:
        async with asyncio.timeout(10):
            while self._url.startswith("postgresql") and await self.working() is not working:
                pass

    async def begun(self, call: asyncio.Future[Any]) -> None:
        """Wait until it works on the statement of *call*, which has no end."""
        if not self._url.startswith("postgresql"):
            await asyncio.wait({call}, timeout=0.2)
        await self.until(working=True)
        assert not call.done()


@pytest.fixture
async def core(db: Store, vault: Vault) -> AsyncIterator[Core]:
    """Return a core that has fewer sessions at each database than there are calls to cancel."""
    core = build(db, vault, open=keeper(ROUNDS - 1))
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(
    request: pytest.FixtureRequest, core: Core, ada: Actor, shop: Connection
) -> Database:
    if request.param == "sqlite":
        return Database(shop, "")
    url: str = request.getfixturevalue("postgres_url")
    draft = ConnectionDraft(name="pg", url=SecretStr(url))
    return Database(await core.connections.add(ada, draft), url)


@asynccontextmanager
async def called(client: Client, database: Database) -> AsyncIterator[asyncio.Task[object]]:
    """Call what never ends, and lend the call once the database is at it."""
    given = {"connection": database.name, "sql": database.endless}
    call = asyncio.ensure_future(client.call_tool("run_sql", given))
    await database.begun(call)
    yield call
    await database.until(working=False)


async def still_answers(client: Client, database: Database) -> None:
    given = {"connection": database.name, "sql": "SELECT 1 AS one"}
    answer = await asyncio.wait_for(client.call_tool("run_sql", given), 10)
    assert answer_of(answer)["rows"] == [[1]]


async def test_a_cancelled_call_stops_the_database(
    core: Core, ada: Actor, database: Database, mode: str
) -> None:
    async with Client(create_server(here(core, ada)), mode=mode) as client:
        # More of them than there are sessions: were they still at work, the last would wait.
        for _ in range(ROUNDS):
            async with called(client, database) as call:
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
        await still_answers(client, database)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_a_call_cancelled_over_http_stops_the_database(
    core: Core, ada_key: str, database: Database, mode: str
) -> None:
    async with serving(core) as url, calling(url, ada_key, mode) as client:
        for _ in range(ROUNDS):
            async with called(client, database) as call:
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
        await still_answers(client, database)


@pytest.mark.parametrize("era", ["2025-06-18", "2026-07-28"])
async def test_hanging_up_stops_the_database(
    core: Core, ada_key: str, database: Database, era: str
) -> None:
    bearer = {"authorization": f"Bearer {ada_key}"}
    arguments = {"connection": database.name, "sql": database.endless}
    async with serving(core) as url:
        for _ in range(ROUNDS):
            async with httpx2.AsyncClient(headers=bearer | ACCEPT) as http:
                headers, body = modern("tools/call", name="run_sql", arguments=arguments)
                if era == "2025-06-18":
                    headers = await handshake(http, url)
                    del body["params"]["_meta"]
                call = asyncio.ensure_future(http.post(f"{url}/mcp", json=body, headers=headers))
                await database.begun(call)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
            await database.until(working=False)
        async with calling(url, ada_key, "auto") as client:
            await still_answers(client, database)


async def test_a_long_call_gives_signs_of_life(
    core: Core, ada: Actor, database: Database, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "TICK", 0.01)
    signs: list[tuple[float, str | None]] = []
    enough = asyncio.Event()

    async def sign(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        signs.append((progress, message))
        if len(signs) >= 3:
            enough.set()

    given = {"connection": database.name, "sql": database.endless}
    async with Client(create_server(here(core, ada)), mode=mode) as client:
        call = asyncio.ensure_future(client.call_tool("run_sql", given, progress_callback=sign))
        await asyncio.wait_for(enough.wait(), 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    times = [progress for progress, _message in signs]
    assert times == sorted(times)
    assert signs[0][1] is not None
    assert signs[0][1].startswith("Running the statement (")
