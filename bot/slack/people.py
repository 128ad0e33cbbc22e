"""Who somebody is on Slack, as far as Slack itself vouches for them, and where they speak."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog

from bot.slack.web import Refused, Web
from core.channels import Spot
from core.identity import Audience, Surface
from core.links import Person
from core.memo import Memo

Json = dict[str, Any]

KNOWN_FOR = 300.0
"""Seconds for which somebody is not looked up again."""
HEARD_FOR = 60.0
"""Seconds for which a channel is not, where it is told to one person alone or Slack has just said
that nobody else hears it."""
LATELY = 5.0
"""Seconds for which it is not, where everybody there is told: it may be shared at any time."""
PEOPLE = 20_000
DIRECT, GROUP, PRIVATE, PUBLIC = "im", "mpim", "group", "channel"
"""Kinds of channels, by Slack's names."""
SHARED = "shared"

log = structlog.get_logger()


class Known(NamedTuple):
    """Somebody, and what else Slack tells of them."""

    person: Person
    zone: str | None = None
    bot: bool = False


class Channel(NamedTuple):
    """A channel."""

    name: str
    audience: Audience


class People:
    """Looks people and channels up, and remembers them for a while."""

    def __init__(self) -> None:
        """Know nobody yet."""
        self._people: Memo[tuple[str, str], Known] = Memo(size=PEOPLE, seconds=KNOWN_FOR)
        self._channels: Memo[tuple[str, str], Channel] = Memo(size=PEOPLE, seconds=HEARD_FOR)
        self._lately: Memo[tuple[str, str], Channel] = Memo(size=PEOPLE, seconds=LATELY)
        self._direct: Memo[tuple[str, str], str] = Memo(size=PEOPLE, seconds=12 * KNOWN_FOR)

    async def person(self, web: Web, user: str) -> Known:
        """Return somebody; of whom Slack tells nothing, no more than the id is known.

        Raises:
            SpeechFailed: Slack does not answer.
        """

        async def look() -> Known:
            try:
                found = (await web.call("users.info", user=user))["user"]
            except Refused as refused:
                log.info("Slack tells nothing of somebody", team=web.team, reason=refused.code)
                return Known(Person(surface=Surface.SLACK, workspace=web.team, id=user))
            return _known(found, web.team)

        return await self._people.once((web.team, user), look)

    async def channel(
        self,
        web: Web,
        channel: str,
        *,
        kind: str = "",
        shared: bool | None = None,
        fresh: bool = False,
    ) -> Channel:
        """Return a channel's name and who hears what is said there.

        Args:
            web: of the workspace.
            channel: its id.
            kind: what Slack called it just now; empty where it did not.
            shared: whether Slack said just now that other organizations hear it.
            fresh: whether everybody there is going to be told something, and neither what was said
                before nor what is remembered for long will do.

        Raises:
            SpeechFailed: Slack does not answer.
        """
        if kind == DIRECT or channel.startswith("D"):
            return Channel("", Audience.ALONE)
        if kind == SHARED or shared:
            return Channel("", Audience.OUTSIDE)
        if shared is False and kind in AUDIENCES and not fresh:
            return Channel("", AUDIENCES[kind])

        async def look() -> Channel:
            try:
                found = (await web.call("conversations.info", channel=channel))["channel"]
            except Refused as refused:
                # Of a channel that Slack does not show us everybody may be a reader.
                log.info("Slack tells nothing of a channel", team=web.team, reason=refused.code)
                return Channel("", Audience.OUTSIDE)
            return _channel(found)

        memo = self._lately if fresh else self._channels
        return await memo.once((web.team, channel), look)

    def look_again(self, web: Web, channel: str) -> None:
        """Forget what was known of a channel, so that Slack is asked at this very moment."""
        for memo in (self._channels, self._lately):
            memo.forget(lambda key: key == (web.team, channel))

    async def spot(
        self,
        web: Web,
        channel: str,
        thread: str | None,
        *,
        kind: str = "",
        shared: bool | None = None,
        fresh: bool = False,
    ) -> Spot:
        """Return where something is said; see `channel`."""
        found = await self.channel(web, channel, kind=kind, shared=shared, fresh=fresh)
        return Spot(
            surface=Surface.SLACK,
            workspace=web.team,
            channel=channel,
            thread=thread,
            audience=found.audience,
        )

    async def direct(self, web: Web, user: str) -> str:
        """Return the channel of somebody's direct messages with us.

        Raises:
            SpeechFailed: there is none, or Slack does not answer.
        """

        async def look() -> str:
            return str((await web.call("conversations.open", users=user))["channel"]["id"])

        return await self._direct.once((web.team, user), look)

    def forget(self, team: str) -> None:
        """Look everybody of a workspace up anew."""
        self._people.forget(lambda key: key[0] == team)
        self._channels.forget(lambda key: key[0] == team)
        self._lately.forget(lambda key: key[0] == team)


AUDIENCES = {
    GROUP: Audience.PRIVATE,
    PRIVATE: Audience.PRIVATE,
    PUBLIC: Audience.PUBLIC,
}


def _known(user: Mapping[str, Any], team: str) -> Known:
    """Return what Slack says of somebody; an address counts of its own people alone."""
    profile: Mapping[str, Any] = user.get("profile") or {}
    name = profile.get("real_name") or user.get("real_name") or user.get("name") or ""
    home = str(user.get("team_id") or team)
    enterprise: Mapping[str, Any] = user.get("enterprise_user") or {}
    ours = home == team or team in (enterprise.get("teams") or ())
    odd = any(user.get(each) for each in ("deleted", "is_bot", "is_stranger"))
    guest = any(user.get(each) for each in ("is_restricted", "is_ultra_restricted"))
    vouched = ours and not odd and user.get("is_email_confirmed") is True
    person = Person(
        surface=Surface.SLACK,
        workspace=home,
        id=str(user["id"]),
        name=str(name)[:200],
        email=profile.get("email") if vouched else None,
        joins=bool(vouched) and not guest,
    )
    return Known(person, user.get("tz") or None, bool(user.get("is_bot")))


def heard_by(found: Mapping[str, Any]) -> Audience:
    """Return who hears a channel that Slack tells about."""
    return _channel(found).audience


def _channel(found: Mapping[str, Any]) -> Channel:
    name = str(found.get("name") or "")
    outside = ("is_ext_shared", "is_pending_ext_shared")
    if any(found.get(each) for each in outside):
        return Channel(name, Audience.OUTSIDE)
    if found.get("is_im"):
        return Channel(name, Audience.ALONE)
    if found.get("is_mpim") or found.get("is_private"):
        return Channel(name, Audience.PRIVATE)
    return Channel(name, Audience.PUBLIC)
