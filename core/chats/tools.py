"""What the analyst can do: look, ask and show, over the same services and rights as every door."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from core.chats import reading
from core.chats.desk import Arguments, Desk, Reply, Result, Tool, failed
from core.chats.outlines import described, outlined, saved
from core.chats.showing import CHART, TABLE
from core.connections import (
    Answer,
    ConnectionAmbiguous,
    ConnectionFailed,
    ConnectionNotFound,
    Lent,
    ParameterInvalid,
    ParameterMisnamed,
    ParameterMisplaced,
    ParametersMissing,
    ParametersUnknown,
    StatementFailed,
    StatementRefused,
    StatementTimedOut,
    TableUnknown,
)
from core.errors import CoreError
from core.page import PageAsked
from core.queries import Query, QueryNotFound

CONNECTIONS = 50
"""Connections that are listed."""
TABLES = 8
"""Tables that are found unless more are asked for."""
BYTES = 2_000_000
"""Bytes of one result: a turn keeps all of its own, and many turns run at once."""
SQL = 4_000
"""Characters of a saved query's SQL that a model reads."""
FORBIDDEN = frozenset({"42501", "1044", "1045", "1142", "1143", "1370"})
"""What PostgreSQL, MySQL and MariaDB call a login that may not read something."""

Name = Annotated[str, Field(max_length=300)]
ConnectionName = Annotated[
    Name | None, Field(default=None, description="name; the chosen or only one if left out")
]
Values = Annotated[
    dict[str, Any] | None, Field(default=None, description="values of the {{parameters}}, by name")
]


class Nothing(Arguments):
    """No arguments."""


class Looked(Arguments):
    """What to look for in a schema."""

    question: Annotated[str, Field(min_length=1, max_length=2_000)]
    connection: ConnectionName
    limit: Annotated[int, Field(ge=1, le=30)] = TABLES


class Named(Arguments):
    """Which tables."""

    tables: Annotated[list[Name], Field(min_length=1, max_length=12)]
    connection: ConnectionName


class Words(Arguments):
    """What to look for among the saved queries."""

    text: Annotated[str, Field(min_length=1, max_length=2_000)]


class Saved(Arguments):
    """A saved query, and its values."""

    query: Annotated[str, Field(min_length=1, max_length=200, description="title or id")]
    parameters: Values
    connection: ConnectionName


class Statement(Arguments):
    """A statement, and its values."""

    sql: Annotated[str, Field(min_length=1, max_length=50_000)]
    parameters: Values
    connection: ConnectionName


class More(Arguments):
    """Which rows of a result."""

    result: Annotated[str, Field(description="such as r1")]
    first: Annotated[int, Field(ge=1, description="number of the first row wanted, from 1")]


async def list_connections(desk: Desk, _given: Nothing) -> Reply:
    """Return the connections of the actor's organization."""
    page = await desk.parts.connections.list(desk.actor, PageAsked(size=CONNECTIONS))
    lines = [
        f"{each.name} ({each.dialect}, {each.status}"
        + ("" if each.tables is None else f", {each.tables} tables")
        + ")"
        + (f": {each.description[:200]}" if each.description else "")
        for each in page.items
    ]
    if desk.lent is not None:
        lines.append(f"{desk.lent.name} ({desk.lent.address.dialect}): the files of this chat")
    if not lines:
        return Reply("There is no connection: an admin has yet to add a database.")
    count = len(lines)
    return Reply(f"{count} connection{'' if count == 1 else 's'}:", "\n".join(lines))


async def search_schema(desk: Desk, given: Looked) -> Reply:
    """Return the tables that a question is about."""
    ref = desk.ref(given.connection)
    try:
        found = await desk.parts.connections.search(
            desk.actor, given.question, ref=ref, limit=given.limit
        )
        if not found.tables:
            return Reply(
                f"None of the {found.total} tables of {found.connection} is about that.",
                hint="Try other words, other connections, or say that you could not find it.",
            )
        schema = await desk.parts.connections.schema(desk.actor, ref)
    except CoreError as refusal:
        return unasked(refusal)
    head = f"{len(found.tables)} of {found.total} tables of {found.connection} ({found.dialect}):"
    return Reply(head, outlined(found, schema.default))


async def describe_tables(desk: Desk, given: Named) -> Reply:
    """Return everything known of the named tables."""
    ref = desk.ref(given.connection)
    try:
        connection = await desk.parts.connections.get(desk.actor, ref)
        tables = await desk.parts.connections.describe(desk.actor, ref, given.tables)
        schema = await desk.parts.connections.schema(desk.actor, ref)
    except CoreError as refusal:
        return unasked(refusal)
    text = "\n".join(described(each, schema.default) for each in tables)
    return Reply(f"{connection.name} ({connection.dialect}):", text)


async def search_queries(desk: Desk, given: Words) -> Reply:
    """Return the saved queries nearest in meaning."""
    near = await desk.parts.queries.search(desk.actor, given.text, limit=5)
    if not near:
        return Reply("No saved query is about that.")
    return Reply(
        f"{len(near)} saved quer{'y' if len(near) == 1 else 'ies'}:",
        "\n\n".join(saved(each, sql=SQL) for each in near),
        "Run one with run_query if it answers exactly what is asked; else learn from its SQL.",
    )


async def run_query(desk: Desk, given: Saved) -> Reply:
    """Run a saved query."""
    try:
        query = await desk.parts.queries.find(desk.actor, given.query)
    except QueryNotFound as refusal:
        return failed("There is no such saved query:", data=refusal.message)
    if query.sql is None:
        said = f"{query.title[:200]}\n{query.prompt[:2_000]}"
        return failed("This saved query has no SQL; write your own:", data=said)
    if spent(desk):
        return given_up(desk)
    ref = desk.ref(given.connection) if given.connection else query.connection_id or desk.ref(None)
    values = given.parameters or {}
    return await _asked(desk, ref, query.sql, values, query)


async def run_sql(desk: Desk, given: Statement) -> Reply:
    """Run a statement."""
    if spent(desk):
        return given_up(desk)
    return await _asked(desk, desk.ref(given.connection), given.sql, given.parameters or {}, None)


async def read_rows(desk: Desk, given: More) -> Reply:
    """Return more rows of a result that is on the desk."""
    result = desk.results.get(given.result.strip("[] "))
    if result is None:
        return missing(desk, given.result)
    if given.first > result.answer.row_count:
        return failed(f"{result.mark} has {result.answer.row_count} rows.")
    return shown(result, first=given.first - 1)


async def _asked(
    desk: Desk, ref: Any, sql: str, values: dict[str, Any], query: Query | None
) -> Reply:
    try:
        if query is not None and (ref is None or isinstance(ref, str)):
            answer = await desk.parts.queries.run(
                desk.actor, query.id, parameters=values, connection=ref, bytes=BYTES
            )
        else:
            answer = await desk.parts.connections.run(
                desk.actor, ref, sql, parameters=values, bytes=BYTES
            )
    except CoreError as refusal:
        desk.fail()
        left = max(0, desk.bounds.repairs + 1 - desk.failures)
        return unanswered(refusal, left)
    desk.failures = 0
    return shown(desk.keep(answer, values, query, sql=sql, lent=isinstance(ref, Lent)))


def shown(result: Result, *, first: int = 0) -> Reply:
    """Return a result as the model reads it."""
    answer = result.answer
    if not answer.rows:
        return Reply(
            f"{result.mark}: no rows. The statement ran, and nothing fits its conditions.",
            f"columns: {', '.join(name for name, _type in answer.columns)}"[:2_000],
            "Nothing was held back. Check the conditions (spelling, dates, joins) before you say "
            "that there is none.",
            summary=f"{result.mark}: no rows",
        )
    text, here = reading.rows(answer, first=first)
    said = reading.counted(answer, here, first=first)
    hint = ""
    if here < answer.row_count or _cut(answer):
        hint = "Do not count or add up what you read: let the database aggregate, or narrow it."
        if first + here < answer.row_count:
            hint += " read_rows brings the next; show_table shows the person all."
    return Reply(
        f"{result.mark}: {said}, from {answer.connection}",
        text,
        hint,
        summary=f"{result.mark}: {said.partition(';')[0]}",
    )


def unanswered(refusal: CoreError, left: int) -> Reply:
    """Return why a statement has no result, so that the model can tell what to do about it."""
    more = f"You may try {left} more time{'' if left == 1 else 's'}."
    if not left:
        more = "Do not try again: tell the person what you tried, and what went wrong."
    match refusal:
        case StatementFailed() if forbidden(refusal):
            head = "This login may not see that:"
            more = "That is not the same as no rows: say that it is not allowed, and what you need."
        case StatementFailed():
            head = "The database did not take the statement:"
            more = f"Repair it and run it again. {more}"
        case StatementRefused():
            head = "Trellis does not run this, whoever asks: only one statement that reads."
            more = f"Do not try to get around it; ask in plain SELECTs. {more}"
        case StatementTimedOut():
            head = "This took too long and was stopped:"
            more = f"Narrow it, aggregate, or use fewer joins. {more}"
        case (
            ParametersMissing()
            | ParametersUnknown()
            | ParameterInvalid()
            | ParameterMisplaced()
            | ParameterMisnamed()
        ):
            head = "The parameters do not fit:"
        case _:
            return unasked(refusal)
    return failed(head, data=refusal.message, hint=more)._replace(summary=refusal.message)


def unasked(refusal: CoreError) -> Reply:
    """Return why a connection or a table cannot be asked."""
    match refusal:
        case ConnectionNotFound() | ConnectionAmbiguous():
            return failed("Which connection?", data=refusal.message)
        case TableUnknown():
            hint = "It does not exist, or this login may not see it; from here both look the same."
            return failed("There is no such table to be seen:", data=refusal.message, hint=hint)
        case ConnectionFailed():
            hint = "This says nothing about the data. Say that the database cannot be reached."
            return failed("The database does not answer:", data=refusal.message, hint=hint)
        case _:
            said = failed("This did not work:", data=refusal.message)
            return said._replace(summary=refusal.message)


def forbidden(refusal: StatementFailed) -> bool:
    """Return whether a database says that its login may not read something."""
    said = refusal.message.lower()
    return (refusal.state or "") in FORBIDDEN or "permission denied" in said


def spent(desk: Desk) -> bool:
    """Return whether too many statements in a row have failed."""
    return desk.failures > desk.bounds.repairs


def given_up(desk: Desk) -> Reply:
    """Return why no statement runs any more."""
    return failed(
        f"Not run: it has failed {desk.failures} times in a row.",
        hint="Tell the person what you tried and what the database said.",
    )


def missing(desk: Desk, mark: str) -> Reply:
    """Return that there is no such result, and which there are."""
    there = ", ".join(desk.results) or "none yet"
    return failed(f"There is no result {mark[:20]!r}; there is {there}.")


def _cut(answer: Answer) -> bool:
    return answer.truncated is not None and (answer.truncated.rows or answer.truncated.bytes)


def registered(*tools: Tool) -> Mapping[str, Tool]:
    """Return the tools by name.

    Raises:
        ValueError: one of them would write or call out; every turn reads what strangers wrote.
    """
    if writing := [tool.name for tool in tools if not tool.reads_only]:
        raise ValueError(f"a turn may only read: {', '.join(writing)}")
    return {tool.name: tool for tool in tools}


TOOLS = registered(
    Tool(
        "list_connections",
        "The databases that can be asked.",
        Nothing,
        list_connections,
        reads_only=True,
    ),
    Tool(
        "search_schema",
        "Find the tables, columns and joins that a question is about.",
        Looked,
        search_schema,
        reads_only=True,
    ),
    Tool(
        "describe_tables",
        "All columns, types, keys, comments and sample values of tables.",
        Named,
        describe_tables,
        reads_only=True,
    ),
    Tool(
        "search_queries",
        "Find saved queries: questions that members have answered before, with checked SQL.",
        Words,
        search_queries,
        reads_only=True,
    ),
    Tool(
        "run_query",
        "Run a saved query. Its result gets a mark: r1, r2, …",
        Saved,
        run_query,
        reads_only=True,
    ),
    Tool(
        "run_sql",
        "Run one SELECT in the connection's dialect. Write values of the question as {{name}} and "
        "give them in parameters. Aggregate and sort in SQL. Its result gets a mark: r1, r2, …",
        Statement,
        run_sql,
        reads_only=True,
    ),
    Tool(
        "read_rows",
        "Read further rows of a result; only its first rows were told.",
        More,
        read_rows,
        reads_only=True,
    ),
    TABLE,
    CHART,
)
