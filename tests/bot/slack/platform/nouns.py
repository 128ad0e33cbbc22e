"""What there is: teams, people, channels, messages, files and views."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from typing_extensions import override

from tests.bot.slack.platform.prose import spoken
from tests.bot.slack.platform.refusals import Json
from tests.bot.slack.platform.tables import text_within


@dataclass(eq=False)
class Team:
    """A workspace."""

    id: str
    name: str
    bot_user: str
    bot_id: str
    bot_token: str
    enterprise: str = ""
    installed: bool = True
    scopes: set[str] = field(default_factory=set)

    @property
    def domain(self) -> str:
        """Return the first part of its address."""
        return self.name.lower().replace(" ", "-")

    @property
    def url(self) -> str:
        """Return its address."""
        return f"https://{self.domain}.slack.com/"


@dataclass(eq=False)
class Person:
    """Somebody, or another app's bot."""

    id: str
    name: str
    team: Team
    email: str = ""
    zone: str = "Europe/Berlin"
    bot: bool = False
    """Whether it is another app's bot, or our own."""
    guest: bool = False
    deleted: bool = False
    email_confirmed: bool = True
    email_shown_to_strangers: bool = False

    @property
    def bot_id(self) -> str:
        """Return what events call another app's bot; empty for people."""
        return f"B{self.id[1:]}" if self.bot else ""

    @property
    def mention(self) -> str:
        """Return how to name them in a text."""
        return f"<@{self.id}>"


@dataclass(eq=False)
class Channel:
    """A conversation: `channel` (public), `group` (private), `im`, `mpim`."""

    id: str
    name: str
    team: Team
    kind: str
    members: set[str] = field(default_factory=set)
    shared_with: tuple[Team, ...] = ()
    archived: bool = False
    created: int = 0
    messages: dict[str, "Message"] = field(default_factory=dict)
    """By `ts`, in the order they came; ephemeral ones are among them."""
    threads: dict[str, list["Message"]] = field(default_factory=dict)
    """The replies, by the `ts` of what they reply to."""

    @property
    def teams(self) -> tuple[Team, ...]:
        """Return the teams whose people may be in it."""
        return (self.team, *self.shared_with)

    @property
    def mention(self) -> str:
        """Return how to name it in a text."""
        return f"<#{self.id}|{self.name}>"


@dataclass(eq=False)
class Edit:
    """What a message said before, and when it came to say another thing."""

    at: float
    """Seconds of the real clock, `time.monotonic()`."""
    before: str


@dataclass(eq=False)
class Stream:
    """A message that grows by chat.appendStream."""

    started: float
    recipient: str = ""
    mode: str = ""
    """`markdown_text` or `chunks`; one is not mixed with the other."""
    display: str = "timeline"
    text: str = ""
    appended: list[float] = field(default_factory=list)
    """When each piece came, by the real clock, `time.monotonic()`."""
    tasks: dict[str, Json] = field(default_factory=dict)
    plan: str = ""
    blocks: list[Json] = field(default_factory=list)
    replaced: bool = False
    """Whether chat.update put something else in its place."""
    over: str = ""
    """Why it grows no more: `stopped`, `expired`, `stopped_by_user`."""


@dataclass(eq=False)
class File:
    """A file that was uploaded."""

    id: str
    name: str
    title: str
    team: Team
    owner: str
    length: int
    alt: str = ""
    content: bytes = b""
    uploaded: bool = False
    complete: bool = False
    ready_at: float = 0.0
    created: int = 0
    channels: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def kind(self) -> str:
        """Return its type by its name."""
        return self.name.rsplit(".", 1)[-1].lower() if "." in self.name else "binary"

    @property
    def picture(self) -> bool:
        """Return whether it may stand in an image block."""
        return self.kind in {"png", "jpg", "jpeg", "gif"}


@dataclass(eq=False)
class Message:
    """Something that was said."""

    ts: str
    channel: Channel
    author: str
    team: Team
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    thread: str = ""
    """The `ts` of its thread's first message; empty for what stands in the channel itself."""
    subtype: str = ""
    bot_id: str = ""
    app_id: str = ""
    username: str = ""
    markdown: str = ""
    """What came as `markdown_text`."""
    broadcast: bool = False
    ephemeral_to: str = ""
    stream: Stream | None = None
    edits: list[Edit] = field(default_factory=list)
    edited: Json = field(default_factory=dict)
    deleted: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)
    unfurls: dict[str, Json] = field(default_factory=dict)
    client_id: str = field(default_factory=lambda: str(uuid4()))
    posted: float = 0.0
    """When it came, by the real clock, `time.monotonic()`."""
    deliveries: list[Any] = field(default_factory=list)
    """What the app was told because of it."""

    @property
    def root(self) -> str:
        """Return the `ts` of the thread it is in, or could begin."""
        return self.thread or self.ts

    @property
    def streaming(self) -> bool:
        """Return whether it is still growing."""
        return self.stream is not None and not self.stream.over

    @property
    def stopped(self) -> str:
        """Return why it grows no more; empty if it grows, or never did."""
        return self.stream.over if self.stream is not None else ""

    @property
    def grown(self) -> Stream | None:
        """Return what was streamed and still stands."""
        return None if self.stream is None or self.stream.replaced else self.stream

    @property
    def shown(self) -> list[Json]:
        """Return every block a reader sees, those of attachments at last."""
        return [
            *(self.grown.blocks if self.grown else ()),
            *self.blocks,
            *(each for some in self.attachments for each in some.get("blocks", [])),
        ]

    @property
    def words(self) -> str:
        """Return all that a reader reads: blocks instead of the text, where there are any."""
        grown = self.grown
        found = [grown.text, grown.plan] if grown else []
        found += [each["title"] for each in grown.tasks.values()] if grown else []
        found += [self.markdown] if self.markdown else []
        found += [self.text] if not (self.blocks or self.markdown or grown) else []
        for each in self.shown:
            found += text_within(each["rows"]) if "rows" in each else spoken(each)
        for some in self.attachments:
            found += spoken({name: each for name, each in some.items() if name != "blocks"})
        found += [each.title or each.name for each in self.files]
        return "\n".join(each for each in found if each)

    @property
    def table(self) -> list[list[str]]:
        """Return the cells of its table; none if it has no table."""
        for each in self.shown:
            if each["type"] in {"table", "data_table"}:
                return [["".join(text_within(cell)) for cell in row] for row in each["rows"]]
        return []

    @property
    def elements(self) -> list[Json]:
        """Return what can be pressed or chosen, each with its `block_id`."""
        return interactive(self.shown)

    @property
    def buttons(self) -> list[str]:
        """Return the labels of its buttons."""
        return [label for each in self.elements for label in labels(each)]

    def button(self, label: str) -> str:
        """Return the `action_id` of the button with that label."""
        for each in self.elements:
            if label in labels(each):
                return str(each["action_id"])
        raise AssertionError(f"no button «{label}» among {self.buttons}")

    @override
    def __repr__(self) -> str:
        return f"<Message {self.ts} in {self.channel.name} by {self.author}: {self.words[:80]!r}>"


@dataclass(eq=False)
class View:
    """A modal or a home tab."""

    id: str
    person: Person
    team: Team
    payload: Json
    """What the app gave."""
    root: str = ""
    previous: str | None = None
    hash: str = ""
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    """What was typed so far: by block, then by action."""
    errors: dict[str, str] = field(default_factory=dict)
    """What the app said is wrong, by block."""
    closed: bool = False
    edits: int = 0

    @property
    def blocks(self) -> list[Json]:
        """Return its blocks."""
        found: list[Json] = self.payload["blocks"]
        return found

    @property
    def title(self) -> str:
        """Return what stands above it; a home tab has no title."""
        return str(self.payload.get("title", {}).get("text", ""))

    @property
    def callback_id(self) -> str:
        """Return what the app calls it."""
        return str(self.payload.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        """Return what the app put into it for itself."""
        return str(self.payload.get("private_metadata", ""))

    @property
    def elements(self) -> list[Json]:
        """Return what can be pressed, chosen or typed into, each with its `block_id`."""
        return interactive(self.blocks)

    @property
    def buttons(self) -> list[str]:
        """Return the labels of its buttons."""
        return [label for each in self.elements for label in labels(each)]

    def button(self, label: str) -> str:
        """Return the `action_id` of the button with that label."""
        for each in self.elements:
            if label in labels(each):
                return str(each["action_id"])
        raise AssertionError(f"no button «{label}» among {self.buttons}")

    @property
    def words(self) -> str:
        """Return all that a reader reads."""
        return "\n".join([self.title, *spoken(self.blocks), *self.errors.values()])


@dataclass(eq=False)
class Conversation:
    """What an assistant says of a thread beside its messages."""

    status: str = ""
    status_at: float = 0.0
    loading: list[str] = field(default_factory=list)
    title: str = ""
    prompts: list[Json] = field(default_factory=list)
    prompts_title: str = ""
    context: Json = field(default_factory=dict)
    session: str = ""
    statuses: list[str] = field(default_factory=list)
    """Every status that was ever set, in order."""


def interactive(blocks: list[Json]) -> list[Json]:
    """Return the interactive elements of blocks, each with its `block_id`."""
    found: list[Json] = []
    for each in blocks:
        inner = [*each.get("elements", []), each.get("accessory"), each.get("element")]
        found += [
            {**element, "block_id": each.get("block_id", "")}
            for element in inner
            if isinstance(element, dict) and "action_id" in element
        ]
    return found


def labels(element: Json) -> list[str]:
    """Return what stands on a button; feedback is two of them."""
    if element["type"] == "feedback_buttons":
        return [
            str(element[side]["text"]["text"]) for side in ("positive_button", "negative_button")
        ]
    text = element.get("text")
    return [str(text["text"])] if isinstance(text, dict) else []
