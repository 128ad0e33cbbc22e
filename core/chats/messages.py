"""The table of messages and its statements."""

from typing import Any

import orjson
from sqlalchemy import (
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
    select,
    update,
)

from core.chats.errors import MessageNotFound
from core.chats.records import Message, MessageStatus, Verdict
from core.chats.store import chats, whose
from core.db import Moment, Transaction, metadata
from core.ids import ChatId, MemberId, MessageId, OrganizationId

BATCH = 100
"""Messages that are read at once."""

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
    # Who said it; of an answer, who asked for it.
    Column("member_id", Text),
    Index(None, "chat_id", "position", unique=True),
    Index(None, "organization_id"),
)

_ROW = (
    *("id", "chat_id", "side", "status", "content", "feedback", "feedback_note", "created_at"),
    "member_id",
)
_DETAILS = {
    *("visualizations", "statements", "failure", "pending", "named", "model", "usage", "uploads"),
    *("author", "followups"),
}


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
        self,
        organization_id: OrganizationId,
        chat_id: ChatId,
        *,
        last: int,
        bytes: int,
        bare: bool = False,
    ) -> tuple[Message, ...]:
        """Return the *last* messages of a chat, the oldest first; fewer where they take more bytes.

        Args:
            organization_id: whose chat it is.
            chat_id: the chat.
            last: how many at most.
            bytes: how many characters of text and details at most; the last one is always there.
            bare: whether the details, such as tables and charts, are left out.
        """
        columns = [each for each in messages.c if not (bare and each.name == "details")]
        mine = and_(messages.c.organization_id == organization_id, messages.c.chat_id == chat_id)
        statement = select(*columns).where(mine).order_by(messages.c.position.desc())
        found: list[Message] = []
        before: int | None = None
        while len(found) < last:
            part = statement.limit(min(BATCH, last - len(found)))
            if before is not None:
                part = part.where(messages.c.position < before)
            rows = (await self._tx.execute(part)).mappings().all()
            for row in rows:
                bytes -= len(row["content"]) + len(row.get("details") or "")
                if found and bytes < 0:
                    return tuple(reversed(found))
                found.append(_message(row))
                before = row["position"]
            if len(rows) < BATCH:
                break
        return tuple(reversed(found))

    async def count(self, organization_id: OrganizationId, chat_id: ChatId) -> int:
        """Return how many messages a chat has."""
        mine = and_(messages.c.organization_id == organization_id, messages.c.chat_id == chat_id)
        return await self._tx.scalar(select(func.count()).select_from(messages).where(mine)) or 0

    async def question(self, organization_id: OrganizationId, answer: MessageId) -> MessageId:
        """Return the message that stands before an answer; the answer itself if none does."""
        of = select(messages.c.chat_id, messages.c.position).where(messages.c.id == answer)
        here = of.subquery()
        statement = (
            select(messages.c.id)
            .join(here, here.c.chat_id == messages.c.chat_id)
            .where(
                messages.c.organization_id == organization_id,
                messages.c.position < here.c.position,
            )
            .order_by(messages.c.position.desc())
            .limit(1)
        )
        return MessageId(await self._tx.scalar(statement) or answer)

    async def status(
        self, organization_id: OrganizationId, message_id: MessageId
    ) -> MessageStatus | None:
        """Return how far a message is; None if it is gone."""
        mine = and_(messages.c.organization_id == organization_id, messages.c.id == message_id)
        found = await self._tx.scalar(select(messages.c.status).where(mine))
        return None if found is None else MessageStatus(found)

    async def get(
        self,
        organization_id: OrganizationId,
        member_id: MemberId,
        message_id: MessageId,
        place: str | None = None,
    ) -> Message:
        """Return a message of one of the member's chats, or of the one at a *place*.

        Raises:
            MessageNotFound: they have none of that id.
        """
        statement = (
            select(messages)
            .join(chats, chats.c.id == messages.c.chat_id)
            .where(whose(organization_id, member_id, place), messages.c.id == message_id)
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

    async def checkpoint(self, organization_id: OrganizationId, message: Message) -> None:
        """Keep what was said so far in a message that is still being written.

        One that another transaction holds, to delete it or to end it, is left alone: several are
        kept at once, and whoever waits for one while holding another may wait for ever.
        """
        mine = and_(messages.c.organization_id == organization_id, messages.c.id == message.id)
        free = select(messages.c.id).where(mine, messages.c.status == MessageStatus.RUNNING)
        running = messages.c.id.in_(free.with_for_update(skip_locked=True))
        row = _row(message)
        values = {"content": row["content"], "details": row["details"]}
        await self._tx.execute(update(messages).where(mine, running).values(**values))

    async def offer(
        self, organization_id: OrganizationId, message_id: MessageId, followups: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Keep what may be asked after an answer, and return it; what is kept already stays."""
        mine = and_(messages.c.organization_id == organization_id, messages.c.id == message_id)
        statement = select(messages).where(mine).with_for_update()
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise MessageNotFound
        there = _message(row)
        if there.followups:
            return there.followups
        values = {"details": _row(there.model_copy(update={"followups": followups}))["details"]}
        await self._tx.execute(update(messages).where(mine).values(**values))
        return followups

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
        "member_id": message.member_id,
    }


def _message(row: Any) -> Message:
    kept = {name: row[name] for name in _ROW}
    details = orjson.loads(row.get("details") or b"{}")
    for each in details.get("visualizations", ()):
        if each["type"] == "table":
            each["rows"] = tuple(map(tuple, each["rows"]))
    return Message.model_validate(kept | details)
