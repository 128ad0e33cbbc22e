"""SQLite, unless a test asks for both stores; and a second core on the same store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.app import Core, build
from core.db import Database
from core.secrets import Vault
from tests.stores import store


@pytest.fixture
async def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return await store(request, getattr(request, "param", "sqlite"), tmp_path)


@pytest.fixture
async def elsewhere(core: Core, store_url: str, vault: Vault) -> AsyncIterator[Core]:
    """Return a second core on the same store, as another process has it."""
    db = Database(store_url)
    other = build(db, vault)
    yield other
    await other.channels.close()
    await other.chats.close()
    await other.connections.close()
    await db.close()
