"""The verbs of chats."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial

from core.audit import Audit
from core.chats.answering import Answerers
from core.chats.asked import Asked, fits
from core.chats.errors import (
    ChatBusy,
    ChatNotFound,
    MessageNotFound,
    MessageNotYours,
    OpenChatCap,
    TurnInterrupted,
)
from core.chats.events import Done, Event, Failed
from core.chats.failures import failure_of
from core.chats.parts import Parts
from core.chats.records import (
    Chat,
    ChatDraft,
    Conversation,
    Message,
    MessageStatus,
    Question,
    Side,
    Verdict,
)
from core.chats.store import PREVIEW, ChatStore, MessageStore
from core.chats.titles import UNTITLED, title_of
from core.chats.turn import Turn
from core.chats.turns import Turns
from core.connections import Connections
from core.db import Database, Transaction
from core.identity import Actor, Permission
from core.ids import ChatId, MessageId, new_id, now
from core.models import Mind, ModelNotConfigured, Models
from core.page import Page, PageAsked
from core.projects import Projects
from core.queries import Queries

MOST = 500
"""Chats that a member may have."""
REMEMBERED = 40
"""Messages that whoever answers is told of."""
LOOK = 0.5
"""Seconds between two looks at an answer that another process writes."""


class Chats:
    """Keeps conversations, and answers what is asked in them."""

    def __init__(
        self,
        db: Database,
        audit: Audit,
        *,
        connections: Connections,
        queries: Queries,
        projects: Projects,
        models: Models,
    ) -> None:
        """Keep chats in *db*; answer from the services of lower rank."""
        self._db = db
        self._audit = audit
        self._connections = connections
        self._queries = queries
        self._projects = projects
        self._models = models
        self._turns = Turns(db)
        self._answerers = Answerers(Parts(connections, queries, models))

    # What there is

    async def create(self, actor: Actor, draft: ChatDraft) -> Chat:
        """Begin a chat in which nothing is said yet.

        Raises:
            OpenChatCap: the member has as many as there may be.
            ConnectionNotFound, ProjectNotFound: there is none of that name.
        """
        actor.require(Permission.CHATS_WRITE)
        chat = await self._fresh(actor, draft)
        async with self._db.transaction() as tx:
            await self._add(tx, actor, chat)
        return chat

    async def list(self, actor: Actor, asked: PageAsked) -> Page[Chat]:
        """Return a page of the member's chats, the latest activity first."""
        actor.require(Permission.CHATS_READ)
        async with self._db.reading() as tx:
            return await ChatStore(tx).list(actor.organization_id, actor.member_id, asked)

    async def get(self, actor: Actor, chat_id: ChatId) -> Conversation:
        """Return a chat of the member's with everything that was said.

        Raises:
            ChatNotFound: the member has no such chat.
        """
        actor.require(Permission.CHATS_READ)
        mine = actor.organization_id
        async with self._db.reading() as tx:
            chat = await ChatStore(tx).get(mine, actor.member_id, chat_id)
            running = await ChatStore(tx).running(mine, chat_id)
            said = await MessageStore(tx).list(mine, chat_id)
        alive = running[0] if running is not None and running[1] else None
        return Conversation(chat=chat, messages=tuple(_as_it_is(each, alive) for each in said))

    async def rename(self, actor: Actor, chat_id: ChatId, title: str) -> Chat:
        """Give a chat another title.

        Raises:
            ChatNotFound: the member has no such chat.
        """
        actor.require(Permission.CHATS_WRITE)
        mine = actor.organization_id
        async with self._db.transaction() as tx:
            chat = await ChatStore(tx).get(mine, actor.member_id, chat_id)
            await ChatStore(tx).set(mine, chat_id, {"title": title})
        return chat.model_copy(update={"title": title})

    async def delete(self, actor: Actor, chat_ids: Sequence[ChatId]) -> tuple[ChatId, ...]:
        """Forget those of the chats that are the member's; return which were there.

        An answer that is being written in one of them is stopped.
        """
        actor.require(Permission.CHATS_WRITE)
        async with self._db.transaction() as tx:
            gone = await ChatStore(tx).remove(actor.organization_id, actor.member_id, chat_ids)
            for chat_id in gone:
                await self._audit.record(tx, actor, "chat.deleted", chat_id)
        for turn in self._turns.running(set(gone)):
            turn.stop()
        return gone

    async def delete_from(self, actor: Actor, chat_id: ChatId, message_id: MessageId) -> None:
        """Forget a message and every later one of its chat.

        Raises:
            ChatNotFound, MessageNotFound: the member has none of that id.
            ChatBusy: it is being answered just now.
        """
        actor.require(Permission.CHATS_WRITE)
        mine = actor.organization_id
        async with self._db.transaction() as tx:
            await self._said(tx, actor, chat_id, message_id)
            running = await ChatStore(tx).running(mine, chat_id)
            if running is not None and running[1]:
                raise ChatBusy
            await MessageStore(tx).remove_from(mine, chat_id, message_id)
            await self._audit.record(tx, actor, "message.deleted", message_id)

    async def feedback(
        self, actor: Actor, message_id: MessageId, verdict: Verdict, note: str | None = None
    ) -> Message:
        """Remember what the member thinks of an answer.

        Raises:
            MessageNotFound: the member has none of that id.
        """
        actor.require(Permission.CHATS_WRITE)
        mine = actor.organization_id
        async with self._db.transaction() as tx:
            message = await MessageStore(tx).get(mine, actor.member_id, message_id)
            told = message.model_copy(update={"feedback": verdict, "feedback_note": note})
            await MessageStore(tx).judge(mine, message_id, verdict, note)
            await self._audit.record(tx, actor, f"message.{verdict}", message_id)
        return told

    # Turns

    async def ask(self, actor: Actor, question: Question, *, mind: Mind | None = None) -> Turn:
        """Answer a question; what is returned is listened to for its events.

        Every refusal is raised here, before anything is said.

        Args:
            question: what is asked, and how it is to be answered.
            mind: a model that answers where none is configured, such as the caller's own.

        Raises:
            ChatNotFound, ConnectionNotFound, ProjectNotFound, QueryNotFound, ModelNotFound: what
                was named is not there.
            ModelNotConfigured: the saved query is a prompt, and nobody is there to answer it.
            ParametersMissing, ParametersUnknown: the saved query's values are not those it takes.
            ChatBusy: another question of the chat is being answered.
            OpenChatCap: the member has as many chats as there may be.
        """
        actor.require(Permission.CHATS_WRITE)
        return await self._begin(actor, question, mind, None)

    async def edit(
        self, actor: Actor, message_id: MessageId, question: Question, *, mind: Mind | None = None
    ) -> Turn:
        """Ask again from one of the member's own messages on: it and what came after it go.

        Raises:
            MessageNotFound: the member has none of that id in that chat.
            MessageNotYours: it is an answer.
            And whatever `ask` raises.
        """
        actor.require(Permission.CHATS_WRITE)
        if question.chat_id is None:
            raise ChatNotFound
        async with self._db.reading() as tx:
            message = await self._said(tx, actor, question.chat_id, message_id)
        if message.side is not Side.USER:
            raise MessageNotYours
        return await self._begin(actor, question, mind, message_id)

    async def interrupt(self, actor: Actor, chat_id: ChatId) -> None:
        """Stop the answer that is being written, whichever process writes it.

        Raises:
            ChatNotFound: the member has no such chat.
        """
        actor.require(Permission.CHATS_WRITE)
        mine = actor.organization_id
        async with self._db.transaction() as tx:
            await ChatStore(tx).get(mine, actor.member_id, chat_id)
            await ChatStore(tx).stop(mine, actor.member_id, chat_id)
        for turn in self._turns.running({chat_id}):
            turn.stop()

    async def follow(
        self, actor: Actor, message_id: MessageId, after: int = 0
    ) -> AsyncIterator[tuple[int, Event]]:
        """Return the events of a turn *after* so many, by the id of its answer.

        One that ran elsewhere or long ago is told by its end alone.

        Raises:
            MessageNotFound: the member has no such answer.
        """
        actor.require(Permission.CHATS_READ)
        async with self._db.reading() as tx:
            message = await MessageStore(tx).get(actor.organization_id, actor.member_id, message_id)
        turn = self._turns.find(message_id)
        return self._afar(actor, message, after) if turn is None else turn.listen(after)

    async def wait(self, actor: Actor, chat_id: ChatId, seconds: float) -> Conversation:
        """Return a chat as soon as nothing in it is being answered, or after so many *seconds*.

        Raises:
            ChatNotFound: the member has no such chat.
        """
        conversation = await self.get(actor, chat_id)
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while _busy(conversation) and loop.time() < until:
            left = until - loop.time()
            here = self._turns.running({chat_id})
            if here:
                await here[0].ended(left)
            else:
                await asyncio.sleep(min(LOOK, left))
            conversation = await self.get(actor, chat_id)
        return conversation

    async def close(self) -> None:
        """Stop every turn of this process, and keep what each came to."""
        await self._turns.close()

    # Inside

    async def _begin(
        self, actor: Actor, question: Question, mind: Mind | None, since: MessageId | None
    ) -> Turn:
        mine, at = actor.organization_id, now()
        fresh = question.chat_id is None
        if question.chat_id is None:
            chat = await self._fresh(
                actor,
                ChatDraft(
                    title=question.title or title_of(question.text),
                    connection=question.connection,
                    project_id=question.project_id,
                ),
            )
        else:
            async with self._db.reading() as tx:
                chat = await ChatStore(tx).get(mine, actor.member_id, question.chat_id)
        asked = await self._checked(actor, question, chat, mind)
        await self._turns.alive()
        answer = Message(
            id=MessageId(new_id()),
            chat_id=chat.id,
            side=Side.ASSISTANT,
            content="",
            status=MessageStatus.RUNNING,
            created_at=at,
        )
        said = answer.model_copy(
            update={
                "id": asked.message_id,
                "side": Side.USER,
                "content": question.text,
                "status": MessageStatus.DONE,
                "uploads": question.upload_ids,
            }
        )
        async with self._db.transaction() as tx:
            if fresh:
                await self._add(tx, actor, chat)
            if not await ChatStore(tx).claim(mine, chat.id, answer.id, self._turns.runner):
                await ChatStore(tx).get(mine, actor.member_id, chat.id)
                raise ChatBusy
            await MessageStore(tx).interrupt(mine, chat.id, answer.id)
            if since is not None:
                await MessageStore(tx).remove_from(mine, chat.id, since)
            before = await MessageStore(tx).list(mine, chat.id, last=REMEMBERED)
            await MessageStore(tx).add(mine, said)
            await MessageStore(tx).add(mine, answer)
            heard = {"updated_at": at, "preview": " ".join(question.text.split())[:PREVIEW]}
            if not before and chat.title == UNTITLED:
                heard["title"] = question.title or title_of(question.text)
            await ChatStore(tx).set(mine, chat.id, heard)
            await self._audit.record(tx, actor, "chat.asked", chat.id)
        turn = Turn(chat.id, said.id, answer.id, kept=question.kept)
        asked = asked._replace(before=before)
        self._turns.begin(actor, turn, answer, partial(self._answerers, actor, asked))
        return turn

    async def _checked(
        self, actor: Actor, question: Question, chat: Chat, mind: Mind | None
    ) -> Asked:
        """Return what will be answered, once everything that is named is found to be there."""
        ref = question.connection or chat.connection_id
        connection = None if ref is None else await self._connections.get(actor, ref)
        query = None
        if question.query_id is not None:
            query = await self._queries.get(actor, question.query_id)
            fits(query, question.parameters)
        if question.model is not None or query is None or query.sql is None:
            try:
                mind = await self._models.open(actor, question.model)
            except ModelNotConfigured:
                if mind is None and (question.model is not None or query is not None):
                    raise
        return Asked(
            text=question.text,
            message_id=MessageId(new_id()),
            chat=chat,
            before=(),
            connection=connection,
            query=query,
            parameters=dict(question.parameters),
            mind=mind,
            uploads=question.upload_ids,
        )

    async def _fresh(self, actor: Actor, draft: ChatDraft) -> Chat:
        connection = None
        if draft.connection is not None:
            connection = await self._connections.get(actor, draft.connection)
        if draft.project_id is not None:
            await self._projects.get(actor, draft.project_id)
        at = now()
        return Chat(
            id=ChatId(new_id()),
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            title=draft.title or UNTITLED,
            preview="",
            connection_id=None if connection is None else connection.id,
            project_id=draft.project_id,
            created_at=at,
            updated_at=at,
        )

    async def _add(self, tx: Transaction, actor: Actor, chat: Chat) -> None:
        mine = actor.organization_id
        if await ChatStore(tx).count(mine, actor.member_id) >= MOST:
            raise OpenChatCap
        await ChatStore(tx).add(mine, chat)
        await self._audit.record(tx, actor, "chat.created", chat.id)

    async def _said(
        self, tx: Transaction, actor: Actor, chat_id: ChatId, message_id: MessageId
    ) -> Message:
        mine = actor.organization_id
        await ChatStore(tx).get(mine, actor.member_id, chat_id)
        message = await MessageStore(tx).get(mine, actor.member_id, message_id)
        if message.chat_id != chat_id:
            raise MessageNotFound
        return message

    async def _afar(
        self, actor: Actor, message: Message, after: int
    ) -> AsyncIterator[tuple[int, Event]]:
        """Yield how a turn ended that does not run here."""
        conversation = await self.wait(actor, message.chat_id, 3600)
        ended = next((each for each in conversation.messages if each.id == message.id), message)
        if ended.failure is not None or ended.status is not MessageStatus.DONE:
            failure = ended.failure or failure_of(TurnInterrupted())
            yield after + 1, Failed(failure=failure, message=ended)
        else:
            yield after + 1, Done(message=ended)


def _busy(conversation: Conversation) -> bool:
    return any(each.status is MessageStatus.RUNNING for each in conversation.messages)


def _as_it_is(message: Message, alive: MessageId | None) -> Message:
    """Return a message that a dead process left running as the interrupted one that it is."""
    if message.status is MessageStatus.RUNNING and message.id != alive:
        return message.model_copy(update={"status": MessageStatus.INTERRUPTED})
    return message
