"""A shop to ask about, and clients of both eras who ask."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from mcp import Client
from pydantic import SecretStr

from core.app import Core
from core.chats import ChatDraft
from core.chats.store import ChatStore
from core.connections import Connection, ConnectionDraft
from core.db import Database
from core.identity import Actor
from core.ids import ChatId, RunId, now
from core.pipelines import Run, RunState
from core.pipelines.store import RunStore
from core.queries import Query, QueryDraft
from mcp_server.app import create_server, here

SHOP = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT, joined DATE
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    total NUMERIC, status TEXT DEFAULT 'open'
);
INSERT INTO customers VALUES
    (1, 'Ana', 'Brazil', '2024-01-05'), (2, 'Björn', 'Sweden', '2024-02-01'),
    (3, '花子', NULL, '2024-03-01');
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO orders
    SELECT i, 1 + i % 3, i * 1.5, CASE i % 2 WHEN 0 THEN 'paid' ELSE 'open' END FROM n;
"""


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """Return the URL of a store on SQLite: what a surface says does not depend on the engine."""
    return f"sqlite:///{tmp_path}/trellis.db"


@cache
def filled() -> bytes:
    """Return the shop's file: to fill one is to wait for the disk at each statement."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SHOP)
        return db.serialize()


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    file = tmp_path / "shop.db"
    file.write_bytes(filled())
    return file


@pytest.fixture
async def shop(core: Core, ada: Actor, shop_file: Path) -> Connection:
    """Return Acme's only connection."""
    url = SecretStr(f"sqlite:///{shop_file}")
    return await core.connections.add(ada, ConnectionDraft(name="shop", url=url))


RUN = RunId("b7f3b2c1d4e5f6a7b8c9d0e1f2a3b4c5")
GREET = """
id: greet
goal: Greet {{params.who}}
params: {who: {}}
tasks: [{id: hello, tool: mock, inputs: {who: "{{params.who}}"}}]
"""
CHAT = ChatId("4c9ee4a3-7d0c-4b0a-8a3e-5d1f7f6f0c11")


@pytest.fixture
async def by_country(core: Core, db: Database, ada: Actor, shop: Connection) -> Query:
    """Return a saved query with a parameter; a chat and a run of Ada's are there, too."""
    chat = await core.chats.create(ada, ChatDraft(title="Countries"))
    async with db.transaction() as tx:
        # Under an id that examples can name.
        await ChatStore(tx).add(ada.organization_id, chat.model_copy(update={"id": CHAT}))
    await a_run(core, db, ada)
    draft = QueryDraft(
        title="Customers by country",
        prompt="Who lives in a country?",
        sql="SELECT name FROM customers WHERE country = {{country}} ORDER BY id",
        keywords=("people",),
    )
    return await core.queries.create(ada, draft)


async def a_run(core: Core, db: Database, ada: Actor) -> None:
    """Save a pipeline of Ada's, and leave a run of it, under an id that examples can name."""
    saved = await core.pipelines.save(ada, GREET)
    run = Run(
        id=RUN,
        organization_id=ada.organization_id,
        tenant="default",
        pipeline_id=saved.name,
        goal=saved.goal,
        name=saved.name,
        version=saved.version,
        state=RunState.QUEUED,
        collect_events=True,
        created_by=ada.member_id,
        created_at=now(),
    )
    async with db.transaction() as tx:
        await RunStore(tx).add(ada.organization_id, run, {"pipeline": GREET})


@pytest.fixture(params=["legacy", "auto"])
def mode(request: pytest.FixtureRequest) -> str:
    """Return how a client opens: with the handshake of 2025-11-25, or as 2026-07-28 has it."""
    mode: str = request.param
    return mode


@pytest.fixture
def client(mode: str, core: Core, ada: Actor) -> Client:
    """Return a client of Ada's; each test enters it, since its scope must not outlive a task."""
    return Client(create_server(here(core, ada)), mode=mode)
