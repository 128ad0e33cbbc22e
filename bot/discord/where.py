"""Where on Discord something was said, and who hears the answer there."""

from discord import Guild, TextChannel, Thread
from discord.abc import GuildChannel

from core.identity import Audience
from core.record import Record

OPEN = frozenset({"COMMUNITY", "DISCOVERABLE", "PREVIEW_ENABLED"})
"""What a server has that strangers may find and join."""
LONGEST = 95
"""Characters of a thread's name."""


class Where(Record):
    """What is needed to answer there, in this process or in another."""

    channel: int
    """The channel, the thread or the direct messages."""
    parent: int | None = None
    """The thread's channel, if it is one."""
    guild: int | None = None
    person: int
    question: int | None = None
    """The message that is answered, or whose button was pressed."""
    begins: bool = False
    """Whether a thread is begun at that message."""
    title: str = ""
    """What a thread is called."""
    name: str = ""
    """What the channel is called, for people."""
    hint: bool = False
    """Whether people have to mention us to go on."""
    hidden: bool = False
    """Whether what was pressed stands on a card that one person alone sees."""

    @property
    def direct(self) -> bool:
        """Whether these are direct messages."""
        return self.guild is None


def audience(channel: GuildChannel | Thread) -> Audience:
    """Return who hears what is said in a channel of a server; the most, where that is unknown."""
    held = channel.parent if isinstance(channel, Thread) else channel
    everyone = channel.guild.get_role(channel.guild.id)
    if held is None or everyone is None:
        return widest(channel.guild)
    if isinstance(channel, Thread) and channel.is_private():
        return Audience.PRIVATE
    if not held.permissions_for(everyone).view_channel:
        return Audience.PRIVATE
    return widest(channel.guild)


def by_now(guild: Guild, where: Where) -> Audience:
    """Return who hears a place by now, as far as Discord has told; the most, where it has not."""
    found = guild.get_channel_or_thread(where.channel) or guild.get_channel(where.parent or 0)
    return widest(guild) if found is None else audience(found)


def widest(guild: Guild) -> Audience:
    """Return who hears what everybody on a server may read."""
    return Audience.OUTSIDE if OPEN.intersection(guild.features) else Audience.PUBLIC


def may_begin(channel: GuildChannel | Thread) -> bool:
    """Return whether we may begin a thread there, and speak in it."""
    if not isinstance(channel, TextChannel):
        return False
    may = channel.permissions_for(channel.guild.me)
    return may.create_public_threads and may.send_messages_in_threads
