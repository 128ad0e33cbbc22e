"""Saved queries: found, run, saved, rewritten."""

from functools import partial
from typing import Any, NamedTuple

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.hangup import unless_gone
from api.page.chats import around
from api.page.door import Paged, Visitor, enter, field, heard, page_number, wants_part
from api.page.figures import Picture, Table, inline, numeric
from api.page.forms import drafted
from api.page.pictures import streamed
from api.page.render import HEADERS, page
from api.wire import plain
from core.charts import suggest
from core.chats import ChatNotFound, Cited, MessageNotFound, Side
from core.chats.rows import Source, slotted
from core.connections import Answer
from core.errors import Conflict, CoreError, Denied, Invalid, NotFound
from core.identity import Permission
from core.ids import ChatId, QueryId
from core.page import PageAsked
from core.queries import Query, QueryChange, QueryDraft, QueryNotFound
from core.queries.inputs import Input, inputs, read_typed

router = APIRouter(route_class=Paged, include_in_schema=False)

SIZE = 50
SHOWN = 200
"""Rows of an answer that the page shows; the CSV has them all."""
WIDEST = 2_000
"""Cells of an answer from which on fewer rows are shown."""

FIELDS = {
    each: each for each in ("title", "prompt", "sql", "description", "keywords", "connection")
}
"""Of the form to save a query, by what the draft calls them."""


class Result(NamedTuple):
    """What a run answered, as the page shows it."""

    table: Table | None
    picture: Picture | None
    said: str
    sql: str
    cut: int
    """Cells that the ceilings cut."""


@router.get("/queries")
async def list_queries(request: Request) -> Response:
    """Show the saved queries, or those nearest to what is searched for."""
    visitor = await enter(request)
    words = request.query_params.get("q", "").strip()[:500]
    asked = PageAsked(number=page_number(request), size=SIZE)
    if words:
        found = await visitor.core.queries.search(visitor.actor, words, limit=SIZE)
        listed = None
    else:
        listed = await visitor.core.queries.list(visitor.actor, asked)
        found = listed.items
    values = await around(visitor, "queries")
    return page("queries.html", **values, queries=found, listed=listed, words=words)


@router.get("/queries/new")
async def begin_query(request: Request) -> Response:
    """Show the form to save a query, filled in from an answer where one is named."""
    visitor = await enter(request)
    visitor.actor.require(Permission.QUERIES_WRITE)
    asked = request.query_params
    values = {}
    if "chat" in asked:
        values = await _from_answer(visitor, asked["chat"], asked.get("message", ""), asked)
    return await _form(visitor, values, None)


@router.post("/queries/new")
async def create_query(request: Request) -> Response:
    """Save a query."""
    visitor, form = await heard(request)
    try:
        query = await visitor.core.queries.create(visitor.actor, QueryDraft(**drafted(form)))
    except ValidationError as error:
        return await _form(visitor, _typed(form), None, _first(error), _place(error))
    except (Invalid, Conflict, NotFound) as refusal:
        return await _form(visitor, _typed(form), None, refusal.message, _place(refusal))
    return _to(f"/queries/{query.id}")


@router.get("/queries/{query_id}")
async def show_query(request: Request, query_id: str) -> Response:
    """Show a saved query, with a form for its parameters."""
    visitor = await enter(request)
    query = await visitor.core.queries.get(visitor.actor, _query(query_id))
    return await _shown(visitor, query, {}, None)


@router.post("/queries/{query_id}/run")
async def run_query(request: Request, query_id: str) -> Response:
    """Run a saved query with the values of the form."""
    visitor, form = await heard(request)
    query = await visitor.core.queries.get(visitor.actor, _query(query_id))
    typed = {name: field(form, f"p.{name}") for name in query.parameters}
    values = read_typed(typed, await _inputs(visitor, query))
    connection = field(form, "connection") or None
    said, result = "", None
    try:
        asking = visitor.core.queries.run(
            visitor.actor, query.id, parameters=values, connection=connection
        )
        answer = await unless_gone(request, asking)
        if field(form, "as") == "csv":
            cited = Cited(
                result="r1",
                connection=answer.connection,
                sql=answer.sql,
                values=values,
                query_id=query.id,
                row_count=answer.row_count,
                lent=False,
            )
            return streamed(visitor, Source(cited, cited.connection), answer, query.title)
        result = await _result(visitor, query, answer)
    except CoreError as refusal:
        if isinstance(refusal, Denied):
            raise
        # The form stays as it was filled in, whatever was wrong with it.
        said = refusal.message
    if wants_part(request):
        return page("part/result.html", result=result, said=said, status=400 if said else 200)
    return await _shown(visitor, query, typed, connection, result=result, said=said)


@router.get("/queries/{query_id}/edit")
async def change_query(request: Request, query_id: str) -> Response:
    """Show the form to rewrite a query."""
    visitor = await enter(request)
    visitor.actor.require(Permission.QUERIES_WRITE)
    query = await visitor.core.queries.get(visitor.actor, _query(query_id))
    values = {
        "title": query.title,
        "prompt": query.prompt,
        "sql": query.sql or "",
        "description": query.description or "",
        "keywords": ", ".join(query.keywords),
        "connection": query.connection_id or "",
    }
    return await _form(visitor, values, query)


@router.post("/queries/{query_id}/edit")
async def update_query(request: Request, query_id: str) -> Response:
    """Rewrite a query."""
    visitor, form = await heard(request)
    query = await visitor.core.queries.get(visitor.actor, _query(query_id))
    try:
        change = QueryChange(**drafted(form))
        await visitor.core.queries.update(visitor.actor, query.id, change)
    except ValidationError as error:
        return await _form(visitor, _typed(form), query, _first(error), _place(error))
    except (Invalid, Conflict, NotFound) as refusal:
        return await _form(visitor, _typed(form), query, refusal.message, _place(refusal))
    return _to(f"/queries/{query.id}")


@router.post("/queries/{query_id}/delete")
async def delete_query(request: Request, query_id: str) -> Response:
    """Forget a query."""
    visitor, _form = await heard(request)
    await visitor.core.queries.delete(visitor.actor, _query(query_id))
    return _to("/queries")


async def _inputs(visitor: Visitor, query: Query) -> list[Input]:
    return inputs(query, await visitor.core.queries.blanks(visitor.actor, query.id))


async def _result(visitor: Visitor, query: Query, answer: Answer) -> Result:
    columns = [(column.name, column.type) for column in answer.columns]
    most = max(20, min(SHOWN, WIDEST // max(1, len(columns))))
    cut = answer.truncated
    more = cut is not None and (cut.rows or cut.bytes)
    count = f"{answer.row_count:,} row{'' if answer.row_count == 1 else 's'}"
    if more:
        count = f"the first {count}; there are more"
    if answer.row_count > most:
        count = f"{most} of {count}"
    table = picture = None
    if answer.rows:
        head = answer.rows[:most]
        table = Table(None, tuple(columns), numeric(columns), head, "", None)
        # Some thousands of rows are looked through: others are served meanwhile.
        chart = await to_thread.run_sync(
            partial(suggest, columns, answer.rows, title=query.title, sql=answer.sql)
        )
        picture = None if chart is None else await inline(visitor.core.drawing, chart)
    said = f"{count}, {answer.duration_ms:,.0f} ms, from {answer.connection}"
    return Result(table, picture, said, answer.sql, 0 if cut is None else cut.cells)


async def _shown(
    visitor: Visitor,
    query: Query,
    typed: dict[str, str],
    connection: str | None,
    *,
    result: Result | None = None,
    said: str = "",
) -> Response:
    connections = await visitor.core.connections.list(visitor.actor, PageAsked(size=200))
    return page(
        "query.html",
        status=400 if said else 200,
        **await around(visitor, "queries"),
        query=query,
        inputs=await _inputs(visitor, query),
        typed=typed,
        connections=connections.items,
        connection=connection or query.connection_id,
        result=result,
        said=said,
    )


async def _form(
    visitor: Visitor,
    values: dict[str, str],
    query: Query | None,
    said: str = "",
    wrong: str = "",
) -> Response:
    visitor.actor.require(Permission.QUERIES_WRITE)
    connections = await visitor.core.connections.list(visitor.actor, PageAsked(size=200))
    return page(
        "query_form.html",
        status=400 if said else 200,
        **await around(visitor, "queries"),
        values=values,
        query=query,
        said=said,
        wrong=wrong,
        connections=connections.items,
    )


async def _from_answer(
    visitor: Visitor, chat_id: str, message_id: str, asked: Any
) -> dict[str, str]:
    """Return what an answer's statement says about the query that it could become."""
    id = ChatId(plain(chat_id, ChatNotFound))
    conversation = await visitor.core.chats.get(visitor.actor, id)
    question = ""
    for message in conversation.messages:
        if message.side is Side.USER:
            question = message.content
        if message.id == message_id:
            for cited in message.statements:
                if cited.result == asked.get("result"):
                    sql, note = slotted(cited)
                    return {
                        "title": (cited.title or conversation.chat.title)[:200],
                        "prompt": question[:10_000],
                        "sql": sql,
                        "connection": cited.connection,
                        "note": note,
                    }
    raise MessageNotFound


def _typed(form: FormData) -> dict[str, str]:
    return {name: each for name, each in form.items() if isinstance(each, str)}


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]).capitalize() if first["loc"] else "The form"
    return f"{name}: {first['msg'].removeprefix('Value error, ')}."


def _place(error: ValidationError | CoreError) -> str:
    """Return the field of the form that an error is about."""
    match error:
        case ValidationError():
            loc = error.errors()[0]["loc"]
            return FIELDS.get(str(loc[0]), "title") if loc else "title"
        case NotFound():
            return "connection"
        case Conflict():
            return "title"
    return "sql"


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers=HEADERS)


def _query(id: str) -> QueryId:
    return QueryId(plain(id, QueryNotFound))
