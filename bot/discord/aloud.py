"""An answer that everybody sees: in a thread of its own, or as a reply where there is none."""

from collections.abc import Mapping, Sequence

import structlog
from discord import HTTPException

from bot.cards import Card
from bot.cells import short
from bot.discord.booth import Booth
from bot.discord.growth import Growth
from bot.discord.marks import GAP
from bot.discord.parcel import Sent
from bot.discord.patience import ALREADY_A_THREAD, spoken
from bot.discord.posts import Posts, continued
from bot.discord.speak import WORKING, growing, messages, noted
from bot.discord.where import LONGEST, Where
from bot.speaker import SpeechFailed

log = structlog.get_logger()

GO_ON = "To go on here, mention me."


class Aloud:
    """One answer in a channel."""

    def __init__(self, booth: Booth, where: Where, nonce: str) -> None:
        """Answer what was said or pressed there; *nonce* is what it is known by."""
        self._booth = booth
        self._where = where
        self._nonce = nonce
        self._posts: Posts | None = None
        self._growth: Growth | None = None

    async def begin(self) -> Mapping[str, object]:
        """Show that work goes on, and return where."""
        posts = await self._opened()
        await posts.show(growing("", WORKING))
        return {
            "channel": posts.channel,
            "first": posts.first,
            "linked": posts.linked,
            "nonce": self._nonce,
        }

    async def resume(self, anchor: Mapping[str, object]) -> bool:
        """Go on with what another process began; False if it is gone."""
        channel, first = int(str(anchor["channel"])), int(str(anchor["first"]))
        linked = bool(anchor["linked"])
        booth = self._booth

        async def attempt() -> list[Sent] | None:
            return await continued(booth.wire, channel, first, booth.me, linked=linked)

        sent = await spoken(attempt, booth.patience)
        if sent is None:
            return False
        self._posts = self._made(channel, self._where.question if linked else None, sent)
        return True

    async def grow(self, text: str, status: str) -> None:
        """Show the answer so far."""
        if self._posts is None:
            return
        if self._growth is None:
            self._growth = Growth(self._booth.pace, self._posts.channel, self._shown)
        await self._growth.grow(text, status)

    async def finish(self, card: Card) -> None:
        """Show the whole answer."""
        parcels = await messages(self._booth.core, card)
        posts = await self._opened()
        if self._where.hint and self._where.begins:
            parcels[-1] = noted(parcels[-1], [GO_ON])
        if self._growth is not None:
            await self._growth.end()
        await posts.show(parcels)
        self._booth.pace.took(posts.channel)

    @property
    def last(self) -> int | None:
        """The message that the answer ends with."""
        return None if self._posts is None else self._posts.last

    async def _shown(self, text: str, status: str) -> None:
        posts = await self._opened()
        try:
            await posts.show(growing(text, status), seconds=0)
        except SpeechFailed as failed:
            if failed.for_good:
                raise
            log.info("an edit is left out", reason=str(failed))

    async def _opened(self) -> Posts:
        if self._posts is None:
            where = self._where
            channel, reply_to = where.channel, where.question
            if where.begins and where.question is not None:
                thread = await self._thread(where.channel, where.question)
                if thread is not None:
                    channel, reply_to = thread, None
            self._posts = self._made(channel, None if where.direct else reply_to, ())
        return self._posts

    def _made(self, channel: int, reply_to: int | None, sent: Sequence[Sent]) -> Posts:
        booth = self._booth
        return Posts(
            booth.wire,
            booth.patience,
            channel=channel,
            me=booth.me,
            nonce=self._nonce,
            reply_to=reply_to,
            sent=sent,
        )

    async def begin_thread(self, message: int) -> None:
        """Begin a thread at a message of the answer, so that others may go on there."""
        if not self._where.direct and not self._where.parent:
            await self._thread(self._where.channel, message)

    async def _thread(self, channel: int, message: int) -> int | None:
        """Return the thread of a message, begun if there is none; None where there cannot be."""

        async def attempt() -> int:
            return await self._booth.wire.begin_thread(channel, message, named(self._where.title))

        try:
            return await spoken(attempt, self._booth.patience)
        except SpeechFailed as failed:
            if not failed.for_good:
                raise
            error = failed.__cause__
            if isinstance(error, HTTPException) and error.code == ALREADY_A_THREAD:
                return message  # a thread has the id of the message that it began at
            log.info("no thread is begun", reason=str(failed))
            return None


def named(title: str) -> str:
    """Return what a thread is called."""
    return short(title.replace(GAP, ""), LONGEST)
