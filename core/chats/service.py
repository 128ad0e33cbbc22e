"""The verbs of chats."""

from collections.abc import AsyncIterator, Sequence

from core.audit import Audit
from core.chats.answering import Answerers
from core.chats.asking import Asking
from core.chats.bounds import Bounds
from core.chats.errors import (
    ChatBusy,
    ChatNotFound,
    FollowupsUnclear,
    MessageNotAnswer,
    MessageNotFound,
    MessageNotYours,
)
from core.chats.events import Event
from core.chats.following import Following
from core.chats.followups import SAID, suggest_followups
from core.chats.messages import MessageStore
from core.chats.offering import Offering
from core.chats.parts import Parts
from core.chats.records import (
    Chat,
    ChatDraft,
    Conversation,
    Message,
    Question,
    Side,
    Verdict,
)
from core.chats.sharing import Sharing
from core.chats.store import ChatStore
from core.chats.titles import preview_of
from core.chats.turn import Turn
from core.chats.turns import Turns
from core.connections import Connections
from core.db import Database, Transaction
from core.identity import Actor, Permission
from core.ids import ChatId, MessageId
from core.models import Mind, Models
from core.page import Page, PageAsked
from core.projects import Projects
from core.pulse import Pulse
from core.queries import Queries
from core.tally import Tally
from core.uploads import Uploads

SECONDS = 300.0
"""How long a turn may take."""


class Chats:
    """Keeps conversations, and answers what is asked in them."""

    def __init__(
        self,
        db: Database,
        audit: Audit,
        tally: Tally,
        pulse: Pulse,
        *,
        connections: Connections,
        queries: Queries,
        projects: Projects,
        models: Models,
        uploads: Uploads,
        seconds: float = SECONDS,
        bounds: Bounds | None = None,
    ) -> None:
        """Keep chats in *db*; answer from the services of lower rank.

        A turn takes *seconds* at most, and *bounds* of a model.
        """
        self._db = db
        self._audit = audit
        self._parts = Parts(connections, queries, models, uploads, bounds or Bounds())
        self._turns = Turns(db, tally, pulse, seconds=seconds)
        self._following = Following(db, self._turns)
        self._sharing = Sharing(db, audit, connections)
        self._offering = Offering(db, self._parts)
        self._asking = Asking(
            db,
            audit,
            self._parts,
            projects=projects,
            turns=self._turns,
            answerers=Answerers(self._parts),
        )

    # What there is

    async def create(self, actor: Actor, draft: ChatDraft) -> Chat:
        """Begin a chat in which nothing is said yet.

        Raises:
            OpenChatCap: the member has as many as there may be.
            ConnectionNotFound, ProjectNotFound: there is none of that name.
        """
        actor.require(Permission.CHATS_WRITE)
        chat = await self._asking.fresh(actor, draft)
        async with self._db.transaction() as tx:
            await self._asking.add(tx, actor, chat)
        return chat

    async def list(self, actor: Actor, asked: PageAsked) -> Page[Chat]:
        """Return a page of the member's chats, the latest activity first."""
        actor.require(Permission.CHATS_READ)
        async with self._db.reading() as tx:
            return await ChatStore(tx).list(actor.organization_id, actor.member_id, asked)

    async def get(self, actor: Actor, chat_id: ChatId) -> Conversation:
        """Return a chat of the member's with everything that was said.

        Of a chat of more than 2,000 messages, or 16 MB, it is the last of them; `earlier` says how
        many there are before.

        Raises:
            ChatNotFound: the member has no such chat.
        """
        actor.require(Permission.CHATS_READ)
        return await self._following.get(actor, chat_id)

    async def head(self, actor: Actor, chat_id: ChatId) -> Chat:
        """Return a chat of the member's without what was said in it.

        Raises:
            ChatNotFound: the member has no such chat.
        """
        actor.require(Permission.CHATS_READ)
        async with self._db.reading() as tx:
            mine, member = actor.organization_id, actor.member_id
            return await ChatStore(tx).get(mine, member, chat_id, actor.place)

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
            await self._audit.record(tx, actor, "chat.renamed", chat_id)
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
        self._turns.forget(set(gone))
        await self._parts.uploads.forget(actor, gone)
        return gone

    async def delete_from(self, actor: Actor, chat_id: ChatId, message_id: MessageId) -> None:
        """Forget a message and every later one of a chat that is the member's own.

        Raises:
            ChatNotFound, MessageNotFound: the member has none of that id.
            ChatBusy: it is being answered just now.
        """
        actor.require(Permission.CHATS_WRITE)
        mine = actor.organization_id
        owner = actor.model_copy(update={"place": None})
        async with self._db.transaction() as tx:
            await self._said(tx, owner, chat_id, message_id)
            if not await ChatStore(tx).quiet(mine, chat_id):
                raise ChatBusy
            await MessageStore(tx).remove_from(mine, chat_id, message_id)
            last = await MessageStore(tx).list(mine, chat_id, last=1, bytes=0, bare=True)
            preview = "".join(preview_of(each.content) for each in last)
            await ChatStore(tx).set(mine, chat_id, {"preview": preview})
            await self._audit.record(tx, actor, "message.deleted", message_id)

    async def feedback(
        self, actor: Actor, message_id: MessageId, verdict: Verdict, note: str | None = None
    ) -> Message:
        """Remember what the member thinks of an answer; it takes the place of what they thought.

        Raises:
            MessageNotFound: the member has none of that id.
            MessageNotAnswer: it is a question.
        """
        actor.require(Permission.CHATS_WRITE)
        mine = actor.organization_id
        note = note or None
        async with self._db.transaction() as tx:
            message = await MessageStore(tx).get(mine, actor.member_id, message_id, actor.place)
            if message.side is not Side.ASSISTANT:
                raise MessageNotAnswer
            await MessageStore(tx).judge(mine, message_id, verdict, note)
            await self._audit.record(tx, actor, f"message.{verdict}", message_id)
        return message.model_copy(update={"feedback": verdict, "feedback_note": note})

    # Where several hear it

    async def at(self, actor: Actor) -> Chat | None:
        """Return the chat that is held where the actor stands, whoever began it."""
        actor.require(Permission.CHATS_READ)
        return await self._sharing.at(actor)

    async def exchange(self, actor: Actor, message_id: MessageId) -> tuple[Message, Message]:
        """Return an answer with the question before it, to be shown again or asked anew.

        Raises:
            MessageNotFound: neither is it the member's, nor was it said where they stand.
            MessageNotAnswer: it is a question.
            AudienceTooWide, ConnectionNotFound: it stands on what the member, or whoever hears
                them, may not see.
        """
        actor.require(Permission.CHATS_READ)
        return await self._sharing.exchange(actor, message_id)

    async def share(self, actor: Actor, message_id: MessageId) -> Message:
        """Hold an answer of the member's own where they stand, for all who hear them there.

        Nothing else of its chat is shown: where more was said in it, or where a chat is held
        there already, the question and the answer are copied. Without a place it is only found
        whether the answer may be shown to the actor's audience.

        Returns:
            The answer as it is held there.

        Raises:
            MessageNotFound: it is none of the member's.
            MessageNotAnswer: it is a question.
            ChatBusy: it is still being written.
            AudienceTooWide, ConnectionNotFound: it, or what it follows on from, stands on what
                must not be told there.
        """
        actor.require(Permission.CHATS_WRITE)
        return await self._sharing.share(actor, message_id)

    # Turns

    async def ask(self, actor: Actor, question: Question, *, mind: Mind | None = None) -> Turn:
        """Answer a question; what is returned is listened to for its events.

        Every refusal is raised here, before anything is said. Without a chat it goes on in the one
        that is held where the actor stands, or begins it there.

        Args:
            actor: who asks.
            question: what is asked, and how it is to be answered.
            mind: a model that answers where none is configured, such as the caller's own.

        Raises:
            ChatNotFound, ConnectionNotFound, ProjectNotFound, QueryNotFound, ModelNotFound: what
                was named is not there.
            UploadNotFound: what is said to be uploaded is not in that chat.
            ConnectionAmbiguous: the saved query may run on several, and none was named.
            ModelNotConfigured: the saved query is a prompt, and nobody is there to answer it.
            ParametersMissing, ParametersUnknown, ParameterInvalid: the saved query's values are
                not those it takes.
            ChatBusy: another question of the chat is being answered.
            ChatPrivate: others would hear what only the chat's owner has heard so far.
            AudienceTooWide: the connection must not be told to those who hear the actor.
            OpenChatCap: the member has as many chats as there may be.
            ShuttingDown: this process is about to end.
        """
        actor.require(Permission.CHATS_WRITE)
        return await self._asking.begin(actor, question, mind)

    async def edit(
        self, actor: Actor, message_id: MessageId, question: Question, *, mind: Mind | None = None
    ) -> Turn:
        """Ask again from one of the member's own messages on: it and what came after it go.

        What was uploaded with it stays with it, unless the question says otherwise.

        Raises:
            MessageNotFound: the member has none of that id in that chat.
            MessageNotYours: it is an answer, or another member's.
            And whatever `ask` raises.
        """
        actor.require(Permission.CHATS_WRITE)
        if question.chat_id is None:
            raise ChatNotFound
        async with self._db.reading() as tx:
            message = await self._said(tx, actor, question.chat_id, message_id)
        if message.side is not Side.USER or message.member_id not in {None, actor.member_id}:
            raise MessageNotYours
        if not question.upload_ids:
            question = question.model_copy(update={"upload_ids": message.uploads})
        return await self._asking.begin(actor, question, mind, message)

    async def interrupt(self, actor: Actor, chat_id: ChatId) -> None:
        """Stop the answer that is being written, whichever process writes it.

        Raises:
            ChatNotFound: the member has no such chat.
        """
        actor.require(Permission.CHATS_WRITE)
        mine = actor.organization_id
        async with self._db.transaction() as tx:
            await ChatStore(tx).get(mine, actor.member_id, chat_id, actor.place)
            running = await ChatStore(tx).stop(mine, actor.member_id, chat_id, actor.place)
            if running is not None:
                await self._audit.record(tx, actor, "chat.interrupted", chat_id)
        turn = None if running is None else self._turns.find(running)
        if turn is not None:
            turn.stop()

    async def follow(
        self, actor: Actor, message_id: MessageId, after: int = 0
    ) -> AsyncIterator[tuple[int, Event]]:
        """Return the events of a turn *after* so many, by the id of its answer.

        One that ran elsewhere or long ago is told by what was kept of it, once it is over; of
        that, whoever has heard a part of it before hears the end alone.

        Raises:
            MessageNotFound: the member has no such answer.
        """
        actor.require(Permission.CHATS_READ)
        return await self._following.follow(actor, message_id, after)

    async def wait(self, actor: Actor, chat_id: ChatId, seconds: float) -> Conversation:
        """Return a chat as soon as nothing in it is being answered, or after so many *seconds*.

        Raises:
            ChatNotFound: the member has no such chat.
        """
        actor.require(Permission.CHATS_READ)
        return await self._following.wait(actor, chat_id, seconds)

    async def followups(
        self,
        actor: Actor,
        *,
        chat_id: ChatId | None = None,
        user_messages: Sequence[str] | None = None,
        mind: Mind | None = None,
    ) -> tuple[str, str, str]:
        """Return three questions that may come next, after a chat or after what a member has said.

        Raises:
            ChatNotFound: the member has no such chat.
            FollowupsUnclear: both were given, or neither.
        """
        actor.require(Permission.CHATS_READ)
        if (chat_id is None) is (user_messages is None):
            raise FollowupsUnclear
        connection = None
        if chat_id is None:
            said = tuple((Side.USER, text) for text in user_messages or ())
        else:
            mine = actor.organization_id
            async with self._db.reading() as tx:
                chat = await ChatStore(tx).get(mine, actor.member_id, chat_id, actor.place)
                last = await MessageStore(tx).list(mine, chat_id, last=SAID, bytes=10**6, bare=True)
            connection = chat.connection_id
            said = tuple((each.side, each.content) for each in last)
        return await suggest_followups(self._parts, actor, said, connection=connection, mind=mind)

    async def offer(
        self, actor: Actor, message_id: MessageId, *, mind: Mind | None = None
    ) -> tuple[str, ...]:
        """Return three questions that may come after an answer, the same ones each time.

        Raises:
            MessageNotFound: there is none of that id for the actor.
            MessageNotAnswer: it is a question.
            ChatBusy: it is still being written.
        """
        actor.require(Permission.CHATS_READ)
        return await self._offering.offer(actor, message_id, mind)

    async def stop(self) -> None:
        """Stop every turn of this process and take no more, as it will end in a moment."""
        await self._turns.stop()

    async def close(self) -> None:
        """Stop every turn of this process, and keep what each came to."""
        await self._turns.close()

    # Inside

    async def _said(
        self, tx: Transaction, actor: Actor, chat_id: ChatId, message_id: MessageId
    ) -> Message:
        mine = actor.organization_id
        await ChatStore(tx).get(mine, actor.member_id, chat_id, actor.place)
        message = await MessageStore(tx).get(mine, actor.member_id, message_id, actor.place)
        if message.chat_id != chat_id:
            raise MessageNotFound
        return message
