"""An answer while it is written: what is said goes to the listeners and into the message."""

import time
from typing import Any

from core.charts import Chart, Grid
from core.chats import plain
from core.chats.events import Said, ToolReturned, ToolUsed, Visualized, Working
from core.chats.records import Cited, Message, Pending, Status
from core.chats.turn import Turn
from core.models import Usage

LONGEST = 200_000
"""Characters of an answer."""
CUT = "\n\n… (cut here: an answer has at most 200,000 characters)"
WHOLE = 2 * 1024 * 1024
"""Bytes of a message, with all that is shown in it."""
VISUALIZATIONS = 20
"""Tables and charts of one answer."""
ROWS = 500
"""Rows of a table that are shown and kept; the whole is a run of its statement away."""
TABLE = 256 * 1024
"""Bytes of a table."""
CHART = 512 * 1024
"""Bytes of a chart with its specification."""
STATEMENTS = 50
"""Statements that are named."""
STATED = 512 * 1024
"""Bytes of all of them, with their values."""
SHORT = 2_000
"""Characters of what a tool is told or tells, for those who watch."""
PIECES = 4_000
"""Pieces that are told as they come; a longer answer is told in pieces of `GATHERED`."""
GATHERED = 100
"""Characters."""


class Draft:
    """Written by whoever answers."""

    def __init__(self, turn: Turn, message: Message) -> None:
        """Write the *message* of a *turn*."""
        self._turn = turn
        self._message = message
        self._pieces: list[str] = []
        self._length = 0
        self._half = ""
        self._waiting: list[str] = []
        self._visualizations: list[Chart | Grid] = []
        self._shown = 0
        self._statements: list[Cited] = []
        self._stated = 0
        self._status: Status | None = None
        self._closed = False
        self._kept = 0, 0, 0
        self._kept_at = time.monotonic()
        self.pending: Pending | None = None
        self.model: str | None = None
        self.usage: Usage | None = None

    def working(self, status: Status) -> None:
        """Say what is being done, if that is news."""
        if status != self._status and not self._closed:
            self._status = status
            self._turn.tell(Working(status=status))

    def say(self, text: str) -> None:
        """Say the next piece of the answer; beyond the longest answer nothing is heard."""
        text = self._half + text
        # Half of a character waits for the other one.
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        text = plain.text(text.removesuffix(self._half))
        left = LONGEST - self._length
        if 0 < left < len(text):
            text = text[:left] + CUT
        if text and left > 0 and not self._closed:
            self._length += len(text)
            self._pieces.append(text)
            self._waiting.append(text)
            if len(self._pieces) <= PIECES or sum(map(len, self._waiting)) >= GATHERED:
                self._flush()

    def used(self, id: str, name: str, arguments: dict[str, Any]) -> None:
        """Say that a tool is used."""
        self._flush()
        told = plain.short(plain.json(arguments), SHORT)
        self._tell(ToolUsed(id=id, name=name, arguments=told), SHORT)

    def returned(self, id: str, name: str, summary: str, *, is_error: bool = False) -> None:
        """Say what a tool answered, in a line."""
        told = plain.short(plain.text(summary), SHORT)
        self._tell(ToolReturned(id=id, name=name, summary=told, is_error=is_error), len(told))

    def show(self, visualization: Chart | Grid) -> bool:
        """Show a table or a chart; False if it is more than an answer holds."""
        if self._closed or len(self._visualizations) >= VISUALIZATIONS:
            return False
        left = WHOLE - LONGEST - STATED - self._shown
        kept, size = (
            _grid(visualization) if isinstance(visualization, Grid) else _chart(visualization)
        )
        if size > min(left, CHART):
            return False
        self._flush()
        self._shown += size
        self._visualizations.append(kept)
        self._tell(Visualized(visualization=kept), 4 * size)
        return True

    def cite(self, statement: Cited) -> None:
        """Name a statement that the answer stands on."""
        sql = plain.text(statement.sql)
        values = plain.json(statement.values)
        size = len(sql) + plain.size(values)
        if self._stated + size > STATED:
            sql, values = plain.short(sql, SHORT), plain.short(values, SHORT)
            size = len(sql) + plain.size(values)
        if len(self._statements) < STATEMENTS and self._stated + size <= STATED:
            self._stated += size
            told = {"sql": sql, "values": values}
            self._statements.append(statement.model_copy(update=told))

    def close(self) -> None:
        """Hear nothing more, from work that does not stop either."""
        self._flush()
        self._closed = True

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

    def due(self, seconds: float) -> bool:
        """Return whether something was added since this last said so, *seconds* ago or more."""
        there = self._length, self._shown, self._stated
        if there == self._kept or time.monotonic() - self._kept_at < seconds:
            return False
        self._kept, self._kept_at = there, time.monotonic()
        return True

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

    def _flush(self) -> None:
        if self._waiting:
            text = "".join(self._waiting)
            self._waiting.clear()
            self._tell(Said(text=text), 2 * len(text))

    def _tell(self, event: Said | ToolUsed | ToolReturned | Visualized, weight: int) -> None:
        if not self._closed:
            self._turn.tell(event, weight)


def _chart(chart: Chart) -> tuple[Chart, int]:
    """Return a chart as it will come back from the store, and its bytes."""
    told = {
        "title": None if chart.title is None else plain.text(chart.title),
        "note": None if chart.note is None else plain.text(chart.note),
        "data": plain.json(chart.data),
        "vega_lite": plain.json(chart.vega_lite),
    }
    return chart.model_copy(update=told), plain.size(told)


def _grid(grid: Grid) -> tuple[Grid, int]:
    """Return the head of a table as it will come back from the store, and its bytes."""
    rows: list[tuple[Any, ...]] = []
    bytes = 0
    for row in plain.json(grid.rows[:ROWS]):
        bytes += plain.size(row)
        if bytes > TABLE:
            break
        rows.append(tuple(row))
    columns = tuple((plain.text(name), type) for name, type in grid.columns)
    told = {
        "title": None if grid.title is None else plain.text(grid.title),
        "columns": columns,
        "rows": tuple(rows),
        "truncated": grid.truncated or len(rows) < len(grid.rows),
    }
    return grid.model_copy(update=told), min(bytes, TABLE) + plain.size(columns)
