"""Stores of our own, empty, on either engine."""

from pathlib import Path

import pytest
from sqlalchemy import text

from core.db import Database, metadata, present


async def store(request: pytest.FixtureRequest, engine: str, folder: Path) -> str:
    """Return the URL of an empty store on an *engine*; on PostgreSQL one for each worker.

    To migrate costs a test more than all it does; where `db` does so, what the last test left in
    the tables is deleted instead. To truncate them is no way: each empty table gets new files.
    """
    if engine == "sqlite":
        return f"sqlite:///{folder}/trellis.db"
    url: str = request.getfixturevalue("postgres_store_url")
    db = Database(url)
    async with db.transaction() as tx:
        tables = await tx.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname='public'"))
        ours = {*metadata.tables, "alembic_version"}
        if "db" in request.fixturenames and set(tables) == ours and await present(db):
            emptied = [f"DELETE FROM {each.name}" for each in reversed(metadata.sorted_tables)]
            await tx.execute(text("; ".join(emptied)))
        else:
            await tx.execute(text("DROP SCHEMA public CASCADE"))
            await tx.execute(text("CREATE SCHEMA public"))
    await db.close()
    return url
