"""An answer while it is written: its events become what a speaker shows."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from bot.speaker import Speaker, SpeechFailed
from core.chats import (
    Done,
    Event,
    Failed,
    Message,
    Said,
    ToolReturned,
    ToolUsed,
    Working,
)
from core.chats.doing import doing

log = structlog.get_logger()


class Live:
    """Shows one answer as it grows; the platform's pace holds up nothing but itself."""

    def __init__(self, speaker: Speaker) -> None:
        """Begin with nothing said."""
        self._speaker = speaker
        self._pieces: list[str] = []
        self._status = ""
        self._news = asyncio.Event()
        self._message: Message | None = None

    async def tell(self, events: AsyncIterator[Event]) -> Message | None:
        """Show what happens, and return the answer once it is whole; None if it never was."""
        growing = asyncio.get_running_loop().create_task(self._grow())
        try:
            async for event in events:
                self._take(event)
        finally:
            growing.cancel()
            await asyncio.wait({growing})
        return self._message

    def _take(self, event: Event) -> None:
        match event:
            case Said(text=text):
                self._pieces.append(text)
                self._status = ""
            case Working() | ToolUsed() | ToolReturned():
                self._status = doing(event)
            case Done(message=message) | Failed(message=message):
                self._message = message
                return
            case _:
                return
        self._news.set()

    async def _grow(self) -> None:
        """Show what there is, again and again; what came meanwhile is shown at once."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self._speaker.grow("".join(self._pieces), self._status)
        except SpeechFailed as failed:
            # The whole answer may still be taken; if not, that is where it is seen to.
            log.warning("an answer does not grow", reason=str(failed))
        except Exception:
            log.exception("an answer does not grow")
