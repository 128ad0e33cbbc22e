"""Messages of a channel that are one answer: written once, changed where they differ."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from discord import Forbidden, HTTPException, NotFound
from discord.utils import time_snowflake, utcnow

from bot.discord.parcel import Parcel, Sent, changed
from bot.discord.patience import ARCHIVED, NO_HISTORY, Patience, gone, passes, spoken
from bot.discord.speak import noted
from bot.discord.wire import Wire
from bot.speaker import SpeechFailed

log = structlog.get_logger()

REMEMBERED = 60.0
"""Seconds for which Discord surely knows a nonce again."""
FOUND = 50
"""Messages that are looked through for one whose fate is not known."""
REFUSED = "I cannot show this here: Discord does not take it."
NO_FILES = "I may attach no files here, so this is missing: {names}."


class Posts:
    """What stands in a channel of one answer."""

    def __init__(
        self,
        wire: Wire,
        patience: Patience,
        *,
        channel: int,
        me: int,
        nonce: str,
        reply_to: int | None = None,
        sent: Sequence[Sent] = (),
    ) -> None:
        """Write to *channel*.

        Args:
            wire: writes.
            patience: how long to wait for Discord.
            channel: where.
            me: our own id.
            nonce: names the answer: what is written twice with it stands there once.
            reply_to: the message that is answered, where there is no thread; further messages
                then answer the first.
            sent: what another process has written of it.
        """
        self._wire = wire
        self._patience = patience
        self.channel = channel
        self._me = me
        self._nonce = nonce
        self._reply_to = reply_to
        self._sent = list(sent)

    @property
    def linked(self) -> bool:
        """Whether its messages answer one another, as where others speak in between."""
        return self._reply_to is not None

    @property
    def first(self) -> int | None:
        """The message that it begins with."""
        return self._sent[0].id if self._sent else None

    @property
    def last(self) -> int | None:
        """The message that it ends with."""
        return self._sent[-1].id if self._sent else None

    async def show(self, parcels: Sequence[Parcel], *, seconds: float | None = None) -> None:
        """Let *parcels* stand there, and nothing else.

        Args:
            parcels: a message each.
            seconds: how long to be patient; as long as it takes by default.

        Raises:
            SpeechFailed: Discord does not take it.
        """
        for at in changed([each.parcel for each in self._sent], parcels):
            await self._put(at, parcels[at], seconds)
        while len(self._sent) > max(1, len(parcels)):
            surplus = self._sent[-1].id
            await spoken(partial(self._remove, surplus), self._patience, seconds=seconds)
            self._sent.pop()

    async def _put(self, at: int, parcel: Parcel, seconds: float | None) -> None:
        try:
            await self._write(at, parcel, seconds)
        except SpeechFailed as failed:
            spare = _spare(failed, parcel)
            if spare is None or seconds is not None:
                raise
            # What Discord does not take of it must not cost the whole answer.
            log.exception("a message is refused")
            await self._write(at, spare, seconds)

    async def _remove(self, message: int) -> None:
        with suppress(NotFound):
            await self._wire.remove(self.channel, message)

    async def _write(self, at: int, parcel: Parcel, seconds: float | None) -> None:
        if at < len(self._sent):
            await self._change(self._sent[at], parcel, seconds)
            self._sent[at] = self._sent[at]._replace(parcel=parcel)
            return
        self._sent.append(Sent(await self._post(at, parcel, seconds), parcel))

    async def _change(self, sent: Sent, parcel: Parcel, seconds: float | None) -> None:
        async def attempt() -> None:
            try:
                await self._wire.change(self.channel, sent.id, parcel, sent.parcel)
            except HTTPException as error:
                if error.code != ARCHIVED:
                    raise
                await self._wire.unarchive(self.channel)
                await self._wire.change(self.channel, sent.id, parcel, sent.parcel)

        await spoken(attempt, self._patience, seconds=seconds)

    async def _post(self, at: int, parcel: Parcel, seconds: float | None) -> int:
        loop = asyncio.get_running_loop()
        since = time_snowflake(utcnow()) - (60_000 << 22)  # clocks differ
        unknown: float | None = None

        async def attempt() -> int:
            nonlocal unknown
            if unknown is not None and loop.time() - unknown > REMEMBERED:
                # By now Discord may have forgotten the nonce: what it has done is looked for.
                found = await self._there(parcel, since)
                if found is not None:
                    return found
            try:
                return await self._replied(at, parcel)
            except Exception as error:
                if unknown is None and passes(error):
                    unknown = loop.time()
                raise

        return await spoken(attempt, self._patience, seconds=seconds)

    async def _replied(self, at: int, parcel: Parcel) -> int:
        nonce = f"{self._nonce}.{at}"
        to = self._reply_to if at == 0 else self._reply_to and self.first
        try:
            return await self._wire.post(self.channel, parcel, nonce=nonce, reply_to=to)
        except HTTPException as error:
            if error.code != NO_HISTORY or to is None:
                raise
            # Who may not read what was said before may say something, but answer nothing.
            self._reply_to = None
            return await self._wire.post(self.channel, parcel, nonce=nonce)

    async def _there(self, parcel: Parcel, since: int) -> int | None:
        mine = {each.id for each in self._sent}
        try:
            latest = await self._wire.latest(self.channel, limit=FOUND, after=since)
        except Forbidden:
            return None
        for message in latest:
            by = int(message["author"]["id"])
            id = int(message["id"])
            if by == self._me and message["content"] == parcel.content and id not in mine:
                return id
        return None


def _spare(failed: SpeechFailed, parcel: Parcel) -> Parcel | None:
    """Return what is said where *parcel* is refused; None where nothing is taken."""
    error = failed.__cause__
    if not failed.for_good or not isinstance(error, HTTPException):
        return None
    if isinstance(error, Forbidden) and parcel.files:
        names = ", ".join(each.name for each in parcel.files)
        return noted(parcel._replace(files=()), [NO_FILES.format(names=names)])
    return None if gone(error) else Parcel(content=REFUSED, components=parcel.components)


async def continued(
    wire: Wire, channel: int, first: int, me: int, *, linked: bool
) -> list[Sent] | None:
    """Return the messages of an answer that another process began; None if it was removed.

    In a thread nothing else is answered at the same time: what we said there after the first
    message belongs to it. Elsewhere it answers the first message.
    """
    try:
        await wire.message(channel, first)
    except HTTPException as error:
        if gone(error):
            return None
        raise
    later = await wire.latest(channel, limit=FOUND, after=first)
    ids = sorted(int(each["id"]) for each in later if _ours(each, me, first, linked=linked))
    # What they hold is not known: another parcel than any of ours, so that each is written anew.
    return [Sent(id, Parcel(content="\0")) for id in [first, *ids]]


def _ours(message: Mapping[str, Any], me: int, first: int, *, linked: bool) -> bool:
    if int(message["author"]["id"]) != me or message.get("components"):
        return False
    to = (message.get("message_reference") or {}).get("message_id")
    return to is not None and int(to) == first if linked else to is None
