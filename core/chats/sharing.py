"""Chats that are held where several hear them: begun, found and shared there."""

from zlib import crc32

from core.audit import Audit
from core.chats.errors import ChatBusy, MessageNotAnswer, MessageNotFound
from core.chats.messages import MessageStore
from core.chats.records import Chat, Message, MessageStatus, Side
from core.chats.store import ChatStore
from core.chats.told import check
from core.connections import Connections
from core.db import Database, Transaction, alone
from core.identity import Actor, Audience
from core.ids import ChatId, MessageId, derived_id, new_id, now

READ = 100
"""Messages before an answer that it may stand on."""
READ_BYTES = 16 * 1024 * 1024


class Sharing:
    """Moves answers to where others hear them, and tells only what they may."""

    def __init__(self, db: Database, audit: Audit, connections: Connections) -> None:
        """Keep chats in *db*; *connections* say who may hear what they answered."""
        self._db = db
        self._audit = audit
        self._connections = connections

    async def at(self, actor: Actor) -> Chat | None:
        """Return the chat that is held where the actor stands."""
        if actor.place is None:
            return None
        async with self._db.reading() as tx:
            return await ChatStore(tx).at(actor.organization_id, actor.place)

    async def exchange(self, actor: Actor, message_id: MessageId) -> tuple[Message, Message]:
        """Return the question and the answer; see `Chats.exchange`."""
        mine = actor.organization_id
        async with self._db.reading() as tx:
            answer = await MessageStore(tx).get(mine, actor.member_id, message_id, actor.place)
            if answer.side is not Side.ASSISTANT:
                raise MessageNotAnswer("That is a question; its answer is what can be had again.")
            chat = await ChatStore(tx).get(mine, actor.member_id, answer.chat_id, actor.place)
            before = await MessageStore(tx).question(mine, answer.id)
            question = await MessageStore(tx).get(mine, actor.member_id, before, actor.place)
        # What somebody was told themselves, they may read again on their own.
        if chat.member_id != actor.member_id or actor.audience is not Audience.ALONE:
            await check(self._connections, actor, [answer])
        return question, answer

    async def share(self, actor: Actor, message_id: MessageId) -> Message:
        """Hold an answer where the actor stands; see `Chats.share`."""
        mine, member = actor.organization_id, actor.member_id
        async with self._db.reading() as tx:
            answer = await MessageStore(tx).get(mine, member, message_id, actor.place)
            if answer.side is not Side.ASSISTANT:
                raise MessageNotAnswer("That is a question; its answer is what can be shown.")
            if answer.status is MessageStatus.RUNNING:
                raise ChatBusy
            chat = await ChatStore(tx).get(mine, member, answer.chat_id, actor.place)
            before = await MessageStore(tx).question(mine, answer.id)
            question = await MessageStore(tx).get(mine, member, before, actor.place)
            said = await MessageStore(tx).list(mine, chat.id, last=READ, bytes=READ_BYTES)
        if chat.place is not None and chat.place == actor.place:
            return answer
        if chat.member_id != member:
            raise MessageNotFound
        until = [each for each in said if each.created_at <= answer.created_at]
        await check(self._connections, actor, until)
        if actor.place is None:
            return answer
        async with self._db.transaction() as tx:
            return await self._hold(tx, actor, actor.place, chat, (question, answer))

    async def _hold(
        self,
        tx: Transaction,
        actor: Actor,
        place: str,
        chat: Chat,
        exchange: tuple[Message, Message],
    ) -> Message:
        """Hold an exchange at a place, and nothing else of the chat in which it was."""
        mine, answer = actor.organization_id, exchange[1]
        await alone(tx, crc32(place.encode()))
        held = await ChatStore(tx).at(mine, place)
        whole = await MessageStore(tx).count(mine, chat.id) == len(exchange)
        if held is None and whole and chat.place is None:
            values = {"place": place, "audience": actor.audience}
            await ChatStore(tx).set(mine, chat.id, values)
            await self._audit.record(tx, actor, "chat.shared", chat.id)
            return answer
        if held is None:
            at = now()
            held = chat.model_copy(
                update={
                    "id": ChatId(new_id()),
                    "place": place,
                    "audience": actor.audience,
                    "surface": actor.surface,
                    "project_id": None,
                    "created_at": at,
                    "updated_at": at,
                }
            )
            await ChatStore(tx).add(mine, held)
        # Shown twice to the same place, it is there once.
        copies = [
            each.model_copy(
                update={
                    "id": MessageId(derived_id("shared", each.id, place)),
                    "chat_id": held.id,
                    "uploads": (),
                    "feedback": None,
                    "feedback_note": None,
                }
            )
            for each in exchange
        ]
        if await MessageStore(tx).status(mine, copies[1].id) is None:
            for each in copies:
                await MessageStore(tx).add(mine, each)
            widest = actor.audience.wider(held.audience or actor.audience)
            await ChatStore(tx).set(mine, held.id, {"updated_at": now(), "audience": widest})
            await self._audit.record(tx, actor, "chat.shared", held.id)
        return copies[1]
