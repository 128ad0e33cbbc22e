"""What happened."""

import asyncio

import pytest

from core.app import Core
from core.audit import Audit, Outcome
from core.correlation import begin
from core.db import Database
from core.errors import Denied
from core.identity import Actor
from core.ids import now
from core.page import PageAsked


async def test_a_line_is_written_with_the_change_or_not_at_all(db: Database, ada: Actor) -> None:
    audit = Audit(db)

    async def fail() -> None:
        async with db.transaction() as tx:
            await audit.record(tx, ada, "thing.done", "1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await audit.list(ada, PageAsked())).total == 0


async def test_a_read_is_noted_with_how_it_ended(core: Core, ada: Actor) -> None:
    begin("request-1")
    core.audit.note(ada, "statement.run", "c1", outcome=Outcome.DENIED, details="x" * 9000)

    (event,) = (await core.audit.list(ada, PageAsked())).items

    assert (event.verb, event.subject, event.outcome) == ("statement.run", "c1", Outcome.DENIED)
    assert event.details is not None
    assert len(event.details) == 4000
    assert (event.correlation_id, event.surface) == ("request-1", "cli")


async def test_many_notes_are_kept_in_order_and_apart(core: Core, ada: Actor, eve: Actor) -> None:
    for number in range(1200):
        core.audit.note(ada if number % 2 else eve, "statement.run", str(number))

    page = await core.audit.list(ada, PageAsked(size=2))

    assert page.total == 600
    assert [event.subject for event in page.items] == ["1199", "1197"]
    assert (await core.audit.list(eve, PageAsked())).total == 600


async def test_a_text_that_no_store_keeps_spoils_no_other_note(core: Core, ada: Actor) -> None:
    for details in (
        "SELECT 1",
        "a\x00b",
        "half \ud800 of one",
        "Grüße, 'quoted' \"twice\" \\ 东京",
    ):
        core.audit.note(ada, "statement.run", "c1", details=details, duration_ms=0.125)

    page = await core.audit.list(ada, PageAsked())

    assert {event.details for event in page.items} == {
        "SELECT 1",
        "a\ufffdb",
        "half ? of one",
        "Grüße, 'quoted' \"twice\" \\ 东京",
    }
    assert {event.duration_ms for event in page.items} == {0.125}


async def test_a_note_is_read_as_it_was_written(core: Core, db: Database, ada: Actor) -> None:
    before = now()
    core.audit.note(ada, "statement.run", "c1", outcome=Outcome.FAILURE)
    await core.audit.settle()
    async with db.transaction() as tx:
        await core.audit.record(tx, ada, "query.created", "q1")

    record, note = (await core.audit.list(ada, PageAsked())).items

    assert before <= note.at <= record.at <= now()
    assert (note.details, note.duration_ms, note.outcome) == (None, None, Outcome.FAILURE)
    assert (note.member_id, note.organization_id) == (record.member_id, record.organization_id)


async def test_closing_writes_what_waits(db: Database, ada: Actor) -> None:
    audit = Audit(db)
    audit.note(ada, "statement.run", "c1")

    await audit.close()

    assert (await Audit(db).list(ada, PageAsked())).total == 1


async def test_closing_loses_no_note_that_is_being_written(db: Database, ada: Actor) -> None:
    audit, other = Audit(db), Audit(db)
    for number in range(6000):
        audit.note(ada, "statement.run", str(number))

    async with asyncio.timeout(10):
        while (await other.list(ada, PageAsked())).total == 0:
            pass
    await audit.close()

    assert (await other.list(ada, PageAsked())).total == 6000


async def test_only_who_may_reads_the_trail(core: Core, vic: Actor) -> None:
    with pytest.raises(Denied, match="audit:read"):
        await core.audit.list(vic, PageAsked())
