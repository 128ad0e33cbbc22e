"""One value of a row, for eyes and for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from core.charts import Form

NUMBERS = frozenset({"integer", "decimal", "number"})
HEAD = 140
"""Characters of a text that are shown at once."""
LONGEST = 4_000
"""Characters that are shown when somebody opens it; the CSV has them all."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


class Cell(NamedTuple):
    """A value, fit to be shown."""

    text: str
    null: bool = False
    rest: str = ""
    """The whole of a long text."""
    left: int = 0
    """Characters that are not even in the rest."""


def cell(value: Any, form: Form | None = None) -> Cell:
    """Return a JSON value as it is shown, an amount in the *form* of its column."""
    if form is not None and (amount := form.written(value)) is not None:
        return Cell(amount)
    match value:
        case None:
            return Cell("NULL", null=True)
        case str():
            text = value
        case _:
            text = _plain(value)
    if len(text) <= HEAD and "\n" not in text.strip():
        return Cell(text)
    head = " ".join(text[: HEAD * 2].split())[:HEAD]
    return Cell(f"{head}…", rest=text[:LONGEST], left=max(0, len(text) - LONGEST))


def sheet(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV that a spreadsheet shows and never computes."""
    return header(columns) + lines(columns, rows)


def header(columns: Sequence[tuple[str, str]]) -> str:
    """Return the first line; its mark tells spreadsheets that the text is UTF-8."""
    return "\ufeff" + _csv([[_harmless(name) for name, _type in columns]])


def lines(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> str:
    """Return further lines."""
    numeric = [type in NUMBERS for _name, type in columns]
    return _csv(
        [_field(value, number=number) for value, number in zip(row, numeric, strict=True)]
        for row in rows
    )


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _field(value: Any, *, number: bool) -> Any:
    if isinstance(value, str):
        return value if number else _harmless(value)
    return value if value is None else _plain(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list() | dict() | tuple():
            return orjson.dumps(value).decode()
    return str(value)
