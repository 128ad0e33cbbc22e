"""A saved query through the core against its raw driver: what checking and bounding cost."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psycopg
from mysql import connector as mysql
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from benchmarks.figures import absent, ratio
from benchmarks.places import (
    MOST,
    fill_duckdb,
    fill_mariadb,
    fill_postgres,
    fill_sqlite,
    mariadb,
    postgres,
)
from benchmarks.processes import Absent
from benchmarks.rows import Row
from core.app import Core, build
from core.connections import Ceilings, ConnectionDraft
from core.db import Database, migrate
from core.identity import Actor, Surface
from core.queries import QueryDraft
from core.secrets import Vault

SQL = "SELECT i, n, t, s FROM facts WHERE i <= {} ORDER BY i"
SIZES = (1, 1000, MOST)
GOALS = {1000: 1.5, MOST: 1.25}
SPANS = {1: 1.0, 1000: 2.0, MOST: 7.0}
"""Seconds of measuring at each size, ours and the raw driver together."""
FEWEST = 5
"""Rounds, however long they take."""
Fetch = Callable[[int], Sequence[Any]]
"""From how many rows to the rows, as the driver's own Python objects."""


class Raw(NamedTuple):
    """A driver without us, and where its database is."""

    name: str
    url: str
    fetch: Fetch


def measure(*, quick: bool = False) -> list[Row]:
    """Return a ratio for each driver and size; a driver without its server says so."""
    rows: list[Row] = []
    kinds = (raw_sqlite,) if quick else (raw_sqlite, raw_duckdb, raw_postgres, raw_mariadb)
    for kind in kinds:
        with ExitStack() as stack, tempfile.TemporaryDirectory() as place:
            try:
                raw = stack.enter_context(kind(Path(place), 1000 if quick else MOST))
            except Absent as why:
                name = kind.__name__.removeprefix("raw_")
                rows += [absent(f"saved query, {name}, {size:,} rows", why) for size in SIZES]
                continue
            rows += asyncio.run(compare(raw, Path(place), quick=quick))
    return rows


async def compare(raw: Raw, place: Path, *, quick: bool) -> list[Row]:
    """Return what ours costs beside *raw*, in rounds that take turns."""
    rows = []
    async with opened(place, raw.url) as (core, actor):
        for size in SIZES[:2] if quick else SIZES:
            first = await core.queries.run(actor, "facts", parameters={"most": size})
            plain = raw.fetch(size)
            assert len(plain) == first.row_count == size, (len(plain), first.row_count)
            assert first.truncated is None
            ours: list[float] = []
            theirs: list[float] = []
            until = time.perf_counter() + (0.2 if quick else SPANS[size])
            while time.perf_counter() < until or len(ours) < FEWEST:
                began = time.perf_counter()
                raw.fetch(size)
                between = time.perf_counter()
                await core.queries.run(actor, "facts", parameters={"most": size})
                theirs.append(between - began)
                ours.append(time.perf_counter() - between)
            a, b = median(ours) * 1000, median(theirs) * 1000
            note = f"ours {a:.3g} ms, raw {b:.3g} ms, {len(ours)} rounds"
            name = f"saved query, {raw.name}, {size:,} rows: ours / raw driver"
            rows.append(ratio(name, a / b, most=GOALS.get(size), note=note))
    return rows


@asynccontextmanager
async def cored(place: Path) -> AsyncIterator[tuple[Core, Actor]]:
    """Lend a core on a store of its own in *place*, with high ceilings, and its owner."""
    db = Database(f"sqlite:///{place}/trellis.db")
    await migrate(db)
    ceilings = Ceilings(rows=10 * MOST, bytes=1 << 30, seconds=60)
    core = build(db, Vault(["a key for benchmarks, and for nothing else"]), ceilings=ceilings)
    member = await core.identity.found("Bench", owner="Bench", email="bench@bench.test")
    try:
        yield core, Actor.of(member, Surface.CLI)
    finally:
        await core.connections.close()
        await core.audit.close()
        await db.close()


@asynccontextmanager
async def opened(place: Path, url: str) -> AsyncIterator[tuple[Core, Actor]]:
    """Lend a core whose one connection is *url*, and whose one saved query is called `facts`."""
    async with cored(place) as (core, actor):
        await core.connections.add(actor, ConnectionDraft(name="facts", url=SecretStr(url)))
        sql = SQL.format("{{most}}")
        draft = QueryDraft(title="facts", prompt="The first facts", sql=sql, connection="facts")
        await core.queries.create(actor, draft)
        yield core, actor


@contextmanager
def raw_sqlite(place: Path, count: int) -> Iterator[Raw]:
    """Lend SQLite through the standard library."""
    url = fill_sqlite(place / "facts.db", count)
    session = sqlite3.connect(place / "facts.db")
    sql = SQL.format("?")
    try:
        yield Raw("sqlite", url, lambda most: session.execute(sql, (most,)).fetchall())
    finally:
        session.close()


@contextmanager
def raw_duckdb(place: Path, count: int) -> Iterator[Raw]:
    """Lend DuckDB, in this process like ours, which takes one file from one process alone."""
    import duckdb  # noqa: PLC0415 - only where it is asked for

    url = fill_duckdb(place / "facts.duckdb", count)
    fill_duckdb(place / "raw.duckdb", count)
    sql = SQL.format("$1")
    with duckdb.connect(str(place / "raw.duckdb"), read_only=True) as session:
        yield Raw("duckdb", url, lambda most: session.execute(sql, [most]).fetchall())


@contextmanager
def raw_postgres(_place: Path, count: int) -> Iterator[Raw]:
    """Lend PostgreSQL through psycopg."""
    with postgres("drivers") as url:
        fill_postgres(url, count)
        sql = SQL.format("%s").encode()
        with psycopg.connect(url, autocommit=True) as session:
            yield Raw("postgresql", url, lambda most: session.execute(sql, (most,)).fetchall())


@contextmanager
def raw_mariadb(_place: Path, count: int) -> Iterator[Raw]:
    """Lend MariaDB through MySQL's own connector."""
    with mariadb("drivers") as url:
        fill_mariadb(url, count)
        at = make_url(url)
        session = mysql.connect(
            host=at.host,
            port=at.port or 3306,
            user=at.username,
            password=at.password or "",
            database=at.database,
            autocommit=True,
            collation="utf8mb4_general_ci",
        )
        cursor = session.cursor()
        sql = SQL.format("%s")

        def fetch(most: int) -> Sequence[Any]:
            cursor.execute(sql, (most,))
            return cursor.fetchall()

        try:
            yield Raw("mariadb", url, fetch)
        finally:
            cursor.close()
            session.close()
