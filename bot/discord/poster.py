"""Notices of saved queries, posted into channels of Discord."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from discord import HTTPException, LoginFailure
from typing_extensions import override

from bot.discord.marks import GAP
from bot.discord.parcel import Parcel
from bot.discord.patience import gone, passes
from bot.discord.speak import message, noted
from bot.discord.where import OPEN
from bot.discord.wire import Wire
from bot.posting import card_of_posting
from core.app import Core
from core.errors import Unavailable
from core.identity import Audience
from core.notices import Notice, Poster, PosterGone, Posting, PostingFailed

VIEW = 1 << 10
"""The permission to see a channel."""
LOOKED_THROUGH = 100
"""Messages among which a posting is looked for."""
PUBLIC_THREADS, PRIVATE_THREAD = {10, 11}, 12


class DiscordAway(Unavailable):
    """Discord does not answer just now."""


class DiscordPoster(Poster):
    """Posts notices."""

    def __init__(self, core: Core, wire: Wire) -> None:
        """Post what *core* has asked; *wire* may be of a process that hears nothing."""
        self._core = core
        self._wire = wire

    @override
    async def audience(self, notice: Notice) -> Audience:
        with refusals():
            await self._wire.open()
            return await hearers(self._wire, int(notice.channel), int(notice.workspace))

    @override
    async def post(self, notice: Notice, posting: Posting) -> None:
        parcel = await message(self._core, card_of_posting(posting))
        parcel = marked(parcel, marker(posting.id))
        with refusals():
            await self._wire.open()
            await self._wire.post(
                int(notice.channel), parcel, nonce=posting.id.replace("-", "")[:25]
            )

    @override
    async def posted(self, notice: Notice, posting_id: str) -> bool:
        wire = self._wire
        try:
            with refusals():
                await wire.open()
                latest = await wire.latest(int(notice.channel), limit=LOOKED_THROUGH)
        except PosterGone:
            # Where we may not read what was said before, or not speak; to post tells which.
            return False
        mark = marker(posting_id)
        return any(int(each["author"]["id"]) == wire.me and mark in _small(each) for each in latest)


def marker(posting_id: str) -> str:
    """Return what a posting is found again by; it stands in its small print."""
    return f"#{posting_id.replace('-', '')[:12]}"


def marked(parcel: Parcel, mark: str) -> Parcel:
    """Return a message with a mark in its small print."""
    if parcel.content.strip(GAP) or not parcel.embeds:
        return noted(parcel, [mark])
    *others, last = parcel.embeds
    said = last.get("footer", {}).get("text", "")
    footer = {"text": f"{said} {mark}".strip()}
    return parcel._replace(embeds=(*others, last | {"footer": footer}))


def _small(message: Mapping[str, Any]) -> str:
    footers = [each.get("footer", {}).get("text", "") for each in message.get("embeds", ())]
    return "\n".join([str(message["content"]), *footers])


async def hearers(wire: Wire, channel: int, guild: int) -> Audience:
    """Return who hears a channel or a thread of a server now."""
    found, server = await wire.channel(channel), await wire.guild(guild)
    if found["type"] == PRIVATE_THREAD:
        return Audience.PRIVATE
    if found["type"] in PUBLIC_THREADS:
        found = await wire.channel(int(found["parent_id"]))
    return heard_by(found, server)


def heard_by(channel: Mapping[str, Any], guild: Mapping[str, Any]) -> Audience:
    """Return who hears a channel, as Discord tells of both.

    Whatever everybody on the server may see is public; the roles of a server say what everybody
    may, and the channel what is otherwise there.
    """
    id = str(guild["id"])
    role = next((each for each in guild.get("roles", ()) if str(each["id"]) == id), None)
    allowed = int(role["permissions"]) if role is not None else VIEW
    for each in channel.get("permission_overwrites") or ():
        if str(each["id"]) == id:
            allowed = allowed & ~int(each["deny"]) | int(each["allow"])
    if not allowed & VIEW:
        return Audience.PRIVATE
    return Audience.OUTSIDE if OPEN.intersection(guild.get("features", ())) else Audience.PUBLIC


@contextmanager
def refusals() -> Iterator[None]:
    """Let what Discord refuses be a refusal of ours."""
    try:
        yield
    except LoginFailure as error:
        raise DiscordAway("Discord does not know the token; see DISCORD_TOKEN.") from error
    except HTTPException as error:
        if gone(error):
            raise PosterGone from error
        raise DiscordAway if passes(error) else PostingFailed from error
    except Exception as error:
        if not passes(error):
            raise
        raise DiscordAway from error
