"""Chats as they are now, and turns as they go on, in whichever process that is."""

import asyncio
from collections.abc import AsyncIterator

from core.chats.errors import ChatNotFound, MessageNotFound, TurnInterrupted
from core.chats.events import Begun, Done, Event, Failed, Said, Visualized
from core.chats.failures import failure_of
from core.chats.messages import MessageStore
from core.chats.records import Conversation, Failure, Message, MessageStatus, Side
from core.chats.store import ChatStore
from core.chats.turns import Turns
from core.db import Database
from core.identity import Actor
from core.ids import ChatId, MessageId

LAST = 2_000
"""Messages of a chat that are returned; older ones are counted."""
LAST_BYTES = 16 * 1024 * 1024
"""What they take, at most."""
LOOK = 0.5
"""Seconds between two looks at an answer that another process writes."""
FOLLOWED = 3_600.0
"""Seconds for which a turn of another process is waited for."""


class Following:
    """Reads chats, and waits for what is still being said in them."""

    def __init__(self, db: Database, turns: Turns) -> None:
        """Read from *db*; *turns* are those that run here."""
        self._db = db
        self._turns = turns

    async def get(self, actor: Actor, chat_id: ChatId) -> Conversation:
        """Return a chat with everything that was said; see `Chats.get`."""
        mine = actor.organization_id
        async with self._db.reading() as tx:
            chat = await ChatStore(tx).get(mine, actor.member_id, chat_id, actor.place)
            running = await ChatStore(tx).running(mine, chat_id)
            said = await MessageStore(tx).list(mine, chat_id, last=LAST, bytes=LAST_BYTES)
            total = await MessageStore(tx).count(mine, chat_id)
        alive = running.id if running is not None and running.alive else None
        return Conversation(
            chat=chat,
            messages=tuple(_as_it_is(each, alive) for each in said),
            earlier=total - len(said),
        )

    async def wait(self, actor: Actor, chat_id: ChatId, seconds: float) -> Conversation:
        """Return a chat once nothing in it is being answered; see `Chats.wait`."""
        mine = actor.organization_id
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            async with self._db.reading() as tx:
                await ChatStore(tx).get(mine, actor.member_id, chat_id, actor.place)
                if await ChatStore(tx).quiet(mine, chat_id):
                    break
            here = self._turns.running({chat_id})
            if not here or not await here[0].ended(left):
                await asyncio.sleep(min(LOOK, max(0.0, until - loop.time())))
        return await self.get(actor, chat_id)

    async def follow(
        self, actor: Actor, message_id: MessageId, after: int
    ) -> AsyncIterator[tuple[int, Event]]:
        """Return the events of a turn; see `Chats.follow`."""
        mine = actor.organization_id
        async with self._db.reading() as tx:
            message = await MessageStore(tx).get(mine, actor.member_id, message_id, actor.place)
            question = await MessageStore(tx).question(mine, message_id)
        if message.side is not Side.ASSISTANT:
            raise MessageNotFound
        turn = self._turns.find(message_id)
        if turn is not None:
            return turn.listen(after)
        return self._afar(actor, message, question, after)

    async def _afar(
        self, actor: Actor, message: Message, question: MessageId, after: int
    ) -> AsyncIterator[tuple[int, Event]]:
        """Yield how a turn went that does not run here."""
        try:
            conversation = await self.wait(actor, message.chat_id, FOLLOWED)
        except ChatNotFound:
            gone = TurnInterrupted("The chat was deleted while it was being answered.")
            yield after + 1, Failed(failure=failure_of(gone), message=message)
            return
        ended = next((each for each in conversation.messages if each.id == message.id), message)
        told: list[Event] = []
        if after <= 0:
            told.append(Begun(chat_id=ended.chat_id, user_message_id=question))
            told += [Visualized(visualization=each) for each in ended.visualizations]
            told += [Said(text=ended.content)] if ended.content else []
        if ended.status is MessageStatus.DONE:
            told.append(Done(message=ended))
        else:
            failure = ended.failure or failure_of(TurnInterrupted())
            told.append(Failed(failure=failure, message=ended))
        for number, event in enumerate(told, max(0, after) + 1):
            yield number, event


def _as_it_is(message: Message, alive: MessageId | None) -> Message:
    """Return a message that a dead process left running as the interrupted one that it is."""
    if message.status is MessageStatus.INTERRUPTED and message.failure is None:
        return message.model_copy(update={"failure": _orphaned(message)})
    if message.status is MessageStatus.RUNNING and message.id != alive:
        status = MessageStatus.INTERRUPTED
        return message.model_copy(update={"status": status, "failure": _orphaned(message)})
    return message


def _orphaned(message: Message) -> Failure:
    return Failure(
        error="Trellis was stopped while it answered; ask again.",
        code="INTERRUPTED",
        retryable=True,
        debug_id=message.id[:10],
        error_type=TurnInterrupted.__name__,
    )
