"""Chats on SQLite alone, where the store does not matter, and a shop to ask about."""

from pathlib import Path

import pytest

from tests.core.connections.conftest import shop, shop_file

__all__ = ["shop", "shop_file"]


@pytest.fixture(params=["sqlite"])
async def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"
