"""The sample shop with three people in it, and what they say to the one conversation."""

import itertools
from typing import Any

from bot.dialog import Dialog
from bot.heard import Anything, Asked, Commanded, Pressed, Run, Submitted
from core.app import Core
from core.channels import Spot
from core.identity import Actor, Audience, Surface
from core.links import Person
from tests.bot.recording import Recorder

ADA = Person(surface=Surface.SLACK, workspace="T1", id="U-ada", name="Ada", email="ada@acme.test")
ANN = Person(surface=Surface.SLACK, workspace="T1", id="U-ann", name="Ann", email="ann@acme.test")
VIC = Person(surface=Surface.SLACK, workspace="T1", id="U-vic", name="Vic", email="vic@acme.test")
EVE = Person(surface=Surface.SLACK, workspace="T1", id="U-eve", name="Eve", email="eve@else.test")
SALES = Spot(
    surface=Surface.SLACK, workspace="T1", channel="C-sales", audience=Audience.PUBLIC, thread="1"
)
TOP = SALES.model_copy(update={"thread": None})

_ids = itertools.count(1)


class Stage:
    """Says things, and returns what was answered."""

    def __init__(self, core: Core, dialog: Dialog, ada: Actor) -> None:
        self.core = core
        self.dialog = dialog
        self.ada = ada

    async def say(self, heard: Anything, speaker: Recorder | None = None) -> Recorder:
        """Let something be heard as a surface would, and return what was shown."""
        speaker = speaker or Recorder(heard.spot)
        payload = {"id": heard.id}
        assert await self.core.channels.hear(
            heard.spot.surface, heard.spot.workspace, heard.id, payload
        )
        await self.dialog.hear(heard, speaker)
        return speaker

    async def ask(self, text: str, person: Person = ADA, **more: Any) -> Recorder:
        """Ask in a thread that several hear."""
        speaker = more.pop("speaker", None)
        return await self.say(asked(text, person, **more), speaker)

    async def command(
        self, verb: str, words: str = "", person: Person = ADA, **more: Any
    ) -> Recorder:
        """Command something in a channel; it is answered privately."""
        speaker = more.pop("speaker", None)
        base = {"id": new(), "person": person, "spot": TOP, "private": True}
        return await self.say(Commanded(**{**base, **more, "verb": verb, "words": words}), speaker)

    async def run(self, query: str, person: Person = ADA, **values: str) -> Recorder:
        heard = Run(
            id=new(), person=person, spot=TOP, private=True, query=query, values=dict(values)
        )
        return await self.say(heard)

    async def press(
        self, press: str, person: Person = ADA, value: str = "", **more: Any
    ) -> Recorder:
        """Press a button of a card in a thread."""
        speaker = more.pop("speaker", None)
        base = {"id": new(), "person": person, "spot": SALES}
        return await self.say(Pressed(**{**base, **more, "press": press, "value": value}), speaker)

    async def submit(
        self, press: str, values: dict[str, str], person: Person = ADA, **more: Any
    ) -> Recorder:
        speaker = more.pop("speaker", None)
        base = {"id": new(), "person": person, "spot": SALES}
        return await self.say(
            Submitted(**{**base, **more, "press": press, "values": values}), speaker
        )


def asked(text: str, person: Person = ADA, **more: Any) -> Asked:
    return Asked(**{"id": new(), "person": person, "spot": SALES, "text": text} | more)


def new() -> str:
    """Return an id that nothing else had."""
    return f"heard-{next(_ids)}"
