"""The verbs of pipelines."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from anyio import CancelScope

from core.audit import Audit
from core.db import Database, StoreUnavailable
from core.errors import CoreError
from core.identity import Actor, Identity, Permission
from core.ids import JobId, RunId, now
from core.jobs import JobNotFound, JobsUnavailable, Runner
from core.page import Page, PageAsked
from core.pipelines.board import Board, Slate
from core.pipelines.errors import PipelineInvalid, RunEnded, TooManyRuns
from core.pipelines.exposed import exposed
from core.pipelines.patience import patient
from core.pipelines.reading import Reading
from core.pipelines.records import (
    Pipeline,
    Run,
    RunDraft,
    RunEvent,
    RunResult,
    RunState,
    Saved,
    Tell,
)
from core.pipelines.running import JOB, Inline, Running, both
from core.pipelines.store import RunStore, SavedStore, seen_by
from core.pipelines.tidying import Tidying
from core.pipelines.tool import Tool, Toolbox, added

if TYPE_CHECKING:  # definitions are read, and run, by few of the processes that know of them
    from core.pipelines.engine import Engine

WAITING = 10_000
"""Runs of one organization that wait or run at once."""
AT_ONCE = 16
"""Runs that one process does at once for those who wait for them."""
LEFT = 12
"""Runs that one worker does at once."""
EACH = 8
"""Runs of one member, of either kind: there is room left for the others."""
KEPT = timedelta(days=30)  # for which a run that ended is remembered
BROKE = "Something broke on our side."
LOOK = 0.2  # seconds between two looks at a run that another process may do


class Pipelines:
    """Keeps pipelines, and runs them."""

    def __init__(
        self,
        db: Database,
        audit: Audit,
        identity: Identity,
        jobs: Runner,
        tools: Iterable[Tool],
        *,
        kept: timedelta = KEPT,
        forget: Callable[[datetime], None] = lambda _before: None,
        clock: Callable[[], datetime] = now,
        engine: "Callable[[Toolbox], Engine] | None" = None,
    ) -> None:
        """Keep pipelines and runs in *db*; leave to *jobs* what nobody waits for.

        Args:
            db: our own store.
            audit: is told who ran and changed what.
            identity: knows what a member may do today, whose run was left long ago.
            jobs: does runs that survive whatever process does them.
            tools: what tasks may do, besides what other packages bring.
            kept: how long a run that ended is remembered, and what it has written.
            forget: removes what runs have written that wrote nothing since a moment.
            clock: what time it is.
            engine: makes what runs them; the house's own by default.
        """
        self._db = db
        self._audit = audit
        self._jobs = jobs
        self._tools = tuple(tools)
        self._clock = clock
        self._make_engine = engine
        self._here: Counter[str] = Counter()
        self.reading = Reading(lambda: self.toolbox)
        running = Running(db, identity, engine=lambda: self._engine, pipeline=self.reading.pipeline)
        jobs.offer(JOB, running.work, at_once=LEFT, each=EACH)
        self._tidying = Tidying(db, jobs, self._leave, kept=kept, forget=forget, clock=clock)

    # What there is

    @cached_property
    def toolbox(self) -> Toolbox:
        """What tasks may do here; those of other packages are looked for when first needed."""
        return Toolbox([*self._tools, *added()])

    async def validate(self, actor: Actor, written: Any) -> Pipeline:
        """Return the pipeline that is *written*, as text or as data, without running it.

        Raises:
            DocumentInvalid: it cannot be read.
            PipelineInvalid: it breaks a rule.
        """
        actor.require(Permission.PIPELINES_READ)
        return await self.reading.pipeline(written)

    async def save(self, actor: Actor, text: str) -> Saved:
        """Keep a definition under its own id; what was kept there before stays as a version.

        Raises:
            DocumentInvalid, PipelineInvalid: it is none, or would tell everybody a key.
        """
        actor.require(Permission.PIPELINES_WRITE)
        pipeline = await self.reading.pipeline(text)
        if problems := exposed(pipeline):
            raise PipelineInvalid(problems)
        async with self._db.transaction() as tx:
            version = await SavedStore(tx).newest(actor.organization_id, pipeline.id) + 1
            saved = Saved(
                organization_id=actor.organization_id,
                name=pipeline.id,
                version=version,
                goal=pipeline.goal,
                text=text,
                params=pipeline.params,
                saved_by=actor.member_id,
                saved_by_name=actor.name,
                saved_at=self._clock(),
            )
            await SavedStore(tx).add(actor.organization_id, saved)
            await self._audit.record(tx, actor, "pipeline.saved", f"{pipeline.id}:{version}")
        return saved

    async def saved(self, actor: Actor, name: str, version: int | None = None) -> Saved:
        """Return a saved pipeline, its newest version by default.

        Raises:
            PipelineNotFound: the organization has none such.
        """
        actor.require(Permission.PIPELINES_READ)
        async with self._db.reading() as tx:
            return await SavedStore(tx).get(actor.organization_id, name, version)

    async def versions(self, actor: Actor, name: str) -> tuple[Saved, ...]:
        """Return every version of a saved pipeline, the newest first; none where there is none."""
        actor.require(Permission.PIPELINES_READ)
        async with self._db.reading() as tx:
            return await SavedStore(tx).versions(actor.organization_id, name)

    async def list_saved(self, actor: Actor, asked: PageAsked) -> Page[Saved]:
        """Return a page of the organization's pipelines, by name."""
        actor.require(Permission.PIPELINES_READ)
        async with self._db.reading() as tx:
            return await SavedStore(tx).list(actor.organization_id, asked)

    async def delete(self, actor: Actor, name: str) -> None:
        """Forget every version of a saved pipeline; its runs stay.

        Raises:
            PipelineNotFound: the organization has none such.
        """
        actor.require(Permission.PIPELINES_WRITE)
        async with self._db.transaction() as tx:
            await SavedStore(tx).remove(actor.organization_id, name)
            await self._audit.record(tx, actor, "pipeline.deleted", name)

    # Runs

    async def run(
        self,
        actor: Actor,
        draft: RunDraft,
        *,
        board: Board | None = None,
        tell: Tell = lambda _event: None,
        say: Callable[[str, str], None] = lambda _task, _text: None,
    ) -> RunResult:
        """Run a pipeline and wait for it; it dies with this process.

        Args:
            actor: with whose rights every task works.
            draft: what is run, and with what.
            board: the blackboard; a fresh one, with the draft's session, by default.
            tell: hears each event as it happens.
            say: hears what tools say of their work.

        Raises:
            DocumentInvalid, PipelineInvalid, PipelineNotFound: there is no such pipeline, or its
                params have no values.
            TooManyRuns: this process runs as many as it may.
            TaskFailed: a task failed.
        """
        from core.pipelines.engine import Setting  # noqa: PLC0415 - see TYPE_CHECKING above

        run, pipeline, given = await self._begun(actor, draft)
        if self._here.total() >= AT_ONCE or self._here[actor.member_id] >= EACH:
            raise TooManyRuns
        told: list[RunEvent] = []
        kept = given, told
        setting = Setting(
            actor=actor,
            tenant="default",
            run_id=run.id,
            params=given["params"],
            inputs=draft.inputs,
            board=board or Slate(draft.session),
            options=draft.options,
            tell=both(told.append, tell),
            say=say,
        )
        run = run.model_copy(update={"began_at": self._clock()})
        self._here[actor.member_id] += 1
        try:
            result = await self._engine.run(pipeline, setting, Inline())
        except Exception as error:
            why = error.message if isinstance(error, CoreError) else BROKE
            with suppress(StoreUnavailable):  # it failed all the same
                await self._remember(actor, run, kept, RunState.FAILED, error=why)
            raise
        except BaseException:
            with CancelScope(shield=True), suppress(StoreUnavailable):
                await self._remember(actor, run, kept, RunState.CANCELLED)
            raise
        finally:
            self._here[actor.member_id] -= 1
        keeping = partial(self._remember, actor, run, kept, RunState.SUCCEEDED, result=result)
        await patient(keeping)
        return result.model_copy(update={"run_id": run.id})

    async def start(self, actor: Actor, draft: RunDraft, *, id: RunId | None = None) -> Run:
        """Leave a pipeline to a worker; it is run to its end whatever process dies meanwhile.

        Left again under the same *id*, it is the same run.

        Raises:
            DocumentInvalid, PipelineInvalid, PipelineNotFound: there is no such pipeline, or its
                params have no values.
            TooManyRuns: as many wait as may.
            JobsUnavailable: nobody can take it.
        """
        run, _pipeline, given = await self._begun(actor, draft, id)
        mine, waiting = actor.organization_id, {RunState.QUEUED, RunState.RUNNING}
        async with self._db.transaction() as tx:
            if id is None or not await RunStore(tx).has(mine, id):
                if await RunStore(tx).count(mine, waiting) >= WAITING:
                    raise TooManyRuns
                if await RunStore(tx).count(mine, waiting, actor.member_id) >= WAITING // 2:
                    raise TooManyRuns("As many of your runs wait as may; cancel some of them.")
                await RunStore(tx).add(mine, run, given)
                await self._audit.record(tx, actor, "run.started", run.id)
        try:
            await self._leave(run)
        except JobsUnavailable as refusal:
            if id is None:  # or else it may be left again
                await self._tidying.give_up(run, refusal.message)
            raise
        return run

    async def accept(self, actor: Actor, draft: RunDraft) -> Pipeline:
        """Return the pipeline of a run that could begin as it is; refuse as `start` would."""
        _run, pipeline, _given = await self._begun(actor, draft)
        return pipeline

    async def get(self, actor: Actor, run_id: str) -> Run:
        """Return a run of the actor's own; whoever manages members sees everybody's.

        What a run came to may hold what others must not see: it worked with its maker's rights.

        Raises:
            RunNotFound: there is no such run that the actor may see.
        """
        actor.require(Permission.PIPELINES_READ)
        async with self._db.reading() as tx:
            return await RunStore(tx).get(actor.organization_id, run_id, seen_by(actor))

    async def wait(self, actor: Actor, run_id: str, seconds: float) -> Run:
        """Return a run as soon as it has ended, or after so many *seconds*.

        Raises:
            RunNotFound: there is no such run that the actor may see.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        run = await self.get(actor, run_id)
        while not run.state.ended and loop.time() < until:
            await asyncio.sleep(LOOK)  # another process may do it
            run = await self.get(actor, run_id)
        return run

    async def events(self, actor: Actor, run_id: str) -> tuple[RunEvent, ...]:
        """Return what has happened in a run so far.

        Raises:
            RunNotFound: there is no such run that the actor may see.
        """
        await self.get(actor, run_id)
        async with self._db.reading() as tx:
            return await RunStore(tx).events(actor.organization_id, run_id)

    async def definition(self, actor: Actor, run_id: str) -> Pipeline:
        """Return the pipeline of a run.

        Raises:
            RunNotFound: there is no such run that the actor may see.
            PipelineInvalid: this server lacks a tool of it.
        """
        await self.get(actor, run_id)
        async with self._db.reading() as tx:
            given = await RunStore(tx).given(actor.organization_id, run_id)
        return await self.reading.pipeline(given["pipeline"])

    async def values(self, actor: Actor, run_id: str) -> dict[str, Any]:
        """Return what a run was begun with: its params and inputs, by name.

        Raises:
            RunNotFound: there is no such run that the actor may see.
        """
        await self.get(actor, run_id)
        async with self._db.reading() as tx:
            given = await RunStore(tx).given(actor.organization_id, run_id)
        return {**given["inputs"], **given["params"]}

    async def list(self, actor: Actor, asked: PageAsked, *, name: str | None = None) -> Page[Run]:
        """Return a page of the runs that the actor may see, the newest first; of one *name*."""
        actor.require(Permission.PIPELINES_READ)
        async with self._db.reading() as tx:
            whose = seen_by(actor)
            return await RunStore(tx).list(actor.organization_id, asked, name=name, whose=whose)

    async def cancel(self, actor: Actor, run_id: str) -> Run:
        """Let a run go no further, whichever process does it; the tool that works is stopped.

        Raises:
            RunNotFound: there is no such run that the actor may see.
            RunEnded: it has ended.
        """
        actor.require(Permission.PIPELINES_RUN)
        mine = actor.organization_id
        async with self._db.transaction() as tx:
            run = await RunStore(tx).get(mine, run_id, seen_by(actor))
            at = self._clock()
            if not await RunStore(tx).move(mine, run_id, RunState.CANCELLED, ended_at=at):
                raise RunEnded
            await self._audit.record(tx, actor, "run.cancelled", run_id)
        # Where its job cannot be reached, whatever it comes to counts for nothing.
        with suppress(JobsUnavailable, JobNotFound):
            await self._jobs.cancel(mine, await self._leave(run))  # left again it is the same job
        return await self.get(actor, run_id)

    # What a worker does

    async def tick(self, moment: datetime) -> None:
        """Forget runs that ended long ago; find those that nobody does or will ever do."""
        await self._tidying.tick(moment)

    # Inside

    @cached_property
    def _engine(self) -> "Engine":
        from core.pipelines.engine import Engine  # noqa: PLC0415 - see TYPE_CHECKING above

        return (self._make_engine or Engine)(self.toolbox)

    async def _begun(
        self, actor: Actor, draft: RunDraft, id: RunId | None = None
    ) -> tuple[Run, Pipeline, Mapping[str, Any]]:
        """Return a run that is about to begin, its pipeline, and what it is kept with."""
        from core.pipelines.binding import aim, carried  # noqa: PLC0415 - see TYPE_CHECKING above

        actor.require(Permission.PIPELINES_RUN)
        written, version = draft.pipeline, None
        if written is None:
            if draft.name is None:
                raise PipelineInvalid(("A pipeline, or the name of a saved one, is required",))
            found = await self.saved(actor, draft.name, draft.version)
            written, version = found.text, found.version
        pipeline = await self.reading.pipeline(written)
        given = carried(pipeline, written, draft, actor)
        run = Run(
            id=id or RunId(uuid4().hex),
            organization_id=actor.organization_id,
            tenant=draft.tenant,
            pipeline_id=pipeline.id,
            goal=aim(pipeline, given["params"]),
            name=draft.name if draft.pipeline is None else None,
            version=version,
            state=RunState.QUEUED,
            collect_events=draft.collect_events,
            created_by=actor.member_id,
            created_at=self._clock(),
        )
        return run, pipeline, given

    async def _leave(self, run: Run) -> JobId:
        return await self._jobs.leave(
            run.organization_id, JOB, {"run": run.id}, id=run.id, whose=run.created_by
        )

    async def _remember(
        self, actor: Actor, run: Run, kept: tuple[Any, Any], state: RunState, **ended: Any
    ) -> None:
        """Keep a run that has ended, with what happened in it."""
        ended |= {"state": state, "ended_at": self._clock()}
        run = run.model_copy(update=ended)
        mine, (given, told) = actor.organization_id, kept
        async with self._db.transaction() as tx:
            await RunStore(tx).add(mine, run, given)
            await RunStore(tx).tell(mine, run.id, told, 0)
            await self._audit.record(tx, actor, f"run.{state}", run.id)
