"""Resources: what a connection holds, and saved queries, to be read and attached by people."""

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from anyio import to_thread
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp_types import INVALID_PARAMS, PaginatedRequestParams, ReadResourceRequestParams

from core.ids import ChatId, QueryId
from core.page import PageAsked
from mcp_server import chats, outline
from mcp_server.apps import chart
from mcp_server.desk import Desk
from mcp_server.shapes import COMPLETE

if TYPE_CHECKING:
    from core.app import Core
    from core.identity import Actor

Context = ServerRequestContext[Desk, Any]

PAGE = 100
"""Resources that are listed at once."""
ROOM = 80_000
"""Characters of one resource; hosts refuse more than about 25,000 tokens."""
JSON, TEXT = "application/json", "text/plain"

TEMPLATES: dict[str, Any] = {
    "resourceTemplates": [
        {
            "uriTemplate": "schema://{connection}",
            "name": "schema",
            "description": "The tables of a connection",
            "mimeType": TEXT,
        },
        {
            "uriTemplate": "schema://{connection}/{table}",
            "name": "table",
            "description": "Columns, keys, comments and sample values of a table",
            "mimeType": TEXT,
        },
        {
            "uriTemplate": "query://{id}",
            "name": "query",
            "description": "A saved query",
            "mimeType": JSON,
        },
        {
            "uriTemplate": "chat://{id}",
            "name": "chat",
            "description": "A chat of yours with everything said in it",
            "mimeType": TEXT,
        },
    ],
    **COMPLETE,
}


class Address(NamedTuple):
    """A resource's address, taken apart."""

    scheme: str
    first: str
    second: str | None


async def list_templates(_ctx: Context, _params: PaginatedRequestParams) -> dict[str, Any]:
    """Return the shapes of addresses; they are the same for everybody."""
    return TEMPLATES


async def list_resources(ctx: Context, params: PaginatedRequestParams) -> dict[str, Any]:
    """Return a page of what the caller's organization has.

    Raises:
        MCPError: the cursor is none of ours.
    """
    number = page_number(params.cursor)
    core, actor = await ctx.lifespan_context.caller()
    connections = await core.connections.list(actor, PageAsked(number=number, size=PAGE))
    queries = await core.queries.list(actor, PageAsked(number=number, size=PAGE))
    resources = [
        {
            "uri": f"schema://{quote(each.name, safe='')}",
            "name": each.name,
            "description": each.description or f"The tables of {each.name} ({each.dialect})",
            "mimeType": TEXT,
        }
        for each in connections.items
    ]
    resources += [
        {
            "uri": f"query://{each.id}",
            "name": each.title,
            "description": each.description or each.prompt[:300],
            "mimeType": JSON,
        }
        for each in queries.items
    ]
    said = await core.chats.list(actor, PageAsked(number=number, size=PAGE))
    resources += [
        {
            "uri": f"chat://{each.id}",
            "name": each.title,
            "description": each.preview,
            "mimeType": TEXT,
        }
        for each in said.items
    ]
    more = connections.has_more or queries.has_more or said.has_more
    listed = {"resources": resources, **COMPLETE}
    return listed | ({"nextCursor": str(number + 1)} if more else {})


async def read_resource(ctx: Context, params: ReadResourceRequestParams) -> dict[str, Any]:
    """Return what is at an address.

    Raises:
        MCPError: the address is of no shape of ours.
    """
    uri = params.uri
    if uri == chart.URI:
        # The same for everybody, and made once.
        page = await to_thread.run_sync(chart.page)
        return {"contents": [{"uri": uri, "mimeType": chart.MIME, "text": page}], **COMPLETE}
    core, actor = await ctx.lifespan_context.caller()
    match address(uri):
        case Address("schema", name, None):
            text, kind = await _schema(core, actor, name), TEXT
        case Address("schema", name, str(table)):
            text, kind = await _table(core, actor, name, table), TEXT
        case Address("query", id, None):
            text = (await core.queries.get(actor, QueryId(id))).model_dump_json()
            kind = JSON
        case Address("chat", id, None):
            text, kind = await _chat(core, actor, id), TEXT
        case _:
            raise MCPError(INVALID_PARAMS, f"There is no resource {uri[:200]!r}")
    return {"contents": [{"uri": uri, "mimeType": kind, "text": text}], **COMPLETE}


def address(uri: str) -> Address:
    """Return the parts of *uri*, decoded; empty ones where it is not of our shape."""
    scheme, _, rest = uri.partition("://")
    first, slash, second = rest.partition("/")
    return Address(scheme, unquote(first), unquote(second) if slash else None)


def page_number(cursor: str | None) -> int:
    """Return which page a cursor stands for.

    Raises:
        MCPError: it is none of ours.
    """
    if cursor is None:
        return 1
    if not (cursor.isascii() and cursor.isdigit() and 1 < int(cursor) < 1_000_000):  # noqa: PLR2004
        raise MCPError(INVALID_PARAMS, "There is no such cursor; list from the beginning.")
    return int(cursor)


async def _schema(core: "Core", actor: "Actor", name: str) -> str:
    schema = await core.connections.schema(actor, name)
    return outline.everything(schema, most=ROOM)


async def _chat(core: "Core", actor: "Actor", id: str) -> str:
    found = await core.chats.get(actor, ChatId(id))
    said = "\n\n".join(f"{each.side}: {chats.spoken(each)}" for each in found.messages)
    return f"{found.chat.title}\n\n{said[-ROOM:]}"


async def _table(core: "Core", actor: "Actor", name: str, table: str) -> str:
    schema = await core.connections.schema(actor, name)
    (found,) = await core.connections.describe(actor, name, [table])
    return outline.full(found, schema.default)[:ROOM]
