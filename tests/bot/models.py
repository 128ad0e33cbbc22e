"""Models that say what a test has written."""

import asyncio
import json
from collections.abc import AsyncIterator

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from tests.minds import Scripted

SQL = "SELECT count(*) AS n FROM orders WHERE total > {{most}} AND total >= {{least}}"


async def offers(_messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Suggest what may be asked next."""
    (tool,) = info.output_tools
    return ModelResponse([ToolCallPart(tool.name, {"response": ["One?", "Two?", "Three?"]})])


class Held:
    """Says half, waits, and says the rest."""

    def __init__(self) -> None:
        self.speaking = asyncio.Event()
        self.go = asyncio.Event()
        self.provider = Scripted(FunctionModel(offers, stream_function=self._answer))

    async def _answer(self, _messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str]:
        yield "Half. "
        self.speaking.set()
        await self.go.wait()
        yield "Whole."


def asking(sql: str = SQL, values: dict[str, int] | None = None) -> Scripted:
    """Return a model that runs two statements, the second with values, and says what came."""

    async def asks(
        messages: list[ModelMessage], _info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        if any(isinstance(each, ModelResponse) for each in messages):
            yield "There is one [r1], and there are many [r2]."
            return
        first = {"connection": "sample", "sql": "SELECT 1 AS one"}
        given = values or {"most": 10, "least": 5}
        second = {"connection": "sample", "sql": sql, "parameters": given}
        yield {
            0: DeltaToolCall("run_sql", json.dumps(first), tool_call_id="a"),
            1: DeltaToolCall("run_sql", json.dumps(second), tool_call_id="b"),
        }

    return Scripted(FunctionModel(offers, stream_function=asks))
