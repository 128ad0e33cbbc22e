"""Completion: what may be typed where a prompt or an address has a gap."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mcp.server.context import ServerRequestContext
from mcp_types import CompleteRequestParams, PromptReference

from core.errors import CoreError
from core.page import PageAsked
from mcp_server import outline
from mcp_server.desk import Desk
from mcp_server.prompts import prompt_named
from mcp_server.shapes import COMPLETE

if TYPE_CHECKING:
    from core.app import Core
    from core.connections import Schema
    from core.identity import Actor

MOST = 100
"""Values in one answer, by the protocol."""

Context = ServerRequestContext[Desk, Any]


async def complete(ctx: Context, params: CompleteRequestParams) -> dict[str, Any]:
    """Return the values that go on from what was typed."""
    typed, argument = params.argument.value, params.argument.name
    context = (params.context and params.context.arguments) or {}
    core, actor = await ctx.lifespan_context.caller()
    if isinstance(params.ref, PromptReference):
        values = await _of_prompt(core, actor, params.ref.name, argument)
    else:
        values = await _of_address(core, actor, argument, context.get("connection"))
    fits = _fitting(values, typed)
    body = {"values": fits[:MOST], "total": len(fits), "hasMore": len(fits) > MOST}
    return {"completion": body, **COMPLETE}


async def _of_prompt(core: "Core", actor: "Actor", name: str, argument: str) -> Iterable[str]:
    """Return the sample values of columns that are called like a parameter of a saved query."""
    query = await prompt_named(core, actor, name)
    if query is None or argument not in query.parameters:
        return ()
    try:
        schema = await core.connections.schema(actor, query.connection_id)
    except CoreError:
        return ()  # no connection to look into, or not now: there is nothing to offer
    return _samples(schema, argument, query.sql or "")


async def _of_address(
    core: "Core", actor: "Actor", argument: str, connection: str | None
) -> Iterable[str]:
    everything = PageAsked(size=None)
    match argument:
        case "connection":
            return [each.name for each in (await core.connections.list(actor, everything)).items]
        case "table" if connection:
            try:
                schema = await core.connections.schema(actor, connection)
            except CoreError:
                return ()  # it is not there, or does not answer
            return [outline.named(table, schema.default) for table in schema.tables]
        case "id":
            return [each.id for each in (await core.queries.list(actor, everything)).items]
        case _:
            return ()


def _samples(schema: "Schema", parameter: str, sql: str) -> Iterator[str]:
    """Return values of columns that *parameter* may mean, of tables that *sql* names first."""
    wanted = _bare(parameter)
    named = sql.casefold()

    def rank(found: tuple[str, str]) -> tuple[bool, bool]:
        table, column = found
        return (table.casefold() not in named, _bare(column) != wanted)

    meant = [
        (rank((table.name, column)), values)
        for table in schema.tables
        for column, values in table.samples.items()
        if wanted and (_bare(column) == wanted or _bare(column).endswith(wanted))
    ]
    for _rank, values in sorted(meant, key=lambda each: each[0]):
        yield from values


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _fitting(values: Iterable[str], typed: str) -> list[str]:
    """Return what begins with *typed*, then what holds it, each once."""
    part = typed.casefold()
    every = dict.fromkeys(values)
    first = [value for value in every if value.casefold().startswith(part)]
    return first + [value for value in every if part in value.casefold() and value not in first]
