"""The same small shop in every kind of database, and how each says what the contract asks."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import psycopg
from mysql import connector as mysql
from sqlalchemy.engine import make_url

from core.connections.address import Address, parse
from core.connections.driver import Driver
from core.connections.drivers.duckdb import DuckDB
from core.connections.drivers.sqlite import SQLite
from core.connections.records import Dialect

CREATE = """
CREATE TABLE customer (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(50) DEFAULT 'nobody' NOT NULL,
    country VARCHAR(50)
);
CREATE TABLE "order" (
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    placed DATE,
    paid TIMESTAMP NULL,
    amount DECIMAL(10, 2),
    PRIMARY KEY (number, line),
    FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE TABLE shipment (
    id INTEGER NOT NULL PRIMARY KEY,
    order_number INTEGER,
    order_line INTEGER,
    FOREIGN KEY (order_number, order_line) REFERENCES "order" (number, line)
);
CREATE TABLE "we""ird 注文" ("品 名" VARCHAR(20), "from" INTEGER);
CREATE VIEW large_order AS SELECT number, amount FROM "order" WHERE amount > 10;
INSERT INTO customer VALUES (1, 'Ada', 'GB'), (2, '花子', 'JP'), (3, 'Bo', NULL), (4, 'Cy', 'GB');
INSERT INTO "order" VALUES
    (1, 1, 1, '2025-01-31', '2025-01-31 09:30:00', 10.50),
    (1, 2, 1, '2025-01-31', NULL, 0.10),
    (2, 1, 2, '2024-12-31', '2025-01-01 00:00:00', 12345678.90);
INSERT INTO shipment VALUES (1, 2, 1);
INSERT INTO "we""ird 注文" VALUES ('本', 1)
"""
TABLES = ("shipment", '"order"', '"we""ird 注文"', "customer")
OTHER = "CREATE SCHEMA crm; CREATE TABLE crm.lead (id INTEGER NOT NULL PRIMARY KEY, note TEXT)"
COMMENTS = (
    "COMMENT ON TABLE customer IS 'who buys'; COMMENT ON COLUMN customer.country IS 'ISO 3166'"
)


class Ground(NamedTuple):
    """A database with the shop in it, and the words of its dialect."""

    dialect: Dialect
    url: str
    schema: str
    """Where the shop's tables are."""
    open: Callable[[Address, int], Driver]
    series: Callable[[int], str]
    """A statement that answers 1 to n, in the column `i`, a row as soon as it is asked for."""
    long: Callable[[int], str]
    """An expression of n times `x`."""
    endless: str
    """A statement that works until it is stopped."""
    numbered: bool
    """Placeholders are `$1` here, `?` elsewhere."""
    types: Sequence[str] = ("{}", "{}", "{}", "{}")
    """How a bound text, integer, number and boolean is told apart where that is necessary."""
    other: str | None = None
    """A second schema, with the table `lead`."""
    comments: bool = False
    nul: bool = True
    """Whether a text may hold the character 0."""

    def driver(self, sessions: int = 4) -> Driver:
        return self.open(parse(self.url), sessions)

    def value(self, kind: int = 0, at: int = 1) -> str:
        return self.types[kind].format(f"${at}" if self.numbered else "?")

    def quote(self, name: str) -> str:
        if self.dialect is Dialect.MARIADB:
            return "`" + name + "`"
        return '"' + name.replace('"', '""') + '"'


@contextlib.contextmanager
def sqlite_ground(folder: Path) -> Iterator[Ground]:
    file = folder / "shop #1 ?mode=rw&x=%20 店.db"
    with contextlib.closing(sqlite3.connect(file)) as admin:
        admin.executescript(CREATE)
    yield Ground(
        dialect=Dialect.SQLITE,
        url=f"sqlite:///{quoted(file)}",
        schema="main",
        open=lambda address, sessions: SQLite(address, sessions=sessions),
        series=lambda n: (
            f"WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s LIMIT {n}) "
            "SELECT i FROM s"
        ),
        long=lambda n: f"replace(hex(zeroblob({n} / 2)), '0', 'x')",
        endless="WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s) "
        "SELECT count(*) FROM s",
        numbered=False,
    )


@contextlib.contextmanager
def duckdb_ground(folder: Path) -> Iterator[Ground]:
    file = folder / "shop #1 &x=%20 店.duckdb"
    with duckdb.connect(str(file)) as admin:
        admin.execute(CREATE)
        admin.execute(OTHER)
        admin.execute(COMMENTS)
    yield Ground(
        dialect=Dialect.DUCKDB,
        url=f"duckdb:///{quoted(file)}?threads=2&memory_limit=1GB",
        schema="main",
        open=lambda address, sessions: DuckDB(address, sessions=sessions),
        series=lambda n: f"SELECT range + 1 AS i FROM range({n})",
        long=lambda n: f"repeat('x', {n})",
        endless="SELECT count(*) FROM range(1000000) AS a, range(1000000000) AS b "
        "WHERE a.range + b.range < 0",
        numbered=True,
        other="crm",
        comments=True,
    )


def quoted(file: Path) -> str:
    """Write a path as it stands in an address, where `?`, `#` and `%` mean something."""
    return str(file).replace("%", "%25").replace("?", "%3F").replace("#", "%23")


@contextlib.contextmanager
def postgres_ground(url: str) -> Iterator[Ground]:
    from core.connections.drivers.postgres import Postgres  # noqa: PLC0415

    wipe = f"DROP SCHEMA IF EXISTS crm CASCADE; DROP TABLE IF EXISTS {', '.join(TABLES)} CASCADE;"
    with psycopg.connect(url, autocommit=True) as admin:
        for sql in (wipe, CREATE, OTHER, COMMENTS, "ANALYZE"):
            admin.execute(sql.encode())
        yield Ground(
            dialect=Dialect.POSTGRESQL,
            url=url,
            schema="public",
            open=lambda address, sessions: Postgres(address, sessions=sessions),
            series=lambda n: f"SELECT generate_series(1, {n}) AS i",
            long=lambda n: f"repeat('x', {n})",
            endless="SELECT count(*) FROM generate_series(1, 1000000) AS a, "
            "generate_series(1, 1000000) AS b WHERE a + b < 0",
            numbered=True,
            types=("{}::text", "{}::bigint", "{}::float8", "{}::boolean"),
            other="crm",
            comments=True,
            nul=False,
        )
        admin.execute(wipe.encode())


@contextlib.contextmanager
def mariadb_ground(url: str) -> Iterator[Ground]:
    from core.connections.drivers.mysql import MySQL  # noqa: PLC0415

    at = make_url(url)
    with contextlib.closing(
        mysql.connect(
            host=at.host,
            port=at.port or 3306,
            user=at.username,
            password=at.password or "",
            database=at.database,
            collation="utf8mb4_general_ci",
            autocommit=True,
            sql_mode="ANSI_QUOTES",
        )
    ) as admin:
        wipe = [f"DROP TABLE IF EXISTS {table}" for table in TABLES]
        said = CREATE.split(";\n")
        comments = [
            "ALTER TABLE customer COMMENT 'who buys'",
            "ALTER TABLE customer MODIFY country VARCHAR(50) COMMENT 'ISO 3166'",
        ]
        with contextlib.closing(admin.cursor()) as cursor:
            for sql in ("DROP VIEW IF EXISTS large_order", *wipe, *said, *comments):
                cursor.execute(sql)
        yield Ground(
            dialect=Dialect.MARIADB,
            url=url,
            schema=at.database or "",
            open=lambda address, sessions: MySQL(address, sessions=sessions),
            series=lambda n: f"SELECT seq AS i FROM seq_1_to_{n}",
            long=lambda n: f"repeat('x', {n})",
            endless="SELECT count(*) FROM seq_1_to_1000000 AS a, seq_1_to_1000000 AS b "
            "WHERE a.seq + b.seq < 0",
            numbered=False,
            comments=True,
        )
        with contextlib.closing(admin.cursor()) as cursor:
            for sql in ("DROP VIEW IF EXISTS large_order", *wipe):
                cursor.execute(sql)


@contextlib.asynccontextmanager
async def opened(ground: Ground, sessions: int = 4) -> AsyncIterator[Driver]:
    """Lend a driver on *ground*, and close it within bounds."""
    driver = ground.driver(sessions)
    try:
        yield driver
    finally:
        async with asyncio.timeout(10):
            await driver.close()
