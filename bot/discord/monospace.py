"""Tables in letters of one width: the columns and rows that fit, measured as they are drawn."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells

from bot.cells import cell, cells, names, numeric
from bot.discord.marks import fenced, size
from core.charts import Grid

WIDTH = 68
"""Cells of a line; what is wider wraps on the screen of a laptop, and a table is lost."""
NARROW = 12
"""Cells that a cut column keeps at least; rather than less of each, fewer columns are shown."""
WIDE = 32
"""Cells of text that are shown of a column, if others need the room."""
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI"})
_EXACT = re.compile(r"[\d\s:.,/+\-TZ]*|NULL")
"""A date or a time: like a number, it is whole or nothing."""
_NUMBER = re.compile(r"[-+\u2212]?[$€£]?\d[\d.,\s]*[%$€£]?|")
BETWEEN = "  "
CUT = "…"


class Drawn(NamedTuple):
    """A table, and how much of it there is."""

    text: str
    """Lines; the first has the names, the second is a rule."""
    rows: int
    columns: int
    short: bool
    """Whether a cell was cut."""


def drawn(grid: Grid, *, room: int, most: int = 15) -> Drawn:
    """Return the head of a table.

    Args:
        room: how many characters it may have, at least those of two lines.
        most: how many rows are read as a table, and not as a list of things.
    """
    above, rows, right = names(grid), cells(grid, most), numeric(grid)
    exact = [
        number or all(_EXACT.fullmatch(row[at]) for row in rows) for at, number in enumerate(right)
    ]
    fit, short = _fitted(_widths(above, rows), exact)
    lines = [fenced(_line(above, fit, right)), BETWEEN.join("─" * width for width in fit)]
    left = room - sum(size(line) + 1 for line in lines)
    for row in rows:
        line = fenced(_line(row, fit, right))
        left -= size(line) + 1
        if left < 0:
            break
        lines.append(line)
    return Drawn("\n".join(lines), len(lines) - 2, len(fit), short)


def whole(above: Sequence[str], rows: Sequence[Sequence[str]]) -> str | None:
    """Return a table of texts with all that is in it; None where it is too wide."""
    lines = [[cell(text) if text else "" for text in row] for row in (above, *rows)]
    widths = _widths(lines[0], lines[1:])
    if sum(widths) + len(BETWEEN) * (len(widths) - 1) > WIDTH:
        return None
    right = [
        bool(rows) and all(_NUMBER.fullmatch(row[at]) for row in rows) for at in range(len(above))
    ]
    first, *others = (_line(row, widths, right) for row in lines)
    return fenced("\n".join([first, BETWEEN.join("─" * width for width in widths), *others]))


def _widths(above: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [
        max([cell_len(name), *(cell_len(row[at]) for row in rows)]) for at, name in enumerate(above)
    ]


def _fitted(widths: Sequence[int], exact: Sequence[bool]) -> tuple[list[int], bool]:
    """Return the widths of the columns that are shown, and whether any is narrower than it is.

    Text gives way, numbers and dates do not: of one that is cut nothing is left.
    """
    count = len(widths)
    while True:
        shown = list(widths[:count])
        over = sum(shown) + len(BETWEEN) * (count - 1) - WIDTH
        for floor in (WIDE, NARROW):
            texts = sorted((at for at in range(count) if not exact[at]), key=lambda at: -shown[at])
            while over > 0 and texts and shown[texts[0]] > floor:
                # The widest gives way until it is as wide as the next one.
                widest = shown[texts[0]]
                alike = [at for at in texts if shown[at] == widest]
                below = max([floor, *(shown[at] for at in texts if shown[at] < widest)])
                step = min(widest - below, -(-over // len(alike)))
                for at in alike:
                    shown[at] -= step
                over -= step * len(alike)
        if over <= 0:
            return shown, shown != list(widths[:count])
        if count == 1:
            return [WIDTH], True
        count -= 1


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = []
    for text, width, at_right in zip(cells, widths, right, strict=False):
        there = _isolated(_cut(text, width))
        space = " " * (width - min(cell_len(text), width))
        parts.append(space + there if at_right else there + space)
    return BETWEEN.join(parts).rstrip()


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    head = chop_cells(text, width - 1)[0]
    return head + CUT + " " * (width - 1 - cell_len(head))


def _isolated(text: str) -> str:
    """Keep what is read from the right to itself: it would take its neighbours along."""
    if text.isascii() or not any(unicodedata.bidirectional(sign) in RIGHT_TO_LEFT for sign in text):
        return text
    return f"\u2068{text}\u2069"
