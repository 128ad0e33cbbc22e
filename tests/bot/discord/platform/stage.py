"""All parts of the stand-in, put together, and what is there: people, servers, channels."""

import secrets
from collections.abc import Collection
from types import TracebackType
from typing import Self

from .accounts import Accounts
from .callbacks import Callbacks
from .channels import Channels
from .clock import Clock
from .gateway import PRIVILEGED, Gateway
from .limits import Limits
from .messages import Messages
from .permissions import BITS, BOT, EVERYBODY, bits
from .records import (
    TEXT,
    Channel,
    Guild,
    Interaction,
    Overwrite,
    Person,
    Ping,
    Request,
    Role,
)
from .server import API, Server
from .threads import Threads
from .world import World


class Stage:
    """What the mixins of `DiscordPlatform` stand on."""

    def __init__(
        self,
        *,
        shards: int = 1,
        privileged: Collection[str] = (),
        heartbeat: float = 41.25,
        starts: int = 1000,
        concurrency: int = 1,
    ) -> None:
        """Prepare Discord for one application.

        Args:
            shards: how many `GET /gateway/bot` recommends.
            privileged: intents switched on in the developer portal: `message_content`,
                `members`, `presences`.
            heartbeat: seconds between two heartbeats.
            starts: sessions that may still be started today.
            concurrency: shards that may identify within five seconds. A client that starts again
                within five seconds of the first time is told to wait, as on Discord:
                `clock.advance(6)` lets them pass.
        """
        self.clock = Clock()
        self.token = (
            f"{secrets.token_urlsafe(18)}.{secrets.token_urlsafe(4)}.{secrets.token_hex(19)}"
        )
        self.violations: list[str] = []
        """What a well-behaved client does not do: requests sent into an exhausted bucket, 10,000
        answers of 401, 403 or 429, missed heartbeats, too many sessions."""
        self.world = World(self.clock, shards, "message_content" in privileged)
        allowed = sum(PRIVILEGED[name] for name in privileged)
        self.gateway = Gateway(
            self.world,
            self.token,
            allowed,
            self.violations,
            heartbeat=heartbeat,
            starts=starts,
            concurrency=concurrency,
        )
        self.world.gateway = self.gateway
        self.limits = Limits(self.clock, self.violations)
        self._posts = Messages(self.world)
        self._threads = Threads(self.world)
        self._accounts = Accounts(self.world, self.gateway)
        parts = (
            self._accounts,
            Channels(self.world, self._posts),
            self._threads,
            Callbacks(self.world, self._posts),
        )
        rules = [rule for part in parts for rule in part.rules]
        self._server = Server(self.world, self.gateway, rules, self.limits, self.violations)
        self.url = ""
        """Base of the REST API: `http://127.0.0.1:…/api/v10`."""

    async def __aenter__(self) -> Self:
        """Listen."""
        port = await self._server.start()
        self.world.base = f"http://127.0.0.1:{port}"
        self.url = f"{self.world.base}{API}"
        self.gateway.url = f"ws://127.0.0.1:{port}/gateway/"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Be gone."""
        await self._server.stop()

    @property
    def bot(self) -> Person:
        """The bot."""
        return self.world.bot

    @property
    def application_id(self) -> int:
        """The application's id, which is the bot's."""
        return self.world.bot.id

    @property
    def requests(self) -> list[Request]:
        """What was asked of the REST API, and answered, oldest first."""
        return self._server.requests

    @property
    def pings(self) -> list[Ping]:
        """Every telephone that a message of anybody really made ring."""
        return self.world.pings

    @property
    def interactions(self) -> list[Interaction]:
        """Every command, press, completion and submitted form, oldest first."""
        return list(self.world.interactions.values())


class Building(Stage):
    """What is there, before a client connects or while it is told."""

    def person(self, name: str, *guilds: Guild, bot: bool = False) -> Person:
        """Let somebody exist, a member of *guilds*."""
        person = Person(self.world.ids.next(), name, bot)
        self.world.people[person.id] = person
        for guild in guilds:
            guild.people.add(person)
        return person

    def guild(self, name: str, *people: Person, shard: int = 0, joined: bool = True) -> Guild:
        """Make a server whose events come on *shard*; unless *joined*, the bot is not in it."""
        world = self.world
        owner = people[0] if people else self.person(f"owner of {name}")
        guild = Guild(world.ids.of_shard(shard, world.shards), name, owner, {owner, *people})
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYBODY, mentionable=False)
        bot = world.bot
        held = Role(world.ids.next(), bot.name, BOT, mentionable=False, people={bot}, bot=bot)
        guild.roles[held.id] = held
        guild.joined = False
        world.guilds[guild.id] = guild
        if joined:
            self.join(guild)
        return guild

    def join(self, guild: Guild) -> None:
        """Invite the bot."""
        guild.joined = True
        guild.people.add(self.bot)
        self.world.tell("GUILD_CREATE", guild, self.gateway.whole(guild))

    def kick(self, guild: Guild) -> None:
        """Throw the bot out."""
        self.world.tell("GUILD_DELETE", guild, {"id": str(guild.id)})
        guild.joined = False
        guild.people.discard(self.bot)

    def outage(self, guild: Guild) -> None:
        """Let a server be unavailable: docs, Gateway Events, "Guild Delete"; `join` ends it."""
        self.world.tell("GUILD_DELETE", guild, {"id": str(guild.id), "unavailable": True})

    def channel(self, guild: Guild, name: str, *people: Person) -> Channel:
        """Make a text channel; with *people*, it is private to them and the bot."""
        channel = Channel(self.world.ids.next(), name, TEXT, guild)
        if people:
            channel.overwrites = [Overwrite(guild.id, member=False, deny=BITS["view_channel"])]
            channel.overwrites += [
                Overwrite(each.id, member=True, allow=BITS["view_channel"])
                for each in (*people, self.bot)
            ]
        self.world.channels[channel.id] = channel
        self.world.tell_channel("CHANNEL_CREATE", channel)
        return channel

    def dm(self, person: Person) -> Channel:
        """Return the direct messages between *person* and the bot."""
        return self._accounts.direct(person)

    def role(self, guild: Guild, name: str, *people: Person, mentionable: bool = True) -> Role:
        """Make a role held by *people*."""
        role = Role(self.world.ids.next(), name, 0, mentionable, set(people))
        guild.roles[role.id] = role
        return role

    def forbid(self, channel: Channel, *names: str) -> None:
        """Take permissions of the bot in *channel*, such as `send_messages`."""
        assert not channel.is_thread, "a thread has its parent's permissions"
        own = [each for each in channel.overwrites if each.id == self.bot.id]
        before = own[0] if own else Overwrite(self.bot.id, member=True)
        denied = bits(*names)
        after = Overwrite(
            self.bot.id, member=True, allow=before.allow & ~denied, deny=before.deny | denied
        )
        channel.overwrites = [each for each in channel.overwrites if each is not before] + [after]
        self.world.tell_channel("CHANNEL_UPDATE", channel)

    def permit(self, channel: Channel, *names: str) -> None:
        """Give back what `forbid` took."""
        given = bits(*names)
        channel.overwrites = [
            Overwrite(each.id, each.member, each.allow, each.deny & ~given)
            if each.id == self.bot.id
            else each
            for each in channel.overwrites
        ]
        self.world.tell_channel("CHANNEL_UPDATE", channel)

    def remove(self, channel: Channel) -> None:
        """Delete a channel or a thread."""
        self._threads.remove(channel)

    def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Let a thread be archived; a *locked* one, moderators alone bring back."""
        thread.archived, thread.locked = True, locked
        thread.touched = self.clock.now()
        self.world.tell_channel("THREAD_UPDATE", thread)

    def close_dm(self, person: Person) -> None:
        """Let *person* take no direct messages from the bot (50007)."""
        person.closed = True
