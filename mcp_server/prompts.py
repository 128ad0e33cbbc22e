"""Prompts: every saved query, to be picked by name and filled in by a person."""

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp_types import INVALID_PARAMS, GetPromptRequestParams, PaginatedRequestParams

from core.page import PageAsked
from mcp_server.desk import Desk
from mcp_server.resources import page_number
from mcp_server.results import compact
from mcp_server.shapes import COMPLETE

if TYPE_CHECKING:
    from core.app import Core
    from core.identity import Actor
    from core.queries import Query

Context = ServerRequestContext[Desk, Any]

PAGE = 200
"""Prompts that are listed at once."""
LONGEST = 60
"""Characters of a name."""
MARK = 6
"""Characters of a query's id that tell apart what is called the same."""


async def list_prompts(ctx: Context, params: PaginatedRequestParams) -> dict[str, Any]:
    """Return a page of the organization's saved queries as prompts.

    Raises:
        MCPError: the cursor is none of ours.
    """
    number = page_number(params.cursor)
    named = await prompts(*await ctx.lifespan_context.caller())
    there = list(named.items())
    shown = there[(number - 1) * PAGE : number * PAGE]
    listed = {"prompts": [_prompt(name, query) for name, query in shown], **COMPLETE}
    return listed | ({"nextCursor": str(number + 1)} if number * PAGE < len(there) else {})


async def get_prompt(ctx: Context, params: GetPromptRequestParams) -> dict[str, Any]:
    """Return a saved query as a message that has it run with the given arguments.

    Raises:
        MCPError: there is none of that name, or an argument is missing or unknown.
    """
    query = await prompt_named(*await ctx.lifespan_context.caller(), params.name)
    if query is None:
        raise MCPError(INVALID_PARAMS, f"There is no prompt {params.name[:200]!r}")
    given = {name: value for name, value in (params.arguments or {}).items() if value != ""}
    if missing := [name for name in query.parameters if name not in given]:
        raise MCPError(INVALID_PARAMS, f"Missing arguments: {', '.join(missing)}")
    if unknown := [name[:100] for name in given if name not in query.parameters]:
        raise MCPError(INVALID_PARAMS, f"Unknown arguments: {', '.join(unknown)}")
    message = {"role": "user", "content": {"type": "text", "text": _asked(query, given)}}
    return {"description": query.description or query.title, "messages": [message], **COMPLETE}


async def prompts(core: "Core", actor: "Actor") -> dict[str, "Query"]:
    """Return the organization's queries by the names of their prompts.

    A name is the title in small letters. Where titles look the same the oldest query has it, and
    the others end in a piece of their id, which also finds the oldest: so a name that was once
    handed out goes on meaning the same query for as long as its title stays.
    """
    page = await core.queries.list(actor, PageAsked(size=None))
    named: dict[str, Query] = {}
    for query in sorted(page.items, key=lambda each: (each.created_at, each.id)):
        name = slug(query.title)
        named[name if name and name not in named else marked(name, query.id)] = query
    order = sorted(named.items(), key=lambda each: (each[1].title, each[0]))
    return dict(order)


async def prompt_named(core: "Core", actor: "Actor", name: str) -> "Query | None":
    """Return the query whose prompt has that name."""
    named = await prompts(core, actor)
    if (query := named.get(name)) is not None:
        return query
    every = named.values()
    return next((query for query in every if marked(slug(query.title), query.id) == name), None)


def slug(title: str) -> str:
    """Return a title as a name: small letters and digits of any script, joined by underscores."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    return re.sub(r"\W+", "_", plain).strip("_")[:LONGEST].rstrip("_")


def marked(name: str, id: str) -> str:
    """Return a name that no other query has."""
    return f"{name or 'query'}_{id.replace('-', '')[:MARK]}"


def _prompt(name: str, query: "Query") -> dict[str, Any]:
    arguments: Sequence[dict[str, Any]] = [
        {"name": each, "required": True} for each in query.parameters
    ]
    listed: dict[str, Any] = {
        "name": name,
        "title": query.title,
        "description": query.description or query.prompt[:300],
    }
    return listed | ({"arguments": arguments} if arguments else {})


def _asked(query: "Query", given: dict[str, str]) -> str:
    if query.sql is None:
        return f"{query.prompt}\n\n(This is the saved query “{query.title}”, id {query.id}.)"
    values = f" and parameters {compact(given)}" if given else ""
    return (
        f"{query.prompt}\n\nAnswer it with the saved query “{query.title}”: call run_query with "
        f"query {compact(query.id)}{values}."
    )
