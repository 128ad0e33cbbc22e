"""The platform as a test holds it: to set up, to see, and to make trouble."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.bot.slack.platform.carrier import Delivery
from tests.bot.slack.platform.interactions import Interactions
from tests.bot.slack.platform.nouns import (
    Channel,
    Conversation,
    File,
    Message,
    Person,
    Team,
    View,
)
from tests.bot.slack.platform.refusals import Json
from tests.bot.slack.platform.web import Failure, Gate
from tests.bot.slack.platform.world import Call


class SlackPlatform(Interactions):
    """Slack, on loopback.

    Args:
        manifest: the app's; all there is if it is None. A manifest Slack would refuse raises
            `ValueError`.
        mode: `socket` or `http`.
        events_url: where the app hears in HTTP mode; may be set later, or by `subscribe`.
        ack_within: how long the app has to acknowledge.
    """

    def __init__(
        self,
        manifest: Json | None = None,
        *,
        mode: str = "socket",
        events_url: str = "",
        ack_within: float = 3.0,
    ) -> None:
        super().__init__(manifest, mode=mode, events_url=events_url, ack_within=ack_within)
        self.looking_at = {}

    async def __aenter__(self) -> Self:
        """Open the address."""
        await self.serve()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the address."""
        await self.leave()

    async def connected(self, sockets: int = 1, *, within: float = 5.0) -> None:
        """Wait until the app holds that many sockets."""
        await self.until(
            lambda: len([each for each in self.sockets if each.ready]) >= sockets, within=within
        )

    # What is seen

    def messages(
        self,
        where: Channel | Person,
        *,
        thread: Message | str | None = None,
        as_seen_by: Person | None = None,
    ) -> list[Message]:
        """Return what stands in a channel, or in somebody's direct message; the oldest first.

        Args:
            where: a channel, or whose direct message with the bot.
            thread: only what stands in this thread, its first message included.
            as_seen_by: with what only they see.
        """
        channel = self.dm(where) if isinstance(where, Person) else where
        root = thread.root if isinstance(thread, Message) else thread
        reader = as_seen_by.id if as_seen_by is not None else ""
        return [
            each
            for each in channel.messages.values()
            if not each.deleted
            and each.ephemeral_to in {"", reader}
            and (root is None or each.root == root)
        ]

    def answers(self, message: Message, *, as_seen_by: Person | None = None) -> list[Message]:
        """Return what the bot said in the thread of a message."""
        said = self.messages(message.channel, thread=message, as_seen_by=as_seen_by)
        bots = {team.bot_id for team in self.teams.values()}
        return [each for each in said if each.bot_id in bots and each is not message]

    def whispers(self, where: Channel | Person, person: Person) -> list[Message]:
        """Return what only one person sees."""
        said = self.messages(where, as_seen_by=person)
        return [each for each in said if each.ephemeral_to == person.id]

    def views(self, person: Person) -> list[View]:
        """Return the modals before somebody, the uppermost last."""
        return [each for each in self.open_views if each.person is person]

    def view(self, person: Person) -> View | None:
        """Return the uppermost modal before somebody."""
        return next(iter(self.views(person)[::-1]), None)

    def home(self, person: Person) -> View | None:
        """Return the home tab that was published to somebody."""
        return self.homes.get(person.id)

    def thread(self, message: Message) -> Conversation:
        """Return what an assistant says of a thread beside its messages."""
        return self.conversation(message.channel, message.root)

    def status(self, message: Message) -> str:
        """Return the status of a message's thread; empty if there is none."""
        return self.thread(message).status

    def title(self, message: Message) -> str:
        """Return the title of a message's thread."""
        return self.thread(message).title

    def prompts(self, where: Message | Person) -> list[Json]:
        """Return the prompts that are suggested in a thread, or above somebody's composer."""
        if isinstance(where, Person):
            return self.conversation(self.dm(where), "").prompts
        return self.thread(where).prompts

    def unfurls(self, message: Message) -> dict[str, Json]:
        """Return what the app shows for the links of a message."""
        return message.unfurls

    @property
    def files(self) -> list[File]:
        """Return the files the app uploaded and did not delete."""
        bots = {team.bot_user for team in self.teams.values()}
        return [
            each
            for each in self.uploads.values()
            if each.complete and not each.deleted and each.owner in bots
        ]

    def called(self, method: str) -> list[Call]:
        """Return the calls of a method."""
        return [each for each in self.calls if each.method == method]

    @property
    def refusals(self) -> list[Call]:
        """Return the calls that were refused or failed."""
        return [each for each in self.calls if each.error]

    def told(self, event: str) -> list[Delivery]:
        """Return the deliveries of an event, such as `app_mention` or `block_actions`."""
        return [each for each in self.deliveries if each.event == event]

    def broken(self, *kinds: str) -> Sequence[str]:
        """Return the violations of these kinds, of all if none is named, as text."""
        return [str(each) for each in self.violations if not kinds or each.kind in kinds]

    # Trouble

    def drop_sockets(self, *, stay_away: bool = False) -> None:
        """Cut every socket without a word; new ones are refused until `up` if they stay away."""
        self.refuses_sockets = stay_away
        for socket in tuple(self.sockets):
            socket.cut()

    async def refresh_sockets(self, *, warn: bool = False) -> None:
        """Tell every socket to go, as Slack does each hour or so; nothing more is sent to them.

        Args:
            warn: whether it is only the warning that comes before.
        """
        for socket in [each for each in self.sockets if each.ready]:
            socket.retiring = not warn
            reason = "warning" if warn else "refresh_requested"
            host = {"host": "applink-1"}
            await socket.say({"type": "disconnect", "reason": reason, "debug_info": host})

    def down(self, seconds: float = float("inf")) -> None:
        """Answer nothing more, until `up` or until that much of `clock` passed."""
        self.down_until = self.clock.now() + seconds
        self.drop_sockets()

    def up(self) -> None:
        """Answer again."""
        self.down_until = 0.0
        self.refuses_sockets = False
        self.changed()

    def fail(
        self,
        method: str,
        error: str = "internal_error",
        *,
        times: int = 1,
        status: int = 200,
        retry_after: int | None = None,
        after: bool = False,
    ) -> Failure:
        """Let a method fail some times; `*` is any, an empty error cuts the connection."""
        if retry_after is not None and status == 200:
            status = 429
        failure = Failure(method, error, times, status, retry_after, after)
        self.failures.append(failure)
        return failure

    def hold(self, method: str) -> Gate:
        """Let the calls of a method wait until the gate is opened."""
        gate = Gate(method)
        self.gates.append(gate)
        return gate

    def limit(self, method: str, per_minute: float, burst: float | None = None) -> None:
        """Lower or raise how often a method may be called; `""` is posting to one channel."""
        self.rates.limit(method, per_minute, per_minute if burst is None else burst)

    def unlimited(self) -> None:
        """Let everything be called as often as it likes, such as for a benchmark."""
        self.rates.lifted = True

    # The app, in and out of teams

    def install(self, team: Team, person: Person, url: str) -> str:
        """Let somebody allow the app in a team, at the address it sent them to.

        https://docs.slack.dev/authentication/installing-with-oauth

        Returns:
            where their browser is sent then: the redirect URI with `code` and `state`.
        """
        asked = {name: each[0] for name, each in parse_qs(urlsplit(url).query).items()}
        assert urlsplit(url).path == "/oauth/v2/authorize", f"not where apps are allowed: {url}"
        assert asked.get("client_id") == self.client_id, "invalid_client_id"
        scopes = {each for each in asked.get("scope", "").split(",") if each}
        assert scopes, "no_scopes"
        assert scopes <= self.app.scopes, f"invalid_scope: {scopes - self.app.scopes}"
        redirect = asked.get("redirect_uri") or next(iter(self.app.redirects), "")
        fits = any(redirect.startswith(each) for each in self.app.redirects)
        assert fits, f"redirect_uri did not match any configured URIs: {redirect}"
        code = f"{self.new_id('')}.{self.new_id('')}"
        self.codes[code] = {
            "made": self.clock.now(),
            "team": team,
            "person": person,
            "scopes": scopes,
            "redirect_uri": redirect,
        }
        query = urlencode({"code": code, "state": asked.get("state", "")})
        return f"{redirect}?{query}"

    async def uninstall(self, team: Team) -> list[Delivery]:
        """Take the app out of a team."""
        return await self.removed(team)

    async def revoke(self, team: Team, *, silently: bool = False) -> list[Delivery]:
        """Revoke the app's token of a team; the app is told unless it happens silently."""
        self.tokens[team.bot_token].dead = "token_revoked"
        return [] if silently else await self.forsaken(team)

    def permit(self, team: Team, *scopes: str) -> None:
        """Let a team's token have these scopes and no other."""
        team.scopes = set(scopes)
        self.tokens[team.bot_token].scopes = frozenset(scopes)
