"""Discord as a bot meets it: a strict stand-in on loopback, made from Discord's documentation.

It knows nothing of our bot. A real `discord.py` client talks to it unchanged, and what Discord
would refuse it refuses, with Discord's own JSON error codes.

    async with DiscordPlatform(shards=2) as discord:
        guild = discord.guild("Acme")
        ada = discord.person("ada", guild)
        sales = discord.channel(guild, "sales")
        ...                                   # start the bot: discord.url, discord.token
        await discord.until(discord.ready)
        asked = await discord.mention(ada, sales, "revenue by month?")
        await discord.until(lambda: discord.messages(discord.threads(sales)[0]))

How a client gets here. discord.py has no setting for its base URL: `discord.http.Route.BASE` is
one for the whole process, interaction callbacks and follow-ups go through a second REST client
(`discord.webhook.async_`, also built on Route), and after a non-resumable INVALID_SESSION it goes
back to the built-in `wss://gateway.discord.gg/`. What every one of these has in common is the
session, and the session's connector is a documented argument: `AutoShardedClient(connector=…)`.
A connector per client that sends what is meant for `discord.com` and `gateway.discord.gg`
elsewhere redirects one client and no other (see `redirect.py`, sixty lines, public aiohttp API):

    client = discord.AutoShardedClient(intents=…, connector=Redirect(platform.url))

Leave `shard_count` unset: then the gateway's URL is asked from `GET /gateway/bot`, as the setting
DISCORD_API_URL promises. `platform.url` ends in `/api/v10`. Do not use `Route.BASE` or `proxy=`.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(eq=False)
class Person:
    """Who talks: a person, or a bot."""

    id: int
    name: str
    bot: bool = False


@dataclass(eq=False)
class Guild:
    """A server."""

    id: int
    name: str


@dataclass(eq=False)
class Channel:
    """Where one talks: a channel of a guild, a thread of one, or a direct message."""

    id: int
    name: str
    guild: Guild | None = None
    parent: "Channel | None" = None
    archived: bool = False
    locked: bool = False


@dataclass(frozen=True)
class Version:
    """How a message looked from a moment on."""

    at: float
    content: str
    embeds: tuple[dict[str, Any], ...]
    components: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Attachment:
    """A file of a message."""

    id: int
    name: str
    content: bytes
    description: str | None
    content_type: str | None


@dataclass(eq=False)
class Message:
    """What stands in a channel, and every look it had."""

    id: int
    channel: Channel
    author: Person
    content: str = ""
    embeds: tuple[dict[str, Any], ...] = ()
    components: tuple[dict[str, Any], ...] = ()
    files: tuple[Attachment, ...] = ()
    flags: int = 0
    audience: Person | None = None
    """Who alone sees it; None is everybody: it is not ephemeral."""
    thinking: bool = False
    """Whether it says "Trellis is thinking…": a deferred response that nobody filled in yet."""
    deleted: bool = False
    reply_to: "Message | None" = None
    thread: Channel | None = None
    """The thread that was started from it."""
    versions: list[Version] = field(default_factory=list)
    """Its look when it was made, and after each edit."""

    @property
    def buttons(self) -> dict[str, dict[str, Any]]:
        """What can be pressed, by custom id."""
        return {}

    @property
    def menus(self) -> dict[str, dict[str, Any]]:
        """What can be chosen from, by custom id."""
        return {}


@dataclass(frozen=True)
class Ping:
    """Somebody's telephone that rang."""

    message: Message
    person: Person
    why: str
    """`user`, `role`, `everyone`, `here` or `reply`."""


@dataclass(frozen=True)
class Choice:
    """What an autocompletion offers."""

    name: str
    value: str | int | float


@dataclass(frozen=True)
class Modal:
    """A form on somebody's screen."""

    title: str
    custom_id: str
    fields: Mapping[str, dict[str, Any]]
    """Its inputs by custom id, as the bot sent them, with their `label`."""


@dataclass(eq=False)
class Interaction:
    """A command, a press, an autocompletion or a submitted form."""

    id: int
    token: str
    person: Person
    channel: Channel
    at: float
    acknowledged: float | None = None
    """How many seconds after it happened the bot first responded."""
    response: int | None = None
    """The type of that response: 4 message, 5 deferred, 6 deferred update, 7 update, 8, 9."""
    message: Message | None = None
    """The original response."""
    followups: list[Message] = field(default_factory=list)
    modal: Modal | None = None
    choices: tuple[Choice, ...] | None = None

    @property
    def failed(self) -> bool:
        """Whether its person reads "The application did not respond"."""
        return False


@dataclass(frozen=True)
class Request:
    """What a client sent to the REST API, and what it got."""

    at: float
    method: str
    path: str
    body: Any
    status: int
    code: int | None
    """Discord's JSON error code, if it was refused."""


class DiscordPlatform(Protocol):
    """The whole of it; what is written here is what tests may rely on."""

    url: str
    """Base of the REST API: `http://127.0.0.1:…/api/v10`."""
    token: str
    """The bot's token."""
    bot: Person
    application_id: int
    requests: list[Request]
    pings: list[Ping]
    """Every telephone that a message of anybody really made ring."""
    violations: list[str]
    """What a well-behaved client does not do: requests sent into an exhausted bucket, too many
    401/403/429, heartbeats missed. Tests assert that it is empty."""
    interactions: list[Interaction]
    modals: list[Interaction]

    # What is there. Before or after a client connects; it is told.
    def person(self, name: str, *guilds: Guild, bot: bool = False) -> Person:
        """Let somebody exist, a member of *guilds*."""

    def guild(self, name: str, *people: Person, shard: int = 0, joined: bool = True) -> Guild:
        """Make a server whose events come on *shard*; unless *joined*, the bot is not in it."""

    def channel(self, guild: Guild, name: str, *people: Person) -> Channel:
        """Make a text channel; with *people*, it is private to them and the bot."""

    def dm(self, person: Person) -> Channel:
        """Return the direct messages between *person* and the bot."""

    def role(self, guild: Guild, name: str, *people: Person) -> int:
        """Make a role that may be mentioned, held by *people*, and return its id."""

    def forbid(self, channel: Channel, *permissions: str) -> None:
        """Take permissions of the bot in *channel*: `send_messages`, `view_channel`, …"""

    def join(self, guild: Guild) -> None:
        """Invite the bot."""

    def kick(self, guild: Guild) -> None:
        """Throw the bot out."""

    def remove(self, channel: Channel) -> None:
        """Delete a channel or a thread."""

    # What people do. Each returns when the event is on its way, not when it was answered.
    async def say(
        self,
        person: Person,
        place: Channel,
        text: str,
        *,
        files: Mapping[str, bytes] | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        """Write a message."""

    async def mention(self, person: Person, place: Channel, text: str = "") -> Message:
        """Write a message that begins with a mention of the bot."""

    async def edit(self, person: Person, message: Message, text: str) -> None:
        """Edit one's own message."""

    async def delete(self, person: Person, message: Message) -> None:
        """Delete one's own message."""

    async def start_thread(
        self, person: Person, channel: Channel, name: str, *, message: Message | None = None
    ) -> Channel:
        """Start a thread, from a message or without one."""

    async def archive(self, thread: Channel, *, locked: bool = False) -> None:
        """Let a thread be archived."""

    async def command(
        self, person: Person, place: Channel, name: str, **options: Any
    ) -> Interaction:
        """Send a slash command that the bot has registered; options are checked as Discord does."""

    async def command_on(self, person: Person, message: Message, name: str) -> Interaction:
        """Use a command of a message's context menu."""

    async def complete(
        self, person: Person, place: Channel, name: str, focused: str, **options: Any
    ) -> tuple[Choice, ...]:
        """Type into the option *focused* of a command, and return what is offered."""

    async def press(self, person: Person, message: Message, custom_id: str) -> Interaction:
        """Press a button that the person can see."""

    async def choose(
        self, person: Person, message: Message, custom_id: str, *values: str
    ) -> Interaction:
        """Choose from a menu that the person can see."""

    async def submit(self, opened: Interaction, values: Mapping[str, str]) -> Interaction:
        """Fill in the form that *opened* showed, by custom id, and send it."""

    # What goes wrong.
    async def drop_gateway(self, shard: int | None = None, *, code: int | None = None) -> None:
        """Close sockets, with a close code or without a word."""

    async def reconnect(self, shard: int | None = None) -> None:
        """Tell clients to reconnect (op 7)."""

    async def invalidate(self, shard: int | None = None, *, resumable: bool = False) -> None:
        """Tell clients that their session is gone (op 9)."""

    def down(self, status: int = 503) -> AbstractAsyncContextManager[None]:
        """Be away: sockets drop and do not come back, REST answers *status*."""

    def failing(self, method: str, path: str, status: int = 500, times: int = 1) -> None:
        """Let the next *times* requests like `POST /channels/*/messages` fail."""

    def losing(self, method: str, path: str, times: int = 1) -> None:
        """Do what the next requests ask, and cut the line instead of answering."""

    def holding(self, method: str, path: str) -> AbstractAsyncContextManager[AsyncIterator[Any]]:
        """Let requests like this wait until the block ends."""

    def expire(self, interaction: Interaction) -> None:
        """Let the 15 minutes of an interaction's token be over."""

    def late(self, interaction: Interaction) -> None:
        """Let the 3 seconds for its first response be over."""

    def revoke(self) -> None:
        """Reset the bot's token: REST answers 401, the gateway closes with 4004."""

    async def redeliver(self, thing: Message | Interaction) -> None:
        """Send the event of a message or an interaction once more, as upon a resume."""

    def limit(self, method: str, path: str, count: int, per: float) -> None:
        """Change the rate limit of a route; `limits_off()` lifts them all."""

    def limits_off(self) -> None:
        """Limit nothing."""

    # What people see.
    def messages(self, place: Channel, as_seen_by: Person | None = None) -> Sequence[Message]:
        """Return what stands there, oldest first; without a person, what everybody sees."""

    def threads(self, channel: Channel) -> Sequence[Channel]:
        """Return the threads of a channel."""

    def typing(self, place: Channel) -> Sequence[datetime]:
        """Return when the bot showed that it types."""

    def commands(self, guild: Guild | None = None) -> Mapping[str, dict[str, Any]]:
        """Return the registered application commands, of a guild or global."""

    # Waiting.
    def ready(self) -> bool:
        """Whether every shard is identified and was told of all its guilds."""

    async def until(self, condition: Callable[[], T], within: float = 5.0) -> T:
        """Return what *condition* returns as soon as it is true; asked after each event.

        It neither polls nor sleeps. AssertionError with what stands where if it takes longer.
        """
