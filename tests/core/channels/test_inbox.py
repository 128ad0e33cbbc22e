"""What was heard is answered once, whoever comes twice, goes, or dies meanwhile."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy import text as sql
from structlog.testing import capture_logs

from core.app import Core, build
from core.channels import HeardInvalid, Hearing, Stopping
from core.channels.batch import Batch
from core.channels.heard import heard
from core.db import Database, StoreUnavailable
from core.identity import Actor, Surface
from core.ids import ChatId, MessageId, now
from core.secrets import Vault

BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
SLACK, DISCORD = Surface.SLACK, Surface.DISCORD
SAID = {"text": "What did we sell? \ud83d \x00 売上", "ts": 1.5, "files": [None, True]}
"""Half of an emoji and a NUL, as a platform may hand them on."""


async def rows(db: Database) -> list[dict[str, Any]]:
    async with db.reading() as tx:
        return [dict(row) for row in (await tx.execute(select(heard))).mappings()]


async def hear(core: Core, id: str, surface: Surface = SLACK) -> bool:
    return await core.channels.hear(surface, "T1", id, SAID)


async def die(core: Core, db: Database, *, known: bool = False) -> None:
    """Let a core look dead: its time has passed, or it is known to be gone; and it says nothing."""
    watching = core.channels._inbox._watching
    assert watching is not None
    watching.cancel()
    mine = {"id": core.channels._inbox._pulse.runner}
    late = "process = process || '0'" if known else "alive_until = '2020-01-01 00:00:00+00'"
    async with db.transaction() as tx:
        await tx.execute(sql(f"UPDATE runners SET {late} WHERE id = :id"), mine)


def ids(found: tuple[Hearing, ...]) -> list[str]:
    return [each.id for each in found]


# Once


@BOTH
async def test_what_is_delivered_twice_is_heard_once(core: Core, elsewhere: Core) -> None:
    assert await hear(core, "Ev1") is True
    assert await hear(core, "Ev1") is False
    assert await hear(elsewhere, "Ev1") is False
    assert await hear(core, "Ev1", DISCORD) is True

    await core.channels.done(SLACK, "Ev1")

    assert await hear(elsewhere, "Ev1") is False
    assert await elsewhere.channels.orphans(SLACK) == ()


@BOTH
async def test_what_two_processes_hear_at_once_is_one_processs(core: Core, elsewhere: Core) -> None:
    """In whichever order: neither waits for what the other one keeps."""
    ids = [f"Ev{at:03}" for at in range(100)]
    await hear(core, "warm")
    await hear(elsewhere, "warm too")

    one, other = await asyncio.gather(
        asyncio.gather(*(hear(core, id) for id in ids)),
        asyncio.gather(*(hear(elsewhere, id) for id in reversed(ids))),
    )

    assert all(here is not there for here, there in zip(one, reversed(other), strict=True))


async def test_a_burst_is_a_few_transactions(core: Core, db: Database) -> None:
    begun: list[str] = []

    @event.listens_for(db._engine.sync_engine, "commit")
    def count(_connection: object) -> None:
        begun.append("")

    told = await asyncio.gather(*(hear(core, f"Ev{at}") for at in range(500)))
    await asyncio.gather(*(core.channels.done(SLACK, f"Ev{at}") for at in range(500)))

    assert all(told)
    assert len(begun) < 10


async def test_an_id_that_no_store_keeps_spoils_nothing_for_others(core: Core) -> None:
    odd = ("", "a\x00b", "\ud83d", "x" * 1001)
    told = await asyncio.gather(*(hear(core, id) for id in (*odd, "Ev1")), return_exceptions=True)

    assert [type(each) for each in told] == [HeardInvalid] * 4 + [bool]
    with pytest.raises(HeardInvalid):
        await core.channels.hear(SLACK, "", "Ev2", SAID)


@BOTH
async def test_what_is_kept_cannot_be_read_and_goes_when_it_is_answered(
    core: Core, db: Database, ada: Actor
) -> None:
    await hear(core, "Ev1")
    anchor = {"token": "of an interaction"}
    assert await core.channels.begun(
        SLACK, "Ev1", ada, chat_id=ChatId("c"), message_id=MessageId("m"), anchor=anchor
    )
    (kept,) = await rows(db)
    await core.channels.done(SLACK, "Ev1")
    (left,) = await rows(db)

    assert "What did we sell" not in str(kept)
    assert "interaction" not in str(kept)
    assert (kept["chat_id"], kept["member_id"]) == ("c", ada.member_id)
    told = {name for name, value in left.items() if value is not None}
    assert told == {"surface", "workspace", "id", "heard_at"}
    await core.channels.done(SLACK, "Ev1")
    assert await core.channels.begun(SLACK, "Ev1", ada) is False


@BOTH
async def test_ids_are_remembered_for_a_day(core: Core, db: Database) -> None:
    for id in ("Ev1", "Ev2", "Ev3"):
        await hear(core, id)
    await core.channels.done(SLACK, "Ev1")
    for id, hours in (("Ev1", 23), ("Ev2", 25)):
        at = now() - timedelta(hours=hours)
        async with db.transaction() as tx:
            await tx.execute(heard.update().where(heard.c.id == id).values(heard_at=at))
    core.channels._inbox._swept = 0.0

    await hear(core, "Ev4")

    assert {row["id"] for row in await rows(db)} == {"Ev1", "Ev3", "Ev4"}


# Whoever dies


@BOTH
@pytest.mark.parametrize("known", [True, False])
async def test_what_a_dead_process_left_is_taken_up_as_it_was(
    core: Core, elsewhere: Core, db: Database, ada: Actor, known: bool
) -> None:
    await hear(core, "Ev1")
    await hear(core, "Ev2")
    await hear(core, "Ev3")
    await core.channels.begun(
        SLACK, "Ev2", ada, chat_id=ChatId("c"), message_id=MessageId("m"), anchor={"ts": "1.5"}
    )
    await core.channels.done(SLACK, "Ev3")
    assert await elsewhere.channels.orphans(SLACK) == ()

    await die(core, db, known=known)
    assert await elsewhere.channels.orphans(DISCORD) == ()
    first, second = await elsewhere.channels.orphans(SLACK)

    assert (first.id, first.workspace, first.payload, first.anchor) == ("Ev1", "T1", SAID, None)
    assert first.member_id is None
    assert (second.id, second.anchor, second.chat_id, second.message_id) == (
        "Ev2",
        {"ts": "1.5"},
        "c",
        "m",
    )
    assert (second.organization_id, second.member_id) == (ada.organization_id, ada.member_id)
    assert await elsewhere.channels.orphans(SLACK) == ()
    # The one that was believed dead is told that it is no longer its own.
    assert await core.channels.begun(SLACK, "Ev1", ada) is False
    assert await elsewhere.channels.begun(SLACK, "Ev1", ada) is True


@BOTH
async def test_no_two_processes_take_up_the_same(
    core: Core, elsewhere: Core, db: Database, vault: Vault
) -> None:
    third = build(db, vault)
    for at in range(40):
        await hear(core, f"Ev{at:02}")
    await die(core, db)

    found = await asyncio.gather(*(each.channels.orphans(SLACK) for each in (elsewhere, third) * 3))
    await third.channels.close()

    assert sorted(id for each in found for id in ids(each)) == [f"Ev{at:02}" for at in range(40)]


async def test_much_is_taken_up_in_parts_the_oldest_first(
    core: Core, elsewhere: Core, db: Database
) -> None:
    await asyncio.gather(*(hear(core, f"Ev{at:04}") for at in range(700)))
    await die(core, db)

    first = await elsewhere.channels.orphans(SLACK)
    rest = await elsewhere.channels.orphans(SLACK)

    assert (len(first), len(rest)) == (500, 200)
    assert ids(first) + ids(rest) == [f"Ev{at:04}" for at in range(700)]


@BOTH
async def test_a_process_that_ends_well_leaves_the_rest_at_once(
    core: Core, elsewhere: Core, db: Database
) -> None:
    ending = build(db, core.channels._vault)
    await hear(ending, "Ev1")
    await hear(ending, "Ev2")
    await ending.channels.done(SLACK, "Ev1")

    await ending.channels.close()

    assert ids(await elsewhere.channels.orphans(SLACK)) == ["Ev2"]
    with pytest.raises(Stopping):
        await hear(ending, "Ev3")
    assert await ending.channels.orphans(SLACK) == ()


async def test_a_process_that_was_killed_leaves_what_it_heard(
    core: Core, store_url: str, tmp_path: Path
) -> None:
    script = tmp_path / "hears.py"
    script.write_text(
        "import asyncio\n"
        "from core.app import build\n"
        "from core.db import Database\n"
        "from core.identity import Surface\n"
        "from core.secrets import Vault\n"
        "async def main():\n"
        "    vault = Vault(['a key for tests, and for nothing else'])\n"
        f"    core = build(Database({store_url!r}), vault)\n"
        "    await core.channels.hear(Surface.SLACK, 'T1', 'Ev1', {'text': 'Who?'})\n"
        "    print('heard', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    house = str(Path(__file__).parents[3])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": house},
    )
    async with asyncio.timeout(60):
        assert process.stdout is not None
        assert await process.stdout.readline() == b"heard\n"
        living = await core.channels.orphans(SLACK)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        (left,) = await core.channels.orphans(SLACK)

    assert living == ()
    assert left.payload == {"text": "Who?"}


async def test_what_was_sealed_with_a_lost_key_is_forgotten(
    core: Core, db: Database, vault: Vault
) -> None:
    await hear(core, "Ev1")
    await die(core, db)
    other = build(db, Vault(["another"]))

    assert await other.channels.orphans(SLACK) == ()

    await other.channels.close()
    assert (await rows(db))[0]["payload"] is None


# Whoever goes


async def test_what_was_heard_for_somebody_who_is_gone_is_left_to_others(
    core: Core, elsewhere: Core, db: Database
) -> None:
    """The row is on its way when its asker is cancelled: nobody here answers it, so others may."""
    async with db.transaction():  # nobody else may write
        hearing = asyncio.ensure_future(hear(core, "Ev1"))
        for _ in range(3):
            await asyncio.sleep(0)
        hearing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hearing
    await core.channels._inbox._hearing.settle()
    await asyncio.gather(*core.channels._inbox._tasks)

    assert ids(await elsewhere.channels.orphans(SLACK)) == ["Ev1"]


async def test_a_second_delivery_that_is_cancelled_takes_nothing_from_the_first(
    core: Core, elsewhere: Core
) -> None:
    first = asyncio.ensure_future(hear(core, "Ev1"))
    second = asyncio.ensure_future(hear(core, "Ev1"))
    await asyncio.sleep(0)
    second.cancel()

    assert await first is True
    await core.channels._inbox._hearing.settle()
    assert not core.channels._inbox._tasks
    assert await elsewhere.channels.orphans(SLACK) == ()


async def test_whoever_goes_before_it_is_kept_leaves_nothing(core: Core, db: Database) -> None:
    hearing = asyncio.ensure_future(hear(core, "Ev1"))
    await asyncio.sleep(0)
    hearing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hearing
    await core.channels._inbox._hearing.settle()

    assert await rows(db) == []
    assert await hear(core, "Ev1") is True


# A store that is away


class Away:
    """A store that does not answer, until it does."""

    def __init__(self, db: Database) -> None:
        self.away = False

        @event.listens_for(db._engine.sync_engine, "begin", insert=True)
        def begin(_connection: object) -> None:
            if self.away:
                raise StoreUnavailable


@pytest.fixture
def away(db: Database) -> Away:
    return Away(db)


async def test_what_was_answered_while_the_store_is_away_is_told_to_it_later(
    core: Core, db: Database, away: Away
) -> None:
    await hear(core, "Ev1")
    away.away = True
    with capture_logs() as logged:
        await core.channels.done(SLACK, "Ev1")
    with pytest.raises(StoreUnavailable):
        await hear(core, "Ev2")
    away.away = False

    await core.channels.close()

    assert [each["event"] for each in logged] == ["what was answered waits for the store"]
    (row,) = await rows(db)
    assert (row["id"], row["payload"]) == ("Ev1", None)


async def test_the_watch_outlives_a_store_that_is_away(
    core: Core, db: Database, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.channels.inbox.ALIVE", 0.02)
    monkeypatch.setattr("core.pulse.pulse.ALIVE", 0.01)
    await hear(core, "Ev1")
    watching = core.channels._inbox._watching
    assert watching is not None
    away.away = True
    with capture_logs() as logged:
        for _ in range(1000):
            await asyncio.sleep(0.005)
            if logged:
                break
    away.away = False
    await core.channels.done(SLACK, "Ev1")
    async with asyncio.timeout(10):
        await watching

    assert logged[0]["event"] == "what was heard waits for the store"
    assert (await rows(db))[0]["payload"] is None


# Batches


async def test_what_fails_is_raised_to_each_and_the_next_is_done() -> None:
    done: list[list[int]] = []

    async def work(items: Any) -> Any:
        await asyncio.sleep(0)
        done.append(list(items))
        if 3 in items:
            raise ValueError("three")
        return items

    batch: Batch[int, int] = Batch(work, most=2)
    ended = await asyncio.gather(*(batch.do(each) for each in range(6)), return_exceptions=True)

    assert done == [[0, 1], [2, 3], [4, 5]]
    assert [each if isinstance(each, int) else str(each) for each in ended] == [
        *(0, 1, "three", "three", 4, 5)
    ]
    assert await batch.do(7) == 7


@BOTH
async def test_what_is_not_answered_yet_is_found_by_whichever_process(
    core: Core, elsewhere: Core, ada: Actor
) -> None:
    await hear(core, "Ev1")
    chat, message = ChatId("c"), MessageId("m")
    await core.channels.begun(SLACK, "Ev1", ada, chat_id=chat, message_id=message)
    found = await elsewhere.channels.under_way(SLACK, "Ev1")
    await core.channels.done(SLACK, "Ev1")

    assert found is not None
    assert (found.chat_id, found.message_id, found.member_id) == (chat, message, ada.member_id)
    assert found.payload == SAID
    assert await elsewhere.channels.under_way(SLACK, "Ev1") is None
    assert await elsewhere.channels.under_way(DISCORD, "Ev1") is None
