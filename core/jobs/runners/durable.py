"""DBOS keeps the promise: every part is a row, so a worker that dies is followed by another.

Its ways, met and mended here: it takes the loop's default executor and shuts it down at its end;
it must be launched on the loop whose connections the jobs use, and destroyed off it; its registry
is the process's, so there is one worker in each; it pickles unless told otherwise; it lets a
worker resume its own work alone, so the others have to be told who is dead; and it advertises.
"""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from anyio import to_thread
from pydantic import JsonValue
from typing_extensions import override

from core.correlation import begin as correlate
from core.db import Database, StoreUnavailable
from core.ids import JobId, OrganizationId, derived_id, new_id
from core.jobs.errors import JobFailed, JobNotFound, JobsUnfit
from core.jobs.records import Job, JobState
from core.jobs.runner import Runner, Tick, Work
from core.jobs.runners.fresh import Fresh
from core.jobs.runners.told import SCHEMA, job_of, refusing
from core.jobs.runners.watch import BEAT, KEPT, Watch
from core.jobs.store import WorkerStore
from core.pulse import Pulse

if TYPE_CHECKING:  # it takes more than half a second to import, and most commands leave no job
    from dbos import DBOSClient

APPLICATION = "trellis"
VERSION = "1"
"""Of what jobs are given and remember. DBOS lets no other version go on with a job; ours all do."""
SHARED = " shared"
"""What follows a name where the room is shared; what was left before has no share, nor needs it."""
ATTEMPTS = 50
"""How often a job is begun again by workers that die; then it has failed."""
STUBBORN = 5
"""Seconds that work which was cancelled may take to end; then it is left alone."""
NEEDED = (3, 42)
"""SQLite that DBOS needs from Python 3.12 on: it asks for `unixepoch('subsec')`."""


class Offered(NamedTuple):
    """What this process does of one name."""

    work: Work
    at_once: int
    each: int | None = None
    """How many of them for one member or organization."""


class Every(NamedTuple):
    """What is done at each moment of a schedule."""

    cron: str
    tick: Tick


def unfit(
    url: str,
    *,
    python: tuple[int, ...] = sys.version_info[:2],
    sqlite: tuple[int, ...] = sqlite3.sqlite_version_info,
) -> str | None:
    """Return why no job can be done on the store of jobs at *url*, in words; None where it can."""
    if not url.startswith("sqlite") or python < (3, 12) or sqlite[:2] >= NEEDED:
        return None
    have, need = (".".join(map(str, each)) for each in (sqlite, NEEDED))
    return (
        f"SQLite {have} is too old for durable jobs on Python {'.'.join(map(str, python))}. Use "
        f"Python 3.11, SQLite {need} or newer, or TRELLIS_STORE_URL=postgresql://…"
    )


class Durable(Runner):
    """Jobs in a SQLite file of their own, or in a schema of their own in PostgreSQL."""

    _working: ClassVar[bool] = False
    """Whether some runner of this process works: DBOS would mix up two."""

    def __init__(
        self,
        url: str,
        db: Database,
        pulse: Pulse,
        *,
        poll: float = 1.0,
        beat: float = BEAT,
        kept: timedelta = KEPT,
        unfit: Callable[[str], str | None] = unfit,
    ) -> None:
        """Keep jobs at *url*; nothing is opened, nor imported, before one is left or done.

        Args:
            url: `sqlite:///file` or `postgresql://…`.
            db: our own store, in which workers see each other.
            pulse: the sign of life of this process.
            poll: seconds between two looks for new jobs.
            beat: seconds between two signs of life.
            kept: how long a job that ended is remembered.
            unfit: says why no job can be kept at a URL, or None.
        """
        self._url = url
        self._unfit = unfit
        self._db = db
        self._pulse = pulse
        self._poll = poll
        self._beat = beat
        self._kept = kept
        self._fresh = Fresh()
        self._offered: dict[str, Offered] = {}
        self._every: dict[str, Every] = {}
        self._client: DBOSClient | None = None
        self._connecting = asyncio.Lock()
        self._begun = False
        self._closing = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watching: asyncio.Task[None] | None = None

    @override
    def offer(self, name: str, work: Work, *, at_once: int = 8, each: int | None = None) -> None:
        self._early(name)
        self._offered[name] = Offered(work, at_once, each)

    @override
    def each(self, name: str, cron: str, tick: Tick) -> None:
        self._early(name)
        self._every[name] = Every(cron, tick)

    @override
    async def leave(
        self,
        organization_id: OrganizationId,
        name: str,
        given: Mapping[str, JsonValue],
        *,
        id: str | None = None,
        after: float = 0.0,
        whose: str | None = None,
    ) -> JobId:
        # Derived, so that an organization can attach to no job but its own.
        job_id = JobId(new_id() if id is None else derived_id(organization_id, name, id))
        client = await self._connected()
        options: Any = {
            "workflow_id": job_id,
            "workflow_name": name,
            "queue_name": name,
            "app_version": VERSION,
            "authenticated_user": organization_id,
        }
        if name in self._offered and self._offered[name].each is not None:
            options["queue_name"] = f"{name}{SHARED}"
            options["queue_partition_key"] = whose or organization_id
        if after > 0:
            options["delay_seconds"] = after
        with refusing():
            await to_thread.run_sync(partial(client.enqueue, options, dict(given)))
        return job_id

    @override
    async def get(self, organization_id: OrganizationId, job_id: JobId) -> Job:
        client = await self._connected()
        ask = partial(client.list_workflows, workflow_ids=[job_id])
        with refusing():
            found = await to_thread.run_sync(ask)
        if not found or found[0].authenticated_user != organization_id:
            raise JobNotFound
        return job_of(found[0])

    @override
    async def wait(self, organization_id: OrganizationId, job_id: JobId, *, seconds: float) -> Job:
        async with asyncio.timeout(seconds):
            while not (job := await self.get(organization_id, job_id)).state.ended:  # noqa: ASYNC110
                await asyncio.sleep(min(self._poll, 0.5))  # another process may do it
        if job.state is JobState.FAILED:
            raise JobFailed
        return job

    @override
    async def cancel(self, organization_id: OrganizationId, job_id: JobId) -> Job:
        if (job := await self.get(organization_id, job_id)).state.ended:
            return job
        client = await self._connected()
        with refusing():
            await to_thread.run_sync(partial(client.cancel_workflow, job_id))
        return await self.get(organization_id, job_id)

    @override
    async def served(self) -> frozenset[str]:
        async with self._db.reading() as tx:
            living = await WorkerStore(tx).living()
        return frozenset(name for names in living.values() for name in names)

    @property
    @override
    def offered(self) -> frozenset[str]:
        return frozenset(self._offered)

    @property
    @override
    def working(self) -> bool:
        return self._begun and not self._closing

    @override
    async def begin(self) -> None:
        client = await self._connected()
        if Durable._working:
            raise RuntimeError("one worker to a process")
        Durable._working = self._begun = True
        names = [*self._offered, *self._every]
        watch = Watch(client, self._db, self._pulse, names, beat=self._beat, kept=self._kept)
        try:
            await watch.sign()
            with refusing():
                await to_thread.run_sync(partial(self._declare, client))
                await self._launch()
        except BaseException:
            await self._end()
            raise
        self._watching = asyncio.create_task(watch.run(brief=list(self._every)))

    @override
    async def close(self) -> None:
        self._closing = True
        if self._begun:
            if self._watching is not None:
                self._watching.cancel()
                await asyncio.wait({self._watching})
            # Cancelled, a job keeps its place: whoever works next goes on after its last part.
            for _ in range(STUBBORN):
                for task in self._tasks:
                    task.cancel()
                if self._tasks:
                    await asyncio.wait(set(self._tasks), timeout=1)
            await self._end()
        if self._client is not None:
            await to_thread.run_sync(self._client.destroy)
            self._client = None

    # Inside

    def _early(self, name: str) -> None:
        if self._begun or name in self._offered or name in self._every:
            raise RuntimeError(f"{name} is offered once, before this process works")

    async def _connected(self) -> "DBOSClient":
        if (why := self._unfit(self._url)) is not None:
            raise JobsUnfit(why)
        async with self._connecting:
            if self._client is None:
                with refusing():
                    self._client = await to_thread.run_sync(self._connect)
        return self._client

    def _connect(self) -> "DBOSClient":
        from core.jobs.runners.voice import hush  # noqa: PLC0415 - see TYPE_CHECKING above

        hush()
        from dbos import DBOS, DBOSClient  # noqa: PLC0415

        if self._url.startswith("sqlite"):
            _private(self._url.removeprefix("sqlite:///"))
        DBOS.migrate(self._url, schema=SCHEMA)
        return DBOSClient(
            system_database_url=self._url,
            dbos_system_schema=SCHEMA,
            serializer=_json(),
            application_name=APPLICATION,
            system_database_pool_size=4,
            # Who leaves a job is told that the store is away; a worker waits for it.
            retry_connection_errors=False,
        )

    def _declare(self, client: "DBOSClient") -> None:
        """Make a queue for each name: a worker listens to those of the names that it knows."""
        widths = {name: each.at_once for name, each in self._offered.items()}
        for name, width in (widths | dict.fromkeys(self._every, 1)).items():
            client.register_queue(name, worker_concurrency=width, polling_interval_sec=self._poll)
        for name, offered in self._offered.items():
            if offered.each is not None:
                client.register_queue(
                    f"{name}{SHARED}",
                    worker_concurrency=offered.at_once,
                    partition_worker_concurrency=offered.each,
                    polling_interval_sec=self._poll,
                )

    async def _launch(self) -> None:
        """Let DBOS work, on this very loop: our connections live here."""
        from dbos import DBOS  # noqa: PLC0415 - as above

        worker = DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._url,
                "dbos_system_schema": SCHEMA,
                "application_version": VERSION,
                "executor_id": self._pulse.runner,
                "serializer": _json(),
                "sys_db_pool_size": 8,
                "max_executor_threads": 64,
                # At its end it waits for one more look at messages, of which we send none.
                "notification_listener_polling_interval_sec": min(self._poll, 1.0),
                "log_level": "WARNING",
            }
        )
        schedules: list[Any] = []
        for name, offered in self._offered.items():
            job = self._doing(name, offered.work)
            DBOS.workflow(name=name, max_recovery_attempts=ATTEMPTS)(job)
        for name, every in self._every.items():
            moment = self._ticking(every.tick)
            moment = DBOS.workflow(name=name, max_recovery_attempts=ATTEMPTS)(moment)
            schedules.append(
                {
                    "schedule_name": name,
                    "workflow_fn": moment,
                    "schedule": every.cron,
                    "queue_name": name,
                }
            )
        shared = [f"{name}{SHARED}" for name, each in self._offered.items() if each.each]
        DBOS.listen_queues([*self._offered, *self._every, *shared])
        DBOS.launch()
        self._fresh.teach(worker._sys_db)  # noqa: SLF001 - see there
        if schedules:
            await DBOS.apply_schedules_async(schedules)

    def _doing(self, name: str, work: Work) -> Callable[[Any], Coroutine[Any, Any, JsonValue]]:
        from core.jobs.runners.steps import DurableSteps, this  # noqa: PLC0415 - as above

        fresh = self._fresh

        async def job(given: Any) -> JsonValue:
            with self._counted():
                mine = this(name, given)
                client = await self._connected()
                return await work(mine, DurableSteps(mine.id, client, fresh))

        return job

    def _ticking(self, tick: Tick) -> Callable[[datetime, Any], Coroutine[Any, Any, None]]:
        async def moment(at: datetime, _context: Any) -> None:
            with self._counted():
                await tick(at.astimezone(UTC))

        return moment

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Know what runs here, so that it can be stopped."""
        task = asyncio.current_task()
        if self._closing or task is None:
            raise asyncio.CancelledError  # it was begun a moment too late
        correlate()
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    async def _end(self) -> None:
        """Stop DBOS, off the loop, since it waits for its threads; and be a worker no more."""
        from dbos import DBOS  # noqa: PLC0415 - as above

        # DBOS made its own pool the loop's, and shuts it down.
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor())
        await to_thread.run_sync(lambda: DBOS.destroy(destroy_registry=True))
        loop.set_default_executor(ThreadPoolExecutor())
        Durable._working = self._begun = False
        with suppress(StoreUnavailable):
            async with self._db.transaction() as tx:
                await WorkerStore(tx).remove(self._pulse.runner)


def _json() -> Any:
    """Keep jobs as JSON: what DBOS does by itself is pickle, which runs what it reads."""
    from dbos import DBOSPortableJSONSerializer  # noqa: PLC0415 - as above

    return DBOSPortableJSONSerializer()


def _private(file: str) -> None:
    """Make the file that nobody else may read, and let those who read it not wait for a writer."""
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    with sqlite3.connect(file, timeout=30) as handle:
        handle.execute("PRAGMA journal_mode=WAL")
    handle.close()
