"""The sample shop as a SQLite file: three years of orders, the same on every machine."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from core.errors import Unavailable
from core.sample.chance import Chance
from core.sample.goods import Goods
from core.sample.marketing import Marketing
from core.sample.people import Customers, countries, employees, regions
from core.sample.schema import INDEXES, TABLES
from core.sample.trade import Trade

SEED = 1_096
ABANDONED = 600.0
"""Seconds after which an unfinished file is nobody's any more."""


class SampleUnwritable(Unavailable):
    """The sample store cannot be written."""


def write(path: Path) -> None:
    """Write the shop to *path*: all of it or nothing.

    It is made beside its place and moved there when it is whole and on the disk, so that a killed
    process leaves nothing half-done, and of two that write at once the later one wins, with the
    same contents.

    Raises:
        SampleUnwritable: the folder cannot be written to, or the disk is full.
    """
    unfinished = path.with_name(f".{path.name}.{token_hex(8)}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as db:
            _fill(db)
        _settle(unfinished)
        unfinished.replace(path)
        _settle(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise SampleUnwritable(f"The sample store cannot be written to {path}: {error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def tables() -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield every table's name and rows, in an order in which no row points at a later one."""
    # Each part has a chance of its own: a change in one leaves the others as they were.
    staff = employees(Chance(SEED))
    goods = Goods(Chance(SEED + 1))
    marketing = Marketing(Chance(SEED + 2))
    customers = Customers(Chance(SEED + 3))
    trade = Trade(Chance(SEED + 4), customers, goods, marketing)
    trade.run(tuple(row[0] for row in staff if row[4] == "Support" and row[7] is None))
    yield "regions", regions()
    yield "countries", countries()
    yield "channels", marketing.channels
    yield "campaigns", marketing.campaigns
    yield "marketing_spend", marketing.spend
    yield "employees", staff
    yield "customers", customers.rows
    yield "addresses", customers.addresses
    yield "categories", goods.categories
    yield "suppliers", goods.suppliers
    yield "products", goods.product_rows
    yield "warehouses", goods.warehouses
    yield "inventory", goods.inventory
    yield "orders", trade.orders
    yield "order_items", trade.items
    yield "payments", trade.payments
    yield "shipments", trade.shipments
    yield "refunds", trade.refunds
    yield "support_tickets", trade.tickets


def _fill(db: sqlite3.Connection) -> None:
    # Nobody else sees the file yet, and it is thrown away if anything fails. SQLite builds the list
    # of a `CHECK (… IN (…))` again for every row; that ours keep to them is for the tests to hold.
    careless = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
    db.executescript(f"{careless} PRAGMA ignore_check_constraints = ON; {TABLES}")
    db.execute("BEGIN")
    for name, rows in tables():
        marks = ", ".join("?" * len(rows[0]))
        db.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - our own name
    db.execute("COMMIT")
    db.executescript(INDEXES + "ANALYZE;")


def _settle(path: Path) -> None:
    """Wait until what is at *path* is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(path: Path) -> None:
    """Remove what killed processes left behind."""
    for each in path.parent.glob(f".{path.name}.*.unfinished*"):
        with suppress(OSError):
            if time.time() - each.stat().st_mtime > ABANDONED:
                each.unlink()
