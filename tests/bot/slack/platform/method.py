"""The table of methods of the Web API, and what each is told.

Arguments, scopes and tiers are those of each method's page,
https://docs.slack.dev/reference/methods.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.bot.slack.platform.events import Events
from tests.bot.slack.platform.nouns import Channel, Message, Team
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.world import Token


@dataclass
class Asking:
    """A call: who asks, and with which arguments."""

    world: Events
    token: Token
    team: Team
    """Whose bot it is; of an app-level token, the first."""
    found: Json
    address: str = ""
    """The address of the platform, without a path."""

    def channel(self, name: str = "channel", *, error: str = "channel_not_found") -> Channel:
        """Return the channel that an argument names."""
        return self.world.found_channel(self.team, self.found.get(name), error=error)

    def member(self, channel: Channel) -> bool:
        """Return whether the bot is in a channel."""
        return self.team.bot_user in channel.members

    def message(self, channel: Channel, ts: object, *, error: str) -> Message:
        """Return a message that everybody may see."""
        found = channel.messages.get(str(ts))
        if found is None or found.deleted or found.ephemeral_to:
            raise Refused(error)
        return found

    def has(self, scope: str) -> bool:
        """Return whether the token may do so."""
        return scope in self.token.scopes


Work = Callable[[Asking], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """A method of the Web API."""

    name: str
    work: Work
    tier: int
    """1 to 4; 0 is «special»."""
    scopes: tuple[str, ...] = ()
    """One of these is needed; none is if it is empty."""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    takes_json: bool = True
    kind: str = "bot"
    """Whose token it takes: `bot`, `app`, or `none` at all."""


METHODS: dict[str, Method] = {}


def method(
    name: str,
    *,
    tier: int,
    scopes: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    takes_json: bool = True,
    kind: str = "bot",
) -> Callable[[Work], Work]:
    """Put a function into the table."""

    def add(work: Work) -> Work:
        METHODS[name] = Method(name, work, tier, scopes, required, optional, takes_json, kind)
        return work

    return add
