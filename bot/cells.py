"""The cells of a table as people read them, whatever platform shows it."""

import re
from collections.abc import Sequence
from typing import Any

from core.charts import Grid, forms
from core.sheets.written import NUMBERS, plain

LONGEST = 200
"""Characters of a cell."""
CONTROL = re.compile("[\u0000-\u001f\u007f-\u009f]+")
UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
"""Signs that nobody sees, or that turn round what stands behind them."""


def cells(grid: Grid, most: int) -> list[list[str]]:
    """Return so many rows of a table, each cell a line of plain text."""
    rows = grid.rows[:most]
    written = forms(grid.columns, grid.rows)
    return [
        [
            cell(value) if form is None else form.written(value) or cell(value)
            for value, form in zip(row, written, strict=True)
        ]
        for row in rows
    ]


def cell(value: Any) -> str:
    """Return a JSON value as a line of plain text."""
    if value is None:
        return "NULL"
    text = value[: 4 * LONGEST] if isinstance(value, str) else plain(value)
    line = _line(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def numeric(grid: Grid) -> tuple[bool, ...]:
    """Return which columns hold numbers, and stand to the right."""
    return tuple(type in NUMBERS for _name, type in grid.columns)


def names(grid: Grid) -> list[str]:
    """Return what stands above the columns."""
    return [cell(name) or "-" for name, _type in grid.columns]


def counted(grid: Grid, shown: int) -> str:
    """Return how many of a table's rows are shown, in words."""
    here = min(shown, len(grid.rows))
    if grid.total is not None and grid.total > here:
        return f"The first {here:,} of {grid.total:,} rows."
    if grid.truncated or len(grid.rows) > here:
        return f"The first {here:,} rows; there are more."
    return "1 row." if here == 1 else f"{here:,} rows."


def head(grid: Grid, most: int) -> Grid:
    """Return a table of so many rows at most."""
    if len(grid.rows) <= most:
        return grid
    total = grid.total if grid.total is not None or grid.truncated else len(grid.rows)
    return grid.model_copy(update={"rows": grid.rows[:most], "total": total, "truncated": True})


def short(text: str, most: int) -> str:
    """Return *text* in one line of so many characters at most, and at least one."""
    line = _line(text[: 4 * most])
    cut = line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
    return cut or "-"


def listed(texts: Sequence[str], most: int) -> str:
    """Return several texts in a line, and how many more there are."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def _line(text: str) -> str:
    return " ".join(UNSEEN.sub("", CONTROL.sub(" ", text)).split())
