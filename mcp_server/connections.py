"""Connections as tools: what can be asked, what is in it, and the asking itself."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from core.page import PageAsked
from mcp_server import outline, results
from mcp_server.call import Arguments, Call, Reply, Tool
from mcp_server.shapes import ANSWER, COUNT, LIST, OBJECT, TEXT, TEXTS

if TYPE_CHECKING:
    from core.connections import Answer, Connection

LISTED = 200
"""Connections that are listed at once."""
TABLES = 10
"""Tables that are found unless another number is asked for."""

Limit = Annotated[int, Field(ge=1)] | None


class Nothing(Arguments):
    """No arguments."""


class Question(Arguments):
    """What to look for."""

    question: Annotated[str, Field(min_length=1, max_length=4_000)]
    connection: str | None = None
    limit: Annotated[int, Field(ge=1, le=50)] | None = None


class Names(Arguments):
    """Which tables."""

    connection: str | None = None
    tables: Annotated[list[str], Field(min_length=1, max_length=50)]


class Statement(Arguments):
    """What to run, and how much of the answer is wanted."""

    connection: str | None = None
    sql: Annotated[str, Field(max_length=200_000)]
    parameters: dict[str, Any] | None = None
    limit: Limit = None
    cursor: Annotated[str, Field(max_length=200)] | None = None


async def list_connections(call: Call, _arguments: Nothing) -> Reply:
    """Return the connections of the caller's organization."""
    page = await call.core.connections.list(call.actor, PageAsked(size=LISTED))

    def text(_whole: bool) -> str:
        if not page.items:
            return "There is no connection yet."
        said = [
            f"{each.name} ({each.dialect}, {each.status}"
            + ("" if each.tables is None else f", {each.tables} tables")
            + ")"
            + (f": {each.description}" if each.description else "")
            for each in page.items
        ]
        return results.lines(f"{page.total} connections", said)

    return Reply({"connections": [_facts(each) for each in page.items]}, text)


async def search_schema(call: Call, asked: Question) -> Reply:
    """Return the tables that a question is about."""
    await _learn(call, asked.connection)
    found = await call.core.connections.search(
        call.actor, asked.question, ref=asked.connection, limit=asked.limit or TABLES
    )
    schema = await call.core.connections.schema(call.actor, found.connection)
    tables = [outline.line(hit.table, schema.default, hit.columns) for hit in found.tables]
    joins = [_join(each, schema.default) for each in found.joins]
    structured = {
        "connection": found.connection,
        "dialect": found.dialect.value,
        "tables": tables,
        "joins": joins,
        "total": found.total,
    }

    def text(_whole: bool) -> str:
        head = f"{len(tables)} of {found.total} tables of {found.connection} ({found.dialect})"
        return results.lines(head, [*tables, *(["Joins:"] if joins else []), *joins], most=12_000)

    return Reply(structured, text)


async def describe_tables(call: Call, asked: Names) -> Reply:
    """Return everything known of the named tables."""
    await _learn(call, asked.connection)
    connection = await call.core.connections.get(call.actor, asked.connection)
    tables = await call.core.connections.describe(call.actor, connection.id, asked.tables)
    schema = await call.core.connections.schema(call.actor, connection.id)
    structured = {
        "connection": connection.name,
        "dialect": connection.dialect.value,
        "tables": [outline.facts(table, schema.default) for table in tables],
    }

    def text(_whole: bool) -> str:
        head = f"{connection.name} ({connection.dialect})"
        said = (outline.full(table, schema.default) for table in tables)
        return results.lines(head, said, most=12_000)

    return Reply(structured, text)


async def run_sql(call: Call, asked: Statement) -> Reply:
    """Return what one statement answers."""
    call.doing.append("running the statement")

    async def ask(limit: int) -> "Answer":
        return await call.core.connections.run(
            call.actor,
            asked.connection,
            asked.sql,
            parameters=asked.parameters,
            limit=limit,
            cursor=asked.cursor,
            bytes=results.BYTES,
        )

    return results.reply(await results.fitting(ask, asked.limit))


async def _learn(call: Call, ref: str | None) -> None:
    """Read the catalogue of a connection that was never read, and say how far that is."""
    connection = await call.core.connections.get(call.actor, ref)
    if connection.discovered_at is None:
        call.doing.append("reading the catalogue")

        def told(done: int, total: int | None) -> None:
            call.doing.append(f"read {done} of {total or 'many'} tables")

        await call.core.connections.discover(call.actor, connection.id, told)


def _facts(connection: "Connection") -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": connection.id,
        "name": connection.name,
        "dialect": connection.dialect.value,
        "status": connection.status.value,
    }
    more = {
        "description": connection.description,
        "tables": connection.tables,
        "problem": connection.problem,
        "warnings": connection.warnings,
    }
    return facts | {name: fact for name, fact in more.items() if fact not in (None, ())}


def _join(join: Any, default: str) -> str:
    def side(table: tuple[str, str], columns: tuple[str, ...]) -> str:
        name = table[1] if table[0] == default else ".".join(table)
        return ", ".join(f"{name}.{column}" for column in columns)

    left, right = side(join.left, join.left_columns), side(join.right, join.right_columns)
    return f"{left} = {right}" + ("" if join.declared else " (by its name)")


TOOLS = (
    Tool(
        name="list_connections",
        does="The databases that can be asked.",
        takes={},
        needs=(),
        gives={"connections": LIST},
        arguments=Nothing,
        run=list_connections,
    ),
    Tool(
        name="search_schema",
        does="Find the tables, columns and joins a question is about. Start here.",
        takes={"question": TEXT, "connection": TEXT, "limit": COUNT},
        needs=("question",),
        gives={"connection": TEXT, "dialect": TEXT, "tables": LIST, "joins": LIST},
        arguments=Question,
        run=search_schema,
        slow=True,
    ),
    Tool(
        name="describe_tables",
        does="All columns, keys, comments and sample values of tables.",
        takes={"connection": TEXT, "tables": TEXTS},
        needs=("tables",),
        gives={"connection": TEXT, "dialect": TEXT, "tables": LIST},
        arguments=Names,
        run=describe_tables,
        slow=True,
    ),
    Tool(
        name="run_sql",
        does=(
            "Run one SQL statement that only reads, in the connection's dialect. Values go in "
            "parameters, written {{name}} in sql. A cursor brings the rows after a cut."
        ),
        takes={
            "connection": TEXT | {"description": "Name or id; may be left out if only one"},
            "sql": TEXT,
            "parameters": OBJECT,
            "limit": COUNT | {"default": results.ROWS},
            "cursor": TEXT,
        },
        needs=("sql",),
        gives=ANSWER,
        arguments=Statement,
        run=run_sql,
        slow=True,
    ),
)
