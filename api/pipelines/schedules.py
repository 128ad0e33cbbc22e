"""Schedules over HTTP: saved pipelines that run again and again. They are our own."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field, JsonValue, StrictBool

from api.actor import TheCore
from api.pipelines.door import Caller, Local
from api.pipelines.wire import MEMBER, Name
from api.wire import failing, page_of, plain, shown
from core.ids import MemberId, RunId, ScheduleId
from core.record import Record
from core.schedules import Schedule, ScheduleDraft, ScheduleNotFound

router = APIRouter(
    prefix="/pipelines/schedules",
    tags=["pipelines"],
    route_class=Local,
    responses=failing(401, 403, 503),
)


class ScheduleIn(Record):
    """Which saved pipeline is to run, and when."""

    name: Name
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    """The newest of each time by default."""
    when: Name
    """In words, or five fields of cron; every 5 minutes at most."""
    zone: Name = "UTC"
    """A time zone such as `Europe/Berlin`."""
    inputs: dict[str, Any] = Field(default={})
    tenant_id: Name = "default"

    model_config = shown(
        {"name": "hello", "when": "every Monday 9:00", "zone": "Europe/Berlin", "inputs": {}}
    )


class ScheduleChange(Record):
    """Whether a schedule rests."""

    paused: StrictBool

    model_config = shown({"paused": True})


SCHEDULE: dict[str, JsonValue] = {
    "id": "3c0e0b52-6f1c-4b5e-9f3a-0a4c2c9b7f33",
    "name": "hello",
    "version": None,
    "inputs": {},
    "tenant_id": "default",
    "when": "every Monday at 09:00",
    "cron": "0 9 * * 1",
    "zone": "Europe/Berlin",
    "paused": False,
    "problem": None,
    "next_at": "2026-02-02T08:00:00Z",
    "last_at": None,
    "last_run": None,
    "created_by": MEMBER,
    "created_by_name": "Ada",
    "created_at": "2026-01-31T09:00:00Z",
}


class ScheduleOut(Record):
    """A saved pipeline that runs whenever its time comes."""

    id: ScheduleId
    name: str
    version: int | None
    inputs: dict[str, Any]
    tenant_id: str
    when: str
    """In plain words."""
    cron: str
    zone: str
    paused: bool
    problem: str | None
    """Why it did not run the last time, or why it paused by itself."""
    next_at: datetime | None
    last_at: datetime | None
    last_run: RunId | None
    created_by: MemberId
    created_by_name: str
    created_at: datetime

    model_config = shown({**SCHEDULE})

    @classmethod
    def of(cls, schedule: Schedule) -> "ScheduleOut":
        """Return a schedule in the words of this API."""
        same = schedule.model_dump(include=set(cls.model_fields))
        return cls(**same, when=schedule.said, tenant_id=schedule.tenant)


class SchedulePage(Record):
    """A page of schedules."""

    schedules: tuple[ScheduleOut, ...]
    total: int
    page: int
    has_more: bool

    model_config = shown({"schedules": [{**SCHEDULE}], "total": 1, "page": 1, "has_more": False})


@router.get("", responses=failing(400))
async def list_schedules(core: TheCore, caller: Caller, page: int = 1) -> SchedulePage:
    """List the schedules by the name of their pipeline, 100 on a page. Ours."""
    found = await core.schedules.list(caller, page_of(page))
    return SchedulePage(
        schedules=tuple(ScheduleOut.of(each) for each in found.items),
        total=found.total,
        page=found.asked.number,
        has_more=found.has_more,
    )


@router.post("", status_code=201, responses=failing(400, 404, 413, 429))
async def create_schedule(core: TheCore, caller: Caller, schedule: ScheduleIn) -> ScheduleOut:
    """Have a saved pipeline run again and again. Ours."""
    draft = ScheduleDraft(
        name=schedule.name,
        version=schedule.version,
        when=schedule.when,
        zone=schedule.zone,
        inputs=schedule.inputs,
        tenant=schedule.tenant_id,
    )
    return ScheduleOut.of(await core.schedules.create(caller, draft))


@router.patch("/{schedule_id}", responses=failing(400, 404, 413))
async def change_schedule(
    core: TheCore, caller: Caller, schedule_id: str, change: ScheduleChange
) -> ScheduleOut:
    """Pause a schedule, or let it run again from its next time on. Ours."""
    verb = core.schedules.pause if change.paused else core.schedules.resume
    return ScheduleOut.of(await verb(caller, _id(schedule_id)))


@router.delete("/{schedule_id}", status_code=204, responses=failing(404))
async def delete_schedule(core: TheCore, caller: Caller, schedule_id: str) -> None:
    """Forget a schedule; its runs stay. Ours."""
    await core.schedules.delete(caller, _id(schedule_id))


def _id(id: str) -> ScheduleId:
    return ScheduleId(plain(id, ScheduleNotFound))
