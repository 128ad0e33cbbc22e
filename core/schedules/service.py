"""The verbs of schedules."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import orjson
import structlog

from core.audit import Audit
from core.db import Database, StoreUnavailable, alone
from core.errors import CoreError, Denied, Invalid, Limited, Unavailable
from core.identity import Actor, Identity, MemberNotFound, Permission, Role, Surface
from core.ids import RunId, ScheduleId, derived_id, new_id, now
from core.jobs import Runner
from core.notices.cron import latest_until, next_after
from core.notices.errors import NoticedTooOften, WhenUnclear, ZoneUnknown
from core.notices.when import When, read_when
from core.page import Page, PageAsked
from core.pipelines import Pipelines, RunDraft, Saved
from core.schedules.errors import (
    ChangedSince,
    OwnerGone,
    RunsTooOften,
    ScheduleAmbiguous,
    ScheduleNotFound,
    ScheduleNotYours,
    TooManySchedules,
)
from core.schedules.records import Schedule, ScheduleDraft
from core.schedules.store import Due, ScheduleStore

MINE = 100
"""Schedules of one member."""
OURS = 1_000
"""Schedules of one organization."""
VALUES = 20_000
"""Bytes of the inputs of a schedule."""
MAKING = 7_305_108
"""Two who make the last schedule that there may be make it one after the other."""
HIDDEN = "…"
"""What stands in place of a value that is its maker's alone."""
TICKING = "schedules"
"""The name of the schedule that looks each minute whose time has come."""
LATE = timedelta(hours=6)
"""How late a run may begin; a later one is left out."""
BATCH = 200

log = structlog.get_logger()


class Schedules:
    """Runs saved pipelines, each whenever its time comes."""

    def __init__(
        self,
        db: Database,
        audit: Audit,
        *,
        identity: Identity,
        pipelines: Pipelines,
        jobs: Runner,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """Keep schedules in *db*, and leave to workers what is due.

        Args:
            db: our own store.
            audit: is told who made and changed them.
            identity: knows what a schedule's maker may do today.
            pipelines: what is run.
            jobs: looks each minute whose time has come.
            clock: what time it is.
        """
        self._db = db
        self._audit = audit
        self._identity = identity
        self._pipelines = pipelines
        self._clock = clock
        jobs.each(TICKING, "* * * * *", self.tick)

    # What a worker does

    async def tick(self, moment: datetime) -> None:
        """Leave a run for every schedule whose time has come by a *moment*.

        What was missed while nobody worked runs once, late, if it is less than six hours old. Done
        again for the same moment, it leaves the same runs.
        """
        after: Due | None = None
        while True:
            async with self._db.reading() as tx:
                due = await ScheduleStore(tx).find_due(moment, after, limit=BATCH)
            following = [(each, await self._due(each, moment)) for each in due]
            async with self._db.transaction() as tx:
                for each, values in following:
                    await ScheduleStore(tx).advance(each.organization_id, each, values)
            if len(due) < BATCH or due[-1].next_at is None:
                return
            after = due[-1].next_at, due[-1].id

    # What there is

    async def create(self, actor: Actor, draft: ScheduleDraft) -> Schedule:
        """Have a saved pipeline run from now on.

        Raises:
            WhenUnclear, ZoneUnknown, RunsTooOften: the time is none that we can keep.
            PipelineNotFound: there is no such pipeline.
            PipelineInvalid: it cannot run with these inputs.
            TooManySchedules: there are as many as there may be.
        """
        actor.require(Permission.PIPELINES_RUN)
        actor.whole(await self._identity.me(actor))
        when = _when(draft)
        await self._pipelines.accept(actor, _run_of(draft))
        if len(orjson.dumps(draft.inputs)) > VALUES:
            raise Invalid(f"The inputs of a schedule take {VALUES:,} bytes at most.")
        at = self._clock()
        schedule = Schedule(
            id=ScheduleId(new_id()),
            organization_id=actor.organization_id,
            name=draft.name,
            version=draft.version,
            inputs=draft.inputs,
            tenant=draft.tenant,
            cron=when.cron,
            zone=when.zone,
            said=when.said,
            surface=actor.surface,
            audience=actor.audience,
            paused=False,
            problem=None,
            next_at=next_after(when.cron, when.zone, at),
            last_at=None,
            last_run=None,
            created_by=actor.member_id,
            created_by_name=actor.name,
            created_at=at,
        )
        mine = actor.organization_id
        async with self._db.transaction() as tx:
            await alone(tx, MAKING)
            if await ScheduleStore(tx).count(mine, actor.member_id) >= MINE:
                raise TooManySchedules(f"You have {MINE} schedules, as many as a member may have.")
            if await ScheduleStore(tx).count(mine) >= OURS:
                raise TooManySchedules(f"There are {OURS:,} schedules, as many as may be here.")
            await ScheduleStore(tx).add(mine, schedule)
            await self._audit.record(tx, actor, "schedule.created", schedule.id)
        return schedule

    async def list(
        self, actor: Actor, asked: PageAsked, *, pipeline: str | None = None
    ) -> Page[Schedule]:
        """Return a page of the organization's schedules, by name; of one pipeline, or all.

        The values that one runs with are shown to its maker and the admins alone, as those of runs.
        """
        actor.require(Permission.PIPELINES_READ)
        async with self._db.reading() as tx:
            found = await ScheduleStore(tx).list(actor.organization_id, asked, name=pipeline)
        return found.model_copy(update={"items": tuple(_seen(actor, each) for each in found.items)})

    async def find(self, actor: Actor, ref: str) -> Schedule:
        """Return the schedule of an id, or the only one of a pipeline.

        Raises:
            ScheduleNotFound: there is none.
            ScheduleAmbiguous: the pipeline has several.
        """
        actor.require(Permission.PIPELINES_READ)
        async with self._db.reading() as tx:
            found = await ScheduleStore(tx).of(actor.organization_id, ref.strip())
        for schedule in found:
            if schedule.id == ref.strip():
                return _seen(actor, schedule)
        if len(found) > 1:
            ids = ", ".join(each.id for each in found[:10])
            raise ScheduleAmbiguous(f"Several schedules are of {ref[:100]}; give one id of {ids}.")
        if not found:
            raise ScheduleNotFound
        return _seen(actor, found[0])

    async def pause(self, actor: Actor, schedule_id: ScheduleId) -> Schedule:
        """Let a schedule rest until it is resumed; what runs already goes on.

        Raises:
            ScheduleNotFound: the organization has no such schedule.
            ScheduleNotYours: another member made it, and the actor is no admin.
        """
        return await self._changed(actor, schedule_id, paused=True)

    async def resume(self, actor: Actor, schedule_id: ScheduleId) -> Schedule:
        """Let a schedule run again, from its next time on.

        Raises:
            ScheduleNotFound: the organization has no such schedule.
            ScheduleNotYours: another member made it, and the actor is no admin.
        """
        return await self._changed(actor, schedule_id, paused=False)

    async def delete(self, actor: Actor, schedule_id: ScheduleId) -> None:
        """Forget a schedule; its runs stay.

        Raises:
            ScheduleNotFound: the organization has no such schedule.
            ScheduleNotYours: another member made it, and the actor is no admin.
        """
        await self._theirs(actor, schedule_id)
        async with self._db.transaction() as tx:
            await ScheduleStore(tx).remove(actor.organization_id, schedule_id)
            await self._audit.record(tx, actor, "schedule.deleted", schedule_id)

    # Inside

    async def _due(self, schedule: Schedule, moment: datetime) -> Mapping[str, Any]:
        """Leave the run of a schedule whose time has come; return what is new of the schedule."""
        try:
            at = latest_until(schedule.cron, schedule.zone, moment)
            following = next_after(schedule.cron, schedule.zone, moment)
        except (WhenUnclear, ZoneInfoNotFoundError):  # zones come and go
            return _stopped(ZoneUnknown())
        if at is None or moment - at >= LATE:
            return {"next_at": following}
        # The same for the same time, whoever looks and however often.
        run_id = RunId(derived_id(schedule.id, at.isoformat()).replace("-", ""))
        try:
            await self._begin(schedule, run_id)
        except StoreUnavailable:
            raise
        except (Limited, Unavailable) as refusal:
            return {"problem": refusal.message}  # it is still due in a minute
        except CoreError as refusal:
            return _stopped(refusal)
        except Exception as error:  # a bug; the next look may meet it mended, and others go on
            log.exception("a schedule could not run", schedule=schedule.id)
            return {"problem": f"Something broke on our side ({type(error).__name__})."}
        return {"next_at": following, "last_at": at, "last_run": run_id, "problem": None}

    async def _begin(self, schedule: Schedule, run_id: RunId) -> None:
        """Leave the run of a schedule.

        Raises:
            OwnerGone: its maker may run no pipelines any more.
            ChangedSince: somebody who is no member any more has changed what it runs.
        """
        maker = await self._maker(schedule)
        saved = await self._pipelines.saved(maker, schedule.name, schedule.version)
        if saved.saved_at > schedule.created_at and saved.saved_by != schedule.created_by:
            # Its maker has never agreed to it: it may do no more than whoever has written it.
            maker = maker.model_copy(update={"role": maker.role.capped(await self._author(saved))})
        draft = _run_of(schedule).model_copy(update={"version": saved.version})
        await self._pipelines.start(maker, draft, id=run_id)

    async def _author(self, saved: Saved) -> Role:
        """Return the role that whoever saved a pipeline has today."""
        asking = Actor(
            organization_id=saved.organization_id,
            member_id=saved.saved_by,
            name=saved.saved_by_name,
            role=Role.VIEWER,
            surface=Surface.API,
        )
        try:
            return (await self._identity.me(asking)).role
        except MemberNotFound:
            raise ChangedSince from None

    async def _maker(self, schedule: Schedule) -> Actor:
        """Return who runs it: the schedule's maker with the role of today.

        Raises:
            OwnerGone: there is no such member, or it may run no pipelines any more.
        """
        asking = Actor(
            organization_id=schedule.organization_id,
            member_id=schedule.created_by,
            name=schedule.created_by_name,
            role=Role.VIEWER,
            surface=schedule.surface,
        )
        try:
            actor = Actor.of(await self._identity.me(asking), schedule.surface)
            actor.require(Permission.PIPELINES_RUN)
        except (MemberNotFound, Denied):
            raise OwnerGone from None
        return actor.model_copy(update={"audience": schedule.audience})

    async def _theirs(self, actor: Actor, schedule_id: ScheduleId) -> Schedule:
        """Return a schedule that the actor may change."""
        actor.require(Permission.PIPELINES_RUN)
        async with self._db.reading() as tx:
            schedule = await ScheduleStore(tx).get(actor.organization_id, schedule_id)
        if schedule.created_by != actor.member_id and not actor.may(Permission.MEMBERS_WRITE):
            raise ScheduleNotYours
        return schedule

    async def _changed(self, actor: Actor, schedule_id: ScheduleId, *, paused: bool) -> Schedule:
        schedule = await self._theirs(actor, schedule_id)
        if schedule.paused is paused:
            return schedule
        following = None if paused else next_after(schedule.cron, schedule.zone, self._clock())
        values = {"paused": paused, "next_at": following, "problem": None}
        async with self._db.transaction() as tx:
            await ScheduleStore(tx).change(actor.organization_id, schedule_id, values)
            verb = "schedule.paused" if paused else "schedule.resumed"
            await self._audit.record(tx, actor, verb, schedule_id)
        return schedule.model_copy(update=values)


def _seen(actor: Actor, schedule: Schedule) -> Schedule:
    """Return a schedule as an actor may see it: a value may be a key."""
    if schedule.created_by == actor.member_id or actor.may(Permission.MEMBERS_WRITE):
        return schedule
    return schedule.model_copy(update={"inputs": dict.fromkeys(schedule.inputs, HIDDEN)})


def _when(draft: ScheduleDraft) -> When:
    try:
        return read_when(draft.when, draft.zone)
    except NoticedTooOften:
        raise RunsTooOften from None


def _run_of(wanted: Schedule | ScheduleDraft) -> RunDraft:
    return RunDraft(
        name=wanted.name,
        version=wanted.version,
        inputs=wanted.inputs,
        tenant=wanted.tenant,
        collect_events=True,
    )


def _stopped(refusal: CoreError) -> Mapping[str, Any]:
    return {"paused": True, "next_at": None, "problem": refusal.message}
