"""The catalogue of a SQLite file: a few statements, however many tables there are."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Literal

from core.connections.records import Column, ForeignKey, Schema, Table

MAIN = "main"
EVERY = 500
"""After so many tables the progress is told."""

TABLES = """
SELECT name, type FROM pragma_table_list
WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT GLOB 'sqlite_*'
ORDER BY name
"""
"""Tables in which virtual tables keep their content are of the type `shadow`, and left out."""
COLUMNS = """
SELECT l.name, x.name, x.type, x."notnull", x.dflt_value, x.pk
FROM pragma_table_list AS l, pragma_table_xinfo(l.name, 'main') AS x
WHERE l.schema = 'main' AND l.type = 'table' AND x.hidden <> 1
"""
COLUMNS_OF = """
SELECT :name, x.name, x.type, x."notnull", x.dflt_value, x.pk
FROM pragma_table_xinfo(:name, 'main') AS x WHERE x.hidden <> 1
"""
KEYS = """
SELECT l.name, f.id, f."table", f."from", f."to"
FROM pragma_table_list AS l, pragma_foreign_key_list(l.name, 'main') AS f
WHERE l.schema = 'main' AND l.type = 'table'
ORDER BY l.name, f.id DESC, f.seq
"""
"""SQLite numbers the keys of a table from the last to the first."""
ESTIMATES = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl"
"""What ANALYZE left behind; the first number of each line is the number of rows."""

Told = Callable[[int, int], object]
Described = dict[str, list[tuple[Any, ...]]]


def read(handle: sqlite3.Connection, told: Told) -> Schema:
    """Read every table and view; *told* hears how many of how many are read."""
    named = handle.execute(TABLES).fetchall()
    described: Described = defaultdict(list)
    for name, *column in handle.execute(COLUMNS):
        described[name].append(tuple(column))
    for name, kind in named:
        if kind != "table":
            described[name] = _columns(handle, name)
    keys = _keys(handle, described)
    estimates = _estimates(handle)
    tables = []
    for name, kind in named:
        if not described[name]:
            continue  # a view of what is gone, or a virtual table of a module that is not here
        tables.append(_table(name, kind, described[name], keys[name], estimates.get(name)))
        if len(tables) % EVERY == 0:
            told(len(tables), len(named))
    told(len(tables), len(tables))
    return Schema(tuple(tables), MAIN)


def _table(
    name: str,
    kind: str,
    described: list[tuple[Any, ...]],
    keys: tuple[ForeignKey, ...],
    rows: int | None,
) -> Table:
    primary = sorted((column for column in described if column[4]), key=lambda column: column[4])
    as_rowid = len(primary) == 1 and primary[0][1].upper() == "INTEGER"
    columns = tuple(
        Column(
            column,
            type.removesuffix(" GENERATED ALWAYS"),
            nullable=not (required or (position and as_rowid)),
            default=default,
        )
        for column, type, required, default, position in described
    )
    sort: Literal["table", "view"] = "view" if kind == "view" else "table"
    return Table(
        MAIN, name, sort, columns, tuple(column[0] for column in primary), keys, None, rows
    )


def _columns(handle: sqlite3.Connection, name: str) -> list[tuple[Any, ...]]:
    """Describe what may be broken by itself, so that it breaks nothing else."""
    try:
        return [tuple(row[1:]) for row in handle.execute(COLUMNS_OF, {"name": name})]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise
        return []


def _keys(
    handle: sqlite3.Connection, described: Described
) -> defaultdict[str, tuple[ForeignKey, ...]]:
    found: dict[tuple[str, int], tuple[str, list[str], list[str | None]]] = {}
    for name, number, table, column, target in handle.execute(KEYS):
        _, columns, targets = found.setdefault((name, number), (table, [], []))
        columns.append(column)
        targets.append(target)
    keys: defaultdict[str, tuple[ForeignKey, ...]] = defaultdict(tuple)
    exact = {name.lower(): name for name in described}
    for (name, _), (written, columns, targets) in found.items():
        table = exact.get(written.lower(), written)
        # A key that names no columns points at the primary key.
        primary = sorted((column[4], column[0]) for column in described[table] if column[4])
        pointed = (
            tuple(name for _, name in primary)
            if None in targets
            else tuple(target for target in targets if target is not None)
        )
        keys[name] += (ForeignKey(tuple(columns), MAIN, table, pointed),)
    return keys


def _estimates(handle: sqlite3.Connection) -> dict[str, int]:
    try:
        return dict(handle.execute(ESTIMATES).fetchall())
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise
        return {}  # nobody ever analysed it
