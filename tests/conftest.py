"""A real core on every engine, and the people who come to it."""

import asyncio
import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.app import Core, build
from core.db import Database, migrate
from core.identity import Actor, Role, Surface
from core.secrets import Vault
from tests.aimock import aimock, aimock_server
from tests.services import mariadb_database, postgres_database
from tests.stores import store

__all__ = ["aimock", "aimock_server"]

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

# Whoever runs the suite in the background may have it ignore Ctrl-C; what it starts must not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Let the collector of garbage leave out what stays to the end: thousands of tests."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let everything be collected after all, or libraries complain of leaks."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the URL of a PostgreSQL database that is this test worker's own."""
    with postgres_database(f"trellis_test_{WORKER}_{os.getpid()}") as url:
        yield url


@pytest.fixture(scope="session")
def postgres_store_url() -> Iterator[str]:
    """Return the URL of a PostgreSQL database for our own store."""
    with postgres_database(f"trellis_store_{WORKER}_{os.getpid()}") as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """Return the URL of a MariaDB database that is this test worker's own."""
    with mariadb_database(f"trellis_test_{WORKER}_{os.getpid()}") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a store of our own, on either engine: empty, unless `db` fills it."""
    return await store(request, request.param, tmp_path)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store on SQLite with every table and no row, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "trellis.db"

    async def make() -> None:
        db = Database(f"sqlite:///{file}")
        await migrate(db)
        await db.close()

    asyncio.run(make())
    return file


@pytest.fixture
async def db(store_url: str, migrated: Path) -> AsyncIterator[Database]:
    file = Path(store_url.removeprefix("sqlite:///"))
    if store_url.startswith("sqlite") and not file.exists():
        shutil.copy(migrated, file)
    db = Database(store_url)
    await migrate(db)
    yield db
    await db.close()


@pytest.fixture
def vault() -> Vault:
    return Vault(["a key for tests, and for nothing else"])


@pytest.fixture
async def core(db: Database, vault: Vault) -> AsyncIterator[Core]:
    """Return a core on our own store; most tests need SQLite alone: see `sqlite_store`."""
    core = build(db, vault)
    yield core
    await core.channels.close()
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture
async def ada(core: Core) -> Actor:
    """Return the owner of Acme."""
    member = await core.identity.found("Acme", owner="Ada", email="ada@acme.test")
    return Actor.of(member, Surface.CLI)


@pytest.fixture
async def vic(core: Core, ada: Actor) -> Actor:
    """Return a viewer at Acme."""
    member = await core.identity.add_member(
        ada, name="Vic", email="vic@acme.test", role=Role.VIEWER
    )
    return Actor.of(member, Surface.CLI)


@pytest.fixture
async def eve(core: Core) -> Actor:
    """Return the owner of another organization."""
    member = await core.identity.found("Elsewhere", owner="Eve", email="eve@elsewhere.test")
    return Actor.of(member, Surface.CLI)


@pytest.fixture
async def ada_key(core: Core, ada: Actor) -> str:
    _record, key = await core.identity.create_key(ada, "laptop")
    return key.get_secret_value()
