"""A process says that it lives, as seldom as it can, and others believe it for a while."""

import asyncio

import pytest
from sqlalchemy import event, text

from core.db import Database, Transaction
from core.pulse import ALIVE, Pulse, Runners


async def living(db: Database) -> set[str]:
    async with db.reading() as tx:
        return set(await Runners(tx).living())


async def test_it_lives_from_its_first_sign_until_it_ends(db: Database) -> None:
    one, other = Pulse(db), Pulse(db)
    assert one.runner != other.runner
    assert await living(db) == set()
    await one.end()  # nothing was said, and nothing is taken back

    await one.alive()
    await other.alive()
    assert await living(db) == {one.runner, other.runner}

    await one.end()
    assert await living(db) == {other.runner}
    await one.alive()
    assert await living(db) == {one.runner, other.runner}


async def test_whoever_asks_at_once_makes_one_sign(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse, said = Pulse(db), list[str]()

    @event.listens_for(db._engine.sync_engine, "commit")
    def count(_connection: object) -> None:
        said.append("")

    await asyncio.gather(*(pulse.alive() for _ in range(50)))
    await pulse.alive()
    assert len(said) == 1
    pulse._live_until -= ALIVE / 2
    await pulse.alive()
    assert len(said) == 2


async def test_a_process_that_is_late_or_gone_does_not_live(db: Database) -> None:
    late, gone = Pulse(db), Pulse(db)
    await late.alive()
    await gone.alive()

    async def change(tx: Transaction, what: str, runner: str) -> None:
        await tx.execute(text(f"UPDATE runners SET {what} WHERE id = :id"), {"id": runner})

    async with db.transaction() as tx:
        await change(tx, "alive_until = '2020-01-01 00:00:00+00'", late.runner)
        await change(tx, "process = process || '0'", gone.runner)

    assert await living(db) == set()
    late._live_until = 0.0
    await late.alive()
    assert await living(db) == {late.runner}
    third = Pulse(db)
    async with db.transaction() as tx:
        await change(tx, "alive_until = '2020-01-01 00:00:00+00'", gone.runner)
    await third.alive()
    async with db.reading() as tx:
        kept = set(await tx.scalars(text("SELECT id FROM runners")))
    assert kept == {late.runner, third.runner}
