"""A small shop in a SQLite file, and the core that may read it."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.app import Core
from core.connections import Connection, ConnectionDraft
from core.connections.driver import Driver
from core.identity import Actor
from tests.core.connections.drivers.grounds import (
    Ground,
    duckdb_ground,
    mariadb_ground,
    opened,
    postgres_ground,
    sqlite_ground,
)

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, country TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    total NUMERIC NOT NULL,
    placed_at TEXT NOT NULL
);
CREATE TABLE "注文" ("品名" TEXT);
INSERT INTO customers VALUES
    (1, 'Ada', 'ada@example.test', 'GB'), (2, 'Bo', 'bo@example.test', 'SE'),
    (3, '花子', 'hanako@example.test', 'JP');
INSERT INTO orders VALUES (1, 1, 10.5, '2025-01-31'), (2, 1, 20, '2025-02-01'),
    (3, 2, 5.25, '2025-02-14'), (4, 3, 100, '2024-12-31');
INSERT INTO "注文" VALUES ('本');
"""


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
    """Return Acme's connection `shop`."""
    url = SecretStr(f"sqlite:///{shop_file}")
    return await core.connections.add(ada, ConnectionDraft(name="shop", url=url))


@pytest.fixture(scope="module", params=["sqlite", "duckdb", "postgresql", "mariadb"])
def ground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """Return the same shop in each kind of database; see `test_drivers`."""
    match request.param:
        case "sqlite":
            made = sqlite_ground(tmp_path_factory.mktemp("sqlite"))
        case "duckdb":
            made = duckdb_ground(tmp_path_factory.mktemp("duckdb"))
        case "postgresql":
            made = postgres_ground(request.getfixturevalue("postgres_url"))
        case _:
            made = mariadb_ground(request.getfixturevalue("mariadb_url"))
    with made as ground:
        yield ground


@pytest.fixture
async def driver(ground: Ground) -> AsyncIterator[Driver]:
    async with opened(ground) as driver:
        yield driver
