"""Tables written so that a model reads few words, and can write its statement from them."""

import re
from collections.abc import Collection, Mapping, Sequence

from core.connections.driver import TableName
from core.connections.joins import Join
from core.connections.quoting import written
from core.connections.records import Dialect, Table
from core.connections.sensitivity import category

VALUES = 5
"""Sample values of a column that are told."""
COMMENT = 120
"""Characters of a comment that are told."""
TYPES = (
    (re.compile(r"character varying|varying character|nvarchar", re.IGNORECASE), "varchar"),
    (re.compile(r"timestamp without time zone", re.IGNORECASE), "timestamp"),
    (re.compile(r"timestamp with time zone", re.IGNORECASE), "timestamptz"),
    (re.compile(r"double precision", re.IGNORECASE), "double"),
    (re.compile(r" unsigned| zerofill", re.IGNORECASE), ""),
    (re.compile(r"(enum|set)\(.*\)", re.IGNORECASE | re.DOTALL), r"\1"),
)
"""Long names of types, and the short ones."""


def said(table: Table) -> str:
    """Return what there is to say of *table* in one line: names, comment and columns."""
    columns = ", ".join(column.name for column in table.columns)
    comment = f": {table.comment}" if table.comment else ""
    return f"{table.schema}.{table.name}{comment} ({columns})"


def compact(
    tables: Sequence[tuple[Table, Collection[str]]],
    joins: Sequence[Join],
    *,
    default: str,
    dialect: Dialect,
) -> str:
    """Return *tables* with those of their columns that matter, a line each, and how they join.

    `shop.orders(id integer PK, customer_id integer → customers.id, … +4) ~50k rows -- comment`;
    `→?` where only the names suggest it. Names are quoted as *dialect* needs them. Joins that no
    arrow shows follow on a line of their own.

    Args:
        tables: each with the columns to show, of which the order does not count.
        joins: between them, and through others.
        default: the schema that need not be named.
        dialect: whose quotes are used.
    """
    shown: set[Join] = set()
    lines = [
        _line(table, columns, joins, shown, default=default, dialect=dialect)
        for table, columns in tables
    ]
    rest = [_condition(join, default, dialect) for join in joins if join not in shown]
    if rest:
        lines.append(f"Joins: {'; '.join(rest)}")
    return "\n".join(lines)


def named(name: TableName, default: str, dialect: Dialect) -> str:
    """Return the name by which a statement calls a table."""
    schema, table = name
    bare = written(table, dialect)
    return bare if schema == default else f"{written(schema, dialect)}.{bare}"


def _line(
    table: Table,
    columns: Collection[str],
    joins: Sequence[Join],
    shown: set[Join],
    *,
    default: str,
    dialect: Dialect,
) -> str:
    own = (table.schema, table.name)
    arrows: dict[str, str] = {}
    for join in joins:
        if join.left == own and len(join.left_columns) == 1 and join.left_columns[0] in columns:
            shown.add(join)
            arrow = "→" if join.declared else "→?"
            target = named(join.right, default, dialect)
            arrows[join.left_columns[0]] = (
                f"{arrow} {target}.{written(join.right_columns[0], dialect)}"
            )
    for key in table.foreign_keys:
        if len(key.columns) == 1 and key.columns[0] not in arrows:
            target = named((key.schema, key.table), default, dialect)
            arrows[key.columns[0]] = f"→ {target}.{written(key.targets[0], dialect)}"
    parts = [
        _column(table, name, type, arrows, dialect)
        for name, type, *_ in table.columns
        if name in columns
    ]
    if missing := len(table.columns) - len(parts):
        parts.append(f"… +{missing}")
    line = f"{named(own, default, dialect)}({', '.join(parts)})"
    if table.kind != "table":
        line += f" {table.kind}"
    if table.rows is not None:
        line += f" ~{_round(table.rows)} rows"
    if table.comment:
        line += f" -- {' '.join(table.comment.split())[:COMMENT]}"
    return line


def _column(table: Table, name: str, type: str, arrows: Mapping[str, str], dialect: Dialect) -> str:
    short = type
    for long, better in TYPES:
        short = long.sub(better, short)
    text = f"{written(name, dialect)} {short}".rstrip()
    if name in table.primary_key:
        text += " PK"
    if name in arrows:
        text += f" {arrows[name]}"
    values = table.samples.get(name)
    if values and category(name, type) is None:
        text += f" {{{'|'.join(values[:VALUES])}{'|…' if len(values) > VALUES else ''}}}"
    return text


def _condition(join: Join, default: str, dialect: Dialect) -> str:
    left, right = named(join.left, default, dialect), named(join.right, default, dialect)
    return " and ".join(
        f"{left}.{written(one, dialect)} = {right}.{written(other, dialect)}"
        for one, other in zip(join.left_columns, join.right_columns, strict=False)
    )


def _round(rows: int) -> str:
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if rows >= size:
            return f"{rows / size:.3g}{letter}"
    return str(rows)
