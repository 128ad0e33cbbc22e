"""Tables in words, so that a model reads few: one line per table, or everything of one."""

from collections.abc import Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.connections import Column, Schema, Table

VALUES = 8
"""Sample values of one column that are told."""


def named(table: "Table", default: str) -> str:
    """Return the name by which a statement calls *table*."""
    return table.name if table.schema == default else f"{table.schema}.{table.name}"


def line(table: "Table", default: str, only: Container[str] | None = None) -> str:
    """Return *table* as one line: its columns, keys, and how many rows there are.

    Args:
        table: which.
        default: the schema that need not be named.
        only: the columns that matter; the others are counted.
    """
    links = _links(table, default)
    chosen = [each for each in table.columns if only is None or each.name in only]
    columns = [_column(each, table.primary_key, links) for each in chosen]
    if missing := len(table.columns) - len(chosen):
        columns.append(f"+{missing} more")
    said: list[str] = [] if table.kind == "table" else [table.kind]
    if table.rows is not None:
        said.append(f"~{table.rows} rows")
    if table.comment:
        said.append(table.comment)
    about = f" -- {', '.join(said)}" if said else ""
    return f"{named(table, default)}({', '.join(columns)}){about}"


def full(table: "Table", default: str) -> str:
    """Return everything there is to know of *table*, one line per column."""
    links, said = _links(table, default), [line(table, default, only=())]
    for column in table.columns:
        text = f"  {_column(column, table.primary_key, links)}"
        text += "" if column.nullable else " not null"
        text += f" default {column.default}" if column.default is not None else ""
        text += f" -- {column.comment}" if column.comment else ""
        if values := table.samples.get(column.name):
            text += f" e.g. {', '.join(values[:VALUES])}"
        said.append(text)
    return "\n".join(said)


def facts(table: "Table", default: str) -> dict[str, Any]:
    """Return everything there is to know of *table*, without what it has not."""
    return _without_nothing(
        {
            "name": named(table, default),
            "kind": table.kind,
            "rows": table.rows,
            "comment": table.comment,
            "primary_key": table.primary_key,
            "foreign_keys": [
                {
                    "columns": key.columns,
                    "table": _there(key.schema, key.table, default),
                    "targets": key.targets,
                }
                for key in table.foreign_keys
            ],
            "columns": [
                _without_nothing(
                    {
                        "name": column.name,
                        "type": column.type,
                        "nullable": column.nullable,
                        "default": column.default,
                        "comment": column.comment,
                        "samples": table.samples.get(column.name),
                    }
                )
                for column in table.columns
            ],
        }
    )


def everything(schema: "Schema", *, most: int) -> str:
    """Return the tables of *schema* in at most *most* characters: whole, else their names alone."""
    said = [line(table, schema.default) for table in schema.tables]
    if sum(map(len, said)) + len(said) <= most:
        return "\n".join(said)
    names, room = [], most
    for table in schema.tables:
        name = named(table, schema.default)
        room -= len(name) + 1
        if room < 0:
            break
        names.append(name)
    left = len(schema.tables) - len(names)
    return "\n".join([*names, *([f"… and {left} more; search_schema finds them."] if left else [])])


def _links(table: "Table", default: str) -> Mapping[str, str]:
    return {
        column: f"{_there(key.schema, key.table, default)}.{target}"
        for key in table.foreign_keys
        for column, target in zip(key.columns, key.targets, strict=False)
    }


def _there(schema: str, table: str, default: str) -> str:
    return table if schema == default else f"{schema}.{table}"


def _column(column: "Column", primary_key: Iterable[str], links: Mapping[str, str]) -> str:
    key = " pk" if column.name in primary_key else ""
    link = f" -> {links[column.name]}" if column.name in links else ""
    return f"{column.name} {column.type}{key}{link}"


def _without_nothing(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if fact not in (None, (), [], "")}
