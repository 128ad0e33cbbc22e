"""One statement on a handle of SQLite: values bound, rows fetched within the ceilings."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple
from uuid import UUID

from core.connections.drivers import cells
from core.connections.drivers.cells import Convert
from core.connections.drivers.harvest import NUMBER, Field, Harvest
from core.connections.drivers.threads import Watch
from core.connections.errors import StatementFailed
from core.connections.records import Ceilings, ResultColumn, Statement

MIB = 1024 * 1024


class Pace(NamedTuple):
    """How much of an answer is in memory at once, at most: so many rows of so large values."""

    rows: int
    bytes: int


PACES = (Pace(256, MIB), Pace(16, 16 * MIB))
"""A statement that meets a larger value begins again at the next pace; the last one refuses it."""

UNREADABLE = "Could not decode to UTF-8"
"""How Python's words begin for a text that is none, in the encoding of the file."""

CONVERTS: dict[type, Convert] = {
    int: cells.integers,
    float: cells.floats,
    bytes: cells.binary,
}
NOTHING = frozenset({type(None)})
WORDS = {
    frozenset({int}): "integer",
    frozenset({float}): "number",
    frozenset({int, float}): "number",
    frozenset({str}): "text",
    frozenset({bytes}): "binary",
}

Kinds = frozenset[type]
"""The types of a column's values apart from NULL: in SQLite a value has one, a column none."""

Fit = Callable[[Sequence[Any], int], int]
"""Measures a column of one type that needs nothing done to it; `TypeError` if it holds others."""


class Unfit(Exception):
    """Something has to be done to a cell of this column."""


class Rows(NamedTuple):
    """An answer, and what its columns turned out to hold."""

    columns: list[ResultColumn]
    harvest: Harvest


def answer(
    handle: sqlite3.Connection, watch: Watch, statement: Statement, ceilings: Ceilings, skip: int
) -> Rows:
    """Run *statement*, and keep the rows after the first *skip*.

    Raises:
        sqlite3.Error: SQLite refused it.
        StatementFailed: a value is none that SQLite can hold.
        Stopped: nobody wants it any more.
    """
    try:
        return _paced(handle, watch, statement, ceilings, skip)
    except sqlite3.OperationalError as error:
        if not str(error).startswith(UNREADABLE):
            raise
    handle.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        return _paced(handle, watch, statement, ceilings, skip)
    finally:
        handle.text_factory = str


def _paced(
    handle: sqlite3.Connection, watch: Watch, statement: Statement, ceilings: Ceilings, skip: int
) -> Rows:
    values = tuple(map(_bound, statement.values))
    for pace in PACES:
        handle.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, pace.bytes)
        try:
            with closing(handle.execute(statement.sql, values)) as cursor:
                next(islice(cursor, skip, skip), None)
                return _fetched(cursor, watch, ceilings, pace)
        except sqlite3.DataError as error:
            code = getattr(error, "sqlite_errorcode", None)  # none where Python itself refused
            if code != sqlite3.SQLITE_TOOBIG or pace is PACES[-1]:
                raise
        except (OverflowError, UnicodeError, ValueError) as error:
            raise StatementFailed(f"A value cannot be bound: {error}") from None
    raise AssertionError


def _fetched(cursor: sqlite3.Cursor, watch: Watch, ceilings: Ceilings, pace: Pace) -> Rows:
    if cursor.description is None:
        raise StatementFailed("There is no statement here that answers anything.")
    names = [described[0] for described in cursor.description]
    kinds: list[Kinds] = [frozenset()] * len(names)
    fits: list[Fit | None] = [None] * len(names)
    harvest = Harvest((), ceilings)
    while not harvest.full:
        watch.check()
        # One row more than wanted tells whether there are more.
        rows = cursor.fetchmany(min(pace.rows, ceilings.rows - len(harvest.rows) + 1))
        if not rows:
            break
        if not harvest.rows:
            kinds = [frozenset({type(cell)}) - NOTHING for cell in rows[0]]
            fits = [FITS.get(kind) for kind in kinds]
        columns = list(zip(*rows, strict=True))
        size = _size(columns, fits, ceilings.cell)
        if size is not None and harvest.keep(rows, size):
            continue
        seen = [frozenset(map(type, column)) - NOTHING for column in columns]
        harvest.expect([_field(each) for each in seen])
        harvest.add(rows)
        kinds = [old | new for old, new in zip(kinds, seen, strict=True)]
        fits = [FITS.get(kind) for kind in kinds]
    columns_found = [
        ResultColumn(name, WORDS.get(kind, "other"))
        for name, kind in zip(names, kinds, strict=True)
    ]
    return Rows(columns_found, harvest)


def _size(columns: Sequence[Sequence[Any]], fits: Sequence[Fit | None], longest: int) -> int | None:
    """Measure rows that need nothing done to them; None if they may be others.

    Most rows are of this kind, and to look at the type of each cell would cost as much again.
    """
    size = 0
    try:
        for column, fit in zip(columns, fits, strict=True):
            if fit is None:
                return None
            try:
                size += fit(column, longest)
            except TypeError:
                size += fit([cell for cell in column if cell is not None], longest)
    except (TypeError, Unfit):
        return None
    return size


def _integers(column: Sequence[int], _: int) -> int:
    if column and (
        type(sum(column)) is not int or max(column) > cells.SAFE or min(column) < -cells.SAFE
    ):
        raise Unfit
    return NUMBER * len(column)


def _numbers(column: Sequence[float], _: int) -> int:
    """Measure numbers, whole ones among them: of a decimal, SQLite keeps 8.00 as the integer 8."""
    if column and (
        not isfinite(sum(column))
        or set(map(type, column)) - {int, float}
        or max(column) > cells.SAFE
        or min(column) < -cells.SAFE
    ):
        raise Unfit
    return NUMBER * len(column)


def _texts(column: Sequence[str], longest: int) -> int:
    text = "".join(column)
    if len(text) > longest:
        raise Unfit
    return len(text) if text.isascii() else len(text.encode())


FITS: dict[Kinds, Fit] = {
    frozenset({int}): _integers,
    frozenset({float}): _numbers,
    frozenset({int, float}): _numbers,
    frozenset({str}): _texts,
}


def _field(kinds: Kinds) -> Field:
    column = ResultColumn("", "")
    if len(kinds) == 1:
        (kind,) = kinds
        return Field(column, None if kind in {str, bytes} else NUMBER, CONVERTS.get(kind))
    if kinds <= {int, float}:
        return Field(column, NUMBER, _each)
    return Field(column, None, _each)


def _each(column: Sequence[Any]) -> list[Any]:
    """Convert a column that holds values of several types."""
    return [
        convert((cell,))[0] if (convert := CONVERTS.get(type(cell))) else cell for cell in column
    ]


def _bound(value: Any) -> Any:
    """Write what SQLite has no type for as it would be written in its functions' language."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
