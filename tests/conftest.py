"""A real core on every engine, and the people who come to it."""

import os
from collections.abc import Iterator

import pytest

from tests.services import mariadb_database, postgres_database

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the URL of a PostgreSQL database that is this test worker's own."""
    with postgres_database(f"trellis_test_{WORKER}_{os.getpid()}") as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """Return the URL of a MariaDB database that is this test worker's own."""
    with mariadb_database(f"trellis_test_{WORKER}_{os.getpid()}") as url:
        yield url
