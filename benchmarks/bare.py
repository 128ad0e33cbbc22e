"""The yardstick: the SDK's own server with one tool that hands a statement to a driver.

Nothing is checked, bounded, read-only or counted: it is what a developer writes in ten minutes.
"""

import argparse
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

Rows = list[dict[str, Any]]
Run = Callable[[str], Awaitable[Rows]]


def psycopg_pool(url: str) -> Run:
    """Ask PostgreSQL, on a pool of eight sessions, as ours has them."""
    from psycopg import AsyncConnection  # noqa: PLC0415 - only what is asked for is imported
    from psycopg.rows import DictRow, dict_row  # noqa: PLC0415
    from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415

    pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
        url,
        min_size=8,
        max_size=8,
        open=False,
        kwargs={"row_factory": dict_row, "autocommit": True},
    )

    async def run(sql: str) -> Rows:
        await pool.open()
        async with pool.connection() as connection:
            cursor = await connection.execute(sql)
            rows: Rows = await cursor.fetchall()
            return rows

    return run


def threaded(connect: Callable[[], Any]) -> Run:
    """Ask a driver that blocks, with a session for each thread."""
    import anyio.to_thread  # noqa: PLC0415

    mine = threading.local()

    def ask(sql: str) -> Rows:
        if not hasattr(mine, "session"):
            mine.session = connect()
        cursor = mine.session.cursor()
        cursor.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    async def run(sql: str) -> Rows:
        return await anyio.to_thread.run_sync(partial(ask, sql))

    return run


def asking(url: str) -> Run:
    """Return what runs a statement at *url*."""
    scheme, _, path = url.partition(":///")
    if scheme == "sqlite":
        import sqlite3  # noqa: PLC0415

        return threaded(lambda: sqlite3.connect(path))
    if scheme == "duckdb":
        import duckdb  # noqa: PLC0415

        return threaded(duckdb.connect(path, read_only=True).cursor)
    if url.startswith("postgresql"):
        return psycopg_pool(url)
    from mysql import connector  # noqa: PLC0415

    at = urlsplit(url)
    return threaded(
        lambda: connector.connect(
            host=at.hostname,
            port=at.port or 3306,
            user=at.username,
            password=at.password or "",
            database=at.path.strip("/"),
            autocommit=True,
            collation="utf8mb4_general_ci",
        )
    )


def main() -> None:
    """Serve over stdio, or over HTTP with `--port`."""
    from mcp.server.mcpserver import MCPServer  # noqa: PLC0415

    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--port", type=int)
    parser.add_argument("--plain", action="store_true", help="asyncio and h11")
    parser.add_argument("--saved", default="SELECT 1", help="the statement of run_query")
    asked = parser.parse_args()
    server = MCPServer("bare", log_level="WARNING")
    run = asking(asked.url)

    @server.tool()
    async def run_sql(sql: str) -> Rows:
        """Run a statement."""
        return await run(sql)

    @server.tool()
    async def run_query() -> Rows:
        """Run the one saved statement."""
        return await run(asked.saved)

    if asked.port is None:
        server.run("stdio")
        return
    import uvicorn  # noqa: PLC0415

    uvicorn.run(
        server.streamable_http_app(),
        port=asked.port,
        log_level="warning",
        loop="asyncio" if asked.plain else "auto",
        http="h11" if asked.plain else "auto",
    )


if __name__ == "__main__":
    main()
