"""An answer that one person alone sees: the response to what was typed or pressed.

A token of Discord's is good for a quarter of an hour. Afterwards a private answer goes where it is
private still: into direct messages, or behind a button that its asker alone may press.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog
from discord import HTTPException, NotFound

from bot.cards import Card
from bot.discord.aside import Aside
from bot.discord.booth import Booth
from bot.discord.growth import Growth
from bot.discord.parcel import Parcel
from bot.discord.speak import WORKING, growing_alone, message
from bot.discord.token import Token, TokenOver
from bot.speaker import SpeechFailed

LATER = "This takes longer than Discord lets me answer here: I shall write to you directly."

log = structlog.get_logger()


class Alone:
    """One answer for one person."""

    def __init__(self, booth: Booth, token: Token, aside: Aside, *, hidden: bool) -> None:
        """Answer by a token.

        Args:
            booth: what speakers share.
            token: the interaction.
            aside: tells it once the token is over.
            hidden: whether others are there who must not see it.
        """
        self._booth = booth
        self._token = token
        self._aside = aside
        self._hidden = hidden
        self._begun = False
        self._message: int | None = None
        self._shown: Parcel | None = None
        """What it holds; None where that is not known."""
        self._growth: Growth | None = None
        self._late = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> Mapping[str, object]:
        """Show that work goes on, and return where."""
        waiting = growing_alone("", WORKING)
        try:
            self._message = await self._token.begin(waiting, alone=self._hidden)
        except (TokenOver, HTTPException) as error:
            raise SpeechFailed(str(error)) from error
        self._shown = Parcel() if self._message is None else waiting
        self._begun = True
        left = max(self._token.left - self._booth.patience.goodbye, 0)
        self._timer = asyncio.get_running_loop().call_later(left, self._tell_late)
        return {"message": self._message}

    async def resume(self, anchor: Mapping[str, object]) -> bool:
        """Go on with what another process began."""
        found = anchor["message"]
        self._message = None if found is None else int(str(found))
        self._begun = True
        return True

    async def grow(self, text: str, status: str) -> None:
        """Show the answer so far."""
        if not self._begun or self._late:
            return
        if self._growth is None:
            # Discord counts the edits of each interaction for itself.
            self._growth = Growth(self._booth.pace, self._token.id, self._put)
        await self._growth.grow(text, status)

    async def finish(self, card: Card) -> None:
        """Show the whole answer."""
        parcel = await message(self._booth.core, card)
        if self._timer is not None:
            self._timer.cancel()
        if self._growth is not None:
            await self._growth.end()
        try:
            if not self._late:
                await self._settle(parcel)
                return
        except TokenOver:
            self._late = True
        except NotFound as error:
            # Whoever was asked has thrown it away.
            raise SpeechFailed(str(error), for_good=True) from error
        except HTTPException as error:
            raise SpeechFailed(str(error), for_good=True) from error
        await self._aside.tell(card)

    def _tell_late(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._said_late())

    async def _said_late(self) -> None:
        """Leave nobody in front of something that seems to be thinking for ever."""
        if self._growth is not None:
            await self._growth.end()
        with suppress(TokenOver, HTTPException):
            await self._token.change(self._message, Parcel(content=LATER), self._shown)
        self._late = True

    async def _settle(self, parcel: Parcel) -> None:
        if not self._begun:
            self._message = await self._token.show(parcel, alone=self._hidden)
            self._begun = True
        elif parcel != self._shown:
            await self._token.change(self._message, parcel, self._shown)
        self._shown = parcel

    async def _put(self, text: str, status: str) -> None:
        parcel = growing_alone(text, status)
        if parcel == self._shown:
            return
        try:
            await self._token.change(self._message, parcel, self._shown)
        except TokenOver:
            self._late = True
        except HTTPException as error:
            raise SpeechFailed(str(error)) from error
        else:
            self._shown = parcel
