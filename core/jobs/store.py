"""The table and statements of workers; their signs of life are those of every process."""

from collections.abc import Sequence

from sqlalchemy import JSON, Column, Table, Text, delete, insert, select

from core.db import Transaction, metadata
from core.pulse import Runners, runners

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("names", JSON, nullable=False),
)


class WorkerStore:
    """What each worker does; they belong to no organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def sign(self, worker: str, names: Sequence[str]) -> None:
        """Say that a worker does jobs of these *names*; forget workers long dead."""
        known = select(runners.c.id)
        await self._tx.execute(
            delete(workers).where((workers.c.id == worker) | workers.c.id.not_in(known))
        )
        await self._tx.execute(insert(workers).values(id=worker, names=list(names)))

    async def living(self) -> dict[str, tuple[str, ...]]:
        """Return the workers that live, each with the names of the jobs that it does."""
        living = await Runners(self._tx).living()
        rows = await self._tx.execute(select(workers.c.id, workers.c.names))
        return {id: tuple(names) for id, names in rows if id in living}

    async def remove(self, worker: str) -> None:
        """Forget a worker that ends in good order."""
        await self._tx.execute(delete(workers).where(workers.c.id == worker))
