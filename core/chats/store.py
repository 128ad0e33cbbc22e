"""The table of chats and its statements."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from core.chats.errors import ChatNotFound
from core.chats.records import Chat
from core.db import Moment, Transaction, metadata
from core.identity import Surface
from core.ids import ChatId, MemberId, MessageId, OrganizationId
from core.page import Page, PageAsked
from core.process import gone
from core.pulse import clock, runners

chats = Table(
    "chats",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("member_id", Text, ForeignKey("members.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("preview", Text, nullable=False),
    Column("connection_id", Text),
    Column("project_id", Text),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # The turn that is running: its message, the process that runs it, and whether it is to stop.
    Column("turn_id", Text),
    Column("runner_id", Text),
    Column("stopping", Boolean, nullable=False, default=False),
    # Where on a platform it is held, who hears it there, and the way in by which it was begun.
    Column("place", Text),
    Column("audience", Text),
    Column("surface", Text),
    Index(None, "organization_id", "member_id", "updated_at"),
    Index(None, "organization_id", "place", unique=True),
    Index(None, "runner_id"),
)

_KEPT = (
    "id",
    "organization_id",
    "member_id",
    "title",
    "preview",
    "connection_id",
    "project_id",
    "created_at",
    "updated_at",
    "place",
    "audience",
    "surface",
)
_CHAT = [chats.c[name] for name in _KEPT]


class RunningTurn(NamedTuple):
    """A turn as the store knows it."""

    id: MessageId
    alive: bool
    """Whether the process that runs it lives."""


class ChatStore:
    """Chats in, chats out, always one member's or one place's of one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, chat: Chat) -> None:
        """Keep a new chat."""
        mine = {"organization_id": organization_id, "stopping": False}
        await self._tx.execute(insert(chats).values(**chat.model_dump() | mine))

    async def count(
        self, organization_id: OrganizationId, member_id: MemberId, but: Collection[Surface]
    ) -> int:
        """Return how many chats a member has that were begun elsewhere than on some surfaces."""
        here = or_(chats.c.surface.is_(None), chats.c.surface.not_in(but))
        mine = and_(whose(organization_id, member_id), here)
        return await self._tx.scalar(select(func.count()).select_from(chats).where(mine)) or 0

    async def at(self, organization_id: OrganizationId, place: str) -> Chat | None:
        """Return the chat that is held at a place."""
        here = and_(chats.c.organization_id == organization_id, chats.c.place == place)
        row = (await self._tx.execute(select(*_CHAT).where(here))).mappings().one_or_none()
        return None if row is None else Chat.model_validate(dict(row))

    async def get(
        self,
        organization_id: OrganizationId,
        member_id: MemberId,
        chat_id: ChatId,
        place: str | None = None,
    ) -> Chat:
        """Return a chat of the member's, or the one at a *place*.

        Raises:
            ChatNotFound: there is no such chat.
        """
        mine = whose(organization_id, member_id, place)
        statement = select(*_CHAT).where(mine, chats.c.id == chat_id)
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise ChatNotFound
        return Chat.model_validate(dict(row))

    async def list(
        self, organization_id: OrganizationId, member_id: MemberId, asked: PageAsked
    ) -> Page[Chat]:
        """Return a page of a member's chats, the latest activity first."""
        mine = whose(organization_id, member_id)
        total = await self._tx.scalar(select(func.count()).select_from(chats).where(mine))
        statement = select(*_CHAT).where(mine)
        statement = statement.order_by(chats.c.updated_at.desc(), chats.c.id)
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(Chat.model_validate(dict(row)) for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)

    async def set(
        self, organization_id: OrganizationId, chat_id: ChatId, values: dict[str, Any]
    ) -> None:
        """Rewrite fields of a chat."""
        mine = and_(chats.c.organization_id == organization_id, chats.c.id == chat_id)
        await self._tx.execute(update(chats).where(mine).values(**values))

    async def remove(
        self, organization_id: OrganizationId, member_id: MemberId, ids: Collection[ChatId]
    ) -> tuple[ChatId, ...]:
        """Forget those of *ids* that are the member's, with their messages; return which."""
        there = and_(whose(organization_id, member_id), chats.c.id.in_(ids))
        found = [ChatId(id) for id in await self._tx.scalars(select(chats.c.id).where(there))]
        if found:
            await self._tx.execute(delete(chats).where(there))
        return tuple(found)

    async def claim(
        self, organization_id: OrganizationId, chat_id: ChatId, turn: MessageId, runner: str
    ) -> bool:
        """Make *turn* the running one of a chat, unless another is running and alive.

        Raises:
            ChatNotFound: it is gone.
        """
        mine = and_(chats.c.organization_id == organization_id, chats.c.id == chat_id)
        locked = select(chats.c.id).where(mine).with_for_update()
        if await self._tx.scalar(locked) is None:
            raise ChatNotFound
        running = await self.running(organization_id, chat_id)
        if running is not None and running.alive:
            return False
        values = {"turn_id": turn, "runner_id": runner, "stopping": False}
        await self._tx.execute(update(chats).where(mine).values(**values))
        return True

    async def release(
        self, organization_id: OrganizationId, chat_id: ChatId, turn: MessageId, **values: Any
    ) -> bool:
        """End the running turn and rewrite fields; False if the chat or its turn is gone."""
        statement = (
            update(chats)
            .where(
                chats.c.organization_id == organization_id,
                chats.c.id == chat_id,
                chats.c.turn_id == turn,
            )
            .values(turn_id=None, runner_id=None, stopping=False, **values)
        )
        return (await self._tx.execute(statement)).rowcount == 1

    async def exists(self, organization_id: OrganizationId, chat_id: ChatId) -> bool:
        """Return whether a chat is there."""
        mine = and_(chats.c.organization_id == organization_id, chats.c.id == chat_id)
        return bool(await self._tx.scalar(select(exists().where(mine))))

    async def stop(
        self,
        organization_id: OrganizationId,
        member_id: MemberId,
        chat_id: ChatId,
        place: str | None = None,
    ) -> MessageId | None:
        """Tell the running turn of a chat to stop, whichever process runs it; return which."""
        mine = and_(whose(organization_id, member_id, place), chats.c.id == chat_id)
        turn = await self._tx.scalar(select(chats.c.turn_id).where(mine).with_for_update())
        if turn is not None:
            await self._tx.execute(update(chats).where(mine).values(stopping=True))
        return None if turn is None else MessageId(turn)

    async def quiet(self, organization_id: OrganizationId, chat_id: ChatId) -> bool:
        """Return whether nothing in a chat is being answered."""
        running = await self.running(organization_id, chat_id)
        return running is None or not running.alive

    async def running(self, organization_id: OrganizationId, chat_id: ChatId) -> RunningTurn | None:
        """Return the running turn of a chat, and whether the process that runs it lives."""
        alive = runners.c.alive_until > clock(self._tx)
        statement = (
            select(chats.c.turn_id, alive, runners.c.process)
            .select_from(chats.outerjoin(runners, runners.c.id == chats.c.runner_id))
            .where(
                chats.c.organization_id == organization_id,
                chats.c.id == chat_id,
                chats.c.turn_id.is_not(None),
            )
        )
        row = (await self._tx.execute(statement)).one_or_none()
        if row is None:
            return None
        return RunningTurn(MessageId(row[0]), bool(row[1]) and not gone(row[2]))


async def turns_of(tx: Transaction, runner: str) -> dict[MessageId, bool]:
    """Return the turns that are a process's as far as the store knows, and which are to stop."""
    mine = chats.c.runner_id == runner
    rows = await tx.execute(select(chats.c.turn_id, chats.c.stopping).where(mine))
    return {MessageId(turn): bool(stopping) for turn, stopping in rows}


def whose(
    organization_id: OrganizationId, member_id: MemberId, place: str | None = None
) -> ColumnElement[bool]:
    """Return the condition that a chat is a member's of an organization, or held at a place."""
    theirs = chats.c.member_id == member_id
    if place is not None:
        theirs = or_(theirs, chats.c.place == place)
    return and_(chats.c.organization_id == organization_id, theirs)
