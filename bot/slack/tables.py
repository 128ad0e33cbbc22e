"""A table as Slack's block, as much of it as Slack takes, and the whole of it as a file."""

from typing import Any, NamedTuple

from bot.cells import cells, counted, names, numeric
from bot.slack.words import cut
from core.charts import Grid

Json = dict[str, Any]

ROWS = 20
"""Rows that are shown; Slack takes 99 beside the head, but a chat is no place for them."""
COLUMNS = 20
CELL = 120
"""Characters of a cell that are shown."""
CHARACTERS = 9_500
"""Characters of all cells; Slack takes 10,000."""


class Tabled(NamedTuple):
    """A table, and what there is more of it."""

    block: Json | None
    """None where there is not a row to show."""
    note: str
    """How much of it is shown; empty where all of it is."""


def tabled(grid: Grid) -> Tabled:
    """Return the head of a table as a block."""
    if not grid.columns or not grid.rows:
        return Tabled(None, "The result has no rows.")
    right = numeric(grid)[:COLUMNS]
    head = [cut(name, CELL) for name in names(grid)[:COLUMNS]]
    rows: list[list[str]] = []
    taken = sum(map(len, head))
    for texts in cells(grid, ROWS):
        # Slack refuses an empty cell.
        row = [cut(text, CELL) or " " for text in texts[:COLUMNS]]
        taken += sum(map(len, row))
        if taken > CHARACTERS and rows:
            break
        rows.append(row)
    block: Json = {
        "type": "table",
        "column_settings": [
            {"align": "right" if each else "left", "is_wrapped": not each} for each in right
        ],
        "rows": [[{"type": "raw_text", "text": text} for text in row] for row in [head, *rows]],
    }
    wide = len(grid.columns) > COLUMNS
    return Tabled(block, _note(grid, len(rows), wide=wide))


def _note(grid: Grid, rows: int, *, wide: bool) -> str:
    said = counted(grid, rows) if rows < len(grid.rows) or grid.truncated else ""
    columns = f"The first {COLUMNS} of {len(grid.columns)} columns." if wide else ""
    return " ".join(each for each in (said, columns) if each)
