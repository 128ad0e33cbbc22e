"""The application on a real core, and the people who call it."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from core.app import Core
from core.connections import Connection, ConnectionDraft
from core.db import Database, migrate
from core.identity import Actor

ORDERS = 2500


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty store that has seen every migration, to be copied."""
    file = tmp_path_factory.mktemp("store") / "trellis.db"

    async def prepare() -> None:
        db = Database(f"sqlite:///{file}")
        await migrate(db)
        await db.close()

    asyncio.run(prepare())
    return file


@pytest.fixture
def store_url(tmp_path: Path, migrated: Path) -> str:
    """Return an empty SQLite store: both engines are the core's tests' business."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'trellis.db')}"


@pytest.fixture
def app(core: Core) -> FastAPI:
    return create_app(core)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a client that nobody knows."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://trellis.test") as client:
        yield client


@pytest.fixture
def bearer(ada_key: str) -> dict[str, str]:
    """Return the headers by which Ada is known."""
    return {"authorization": f"Bearer {ada_key}"}


@pytest.fixture
def as_ada(http: httpx2.AsyncClient, bearer: dict[str, str]) -> httpx2.AsyncClient:
    """Return a client that is Ada's."""
    http.headers.update(bearer)
    return http


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("shop") / "shop.db"
    with sqlite3.connect(file) as shop:
        shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, amount REAL)")
        shop.executemany(
            "INSERT INTO orders VALUES (?, ?, ?)",
            [(id, "EU" if id % 2 else None, id / 2) for id in range(1, ORDERS + 1)],
        )
    shop.close()
    return file


@pytest.fixture
async def shop(core: Core, ada: Actor, shop_file: Path) -> Connection:
    """Return Acme's connection to a shop."""
    draft = ConnectionDraft(name="shop", url=SecretStr(f"sqlite:///{shop_file}"))
    return await core.connections.add(ada, draft)


@pytest.fixture
async def eves_shop(core: Core, eve: Actor, shop_file: Path) -> Connection:
    """Return another organization's connection."""
    draft = ConnectionDraft(name="shop", url=SecretStr(f"sqlite:///{shop_file}"))
    return await core.connections.add(eve, draft)
