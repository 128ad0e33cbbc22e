"""The tools: one table of what there is, and how a call finds its verb."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import anyio
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    InputRequiredResult,
    PaginatedRequestParams,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS, is_version_at_least
from pydantic import ValidationError
from starlette.types import Receive

from core.errors import CoreError, Limited
from mcp_server import charts, chats, connections, pipelines, queries
from mcp_server.call import Call, Client, InputNeeded, Reply, Tool
from mcp_server.desk import Desk
from mcp_server.errors import broken, failed, misfit
from mcp_server.shapes import COMPLETE

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for room in (connections, queries, chats, charts, pipelines)
    for tool in room.TOOLS
}
"""Every tool by its name; one file per domain."""

LISTED: dict[str, Any] = {"tools": [tool.wire for tool in TOOLS.values()], **COMPLETE}
STRUCTURED = "2025-06-18"
"""The first protocol with structured content; before it, text is all there is."""
SOON = 0.05
"""Seconds after which a call is attended to."""
TICK = 1.0
"""Seconds between two signs of life."""

Context = ServerRequestContext[Desk, Any]


class CallAbandoned(Limited):
    """The caller went away, so the call was stopped."""


async def list_tools(_ctx: Context, _params: PaginatedRequestParams) -> dict[str, Any]:
    """Return every tool; the list is the same for everybody."""
    return LISTED


async def call_tool(
    ctx: Context, params: CallToolRequestParams
) -> dict[str, Any] | InputRequiredResult:
    """Run a tool; a refusal is an answer that helps, a bug is an apology.

    Raises:
        MCPError: there is no such tool.
    """
    tool = named(params.name)
    structured = is_version_at_least(ctx.protocol_version, STRUCTURED)
    try:
        core, actor = await ctx.lifespan_context.caller()
        call = Call(core, actor, Client(ctx, params), [])
        with attended(ctx, call) if tool.slow else nullcontext():
            return await outcome(call, tool, params.arguments, structured=structured)
    except InputNeeded as needed:
        return needed.result
    except CoreError as refusal:
        return failed(refusal)
    return failed(CallAbandoned())


async def outcome(
    call: Call, tool: Tool, arguments: dict[str, Any] | None, *, structured: bool
) -> dict[str, Any]:
    """Return the result of a tool as it travels, refused or broken ones too.

    Args:
        call: for whom.
        tool: what is called.
        arguments: as they came.
        structured: whether the client reads structured content; otherwise all of it is text.

    Raises:
        InputNeeded: the client must ask its member first.
    """
    try:
        reply = await run(call, tool, arguments)
    except InputNeeded:
        raise
    except CoreError as refusal:
        return failed(refusal)
    except Exception as error:  # noqa: BLE001 - the edge: a bug is logged, and never shown
        return broken(error, during=tool.name)
    return answered(reply, structured=structured)


def named(name: str) -> Tool:
    """Return the tool of that name.

    Raises:
        MCPError: there is none.
    """
    tool = TOOLS.get(name)
    if tool is None:
        there = ", ".join(TOOLS)
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {name[:100]}. There are {there}.")
    return tool


def answered(reply: Reply, *, structured: bool) -> dict[str, Any]:
    """Return the result of a tool on the wire; old clients get all of it as text."""
    pictures = [
        {"type": "image", "data": b64encode(each).decode(), "mimeType": "image/png"}
        for each in reply.pictures
    ]
    result: dict[str, Any] = {
        "content": [{"type": "text", "text": reply.text(not structured)}, *pictures],
        "isError": False,
        **COMPLETE,
    }
    return result | ({"structuredContent": reply.structured} if structured else {})


async def run(call: Call, tool: Tool, arguments: dict[str, Any] | None) -> Reply:
    """Run *tool* once its arguments are found to fit.

    Raises:
        ArgumentsInvalid: they do not; each is named.
        CoreError: whatever the tool's verb refuses.
    """
    try:
        asked = tool.arguments.model_validate(arguments or {})
    except ValidationError as error:
        raise misfit(tool.name, tool.takes, error) from None
    return await tool.run(call, asked)


@contextmanager
def attended(ctx: Context, call: Call) -> Iterator[None]:
    """Attend to a call that lasts: tell its client now and then, and stop it when that is gone.

    Most calls are over before anybody has to.
    """
    tasks: list[asyncio.Task[None]] = []

    def attend() -> None:
        tasks.append(loop.create_task(_tell(ctx, call)))
        if ctx.request is not None and ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            tasks.append(loop.create_task(watch(ctx.request.receive, scope)))

    loop = asyncio.get_running_loop()
    soon = loop.call_later(SOON, attend)
    with anyio.CancelScope() as scope:
        try:
            yield
        finally:
            soon.cancel()
            for task in tasks:
                task.cancel()


async def _tell(ctx: Context, call: Call) -> None:
    begun = anyio.current_time() - SOON
    while True:
        await anyio.sleep(TICK)
        seconds = anyio.current_time() - begun
        doing = call.doing[-1] if call.doing else "working"
        await ctx.session.report_progress(seconds, None, f"{doing.capitalize()} ({seconds:.0f} s)")


async def watch(receive: Receive, scope: anyio.CancelScope) -> None:
    """Cancel *scope* when the client of an HTTP request hangs up.

    The older protocols would let a client take up a broken stream again; we keep no events, so it
    cannot, and the database would work for nobody. (The SDK itself watches for the newer one.)
    """
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
