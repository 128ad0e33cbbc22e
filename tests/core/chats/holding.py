"""A model that says a piece and then waits, so that a test may do what it likes in mid-turn."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, FunctionModel

from core.app import Core
from core.chats import Event, Question, Said, Turn
from core.identity import Actor
from core.ids import ChatId
from core.models import Mind, Model

MODEL = Model(id="test:holding", name="holding", description="Waits for a test")
PATIENCE = 10


class Holding:
    """Says `Half.`, waits, and says `Whole.`"""

    def __init__(self, first: str = "Half. ", *, deaf: bool = False) -> None:
        self.first = first
        self.deaf = deaf
        self.speaking = asyncio.Event()
        self.go = asyncio.Event()
        self.left = asyncio.Event()
        self.asked = 0
        self.mind = Mind(MODEL, FunctionModel(stream_function=self._answer), {})

    async def _answer(self, _messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str]:
        self.asked += 1
        yield self.first
        self.speaking.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.left.set()
            if not self.deaf:
                raise
            await self.go.wait()
        yield "Whole."


async def ask(core: Core, actor: Actor, held: Holding, chat: ChatId | None = None) -> Turn:
    """Ask a question whose turn goes on whoever listens, and return once it has half an answer."""
    question = Question(text="What do you hold?", chat_id=chat, kept=True)
    turn = await core.chats.ask(actor, question, mind=held.mind)
    await soon(held.speaking.wait())
    return turn


async def soon(waiting: Awaitable[object]) -> None:
    """Wait, but not for ever."""
    async with asyncio.timeout(PATIENCE):
        await waiting


async def heard(turn: Turn) -> list[Event]:
    """Return every event of a turn, to its end."""
    async with asyncio.timeout(PATIENCE):
        return [event async for event in turn]


def text(events: list[Event]) -> str:
    """Return what was said in them."""
    return "".join(event.text for event in events if isinstance(event, Said))
