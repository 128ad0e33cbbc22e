"""Workers on either engine."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.db import Database
from core.jobs.runners.durable import Durable
from core.pulse import Pulse

Make = Callable[..., Durable]


@pytest.fixture
def jobs_url(store_url: str, tmp_path: Path) -> str:
    """Return where jobs are kept: a file of their own, or the same PostgreSQL."""
    return f"sqlite:///{tmp_path}/jobs.db" if store_url.startswith("sqlite") else store_url


@pytest.fixture
async def make(jobs_url: str, db: Database) -> AsyncIterator[Make]:
    """Return what makes a runner that looks for work all the time; it is closed in the end."""
    made: list[Durable] = []

    def make(**options: float) -> Durable:
        options = {"poll": 0.05, "beat": 0.1} | options
        runner = Durable(jobs_url, db, Pulse(db), **options)  # type: ignore[arg-type]
        made.append(runner)
        return runner

    yield make
    for runner in reversed(made):
        await runner.close()


@pytest.fixture
def jobs(make: Make) -> Durable:
    return make()
