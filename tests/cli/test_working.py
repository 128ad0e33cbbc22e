"""A server beside which nobody can work: it serves all the same, and says what is off."""

from pathlib import Path

import pytest
from typing_extensions import override

from cli.up import greeting
from cli.working import working
from config import Settings
from core.app import build
from core.db import Database
from core.jobs import JobsUnfit, Runner
from core.jobs.runners.nowhere import Nowhere
from core.secrets import Vault


class Worker(Nowhere):
    """Would do something, if it could."""

    def __init__(self, *names: str, old: bool = False) -> None:
        self.names = frozenset(names)
        self.old = old
        self.said: list[str] = []

    @property
    @override
    def offered(self) -> frozenset[str]:
        return self.names

    @override
    async def begin(self) -> None:
        self.said.append("begins")
        if self.old:
            raise JobsUnfit("SQLite 3.40 is too old.")

    @override
    async def close(self) -> None:
        self.said.append("closes")


@pytest.fixture
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.mark.parametrize(
    ("worker", "why", "said"),
    [
        (Worker("notice.slack"), None, ["begins", "closes"]),
        (Worker(), None, ["closes"]),
        (Worker("notice.slack", old=True), "SQLite 3.40 is too old.", ["begins", "closes"]),
    ],
)
async def test_a_worker_works_where_it_can_and_where_there_is_something_to_do(
    db: Database, vault: Vault, worker: Worker, why: str | None, said: list[str]
) -> None:
    runner: Runner = worker
    core = build(db, vault, jobs=lambda _db, _pulse: runner)

    async with working(core) as idle:
        assert idle == why
    assert worker.said == said


def test_what_nobody_does_is_said(tmp_path: Path) -> None:
    lines = greeting(Settings(home=tmp_path), None, None, "It is too old.", rest=True, mcp=False)

    assert "Off: work in the background, such as notices. It is too old." in lines
