"""What may be asked after an answer: thought of once, and then kept with it."""

from core.chats.errors import ChatBusy, MessageNotAnswer
from core.chats.followups import SAID, suggest_followups
from core.chats.messages import MessageStore
from core.chats.parts import Parts
from core.chats.records import MessageStatus, Side
from core.chats.store import ChatStore
from core.db import Database
from core.identity import Actor
from core.ids import MessageId
from core.models import Mind

READ = 10**6
"""Characters of what was said that are read for it."""


class Offering:
    """Offers what may be asked next, the same questions to everybody."""

    def __init__(self, db: Database, parts: Parts) -> None:
        """Keep offers in *db*; *parts* know what can be asked."""
        self._db = db
        self._parts = parts

    async def offer(
        self, actor: Actor, message_id: MessageId, mind: Mind | None
    ) -> tuple[str, ...]:
        """Return three questions that go on from an answer; see `Chats.offer`."""
        mine = actor.organization_id
        async with self._db.reading() as tx:
            answer = await MessageStore(tx).get(mine, actor.member_id, message_id, actor.place)
            if answer.side is not Side.ASSISTANT:
                raise MessageNotAnswer("That is a question; what goes on from its answer is asked.")
            if answer.followups:
                return answer.followups
            if answer.status is MessageStatus.RUNNING:
                raise ChatBusy
            chat = await ChatStore(tx).get(mine, actor.member_id, answer.chat_id, actor.place)
            last = await MessageStore(tx).list(mine, chat.id, last=SAID, bytes=READ, bare=True)
        said = tuple(
            (each.side, each.content) for each in last if each.created_at <= answer.created_at
        )
        found = await suggest_followups(
            self._parts, actor, said, connection=chat.connection_id, mind=mind
        )
        async with self._db.transaction() as tx:
            return await MessageStore(tx).offer(mine, answer.id, found)
