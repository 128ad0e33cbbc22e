"""Who watches over workers: signs of life, the work of the dead, and what is over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from anyio import to_thread

from core.db import Database, StoreUnavailable
from core.ids import now
from core.jobs.errors import JobsUnavailable
from core.jobs.runners.told import ENDED, refusing
from core.jobs.store import WorkerStore
from core.pulse import ALIVE, Pulse

if TYPE_CHECKING:  # see durable.py
    from dbos import DBOSClient

BEAT = ALIVE * 0.4
"""Seconds between two signs of life, and between two looks for work of the dead."""
KEPT = timedelta(days=7)
"""How long a job that ended is remembered."""
BRIEFLY = timedelta(hours=1)
"""How long the ticks of a schedule are."""
SWEPT = 3600.0
"""Seconds between two times at which what is older is forgotten."""
BATCH = 500

log = structlog.get_logger()


class Watch:
    """The chores of a worker beside its jobs; what fails comes again."""

    def __init__(
        self,
        client: "DBOSClient",
        db: Database,
        pulse: Pulse,
        names: Sequence[str],
        *,
        beat: float,
        kept: timedelta,
    ) -> None:
        """Watch over a worker that does jobs of these *names*.

        Args:
            client: knows what is done where.
            db: our own store, in which workers see each other.
            pulse: the sign of life of this process.
            names: of the jobs that it does.
            beat: seconds between two signs.
            kept: how long a job that ended is remembered.
        """
        self._client = client
        self._db = db
        self._pulse = pulse
        self._names = tuple(names)
        self._beat = beat
        self._kept = kept

    async def run(self, *, brief: list[str]) -> None:
        """Do the chores until cancelled; jobs of the names in *brief* are not remembered long."""
        loop = asyncio.get_running_loop()
        seen, swept = loop.time(), loop.time() - SWEPT
        await self._done(self.adopt)
        while True:
            await asyncio.sleep(self._beat)
            if not await self._done(self._pulse.alive):
                continue
            # After a while without the store everybody looks dead; they get a moment to sign.
            if loop.time() - seen < ALIVE:
                await self._done(self.adopt)
            seen = loop.time()
            if seen - swept >= SWEPT and await self._done(partial(self.sweep, brief)):
                swept = seen

    async def sign(self) -> None:
        """Say that this process is a worker, and what it does."""
        await self._pulse.alive()
        async with self._db.transaction() as tx:
            await WorkerStore(tx).sign(self._pulse.runner, self._names)

    async def adopt(self) -> None:
        """Put the work of those who live no more back where workers find it.

        One that is slow and lives may be taken for dead: from then on DBOS lets it remember no
        part of that work, and it stops there.
        """
        from dbos import DBOS  # noqa: PLC0415 - see durable.py

        ask = partial(
            self._client.list_workflows, status="PENDING", load_input=False, load_output=False
        )
        with refusing():
            workers = {str(each.executor_id) for each in await to_thread.run_sync(ask)}
        async with self._db.reading() as tx:
            living = await WorkerStore(tx).living()
        if self._pulse.runner not in living:
            return await self.sign()  # it slept so long that it was forgotten
        if dead := sorted(workers - living.keys()):
            log.info("taking over from dead workers", workers=dead)
            with refusing():
                # What is public of this is a service that its makers sell.
                recover = partial(DBOS._recover_pending_workflows, dead)  # noqa: SLF001
                await to_thread.run_sync(recover)
        return None

    async def sweep(self, brief: list[str]) -> None:
        """Forget what ended long ago."""
        if brief:
            await self._forget(now() - BRIEFLY, brief)
        await self._forget(now() - self._kept)

    async def _forget(self, before: datetime, names: list[str] | None = None) -> None:
        ask = partial(
            self._client.list_workflows,
            status=ENDED,
            name=names,
            completed_before=before.isoformat(),
            limit=BATCH,
            load_input=False,
            load_output=False,
        )
        while True:
            with refusing():
                ids = [each.workflow_id for each in await to_thread.run_sync(ask)]
                if ids:
                    await to_thread.run_sync(partial(self._client.delete_workflows, ids))
            if len(ids) < BATCH:
                return

    async def _done(self, chore: Callable[[], Awaitable[None]]) -> bool:
        """Return whether a chore was done."""
        try:
            await chore()
        except (StoreUnavailable, JobsUnavailable) as refusal:
            log.warning("the worker waits for its store", reason=refusal.message)
            return False
        except Exception:  # the edge of a task that nobody awaits
            log.exception("a chore of the worker failed")
            return False
        return True
