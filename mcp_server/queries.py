"""Saved queries as tools."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from core.ids import QueryId
from mcp_server import results
from mcp_server.call import Arguments, Call, Reply, Tool
from mcp_server.connections import Limit
from mcp_server.errors import misfit
from mcp_server.shapes import ANSWER, COUNT, LIST, OBJECT, TEXT, TEXTS, maybe

if TYPE_CHECKING:
    from core.connections import Answer
    from core.queries import Query

M = TypeVar("M", bound=BaseModel)

FOUND = 10
"""Queries that are found unless another number is asked for."""


class Words(Arguments):
    """What the question is about."""

    question: Annotated[str, Field(min_length=1, max_length=4_000)]
    limit: Annotated[int, Field(ge=1, le=50)] | None = None


class Run(Arguments):
    """Which query, with which values."""

    query: Annotated[str, Field(min_length=1, max_length=1_000)]
    parameters: dict[str, Any] | None = None
    connection: str | None = None
    limit: Limit = None
    cursor: Annotated[str, Field(max_length=200)] | None = None


class Draft(Arguments):
    """A new query; how long each may be is the domain's to say."""

    title: str
    prompt: str
    sql: str | None = None
    description: str | None = None
    keywords: list[str] | None = None
    connection: str | None = None


class Change(Arguments):
    """Which query, and the fields to rewrite."""

    query: Annotated[str, Field(min_length=1, max_length=1_000)]
    title: str | None = None
    prompt: str | None = None
    sql: str | None = None
    description: str | None = None
    keywords: list[str] | None = None
    connection: str | None = None


class Which(Arguments):
    """Which query."""

    query: Annotated[str, Field(min_length=1, max_length=1_000)]


async def search_queries(call: Call, asked: Words) -> Reply:
    """Return the saved queries nearest to a question."""
    found = await call.core.queries.search(call.actor, asked.question, limit=asked.limit or FOUND)

    def text(_whole: bool) -> str:
        if not found:
            return "No saved query fits; write SQL, and save it if it may be asked again."
        return results.lines(f"{len(found)} saved queries, best first", map(_line, found))

    return Reply({"queries": [_facts(query) for query in found]}, text)


async def run_query(call: Call, asked: Run) -> Reply:
    """Return what a saved query answers; whoever is there is asked for parameters it lacks."""
    from core.connections import ParametersMissing  # noqa: PLC0415 - the core is open by now

    call.doing.append("running the query")
    parameters = asked.parameters or {}
    try:
        answer = await _run(call, asked, parameters)
    except ParametersMissing as refusal:
        said = await call.ask(f"“{asked.query}” needs values.", refusal.names)
        if said is None:
            raise
        answer = await _run(call, asked, {**parameters, **_typed(said)})
    return results.reply(answer)


async def save_query(call: Call, asked: Draft) -> Reply:
    """Save a question and, where there is one, the SQL that answers it."""
    from core.queries import QueryDraft  # noqa: PLC0415 - the core is open by now

    draft = _record(QueryDraft, asked.model_dump(exclude_none=True), tool="save_query")
    return _kept("Saved", await call.core.queries.create(call.actor, draft))


async def update_query(call: Call, asked: Change) -> Reply:
    """Rewrite the given fields of a query."""
    from core.queries import QueryChange  # noqa: PLC0415 - the core is open by now

    fields = asked.model_dump(exclude_unset=True, exclude={"query"})
    kept = {name: value for name, value in fields.items() if value is not None or name in EMPTIED}
    if kept.get("keywords", ()) is None:
        kept["keywords"] = ()
    query = await call.core.queries.find(call.actor, asked.query)
    change = _record(QueryChange, kept, tool="update_query")
    return _kept("Updated", await call.core.queries.update(call.actor, query.id, change))


async def delete_query(call: Call, asked: Which) -> Reply:
    """Forget a query."""
    query = await call.core.queries.find(call.actor, asked.query)
    await call.core.queries.delete(call.actor, QueryId(query.id))
    return Reply({"deleted": query.id}, lambda _whole: f"Deleted “{query.title}”.")


EMPTIED = frozenset({"sql", "description", "keywords"})
"""Fields of a query that null empties; for the others null says nothing."""


async def _run(call: Call, asked: Run, parameters: Mapping[str, Any]) -> "Answer":
    async def ask(limit: int) -> "Answer":
        return await call.core.queries.run(
            call.actor,
            asked.query,
            parameters=parameters,
            connection=asked.connection,
            limit=limit,
            cursor=asked.cursor,
            bytes=results.BYTES,
        )

    return await results.fitting(ask, asked.limit)


def _typed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Read what was typed into a form as people mean it: numbers as numbers, dates as dates."""
    from core.connections.values import read_value  # noqa: PLC0415 - the core is open by now

    return {
        name: read_value(value) if isinstance(value, str) else value for name, value in said.items()
    }


def _record(kind: type[M], fields: Mapping[str, Any], *, tool: str) -> M:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise misfit(tool, kind.model_fields, error) from None


def _kept(done: str, query: "Query") -> Reply:
    return Reply(_facts(query), lambda _whole: f"{done}: {_line(query)}")


def _facts(query: "Query") -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": query.id,
        "title": query.title,
        "prompt": query.prompt,
        "sql": query.sql,
        "parameters": query.parameters,
    }
    more = {
        "description": query.description,
        "keywords": query.keywords,
        "connection_id": query.connection_id,
    }
    return facts | {name: fact for name, fact in more.items() if fact not in (None, (), "")}


def _line(query: "Query") -> str:
    takes = f" ({', '.join(query.parameters)})" if query.parameters else ""
    about = query.description or query.prompt
    return f"{query.title}{takes}: {about[:300]} [{query.id}]"


QUERY: dict[str, Any] = {
    "id": TEXT,
    "title": TEXT,
    "prompt": TEXT,
    "parameters": LIST,
}
WHICH = TEXT | {"description": "Id or title"}
WRITTEN: dict[str, Any] = {
    "title": TEXT,
    "prompt": TEXT,
    "sql": TEXT,
    "description": TEXT,
    "keywords": TEXTS,
    "connection": TEXT,
}

TOOLS = (
    Tool(
        name="search_queries",
        does="Find saved queries that answer a question; they are reviewed, so prefer them.",
        takes={"question": TEXT, "limit": COUNT},
        needs=("question",),
        gives={"queries": LIST},
        arguments=Words,
        run=search_queries,
    ),
    Tool(
        name="run_query",
        does="Run a saved query.",
        takes={
            "query": WHICH,
            "parameters": OBJECT,
            "connection": TEXT,
            "limit": COUNT,
            "cursor": TEXT,
        },
        needs=("query",),
        gives=ANSWER,
        arguments=Run,
        run=run_query,
        slow=True,
    ),
    Tool(
        name="save_query",
        does="Save a question, and the SQL that answers it with {{name}} for values that vary.",
        takes=WRITTEN,
        needs=("title", "prompt"),
        gives=QUERY,
        arguments=Draft,
        run=save_query,
        reads=False,
        repeatable=False,
    ),
    Tool(
        name="update_query",
        does="Rewrite fields of a saved query; null empties sql, description or keywords.",
        takes={"query": WHICH} | WRITTEN | {"sql": maybe(TEXT)},
        needs=("query",),
        gives=QUERY,
        arguments=Change,
        run=update_query,
        reads=False,
        destroys=True,
    ),
    Tool(
        name="delete_query",
        does="Delete a saved query.",
        takes={"query": WHICH},
        needs=("query",),
        gives={"deleted": TEXT},
        arguments=Which,
        run=delete_query,
        reads=False,
        destroys=True,
    ),
)
