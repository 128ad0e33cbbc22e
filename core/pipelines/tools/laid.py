"""Data as a table: whatever tasks hand over, in rows of named columns."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from core.pipelines.tools.errors import ExportRefused

LONGEST = 32_767
"""Characters of a cell; a workbook takes no more."""
CELLS = 4_000_000
"""Cells of one table, with those that are empty because other rows have them."""


class Laid(NamedTuple):
    """A table."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def laid(data: Any, wanted: Sequence[str] = (), periods: Sequence[str] = ()) -> list[Laid]:
    """Return the tables that are in some data.

    Rows of objects, `{columns, rows}`, `{headers, rows}`, `{tables}`, figures by field, and figures
    by field and period are understood; anything else is a table of names and values.

    Args:
        data: what is to be shown.
        wanted: the columns, or the fields, that come first, in this order.
        periods: the columns of figures by field and period.
    """
    if isinstance(data, Mapping):
        if isinstance(data.get("tables"), list) and data["tables"]:
            return [
                each._replace(title=_title(table) or each.title or f"Table {number}")
                for number, table in enumerate(data["tables"], 1)
                for each in laid(table)
            ]
        names = data.get("columns") or data.get("headers")
        rows = data.get("rows")
        if isinstance(rows, list) and isinstance(names, list):
            return [_rows(rows, [_name(each) for each in names])]
        if isinstance(rows, list):
            return [_rows(rows, wanted)]
        return [_fields(data, wanted, periods)]
    if isinstance(data, list | tuple):
        return [_rows(data, wanted)]
    return [Laid("", ("value",), ((data,),))]


def cell(value: Any) -> Any:
    """Return a value as a cell has it: a number, a text, a truth or nothing."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _rows(rows: Iterable[Any], names: Sequence[str]) -> Laid:
    every = list(rows)
    if every and all(isinstance(row, Mapping) for row in every):
        keys = list(dict.fromkeys([*names, *(str(key) for row in every for key in row)]))
        told = [{str(key): value for key, value in row.items()} for row in every]
        _fit(len(keys), len(told))
        return Laid("", tuple(keys), tuple(tuple(row.get(key) for key in keys) for row in told))
    if every and all(isinstance(row, list | tuple) for row in every):
        width = max(len(names), *(len(row) for row in every))
        _fit(width, len(every))
        columns = [*names, *(f"column_{at + 1}" for at in range(len(names), width))]
        filled = [tuple(row) + (None,) * (width - len(row)) for row in every]
        return Laid("", tuple(columns), tuple(filled))
    return Laid("", (names[0] if len(names) == 1 else "value",), tuple((row,) for row in every))


def _fields(data: Mapping[str, Any], wanted: Sequence[str], periods: Sequence[str]) -> Laid:
    told = {str(key): value for key, value in data.items()}
    names = list(dict.fromkeys([*wanted, *told]))
    columns = list(periods)
    if told and all(isinstance(value, Mapping) for value in told.values()):
        columns = list(
            dict.fromkeys([*periods, *(str(key) for each in told.values() for key in each)])
        )
    if not columns:
        return Laid("", ("field", "value"), tuple((name, told.get(name)) for name in names))
    _fit(len(columns), len(names))
    rows = []
    for name in names:
        value = told.get(name)
        if isinstance(value, Mapping):
            by = {str(key): each for key, each in value.items()}
            rows.append((name, *(by.get(column) for column in columns)))
        elif isinstance(value, list | tuple) and len(value) <= len(columns):
            rows.append((name, *value, *[None] * (len(columns) - len(value))))
        else:
            rows.append((name, value, *[None] * (len(columns) - 1)))
    return Laid("", ("field", *columns), tuple(rows))


def _fit(width: int, height: int) -> None:
    """Return quietly if a table is not far too wide for so many rows.

    Raises:
        ExportRefused: it is.
    """
    if width * height > CELLS:
        raise ExportRefused(
            f"{height:,} rows of {width:,} columns are more than {CELLS:,} cells; export less, or "
            "json."
        )


def _name(each: Any) -> str:
    if isinstance(each, Mapping):
        return str(each.get("name", ""))
    return str(each[0]) if isinstance(each, list | tuple) and each else str(each)


def _title(table: Any) -> str:
    if not isinstance(table, Mapping):
        return ""
    return str(table.get("title") or table.get("sheet_name") or "")
