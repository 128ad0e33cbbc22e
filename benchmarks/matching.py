"""From a question to one of 10,000 saved queries, its parameters read from it; no model."""

import asyncio
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import date
from pathlib import Path
from statistics import median, quantiles

from pydantic import SecretStr

from benchmarks.drivers import cored
from benchmarks.figures import amount
from benchmarks.rows import Row
from core.connections import ConnectionDraft
from core.db import Database
from core.identity import Actor
from core.ids import ConnectionId, QueryId, new_id, now
from core.queries import Query, QueryDraft
from core.queries.store import QueryStore
from core.sample.schema import TABLES

LARGE = 10_000
SMALL = 200
ASKED = 400
"""Questions, of all kinds."""
GOAL = 15.0
"""Milliseconds, half of the questions."""
TODAY = date(2026, 1, 15)

MEASURES = """
    revenue orders refunds shipments payments customers returns margin discounts tickets visits
    leads invoices claims signups downloads sessions installs bookings complaints
"""
QUALITIES = """
    new open late paid failed pending repeat first online retail partner mobile gross net
    recurring seasonal expired overdue domestic foreign
"""
DIMENSIONS = """
    region country channel segment category product supplier warehouse campaign carrier team
    plan device store city agent priority topic brand method month week quarter day weekday
"""
SQL = """SELECT {dimension}, COUNT(*) AS {measure} FROM orders
WHERE strftime('%Y', ordered_at) = '{{{{year}}}}' GROUP BY 1"""


def titles() -> list[tuple[str, str, str]]:
    """Return what 10,000 queries are about: a quality, a measure, a dimension."""
    return [
        (quality, measure, dimension)
        for dimension in DIMENSIONS.split()
        for measure in MEASURES.split()
        for quality in QUALITIES.split()
    ]


def measure(*, quick: bool = False) -> list[Row]:
    """Return how long a question takes among few and among 10,000 saved queries."""
    return [row for size in (SMALL, *(() if quick else (LARGE,))) for row in asyncio.run(ask(size))]


async def ask(size: int) -> list[Row]:
    """Return the times of questions among *size* queries."""
    with tempfile.TemporaryDirectory() as folder:
        async with cored(Path(folder)) as (core, actor):
            file = Path(folder) / "shop.db"
            _shop(file)
            url = SecretStr(f"sqlite:///{file}")
            await core.connections.add(actor, ConnectionDraft(name="shop", url=url))
            shop = await core.connections.discover(actor, "shop")
            about = titles()[:: len(titles()) // size]
            await _save(Path(folder), actor, about, shop.id)
            began = time.perf_counter()
            await core.queries.match(actor, "anything at all", today=TODAY)
            built = time.perf_counter() - began
            times, found = [], 0
            for quality, measure_, dimension in about[:: max(1, len(about) // ASKED)]:
                asked = f"{quality} {measure_} by {dimension} in 2025"
                began = time.perf_counter()
                match = await core.queries.match(actor, asked, today=TODAY)
                times.append((time.perf_counter() - began) * 1000)
                found += match is not None and match.parameters == {"year": "2025"}
    name = f"matching a question to one of {size:,} saved queries"
    note = f"{found} of {len(times)} questions matched; index made in {built:.1f} s"
    goal = GOAL if size == LARGE else None
    return [
        amount(f"{name}, half of them", median(times), "ms", most=goal, note=note),
        amount(f"{name}, 95 of 100", quantiles(times, n=20)[-1], "ms"),
    ]


def _shop(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.executescript(TABLES)


async def _save(
    place: Path, actor: Actor, about: list[tuple[str, str, str]], shop: ConnectionId
) -> None:
    """Save the queries in one transaction: by their verb it would take minutes."""
    db = Database(f"sqlite:///{place}/trellis.db")
    async with db.transaction() as tx:
        for quality, measure_, dimension in about:
            draft = QueryDraft(
                title=f"{quality} {measure_} by {dimension}".capitalize(),
                prompt=f"How many {quality} {measure_} were there by {dimension} in a year?",
                sql=SQL.format(dimension=dimension, measure=measure_),
                keywords=(measure_, dimension),
            )
            query = Query.from_draft(
                draft, actor, id=QueryId(new_id()), connection_id=shop, now=now()
            )
            await QueryStore(tx).add(actor.organization_id, query)
    await db.close()
