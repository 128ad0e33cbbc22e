"""A PostgreSQL database to ask, and how to ask it."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any, LiteralString

import psycopg

from core.connections.address import parse
from core.connections.drivers.postgres import Postgres
from core.connections.records import Ceilings, Result, Statement

CEILINGS = Ceilings(seconds=20)
SOON = 2.0
ENDLESS = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"
OURS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'trellis'"
# Roles and databases are seen by every database of a server, and so by other runs of these tests.
READER, VISITOR, LOGIN, BYTES = (
    f"trellis_{word}_{os.getpid()}" for word in ("reader", "visitor", "login", "bytes")
)
WORKING: LiteralString = f"SELECT count(*) {OURS}"


@contextlib.asynccontextmanager
async def opened(url: str, sessions: int = 4, role: str | None = None) -> AsyncIterator[Postgres]:
    driver = Postgres(parse(url), sessions=sessions, role=role)
    try:
        yield driver
    finally:
        async with asyncio.timeout(10):
            await driver.close()


async def ask(driver: Postgres, sql: str, *values: Any, **ceilings: Any) -> Result:
    return await driver.execute(Statement(sql, values), CEILINGS.model_copy(update=ceilings))


async def one(driver: Postgres, sql: str, *values: Any) -> Any:
    return (await ask(driver, sql, *values)).rows[0][0]


def told(admin: psycopg.Connection, sql: LiteralString, *values: Any) -> Any:
    row = admin.execute(sql, values or None).fetchone()
    return row and row[0]


async def until(admin: psycopg.Connection, sql: LiteralString, value: Any) -> None:
    """Wait until the server says *value*."""
    async with asyncio.timeout(SOON):
        while told(admin, sql) != value:
            await asyncio.to_thread(admin.execute, "SELECT pg_sleep(0.01)")
