"""The tables and statements of chats."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
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

from core.chats.errors import ChatNotFound, MessageNotFound
from core.chats.records import Chat, Message, MessageStatus, Verdict
from core.db import Moment, Transaction, metadata
from core.ids import ChatId, MemberId, MessageId, OrganizationId, now
from core.page import Page, PageAsked

PREVIEW = 200
"""Characters of the head of the last thing said."""

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
    Index(None, "organization_id", "member_id", "updated_at"),
    Index(None, "runner_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("chat_id", Text, ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("side", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("details", Text),
    Column("feedback", Text),
    Column("feedback_note", Text),
    Column("created_at", Moment, nullable=False),
    Index(None, "chat_id", "position", unique=True),
    Index(None, "organization_id"),
)

runners = Table(
    "runners",
    metadata,
    Column("id", Text, primary_key=True),
    Column("alive_until", Moment, nullable=False),
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
)
_CHAT = [chats.c[name] for name in _KEPT]
_ROW = ("id", "chat_id", "side", "status", "content", "feedback", "feedback_note", "created_at")
_DETAILS = {"visualizations", "statements", "failure", "pending", "model", "usage", "uploads"}


class ChatStore:
    """Chats in, chats out, always one member's of one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, chat: Chat) -> None:
        """Keep a new chat."""
        mine = {"organization_id": organization_id, "stopping": False}
        await self._tx.execute(insert(chats).values(**chat.model_dump() | mine))

    async def count(self, organization_id: OrganizationId, member_id: MemberId) -> int:
        """Return how many chats a member has."""
        mine = _mine(organization_id, member_id)
        return await self._tx.scalar(select(func.count()).select_from(chats).where(mine)) or 0

    async def get(
        self, organization_id: OrganizationId, member_id: MemberId, chat_id: ChatId
    ) -> Chat:
        """Return the chat.

        Raises:
            ChatNotFound: this member has no such chat.
        """
        statement = select(*_CHAT).where(_mine(organization_id, member_id), chats.c.id == chat_id)
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise ChatNotFound
        return Chat.model_validate(dict(row))

    async def list(
        self, organization_id: OrganizationId, member_id: MemberId, asked: PageAsked
    ) -> Page[Chat]:
        """Return a page of a member's chats, the latest activity first."""
        mine = _mine(organization_id, member_id)
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
        there = and_(_mine(organization_id, member_id), chats.c.id.in_(ids))
        found = [ChatId(id) for id in await self._tx.scalars(select(chats.c.id).where(there))]
        if found:
            await self._tx.execute(delete(chats).where(there))
        return tuple(found)

    async def claim(
        self, organization_id: OrganizationId, chat_id: ChatId, turn: MessageId, runner: str
    ) -> bool:
        """Make *turn* the running one of a chat, unless another is running and alive."""
        dead = ~exists().where(runners.c.id == chats.c.runner_id, runners.c.alive_until > now())
        statement = (
            update(chats)
            .where(
                chats.c.organization_id == organization_id,
                chats.c.id == chat_id,
                or_(chats.c.turn_id.is_(None), dead),
            )
            .values(turn_id=turn, runner_id=runner, stopping=False)
        )
        return (await self._tx.execute(statement)).rowcount == 1

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

    async def stop(
        self, organization_id: OrganizationId, member_id: MemberId, chat_id: ChatId
    ) -> None:
        """Tell the running turn of a chat to stop, whichever process runs it."""
        statement = update(chats).where(
            _mine(organization_id, member_id), chats.c.id == chat_id, chats.c.turn_id.is_not(None)
        )
        await self._tx.execute(statement.values(stopping=True))

    async def running(
        self, organization_id: OrganizationId, chat_id: ChatId
    ) -> tuple[MessageId, bool] | None:
        """Return the running turn of a chat, and whether the process that runs it lives."""
        alive = exists().where(runners.c.id == chats.c.runner_id, runners.c.alive_until > now())
        statement = select(chats.c.turn_id, alive).where(
            chats.c.organization_id == organization_id,
            chats.c.id == chat_id,
            chats.c.turn_id.is_not(None),
        )
        row = (await self._tx.execute(statement)).one_or_none()
        return None if row is None else (MessageId(row[0]), bool(row[1]))


class MessageStore:
    """Messages of one organization's chats; whose chat it is was asked before."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, message: Message) -> None:
        """Keep a message, after every other of its chat."""
        last = select(func.coalesce(func.max(messages.c.position), 0) + 1).where(
            messages.c.organization_id == organization_id, messages.c.chat_id == message.chat_id
        )
        values = _row(message) | {"organization_id": organization_id}
        await self._tx.execute(insert(messages).values(position=last.scalar_subquery(), **values))

    async def list(
        self, organization_id: OrganizationId, chat_id: ChatId, last: int | None = None
    ) -> tuple[Message, ...]:
        """Return the messages of a chat, or its *last* ones, the oldest first."""
        statement = select(messages).where(
            messages.c.organization_id == organization_id, messages.c.chat_id == chat_id
        )
        rows = await self._tx.execute(statement.order_by(messages.c.position.desc()).limit(last))
        return tuple(_message(row) for row in reversed(rows.mappings().all()))

    async def get(
        self, organization_id: OrganizationId, member_id: MemberId, message_id: MessageId
    ) -> Message:
        """Return a message of one of the member's chats.

        Raises:
            MessageNotFound: they have none of that id.
        """
        statement = (
            select(messages)
            .join(chats, chats.c.id == messages.c.chat_id)
            .where(_mine(organization_id, member_id), messages.c.id == message_id)
        )
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise MessageNotFound
        return _message(row)

    async def replace(self, organization_id: OrganizationId, message: Message) -> bool:
        """Rewrite a message; False if it is gone."""
        mine = and_(messages.c.organization_id == organization_id, messages.c.id == message.id)
        kept = {"feedback", "feedback_note"}  # what a reader said meanwhile stays
        values = {name: value for name, value in _row(message).items() if name not in kept}
        done = await self._tx.execute(update(messages).where(mine).values(**values))
        return done.rowcount == 1

    async def judge(
        self,
        organization_id: OrganizationId,
        message_id: MessageId,
        verdict: Verdict,
        note: str | None,
    ) -> None:
        """Keep what its reader thinks of a message, which may still be being written."""
        mine = and_(messages.c.organization_id == organization_id, messages.c.id == message_id)
        values = {"feedback": verdict, "feedback_note": note}
        await self._tx.execute(update(messages).where(mine).values(**values))

    async def remove_from(
        self, organization_id: OrganizationId, chat_id: ChatId, message_id: MessageId
    ) -> None:
        """Forget a message and every later one of its chat."""
        from_here = select(messages.c.position).where(messages.c.id == message_id)
        mine = and_(messages.c.organization_id == organization_id, messages.c.chat_id == chat_id)
        later = messages.c.position >= from_here.scalar_subquery()
        ids = list(await self._tx.scalars(select(messages.c.id).where(mine, later)))
        await self._tx.execute(delete(messages).where(mine, messages.c.id.in_(ids)))

    async def interrupt(
        self, organization_id: OrganizationId, chat_id: ChatId, others_than: MessageId
    ) -> None:
        """Mark what a dead process left running."""
        statement = update(messages).where(
            messages.c.organization_id == organization_id,
            messages.c.chat_id == chat_id,
            messages.c.status == MessageStatus.RUNNING,
            messages.c.id != others_than,
        )
        await self._tx.execute(statement.values(status=MessageStatus.INTERRUPTED))


class RunnerStore:
    """The processes that run turns; they belong to no organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def live(self, runner: str, at: datetime, seconds: float) -> None:
        """Say that a process lives for some more *seconds*; forget those long dead."""
        until = at + timedelta(seconds=seconds)
        mine = runners.c.id == runner
        done = await self._tx.execute(update(runners).where(mine).values(alive_until=until))
        if done.rowcount == 0:
            await self._tx.execute(insert(runners).values(id=runner, alive_until=until))
            long_dead = runners.c.alive_until < at - timedelta(days=1)
            await self._tx.execute(delete(runners).where(long_dead))

    async def stopping(self, runner: str) -> Sequence[MessageId]:
        """Return the turns of a process that somebody wants to stop."""
        mine = and_(chats.c.runner_id == runner, chats.c.stopping)
        return [MessageId(id) for id in await self._tx.scalars(select(chats.c.turn_id).where(mine))]

    async def kept(self, runner: str) -> Sequence[MessageId]:
        """Return the turns that are a process's as far as the store knows."""
        mine = chats.c.runner_id == runner
        return [MessageId(id) for id in await self._tx.scalars(select(chats.c.turn_id).where(mine))]

    async def remove(self, runner: str) -> None:
        """Forget a process that ends in good order."""
        await self._tx.execute(delete(runners).where(runners.c.id == runner))


def _mine(organization_id: OrganizationId, member_id: MemberId) -> Any:
    return and_(chats.c.organization_id == organization_id, chats.c.member_id == member_id)


def _row(message: Message) -> dict[str, Any]:
    # What says nothing is left out, but not within a part: a chart is told by its `type`.
    told = {name for name in _DETAILS if getattr(message, name)}
    details = message.model_dump_json(include=told) if told else None
    return {
        "id": message.id,
        "chat_id": message.chat_id,
        "side": message.side,
        "status": message.status,
        "content": message.content,
        "details": details,
        "feedback": message.feedback,
        "feedback_note": message.feedback_note,
        "created_at": message.created_at,
    }


def _message(row: Any) -> Message:
    kept = {name: row[name] for name in _ROW}
    details = orjson.loads(row["details"]) if row["details"] else {}
    for each in details.get("visualizations", ()):
        if each["type"] == "table":
            each["rows"] = tuple(map(tuple, each["rows"]))
    return Message.model_validate(kept | details)
