"""A run that was left to workers: done part by part, by whichever of them lives."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from pydantic import JsonValue
from typing_extensions import override

from core.db import Database, StoreUnavailable
from core.errors import CoreError, Denied
from core.identity import Actor, Audience, Identity, MemberNotFound, Permission, Role, Surface
from core.ids import new_id, now
from core.jobs import Job, Retry, Steps
from core.pipelines.boards import Kept
from core.pipelines.patience import patient
from core.pipelines.records import Options, Pipeline, Run, RunEvent, RunResult, RunState, Tell
from core.pipelines.store import RunStore

if TYPE_CHECKING:  # a process that does no run goes without it
    from core.pipelines.engine import Engine

JOB = "pipeline"
"""The name of the jobs that run pipelines."""
PAUSE = 0.5
"""Seconds for which events are gathered before they are kept."""
STORE = Retry(
    attempts=12, first=1.0, most=30.0, worth=lambda error: isinstance(error, StoreUnavailable)
)
"""For our own store: four minutes."""
GONE = "Whoever left this run is no member any more, or may run no pipelines."

log = structlog.get_logger()
T = TypeVar("T")


def both(first: Tell, second: Tell) -> Tell:
    """Return what lets two hear each event."""

    def tell(event: RunEvent) -> None:
        first(event)
        second(event)

    return tell


class Inline(Steps):
    """Steps that nobody remembers: of a run that somebody waits for."""

    @override
    async def run(
        self,
        name: str,
        part: Callable[[], Awaitable[T]],
        *,
        seconds: float | None = None,
        retry: Retry | None = None,
        gate: AbstractAsyncContextManager[object] | None = None,
    ) -> T:
        async with gate or nullcontext():
            return await part()


class Running:
    """Does the runs that were left."""

    def __init__(
        self,
        db: Database,
        identity: Identity,
        *,
        engine: "Callable[[], Engine]",
        pipeline: Callable[[Any], Awaitable[Pipeline]],
    ) -> None:
        """Do them on behalf of those who left them, with what this server has by then.

        Args:
            db: our own store.
            identity: knows what a member may do today.
            engine: returns what runs pipelines.
            pipeline: reads a definition.
        """
        self._db = db
        self._identity = identity
        self._engine = engine
        self._pipeline = pipeline

    async def work(self, job: Job, steps: Steps) -> JsonValue:
        """Run a pipeline to its end, or go on with it after a crash."""
        mine, run_id = job.organization_id, str(job.given["run"])
        begun: dict[str, Any] | None = await steps.run(
            "begin", partial(self._begin, job), retry=STORE
        )
        if begun is None:
            return {"state": RunState.CANCELLED}
        told: list[RunEvent] = []
        keeping = asyncio.create_task(self._keep(job, told))
        try:
            ended = await self._ended(job, steps, begun, told)
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
        await steps.run("end", partial(self._end, job, ended, told), retry=STORE)
        log.info("a run has ended", run=run_id, organization=mine, state=ended["state"])
        return {"state": ended["state"]}

    async def _begin(self, job: Job) -> dict[str, Any] | None:
        """Say that the run is being done; None where it was cancelled before."""
        mine, run_id = job.organization_id, str(job.given["run"])
        async with self._db.transaction() as tx:
            run = await RunStore(tx).get(mine, run_id)
            if not await RunStore(tx).move(mine, run_id, RunState.RUNNING, began_at=now()):
                return None
            given = await RunStore(tx).given(mine, run_id)
        board = Kept(self._db, mine, run.tenant)
        for key, value in given["session"].items():
            await board.write(key, value, append=False, mark=f"{run_id}:seed")
        return {"run": run.model_dump(mode="json"), "given": given}

    async def _ended(
        self, job: Job, steps: Steps, begun: Mapping[str, Any], told: list[RunEvent]
    ) -> dict[str, Any]:
        """Return how the run ended: its state, and its result or why there is none."""
        from core.pipelines.engine import Setting  # noqa: PLC0415 - see TYPE_CHECKING above

        run, given = Run.model_validate(begun["run"]), begun["given"]
        try:
            actor = await patient(partial(self._actor, run, given))
            pipeline = await self._pipeline(given["pipeline"])
            setting = Setting(
                actor=actor,
                tenant=run.tenant,
                run_id=run.id,
                params=given["params"],
                inputs=given["inputs"],
                board=Kept(self._db, job.organization_id, run.tenant),
                options=Options.model_validate(given["options"]),
                tell=told.append,
            )
            result = await self._engine().run(pipeline, setting, steps)
        except CoreError as failure:
            return {"state": RunState.FAILED, "error": failure.message}
        except Exception:  # the edge: whoever left the run is owed an end of it
            debug_id = new_id()[:10]
            log.exception("a run broke", run=run.id, debug_id=debug_id)
            why = f"Something broke on our side; the log tells more under {debug_id}."
            return {"state": RunState.FAILED, "error": why}
        return {"state": RunState.SUCCEEDED, "result": result}

    async def _actor(self, run: Run, given: Mapping[str, Any]) -> Actor:
        """Return who left the run, with the role of today, but no higher one than it came with.

        Raises:
            Denied: it may run no pipelines any more.
        """
        asking = Actor(
            organization_id=run.organization_id,
            member_id=run.created_by,
            name="",
            role=Role.VIEWER,
            surface=Surface(given["surface"]),
        )
        try:
            # A key may do less than its member; a run that was left before has no such bound.
            ceiling = Role(given.get("role", Role.OWNER))
            member = await self._identity.me(asking)
            actor = Actor.of(member, asking.surface, ceiling=ceiling)
            actor.require(Permission.PIPELINES_RUN)
        except (MemberNotFound, Denied):
            raise Denied(GONE) from None
        return actor.model_copy(update={"audience": Audience(given["audience"])})

    async def _end(self, job: Job, ended: Mapping[str, Any], told: list[RunEvent]) -> None:
        """Keep how the run ended, unless it was cancelled meanwhile."""
        mine, run_id = job.organization_id, str(job.given["run"])
        result: RunResult | None = ended.get("result")
        async with self._db.transaction() as tx:
            await RunStore(tx).tell(mine, run_id, told, 0)
            await RunStore(tx).move(
                mine,
                run_id,
                ended["state"],
                result=result,
                error=ended.get("error"),
                ended_at=now(),
            )

    async def _keep(self, job: Job, told: list[RunEvent]) -> None:
        """Keep the events of a run as they happen, for whoever watches it."""
        kept = 0
        while True:
            await asyncio.sleep(PAUSE)
            fresh = told[kept:]
            if not fresh:
                continue
            try:
                async with self._db.transaction() as tx:
                    await RunStore(tx).tell(job.organization_id, str(job.given["run"]), fresh, kept)
            except StoreUnavailable:
                continue  # the end keeps them all
            except Exception:  # nor does the run itself depend on it
                log.exception("the events of a run are not kept yet", run=job.given["run"])
                continue
            kept += len(fresh)
