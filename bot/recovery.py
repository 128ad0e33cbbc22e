"""What another process left unanswered, and what a platform did not take: brought to an end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from bot.answer import refused
from bot.asking import Asking
from bot.cards import Card
from bot.heard import Anything, Asked, Commanded, Run
from bot.live import Live
from bot.scene import Scene
from bot.speaker import Speaker, Speech, SpeechFailed
from core.app import Core
from core.channels import Hearing
from core.chats import Event, Message
from core.errors import CoreError, Unavailable
from core.identity import Actor, Surface
from core.ids import MessageId, now

FRESH = timedelta(minutes=10)
"""How long what was said is worth an answer that nobody has begun."""
EVERY = 10.0
"""Seconds between two looks."""
TRIES = 60
"""Looks after which what cannot be told is given up."""
AT_ONCE = 20
"""Things that one process picks up at once."""
RESTARTED = "Trellis was restarted while it answered; this is as far as it came."
MISSED = "I was away when you said this, and too long to answer it now. Please say it again: {said}"
WORDS = 300
"""Characters of what was said that are repeated."""

log = structlog.get_logger()

Knows = Callable[[Anything], Awaitable[Actor]]
"""Returns who said something, standing where it was said."""
Hears = Callable[[Anything, Speaker], Awaitable[None]]


class Recovery:
    """Picks up what was heard and never answered."""

    def __init__(self, core: Core, asking: Asking, *, knows: Knows, hears: Hears) -> None:
        """Finish answers with *asking*; what was not begun is heard again.

        Args:
            core: where it was kept.
            asking: delivers.
            knows: who said something.
            hears: answers it from the beginning.
        """
        self._core = core
        self._asking = asking
        self._knows = knows
        self._hears = hears
        self._places = asyncio.Semaphore(AT_ONCE)

    async def watch(self, surface: Surface, speech: Speech, every: float = EVERY) -> None:
        """Look for what was left, again and again, until cancelled."""
        busy: set[asyncio.Task[None]] = set()
        try:
            while True:
                try:
                    await self.settle(surface)
                    for hearing in await self._core.channels.orphans(surface):
                        task = asyncio.create_task(self.recover(hearing, speech))
                        busy.add(task)
                        task.add_done_callback(busy.discard)
                except CoreError as refusal:
                    log.warning("what was left is not looked for", reason=refusal.message)
                except Exception:
                    log.exception("the look for what was left stumbled")
                await asyncio.sleep(every)
        finally:
            for task in busy:
                task.cancel()
            if busy:
                await asyncio.wait(busy)

    async def settle(self, surface: Surface) -> None:
        """Deliver what a platform did not take before."""
        for id in await self._asking.settle(surface):
            await self._core.channels.done(surface, id)

    async def recover(self, hearing: Hearing, speech: Speech) -> None:
        """Bring something that was heard by a process that is gone to its end."""
        for _again in range(TRIES):
            async with self._places:
                settled = await self._tried(hearing, speech)
            if settled is not None:
                break
            await asyncio.sleep(EVERY)
        if settled is not False:
            with suppress(CoreError):
                await self._core.channels.done(hearing.surface, hearing.id)

    async def _tried(self, hearing: Hearing, speech: Speech) -> bool | None:
        """Return whether it is settled, or somebody else sees to it; None is to try again."""
        try:
            return await self._recover(hearing, speech)
        except SpeechFailed as failed:
            log.warning("nobody is told what was left", reason=str(failed))
            return True if failed.for_good else None
        except CoreError as refusal:
            log.warning("what was left is not answered", reason=refusal.message)
            return None if isinstance(refusal, Unavailable) else True
        except Exception:
            log.exception("what was left is not answered")
            return True

    async def _recover(self, hearing: Hearing, speech: Speech) -> bool:
        again = await speech.again(hearing.payload)
        if again is None:
            log.info("what was left can be told to nobody", surface=hearing.surface)
            return True
        heard, speaker = again
        if hearing.message_id is not None:
            return await self._finish(hearing, hearing.message_id, heard, speaker, speech)
        if now() - hearing.heard_at < FRESH:
            await self._hears(heard, speaker)
            return False  # whoever hears it sees to its end
        if isinstance(heard, Asked | Run | Commanded):
            await speaker.whisper(refused(MISSED.format(said=_words(heard))))
        return True

    async def _finish(
        self,
        hearing: Hearing,
        message_id: MessageId,
        heard: Anything,
        speaker: Speaker,
        speech: Speech,
    ) -> bool:
        """Show how an answer went whose process is gone, where it was being written."""
        if hearing.anchor is not None:
            resumed = await speech.resume(hearing.anchor)
            if resumed is None:
                return True  # whoever removed it wants no other in its place
            speaker = resumed
        try:
            scene = Scene(await self._knows(heard), heard, speaker)
            # Others may hear that place by now who must not be told.
            await self._core.chats.exchange(scene.actor, message_id)
            events = self._events(scene.actor, message_id)
            message = await Live(speaker).tell(events)
        except Unavailable:
            raise
        except CoreError as refusal:
            # Nothing may be left hanging: what cannot be finished is told to be over.
            log.info("what was left has no end of its own", reason=refusal.message)
            await speaker.finish(Card(text=RESTARTED, private=heard.private, refused=True))
            return True
        return await self._asking.conclude(scene, None if message is None else marked(message))

    async def _events(self, actor: Actor, message_id: MessageId) -> AsyncIterator[Event]:
        async for _number, event in await self._core.chats.follow(actor, message_id):
            yield event


def marked(message: Message) -> Message:
    """Return an answer that was cut by a restart, saying so."""
    failure = message.failure
    if failure is None or failure.code != "INTERRUPTED":
        return message
    return message.model_copy(update={"failure": failure.model_copy(update={"error": RESTARTED})})


def _words(heard: Asked | Run | Commanded) -> str:
    match heard:
        case Asked(text=text):
            said = text
        case Run(query=query):
            said = f"run {query}"
        case Commanded(verb=verb, words=words):
            said = f"{verb} {words}"
    line = " ".join(said.split())
    return line if len(line) <= WORDS else f"{line[: WORDS - 1]}…"
