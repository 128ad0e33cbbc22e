"""Rows as CSV that a spreadsheet shows and never computes."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

NUMBERS = frozenset({"integer", "decimal", "number"})
"""The types of columns that hold numbers."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def sheet(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows under their names."""
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


def filename(title: str | None) -> str:
    """Return what the file of a table is called, without its ending."""
    name = "".join(sign if sign.isalnum() or sign in " -_" else " " for sign in title or "table")
    return " ".join(name.split())[:80] or "table"


def plain(value: Any) -> str:
    """Return a JSON value that is no text as text."""
    match value:
        case bool():
            return "true" if value else "false"
        case list() | dict() | tuple():
            return orjson.dumps(value).decode()
    return str(value)


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _field(value: Any, *, number: bool) -> Any:
    if isinstance(value, str):
        return value if number else _harmless(value)
    return value if value is None else plain(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
