"""A speaker that shows nothing, remembers everything, and fails when a test says so."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.cards import Button, Card, Form, Menu
from bot.heard import Anything
from bot.speaker import SpeechFailed
from core.channels import Spot


class Recorder:
    """Keeps the promise of a speaker."""

    def __init__(self, spot: Spot, *, fields: int = 10) -> None:
        self.fields = fields
        self.spot = spot
        self.begun = 0
        self.grown: list[tuple[str, str]] = []
        self.finished: list[Card] = []
        self.whispered: list[Card] = []
        self.published: list[Card] = []
        self.forms: list[Form] = []
        self.mended: list[Card] = []
        self.fails: dict[str, list[SpeechFailed]] = {}
        self.growing = asyncio.Event()
        self.finishing = asyncio.Event()
        self.whispering = asyncio.Event()

    async def begin(self) -> Mapping[str, object] | None:
        self._fail("begin")
        self.begun += 1
        return {"at": self.spot.channel}

    async def grow(self, text: str, status: str = "") -> None:
        self._fail("grow")
        self.grown.append((text, status))
        self.growing.set()

    async def finish(self, card: Card) -> None:
        self._fail("finish")
        self.finished.append(card)
        self.finishing.set()

    async def whisper(self, card: Card) -> None:
        self._fail("whisper")
        self.whispered.append(card)
        self.whispering.set()

    async def there(self) -> Spot:
        self._fail("there")
        return self.spot

    async def publish(self, card: Card) -> Spot:
        self._fail("publish")
        self.published.append(card)
        return self.spot.model_copy(update={"thread": self.spot.thread or "published"})

    async def form(self, form: Form) -> None:
        self._fail("form")
        self.forms.append(form)

    async def mend(self, card: Card) -> None:
        self._fail("mend")
        self.mended.append(card)

    @property
    def answer(self) -> Card:
        """The answer as it stands in the end."""
        return self.finished[-1]

    @property
    def told(self) -> Card:
        """What the asker alone was told, if that is all."""
        (card,) = self.whispered
        return card

    @property
    def asked(self) -> Form:
        """The one form that was opened."""
        (form,) = self.forms
        return form

    def _fail(self, what: str) -> None:
        if self.fails.get(what):
            raise self.fails[what].pop(0)


class Platform:
    """Keeps the promise of a platform, to whoever picks up what another process left."""

    def __init__(self) -> None:
        self.heard: dict[str, tuple[Anything, Recorder]] = {}
        self.anchored: dict[str, Recorder] = {}
        self.gone: set[str] = set()

    async def again(self, payload: Mapping[str, object]) -> tuple[Anything, Recorder] | None:
        return self.heard.get(str(payload["id"]))

    async def resume(self, anchor: Mapping[str, object]) -> Recorder | None:
        return self.anchored.get(str(anchor["at"]))


def presses(card: Card) -> dict[str, str]:
    """Return what can be pressed on a card, by its label."""
    return {each.label: each.press for row in card.controls for each in row}


def buttons(card: Card) -> list[str]:
    return [each.label for row in card.controls for each in row if isinstance(each, Button)]


def menu(card: Card) -> Menu:
    (found,) = [each for row in card.controls for each in row if isinstance(each, Menu)]
    return found


def fields(form: Form) -> dict[str, Any]:
    return {each.name: each for each in form.fields}
