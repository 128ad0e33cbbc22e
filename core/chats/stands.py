"""What an answer stands on: its statements, and the tables and charts that are shown in it."""

from typing import Any, Self

from core.charts import Chart, Grid
from core.chats import plain
from core.chats.records import Cited

WHOLE = 2 * 1024 * 1024
"""Bytes of a message, with all that is shown in it."""
LONGEST = 200_000
"""Characters of an answer."""
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

Found = tuple[Cited, Grid | None]
"""A statement, and its table unless that is not to be shown."""


class Stands:
    """Statements, tables and charts, as many as an answer holds."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.visualizations: list[Chart | Grid] = []
        self.shown = 0
        """Bytes of them."""
        self.statements: list[Cited] = []
        self.stated = 0
        """Bytes of those."""

    def copy(self) -> Self:
        """Return another one with the same in it."""
        other = type(self)()
        other.visualizations, other.shown = list(self.visualizations), self.shown
        other.statements, other.stated = list(self.statements), self.stated
        return other

    def show(self, visualization: Chart | Grid) -> Chart | Grid | None:
        """Add a table or a chart, and return it as it is kept; None if it is too much."""
        if len(self.visualizations) >= VISUALIZATIONS:
            return None
        left = WHOLE - LONGEST - STATED - self.shown
        kept, size = (
            _grid(visualization) if isinstance(visualization, Grid) else _chart(visualization)
        )
        if size > min(left, CHART):
            return None
        self.shown += size
        self.visualizations.append(kept)
        return kept

    def cite(self, statement: Cited) -> None:
        """Add a statement, cut or left out where it is too much."""
        sql = plain.text(statement.sql)
        values = plain.json(statement.values)
        written = None if statement.written is None else plain.text(statement.written)
        size = len(sql) + len(written or "") + plain.size(values)
        if self.stated + size > STATED:
            sql, values, written = plain.short(sql, SHORT), plain.short(values, SHORT), None
            size = len(sql) + plain.size(values)
        if len(self.statements) < STATEMENTS and self.stated + size <= STATED:
            self.stated += size
            told = {"sql": sql, "values": values, "written": written}
            self.statements.append(statement.model_copy(update=told))


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
