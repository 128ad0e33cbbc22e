"""Whoever hangs up stops the database's work."""

import asyncio

import httpx2
import pytest

from api.app import create_app
from core.app import Core, build, keeper
from core.connections import Ceilings, Connection
from core.db import Database
from core.identity import Actor
from core.queries import QueryDraft
from core.secrets import Vault
from tests.serving import serving

ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) FROM n WHERE i < 0"
)


@pytest.fixture
def core(db: Database, vault: Vault) -> Core:
    """Return a core with one session for each connection, and much patience."""
    return build(db, vault, open=keeper(1), ceilings=Ceilings(seconds=120))


@pytest.fixture
async def endless(core: Core, ada: Actor, shop: Connection) -> str:
    query = await core.queries.create(ada, QueryDraft(title="All", prompt="?", sql=ENDLESS))
    return query.id


@pytest.fixture
async def short(core: Core, ada: Actor, shop: Connection) -> str:
    query = await core.queries.create(ada, QueryDraft(title="One", prompt="?", sql="SELECT 1"))
    return query.id


async def kept_waiting(http: httpx2.AsyncClient, url: str) -> asyncio.Task[httpx2.Response]:
    """Return a question that waits for the only session: an endless statement has it now."""
    for _attempt in range(20):
        asking = asyncio.create_task(http.post(url, json={}, timeout=30))
        done, _pending = await asyncio.wait([asking], timeout=0.5)
        if not done:
            return asking
    raise AssertionError("the endless statement never took the session")


async def test_a_caller_who_hangs_up_frees_the_session(
    core: Core, bearer: dict[str, str], endless: str, short: str
) -> None:
    async with serving(create_app(core)) as url, httpx2.AsyncClient(headers=bearer) as http:
        host, port = url.removeprefix("http://").split(":")
        _reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /v1/queries/{endless}/run HTTP/1.1\r\nhost: t\r\n"
        head += f"authorization: {bearer['authorization']}\r\ncontent-length: 0\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()
        waiting = await kept_waiting(http, f"{url}/v1/queries/{short}/run")

        writer.close()
        answer = await asyncio.wait_for(waiting, 10)

    assert answer.json()["rows"] == [[1]]
    ended = [labels for name, labels in core.tally.spreads if name == "http_request"]
    assert ("status", "499") in {label for labels in ended for label in labels}


async def test_a_server_that_ends_stops_its_statements(
    core: Core, bearer: dict[str, str], endless: str, short: str
) -> None:
    async with httpx2.AsyncClient(headers=bearer) as http, asyncio.timeout(30):
        async with serving(create_app(core)) as url:
            path = f"{url}/v1/queries/{endless}/run"
            asking = asyncio.create_task(http.post(path, json={}, timeout=30))
            waiting = await kept_waiting(http, f"{url}/v1/queries/{short}/run")
        answers = await asyncio.gather(asking, waiting)

    assert [(each.status_code, each.json()["code"]) for each in answers] == [(503, "ending")] * 2


async def test_an_answer_is_not_lost_to_a_caller_who_stays(
    core: Core, bearer: dict[str, str], short: str
) -> None:
    async with serving(create_app(core)) as url, httpx2.AsyncClient(headers=bearer) as http:
        answers = await asyncio.gather(
            *(http.post(f"{url}/v1/queries/{short}/run", json={}) for _each in range(20))
        )

    assert [each.json()["rows"] for each in answers] == [[[1]]] * 20
