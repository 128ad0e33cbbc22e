"""What notices ask of the store, on either engine: kept, counted, seen, due."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from core.app import Core
from core.identity import Actor, Audience, Surface
from core.notices import (
    Notice,
    NoticeAmbiguous,
    NoticeNotFound,
    TooManyNotices,
)
from core.notices.store import notices
from core.page import PageAsked
from core.queries import Query, QueryChange
from tests.core.notices.conftest import MONDAY, SPOT, Board, Clock, Doing, draft

NINE = MONDAY + timedelta(hours=1)
PRIVATE = SPOT.model_copy(update={"channel": "G1", "audience": Audience.PRIVATE})


async def add(core: Core, *rows: dict[str, Any]) -> None:
    async with core.notices._db.transaction() as tx:
        await tx.execute(insert(notices), [{**each, "failures": 0} for each in rows])


async def test_a_notice_is_kept_as_it_was_wished(core: Core, ada: Actor, query: Query) -> None:
    made = await core.notices.create(ada, draft(zone="europe/berlin"))

    assert (await core.notices.list(ada, PageAsked())).items == (made,)
    assert (made.title, made.said, made.zone) == (
        "Revenue",
        "every Monday at 09:00",
        "Europe/Berlin",
    )
    assert made.next_at == MONDAY + timedelta(days=7)  # 09:00 in Berlin is now
    assert (made.spot, made.channel_name) == (SPOT, "sales")
    assert (made.connection_id, made.created_by_name) == (None, "Ada")
    history = [each.verb for each in (await core.audit.list(ada, PageAsked())).items]
    assert "notice.created" in history


async def test_what_is_posted_into_private_channels_is_for_those_who_are_there(
    core: Core, ada: Actor, ann: Actor, vic: Actor, query: Query
) -> None:
    mine = await core.notices.create(ann, draft(spot=PRIVATE))
    other = await core.notices.create(ann, draft())

    async def seen(actor: Actor, **given: Any) -> set[str]:
        return {each.id for each in (await core.notices.list(actor, PageAsked(), **given)).items}

    assert await seen(ann) == await seen(ada) == {mine.id, other.id}
    assert await seen(vic) == {other.id}
    assert await seen(vic, spot=PRIVATE) == {mine.id}
    with pytest.raises(NoticeNotFound):
        await core.notices.find(vic, mine.id)
    assert await core.notices.find(vic, "revenue") == other
    assert await core.notices.find(vic, "revenue", spot=PRIVATE) == mine
    with pytest.raises(NoticeAmbiguous, match=mine.id):
        await core.notices.find(ann, "Revenue")


async def test_there_is_an_end_to_how_many_there_may_be(
    core: Core, ada: Actor, ann: Actor, notice: Notice
) -> None:
    await add(core, *({**notice.model_dump(), "id": f"notice {each}"} for each in range(99)))

    with pytest.raises(TooManyNotices, match="100"):
        await core.notices.create(ada, draft())
    assert (await core.notices.create(ann, draft())).created_by == ann.member_id
    others = [{"id": f"other {each}", "created_by": f"member {each % 9}"} for each in range(899)]
    await add(core, *({**notice.model_dump(), **each} for each in others))
    with pytest.raises(TooManyNotices, match="1,000"):
        await core.notices.create(ann, draft())
    page = await core.notices.list(ada, PageAsked(number=2, size=300))
    assert (page.total, len(page.items), page.has_more) == (1000, 300, True)


async def test_what_is_due_is_posted_once_however_often_one_looks(
    core: Core, ada: Actor, notice: Notice, clock: Clock, doing: Doing, board: Board
) -> None:
    await core.notices.tick(clock())
    assert not doing.waiting

    clock.later(hours=1)
    await asyncio.gather(*(core.notices.tick(clock()) for _ in range(3)))
    assert await doing.done(clock) == [{"ended": "posted"}]
    await core.notices.tick(clock.later(minutes=1))

    assert not doing.waiting
    (posting,) = board.postings
    assert (posting.at, posting.notice.title) == (NINE, "Revenue")
    seen = await core.notices.find(ada, notice.id)
    assert (seen.last_at, seen.next_at) == (NINE, NINE + timedelta(days=7))


async def test_a_platform_that_no_worker_speaks_on_is_waited_for(
    core: Core, ada: Actor, query: Query, clock: Clock, doing: Doing, board: Board
) -> None:
    spot = SPOT.model_copy(update={"surface": Surface.DISCORD})
    there = ada.model_copy(update={"surface": Surface.DISCORD})
    made = await core.notices.create(there, draft(spot=spot))
    clock.later(hours=2)
    await core.notices.tick(clock())
    assert not doing.waiting
    assert (await core.notices.find(ada, made.id)).next_at == NINE

    core.notices.posts(Surface.DISCORD, board)
    await core.notices.tick(clock())
    assert [job.name for job, _after in doing.waiting] == ["notice.discord"]


async def test_many_are_due_at_once(
    core: Core, ada: Actor, notice: Notice, clock: Clock, doing: Doing
) -> None:
    await add(core, *({**notice.model_dump(), "id": f"notice {each}"} for each in range(450)))
    clock.later(hours=1)
    await core.notices.tick(clock())

    assert len(doing.waiting) == 451
    await core.queries.update(ada, notice.query_id, QueryChange(title="Sales"))
    await core.notices.tick(clock())
    assert len(doing.waiting) == 451
