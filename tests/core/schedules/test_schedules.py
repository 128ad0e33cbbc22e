"""Saved pipelines that run whenever their time comes, on a clock that a test moves."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from typing_extensions import override

from core.app import Core, build
from core.db import Database
from core.errors import Denied, Invalid
from core.identity import Actor, Audience, Role, Surface
from core.ids import JobId, OrganizationId
from core.jobs import JobsUnavailable
from core.notices.errors import WhenUnclear, ZoneUnknown
from core.page import PageAsked
from core.pipelines import PipelineInvalid, PipelineNotFound, RunState
from core.schedules import (
    Schedule,
    ScheduleAmbiguous,
    ScheduleDraft,
    ScheduleNotFound,
    ScheduleNotYours,
    TooManySchedules,
    service,
)
from core.schedules.errors import OwnerGone, RunsTooOften
from core.secrets import Vault
from tests.core.notices.conftest import MONDAY, Clock, Doing
from tests.core.pipelines import tools

SALES = """
id: sales
goal: Sales of {{params.year}}
params: {year: {type: integer}}
tasks: [{id: fetch, tool: echo, inputs: {year: "{{params.year}}"}}]
"""
SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


class Fickle(Doing):
    """Keeps jobs in memory, but when its store is away."""

    away = False

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
        if self.away:
            raise JobsUnavailable
        return await super().leave(organization_id, name, given, id=id, after=after, whose=whose)

    async def work(self) -> None:
        """Do what was left."""
        for job, _after in self.waiting:
            await self.does[job.name](job, tools.Straight())
        self.waiting.clear()


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY)


@pytest.fixture
def jobs() -> Fickle:
    return Fickle()


@pytest.fixture
def echo() -> tools.Doing:
    return tools.Doing("echo", tools.echo)


@pytest.fixture
async def core(
    db: Database, vault: Vault, clock: Clock, jobs: Fickle, echo: tools.Doing
) -> AsyncIterator[Core]:
    core = build(db, vault, jobs=lambda _db, _pulse: jobs, clock=clock, tools=[echo])
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


def draft(**given: Any) -> ScheduleDraft:
    usual = {"name": "sales", "inputs": {"year": 2026}, "when": "every Monday 9:00"}
    return ScheduleDraft.model_validate(usual | given)


@pytest.fixture
async def schedule(core: Core, ada: Actor) -> Schedule:
    """Return a schedule that comes every Monday at 09:00 UTC; it is 08:00."""
    await core.pipelines.save(ada, SALES)
    return await core.schedules.create(ada, draft())


@pytest.fixture
async def ann(core: Core, ada: Actor) -> Actor:
    """Return an analyst at Acme."""
    member = await core.identity.add_member(ada, name="Ann", email="ann@a.test", role=Role.ANALYST)
    return Actor.of(member, Surface.SLACK)


async def seen(core: Core, actor: Actor) -> Schedule:
    (found,) = (await core.schedules.list(actor, PageAsked())).items
    return found


async def test_it_runs_when_its_time_has_come_and_once_whoever_looks(
    core: Core, ada: Actor, schedule: Schedule, clock: Clock, jobs: Fickle
) -> None:
    assert schedule.said == "every Monday at 09:00"
    assert schedule.next_at == MONDAY + timedelta(hours=1)
    await core.schedules.tick(clock.later(minutes=59))
    assert (await core.pipelines.list(ada, PageAsked())).total == 0

    await core.schedules.tick(clock.later(minutes=1))
    await core.schedules.tick(clock.at)
    await jobs.work()

    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    kept = await core.pipelines.get(ada, run.id)
    assert (kept.state, kept.name, kept.version) == (RunState.SUCCEEDED, "sales", 1)
    assert kept.result is not None
    assert kept.result.outputs == {"fetch": {"year": 2026}}
    assert len(run.id) == 32
    now = await seen(core, ada)
    assert (now.last_at, now.last_run, now.problem) == (schedule.next_at, run.id, None)
    assert now.next_at == MONDAY + timedelta(days=7, hours=1)


async def test_two_who_look_at_once_leave_one_run(
    core: Core, ada: Actor, schedule: Schedule, clock: Clock
) -> None:
    clock.later(hours=1)

    await asyncio.gather(*(core.schedules.tick(clock.at) for _ in range(4)))

    assert (await core.pipelines.list(ada, PageAsked())).total == 1
    assert (await seen(core, ada)).problem is None


@SQLITE
async def test_what_was_missed_runs_once_and_what_is_old_not_at_all(
    core: Core, ada: Actor, schedule: Schedule, clock: Clock
) -> None:
    await core.schedules.tick(clock.later(days=14, hours=7))
    assert (await core.pipelines.list(ada, PageAsked())).total == 0
    assert (await seen(core, ada)).next_at == MONDAY + timedelta(days=21, hours=1)

    await core.schedules.tick(clock.later(days=7))
    assert (await core.pipelines.list(ada, PageAsked())).total == 0
    await core.schedules.tick(clock.later(days=7, hours=-6, minutes=59))
    assert (await core.pipelines.list(ada, PageAsked())).total == 1


@SQLITE
async def test_while_jobs_cannot_be_left_it_is_tried_again_each_minute(
    core: Core, ada: Actor, schedule: Schedule, clock: Clock, jobs: Fickle
) -> None:
    jobs.away = True
    await core.schedules.tick(clock.later(hours=1))
    away = await seen(core, ada)
    jobs.away = False
    await core.schedules.tick(clock.later(minutes=1))
    await jobs.work()

    assert (away.next_at, away.problem) == (schedule.next_at, JobsUnavailable().message)
    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    assert run.state is RunState.SUCCEEDED
    assert (await seen(core, ada)).problem is None


@SQLITE
async def test_a_schedule_whose_pipeline_is_gone_or_changed_pauses_and_says_why(
    core: Core, ada: Actor, schedule: Schedule, clock: Clock
) -> None:
    await core.pipelines.save(ada, SALES.replace("{year:", "{years:").replace("year}}", "years}}"))
    await core.schedules.tick(clock.later(hours=1))
    changed = await seen(core, ada)
    assert (changed.paused, changed.next_at) == (True, None)
    assert changed.problem == "params.years: A value is required (integer)"

    await core.pipelines.delete(ada, "sales")
    resumed = await core.schedules.resume(ada, schedule.id)
    assert (resumed.problem, resumed.next_at) == (None, MONDAY + timedelta(days=7, hours=1))
    await core.schedules.tick(clock.later(days=7))
    assert (await seen(core, ada)).problem == PipelineNotFound().message


@SQLITE
async def test_its_own_version_runs_whatever_was_saved_since(
    core: Core, ada: Actor, clock: Clock, jobs: Fickle
) -> None:
    await core.pipelines.save(ada, SALES)
    await core.schedules.create(ada, draft(version=1))
    await core.pipelines.save(ada, SALES.replace("fetch", "other"))
    await core.schedules.tick(clock.later(hours=1))
    await jobs.work()

    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    result = (await core.pipelines.get(ada, run.id)).result
    assert result is not None
    assert list(result.outputs) == ["fetch"]


@SQLITE
async def test_it_runs_with_the_rights_that_its_maker_has_by_then(
    core: Core, ada: Actor, ann: Actor, clock: Clock
) -> None:
    await core.pipelines.save(ada, SALES)
    heard = ann.model_copy(update={"audience": Audience.PUBLIC})
    made = await core.schedules.create(heard, draft())
    assert (made.surface, made.audience) == (Surface.SLACK, Audience.PUBLIC)
    await core.identity.change_role(ada, ann.member_id, Role.VIEWER)

    await core.schedules.tick(clock.later(hours=1))

    assert (await core.pipelines.list(ada, PageAsked())).total == 0
    now = await seen(core, ada)
    assert (now.paused, now.problem) == (True, OwnerGone().message)


@SQLITE
@pytest.mark.parametrize("version", [None, 1])
async def test_what_others_have_saved_since_runs_with_no_more_rights_than_they_have(
    core: Core,
    ada: Actor,
    ann: Actor,
    clock: Clock,
    jobs: Fickle,
    echo: tools.Doing,
    version: int | None,
) -> None:
    await core.pipelines.save(ada, SALES)
    await core.schedules.create(ada, draft(version=version))
    clock.later(minutes=1)
    if version is not None:  # whoever may delete it may begin again at version 1
        await core.pipelines.delete(ann, "sales")
    await core.pipelines.save(ann, SALES)
    await core.schedules.tick(clock.later(hours=1))
    await jobs.work()
    await core.identity.change_role(ada, ann.member_id, Role.VIEWER)
    await core.schedules.tick(clock.later(days=7))

    (call,) = echo.calls
    assert (call.actor.member_id, call.actor.role) == (ada.member_id, Role.ANALYST)
    assert "viewer does not have" in str((await seen(core, ada)).problem)

    await core.pipelines.save(ada, SALES)
    assert (await seen(core, ada)).paused
    await core.schedules.resume(ada, (await seen(core, ada)).id)
    if version is None:
        await core.schedules.tick(clock.later(days=7))
        await jobs.work()
        assert echo.calls[-1].actor.role is Role.OWNER


@SQLITE
async def test_it_is_paused_resumed_and_deleted_by_its_maker_or_an_admin(
    core: Core, ada: Actor, ann: Actor, vic: Actor, eve: Actor, schedule: Schedule, clock: Clock
) -> None:
    with pytest.raises(ScheduleNotYours):
        await core.schedules.pause(ann, schedule.id)
    with pytest.raises(Denied, match="pipelines:run"):
        await core.schedules.pause(vic, schedule.id)
    for verb in (core.schedules.pause, core.schedules.resume, core.schedules.delete):
        with pytest.raises(ScheduleNotFound):
            await verb(eve, schedule.id)
    paused = await core.schedules.pause(ada, schedule.id)
    assert (paused.paused, paused.next_at) == (True, None)
    assert await core.schedules.pause(ada, schedule.id) == paused
    await core.schedules.tick(clock.later(hours=1))
    assert (await core.pipelines.list(ada, PageAsked())).total == 0

    anns = await core.schedules.create(ann, draft())
    with pytest.raises(ScheduleAmbiguous, match=anns.id):
        await core.schedules.find(vic, "sales")
    await core.schedules.delete(ada, anns.id)
    assert await core.schedules.find(ada, "sales") == paused
    assert await core.schedules.find(ada, schedule.id) == paused
    assert (await core.schedules.find(vic, "sales")).id == paused.id
    with pytest.raises(ScheduleNotFound):
        await core.schedules.find(eve, "sales")
    assert (await core.schedules.list(vic, PageAsked(), pipeline="other")).items == ()
    await core.schedules.delete(ada, schedule.id)
    with pytest.raises(ScheduleNotFound):
        await core.schedules.delete(ada, schedule.id)


@SQLITE
@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"when": "soon"}, WhenUnclear),
        ({"when": "* * * * *"}, RunsTooOften),
        ({"when": "every 2 minutes"}, RunsTooOften),
        ({"zone": "Mars/Phobos"}, ZoneUnknown),
        ({"name": "nothing"}, PipelineNotFound),
        ({"version": 2}, PipelineNotFound),
        ({"inputs": {}}, PipelineInvalid),
        ({"inputs": {"year": "soon"}}, PipelineInvalid),
        ({"inputs": {"year": 1, "more": 2**70}}, Invalid),
        ({"inputs": {"year": 1, "more": "x" * 20_000}}, Invalid),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_kept_is_refused(
    core: Core, ada: Actor, given: dict[str, Any], refusal: type[Invalid]
) -> None:
    await core.pipelines.save(ada, SALES)

    with pytest.raises(refusal):
        await core.schedules.create(ada, draft(**given))
    assert (await core.schedules.list(ada, PageAsked())).total == 0


@SQLITE
async def test_a_member_and_an_organization_have_only_so_many(
    core: Core, ada: Actor, ann: Actor, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MINE", 1)
    with pytest.raises(TooManySchedules, match="You have 1"):
        await core.schedules.create(ada, draft())
    monkeypatch.setattr(service, "OURS", 1)
    with pytest.raises(TooManySchedules, match="There are 1"):
        await core.schedules.create(ann, draft())


@SQLITE
async def test_a_viewer_sees_schedules_and_makes_none(core: Core, ada: Actor, vic: Actor) -> None:
    await core.pipelines.save(ada, SALES)

    with pytest.raises(Denied, match="pipelines:run"):
        await core.schedules.create(vic, draft())
    assert (await core.schedules.list(vic, PageAsked())).items == ()


@SQLITE
async def test_the_values_of_a_schedule_are_its_makers_and_the_admins(
    core: Core, ada: Actor, ann: Actor, vic: Actor
) -> None:
    await core.pipelines.save(ada, SALES)
    theirs = await core.schedules.create(ann, draft())
    mine = await core.schedules.create(ada, draft())

    for actor, seen in ((ada, [2026, 2026]), (ann, [2026, "…"]), (vic, ["…", "…"])):
        listed = (await core.schedules.list(actor, PageAsked())).items
        values = {each.id: each.inputs["year"] for each in listed}
        assert [values[theirs.id], values[mine.id]] == seen
        found = [await core.schedules.find(actor, each) for each in (theirs.id, mine.id)]
        assert [each.inputs["year"] for each in found] == seen


@SQLITE
async def test_one_that_is_stuck_holds_up_none_of_many(
    core: Core,
    ada: Actor,
    clock: Clock,
    jobs: Fickle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "BATCH", 3)
    await core.pipelines.save(ada, SALES)
    for _each in range(7):
        await core.schedules.create(ada, draft())
    jobs.away = True

    await core.schedules.tick(clock.later(hours=1))

    found = (await core.schedules.list(ada, PageAsked(size=None))).items
    assert {each.problem for each in found} == {JobsUnavailable().message}
    jobs.away = False
    await core.schedules.tick(datetime(2026, 3, 2, 9, 1, tzinfo=UTC))
    found = (await core.schedules.list(ada, PageAsked(size=None))).items
    assert len({each.last_run for each in found}) == 7
