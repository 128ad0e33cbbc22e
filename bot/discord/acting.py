"""Answers to commands, presses and forms: to one person alone, or in the thread of a card."""

from collections.abc import Mapping

import structlog
from discord import HTTPException
from typing_extensions import override

from bot.cards import Card, Form
from bot.discord.alone import Alone
from bot.discord.aloud import Aloud
from bot.discord.aside import Aside
from bot.discord.booth import Booth
from bot.discord.forms import modal
from bot.discord.kept import kept
from bot.discord.parcel import Parcel
from bot.discord.patience import spoken
from bot.discord.speak import message
from bot.discord.token import Token, TokenOver
from bot.discord.where import Where
from bot.discord.wire import DEFERRED_UPDATE
from bot.heard import Anything, Submitted
from bot.speaker import Speaker, SpeechFailed
from core.channels import Spot

log = structlog.get_logger()


class Acting(Speaker):
    """Answers what somebody commanded, pressed or filled in."""

    fields = 5

    def __init__(self, booth: Booth, heard: Anything, where: Where, token: Token) -> None:
        """Answer *heard*, by its *token* as long as that is good."""
        self._booth = booth
        self._heard = heard
        self._where = where
        self._token = token
        self._aside = Aside(booth, where, heard.id)
        hidden = not where.direct
        self._alone = Alone(booth, token, self._aside, hidden=hidden)
        self._aloud = Aloud(booth, where, heard.id)
        self._is_alone = heard.private or (where.direct and where.question is None)
        self._published: Aloud | None = None
        self._told = 0
        self._hidden = hidden

    @property
    def _stage(self) -> Alone | Aloud:
        return self._alone if self._is_alone else self._aloud

    @override
    async def begin(self) -> Mapping[str, object]:
        if not self._is_alone:
            await self._acknowledge()
        anchor = await self._stage.begin()
        payload = kept(self._heard, self._where, self._token)
        return {"payload": payload, "stage": dict(anchor)}

    async def resume(self, stage: Mapping[str, object]) -> bool:
        """Go on with what another process began; False if it is gone."""
        return await self._stage.resume(stage)

    @override
    async def grow(self, text: str, status: str = "") -> None:
        await self._stage.grow(text, status)

    @override
    async def finish(self, card: Card) -> None:
        if self._published is not None:
            await self._published.finish(card)
            return
        if not self._is_alone:
            await self._acknowledge()
        await self._stage.finish(card)

    @override
    async def whisper(self, card: Card) -> None:
        self._told += 1
        parcel = await message(self._booth.core, card)
        try:
            await self._token.show(parcel, alone=self._hidden)
        except TokenOver:
            await self._aside.tell(card, self._told)
        except HTTPException as error:
            raise SpeechFailed(str(error), for_good=True) from error

    @override
    async def there(self) -> Spot:
        return self._booth.spot(self._heard.spot, self._where)

    @override
    async def publish(self, card: Card) -> Spot:
        await self._acknowledge()
        where, spot = self._where, self._heard.spot
        # What everybody sees begins a thread of its own, unless it stands in one.
        there = where.model_copy(update={"question": None, "begins": False})
        root = self._published = Aloud(self._booth, there, f"{self._heard.id}p")
        await root.finish(card)
        if spot.thread is not None or root.last is None:
            return spot
        await root.begin_thread(root.last)
        return spot.model_copy(update={"thread": str(root.last)})

    @override
    async def form(self, form: Form) -> None:
        if isinstance(self._heard, Submitted):
            raise SpeechFailed("Discord opens no form upon a form", for_good=True)
        try:
            first = await self._token.ask(modal(form))
        except (TokenOver, HTTPException) as error:
            raise SpeechFailed(str(error), for_good=True) from error
        if not first:
            raise SpeechFailed("it is too late for a form", for_good=True)

    @override
    async def mend(self, card: Card) -> None:
        parcel = await message(self._booth.core, card)
        try:
            if await self._token.update(parcel):
                return
            if self._token.responded == (DEFERRED_UPDATE, False):
                await self._token.change(None, parcel, None)
                return
        except TokenOver:
            pass
        except HTTPException as error:
            raise SpeechFailed(str(error), for_good=True) from error
        await self._mend_late(card, parcel)

    async def close(self) -> None:
        """Leave nothing that seems to be thinking for ever."""
        await self._token.withdraw()

    async def _mend_late(self, card: Card, parcel: Parcel) -> None:
        """Change the card where its button is not known as pressed any more."""
        where = self._where
        if where.hidden or where.question is None:
            await self.whisper(card)
            return
        card_id = where.question

        async def attempt() -> None:
            await self._booth.wire.change(where.channel, card_id, parcel, None)

        await spoken(attempt, self._booth.patience)

    async def _acknowledge(self) -> None:
        """Say that it was heard; the answer comes elsewhere."""
        try:
            await self._token.defer((DEFERRED_UPDATE, False))
        except (TokenOver, HTTPException) as error:
            log.info("a press is not acknowledged", reason=str(error))
