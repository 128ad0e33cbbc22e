"""A question to the analyst, answered with what the organization's databases hold."""

from typing import Any

import structlog
from anyio import CancelScope
from pydantic import Field
from typing_extensions import override

from core.charts import Chart, Grid
from core.chats import Chats, Done, Failed, Message, Question, ToolUsed, Turn
from core.errors import CoreError, Unavailable
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.prompting import named
from core.pipelines.tools.querying import unlike

log = structlog.get_logger()


class AskInputs(Inputs):
    """What `ask` takes."""

    question: str = Field(min_length=1, max_length=10_000, description="What is asked.")
    connection: str | None = Field(None, description="Which connection is asked, by name or id.")
    model: str | None = Field(None, description="Who answers; the default model by default.")
    query: str | None = Field(None, description="The id of a saved query that answers it.")
    parameters: dict[str, Any] | None = Field(None, description="The values of its parameters.")
    keep: bool = Field(
        False, description="Whether the chat stays among the member's, to be read and gone on in."
    )


class AskFailed(Unavailable):
    """The analyst has no answer."""


class Ask(Tool):
    """Asks the analyst."""

    name = "ask"
    description = (
        "Ask the data analyst a question in plain words; it finds tables, runs statements that "
        "only read, and answers, as the member whose run it is."
    )
    inputs: type[Inputs] = AskInputs
    output = Output("text, tables (title, columns, rows), sql, charts, chat_id, message_id.")

    def __init__(self, chats: Chats) -> None:
        """Ask in *chats*."""
        self._chats = chats

    @override
    async def run(self, call: Call, given: AskInputs) -> Any:
        # A chat of its own, wherever the member stands.
        actor = call.actor.model_copy(update={"place": None})
        question = Question(
            text=given.question,
            connection=given.connection,
            model=None if given.model is None else named(given.model),
            query_id=given.query,
            parameters=given.parameters or {},
            kept=True,
            title=f"Pipeline: {given.question}"[:100],
        )
        turn = await self._chats.ask(actor, question)
        try:
            message = await self._heard(call, turn)
        except BaseException:
            turn.stop()
            raise
        finally:
            if not given.keep:
                with CancelScope(shield=True):
                    await self._forget(call, turn)
        return _told(message, turn, kept=given.keep)

    async def _heard(self, call: Call, turn: Turn) -> Message:
        """Return the whole answer, once it is there."""
        async for event in turn:
            match event:
                case ToolUsed():
                    call.say(f"The analyst uses {event.name}")
                case Done():
                    return event.message
                case Failed():
                    raise AskFailed(event.failure.error)
        raise AskFailed

    async def _forget(self, call: Call, turn: Turn) -> None:
        """Let a chat go that nobody wants to read: a list of 10,000 of them helps nobody."""
        try:
            await self._chats.delete(call.actor, [turn.chat_id])
        except CoreError as refusal:
            log.info("the chat of a task stays", chat=turn.chat_id, reason=refusal.code)


def _told(message: Message, turn: Turn, *, kept: bool) -> dict[str, Any]:
    return {
        "text": message.content,
        "tables": [_table(each) for each in message.visualizations if isinstance(each, Grid)],
        "sql": [
            {
                "sql": each.written or each.sql,
                "connection": each.connection,
                "values": each.values,
                "row_count": each.row_count,
                "truncated": each.truncated,
            }
            for each in message.statements
        ],
        "charts": [
            {"title": each.title, "kind": each.kind.value, "data": each.data}
            for each in message.visualizations
            if isinstance(each, Chart)
        ],
        "chat_id": turn.chat_id if kept else None,
        "message_id": message.id if kept else None,
    }


def _table(grid: Grid) -> dict[str, Any]:
    names = unlike([name for name, _type in grid.columns])
    return {
        "title": grid.title,
        "columns": [
            {"name": name, "type": type}
            for name, (_name, type) in zip(names, grid.columns, strict=True)
        ],
        "rows": [dict(zip(names, row, strict=True)) for row in grid.rows],
        "row_count": grid.total,
        "truncated": grid.truncated,
    }
