"""A MariaDB server seen from outside: who may write there, and what it is working on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from mysql import connector
from sqlalchemy.engine import make_url

from core.connections.address import parse
from core.connections.drivers.mysql import MySQL

ENDLESS = (
    "SELECT count(*) FROM seq_1_to_1000000 AS a, seq_1_to_1000000 AS b WHERE a.seq + b.seq < 0"
)
RUNNING = (
    "SELECT count(*) FROM information_schema.processlist "
    "WHERE db = database() AND info LIKE '%seq_1_to_%' AND id <> connection_id()"
)
SOON = 1.5
"""Seconds in which a server that was told to stop has stopped."""

Admin = Callable[..., list[Any]]


@contextlib.contextmanager
def writer(url: str) -> Iterator[Admin]:
    """Run statements as somebody who may write."""
    at = make_url(url)
    with contextlib.closing(
        connector.connect(
            host=at.host,
            port=at.port or 3306,
            user=at.username,
            password=at.password or "",
            database=at.database,
            collation="utf8mb4_general_ci",
            autocommit=True,
            use_pure=True,
        )
    ) as connection:

        def run(*statements: str) -> list[Any]:
            rows: list[Any] = []
            for sql in statements:
                with contextlib.closing(connection.cursor()) as cursor:
                    cursor.execute(sql)
                    rows = list(cursor.fetchall()) if cursor.description else []
            return rows

        yield run


@contextlib.asynccontextmanager
async def opened(url: str, sessions: int = 1) -> AsyncIterator[MySQL]:
    driver = MySQL(parse(url), sessions=sessions)
    try:
        yield driver
    finally:
        async with asyncio.timeout(10):
            await driver.close()


async def until(admin: Admin, running: int) -> None:
    """Wait until the server works on so many of our statements."""
    async with asyncio.timeout(SOON):
        while await asyncio.to_thread(admin, RUNNING) != [(running,)]:
            pass
