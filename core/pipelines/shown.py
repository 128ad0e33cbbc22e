"""What of an output people read best as rows, and what is left of it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

COLUMNS = 40
"""Columns beyond which nobody reads a table."""
NESTED = (dict, list, tuple)


class Rows(NamedTuple):
    """Rows under their names."""

    title: str | None
    columns: tuple[tuple[str, str], ...]
    """Names and types; `number` or `text` where the output does not say."""
    rows: Sequence[Sequence[Any]]
    """The first of them."""
    total: int
    """How many there are."""


class Shown(NamedTuple):
    """An output as it is shown."""

    tables: tuple[Rows, ...]
    rest: Any
    """What is not in the tables; None where that is nothing."""


def shown(output: Any, most: int) -> Shown:
    """Return an output, with what is rows in it as rows, *most* of them of each table.

    Rows are what `run_sql` and `run_query` give back, the tables of a document, and a list of
    objects whose values are no objects and lists themselves.
    """
    if isinstance(output, list):
        found = _objects(output, (), most)
        return Shown((), output) if found is None else Shown((found,), None)
    if not isinstance(output, Mapping):
        return Shown((), output)
    if isinstance(output.get("tables"), list):
        tables = [_table(each, most) for each in output["tables"]]
        whole = tuple(each for each in tables if each is not None)
        if tables and len(whole) == len(tables):
            return Shown(whole, _without(output, "tables"))
    if isinstance(output.get("rows"), list):
        found = _objects(output["rows"], _named(output.get("columns")), most)
        if found is not None:
            return Shown((found,), _without(output, "rows", "columns"))
    return Shown((), output)


def _table(table: Any, most: int) -> Rows | None:
    """Return a table of a document: headers, and rows by their names, or as cells."""
    if not isinstance(table, Mapping):
        return None
    headers, rows = table.get("headers"), table.get("rows")
    if not isinstance(headers, list) or not isinstance(rows, list) or not headers:
        return None
    first = [
        [row.get(name) for name in headers] if isinstance(row, Mapping) else row
        for row in rows[:most]
    ]
    if any(not isinstance(row, list) or len(row) != len(headers) for row in first):
        return None
    if len(headers) > COLUMNS or any(isinstance(cell, NESTED) for row in first for cell in row):
        return None
    page, sheet = table.get("source_page"), table.get("sheet_name")
    title = str(sheet) if sheet else f"Page {page}" if page else None
    columns = tuple((str(name), "text") for name in headers)
    return Rows(title, columns, first, len(rows))


def _objects(rows: Sequence[Any], named: tuple[tuple[str, str], ...], most: int) -> Rows | None:
    first = rows[:most]
    if not all(isinstance(row, Mapping) for row in first) or not (first or named):
        return None
    names = [name for name, _type in named]
    names = names or list(dict.fromkeys(key for row in first for key in row))
    if not names or len(names) > COLUMNS:
        return None
    cells = [[row.get(name) for name in names] for row in first]
    if any(isinstance(cell, NESTED) for row in cells for cell in row):
        return None
    columns = named or tuple((name, _type(cells, at)) for at, name in enumerate(names))
    return Rows(None, columns, cells, len(rows))


def _named(columns: Any) -> tuple[tuple[str, str], ...]:
    """Return the columns that an answer of a database tells."""
    if not isinstance(columns, list) or not all(isinstance(each, Mapping) for each in columns):
        return ()
    return tuple((str(each.get("name")), str(each.get("type", "text"))) for each in columns)


def _type(cells: Sequence[Sequence[Any]], at: int) -> str:
    column = [row[at] for row in cells if row[at] is not None]
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in column)
    return "number" if column and numbers else "text"


def _without(output: Mapping[str, Any], *names: str) -> dict[str, Any] | None:
    return {name: value for name, value in output.items() if name not in names} or None
