"""Models that do what a test has written, step by step, and remember what they were told."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from pydantic_ai.messages import ModelMessage, ModelRequest, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from core.app import Core
from core.chats import Done, Event, Failed, Message, Question, Turn
from core.identity import Actor
from core.models import Mind, Model

MODEL = Model(id="test:scripted", name="scripted", description="Scripted by a test")


class Use(NamedTuple):
    """A tool that the model wants to use."""

    name: str
    given: Any
    """Arguments; a text is sent as it is."""


Step = tuple[str | Use | BaseException, ...]
"""What one request is answered with: pieces of text, tools, or an error."""
Plan = Callable[[int, list[ModelMessage]], Step]


class Script:
    """A model that answers its n-th request with its n-th step, and the rest with the last."""

    def __init__(self, *steps: Step, plan: Plan | None = None) -> None:
        self.steps = steps
        self.plan = plan
        self.heard: list[list[ModelMessage]] = []
        self.infos: list[AgentInfo] = []
        keeper = FunctionModel(stream_function=self._answer)
        self.mind = Mind(MODEL, keeper, {})

    async def _answer(
        self, messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        at = len(self.heard)
        self.heard.append(list(messages))
        self.infos.append(info)
        step = self.plan(at, messages) if self.plan else self.steps[min(at, len(self.steps) - 1)]
        for n, each in enumerate(step):
            match each:
                case BaseException():
                    raise each
                case Use(name, given):
                    sent = given if isinstance(given, str) else json.dumps(given)
                    yield {n: DeltaToolCall(name, sent, tool_call_id=f"c{at}-{n}")}
                case str():
                    yield each

    @property
    def asked(self) -> str:
        """What the model was asked first, with all that came with it."""
        part = self.heard[0][-1].parts[-1]
        assert isinstance(part, UserPromptPart)
        return part.content if isinstance(part.content, str) else "".join(map(str, part.content))

    def returned(self, request: int) -> list[str]:
        """Return what the tools had answered before a request."""
        last = self.heard[request][-1]
        assert isinstance(last, ModelRequest)
        return [str(part.content) for part in last.parts if isinstance(part, ToolReturnPart)]


async def asked(
    core: Core, actor: Actor, script: Script, text: str = "How many?", **question: Any
) -> tuple[list[Event], Message]:
    """Ask, and return every event and the answer as it was kept."""
    turn = await ask(core, actor, script, text, **question)
    events = [event async for event in turn]
    last = events[-1]
    assert isinstance(last, Done | Failed)
    return events, last.message


async def ask(
    core: Core, actor: Actor, script: Script, text: str = "How many?", **question: Any
) -> Turn:
    """Ask, without listening yet."""
    return await core.chats.ask(actor, Question(text=text, **question), mind=script.mind)
