"""All that stands in the workspaces, and a bell that rings at each change."""

import asyncio
import secrets
import string
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from typing_extensions import override

from tests.bot.slack.platform.clock import Clock
from tests.bot.slack.platform.manifest import EVERYTHING, app
from tests.bot.slack.platform.nouns import (
    Channel,
    Conversation,
    File,
    Message,
    Person,
    Team,
    View,
)
from tests.bot.slack.platform.refusals import Json, Refused, Violation

T = TypeVar("T")
STREAM_LIFE = 300.0
"""A stream ends about five minutes after it began (slackapi/python-slack-sdk issue 1859)."""
STATUS_LIFE = 120.0
"""assistant.threads.setStatus: «A two minute timeout applies»."""
LETTERS = string.ascii_uppercase + string.digits


@dataclass
class Trigger:
    """A `trigger_id`: three seconds to open a view, once.

    https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
    """

    id: str
    person: Person
    team: Team
    made: float
    view: View | None = None
    used: bool = False


@dataclass
class Hook:
    """A `response_url`: five times within half an hour.

    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
    """

    id: str
    person: Person
    channel: Channel
    made: float
    message: Message | None = None
    used: int = 0


@dataclass(eq=False)
class Call:
    """A call of the Web API, and how it ended."""

    method: str
    arguments: Json
    team: str
    at: float
    """Seconds of the real clock, `time.monotonic()`."""
    status: int = 0
    answer: Json = field(default_factory=dict)
    retry_after: int | None = None
    seconds: float = 0.0

    @property
    def error(self) -> str:
        """Return the refusal's code; empty if it was done."""
        return str(self.answer.get("error", ""))

    @override
    def __repr__(self) -> str:
        return f"<{self.method} {self.error or 'ok'}>"


@dataclass
class Token:
    """What a token stands for."""

    kind: str
    """`bot` or `app`."""
    team: Team | None
    scopes: frozenset[str]
    dead: str = ""
    """The error it gets from now on."""


class World:
    """The workspaces; the methods are those of a test that sets a scene."""

    def __init__(self, manifest: Json | None = None) -> None:
        self._bells: set[asyncio.Future[None]] = set()
        self.clock = Clock()
        self.app = app(EVERYTHING if manifest is None else manifest)
        self.app_id = self.new_id("A")
        self.client_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}"
        self.client_secret = secrets.token_hex(16)
        self.signing_secret = secrets.token_hex(16)
        self.verification = secrets.token_hex(12)
        self.app_token = f"xapp-1-{self.app_id}-{secrets.token_hex(16)}"
        self.processing = 0.0
        """Seconds (of `clock`) until an uploaded picture may stand in an image block."""
        self.teams: dict[str, Team] = {}
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.uploads: dict[str, File] = {}
        self.open_views: list[View] = []
        self.homes: dict[str, View] = {}
        self.conversations: dict[tuple[str, str], Conversation] = {}
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.codes: dict[str, Json] = {}
        self.unfurl_ids: dict[str, Message] = {}
        self.tickets: set[str] = set()
        """Of WebSockets that may be opened, each once."""
        self.tokens: dict[str, Token] = {
            self.app_token: Token("app", None, frozenset({"connections:write"}))
        }
        self.calls: list[Call] = []
        self.violations: list[Violation] = []
        self.warnings: list[Violation] = []
        self.workspace = self.team("Acme")

    def new_id(self, letter: str) -> str:
        """Return an id of Slack's form that nothing has yet."""
        return letter + "0" + "".join(secrets.choice(LETTERS) for _ in range(9))

    def changed(self) -> None:
        """Wake whoever waits for something to be true."""
        bells, self._bells = self._bells, set()
        for bell in bells:
            if not bell.done():
                bell.set_result(None)

    async def until(self, condition: Callable[[], T], *, within: float = 5.0) -> T:
        """Wait until *condition* holds, and return what it returned.

        Raises:
            AssertionError: it does not within that many seconds.
        """
        deadline = time.monotonic() + within
        while not (found := condition()):
            bell = asyncio.get_running_loop().create_future()
            self._bells.add(bell)
            try:
                await asyncio.wait_for(bell, max(deadline - time.monotonic(), 0))
            except TimeoutError:
                raise AssertionError(f"not within {within} s\n{self.story()}") from None
            finally:
                self._bells.discard(bell)
        return found

    def story(self) -> str:
        """Return what happened so far, for whoever looks for what went wrong."""
        said = [
            repr(message)
            for channel in self.channels.values()
            for message in channel.messages.values()
        ]
        calls = [f"{each!r} {each.answer if each.error else ''}" for each in self.calls[-30:]]
        broken = [str(each) for each in self.violations]
        return "\n".join([*said, "calls:", *calls, "violations:", *broken])

    def violated(self, kind: str, what: str) -> None:
        """Write down what a well-behaved app does not do."""
        self.violations.append(Violation(kind, what, time.monotonic()))
        self.changed()

    def warned(self, kind: str, what: str) -> None:
        """Write down what Slack merely warns of."""
        self.warnings.append(Violation(kind, what, time.monotonic()))
        self.changed()

    # The scene

    def team(self, name: str, *, installed: bool = True, enterprise: str = "") -> Team:
        """Return a new workspace, the app installed or not."""
        team = Team(
            id=self.new_id("T"),
            name=name,
            bot_user=self.new_id("U"),
            bot_id=self.new_id("B"),
            bot_token=f"xoxb-{secrets.randbelow(10**12)}-{secrets.token_hex(12)}",
            enterprise=enterprise,
            installed=installed,
            scopes=set(self.app.scopes),
        )
        self.teams[team.id] = team
        bot = Person(team.bot_user, self.app.name, team, bot=True)
        self.people[bot.id] = bot
        if installed:
            self.tokens[team.bot_token] = Token("bot", team, frozenset(team.scopes))
        return team

    def person(
        self,
        name: str,
        *,
        team: Team | None = None,
        email: str = "",
        bot: bool = False,
        zone: str = "Europe/Berlin",
        guest: bool = False,
        deleted: bool = False,
        email_confirmed: bool = True,
        email_shown_to_strangers: bool = False,
    ) -> Person:
        """Return somebody new."""
        person = Person(
            *(self.new_id("U"), name, team or self.workspace, email, zone),
            *(bot, guest, deleted, email_confirmed, email_shown_to_strangers),
        )
        self.people[person.id] = person
        return person

    def channel(
        self,
        name: str,
        *people: Person,
        team: Team | None = None,
        private: bool = False,
        bot: bool = True,
        shared_with: tuple[Team, ...] = (),
        archived: bool = False,
    ) -> Channel:
        """Return a new channel with these people in it, and the bot if it is to be."""
        home = team or self.workspace
        channel = Channel(
            id=self.new_id("C"),
            name=name,
            team=home,
            kind="group" if private else "channel",
            members={each.id for each in people},
            shared_with=shared_with,
            archived=archived,
            created=int(self.clock.now()),
        )
        if bot:
            channel.members |= {each.bot_user for each in channel.teams if each.installed}
        self.channels[channel.id] = channel
        return channel

    def dm(self, person: Person) -> Channel:
        """Return somebody's direct messages with the bot, opened if they were not."""
        both = {person.id, person.team.bot_user}
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == both:
                return channel
        channel = Channel(
            *(self.new_id("D"), person.name, person.team, "im", both),
            created=int(self.clock.now()),
        )
        self.channels[channel.id] = channel
        return channel

    def group(self, *people: Person, bot: bool = True) -> Channel:
        """Return a group direct message."""
        team = people[0].team
        members = {each.id for each in people} | ({team.bot_user} if bot else set())
        name = "mpdm-" + "--".join(each.name.lower() for each in people) + "-1"
        channel = Channel(self.new_id("G"), name, team, "mpim", members)
        self.channels[channel.id] = channel
        return channel

    # What stands where

    def bot_of(self, channel: Channel) -> Team | None:
        """Return the team whose bot is in a channel, its own first."""
        for team in channel.teams:
            if team.installed and team.bot_user in channel.members:
                return team
        return None

    def found_channel(self, team: Team, id: object, *, error: str = "channel_not_found") -> Channel:
        """Return the channel of that id that a team's bot may know of."""
        channel = self.channels.get(str(id))
        if channel is None or team not in channel.teams:
            raise Refused(error)
        if channel.kind != "channel" and team.bot_user not in channel.members:
            raise Refused(error)
        return channel

    def conversation(self, channel: Channel, thread: str) -> Conversation:
        """Return what an assistant says of a thread; nothing yet."""
        return self.conversations.setdefault((channel.id, thread), Conversation())

    def lapse_one(self, message: Message) -> None:
        """End a stream whose time is over."""
        stream = message.stream
        if stream is None or stream.over:
            return
        if self.clock.now() - stream.started >= STREAM_LIFE:
            stream.over = "expired"

    def lapse(self) -> None:
        """End the streams and statuses whose time is over."""
        now = self.clock.now()
        for channel in self.channels.values():
            for message in channel.messages.values():
                self.lapse_one(message)
        for each in self.conversations.values():
            if each.status and now - each.status_at >= STATUS_LIFE:
                each.status = ""

    def trigger(self, person: Person, view: View | None = None) -> str:
        """Return a new `trigger_id`."""
        parts = (secrets.randbelow(10**12), secrets.randbelow(10**12), secrets.token_hex(16))
        made = Trigger(".".join(str(part) for part in parts), person, person.team, self.clock.now())
        made.view = view
        self.triggers[made.id] = made
        return made.id

    def hook(self, person: Person, channel: Channel, message: Message | None = None) -> str:
        """Return the id of a new `response_url`."""
        made = Hook(secrets.token_urlsafe(24), person, channel, self.clock.now(), message)
        self.hooks[made.id] = made
        return made.id

    async def settled(self, *, within: float = 5.0) -> None:
        """Wait until nothing is under way; each layer adds what it knows to `busy`."""
        await self.until(lambda: not self.busy(), within=within)

    def busy(self) -> bool:
        """Return whether something is under way."""
        return False


Work = Callable[[], Awaitable[Any]]
