"""What one person is told where others are: in direct messages, or else not in so many words."""

from collections.abc import Sequence

import structlog
from discord import HTTPException

from bot.cards import Button, Card
from bot.discord.booth import Booth
from bot.discord.parcel import Parcel
from bot.discord.patience import CLOSED_TO_US, spoken
from bot.discord.posts import Posts
from bot.discord.speak import components, messages, noted
from bot.discord.where import Where
from bot.speaker import SpeechFailed

log = structlog.get_logger()

MINE = "mine"
"""The verb of the button that shows an answer to its asker, with the answer's id behind it."""
SEE = "Show me my answer"
READY = "<@{person}>, your answer is ready, for you alone."
CLOSED = (
    "<@{person}>, I have something to tell you alone, but you take no direct messages from this "
    "server. Type `/help` here: only you see what it says."
)


class Aside:
    """Tells one person something."""

    def __init__(self, booth: Booth, where: Where, nonce: str) -> None:
        """Tell whoever spoke there; *nonce* is what is told is known by."""
        self._booth = booth
        self._where = where
        self._nonce = nonce
        self._posts: dict[int, Posts] = {}

    async def tell(self, card: Card, number: int = 0) -> None:
        """Show *card* to nobody else.

        Args:
            card: what is told.
            number: which of several things it is; told again, it is told once.
        """
        parcels = await messages(self._booth.core, card)
        direct = self._where.channel if self._where.direct else await self._direct()
        if direct is not None:
            if not self._where.direct and self._where.name:
                parcels[-1] = noted(parcels[-1], [f"About what you said in {self._where.name}."])
            try:
                await self._put(direct, parcels, number)
            except SpeechFailed as failed:
                if not _closed(failed):
                    raise
            else:
                return
        log.info("somebody takes no direct messages")
        await self._put(self._where.channel, [self._public(card)], number)

    def _public(self, card: Card) -> Parcel:
        """Return what everybody may read."""
        answer = _answer(card)
        text = (READY if answer else CLOSED).format(person=self._where.person)
        if answer is None:
            return Parcel(content=text)
        button = Button(label=SEE, press=f"{MINE}:{answer}")
        return Parcel(content=text, components=components(((button,),)))

    async def _direct(self) -> int | None:
        async def attempt() -> int:
            return await self._booth.wire.direct(self._where.person)

        try:
            return await spoken(attempt, self._booth.patience)
        except SpeechFailed as failed:
            if failed.for_good:
                return None
            raise

    async def _put(self, channel: int, parcels: Sequence[Parcel], number: int) -> None:
        posts = self._posts.get(number)
        if posts is None or posts.channel != channel:
            booth, where = self._booth, self._where
            posts = self._posts[number] = Posts(
                booth.wire,
                booth.patience,
                channel=channel,
                me=booth.me,
                nonce=f"{self._nonce}w{number}",
                reply_to=None if where.direct or channel != where.channel else where.question,
            )
        await posts.show(parcels)


def _closed(failed: SpeechFailed) -> bool:
    error = failed.__cause__
    return isinstance(error, HTTPException) and error.code == CLOSED_TO_US


def _answer(card: Card) -> str | None:
    """Return the answer that a card shows, by what can be pressed under it."""
    for row in card.controls:
        for each in row:
            verb, _, rest = each.press.partition(":")
            if verb in {"up", "rerun", "show", "sql"}:
                return rest
    return None
