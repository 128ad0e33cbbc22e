"""The state of Discord, and the events that tell clients what became of it."""

from collections.abc import Callable
from typing import Protocol

from . import payloads
from .clock import Clock, Moments, Snowflakes
from .errors import Refused
from .permissions import sees
from .records import (
    EPHEMERAL,
    Channel,
    Guild,
    Interaction,
    Message,
    Payload,
    Person,
    Ping,
)

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12
REACTIONS, DIRECT_REACTIONS, MESSAGE_CONTENT = 1 << 10, 1 << 13, 1 << 15
"""Docs, Gateway, "List of Intents"."""

Make = Callable[[int], Payload]
"""The payload of an event for a session with these intents."""


class Dispatch(Protocol):
    """Who sends events to clients."""

    def dispatch(self, event: str, guild: Guild | None, intents: int, make: Make) -> None:
        """Send an event to every session of the shard of *guild* with one of *intents*."""
        ...


class World:
    """All there is, by id."""

    def __init__(self, clock: Clock, shards: int, content: bool) -> None:
        self.clock = clock
        self.shards = shards
        self.content = content
        """Whether MESSAGE_CONTENT is switched on in the developer portal."""
        self.ids = Snowflakes(clock)
        self.moments = Moments()
        self.bot = Person(self.ids.next(), "trellis", bot=True)
        self.people: dict[int, Person] = {self.bot.id: self.bot}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.interactions: dict[int, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}
        self.commands: dict[int | None, dict[int, Payload]] = {None: {}}
        """Application commands by guild; None is global."""
        self.pings: list[Ping] = []
        self.base = ""
        """Where files are fetched."""
        self.gateway: Dispatch

    # Looking things up as the bot does.
    def channel(self, id: str) -> Channel:
        """Return a channel that the bot may look into: else 10003 or 50001."""
        found = self.channels.get(int(id)) if id.isdecimal() else None
        if found is None or found.removed:
            raise Refused(10003)
        if (found.guild and not found.guild.joined) or not sees(self.bot, found):
            raise Refused(50001)
        return found

    def guild(self, id: str) -> Guild:
        """Return a guild that the bot is in: else 10004."""
        found = self.guilds.get(int(id)) if id.isdecimal() else None
        if found is None or not found.joined:
            raise Refused(10004)
        return found

    def message(self, channel: Channel, id: str) -> Message:
        """Return a message that still stands: else 10008."""
        found = channel.messages.get(int(id)) if id.isdecimal() else None
        if found is None or found.deleted or found.ephemeral:
            raise Refused(10008)
        return found

    def present(self, channel: Channel) -> set[Person]:
        """Return who can look into a channel."""
        if channel.guild is None:
            return {self.bot} | ({channel.recipient} if channel.recipient else set())
        return {person for person in channel.guild.people if sees(person, channel)}

    def places(self, guild: Guild) -> list[Channel]:
        """Return the channels of a guild, and of its threads those that the bot sees.

        Hidden channels are listed too; only what is said in them is not told.
        """
        found = [each for each in self.channels.values() if each.guild is guild]
        return [each for each in found if self.known(each)]

    def known(self, channel: Channel) -> bool:
        """Say whether the bot is told of a channel: docs, Threads, "Thread Access"."""
        return not channel.removed and (not channel.is_thread or sees(self.bot, channel))

    def shard_of(self, guild: Guild | None, shards: int) -> int:
        """Docs, Gateway, "Sharding": what has no guild goes to the first shard."""
        return (guild.id >> 22) % shards if guild else 0

    # Rendering as the bot is shown it.
    def shown(self, message: Message) -> Payload:
        """Return a message as REST has it, which knows the app's switch and no session."""
        return payloads.message(message, self.bot, self.base, reads=self.content)

    def place(self, channel: Channel) -> Payload:
        """Return a channel as the bot is shown it."""
        return payloads.channel(channel, self.bot)

    # Telling clients.
    def tell(
        self, event: str, guild: Guild | None, payload: Payload, intents: int = GUILDS
    ) -> None:
        """Send an event that is the same for everybody; 0 means it needs no intent."""
        if guild is None or guild.joined:
            self.gateway.dispatch(event, guild, intents, lambda _: payload)
        self.moments.happened()

    def tell_message(self, event: str, message: Message) -> None:
        """Send MESSAGE_CREATE or MESSAGE_UPDATE to those who may know.

        Ephemeral messages go to the bot that sent them, without a guild and with the intent for
        direct messages: docs, Gateway Events, "Message Create".
        """
        place = message.channel
        if not sees(self.bot, place) and not message.ephemeral:
            self.moments.happened()
            return
        private = place.guild is None or bool(message.flags & EPHEMERAL)

        def make(intents: int) -> Payload:
            reads = bool(intents & MESSAGE_CONTENT)
            return payloads.message(message, self.bot, self.base, reads=reads, event=True)

        guild = None if private else place.guild
        if guild is None or guild.joined:
            intents = DIRECT_MESSAGES if private else GUILD_MESSAGES
            self.gateway.dispatch(event, guild, intents, make)
        self.moments.happened()

    def tell_deleted(self, message: Message) -> None:
        """Send MESSAGE_DELETE."""
        place = message.channel
        payload = {"id": str(message.id), "channel_id": str(place.id)}
        guild = None if message.ephemeral else place.guild
        if guild:
            payload["guild_id"] = str(guild.id)
        if sees(self.bot, place):
            self.tell(
                "MESSAGE_DELETE", guild, payload, GUILD_MESSAGES if guild else DIRECT_MESSAGES
            )
        self.moments.happened()

    def tell_channel(self, event: str, channel: Channel) -> None:
        """Send CHANNEL_CREATE, THREAD_UPDATE and their kin."""
        if self.known(channel):
            self.tell(event, channel.guild, self.place(channel))
        self.moments.happened()

    def tell_interaction(self, interaction: Interaction) -> None:
        """Send INTERACTION_CREATE, which needs no intent."""
        payload = payloads.interaction(interaction, self.bot, self.base)
        self.tell("INTERACTION_CREATE", interaction.channel.guild, payload, 0)
