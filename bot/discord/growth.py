"""What is shown while an answer grows: one edit after the other, the latest words winning."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.discord.patience import Pace
from bot.speaker import SpeechFailed

log = structlog.get_logger()

Shows = Callable[[str, str], Awaitable[None]]
"""Shows the text so far, and what is being done."""


class Growth:
    """Lets an answer grow as fast as Discord takes edits, and no edit arrive after the last."""

    def __init__(self, pace: Pace, channel: int, shows: Shows) -> None:
        """Grow by *shows*, in turn with whatever else is edited in the channel."""
        self._pace = pace
        self._channel = channel
        self._shows = shows
        self._latest: tuple[str, str] | None = None
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def grow(self, text: str, status: str) -> None:
        """Return when this or what came later is shown; whoever is cancelled leaves it growing."""
        self._latest = text, status
        if self._task is None or self._task.done():
            if self._ended.is_set():
                return
            self._task = asyncio.get_running_loop().create_task(self._grow())
        await asyncio.shield(self._task)

    async def end(self) -> None:
        """Return when nothing is on its way any more."""
        self._ended.set()
        if self._task is not None:
            with suppress(SpeechFailed):
                await self._task

    async def _grow(self) -> None:
        while self._latest is not None:
            if not await self._turn():
                return
            latest, self._latest = self._latest, None
            await self._shows(*latest)

    async def _turn(self) -> bool:
        """Return whether it is time for an edit; False if the last one does not wait for it."""
        waiting = asyncio.ensure_future(self._pace.turn(self._channel))
        ending = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            ending.cancel()
        return not self._ended.is_set()
