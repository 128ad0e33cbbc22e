"""What a MySQL or MariaDB server's catalogue says of tables, functions, views and rights."""

import asyncio
import re
import time
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal, Protocol

from core.connections.driver import Effect, Progress, TableName, View
from core.connections.drivers.cells import LONGEST, few
from core.connections.drivers.harvest import Row
from core.connections.functions import ALLOWED
from core.connections.records import Column, Dialect, ForeignKey, Schema, Table
from core.errors import CoreError

HEAD = 1000
"""Rows at the head of a table that stand for it."""
BREATH = 500
"""Tables put together before others get a turn."""
MANY = 500
"""Names asked for in one statement."""

SYSTEM = "('information_schema', 'mysql', 'performance_schema', 'sys')"
TABLES = f"""
SELECT table_schema, table_name, table_type, table_comment, table_rows
FROM information_schema.tables WHERE lower(table_schema) NOT IN {SYSTEM}
AND table_type <> 'SEQUENCE'
ORDER BY table_schema, table_name
"""  # noqa: S608
COLUMNS = f"""
SELECT table_schema, table_name, column_name, column_type, is_nullable, column_default, extra,
       generation_expression, column_comment
FROM information_schema.columns WHERE lower(table_schema) NOT IN {SYSTEM}
ORDER BY table_schema, table_name, ordinal_position
"""  # noqa: S608
KEYS = f"""
SELECT table_schema, table_name, constraint_name, column_name,
       referenced_table_schema, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage WHERE lower(table_schema) NOT IN {SYSTEM}
AND (constraint_name = 'PRIMARY' OR referenced_table_name IS NOT NULL)
ORDER BY table_schema, table_name, constraint_name, ordinal_position
"""  # noqa: S608
ROUTINES = """
SELECT lower(routine_schema), lower(routine_name),
       min(routine_type = 'FUNCTION' AND sql_data_access IN ('NO SQL', 'READS SQL DATA'))
FROM information_schema.routines WHERE lower(routine_name) IN ({}) GROUP BY 1, 2
"""
VIEWS = """
SELECT table_schema, table_name, view_definition FROM information_schema.views
WHERE lower(table_name) IN ({}) AND view_definition <> '' ORDER BY 1, 2
"""

WRITES = frozenset(
    {
        *("ALL PRIVILEGES", "ALTER", "ALTER ROUTINE", "CREATE", "CREATE ROUTINE", "CREATE USER"),
        *(
            "CREATE TABLESPACE",
            "CREATE TEMPORARY TABLES",
            "CREATE VIEW",
            "DELETE",
            "DELETE HISTORY",
        ),
        *("DROP", "EVENT", "EXECUTE", "FILE", "GRANT OPTION", "INDEX", "INSERT", "PROCESS"),
        *("REFERENCES", "RELOAD", "SHUTDOWN", "SUPER", "TRIGGER", "UPDATE", "SET USER"),
        *("BINLOG ADMIN", "CONNECTION ADMIN", "READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN"),
        *("SYSTEM_VARIABLES_ADMIN", "CONNECTION_ADMIN", "ROLE_ADMIN", "SYSTEM_USER"),
    }
)
DANGERS = {
    "ALL PRIVILEGES": "may do anything there",
    "SUPER": "may change the server's settings, which no read-only transaction prevents",
    "FILE": "may read and write files on the server",
}
_GRANT = re.compile(r"GRANT (.+?) ON (.+?) TO ", re.DOTALL)
_COLUMNS = re.compile(r"\s*\([^)]*\)")

Kind = Literal["table", "view"]


class Fetch(Protocol):
    """Runs a statement of ours, and returns all its rows."""

    async def __call__(self, sql: str, *values: Any, seconds: float = ...) -> list[Row]:
        """Return the rows of *sql*."""
        ...


async def discover(fetch: Fetch, default: str, progress: Progress | None) -> Schema:
    """Read every table and view that the login sees, with three statements."""
    rows = await fetch(TABLES)
    if progress:
        progress(0, len(rows))
    place = itemgetter(0, 1)
    columns = {key: list(group) for key, group in groupby(await fetch(COLUMNS), place)}
    keys = {key: list(group) for key, group in groupby(await fetch(KEYS), place)}
    tables = []
    for schema, name, kind, comment, estimate in rows:
        view = "VIEW" in kind
        primary, foreign = _keys(keys.get((schema, name), ()))
        tables.append(
            Table(
                schema,
                name,
                "view" if view else "table",
                tuple([_column(row) for row in columns.get((schema, name), ())]),
                primary,
                foreign,
                None if view else comment or None,
                None if view or estimate is None else int(estimate),
            )
        )
        if len(tables) % BREATH == 0:
            if progress:
                progress(len(tables), len(rows))
            await asyncio.sleep(0)
    if progress:
        progress(len(rows), len(rows))
    return Schema(tuple(tables), default)


def _column(row: Row) -> Column:
    _, _, name, kind, nullable, default, extra, generated, comment = row
    extra = (extra or "").upper()
    if generated:
        stored = " stored" if "STORED" in extra or "PERSISTENT" in extra else ""
        default = f"generated always as ({generated}){stored}"
    elif "AUTO_INCREMENT" in extra:
        default = "auto_increment"
    elif default == "NULL":  # how MariaDB writes that there is none
        default = None
    return Column(name, kind, nullable == "YES", default, comment or None)


def _keys(rows: Sequence[Row]) -> tuple[tuple[str, ...], tuple[ForeignKey, ...]]:
    primary: tuple[str, ...] = ()
    foreign = []
    for _, group in groupby(rows, itemgetter(2)):
        each = list(group)
        here = tuple(row[3] for row in each)
        if each[0][5] is None:
            primary = here
        else:
            foreign.append(ForeignKey(here, each[0][4], each[0][5], tuple(row[6] for row in each)))
    return primary, tuple(foreign)


async def sample(
    fetch: Fetch, columns: Mapping[TableName, Sequence[str]], seconds: float
) -> dict[TableName, dict[str, tuple[str, ...]]]:
    """Return the few different values of columns, from the head of each table.

    No table takes more than a quarter of the time that is left: a slow view shall not cost all
    others.
    """
    until = time.monotonic() + seconds
    samples: dict[TableName, dict[str, tuple[str, ...]]] = {}
    for table, names in columns.items():
        left = until - time.monotonic()
        if left <= 0:
            break
        if not names:
            continue
        heads = ", ".join(f"LEFT(CAST(t.{quoted(name)} AS CHAR), {LONGEST})" for name in names)
        source = ".".join(map(quoted, table))
        try:
            sql = f"SELECT {heads} FROM {source} AS t LIMIT {HEAD}"  # noqa: S608 - quoted names
            head = await fetch(sql, seconds=max(left / 4, 0.05))
        except CoreError:
            continue
        cells = zip(names, zip(*head, strict=True), strict=False)
        found = {name: values for name, each in cells if (values := few(each))}
        if found:
            samples[table] = found
    return samples


def quoted(name: str) -> str:
    """Write *name* as an identifier."""
    return "`" + name.replace("`", "``") + "`"


async def functions(
    fetch: Fetch, names: Collection[tuple[str, ...]], default: str
) -> dict[tuple[str, ...], Effect]:
    """Call pure what only computes, or is declared to only read; volatile what else is stored.

    The server lists neither what its own functions do nor what loaded ones are: of those that are
    not known here it says nothing.
    """
    words = sorted({name[-1].lower() for name in names})
    declared: dict[tuple[str, str], bool] = {}
    for some in (words[at : at + MANY] for at in range(0, len(words), MANY)):
        slots = ", ".join("?" * len(some))
        for schema, word, reads in await fetch(ROUTINES.format(slots), *some):
            declared[schema, word] = bool(reads)
    effects: dict[tuple[str, ...], Effect] = {}
    for name in names:
        word = name[-1].lower()
        if len(name) == 1 and word in ALLOWED[Dialect.MYSQL]:
            effects[name] = Effect.PURE  # a stored function of that name needs its schema
            continue
        reads = declared.get((name[-2].lower() if len(name) > 1 else default.lower(), word))
        effects[name] = (
            Effect.UNKNOWN if reads is None else Effect.PURE if reads else Effect.VOLATILE
        )
    return effects


async def views(fetch: Fetch, names: Collection[tuple[str, ...]], default: str) -> tuple[View, ...]:
    """Return the definitions of those of *names* that are views."""
    wanted = {
        (name[-2].lower() if len(name) > 1 else default.lower(), name[-1].lower()) for name in names
    }
    words = sorted({name for _, name in wanted})
    found = []
    for some in (words[at : at + MANY] for at in range(0, len(words), MANY)):
        slots = ", ".join("?" * len(some))
        for schema, name, said in await fetch(VIEWS.format(slots), *some):
            if (schema.lower(), name.lower()) in wanted:
                found.append(View(f"{schema}.{name}", said.strip().removesuffix(";")))
    return tuple(found)


async def rights(fetch: Fetch) -> tuple[str, tuple[str, ...]]:
    """Return the server's version, and what its login could do that a reader should not."""
    ((version, comment, login),) = await fetch(
        "SELECT version(), @@version_comment, current_user()"
    )
    name = "MariaDB" if "mariadb" in version.lower() else "MySQL"
    grants = [row[0] for row in await fetch("SHOW GRANTS")]
    warnings = tuple(
        f"The login {login} {DANGERS.get(right) or 'has rights that a reader does not need'}"
        f" ({', '.join(found)} on {where}). SELECT is enough."
        for grant in grants
        for found, where in [_beyond(grant)]
        if found
        for right in [next((each for each in DANGERS if each in found), "")]
    )
    return f"{name} {version} ({comment})", warnings


def _beyond(grant: str) -> tuple[list[str], str]:
    """Return the rights of a grant that go beyond reading, and where they hold."""
    said = _GRANT.match(grant)
    if said is None:  # a role, or a proxy
        return [], ""
    rights = [right.strip().upper() for right in _COLUMNS.sub("", said[1]).split(",")]
    if "WITH GRANT OPTION" in grant:
        rights.append("GRANT OPTION")
    return [right for right in rights if right in WRITES], said[2].replace("`", "")
