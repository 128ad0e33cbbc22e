"""The table and statements of schedules; the organization comes first in every one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from core.db import Moment, Transaction, metadata
from core.ids import MemberId, OrganizationId, ScheduleId
from core.page import Page, PageAsked
from core.schedules.errors import ScheduleNotFound
from core.schedules.records import Schedule

schedules = Table(
    "schedules",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    # No foreign keys: a schedule outlives its pipeline and its maker, to say so.
    Column("name", Text, nullable=False),
    Column("version", Integer),
    Column("inputs", JSON, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("problem", Text),
    Column("next_at", Moment),
    Column("last_at", Moment),
    Column("last_run", Text),
    Column("created_by", Text, nullable=False),
    Column("created_by_name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "organization_id", "name"),
    Index(None, "next_at"),
)

Due = tuple[datetime, str]
"""Where one stands among those that are due: its time, and its id."""


class ScheduleStore:
    """Records in, records out, always within one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, schedule: Schedule) -> None:
        """Keep a new schedule."""
        values = schedule.model_dump() | {"organization_id": organization_id}
        await self._tx.execute(insert(schedules).values(**values))

    async def get(self, organization_id: OrganizationId, schedule_id: ScheduleId) -> Schedule:
        """Return a schedule.

        Raises:
            ScheduleNotFound: this organization has no such schedule.
        """
        statement = select(schedules).where(*_one(organization_id, schedule_id))
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise ScheduleNotFound
        return Schedule.model_validate(dict(row))

    async def of(self, organization_id: OrganizationId, ref: str) -> tuple[Schedule, ...]:
        """Return the schedule of this id and those of the pipeline of this name."""
        statement = select(schedules).where(
            schedules.c.organization_id == organization_id,
            or_(schedules.c.id == ref, schedules.c.name == ref),
        )
        rows = await self._tx.execute(statement.order_by(schedules.c.created_at))
        return tuple(Schedule.model_validate(dict(row)) for row in rows.mappings())

    async def list(
        self, organization_id: OrganizationId, asked: PageAsked, *, name: str | None
    ) -> Page[Schedule]:
        """Return a page of schedules, by name; of one pipeline, or all."""
        mine = [schedules.c.organization_id == organization_id]
        if name is not None:
            mine.append(schedules.c.name == name)
        total = await self._tx.scalar(select(func.count()).select_from(schedules).where(*mine))
        order = schedules.c.name, schedules.c.created_at, schedules.c.id
        statement = select(schedules).where(*mine).order_by(*order)
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(Schedule.model_validate(dict(row)) for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)

    async def count(
        self, organization_id: OrganizationId, member_id: MemberId | None = None
    ) -> int:
        """Return how many there are, of one member or of all."""
        statement = select(func.count()).select_from(schedules)
        statement = statement.where(schedules.c.organization_id == organization_id)
        if member_id is not None:
            statement = statement.where(schedules.c.created_by == member_id)
        return await self._tx.scalar(statement) or 0

    async def find_due(
        self, moment: datetime, after: Due | None, *, limit: int
    ) -> tuple[Schedule, ...]:
        """Return schedules of every organization whose time has come, the oldest first.

        Args:
            moment: by when.
            after: the last that was looked at.
            limit: how many at most.
        """
        at, id = schedules.c.next_at, schedules.c.id
        statement = select(schedules).where(at <= moment).order_by(at, id).limit(limit)
        if after is not None:
            statement = statement.where(or_(at > after[0], and_(at == after[0], id > after[1])))
        rows = await self._tx.execute(statement)
        return tuple(Schedule.model_validate(dict(row)) for row in rows.mappings())

    async def advance(
        self, organization_id: OrganizationId, schedule: Schedule, values: Mapping[str, Any]
    ) -> None:
        """Keep when a schedule comes next, unless it was paused or changed meanwhile."""
        statement = update(schedules).where(
            *_one(organization_id, schedule.id), schedules.c.next_at == schedule.next_at
        )
        await self._tx.execute(statement.values(**values))

    async def change(
        self, organization_id: OrganizationId, schedule_id: ScheduleId, values: Mapping[str, Any]
    ) -> None:
        """Keep some fields as they are now.

        Raises:
            ScheduleNotFound: this organization has no such schedule.
        """
        statement = update(schedules).where(*_one(organization_id, schedule_id))
        if not (await self._tx.execute(statement.values(**values))).rowcount:
            raise ScheduleNotFound

    async def remove(self, organization_id: OrganizationId, schedule_id: ScheduleId) -> None:
        """Forget a schedule.

        Raises:
            ScheduleNotFound: this organization has no such schedule.
        """
        gone = await self._tx.execute(delete(schedules).where(*_one(organization_id, schedule_id)))
        if not gone.rowcount:
            raise ScheduleNotFound


def _one(organization_id: OrganizationId, schedule_id: ScheduleId) -> tuple[Any, Any]:
    return schedules.c.organization_id == organization_id, schedules.c.id == schedule_id
