"""Slack's streams: begun, gone on with, ended, and what became of each call of theirs."""

from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import Any

import structlog

from bot.slack.harmless import harmless
from bot.slack.web import PATIENCE, Busy, Lost, Refused
from bot.slack.written import Written

Json = dict[str, Any]

REFUSED_FOR = 600.0
"""Seconds for which streams are not tried again in a workspace that refuses them."""
SPARE = 2.0
"""Calls that are left to those that finish, when something merely grows."""
ITS_READER = frozenset({"user_not_found", "team_not_found", "thread_not_found"})
"""Refusals that are about whom or what is streamed to, and not about streams."""
ENDED = "message_not_in_streaming_state"
STOPPED = "stopped_by_user"

log = structlog.get_logger()


class Stopped(Exception):
    """Somebody pressed Stop."""


class Fate(Enum):
    """What became of a call."""

    DONE = auto()
    NOT = auto()
    """It was surely not done, and need not be tried like this again."""
    UNSURE = auto()


class Streamed:
    """Streams to one reader."""

    def __init__(self, written: Written, reader: tuple[str, str], *, wanted: bool) -> None:
        """Stream where *written* writes.

        Args:
            written: marks the messages.
            reader: the workspace and the id of whom it is streamed to.
            wanted: whether it may be.
        """
        self._written = written
        self._web = written.web
        self._where = written.where
        self._reader = reader
        self._wanted = wanted and self._where.thread is not None

    @property
    def may_start(self) -> bool:
        """Whether a stream may be begun now, and could be ended."""
        pace = self._web.pace
        return (
            self._wanted
            and pace.clock.now() >= self._web.streams_again
            and pace.idle("chat.startStream", self._where.channel)
            and pace.idle("chat.stopStream", spare=1)
        )

    @property
    def may_append(self) -> bool:
        """Whether one may go on now."""
        return self._web.pace.idle("chat.appendStream", spare=SPARE)

    @property
    def may_stop(self) -> bool:
        """Whether one may be ended now."""
        return self._web.pace.idle("chat.stopStream")

    async def start(self, text: str) -> tuple[Fate, str]:
        """Begin to say *text*; return what became of it, and the `ts` of the message."""
        piece = harmless(text)
        try:
            async with self._web.pace.turn("chat.startStream", self._where.channel):
                answer = await self._web.attempt(
                    "chat.startStream",
                    channel=self._where.channel,
                    thread_ts=self._where.thread,
                    recipient_team_id=self._reader[0],
                    recipient_user_id=self._reader[1],
                    **({"markdown_text": piece} if piece else {}),
                )
        except Refused as refused:
            if refused.code not in ITS_READER:
                self._web.streams_again = self._web.pace.clock.now() + REFUSED_FOR
                log.info("answers are edited, as Slack takes no stream", reason=refused.code)
        except Busy:
            pass
        except Lost:
            self._wanted = False
            return Fate.UNSURE, ""
        else:
            return Fate.DONE, str(answer["ts"])
        self._wanted = False
        return Fate.NOT, ""

    async def append(self, ts: str, piece: str) -> Fate:
        """Say more.

        Raises:
            Busy: not now.
            Stopped: somebody pressed Stop.
        """
        try:
            async with self._web.pace.turn("chat.appendStream"):
                await self._web.attempt(
                    "chat.appendStream", channel=self._where.channel, ts=ts, markdown_text=piece
                )
        except Refused as refused:
            if refused.code == STOPPED:
                raise Stopped from None
            if refused.code != ENDED:
                await self.quiet(ts)
            return Fate.NOT
        except Lost:
            await self.quiet(ts)
            return Fate.UNSURE
        return Fate.DONE

    async def stop(
        self,
        ts: str,
        number: int,
        piece: str,
        below: Sequence[Json] = (),
        *,
        patience: float = 0.0,
    ) -> Fate:
        """Say the last of it, and let *below* stand under it.

        Raises:
            Busy: not now; it streams on.
            Refused: a picture is not ready; it streams on.
        """
        try:
            await self._stop(ts, piece, below, patience, self._written.mark(number))
        except Refused as refused:
            if refused.about_picture:
                raise
            log.info("a stream did not end as it should", reason=refused.code)
            if refused.code != ENDED:
                await self.quiet(ts)
            return Fate.NOT
        except Lost:
            return Fate.UNSURE
        return Fate.DONE

    async def quiet(self, ts: str) -> None:
        """Let a stream end as it is, so that it can be edited; it may have ended."""
        with suppress(Refused, Lost):
            await self._stop(ts, "", (), PATIENCE, None)

    async def _stop(
        self, ts: str, piece: str, below: Sequence[Json], patience: float, mark: Json | None
    ) -> None:
        arguments: Json = {"markdown_text": piece, "blocks": list(below), "metadata": mark}
        given = {name: value for name, value in arguments.items() if value}
        now = self._web.pace.clock.now
        until = now() + patience
        while True:
            try:
                async with self._web.pace.turn("chat.stopStream"):
                    await self._web.attempt(
                        "chat.stopStream", channel=self._where.channel, ts=ts, **given
                    )
            except Busy as busy:
                if now() + busy.seconds > until:
                    raise
            else:
                return
