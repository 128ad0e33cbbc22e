"""Chats on SQLite, unless a test asks for both stores, and a shop to ask about."""

from pathlib import Path

import pytest

from tests.core.connections.conftest import shop, shop_file
from tests.stores import store

__all__ = ["shop", "shop_file"]


@pytest.fixture
async def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return await store(request, getattr(request, "param", "sqlite"), tmp_path)
