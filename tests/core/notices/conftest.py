"""A core whose clock stands still, whose jobs are done when a test says so; a board for Slack."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from pydantic import JsonValue
from typing_extensions import override

from core.app import Core, build
from core.channels import Spot, WorkspaceDraft
from core.connections import Connection
from core.db import Database
from core.identity import Actor, Audience, Role, Surface
from core.ids import JobId, OrganizationId
from core.jobs import Job, JobState, Retry, Steps, Work
from core.jobs.runners.nowhere import Nowhere
from core.notices import Notice, NoticeDraft, Poster, Posting
from core.queries import Query, QueryDraft
from core.secrets import Vault
from tests.core.connections.conftest import shop, shop_file

__all__ = ["shop", "shop_file"]

T = TypeVar("T")

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SPOT = Spot(surface=Surface.SLACK, workspace="T1", channel="C1", audience=Audience.PUBLIC)


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def later(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


class AtOnce(Steps):
    @override
    async def run(
        self,
        name: str,
        part: Callable[[], Awaitable[T]],
        *,
        seconds: float | None = None,
        retry: Retry | None = None,
        gate: AbstractAsyncContextManager[object] | None = None,
    ) -> T:
        return await part()


class Doing(Nowhere):
    """Keeps jobs in memory; a job of an id that it has seen is not done again."""

    def __init__(self) -> None:
        self.does: dict[str, Work] = {}
        self.waiting: list[tuple[Job, float]] = []
        self._seen: set[tuple[str, str, str | None]] = set()

    @override
    def offer(self, name: str, work: Work, *, at_once: int = 8, each: int | None = None) -> None:
        self.does[name] = work

    @override
    async def leave(
        self,
        organization_id: OrganizationId,
        name: str,
        given: Mapping[str, JsonValue],
        *,
        id: str | None = None,
        after: float = 0.0,
        whose: str | None = None,
    ) -> JobId:
        key = (organization_id, name, id)
        if key not in self._seen:
            self._seen.add(key)
            job = Job(
                id=JobId(str(id)),
                organization_id=organization_id,
                name=name,
                given=dict(given),
                state=JobState.RUNNING,
            )
            self.waiting.append((job, after))
        return JobId(str(id))

    @override
    async def served(self) -> frozenset[str]:
        return frozenset(self.does)

    async def done(self, clock: Clock) -> list[Any]:
        """Do what waits, each at its time; return what it came to."""
        came: list[Any] = []
        while self.waiting:
            job, after = self.waiting.pop(0)
            clock.later(seconds=after)
            came.append(await self.does[job.name](job, AtOnce()))
        return came


class Board(Poster):
    """Keeps what is posted, and refuses what a test wants refused."""

    def __init__(self) -> None:
        self.postings: list[Posting] = []
        self.hears = Audience.PUBLIC
        self.refusals: list[Exception] = []
        self.asked: list[str] = []
        self.deaf: Exception | None = None
        self.vanishing = False
        """Whether it refuses after it took a posting."""

    @override
    async def audience(self, notice: Notice) -> Audience:
        if self.deaf is not None:
            raise self.deaf
        return self.hears

    @override
    async def post(self, notice: Notice, posting: Posting) -> None:
        if self.refusals and not self.vanishing:
            raise self.refusals.pop(0)
        self.postings.append(posting)
        if self.refusals:
            raise self.refusals.pop(0)

    @override
    async def posted(self, notice: Notice, posting_id: str) -> bool:
        self.asked.append(posting_id)
        return any(each.id == posting_id for each in self.postings)

    @property
    def refused(self) -> list[str | None]:
        return [each.refusal for each in self.postings]


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY)


@pytest.fixture
def doing() -> Doing:
    return Doing()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def core(
    db: Database, vault: Vault, clock: Clock, doing: Doing, board: Board
) -> AsyncIterator[Core]:
    core = build(db, vault, jobs=lambda _db, _pulse: doing, clock=clock)
    core.notices.posts(Surface.SLACK, board)
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture
async def query(core: Core, ada: Actor, shop: Connection) -> Query:
    """Return a saved query of Acme's; its workspace on Slack is let in, too."""
    await core.channels.install(ada, WorkspaceDraft(surface=Surface.SLACK, id="T1", name="Acme"))
    return await core.queries.create(
        ada,
        QueryDraft(
            title="Revenue",
            prompt="Revenue by month",
            sql="SELECT placed_at, total FROM orders WHERE placed_at >= {{since}} ORDER BY 1",
            connection="shop",
        ),
    )


def draft(**given: Any) -> NoticeDraft:
    usual = {
        "query": "Revenue",
        "parameters": {"since": "2025-01-01"},
        "when": "every Monday 9:00",
        "spot": SPOT,
        "channel_name": "sales",
    }
    return NoticeDraft.model_validate(usual | given)


@pytest.fixture
async def notice(core: Core, ada: Actor, query: Query) -> Notice:
    """Return a notice that comes every Monday at 09:00 UTC; it is 08:00."""
    return await core.notices.create(ada, draft())


@pytest.fixture
async def ann(core: Core, ada: Actor) -> Actor:
    """Return an analyst at Acme."""
    member = await core.identity.add_member(ada, name="Ann", email="ann@a.test", role=Role.ANALYST)
    return Actor.of(member, Surface.SLACK)
