"""The promise of a courier, kept on Discord: letters in channels, each found again by its mark."""

from typing_extensions import override

from bot.discord.poster import LOOKED_THROUGH, hearers, marker, refusals
from bot.discord.speak import message, noted
from bot.discord.wire import Wire
from bot.letters import AddressUnclear, card_of, mark_of, permit, workspace_of
from core.app import Core
from core.identity import Actor, Surface
from core.notices import PosterGone
from core.pipelines import Courier, Letter


class DiscordCourier(Courier):
    """Carries letters."""

    def __init__(self, core: Core, wire: Wire) -> None:
        """Carry by *wire*, which may be of a process that hears nothing."""
        self._core = core
        self._wire = wire

    @override
    async def carry(self, actor: Actor, letter: Letter) -> str:
        named = letter.to.rpartition("/")[2]
        if not (named.isdecimal() and len(named) <= 20):  # noqa: PLR2004 - digits of an id
            raise AddressUnclear(
                f"{letter.to[:80]!r} is no channel of Discord: give its id, such as "
                "1234567890123456789, which Discord copies in its developer mode."
            )
        channel, mark = int(named), mark_of(letter)
        with refusals():
            await self._wire.open()
            there = await self._wire.channel(channel)
        guild = str(there.get("guild_id") or "")
        await workspace_of(self._core, actor, Surface.DISCORD, guild)
        with refusals():
            permit(actor, await hearers(self._wire, channel, int(guild)))
        if not await self._carried(channel, mark):
            parcel = noted(await message(self._core, card_of(letter, actor)), [marker(mark)])
            with refusals():
                await self._wire.post(channel, parcel, nonce=mark.replace("-", "")[:25])
        return f"{guild}/{channel}"

    async def _carried(self, channel: int, mark: str) -> bool:
        """Return whether a letter is there already, of an attempt that did not live to tell."""
        try:
            with refusals():
                latest = await self._wire.latest(channel, limit=LOOKED_THROUGH)
        except PosterGone:
            return False  # where we may not read; to post tells whether we may speak
        return any(
            int(each["author"]["id"]) == self._wire.me and marker(mark) in each["content"]
            for each in latest
        )
