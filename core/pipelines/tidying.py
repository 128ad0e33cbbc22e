"""The chores of pipelines: runs that nobody does any more, and those that are long over."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from anyio import to_thread

from core.db import Database
from core.ids import JobId
from core.jobs import JobState, Runner
from core.pipelines.records import Run, RunState
from core.pipelines.store import RunStore

EVERY = "*/5 * * * *"
TIDYING = "pipelines"
"""The name of the schedule that does them."""
LOST = timedelta(minutes=2)
"""After how long it is asked what became of a run that was left."""
GIVEN_UP = "The workers that did this run died too often; run it again."
BATCH = 500


class Tidying:
    """Does the chores, in whichever process works."""

    def __init__(
        self,
        db: Database,
        jobs: Runner,
        leave: Callable[[Run], Awaitable[JobId]],
        *,
        kept: timedelta,
        forget: Callable[[datetime], None],
        clock: Callable[[], datetime],
    ) -> None:
        """Do them every five minutes.

        Args:
            db: our own store.
            jobs: knows what became of the job of a run, and looks at the clock.
            leave: leaves a run to workers; left again it is the same job.
            kept: how long a run that ended is remembered, and what it has written.
            forget: removes what runs have written that wrote nothing since a moment.
            clock: what time it is.
        """
        self._db = db
        self._jobs = jobs
        self._leave = leave
        self._kept = kept
        self._forget = forget
        self._clock = clock
        jobs.each(TIDYING, EVERY, self.tick)

    async def tick(self, moment: datetime) -> None:
        """Forget runs that ended long ago; find those that nobody does or will ever do."""
        async with self._db.reading() as tx:
            waiting = await RunStore(tx).find_waiting(moment - LOST, limit=BATCH)
        for run in waiting:
            # Whoever left it may have died before it was a job; left once more it is the same.
            job = await self._jobs.get(run.organization_id, await self._leave(run))
            if job.state in {JobState.FAILED, JobState.DONE}:
                await self.give_up(run, job.problem or GIVEN_UP)
        while True:
            async with self._db.transaction() as tx:
                old = await RunStore(tx).find_ended(moment - self._kept, limit=BATCH)
                for mine in {each for each, _id in old}:
                    ids = [id for whose, id in old if whose == mine]
                    await RunStore(tx).forget(mine, ids)
            if len(old) < BATCH:
                break
        await to_thread.run_sync(self._forget, moment - self._kept)

    async def give_up(self, run: Run, why: str) -> None:
        """Let a run have failed that nobody will ever do."""
        mine, at = run.organization_id, self._clock()
        async with self._db.transaction() as tx:
            await RunStore(tx).move(mine, run.id, RunState.FAILED, error=why, ended_at=at)
