"""Answers to messages: in a thread, in direct messages, or aside."""

from collections.abc import Mapping

from typing_extensions import override

from bot.cards import Card, Form
from bot.discord.aloud import Aloud
from bot.discord.aside import Aside
from bot.discord.booth import Booth
from bot.discord.kept import kept
from bot.discord.patience import shut
from bot.discord.where import Where
from bot.heard import Anything
from bot.speaker import Speaker, SpeechFailed
from core.channels import Spot


class Spoken(Speaker):
    """Answers what somebody wrote."""

    fields = 5

    def __init__(self, booth: Booth, heard: Anything, where: Where) -> None:
        """Answer *heard* there."""
        self._booth = booth
        self._heard = heard
        self._where = where
        self._aloud = Aloud(booth, where, heard.id)
        self._aside = Aside(booth, where, heard.id)
        self._told = 0

    @override
    async def begin(self) -> Mapping[str, object]:
        anchor = await self._aloud.begin()
        return {"payload": kept(self._heard, self._where, None), "stage": dict(anchor)}

    async def resume(self, stage: Mapping[str, object]) -> bool:
        """Go on with what another process began; False if it is gone."""
        return await self._aloud.resume(stage)

    @override
    async def grow(self, text: str, status: str = "") -> None:
        await self._aloud.grow(text, status)

    @override
    async def finish(self, card: Card) -> None:
        try:
            await self._aloud.finish(card)
        except SpeechFailed as failed:
            if self._where.direct or not shut(failed):
                raise
            await self._aside.tell(card)

    @override
    async def whisper(self, card: Card) -> None:
        self._told += 1
        await self._aside.tell(card, self._told)

    @override
    async def there(self) -> Spot:
        return self._booth.spot(self._heard.spot, self._where)

    @override
    async def publish(self, card: Card) -> Spot:
        await self._aloud.finish(card)
        return self._heard.spot

    @override
    async def form(self, form: Form) -> None:
        raise SpeechFailed("a message is not answered by a form", for_good=True)

    @override
    async def mend(self, card: Card) -> None:
        raise SpeechFailed("nothing was pressed", for_good=True)
