"""Servers as their tests find them."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from core.connections.drivers.postgres import Postgres
from tests.core.connections.drivers.postgres import opened


@pytest.fixture(scope="module")
def admin(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def driver(postgres_url: str) -> AsyncIterator[Postgres]:
    async with opened(postgres_url) as driver:
        yield driver


@pytest.fixture
def schema(admin: psycopg.Connection) -> Iterator[str]:
    admin.execute("CREATE SCHEMA shelf; SET search_path = shelf, public")
    yield "shelf"
    admin.execute("RESET search_path; DROP SCHEMA shelf CASCADE")
