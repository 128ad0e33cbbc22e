"""Messages of Discord as what was heard: those that are meant for us, and where they stand."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import NamedTuple

import discord
from discord import InteractionType, Message, MessageType, Thread
from discord.abc import GuildChannel

from bot.discord.roots import Roots
from bot.discord.where import Where, audience, may_begin
from bot.discord.words import words
from bot.heard import Asked
from core.channels import DIRECT, Spot
from core.identity import Audience, Surface
from core.links import Person

Place = GuildChannel | Thread
Finds = Callable[[int, int], Awaitable[Place | None]]
"""Returns the channel or thread of a server by its id."""
Latest = Callable[[Person, Spot], Awaitable[datetime | None]]
"""Returns when something was last said in the chat of a place, if there is one."""
PAUSE = timedelta(hours=3)
"""How long somebody may be silent and still go on with what was said yesterday."""
SAID = frozenset({MessageType.default, MessageType.reply})
"""Types of messages that somebody wrote."""


class Said(NamedTuple):
    """Something that was heard, and where."""

    heard: Asked
    where: Where


class Directs:
    """Which chat direct messages go on with: a day is a chat, and so is what `/ask` began."""

    def __init__(self, latest: Latest) -> None:
        """Ask *latest* when something was last said in a chat."""
        self._latest = latest

    async def thread(
        self, person: Person, channel: int, at: datetime, answered: Message | None
    ) -> str:
        """Return the chat's name.

        Who replies to an answer goes on with the chat of that answer; who talks beyond midnight
        goes on talking.
        """
        if answered is not None:
            began = answered.interaction_metadata
            if began is not None and began.type is InteractionType.application_command:
                return str(began.id)
            at = answered.created_at
        elif at - PAUSE < at.replace(hour=0, minute=0, second=0, microsecond=0):
            before = f"{at - PAUSE:%Y-%m-%d}"
            latest = await self._latest(person, direct_spot(channel, before))
            if latest is not None and at - latest < PAUSE:
                return before
        return f"{at:%Y-%m-%d}"


class Ears:
    """Hears what is meant for us."""

    def __init__(
        self,
        me: int,
        guilds: Collection[int],
        *,
        finds: Finds,
        roots: Roots,
        directs: Directs,
        reads: bool,
    ) -> None:
        """Hear on these servers alone, and in direct messages.

        Args:
            me: our own id.
            guilds: the servers.
            finds: channels that Discord has not told of.
            roots: where chains of replies begin.
            directs: which chat direct messages go on with.
            reads: whether we may read what does not mention us.
        """
        self._me = me
        self._guilds = frozenset(guilds)
        self._finds = finds
        self._roots = roots
        self._directs = directs
        self._reads = reads

    async def message(self, message: Message) -> Said | None:
        """Return what a message asks us; None where it is not meant for us."""
        if message.author.bot or message.webhook_id is not None or message.type not in SAID:
            return None
        if message.guild is None:
            return await self._direct(message)
        if message.guild.id not in self._guilds:
            return None
        called = self._is_called(message)
        if not called and not self._may_go_on(message):
            return None
        channel = await self._channel(message)
        if channel is None or not (called or _is_ours(channel, self._me)):
            return None
        return await self._in_guild(message, channel)

    def _is_called(self, message: Message) -> bool:
        if any(each.id == self._me for each in message.mentions):
            return True
        # People pick our role as easily as ourselves; nobody may ring it, so it is not told of.
        ours = message.guild.self_role if message.guild is not None else None
        return ours is not None and ours.mention in message.content

    def _may_go_on(self, message: Message) -> bool:
        """Return whether words that do not mention us may go on with a chat of a thread."""
        if not message.content or isinstance(message.channel, GuildChannel):
            return False
        if message.mentions or message.role_mentions or message.mention_everyone:
            return False
        reference = message.reference
        answered = None if reference is None else reference.resolved
        return reference is None or (
            isinstance(answered, Message) and answered.author.id == self._me
        )

    async def _channel(self, message: Message) -> Place | None:
        channel = message.channel
        if isinstance(channel, Thread | GuildChannel):
            return channel
        return await self._finds(message.guild.id if message.guild else 0, channel.id)

    async def _in_guild(self, message: Message, channel: Place) -> Said:
        guild = channel.guild
        text = words(message, self._me)
        begins = may_begin(channel)
        if isinstance(channel, Thread):
            parent, thread = channel.parent_id, channel.id
        elif begins:
            # A thread has the id of the message that it begins at.
            parent, thread = None, message.id
        else:
            reference = message.reference
            to = None if reference is None else reference.message_id
            parent, thread = None, await self._roots.of(channel.id, message.id, to)
        spot = Spot(
            surface=Surface.DISCORD,
            workspace=str(guild.id),
            channel=str(parent or channel.id),
            thread=str(thread),
            audience=audience(channel),
        )
        where = Where(
            channel=channel.id,
            parent=parent,
            guild=guild.id,
            person=message.author.id,
            question=message.id,
            begins=begins,
            title=text,
            name=f"#{channel.name}, {guild.name}",
            hint=not self._reads,
        )
        return Said(_asked(message, spot, text), where)

    async def _direct(self, message: Message) -> Said:
        reference = message.reference
        resolved = None if reference is None else reference.resolved
        answered = resolved if isinstance(resolved, Message) else None
        person = person_of(message.author)
        thread = await self._directs.thread(
            person, message.channel.id, message.created_at, answered
        )
        where = Where(
            channel=message.channel.id,
            person=message.author.id,
            question=message.id,
            name="direct messages",
        )
        spot = direct_spot(message.channel.id, thread)
        return Said(_asked(message, spot, words(message, self._me)), where)


def direct_spot(channel: int, thread: str) -> Spot:
    """Return where one speaks in direct messages."""
    return Spot(
        surface=Surface.DISCORD,
        workspace=DIRECT,
        channel=str(channel),
        thread=thread,
        audience=Audience.ALONE,
    )


def person_of(user: discord.User | discord.Member) -> Person:
    """Return somebody as Discord vouches for them; it tells nobody's address."""
    return Person(
        surface=Surface.DISCORD, workspace="discord", id=str(user.id), name=user.display_name
    )


def _asked(message: Message, spot: Spot, text: str) -> Asked:
    return Asked(
        id=str(message.id),
        person=person_of(message.author),
        spot=spot,
        message=str(message.id),
        text=text,
    )


def _is_ours(channel: Place, me: int) -> bool:
    """Return whether it is a thread that we began."""
    return isinstance(channel, Thread) and channel.owner_id == me
