"""Tables inside of text: written as Markdown, and found there again."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from core.sheets import FileRefused

RULE = re.compile(r"\s*+\|?(?:\s*+:?-++:?\s*+\|)+\s*+(?::?-++:?\s*+)?\|?\s*+")
"""The line under a header."""
CELLS = re.compile(r"(?<!\\)\|")
"""What stands between cells."""
BEFORE = re.compile(r"[$€£¥]|\(|[$€£¥] ?\(")
CELLS_MOST = 4_000_000
"""Cells of one table, with the empty ones that make its rows as wide as its widest."""
AFTER = re.compile(r"%|\) ?%?")
"""What statements put into columns of their own, beside the number that it belongs to."""


class Table(NamedTuple):
    """A table in a text."""

    headers: tuple[str, ...]
    """Each unlike the others, and never empty."""
    rows: tuple[tuple[str, ...], ...]
    """As wide as the headers."""
    title: str = ""
    """The line that stands above it."""


def written(grid: Iterable[Sequence[str]]) -> str:
    """Return rows of cells as Markdown, the first row as its header; empty columns are left out."""
    rows = [[_cell(cell) for cell in row] for row in grid]
    rows = [row for row in rows if any(row)]
    columns = [list(column) for column in zip_longest(*rows, fillvalue="") if any(column)]
    if not columns:
        return ""
    lines = [f"| {' | '.join(row)} |" for row in zip(*columns, strict=True)]
    lines.insert(1, f"|{' --- |' * len(columns)}")
    return "\n".join(lines)


def joined(grid: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows of cells, those put together that say one thing.

    Statements put `$` and `)` and `%` into cells of their own so that figures stand in line, and
    headers above the first of them.
    """
    rows = [_signed(list(row)) for row in grid]
    columns = [list(column) for column in zip_longest(*rows, fillvalue="") if any(column)]
    kept: list[list[str]] = []
    for column in columns:
        if kept and _above(kept[-1], column):
            column = [left or right for left, right in zip(kept.pop(), column, strict=True)]  # noqa: PLW2901
        kept.append(column)
    return [list(row) for row in zip(*kept, strict=True)]


def _signed(row: list[str]) -> list[str]:
    """Return a row in which signs have gone to the figure that they belong to."""
    for at, cell in enumerate(row):
        if BEFORE.fullmatch(cell):
            to = next((to for to in range(at + 1, min(at + 3, len(row))) if row[to]), None)
            if to is not None and not BEFORE.fullmatch(row[to]):
                row[at], row[to] = "", f"{cell}{row[to]}"
        elif AFTER.fullmatch(cell):
            to = next((to for to in range(at - 1, max(at - 3, -1), -1) if row[to]), None)
            if to is not None:
                row[at], row[to] = "", f"{row[to]}{cell}"
    return row


def _above(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether all that a column holds stands above all that its neighbour holds."""
    last = max(at for at, cell in enumerate(left) if cell)
    first = next(at for at, cell in enumerate(right) if cell)
    return last < first


def tables_in(text: str) -> Iterator[Table]:
    """Yield the Markdown tables of a text, in their order."""
    lines = text.split("\n")
    at, above = 0, ""
    while at < len(lines):
        if "|" in lines[at] and at + 1 < len(lines) and RULE.fullmatch(lines[at + 1]):
            end = at + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            body = [_cells(line) for line in lines[at + 2 : end]]
            yield table(_cells(lines[at]), body, above)
            at, above = end, ""
            continue
        above = lines[at].strip() or above
        at += 1


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> Table:
    """Return a table whose headers are told apart, and whose rows are all as wide as they.

    Raises:
        FileRefused: it is far too wide for so many rows.
    """
    body = [list(row) for row in rows]
    width = max([len(headers), *map(len, body)], default=0)
    if width * len(body) > CELLS_MOST:
        raise FileRefused(f"A table has {CELLS_MOST:,} cells at most, the empty ones counted.")
    names = dict[str, None]()
    numbers = dict[str, int]()  # where the search goes on: thousands may have one name
    for at in range(width):
        name = (headers[at] if at < len(headers) else "").strip() or f"column_{at + 1}"
        found = name
        while found in names:
            number = numbers[name] = numbers.get(name, 1) + 1
            found = f"{name}_{number}"
        names[found] = None
    filled = [(*row, *[""] * (width - len(row))) for row in body]
    return Table(tuple(names), tuple(filled), title.lstrip("#*- ").strip("* ")[:200])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _cells(line: str) -> list[str]:
    inner = line.strip()
    inner = inner.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in CELLS.split(inner)]
