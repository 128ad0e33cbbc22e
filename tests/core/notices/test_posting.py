"""One posting: what it says, and what it does when something stands in its way."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.app import Core
from core.channels import WorkspaceDraft
from core.connections import ConnectionBusy, ConnectionFailed
from core.errors import Limited, Unavailable
from core.identity import Actor, Audience, Role, Surface
from core.notices import Notice, NoticeNotFound, PosterGone
from core.notices.posting import plainly
from core.queries import Query, QueryChange
from tests.core.notices.conftest import MONDAY, Board, Clock, Doing, draft

NINE = MONDAY + timedelta(hours=1)


@pytest.fixture
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


class Down(Unavailable):
    """The platform is down."""


async def due(core: Core, clock: Clock, doing: Doing, *, days: float = 0) -> list[Any]:
    """Go on to the next Monday, 09:00, and do what is due then."""
    clock.at = max(clock.at, NINE) + timedelta(days=days)
    await core.notices.tick(clock())
    return await doing.done(clock)


async def test_an_answer_has_its_table_its_chart_and_how_many_rows_there_are(
    core: Core, ada: Actor, notice: Notice, query: Query, clock: Clock, doing: Doing, board: Board
) -> None:
    await core.queries.update(ada, query.id, QueryChange(title="Sales, monthly"))
    await due(core, clock, doing)

    (posting,) = board.postings
    assert posting.grid is not None
    assert [row[0] for row in posting.grid.rows] == ["2025-01-31", "2025-02-01", "2025-02-14"]
    assert posting.chart is not None
    assert posting.chart.title == "Sales, monthly"
    assert (posting.notes, posting.refusal) == (("3 rows",), None)
    assert posting.answer is not None
    assert posting.answer.connection == "shop"
    assert (await core.notices.find(ada, notice.id)).title == "Sales, monthly"
    assert not board.asked  # nobody began to post it before


async def test_no_rows_are_an_answer(
    core: Core, ada: Actor, query: Query, clock: Clock, doing: Doing, board: Board
) -> None:
    await core.notices.create(ada, draft(parameters={"since": "2030-01-01"}))
    assert await due(core, clock, doing) == [{"ended": "posted"}]

    (posting,) = board.postings
    assert (posting.grid, posting.chart, posting.notes) == (None, None, ("0 rows",))


async def test_a_platform_that_is_down_is_tried_again(
    core: Core, notice: Notice, clock: Clock, doing: Doing, board: Board
) -> None:
    board.refusals = [Down(), Limited(), RuntimeError("a bug of the surface"), Down(), Down()]

    came = await due(core, clock, doing)

    assert came == [{"again": wait} for wait in (15, 30, 60, 120, 240)] + [{"ended": "posted"}]
    assert clock() - NINE == timedelta(seconds=465)
    assert len(board.postings) == 1
    assert len(set(board.asked)) == 1  # before each new attempt


async def test_a_posting_whose_end_was_not_heard_is_not_posted_again(
    core: Core, ada: Actor, notice: Notice, clock: Clock, doing: Doing, board: Board
) -> None:
    board.refusals, board.vanishing = [Down()], True

    assert await due(core, clock, doing) == [{"again": 15}, {"ended": "posted"}]
    assert len(board.postings) == 1
    assert (await core.notices.find(ada, notice.id)).last_at == NINE


async def test_a_platform_that_stays_down_is_left_for_the_next_time(
    core: Core, ada: Actor, notice: Notice, clock: Clock, doing: Doing, board: Board
) -> None:
    board.deaf = Down()

    came = await due(core, clock, doing)

    assert came[-1] == {"ended": "too late"}
    assert timedelta(hours=5, minutes=50) < clock() - NINE < timedelta(hours=6)
    seen = await core.notices.find(ada, notice.id)
    assert (seen.paused, seen.problem) == (False, "The platform is down.")
    board.deaf = None
    clock.at = NINE
    assert await due(core, clock, doing, days=7) == [{"ended": "posted"}]
    assert (await core.notices.find(ada, notice.id)).problem is None


async def test_what_waited_so_long_that_the_next_time_came_gives_way_to_it(
    core: Core, ada: Actor, query: Query, clock: Clock, doing: Doing, board: Board
) -> None:
    await core.notices.create(ada, draft(when="every 5 minutes"))
    clock.at = NINE
    await core.notices.tick(clock())
    await core.notices.tick(clock.later(minutes=5))

    assert await doing.done(clock) == [{"ended": "too late"}, {"ended": "posted"}]
    assert [each.at for each in board.postings] == [NINE + timedelta(minutes=5)]


async def test_a_database_that_is_away_is_asked_again_for_an_hour(
    core: Core,
    ada: Actor,
    notice: Notice,
    shop_file: Path,
    clock: Clock,
    doing: Doing,
    board: Board,
) -> None:
    away = shop_file.rename(shop_file.with_suffix(".away"))

    came = await due(core, clock, doing)
    assert came[-1] == {"ended": "failed"}
    assert timedelta(hours=1) <= clock() - NINE < timedelta(hours=1, minutes=6)
    assert board.refused == ["The database cannot be reached. It is tried again at its next time."]
    away.rename(shop_file)
    clock.at = NINE
    assert await due(core, clock, doing, days=7) == [{"ended": "posted"}]


async def test_a_query_that_fails_says_so_once_and_pauses_after_five_times(
    core: Core,
    ada: Actor,
    notice: Notice,
    shop_file: Path,
    clock: Clock,
    doing: Doing,
    board: Board,
) -> None:
    with sqlite3.connect(shop_file) as handle:
        handle.execute("ALTER TABLE orders RENAME COLUMN total TO secret_total")
    handle.close()

    for week in range(5):
        (came,) = await due(core, clock, doing, days=7 * bool(week))
        assert came == {"ended": "failed" if week < 4 else "paused"}

    said = "The database refused the statement."
    assert board.refused == [
        f"{said} It is tried again at its next time.",
        f"{said} The notice is paused; when this is mended, resume it.",
    ]
    seen = await core.notices.find(ada, notice.id)
    assert (seen.paused, seen.next_at, seen.problem) == (True, None, said)
    assert await due(core, clock, doing, days=7) == []

    with sqlite3.connect(shop_file) as handle:
        handle.execute("ALTER TABLE orders RENAME COLUMN secret_total TO total")
    handle.close()
    resumed = await core.notices.resume(ada, notice.id)
    assert (resumed.problem, resumed.paused) == (None, False)
    assert await due(core, clock, doing, days=7) == [{"ended": "posted"}]


async def test_success_ends_a_row_of_failures(
    core: Core, ada: Actor, notice: Notice, query: Query, clock: Clock, doing: Doing, board: Board
) -> None:
    sql = query.sql
    for broken in (True, False) * 3:
        await core.queries.update(
            ada, query.id, QueryChange(sql="SELECT nothing, {{since}} AS s" if broken else sql)
        )
        await due(core, clock, doing, days=7)

    assert [each is None for each in board.refused] == [False, True] * 3


async def test_a_deleted_query_a_removed_connection_and_a_lost_workspace_are_told_apart(
    core: Core, ada: Actor, notice: Notice, query: Query, clock: Clock, doing: Doing, board: Board
) -> None:
    await core.queries.delete(ada, query.id)
    assert await due(core, clock, doing) == [{"ended": "failed"}]
    assert board.refused == ["Query not found. It is tried again at its next time."]

    await core.channels.remove(ada, Surface.SLACK, "T1")
    assert await due(core, clock, doing, days=7) == [{"ended": "paused"}]
    problem = (await core.notices.find(ada, notice.id)).problem
    assert problem is not None
    assert problem.startswith("Trellis is not at home in this workspace")
    assert len(board.refused) == 1


async def test_a_notice_asks_on_behalf_of_its_maker_as_it_is_today(
    core: Core, ada: Actor, query: Query, clock: Clock, doing: Doing, board: Board
) -> None:
    member = await core.identity.add_member(ada, name="Ann", email="ann@a.test", role=Role.ANALYST)
    ann = Actor.of(member, Surface.CLI)
    made = await core.notices.create(ann, draft())
    await core.identity.change_role(ada, member.id, Role.VIEWER)

    assert await due(core, clock, doing) == [{"ended": "paused"}]
    (said,) = board.refused
    assert said is not None
    assert said.startswith("Whoever made this notice is no member any more, or may make no")
    assert (await core.notices.find(ada, made.id)).paused


async def test_who_hears_the_channel_now_counts(
    core: Core, ada: Actor, notice: Notice, clock: Clock, doing: Doing, board: Board
) -> None:
    board.hears = Audience.OUTSIDE  # the channel was opened to another organization

    assert await due(core, clock, doing) == [{"ended": "paused"}]
    (posting,) = board.postings
    assert posting.answer is None
    assert posting.refusal is not None
    assert "shop" not in posting.refusal


async def test_a_channel_that_is_gone_pauses_the_notice(
    core: Core, ada: Actor, notice: Notice, clock: Clock, doing: Doing, board: Board
) -> None:
    board.refusals = [PosterGone()]

    assert await due(core, clock, doing) == [{"ended": "paused"}]
    seen = await core.notices.find(ada, notice.id)
    assert seen.problem == "The channel is gone, or Trellis may not speak there any more."
    assert not board.postings


async def test_a_notice_of_a_workspace_that_went_to_another_organization_is_not_posted(
    core: Core, ada: Actor, eve: Actor, notice: Notice, clock: Clock, doing: Doing, board: Board
) -> None:
    await core.channels.remove(ada, Surface.SLACK, "T1")
    await core.channels.install(eve, WorkspaceDraft(surface=Surface.SLACK, id="T1", name="Eve's"))

    assert await due(core, clock, doing) == [{"ended": "paused"}]
    assert not board.postings


async def test_a_notice_that_is_deleted_while_it_is_posted_stays_so(
    core: Core, ada: Actor, notice: Notice, clock: Clock, doing: Doing, board: Board
) -> None:
    board.refusals = [Down()]
    clock.at = NINE
    await core.notices.tick(clock())
    job, _after = doing.waiting[0]
    await core.notices.delete(ada, notice.id)
    await core.notices._postings._done(notice, NINE)

    assert await doing.done(clock) == [{"ended": "deleted"}]
    with pytest.raises(NoticeNotFound):
        await core.notices.find(ada, notice.id)
    assert job.given["attempt"] == 0


def test_what_a_channel_is_told_quotes_nothing() -> None:
    failed = ConnectionFailed("db.internal:5432 refused user reader")

    assert plainly(failed) == "The database cannot be reached."
    assert plainly(ConnectionBusy("x")).startswith("Every session of this connection is busy")
    assert isinstance(failed, Unavailable)
