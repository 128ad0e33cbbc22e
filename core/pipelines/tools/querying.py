"""Answers of the organization's databases: of statements that read, and of saved queries."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import monotonic
from typing import Any

from pydantic import Field
from typing_extensions import override

from core.connections import Answer, ConnectionBusy, Connections
from core.pipelines.errors import InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.queries import Queries

CELLS = 4_000_000
"""Cells of rows that are laid out as a table."""
BUSY = 240.0
"""Seconds in which a session of a connection may come free: at nine on a Monday many runs begin."""
PAUSE = 0.5
OUTPUT = Output(
    "columns (name, type), rows (objects), row_count, truncated, sql, connection, duration_ms."
)


class SqlInputs(Inputs):
    """What `run_sql` takes."""

    sql: str = Field(
        min_length=1, description="One statement that reads; {{values}} are bound by `parameters`."
    )
    connection: str | None = Field(
        None, description="The connection's name or id; the only one there is by default."
    )
    parameters: dict[str, Any] | None = Field(
        None, description="Values of names that the statement has in doubled braces."
    )
    limit: int | None = Field(None, ge=1, description="Rows at most; the server's ceiling holds.")


class QueryInputs(Inputs):
    """What `run_query` takes."""

    query: str = Field(min_length=1, description="The saved query's id or title.")
    parameters: dict[str, Any] | None = Field(None, description="A value for each parameter.")
    connection: str | None = Field(
        None, description="Another connection than the one that it is saved for."
    )
    limit: int | None = Field(None, ge=1, description="Rows at most; the server's ceiling holds.")


class RunSql(Tool):
    """Asks a database."""

    name = "run_sql"
    description = (
        "Run one SQL statement that only reads, as the member whose run it is: permissions, "
        "audience and ceilings hold."
    )
    inputs: type[Inputs] = SqlInputs
    output = OUTPUT

    def __init__(self, connections: Connections) -> None:
        """Ask *connections*."""
        self._connections = connections

    @override
    async def run(self, call: Call, given: SqlInputs) -> Any:
        call.say("Asking the database")
        ask = partial(
            self._connections.run,
            call.actor,
            given.connection,
            given.sql,
            parameters=given.parameters,
            limit=given.limit,
        )
        return told(await patiently(call, ask))


class RunQuery(Tool):
    """Runs a saved query."""

    name = "run_query"
    description = (
        "Run a saved query with its parameters, as the member whose run it is: permissions, "
        "audience and ceilings hold."
    )
    inputs: type[Inputs] = QueryInputs
    output = OUTPUT

    def __init__(self, queries: Queries) -> None:
        """Run *queries*."""
        self._queries = queries

    @override
    async def run(self, call: Call, given: QueryInputs) -> Any:
        call.say(f"Running {given.query[:100]}")
        ask = partial(
            self._queries.run,
            call.actor,
            given.query,
            parameters=given.parameters,
            connection=given.connection,
            limit=given.limit,
        )
        return told(await patiently(call, ask))


async def patiently(call: Call, ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Return an answer once the connection has a session free, which people need not wait for.

    The task's own time-out, and whoever cancels its run, end the wait sooner.

    Raises:
        ConnectionBusy: none came free in four minutes.
        And whatever *ask* raises.
    """
    until = monotonic() + BUSY
    while True:
        try:
            return await ask()
        except ConnectionBusy:
            if monotonic() > until:
                raise
            call.say("The database is busy: waiting for it")
            await asyncio.sleep(PAUSE)


def told(answer: Answer) -> dict[str, Any]:
    """Return an answer as tasks read it: each row by the names of its columns."""
    names = unlike([column.name for column in answer.columns])
    cut = answer.truncated
    return {
        "columns": [
            {"name": name, "type": column.type}
            for name, column in zip(names, answer.columns, strict=True)
        ],
        "rows": [dict(zip(names, row, strict=True)) for row in answer.rows],
        "row_count": answer.row_count,
        "truncated": cut is not None and (cut.rows or cut.bytes or cut.cells > 0),
        "sql": answer.sql,
        "connection": answer.connection,
        "duration_ms": answer.duration_ms,
    }


def unlike(names: list[str]) -> list[str]:
    """Return names of which no two are the same: `id`, `id_2`."""
    found: list[str] = []
    taken: set[str] = set()
    for each in names:
        name, number = each, 2
        while name in taken or (name != each and name in names):
            name, number = f"{each}_{number}", number + 1
        taken.add(name)
        found.append(name)
    return found


def rows_of(data: Any) -> tuple[list[tuple[str, str]], list[list[Any]]] | None:
    """Return the columns, with their types, and the rows that a tool gave back; None if none did.

    Both `run_sql`'s answer, `ask`'s tables and plain lists of objects are understood.
    """
    if isinstance(data, Mapping):
        if isinstance(data.get("tables"), list) and data["tables"]:
            return rows_of(data["tables"][0])
        rows, columns = data.get("rows"), data.get("columns") or data.get("headers")
        if not isinstance(rows, list):
            return None
        return _laid(rows, columns if isinstance(columns, list) else None)
    return _laid(data, None) if isinstance(data, list) and data else None


def _laid(rows: list[Any], columns: list[Any] | None) -> tuple[Any, Any] | None:
    typed = [_column(each) for each in columns or ()]
    if all(isinstance(row, Mapping) for row in rows):
        if not typed:
            typed = [(name, "") for name in dict.fromkeys(str(key) for row in rows for key in row)]
        if len(rows) * len(typed) > CELLS:
            raise InputInvalid(f"data: {len(rows):,} rows of {len(typed):,} columns are too many.")
        told = [{str(key): value for key, value in row.items()} for row in rows]
        cells = [[row.get(name) for name, _type in typed] for row in told]
    elif typed and all(isinstance(row, list) and len(row) == len(typed) for row in rows):
        cells = [list(row) for row in rows]
    else:
        return None
    kinds = [
        (name, type or _type([row[at] for row in cells])) for at, (name, type) in enumerate(typed)
    ]
    return kinds, cells


def _column(each: Any) -> tuple[str, str]:
    if isinstance(each, Mapping):
        return str(each.get("name", "")), str(each.get("type", ""))
    if isinstance(each, list | tuple) and each:
        return str(each[0]), str(each[1]) if len(each) > 1 else ""
    return str(each), ""


def _type(values: list[Any]) -> str:
    from datetime import date  # noqa: PLC0415 - for a chart alone

    filled = [value for value in values if value is not None]
    if filled and all(isinstance(each, bool) for each in filled):
        return "boolean"
    if filled and all(isinstance(each, int) for each in filled):
        return "integer"
    if filled and all(isinstance(each, int | float) for each in filled):
        return "number"
    try:
        for each in filled:
            date.fromisoformat(each)
    except (TypeError, ValueError):
        return "text"
    return "date" if filled else "text"
