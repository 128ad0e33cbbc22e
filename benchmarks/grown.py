"""A PostgreSQL database with as many tables as are wanted, made in a few transactions."""

from collections.abc import Iterator, Mapping, Sequence

import psycopg

from core.connections.driver import TableName
from core.connections.records import Schema, Table

AT_ONCE = 500
"""Tables in one transaction: each takes locks, and a server has room for some thousands."""
SHORT = {"varchar": "varchar(20)"}
"""Short texts need no second table behind each table, which would take half of the time."""
SYSTEM = ("pg_class", "pg_attribute", "pg_constraint", "pg_description", "pg_attrdef")


def grow(url: str, schema: Schema) -> None:
    """Make every table of *schema*, empty, with its keys and comments."""
    there = {(table.schema, table.name): table for table in schema.tables}
    with psycopg.connect(url, autocommit=True) as session:
        _run(session, ["SET synchronous_commit = off"])
        spaces = sorted({table.schema for table in schema.tables})
        _run(session, [f"CREATE SCHEMA IF NOT EXISTS {quoted(each)}" for each in spaces])
        for start in range(0, len(schema.tables), AT_ONCE):
            some = schema.tables[start : start + AT_ONCE]
            _run(session, [each for table in some for each in definition(table, there)])
        for start in range(0, len(schema.tables), AT_ONCE):
            some = schema.tables[start : start + AT_ONCE]
            _run(session, [each for table in some for each in references(table, there)])
        _run(session, [f"ANALYZE pg_catalog.{each}" for each in SYSTEM])


def _run(session: psycopg.Connection, statements: Sequence[str]) -> None:
    if statements:
        session.execute(";\n".join(statements).encode())


def definition(table: Table, there: Mapping[TableName, Table]) -> Iterator[str]:
    """Yield what makes a table and its comments; a foreign key has the type of its target."""
    name = f"{quoted(table.schema)}.{quoted(table.name)}"
    # A made-up table may name a column twice.
    columns = {column.name: column for column in table.columns}.values()
    types = {column.name: column.type for column in columns}
    for key in table.foreign_keys:
        if (target := there.get((key.schema, key.table))) is not None:
            theirs = {column.name: column.type for column in target.columns}
            types |= {mine: theirs[its] for mine, its in zip(key.columns, key.targets, strict=True)}
    lines = [
        f"{quoted(column.name)} {SHORT.get(types[column.name], types[column.name])}"
        f"{'' if column.nullable else ' NOT NULL'}"
        for column in columns
    ]
    if table.primary_key:
        lines.append(f"PRIMARY KEY ({listed(table.primary_key)})")
    yield f"CREATE TABLE {name} ({', '.join(lines)})"
    if table.comment:
        yield f"COMMENT ON TABLE {name} IS {literal(table.comment)}"
    for column in columns:
        if column.comment:
            yield f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {literal(column.comment)}"


def references(table: Table, there: Mapping[TableName, Table]) -> Iterator[str]:
    """Yield its foreign keys, as far as what they point at is there."""
    for key in table.foreign_keys:
        target = there.get((key.schema, key.table))
        if target is not None and target.primary_key == key.targets:
            yield (
                f"ALTER TABLE {quoted(table.schema)}.{quoted(table.name)} "
                f"ADD FOREIGN KEY ({listed(key.columns)}) "
                f"REFERENCES {quoted(key.schema)}.{quoted(key.table)} ({listed(key.targets)})"
            )


def listed(names: Sequence[str]) -> str:
    """Return *names* quoted, with commas between."""
    return ", ".join(map(quoted, names))


def quoted(name: str) -> str:
    """Return *name* as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return *text* as a literal of standard strings."""
    return "'" + text.replace("'", "''") + "'"
