"""Notices as members make and change them, and when they are due."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.app import Core
from core.channels import WorkspaceUnknown
from core.connections import (
    AudienceTooWide,
    Connection,
    ConnectionNotFound,
    ParameterInvalid,
    ParametersMissing,
    ParametersUnknown,
)
from core.errors import CoreError, Denied, Invalid
from core.identity import Actor, Audience, Role, Surface
from core.notices import (
    Notice,
    NoticedTooOften,
    NoticeNotFound,
    NoticeNotYours,
    WhenUnclear,
    ZoneUnknown,
)
from core.notices.store import NoticeStore
from core.page import PageAsked
from core.queries import Query, QueryDraft, QueryNotFound, QueryPromptOnly
from tests.core.notices.conftest import MONDAY, SPOT, Board, Clock, Doing, draft

NINE = MONDAY + timedelta(hours=1)
PRIVATE = SPOT.model_copy(update={"channel": "G1", "audience": Audience.PRIVATE})


@pytest.fixture
async def store_url(tmp_path: Path) -> str:
    """Return an empty store on SQLite: the engine does not matter here."""
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"when": "whenever"}, WhenUnclear),
        ({"when": "every minute"}, NoticedTooOften),
        ({"zone": "Mars/Phobos"}, ZoneUnknown),
        ({"query": "Nothing like it"}, QueryNotFound),
        ({"query": "Words"}, QueryPromptOnly),
        ({"parameters": {}}, ParametersMissing),
        ({"parameters": {"since": "2025-01-01", "till": 1}}, ParametersUnknown),
        ({"parameters": {"since": "x" * 30_000}}, Invalid),
        ({"connection": "nowhere"}, ConnectionNotFound),
        ({"spot": SPOT.model_copy(update={"workspace": "T9"})}, WorkspaceUnknown),
    ],
)
async def test_what_cannot_be_posted_is_refused_at_once(
    core: Core, ada: Actor, query: Query, given: dict[str, Any], refusal: type[CoreError]
) -> None:
    await core.queries.create(ada, QueryDraft(title="Words", prompt="?"))

    with pytest.raises(refusal):
        await core.notices.create(ada, draft(**given))
    assert (await core.notices.list(ada, PageAsked())).total == 0


async def test_a_key_that_may_do_less_than_its_member_leaves_nothing_for_later(
    core: Core, ada: Actor, query: Query
) -> None:
    lesser = ada.model_copy(update={"role": Role.ANALYST})

    with pytest.raises(Denied, match="a key of your own"):
        await core.notices.create(lesser, draft())


async def test_a_value_that_the_sql_surely_does_not_take_is_refused(
    core: Core, ada: Actor, query: Query
) -> None:
    sql = "SELECT total FROM orders ORDER BY 1 LIMIT {{rows}}"
    await core.queries.create(ada, QueryDraft(title="Top", prompt="?", sql=sql, connection="shop"))

    with pytest.raises(ParameterInvalid):
        await core.notices.create(ada, draft(query="Top", parameters={"rows": "many"}))


async def test_a_viewer_makes_none_and_changes_none(core: Core, vic: Actor, notice: Notice) -> None:
    with pytest.raises(Denied):
        await core.notices.create(vic, draft())
    for verb in (core.notices.pause, core.notices.resume, core.notices.delete):
        with pytest.raises(Denied):
            await verb(vic, notice.id)
    assert (await core.notices.list(vic, PageAsked())).items == (notice,)


async def test_a_connection_tells_no_wider_audience_than_it_may(
    core: Core, ada: Actor, query: Query, shop: Connection
) -> None:
    outside = SPOT.model_copy(update={"audience": Audience.OUTSIDE})

    with pytest.raises(AudienceTooWide):
        await core.notices.create(ada, draft(spot=outside))


async def test_a_workspace_of_another_organization_is_unknown_but_to_its_own_platform(
    core: Core, ada: Actor, eve: Actor, query: Query
) -> None:
    await core.queries.create(eve, QueryDraft(title="Mine", prompt="?", sql="SELECT 1 AS a"))

    with pytest.raises(WorkspaceUnknown):
        await core.notices.create(eve, draft(query="Mine", parameters={}))


async def test_another_connection_than_the_querys_own_is_remembered(
    core: Core, ada: Actor, query: Query, shop: Connection
) -> None:
    named = await core.notices.create(ada, draft(connection="shop"))

    assert named.connection_id == shop.id


async def test_its_maker_or_an_admin_pauses_resumes_and_deletes(
    core: Core, ada: Actor, ann: Actor, query: Query, clock: Clock
) -> None:
    other = await core.identity.add_member(ada, name="Bo", email="bo@a.test", role=Role.ANALYST)
    bo = Actor.of(other, Surface.SLACK)
    made = await core.notices.create(ann, draft())

    for verb in (core.notices.pause, core.notices.resume, core.notices.delete):
        with pytest.raises(NoticeNotYours):
            await verb(bo, made.id)
    paused = await core.notices.pause(ann, made.id)
    assert (paused.paused, paused.next_at) == (True, None)
    assert await core.notices.pause(ada, made.id) == paused
    clock.later(days=8)
    resumed = await core.notices.resume(ada, made.id)
    assert resumed == made.model_copy(update={"next_at": NINE + timedelta(days=14)})
    assert (await core.notices.find(ann, made.id)) == resumed
    await core.notices.delete(ada, made.id)
    with pytest.raises(NoticeNotFound):
        await core.notices.delete(ann, made.id)


@pytest.mark.parametrize(
    ("hours", "posted"), [(5.9, [NINE]), (6.1, []), (24 * 7 + 5, [NINE + timedelta(days=7)])]
)
async def test_of_what_was_missed_the_latest_is_posted_late_if_it_is_not_too_late(
    core: Core,
    ada: Actor,
    notice: Notice,
    clock: Clock,
    doing: Doing,
    board: Board,
    hours: float,
    posted: list[Any],
) -> None:
    clock.at = NINE + timedelta(hours=hours)
    await core.notices.tick(clock())
    await doing.done(clock)

    assert [each.at for each in board.postings] == posted
    following = (await core.notices.find(ada, notice.id)).next_at
    assert following is not None
    assert following > clock()


async def test_what_rests_or_was_deleted_meanwhile_is_not_posted(
    core: Core, ada: Actor, query: Query, clock: Clock, doing: Doing, board: Board
) -> None:
    rests, gone = [await core.notices.create(ada, draft()) for _ in range(2)]
    clock.later(hours=1)
    await core.notices.tick(clock())
    await core.notices.pause(ada, rests.id)
    await core.notices.delete(ada, gone.id)

    assert sorted(each["ended"] for each in await doing.done(clock)) == ["deleted", "paused"]
    assert not board.postings


async def test_a_zone_that_ceased_to_exist_holds_nobody_up(
    core: Core, ada: Actor, query: Query, clock: Clock, doing: Doing
) -> None:
    lost, fine = [await core.notices.create(ada, draft()) for _ in range(2)]
    async with core.notices._db.transaction() as tx:
        values = {"zone": "Europe/Atlantis"}
        await NoticeStore(tx).change(ada.organization_id, lost.id, values)
    clock.later(hours=1)
    await core.notices.tick(clock())

    assert [job.given["notice"] for job, _after in doing.waiting] == [fine.id]
    seen = await core.notices.find(ada, lost.id)
    assert (seen.paused, seen.problem) == (True, ZoneUnknown().message)
