"""The tools: one table of what there is, and how a call finds its verb."""

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

from core.errors import CoreError, Limited
from mcp_server import connections, queries
from mcp_server.call import Call, Client, InputNeeded, Reply, Tool
from mcp_server.desk import Desk
from mcp_server.errors import broken, failed, misfit
from mcp_server.shapes import COMPLETE

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (*connections.TOOLS, *queries.TOOLS)}
"""Every tool by its name. One file per domain: `ask` and its kin will come from `chats`."""

LISTED: dict[str, Any] = {"tools": [tool.wire for tool in TOOLS.values()], **COMPLETE}
STRUCTURED = "2025-06-18"
"""The first protocol with structured content; before it, text is all there is."""
TICK = 1.0
"""Seconds between two signs of life from a long call."""

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
    try:
        core, actor = await ctx.lifespan_context.caller()
        call = Call(core, actor, Client(ctx, params), [])
        run = attended if tool.slow else unattended
        reply = await run(ctx, call, tool, params.arguments)
    except InputNeeded as needed:
        return needed.result
    except CoreError as refusal:
        return failed(refusal)
    except Exception as error:  # noqa: BLE001 - the edge: a bug is logged, and never shown
        return broken(error, during=tool.name)
    return answered(reply, structured=is_version_at_least(ctx.protocol_version, STRUCTURED))


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
    result: dict[str, Any] = {
        "content": [{"type": "text", "text": reply.text(not structured)}],
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


async def unattended(
    _ctx: Context, call: Call, tool: Tool, arguments: dict[str, Any] | None
) -> Reply:
    """Run what does not take long."""
    return await run(call, tool, arguments)


async def attended(ctx: Context, call: Call, tool: Tool, arguments: dict[str, Any] | None) -> Reply:
    """Run what may take long: tell the client now and then, and stop when it is gone."""
    outcome: Reply | Exception = CallAbandoned()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_tell, ctx, call)
        if ctx.request is not None and ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            tasks.start_soon(_watch, ctx, tasks.cancel_scope)
        try:
            outcome = await run(call, tool, arguments)
        except Exception as error:  # noqa: BLE001 - raised again outside, where it is no group
            outcome = error
        tasks.cancel_scope.cancel()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


async def _tell(ctx: Context, call: Call) -> None:
    begun = anyio.current_time()
    while True:
        await anyio.sleep(TICK)
        seconds = anyio.current_time() - begun
        doing = call.doing[-1] if call.doing else "working"
        await ctx.session.report_progress(seconds, None, f"{doing.capitalize()} ({seconds:.0f} s)")


async def _watch(ctx: Context, scope: anyio.CancelScope) -> None:
    """Stop a call of the older protocols when its response has nowhere to go.

    They would let a client take up a broken stream again; we keep no events, so it cannot, and
    the database would work for nobody. (The newer one cancels by itself.)
    """
    request = ctx.request
    while request is not None and (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
