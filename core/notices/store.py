"""The table and statements of notices; the organization comes first in every one."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
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
    true,
    update,
)

from core.channels import Spot
from core.db import Moment, Transaction, metadata
from core.identity import Actor, Audience, Permission, Surface
from core.ids import MemberId, NoticeId, OrganizationId
from core.notices.errors import NoticeNotFound
from core.notices.records import Notice
from core.page import Page, PageAsked

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    # No foreign keys: a notice outlives its query, its connection and its maker, to say so.
    Column("query_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("connection_id", Text),
    Column("cron", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("channel_name", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("problem", Text),
    Column("next_at", Moment),
    Column("last_at", Moment),
    Column("created_by", Text, nullable=False),
    Column("created_by_name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    # How often in a row it failed, and the posting that somebody has begun to post.
    Column("failures", Integer, nullable=False),
    Column("trying", Text),
    Index(None, "organization_id", "created_by"),
    Index(None, "next_at"),
)

INSIDE = {"failures", "trying"}
OPEN = (Audience.PUBLIC, Audience.OUTSIDE)
"""Whoever hears these channels may know what is posted there."""


class Kept(NamedTuple):
    """A notice, and how it went."""

    notice: Notice
    failures: int
    trying: str | None


class NoticeStore:
    """Records in, records out, always within one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, notice: Notice) -> None:
        """Keep a new notice."""
        values = notice.model_dump() | {"organization_id": organization_id, "failures": 0}
        await self._tx.execute(insert(notices).values(**values))

    async def get(self, organization_id: OrganizationId, notice_id: NoticeId) -> Kept:
        """Return a notice, and how it went.

        Raises:
            NoticeNotFound: this organization has no such notice.
        """
        statement = select(notices).where(*_one(organization_id, notice_id))
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise NoticeNotFound
        return Kept(_notice(row), row["failures"], row["trying"])

    async def of(
        self, organization_id: OrganizationId, seen: ColumnElement[bool], ref: str
    ) -> tuple[Notice, ...]:
        """Return the notice of this id and those of this title, whatever its case."""
        statement = select(notices).where(
            notices.c.organization_id == organization_id,
            seen,
            or_(notices.c.id == ref, func.lower(notices.c.title) == ref.lower()),
        )
        return tuple(_notice(row) for row in (await self._tx.execute(statement)).mappings())

    async def list(
        self, organization_id: OrganizationId, seen: ColumnElement[bool], asked: PageAsked
    ) -> Page[Notice]:
        """Return a page of the notices that are *seen*, by title."""
        mine = (notices.c.organization_id == organization_id, seen)
        total = await self._tx.scalar(select(func.count()).select_from(notices).where(*mine))
        by_title = func.lower(notices.c.title), notices.c.created_at, notices.c.id
        statement = select(notices).where(*mine).order_by(*by_title)
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(_notice(row) for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)

    async def count(
        self, organization_id: OrganizationId, member_id: MemberId | None = None
    ) -> int:
        """Return how many there are, of one member or of all."""
        statement = select(func.count()).select_from(notices)
        statement = statement.where(notices.c.organization_id == organization_id)
        if member_id is not None:
            statement = statement.where(notices.c.created_by == member_id)
        return await self._tx.scalar(statement) or 0

    async def find_due(
        self, moment: datetime, surfaces: Collection[Surface], *, limit: int
    ) -> tuple[Notice, ...]:
        """Return notices of every organization whose time has come by a *moment*, oldest first."""
        due = select(notices).where(notices.c.next_at <= moment, notices.c.surface.in_(surfaces))
        statement = due.order_by(notices.c.next_at, notices.c.id).limit(limit)
        return tuple(_notice(row) for row in (await self._tx.execute(statement)).mappings())

    async def advance(
        self, organization_id: OrganizationId, notice: Notice, values: Mapping[str, Any]
    ) -> None:
        """Keep when a notice comes next, unless it was paused or changed meanwhile."""
        statement = update(notices).where(
            *_one(organization_id, notice.id), notices.c.next_at == notice.next_at
        )
        await self._tx.execute(statement.values(**values))

    async def change(
        self, organization_id: OrganizationId, notice_id: NoticeId, values: Mapping[str, Any]
    ) -> None:
        """Keep some fields as they are now.

        Raises:
            NoticeNotFound: this organization has no such notice.
        """
        statement = update(notices).where(*_one(organization_id, notice_id))
        if not (await self._tx.execute(statement.values(**values))).rowcount:
            raise NoticeNotFound

    async def remove(self, organization_id: OrganizationId, notice_id: NoticeId) -> None:
        """Forget a notice.

        Raises:
            NoticeNotFound: this organization has no such notice.
        """
        gone = await self._tx.execute(delete(notices).where(*_one(organization_id, notice_id)))
        if not gone.rowcount:
            raise NoticeNotFound


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a member may see a notice wherever it is posted.

    What is posted into a private channel is for those who are in it, and so is its very name.
    """
    if actor.may(Permission.MEMBERS_WRITE):
        return true()
    return or_(notices.c.created_by == actor.member_id, notices.c.audience.in_(OPEN))


def stands_at(spot: Spot) -> ColumnElement[bool]:
    """Return the condition that a notice is posted into a channel."""
    return and_(
        notices.c.surface == spot.surface,
        notices.c.workspace == spot.workspace,
        notices.c.channel == spot.channel,
    )


def _one(organization_id: OrganizationId, notice_id: NoticeId) -> tuple[Any, Any]:
    return notices.c.organization_id == organization_id, notices.c.id == notice_id


def _notice(row: Mapping[Any, Any]) -> Notice:
    return Notice.model_validate({name: row[name] for name in row if name not in INSIDE})
