"""The table of the processes that share a store, its statements, and the one clock of them all."""

from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    ColumnElement,
    Interval,
    Table,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
    type_coerce,
    update,
)

from core import process
from core.db import Moment, Transaction, metadata
from core.ids import now

FORGOTTEN = 86_400.0
"""Seconds after which a process that died is forgotten."""

runners = Table(
    "runners",
    metadata,
    Column("id", Text, primary_key=True),
    Column("process", Text),
    Column("alive_until", Moment, nullable=False),
)


class Runners:
    """The processes that work for whoever uses the store; they belong to no organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def live(self, runner: str, process: str | None, seconds: float) -> None:
        """Say that a process lives for some more *seconds*; forget those long dead."""
        until = clock(self._tx, seconds)
        mine = runners.c.id == runner
        done = await self._tx.execute(update(runners).where(mine).values(alive_until=until))
        if done.rowcount == 0:
            values = {"id": runner, "process": process, "alive_until": until}
            await self._tx.execute(insert(runners).values(**values))
            long_dead = runners.c.alive_until < clock(self._tx, -FORGOTTEN)
            await self._tx.execute(delete(runners).where(long_dead))

    async def living(self) -> tuple[str, ...]:
        """Return the processes that live."""
        statement = select(runners.c.id, runners.c.process)
        rows = await self._tx.execute(statement.where(runners.c.alive_until > clock(self._tx)))
        return tuple(id for id, name in rows if not process.gone(name))

    async def remove(self, runner: str) -> None:
        """Forget a process that ends in good order."""
        await self._tx.execute(delete(runners).where(runners.c.id == runner))


def clock(tx: Transaction, seconds: float = 0.0) -> ColumnElement[datetime]:
    """Return the moment in so many *seconds*, by one clock for all processes.

    Machines that share a store on PostgreSQL go by its clock; those on SQLite are one machine.
    """
    if tx.dialect.name == "postgresql":
        ahead = literal(timedelta(seconds=seconds), Interval)
        return type_coerce(func.clock_timestamp() + ahead, Moment)
    return literal(now() + timedelta(seconds=seconds), Moment)
