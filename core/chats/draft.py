"""An answer while it is written: what is said goes to the listeners and into the message."""

from typing import Any

from core.charts import Chart, Grid
from core.chats import plain
from core.chats.events import Said, ToolReturned, ToolUsed, Visualized, Working
from core.chats.records import Cited, Message, Pending, Status
from core.chats.turn import Turn
from core.models import Usage

LONGEST = 200_000
"""Characters of an answer."""
VISUALIZATIONS = 20
"""Tables and charts of one answer."""


class Draft:
    """Written by whoever answers."""

    def __init__(self, turn: Turn, message: Message) -> None:
        """Write the *message* of a *turn*."""
        self._turn = turn
        self._message = message
        self._pieces: list[str] = []
        self._length = 0
        self._visualizations: list[Chart | Grid] = []
        self._statements: list[Cited] = []
        self._status: Status | None = None
        self.pending: Pending | None = None
        self.model: str | None = None
        self.usage: Usage | None = None

    def working(self, status: Status) -> None:
        """Say what is being done, if that is news."""
        if status != self._status:
            self._status = status
            self._turn.tell(Working(status=status))

    def say(self, text: str) -> None:
        """Say the next piece of the answer; beyond the longest answer nothing is heard."""
        text = plain.text(text[: max(0, LONGEST - self._length)])
        if text:
            self._length += len(text)
            self._pieces.append(text)
            self._turn.tell(Said(text=text))

    def used(self, id: str, name: str, arguments: dict[str, Any]) -> None:
        """Say that a tool is used."""
        self._turn.tell(ToolUsed(id=id, name=name, arguments=plain.json(arguments)))

    def returned(self, id: str, name: str, summary: str, *, is_error: bool = False) -> None:
        """Say what a tool answered, in a line."""
        self._turn.tell(
            ToolReturned(id=id, name=name, summary=plain.text(summary), is_error=is_error)
        )

    def show(self, visualization: Chart | Grid) -> None:
        """Show a table or a chart."""
        if len(self._visualizations) < VISUALIZATIONS:
            visualization = _kept(visualization)
            self._visualizations.append(visualization)
            self._turn.tell(Visualized(visualization=visualization))

    def cite(self, statement: Cited) -> None:
        """Name a statement that the answer stands on."""
        self._statements.append(
            statement.model_copy(
                update={
                    "sql": plain.text(statement.sql),
                    "values": plain.json(statement.values),
                }
            )
        )

    @property
    def text(self) -> str:
        """What was said so far."""
        return "".join(self._pieces)

    @property
    def statements(self) -> tuple[Cited, ...]:
        """The statements that were named so far."""
        return tuple(self._statements)

    @property
    def shown(self) -> tuple[Chart | Grid, ...]:
        """What was shown so far."""
        return tuple(self._visualizations)

    def message(self, **values: Any) -> Message:
        """Return the message as it is now, with other *values* where they are given."""
        return self._message.model_copy(
            update={
                "content": self.text.strip(),
                "visualizations": self.shown,
                "statements": self.statements,
                "pending": self.pending,
                "model": self.model,
                "usage": self.usage,
            }
            | values
        )


def _kept(visualization: Chart | Grid) -> Chart | Grid:
    """Return it as it will come back from the store."""
    title = None if visualization.title is None else plain.text(visualization.title)
    if isinstance(visualization, Chart):
        drawn = {
            "title": title,
            "data": plain.json(visualization.data),
            "vega_lite": plain.json(visualization.vega_lite),
        }
        return visualization.model_copy(update=drawn)
    rows = tuple(map(tuple, plain.json(visualization.rows)))
    columns = tuple((plain.text(name), type) for name, type in visualization.columns)
    return visualization.model_copy(update={"title": title, "rows": rows, "columns": columns})
