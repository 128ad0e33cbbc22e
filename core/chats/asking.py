"""How a question becomes a turn: checked, kept, its chat claimed, and begun."""

import asyncio
from datetime import timedelta
from functools import partial
from zlib import crc32

from core.audit import Audit
from core.chats import plain
from core.chats.answering import Answerers
from core.chats.asked import Asked, fits
from core.chats.errors import (
    ChatBusy,
    ChatNotFound,
    ChatPrivate,
    OpenChatCap,
    ParametersAlone,
    TooManyTurns,
)
from core.chats.messages import MessageStore
from core.chats.parts import Parts
from core.chats.records import Chat, ChatDraft, Message, MessageStatus, Named, Question, Side
from core.chats.store import ChatStore
from core.chats.titles import UNTITLED, preview_of, title_of
from core.chats.turn import Turn
from core.chats.turns import Turns
from core.connections import Connection, ConnectionNotFound
from core.db import Database, Transaction, alone
from core.identity import Actor, Audience, Surface
from core.ids import ChatId, MemberId, MessageId, new_id, now
from core.models import Mind, ModelNotConfigured
from core.projects import Projects
from core.uploads import UploadNotFound

AT_ONCE = 20
"""Answers of one member that one process writes at once, whichever doors they were asked at."""
MOST = 500
"""Chats that a member may have."""
UNCOUNTED = (Surface.SLACK, Surface.DISCORD)
"""Chats that were begun here do not count: there a thread is a chat, and nobody keeps a list."""
TRIES = 3
"""How often a question looks for the chat of its place, while that comes and goes."""
REMEMBERED = 40
"""Messages that whoever answers is told of."""
REMEMBERED_BYTES = 4 * 1024 * 1024
"""What those take, at most."""


class Asking:
    """Takes questions in."""

    def __init__(
        self,
        db: Database,
        audit: Audit,
        parts: Parts,
        *,
        projects: Projects,
        turns: Turns,
        answerers: Answerers,
    ) -> None:
        """Keep questions in *db*, and let *turns* run what *answerers* do about them."""
        self._db = db
        self._audit = audit
        self._parts = parts
        self._projects = projects
        self._turns = turns
        self._answerers = answerers
        self._asked: dict[MemberId, set[asyncio.Task[Turn]]] = {}
        """The questions of each member that are not answered yet, as far as is known."""

    async def begin(
        self, actor: Actor, question: Question, mind: Mind | None, since: Message | None = None
    ) -> Turn:
        """Begin the turn that answers a question; see `Chats.ask`.

        Args:
            actor: who asks.
            question: what is asked.
            mind: a model that answers where none is configured.
            since: the message that it stands for; it and what came after it go.
        """
        if question.chat_id is not None or actor.place is None:
            return await self._begin(actor, question, mind, since)
        for _again in range(TRIES):
            async with self._db.reading() as tx:
                there = await ChatStore(tx).at(actor.organization_id, actor.place)
            asked = question.model_copy(update={"chat_id": there and there.id})
            try:
                return await self._begin(actor, asked, mind, since)
            except (_Held, ChatNotFound):
                continue  # it was begun or deleted meanwhile
        raise ChatBusy

    async def _begin(
        self, actor: Actor, question: Question, mind: Mind | None, since: Message | None
    ) -> Turn:
        fresh = question.chat_id is None
        if question.chat_id is None:
            chat = await self.fresh(
                actor,
                ChatDraft(
                    title=question.title or title_of(question.text),
                    connection=question.connection,
                    project_id=question.project_id,
                ),
                place=actor.place,
            )
        else:
            if question.project_id is not None:
                await self._projects.get(actor, question.project_id)
            async with self._db.reading() as tx:
                mine, member = actor.organization_id, actor.member_id
                chat = await ChatStore(tx).get(mine, member, question.chat_id, actor.place)
            actor = _heard_in(chat, actor)
        asked = await self._checked(actor, question, chat, mind)
        await self._turns.alive()
        self._refuse_another(actor)
        # Whoever asks may go at any moment: a chat that is claimed has a turn that ends.
        keeping = asyncio.get_running_loop().create_task(
            self._kept(actor, question, asked, since, fresh=fresh)
        )
        self._asked.setdefault(actor.member_id, set()).add(keeping)
        try:
            return await asyncio.shield(keeping)
        except asyncio.CancelledError:
            keeping.add_done_callback(_unheard)
            raise

    def _refuse_another(self, actor: Actor) -> None:
        """Pass if the member may wait for one more answer.

        Raises:
            TooManyTurns: it waits for as many as it may.
        """
        # Of everybody: whoever never asks again would keep the last answers in memory for ever.
        self._asked = {
            whose: waited_for
            for whose, every in self._asked.items()
            if (waited_for := {each for each in every if not _over(each)})
        }
        if len(self._asked.get(actor.member_id, ())) >= AT_ONCE:
            raise TooManyTurns

    async def _kept(
        self,
        actor: Actor,
        question: Question,
        asked: Asked,
        since: Message | None,
        *,
        fresh: bool,
    ) -> Turn:
        """Keep a question and an answer that is yet to be written, and begin to write it."""
        mine, chat, at = actor.organization_id, asked.chat, now()
        answer = Message(
            id=MessageId(new_id()),
            chat_id=chat.id,
            side=Side.ASSISTANT,
            content="",
            status=MessageStatus.RUNNING,
            created_at=at + timedelta(milliseconds=1),  # an answer is later than its question
            member_id=actor.member_id,
        )
        said = answer.model_copy(
            update={
                "id": asked.message_id,
                "side": Side.USER,
                "content": question.text,
                "status": MessageStatus.DONE,
                "created_at": at,
                "uploads": asked.uploads,
                "named": _named(question),
                "author": actor.name or None,
            }
        )
        heard: dict[str, object] = {"updated_at": at, "preview": preview_of(question.text)}
        if chat.place is not None:
            heard["audience"] = actor.audience
        if asked.connection is not None and chat.connection_id is None:
            heard["connection_id"] = asked.connection.id
        async with self._db.transaction() as tx:
            if fresh:
                await self.add(tx, actor, chat)
            if not await ChatStore(tx).claim(mine, chat.id, answer.id, self._turns.runner):
                raise ChatBusy
            await MessageStore(tx).interrupt(mine, chat.id, answer.id)
            if since is not None:
                await MessageStore(tx).remove_from(mine, chat.id, since.id)
                await self._audit.record(tx, actor, "message.edited", since.id)
            before = await MessageStore(tx).list(
                mine, chat.id, last=REMEMBERED, bytes=REMEMBERED_BYTES
            )
            await MessageStore(tx).add(mine, said)
            await MessageStore(tx).add(mine, answer)
            given = UNTITLED if since is None else title_of(since.content)
            if not before and chat.title == given:
                heard["title"] = question.title or title_of(question.text)
            await ChatStore(tx).set(mine, chat.id, heard)
            await self._audit.record(tx, actor, "chat.asked", chat.id)
        turn = Turn(chat.id, said.id, answer.id, kept=question.kept)
        answering = partial(self._answerers, actor, asked._replace(before=before))
        self._turns.begin(mine, turn, answer, answering)
        return turn

    async def _checked(
        self, actor: Actor, question: Question, chat: Chat, mind: Mind | None
    ) -> Asked:
        """Return what will be answered, once everything that is named is found to be there."""
        if question.parameters and question.query_id is None:
            raise ParametersAlone
        connection, chat = await self._connection(actor, question, chat)
        for upload_id in question.upload_ids:
            if (await self._parts.uploads.get(actor, upload_id)).chat_id != chat.id:
                raise UploadNotFound
        query, at = None, None
        if question.query_id is not None:
            query = await self._parts.queries.get(actor, question.query_id)
            if query.sql is not None:
                own = question.connection or query.connection_id or chat.connection_id
                at = await self._parts.connections.get(actor, own)
            fits(query, question.parameters, at)
            await self._parts.queries.accept(
                actor,
                query.id,
                parameters=question.parameters,
                connection=None if at is None else at.id,
            )
        if question.model is not None or query is None or query.sql is None:
            try:
                mind = await self._parts.models.open(actor, question.model)
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
            at=at,
        )

    async def _connection(
        self, actor: Actor, question: Question, chat: Chat
    ) -> tuple[Connection | None, Chat]:
        """Return the connection that a question is asked of, and the chat without one that is gone.

        A chat whose connection was removed goes on like one that never had any.
        """
        if question.connection is not None:
            return await self._parts.connections.get(actor, question.connection), chat
        if chat.connection_id is None:
            return None, chat
        try:
            return await self._parts.connections.get(actor, chat.connection_id), chat
        except ConnectionNotFound:
            return None, chat.model_copy(update={"connection_id": None})

    async def fresh(self, actor: Actor, draft: ChatDraft, *, place: str | None = None) -> Chat:
        """Return a new chat, which is yet to be kept, and is held at *place*.

        Raises:
            ConnectionNotFound, ProjectNotFound: there is none of that name.
        """
        connection = None
        if draft.connection is not None:
            connection = await self._parts.connections.get(actor, draft.connection)
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
            place=place,
            audience=None if place is None else actor.audience,
            surface=actor.surface,
        )

    async def add(self, tx: Transaction, actor: Actor, chat: Chat) -> None:
        """Keep a new chat.

        Raises:
            OpenChatCap: the member has as many as there may be.
        """
        mine = actor.organization_id
        if chat.place is not None:
            await alone(tx, crc32(chat.place.encode()))
            if await ChatStore(tx).at(mine, chat.place) is not None:
                raise _Held
        if chat.surface not in UNCOUNTED:
            await alone(tx, crc32(actor.member_id.encode()))
            if await ChatStore(tx).count(mine, actor.member_id, UNCOUNTED) >= MOST:
                raise OpenChatCap
        await ChatStore(tx).add(mine, chat)
        await self._audit.record(tx, actor, "chat.created", chat.id)


class _Held(Exception):
    """Somebody else began the chat at the same place just now."""


def _heard_in(chat: Chat, actor: Actor) -> Actor:
    """Return the actor, heard by all who hear the chat, from wherever it is that they ask.

    Raises:
        ChatPrivate: others would hear what only the chat's owner has heard so far.
    """
    here = chat.place is not None and chat.place == actor.place
    if not here and actor.audience is not Audience.ALONE:
        raise ChatPrivate
    if chat.audience is None:
        return actor
    return actor.model_copy(update={"audience": actor.audience.wider(chat.audience)})


def _named(question: Question) -> Named | None:
    """Return what a question names beside its words."""
    if question.query_id is None and question.connection is None:
        return None
    return Named(
        query_id=question.query_id,
        values=plain.json(question.parameters),
        connection=question.connection,
    )


def _over(keeping: "asyncio.Task[Turn]") -> bool:
    """Return whether a question is answered, or never came to a turn."""
    if not keeping.done():
        return False
    return keeping.cancelled() or keeping.exception() is not None or keeping.result().over


def _unheard(keeping: "asyncio.Task[Turn]") -> None:
    """Look at how a question went whose asker is gone."""
    if not keeping.cancelled() and keeping.exception() is None:
        keeping.result().stop()
