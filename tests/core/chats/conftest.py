"""Chats on SQLite, unless a test asks for both stores, and a shop to ask about."""

from pathlib import Path

import pytest
from sqlalchemy import text

from core.db import Database
from tests.core.connections.conftest import shop, shop_file

__all__ = ["shop", "shop_file"]


@pytest.fixture
async def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path}/trellis.db"
    url: str = request.getfixturevalue("postgres_store_url")
    db = Database(url)
    async with db.transaction() as tx:
        await tx.execute(text("DROP SCHEMA public CASCADE"))
        await tx.execute(text("CREATE SCHEMA public"))
    await db.close()
    return url
