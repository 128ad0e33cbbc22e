"""The databases that may be asked: how they are, and what they hold; never how they are entered."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.page.chats import around
from api.page.door import Paged, enter, heard
from api.page.render import HEADERS, page
from api.wire import plain
from core.connections import ConnectionFailed, ConnectionNotFound
from core.identity import Permission
from core.page import PageAsked

router = APIRouter(route_class=Paged, include_in_schema=False)

SHOWN = 100
"""Tables on one page."""


@router.get("/connections")
async def list_connections(request: Request) -> Response:
    """Show every connection."""
    visitor = await enter(request)
    found = await visitor.core.connections.list(visitor.actor, PageAsked(size=None))
    values = await around(visitor, "connections")
    may_add = visitor.actor.may(Permission.CONNECTIONS_WRITE)
    return page("connections.html", **values, connections=found.items, may_add=may_add)


@router.get("/connections/{connection_id}")
async def show_connection(request: Request, connection_id: str) -> Response:
    """Show what a connection holds, as far as it was discovered."""
    visitor = await enter(request)
    core, actor = visitor.core, visitor.actor
    ref = plain(connection_id, ConnectionNotFound)
    words = request.query_params.get("q", "").strip()[:200]
    tables, said = [], ""
    try:
        schema = await core.connections.schema(actor, ref)
        tables = [
            table
            for table in schema.tables
            if words.casefold() in f"{table.schema}.{table.name}".casefold()
            or any(words.casefold() in column.name.casefold() for column in table.columns)
        ]
    except ConnectionFailed as refusal:
        said = refusal.message
    # Afterwards: it may have been discovered just now.
    connection = await core.connections.get(actor, ref)
    return page(
        "connection.html",
        **await around(visitor, "connections"),
        connection=connection,
        tables=tables[:SHOWN],
        found=len(tables),
        words=words,
        said=said,
    )


@router.post("/connections/{connection_id}/{verb}")
async def look_at(request: Request, connection_id: str, verb: str) -> Response:
    """Test a connection, or read its catalogue anew; what was seen stands on its page."""
    visitor, _form = await heard(request)
    ref = plain(connection_id, ConnectionNotFound)
    try:
        match verb:
            case "test":
                await visitor.core.connections.test(visitor.actor, ref)
            case "discover":
                await visitor.core.connections.discover(visitor.actor, ref)
            case _:
                raise ConnectionNotFound("A connection can be tested and discovered.")
    except ConnectionFailed:
        pass  # its problem is remembered, and shown where we go
    return RedirectResponse("/connections", 303, headers=HEADERS)
