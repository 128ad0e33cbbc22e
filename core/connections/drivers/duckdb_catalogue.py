"""The catalogue of a DuckDB file: a fixed number of statements, and what its functions may do."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from core.connections.driver import Effect, View
from core.connections.drivers import files
from core.connections.records import Column, ForeignKey, Schema, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAIN = "main"
LONGEST = 200
"""Characters of a type; an ENUM names all its values, a STRUCT all its fields."""

TABLES = """
SELECT schema_name, table_name, 'table', comment, estimated_size FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal
UNION ALL
SELECT schema_name, view_name, 'view', comment, NULL FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal
ORDER BY 1, 2
"""
COLUMNS = """
SELECT schema_name, table_name, column_name, data_type, is_nullable, column_default, comment
FROM duckdb_columns()
WHERE database_name = current_database() AND NOT internal
ORDER BY schema_name, table_name, column_index
"""
CONSTRAINTS = """
SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table,
    referenced_column_names
FROM duckdb_constraints()
WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')
ORDER BY constraint_index
"""
VIEWS = """
SELECT database_name, schema_name, view_name, sql FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal
"""
FUNCTIONS = """
SELECT lower(function_name), lower(schema_name), lower(database_name), function_type,
    coalesce(stability = 'VOLATILE' OR has_side_effects, false), coalesce(macro_definition, '')
FROM duckdb_functions()
"""

PURE_TABLES = frozenset(
    """
    duckdb_columns duckdb_constraints duckdb_coordinate_systems duckdb_databases
    duckdb_dependencies duckdb_dialects duckdb_functions duckdb_indexes duckdb_keywords
    duckdb_memory duckdb_optimizers duckdb_schemas duckdb_sequences duckdb_settings duckdb_tables
    duckdb_triggers duckdb_types duckdb_views generate_series icu_calendar_names json_each
    json_tree pg_timezone_names pragma_collations pragma_database_size pragma_platform
    pragma_show pragma_storage_info pragma_table_info pragma_version range repeat repeat_row
    summary test_all_types unnest
    """.split()  # noqa: SIM905 - a list of so many would be a page
)
"""Functions that stand where a table does, and compute or describe; the catalogue does not tell.
The others read files, change settings, run SQL from text or show what others asked."""

_CALL = re.compile(r'(\w+)"?\s*\(')


class Function(NamedTuple):
    """One overload of a function, as the catalogue has it."""

    schema: str
    database: str
    kind: str
    volatile: bool
    definition: str
    """What a macro stands for."""


Functions = Mapping[str, Collection[Function]]
"""Every overload, by name in lower case."""


def read(cursor: "DuckDBPyConnection") -> Schema:
    """Read every table and view of every schema."""
    columns: defaultdict[tuple[str, str], list[Column]] = defaultdict(list)
    for schema, table, name, type, nullable, default, comment in cursor.execute(COLUMNS).fetchall():
        shown = type if len(type) <= LONGEST else type[:LONGEST] + "…"
        columns[schema, table].append(Column(name, shown, nullable, default, comment))
    primary: dict[tuple[str, str], tuple[str, ...]] = {}
    foreign: defaultdict[tuple[str, str], tuple[ForeignKey, ...]] = defaultdict(tuple)
    for schema, table, kind, names, target, targets in cursor.execute(CONSTRAINTS).fetchall():
        if kind == "PRIMARY KEY":
            primary[schema, table] = tuple(names)
        else:  # DuckDB keeps a key and its target in one schema
            key = ForeignKey(tuple(names), schema, target, tuple(targets))
            foreign[schema, table] += (key,)
    return Schema(
        tuple(
            Table(
                schema,
                name,
                kind,
                tuple(columns[schema, name]),
                primary.get((schema, name), ()),
                foreign.get((schema, name), ()),
                comment,
                rows,
            )
            for schema, name, kind, comment, rows in cursor.execute(TABLES).fetchall()
        ),
        MAIN,
    )


def views(cursor: "DuckDBPyConnection", names: Collection[tuple[str, ...]]) -> tuple[View, ...]:
    """Return the bare SELECT of those of *names* that are views."""
    wanted = {tuple(part.lower() for part in name) for name in names}
    return tuple(
        View(view, files.question(sql))
        for database, schema, view, sql in cursor.execute(VIEWS).fetchall()
        if any(_matches(name, view.lower(), schema.lower(), database.lower()) for name in wanted)
    )


def functions(cursor: "DuckDBPyConnection") -> Functions:
    """Read every function that there is; there are some 3,000 without any file."""
    found: defaultdict[str, list[Function]] = defaultdict(list)
    for name, *rest in cursor.execute(FUNCTIONS).fetchall():
        found[name].append(Function(*rest))
    return found


def effect(name: tuple[str, ...], known: Functions, via: frozenset[str] = frozenset()) -> Effect:
    """Say the worst that a function of this name may do; a macro does what it calls."""
    word = name[-1]
    overloads = [
        each for each in known.get(word, ()) if _matches(name, word, each.schema, each.database)
    ]
    if not overloads:
        return Effect.UNKNOWN
    pure = all(_pure(word, each, known, via | {word}) for each in overloads)
    return Effect.PURE if pure else Effect.VOLATILE


def _pure(word: str, function: Function, known: Functions, via: frozenset[str]) -> bool:
    if function.kind in {"macro", "table_macro"}:
        called = set(_CALL.findall(function.definition.lower())) - via
        return all(effect((each,), known, via) is not Effect.VOLATILE for each in called)
    if function.kind == "table":
        return word in PURE_TABLES
    return function.kind != "pragma" and not function.volatile


def _matches(asked: tuple[str, ...], name: str, schema: str, database: str) -> bool:
    """Whether a name, qualified or not, means this: `v`, `schema.v`, `database.v` or all three."""
    *qualifiers, last = asked
    return last == name and all(each in {schema, database} for each in qualifiers)
