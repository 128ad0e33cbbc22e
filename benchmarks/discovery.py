"""Discovery of a catalogue against its bare queries, and search over what was discovered."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psycopg
from pydantic import SecretStr

from benchmarks.catalogue import Question, catalogue
from benchmarks.drivers import cored
from benchmarks.figures import absent, amount, ratio
from benchmarks.grown import grow
from benchmarks.places import postgres
from benchmarks.processes import Absent
from benchmarks.rows import Row
from core.app import keeper
from core.connections import ConnectionDraft
from core.connections.address import parse
from core.connections.records import Schema

SIZES = (100, 1000, 10_000)
ROUNDS = {100: 15, 1000: 7, 10_000: 3}
LARGE = 10_000
GOAL = 2.0
SPEED = 20.0
"""Milliseconds."""
LEAST = 1500
"""Tables that the generator makes at least; fewer are the first of them."""

BARE = (
    """
    SELECT n.nspname, c.relname, c.relkind, c.reltuples, d.description
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_description d
      ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    """,
    """
    SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(e.adbin, e.adrelid), d.description
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
    LEFT JOIN pg_description d
      ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    """,
    """
    SELECT conrelid, contype, conkey, confrelid, confkey
    FROM pg_constraint
    WHERE contype IN ('p', 'f')
    """,
)
"""What a stranger would ask for tables, columns and keys; no row of it is put together."""


def measure(*, quick: bool = False) -> list[Row]:
    """Return ratios of discovery, and times of search, at three sizes."""
    rows: list[Row] = []
    for size in SIZES:
        try:
            with large(size, wanted=not quick) as (url, questions):
                rows += asyncio.run(compare(url, size, questions))
        except Absent as why:
            rows.append(absent(f"discovery of {size:,} tables on PostgreSQL", why))
    return rows


@contextmanager
def large(size: int, *, wanted: bool = True) -> Iterator[tuple[str, tuple[Question, ...]]]:
    """Lend a database of *size* tables, and the questions about them."""
    with postgres(f"large_{size}", wanted=wanted) as url:
        full, questions = catalogue(max(size, LEAST))
        there = Schema(full.tables[:size], full.default)
        grow(url, there)
        names = {(table.schema, table.name) for table in there.tables}
        yield url, tuple(each for each in questions if each.needed <= names)


async def compare(url: str, size: int, questions: tuple[Question, ...]) -> list[Row]:
    """Return what discovery costs beside its bare queries, and how fast search is after it."""
    ours, theirs, columns = [], [], 0
    driver = keeper(2)(parse(url), None)
    with psycopg.connect(url, autocommit=True) as session:
        for turn in range(ROUNDS[size] + 1):
            began = time.perf_counter()
            fetched = [session.execute(sql.encode()).fetchall() for sql in BARE]
            between = time.perf_counter()
            schema = await driver.discover()
            ended = time.perf_counter()
            assert len(schema.tables) == size == len(fetched[0])
            columns = len(fetched[1])
            if turn:  # the first warms the server's own memory of its catalogue
                theirs.append(between - began)
                ours.append(ended - between)
    await driver.close()
    a, b = median(ours), median(theirs)
    name = f"discovery of {size:,} tables on PostgreSQL"
    note = f"ours {a:.3g} s, bare queries {b:.3g} s, {columns:,} columns"
    goal = GOAL if size == LARGE else None
    rows = [ratio(f"{name}: ours / bare catalogue queries", a / b, most=goal, note=note)]
    with tempfile.TemporaryDirectory() as place:
        async with cored(Path(place)) as (core, actor):
            draft = ConnectionDraft(name="large", url=SecretStr(url))
            await core.connections.add(actor, draft)
            began = time.perf_counter()
            await core.connections.discover(actor, "large")
            await core.connections.search(actor, "anything", ref="large")
            learned = time.perf_counter() - began
            note = "catalogue, samples, index, all kept in our store, and a first search"
            rows.append(Row(f"{name}: until it can be searched", learned, "s", note=note))
            times = []
            for question in questions or (Question("orders", frozenset(), False, ""),):
                began = time.perf_counter()
                await core.connections.search(actor, question.text, ref="large")
                times.append(1000 * (time.perf_counter() - began))
    note = f"{len(times)} questions, p99 {sorted(times)[len(times) * 99 // 100]:.3g} ms"
    most = SPEED if size == LARGE else None
    title = f"search_schema in the core over {size:,} tables: p50"
    return [*rows, amount(title, median(times), "ms", most=most, note=note)]
