"""What there is on Discord: people, servers, channels, messages, and what happens to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Payload = dict[str, Any]
"""A JSON object as it goes over the wire."""

TEXT, DM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12
"""Types of channels."""
EPHEMERAL, LOADING, HAS_THREAD = 1 << 6, 1 << 7, 1 << 5
SUPPRESS_EMBEDS, SILENT, COMPONENTS_V2 = 1 << 2, 1 << 12, 1 << 15
"""Flags of messages."""


@dataclass(eq=False)
class Person:
    """Who talks: a person, or a bot."""

    id: int
    name: str
    bot: bool = False
    closed: bool = False
    """Whether they take no direct messages from the bot."""

    @property
    def mention(self) -> str:
        """How they are mentioned in text."""
        return f"<@{self.id}>"


@dataclass(eq=False)
class Role:
    """A role of a server, and who has it."""

    id: int
    name: str
    permissions: int
    mentionable: bool = True
    people: set[Person] = field(default_factory=set)
    bot: Person | None = None
    """Whose it is alone, as the role is that comes with a bot."""


@dataclass(eq=False)
class Guild:
    """A server."""

    id: int
    name: str
    owner: Person
    people: set[Person] = field(default_factory=set)
    roles: dict[int, Role] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    """Such as COMMUNITY or DISCOVERABLE."""
    joined: bool = True
    """Whether the bot is in it."""


@dataclass(frozen=True)
class Overwrite:
    """What a channel allows and denies to a role or a member."""

    id: int
    member: bool
    allow: int = 0
    deny: int = 0


@dataclass(eq=False)
class Channel:
    """Where one talks: a channel of a guild, a thread of one, or a direct message."""

    id: int
    name: str
    type: int = TEXT
    guild: Guild | None = None
    parent: "Channel | None" = None
    recipient: Person | None = None
    """Who talks with the bot in a direct message."""
    owner: Person | None = None
    """Who started a thread."""
    overwrites: list[Overwrite] = field(default_factory=list)
    members: set[Person] = field(default_factory=set)
    """Who joined a thread."""
    messages: "dict[int, Message]" = field(default_factory=dict)
    archived: bool = False
    locked: bool = False
    auto_archive: int = 4320
    touched: float = 0.0
    """When a thread was last archived or brought back."""
    typing: list[float] = field(default_factory=list)
    """When the bot showed that it types."""
    removed: bool = False

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread."""
        return self.type in {PUBLIC_THREAD, PRIVATE_THREAD}


@dataclass(frozen=True)
class Attachment:
    """A file of a message."""

    id: int
    name: str
    content: bytes
    description: str | None
    content_type: str | None


@dataclass(frozen=True)
class Version:
    """How a message looked from a moment on."""

    at: float
    content: str
    embeds: tuple[Payload, ...]
    components: tuple[Payload, ...]
    files: tuple[Attachment, ...]


def within(components: Any) -> Iterator[Payload]:
    """Walk through components and all that is inside of them."""
    for component in components:
        yield component
        yield from within(component.get("components", ()))
        for name in ("accessory", "component"):
            if isinstance(component.get(name), dict):
                yield from within((component[name],))


@dataclass(eq=False)
class Message:
    """What stands in a channel, and every look it had."""

    id: int
    channel: Channel
    author: Person
    at: float
    content: str = ""
    embeds: tuple[Payload, ...] = ()
    components: tuple[Payload, ...] = ()
    files: tuple[Attachment, ...] = ()
    flags: int = 0
    type: int = 0
    nonce: str | None = None
    edited: float | None = None
    audience: Person | None = None
    """Who alone sees it; None is everybody: it is not ephemeral."""
    deleted: bool = False
    dismissed: bool = False
    mentions: tuple[Person, ...] = ()
    mention_roles: tuple[Role, ...] = ()
    mention_everyone: bool = False
    pings: "tuple[Ping, ...]" = ()
    reply_to: "Message | None" = None
    thread: Channel | None = None
    """The thread that was started from it."""
    interaction: "Interaction | None" = None
    """What it responds to."""
    reactions: list[str] = field(default_factory=list)
    """What the bot reacted with."""
    versions: list[Version] = field(default_factory=list)
    """Its look when it was made, and after each edit."""

    @property
    def thinking(self) -> bool:
        """Whether it says "is thinking…": a deferred response that nobody filled in yet."""
        return bool(self.flags & LOADING)

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return self.audience is not None

    @property
    def edits(self) -> list[float]:
        """When it was edited."""
        return [version.at for version in self.versions[1:]]

    @property
    def buttons(self) -> dict[str, Payload]:
        """What can be pressed, by custom id."""
        return {
            each["custom_id"]: each
            for each in within(self.components)
            if each["type"] == 2 and "custom_id" in each
        }

    @property
    def menus(self) -> dict[str, Payload]:
        """What can be chosen from, by custom id."""
        return {
            each["custom_id"]: each
            for each in within(self.components)
            if each["type"] in {3, 5, 6, 7, 8}
        }

    @property
    def text(self) -> str:
        """All that can be read on it: content, embeds and components, a line each."""
        lines = [self.content]
        for embed in self.embeds:
            lines += [embed.get("author", {}).get("name", ""), embed.get("title", "")]
            lines.append(embed.get("description", ""))
            for item in embed.get("fields", ()):
                lines += [item["name"], item["value"]]
            lines.append(embed.get("footer", {}).get("text", ""))
        lines += [each["content"] for each in within(self.components) if each["type"] == 10]
        return "\n".join(line for line in lines if line)


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
    components: tuple[Payload, ...]
    """As the bot sent them."""

    @property
    def fields(self) -> Mapping[str, Payload]:
        """Its inputs by custom id, as the bot sent them, each with its `label`."""
        found: dict[str, Payload] = {}
        for outer in self.components:
            if outer["type"] == 18:
                inner = outer["component"]
                found[inner["custom_id"]] = inner | {"label": outer["label"]}
            elif outer["type"] == 1:
                for inner in outer["components"]:
                    found[inner["custom_id"]] = inner
        return found


@dataclass(eq=False)
class Interaction:
    """A command, a press, an autocompletion or a submitted form."""

    id: int
    token: str
    type: int
    person: Person
    channel: Channel
    at: float
    data: Payload
    source: Message | None = None
    """The message that was pressed on, or whose button opened the form."""
    acknowledged: float | None = None
    """How many seconds after it happened the bot first responded."""
    response: int | None = None
    """The type of that response: 4 message, 5 deferred, 6 deferred update, 7 update, 8, 9."""
    message: Message | None = None
    """The original response."""
    followups: list[Message] = field(default_factory=list)
    modal: Modal | None = None
    choices: tuple[Choice, ...] | None = None
    late: bool = False
    """Whether the 3 seconds for a first response are over, whatever the clock says."""
    expired: bool = False
    """Whether the 15 minutes of its token are over, whatever the clock says."""

    @property
    def messages(self) -> list[Message]:
        """The original response and what followed, as far as they still stand."""
        own = [self.message] if self.message and self.message is not self.source else []
        return [each for each in own + self.followups if not each.deleted]


@dataclass(frozen=True)
class Request:
    """What a client sent to the REST API, and what it got."""

    at: float
    method: str
    path: str
    body: Any
    """Its JSON; files are not in it."""
    status: int
    code: int | None
    """Discord's JSON error code, if it was refused."""
    errors: Payload | None = None
    """Discord's tree of what was wrong with the body."""
