"""A question on its way: asked in its turn, shown while it is answered, and seen to its end."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import NamedTuple

import structlog

from bot.answer import card_of, told
from bot.cards import Card, Choice
from bot.cells import short
from bot.limits import Limits
from bot.live import Live
from bot.scene import Scene
from bot.speaker import SpeechFailed
from core.app import Core
from core.chats import ChatBusy, Message, MessageStatus, Question, Turn
from core.db import StoreUnavailable
from core.errors import Conflict, CoreError, Unavailable
from core.identity import Actor, Surface
from core.ids import MessageId
from core.page import PageAsked

WAITING = 5
"""Questions of one thread that wait for the answer before them."""
PATIENCE = 300.0
"""Seconds that one waits; an answer takes no longer."""
AT_ONCE = 8
"""Turns that are begun at once: what hears must not wait for what answers."""
PAUSES = (0.5, 1.0, 2.0)
"""Seconds after which a store that was away is tried again."""
SOON = 0.5
"""Seconds for which a whole answer waits for what may be asked next; later, that is added."""
LATER = 15.0
"""Seconds after which nothing is added any more."""
LEASE = timedelta(seconds=30)
"""How long nobody else's press of a button counts while it is being answered; what takes longer in
a thread is known by its chat, which is busy."""
GRACE = timedelta(seconds=2)
"""How long a button that was answered is still the same press to others."""
OWED = 3_600.0
"""Seconds for which a platform that takes no answer is tried again."""
MOST = 500
"""Answers that wait for a platform."""
PLACES = 25
TAKEN_BACK = "The question was deleted, so its answer was stopped."
WIDER = "More people hear this now than when it was asked, so I kept the answer; ask again."
NEXT = "I answer this as soon as the question before it is answered."

log = structlog.get_logger()

Said = tuple[Surface, str, str, str]
"""A message of a platform: surface, workspace, channel, id."""


class AlreadyAsked(Conflict):
    """That is being answered already."""


class Delivery(Enum):
    """What became of an answer."""

    SHOWN = auto()
    OWED = auto()
    """It will be tried again."""
    GONE = auto()
    """There is nobody to be told any more."""


@dataclass
class Line:
    """Questions of one place, one behind the other."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


@dataclass
class Underway:
    """A question that is being answered, and whether it was taken back."""

    turn: Turn | None = None
    gone: bool = False


class Owed(NamedTuple):
    """An answer that the platform has not taken yet."""

    scene: Scene
    card: Card
    message: MessageId | None
    """Whose card it is, where it is one of an answer."""
    until: float


class Asking:
    """Asks on behalf of those who were heard, and delivers the answers."""

    def __init__(self, core: Core, limits: Limits) -> None:
        """Ask *core*, nobody more often than *limits* say."""
        self._core = core
        self.limits = limits
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._offering = asyncio.Semaphore(AT_ONCE)
        self._lines: dict[str, Line] = {}
        self._underway: dict[Said, Underway] = {}
        self._pressed: set[str] = set()
        self._owed: list[Owed] = []

    # Asking

    async def ask(self, scene: Scene, question: Question, *, patient: bool = False) -> bool:
        """Ask, show the answer as it grows, and deliver it.

        Args:
            scene: who asks, and who answers.
            question: what is asked; it is answered whoever listens.
            patient: whether it waits for its turn where another question is being answered.

        Returns:
            Whether it is settled; an answer that the platform did not take yet is not.

        Raises:
            HeardTooOften: the member has asked too often.
            And whatever `Chats.ask` raises.
        """
        self.limits.ask(scene.actor.member_id)
        question = question.model_copy(update={"kept": True})
        with self._under_way(scene) as mine:
            turn = await self._begun(scene, question, mine, patient=patient)
            if turn is None:
                return True
            mine.turn = turn
            if not await self._remember(scene, turn):
                turn.stop()
                return True
            message = await Live(scene.speaker).tell(aiter(turn))
            if mine.gone:
                gone = Card(text=TAKEN_BACK, private=scene.heard.private, refused=True)
                return await self.deliver(scene, gone) is not Delivery.OWED
        return await self.conclude(scene, message)

    async def conclude(self, scene: Scene, message: Message | None) -> bool:
        """Deliver an answer that came to its end, and add what may be asked next."""
        if message is None:  # the events of a turn end with one
            return True
        offering = asyncio.get_running_loop().create_task(self._offers(scene, message))
        try:
            await asyncio.wait({offering}, timeout=SOON)
            offered = offering.result() if offering.done() else ()
            card = await self.card(scene, message, offered)
            delivery = await self.deliver(scene, card, message.id)
            if delivery is Delivery.SHOWN and not offering.done():
                await asyncio.wait({offering}, timeout=LATER)
                if offering.done() and (offered := offering.result()):
                    with suppress(SpeechFailed):
                        await scene.speaker.finish(await self.card(scene, message, offered))
        finally:
            offering.cancel()
            await asyncio.wait({offering})
        return delivery is not Delivery.OWED

    async def card(self, scene: Scene, message: Message, followups: tuple[str, ...] = ()) -> Card:
        """Return an answer as its asker may press on it."""
        places: tuple[Choice, ...] = ()
        if message.pending is not None and not message.pending.missing:
            places = await places_of(self._core, scene.actor)
        return card_of(
            message,
            actor=scene.actor,
            private=scene.heard.private,
            followups=followups,
            places=places,
        )

    async def deliver(self, scene: Scene, card: Card, message: MessageId | None = None) -> Delivery:
        """Show a whole answer; return what became of it.

        What the platform does not take now is tried again by `settle`.
        """
        try:
            await scene.speaker.finish(card)
        except SpeechFailed as failed:
            log.warning("an answer is not taken", reason=str(failed), for_good=failed.for_good)
            if failed.for_good:
                return Delivery.GONE
            until = asyncio.get_running_loop().time() + OWED
            self._owed.append(Owed(scene, card, message, until))
            if len(self._owed) > MOST:  # the next process finds it among what this one left
                surface = scene.heard.spot.surface
                log.warning("too many answers wait for their platform", surface=surface)
                del self._owed[0]
            return Delivery.OWED
        return Delivery.SHOWN

    async def settle(self, surface: Surface) -> list[str]:
        """Try again to deliver what a platform did not take; return what is settled, by its id."""
        settled = []
        for owed in [each for each in self._owed if each.scene.heard.spot.surface is surface]:
            try:
                await owed.scene.speaker.finish(await self._by_now(owed))
            except SpeechFailed as failed:
                if not failed.for_good and asyncio.get_running_loop().time() < owed.until:
                    continue
                log.warning("an answer is given up", reason=str(failed))
            except Exception:  # or else nobody's would be looked at any more
                log.exception("an answer is given up")
            with suppress(ValueError):  # there was no place for it any more
                self._owed.remove(owed)
            settled.append(owed.scene.heard.id)
        return settled

    async def _by_now(self, owed: Owed) -> Card:
        """Return what may be told of an answer that had to wait, to those who hear it by now."""
        if owed.card.private or owed.message is None:
            return owed.card
        there, actor = await owed.scene.speaker.there(), owed.scene.actor
        if there.audience.within(actor.audience):
            return owed.card
        actor = actor.model_copy(update={"audience": there.audience})
        try:
            await self._core.chats.exchange(actor, owed.message)
        except Unavailable as refusal:
            raise SpeechFailed(refusal.message) from None
        except CoreError as refusal:
            log.info("an answer that waited is not told", reason=refusal.message)
            return Card(text=WIDER, refused=True)
        return owed.card

    def take_back(self, said: Said) -> bool:
        """Stop the answer to a message that was deleted; return whether it is one of ours."""
        underway = self._underway.get(said)
        if underway is None:
            return False
        underway.gone = True
        if underway.turn is not None:
            underway.turn.stop()
        return True

    @asynccontextmanager
    async def once(self, scene: Scene, press: str) -> AsyncIterator[None]:
        """Let one of those who press the same button have their way, whichever process hears them.

        Raises:
            AlreadyAsked: another one pressed it just now.
        """
        if press in self._pressed:
            raise AlreadyAsked
        self._pressed.add(press)
        try:
            if not await self._core.channels.press(scene.actor, press, scene.heard.id, LEASE):
                raise AlreadyAsked
            try:
                yield
            except BaseException:
                await self._released(scene.actor, press, timedelta(0))
                raise
            await self._released(scene.actor, press, GRACE)
        finally:
            self._pressed.discard(press)

    async def _released(self, actor: Actor, press: str, life: timedelta) -> None:
        try:
            await self._core.channels.release_press(actor, press, life)
        except CoreError as refusal:  # it is released by itself in a while
            log.info("a press is not released yet", reason=refusal.message)

    # Inside

    @contextmanager
    def _under_way(self, scene: Scene) -> Iterator[Underway]:
        heard = scene.heard
        mine = Underway()
        if heard.message is None:
            yield mine
            return
        spot = heard.spot
        said = (spot.surface, spot.workspace, spot.channel, heard.message)
        self._underway[said] = mine
        try:
            yield mine
        finally:
            if self._underway.get(said) is mine:
                del self._underway[said]

    async def _begun(
        self, scene: Scene, question: Question, mine: Underway, *, patient: bool
    ) -> Turn | None:
        """Return the turn of a question once it is its turn; None if it was taken back before."""
        place = scene.actor.place
        if not patient or place is None:
            return await self._asked(scene, question)
        line = self._lines.setdefault(place, Line())
        if line.waiting > WAITING:
            raise ChatBusy
        line.waiting += 1
        try:
            async with line.turn:
                return await self._when_quiet(scene, question, mine)
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(place, None)

    async def _when_quiet(self, scene: Scene, question: Question, mine: Underway) -> Turn | None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        patience_asked = False
        while not mine.gone:
            try:
                return await self._asked(scene, question)
            except ChatBusy:
                if loop.time() > until:
                    raise
            if not patience_asked:
                patience_asked = True
                with suppress(SpeechFailed):
                    await scene.speaker.whisper(told(NEXT))
            chat = await self._core.chats.at(scene.actor)
            if chat is not None:
                await self._core.chats.wait(scene.actor, chat.id, until - loop.time())
        return None

    async def _asked(self, scene: Scene, question: Question) -> Turn:
        """Begin a turn; in a burst one after the other, and again where the store was too busy."""
        for pause in PAUSES:
            try:
                async with self._gate:
                    return await self._core.chats.ask(scene.actor, question)
            except StoreUnavailable as refusal:
                log.warning("a question waits for the store", reason=refusal.message)
            await asyncio.sleep(pause)
        async with self._gate:
            return await self._core.chats.ask(scene.actor, question)

    async def _remember(self, scene: Scene, turn: Turn) -> bool:
        """Show that work goes on, and keep where: whoever comes after a crash finds it there.

        False where another process took this one for dead, and answers in its place.
        """
        anchor: Mapping[str, object] | None = None
        try:
            anchor = await scene.speaker.begin()
        except SpeechFailed as failed:
            log.warning("an answer is not begun", reason=str(failed))
        try:
            return await self._core.channels.begun(
                scene.heard.spot.surface,
                scene.heard.id,
                scene.actor,
                chat_id=turn.chat_id,
                message_id=turn.id,
                anchor=None if anchor is None else dict(anchor),
            )
        except CoreError as refusal:  # it is answered all the same
            log.warning("what is begun is not kept", reason=refusal.message)
            return True

    async def _offers(self, scene: Scene, message: Message) -> tuple[str, ...]:
        """Return what may be asked next; nothing where that is not known."""
        if message.status is not MessageStatus.DONE or message.pending is not None:
            return ()
        try:
            async with self._offering:
                return await self._core.chats.offer(scene.actor, message.id)
        except CoreError as refusal:
            log.info("nothing is offered", reason=refusal.message)
        except Exception:
            log.exception("nothing is offered")
        return ()


async def places_of(core: Core, actor: Actor) -> tuple[Choice, ...]:
    """Return the connections that an actor may choose from."""
    page = await core.connections.list(actor, PageAsked(size=PLACES))
    return tuple(Choice(label=short(each.name, 75), value=each.id) for each in page.items)
