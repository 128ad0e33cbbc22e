"""The rows of one answer as they come in: measured, cut to the ceilings, made fit for any wire."""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from core.connections.drivers.cells import Convert
from core.connections.records import Ceilings, ResultColumn, Truncated

Row = tuple[Any, ...]

NUMBER = 8
"""Characters that a number is taken to have."""


class Field(NamedTuple):
    """How the cells of one column are measured and converted."""

    column: ResultColumn
    width: int | None = None
    """Characters of a cell that is no text; None for text and bytes, which are measured."""
    convert: Convert | None = None
    """None where cells are fit as they come."""
    hexadecimal: bool = False
    r"""Bytes that come as text: `\x` and two digits each."""
    whole: bool = False
    """Measured but never cut: half of a number is another number."""


class Harvest:
    """Takes rows in batches until a ceiling is reached; then `full`, and says why."""

    def __init__(self, fields: Sequence[Field], ceilings: Ceilings, *, skip: int = 0) -> None:
        """Expect rows of *fields*, and pass over the first *skip*."""
        self.rows: list[Row] = []
        self.full = False
        self._ceilings = ceilings
        self._skip = skip
        self._room = ceilings.bytes
        self._cells = 0
        self._by_bytes = False
        self.expect(fields)

    def expect(self, fields: Sequence[Field]) -> None:
        """Read the rows that come now as *fields*: a column of SQLite may change its type."""
        cell = self._ceilings.cell
        self._fixed = sum(field.width or 0 for field in fields)
        self._texts = [
            (index, _longest(field, cell))
            for index, field in enumerate(fields)
            if field.width is None
        ]
        self._converts = [
            (index, field.convert) for index, field in enumerate(fields) if field.convert
        ]

    @property
    def truncated(self) -> Truncated | None:
        """What is missing from the rows; None when nothing is."""
        if not self.full and not self._cells:
            return None
        return Truncated.model_construct(rows=self.full, bytes=self._by_bytes, cells=self._cells)

    def add(self, rows: list[Row]) -> None:
        """Take a batch of rows, or as many of them as there is room for."""
        if self._skip:
            skipped = min(self._skip, len(rows))
            self._skip -= skipped
            rows = rows[skipped:]
        room = self._ceilings.rows - len(self.rows)
        if len(rows) > room:
            self.full = True
            rows = rows[:room]
        if not rows:
            return
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        changed = self._measure(columns, len(rows))
        for index, convert in self._converts:
            column = columns[index]
            columns[index] = converted = convert(column)
            changed = changed or converted is not column
        self.rows += zip(*columns, strict=True) if changed else rows

    def keep(self, rows: list[Row], size: int) -> bool:
        """Take a batch that was measured before and is fit as it is; False if there is no room."""
        if self._skip or len(rows) > self._ceilings.rows - len(self.rows) or size > self._room:
            return False
        self._room -= size
        self.rows += rows
        return True

    def _measure(self, columns: list[Sequence[Any]], count: int) -> bool:
        """Cut cells, then rows, to what may be handed out; say whether anything was cut."""
        whole: list[tuple[Sequence[Any], int]] = []
        size = self._fixed * count
        for index, longest in self._texts:
            column = columns[index]
            length = _length(column)
            # All of them together are seldom longer than one may be.
            if length > longest and any(_over(cell, longest) for cell in column):
                whole.append((column, longest))
                columns[index] = column = [
                    cell[:longest] if _over(cell, longest) else cell for cell in column
                ]
                length = _length(column)
            size += length
        keep = count
        if size > self._room:
            keep = self._shorten(columns, count)
        else:
            self._room -= size
        for column, longest in whole:
            self._cells += sum(_over(cell, longest) for cell in column[:keep])
        return bool(whole) or keep < count

    def _shorten(self, columns: list[Sequence[Any]], count: int) -> int:
        """Keep the rows that fit into the room that is left; say how many."""
        texts = [columns[index] for index, _ in self._texts]
        keep = 0
        for row in range(count):
            size = self._fixed + sum(_length((text[row],)) for text in texts)
            # The first row always goes: without it, nobody could ever get past it.
            if size > self._room and (keep or self.rows):
                self.full = self._by_bytes = True
                break
            self._room -= size
            keep += 1
        columns[:] = [column[:keep] for column in columns]
        return keep


def _longest(field: Field, cell: int) -> int:
    return sys.maxsize if field.whole else 2 * cell + 2 if field.hexadecimal else cell


def _length(cells: Sequence[Any]) -> int:
    """Measure texts in bytes of UTF-8, and bytes in the digits that they will be written in."""
    present = list(filter(None, cells))
    if not present:
        return 0
    try:
        text = "".join(present)
    except TypeError:
        return sum(map(_size, present))
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _size(cell: Any) -> int:
    if isinstance(cell, bytes):
        return 2 * len(cell) + 2
    return len(cell.encode("utf-8", "surrogatepass")) if isinstance(cell, str) else NUMBER


def _over(cell: Any, longest: int) -> bool:
    return isinstance(cell, (str, bytes)) and len(cell) > longest
