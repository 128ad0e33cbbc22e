"""What was found stays with an answer that is stopped or killed before it is done."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from core.app import Core
from core.chats import Done, Failed, Message, MessageStatus, Question, Turn, Visualized
from core.connections import Connection
from core.identity import Actor
from core.models import Mind
from tests.core.chats.holding import MODEL, heard, soon

SQL = ("SELECT count(*) AS orders FROM orders", "SELECT count(*) AS n FROM customers")


class Counting:
    """Counts the orders and the customers, says something of the first result, and waits."""

    def __init__(self, said: str) -> None:
        self.said = said
        self.speaking, self.go, self.left = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.mind = Mind(MODEL, FunctionModel(stream_function=self._answer), {})

    async def _answer(
        self, messages: list[ModelMessage], _info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        at = len(messages) // 2
        if at < len(SQL):
            yield {0: DeltaToolCall("run_sql", json.dumps({"sql": SQL[at]}), tool_call_id=f"c{at}")}
            return
        if self.said:
            yield self.said
        self.speaking.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.left.set()
            raise
        yield " Done."


async def begun(core: Core, actor: Actor, counting: Counting) -> Turn:
    question = Question(text="How many?", kept=True)
    turn = await core.chats.ask(actor, question, mind=counting.mind)
    await soon(counting.speaking.wait())
    return turn


async def answer(core: Core, actor: Actor, turn: Turn) -> Message:
    return (await core.chats.get(actor, turn.chat_id)).messages[-1]


@pytest.mark.parametrize(
    ("said", "shown"), [("There are 4 [r1]", ["r1"]), ("", ["r2"])], ids=["saying", "silent"]
)
async def test_an_answer_that_is_stopped_keeps_what_it_has_found(
    core: Core, ada: Actor, shop: Connection, said: str, shown: list[str]
) -> None:
    """In the midst of a request to the model, which ends with it."""
    counting = Counting(said)
    turn = await begun(core, ada, counting)

    await core.chats.interrupt(ada, turn.chat_id)
    events = await heard(turn)
    await soon(counting.left.wait())

    message = await answer(core, ada, turn)
    assert isinstance(events[-1], Failed)
    assert events[-1].message == message
    assert message.status is MessageStatus.INTERRUPTED
    assert message.content == said
    assert [each.result for each in message.statements] == ["r1", "r2"]
    assert [each.result for each in message.visualizations] == shown
    told = [each.visualization for each in events if isinstance(each, Visualized)]
    assert told == list(message.visualizations)


async def test_what_was_found_survives_a_crash_and_is_there_once_in_the_end(
    core: Core, ada: Actor, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.turns.CHECKPOINT", 0.0)
    counting = Counting("There are 4 [r1].")
    turn = await begun(core, ada, counting)

    await soon(checkpointed(core, ada, turn))
    half = await answer(core, ada, turn)
    counting.go.set()
    events = await heard(turn)

    assert half.status is MessageStatus.RUNNING
    assert [each.result for each in half.statements] == ["r1", "r2"]
    assert [each.sql for each in half.statements] == list(SQL)
    assert [each.result for each in half.visualizations] == ["r1"]
    assert isinstance(events[-1], Done)
    whole = await answer(core, ada, turn)
    assert whole.content == "There are 4 [r1]. Done."
    assert [each.result for each in whole.statements] == ["r1"]
    assert [each.result for each in whole.visualizations] == ["r1"]


async def checkpointed(core: Core, actor: Actor, turn: Turn) -> None:
    """Wait until the store knows a part of the answer."""
    if not (await answer(core, actor, turn)).content:
        await asyncio.sleep(0.05)
        await checkpointed(core, actor, turn)
