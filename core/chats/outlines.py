"""Tables and saved queries in words, for a model."""

from core.connections import Found, Table
from core.connections.outline import compact
from core.queries import Query

VALUES = 8
"""Sample values of a column that are told."""
COMMENT = 300
"""Characters of a comment."""
COLUMNS = 150
"""Columns of a table that are described."""


def outlined(found: Found, default: str) -> str:
    """Return the tables that were found, a line each, with what matters of them."""
    return compact(
        [(hit.table, hit.columns) for hit in found.tables],
        found.joins,
        default=default,
        dialect=found.dialect,
    )


def described(table: Table, default: str) -> str:
    """Return everything there is to know of a table, one line per column."""
    name = table.name if table.schema == default else f"{table.schema}.{table.name}"
    rows = "" if table.rows is None else f", ~{table.rows} rows"
    comment = f" -- {table.comment[:COMMENT]}" if table.comment else ""
    lines = [f"{name} ({table.kind}{rows}){comment}"]
    links = {
        column: f"{key.table if key.schema == default else f'{key.schema}.{key.table}'}.{target}"
        for key in table.foreign_keys
        for column, target in zip(key.columns, key.targets, strict=False)
    }
    for column in table.columns[:COLUMNS]:
        text = f"  {column.name} {column.type}"
        text += " pk" if column.name in table.primary_key else ""
        text += f" -> {links[column.name]}" if column.name in links else ""
        text += "" if column.nullable else " not null"
        text += f" -- {column.comment[:COMMENT]}" if column.comment else ""
        if values := table.samples.get(column.name):
            text += f" e.g. {', '.join(value[:60] for value in values[:VALUES])}"
        lines.append(text)
    if len(table.columns) > COLUMNS:
        lines.append(f"  … and {len(table.columns) - COLUMNS} more columns")
    return "\n".join(lines)


def saved(query: Query, *, sql: int = 0) -> str:
    """Return a saved query in a few lines, with so many characters of its SQL."""
    takes = f" (takes {', '.join(query.parameters)})" if query.parameters else ""
    text = f"{query.title}{takes}: {' '.join(query.prompt.split())[:300]}"
    if sql and query.sql:
        text += f"\n{query.sql[:sql]}{'…' if len(query.sql) > sql else ''}"
    return text
