"""The server: which handler answers which request, whatever carries it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp_types import (
    CallToolRequestParams,
    CompleteRequestParams,
    GetPromptRequestParams,
    NotificationParams,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    SubscriptionsListenRequestParams,
)
from pydantic import ValidationError
from typing_extensions import override

from core.correlation import begin
from core.errors import CoreError
from mcp_server import completion, prompts, resources, tools
from mcp_server.apps.chart import EXTENSION
from mcp_server.desk import Desk, Opening, manned
from mcp_server.errors import bug, thrown
from mcp_server.notices import Notices

if TYPE_CHECKING:
    from core.app import Core
    from core.identity import Actor

VERSION = "0.1.0"

INSTRUCTIONS = """\
Trellis answers questions from the organization's databases, read-only.
1. search_queries first: a saved query that fits is reviewed; run it with run_query.
2. Else search_schema for the tables, then run_sql in that connection's dialect. Draw with \
make_chart.
Put values into parameters ({{name}} in the SQL), never into the SQL text. Aggregate in SQL rather \
than fetching many rows. An error says what would work: repair the statement and try again.
Save what is worth asking again with save_query. ask hands a whole question to Trellis' own \
analyst; get_chat brings an answer that took longer. run_pipeline does work of many steps."""

PATIENCE = 45.0
"""Seconds: hosts drop a call after about 60."""
HOUR, MINUTE = 3_600_000, 60_000
HINTS: dict[Any, CacheHint] = {
    "server/discover": CacheHint(HOUR, "public"),
    "tools/list": CacheHint(HOUR, "public"),
    "resources/templates/list": CacheHint(HOUR, "public"),
    "prompts/list": CacheHint(MINUTE, "private"),
    "resources/list": CacheHint(MINUTE, "private"),
    "resources/read": CacheHint(0, "private"),
}
"""How long a client may keep a list, in milliseconds; a notice of change ends that at once."""


class TrellisServer(Server[Desk]):
    """The SDK's server, which also tells sessions of the older protocols what changed."""

    @override
    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """Return what `initialize` promises: notices when prompts and resources change."""
        promised = NotificationOptions(prompts_changed=True, resources_changed=True)
        return super().create_initialization_options(
            notification_options or promised, experimental_capabilities, extensions
        )


def create_server(
    opening: Opening, *, later: bool = False, traced: bool = False, patience: float = PATIENCE
) -> TrellisServer:
    """Return the server that speaks for the core of *opening*.

    Args:
        opening: how the core is opened.
        later: whether it is opened by the first call that needs it, rather than at once.
        traced: whether every message is a span of OpenTelemetry; worth its price only where
            somebody exports them.
        patience: seconds after which a question hands back its chat instead of an answer.
    """
    notices = Notices()

    @asynccontextmanager
    async def lifespan(_server: Server[Desk]) -> AsyncIterator[Desk]:
        async with manned(_noticed(opening, notices), later=later, patience=patience) as desk:
            yield desk

    server = TrellisServer(
        "trellis",
        version=VERSION,
        title="Trellis",
        instructions=INSTRUCTIONS,
        cache_hints=HINTS,
        lifespan=lifespan,
        # No argument is mirrored into a header, so there is no schema to hold headers against.
        get_tool_input_schema=lambda _name: None,
    )
    server.extensions = {EXTENSION: {}}
    if not traced:
        server.middleware.clear()
    server.middleware.append(_edge)
    add = server.add_request_handler
    add("tools/list", PaginatedRequestParams, tools.list_tools)
    add("tools/call", CallToolRequestParams, tools.call_tool)
    add("resources/list", PaginatedRequestParams, resources.list_resources)
    add("resources/templates/list", PaginatedRequestParams, resources.list_templates)
    add("resources/read", ReadResourceRequestParams, resources.read_resource)
    add("prompts/list", PaginatedRequestParams, prompts.list_prompts)
    add("prompts/get", GetPromptRequestParams, prompts.get_prompt)
    add("completion/complete", CompleteRequestParams, completion.complete)
    add("subscriptions/listen", SubscriptionsListenRequestParams, notices.listen)
    server.add_notification_handler("notifications/initialized", NotificationParams, notices.greet)
    return server


def _noticed(
    opening: Opening, notices: Notices
) -> Callable[[], AbstractAsyncContextManager["tuple[Core, Actor | None]"]]:
    """Return *opening*, with *notices* attending to the core from the moment it is open."""

    @asynccontextmanager
    async def opened() -> AsyncIterator["tuple[Core, Actor | None]"]:
        async with opening() as seat:
            notices.attend(seat[0])
            yield seat

    return opened


async def _edge(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Give every request an id, and let nothing out but answers and errors of the protocol."""
    if ctx.request is None:
        begin()  # on HTTP whoever took the request has begun it
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except CoreError as refusal:
        raise thrown(refusal) from refusal
    except Exception as error:
        raise bug(error, during=ctx.method) from error
