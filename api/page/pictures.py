"""The charts of answers as pictures, and their tables as CSV."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.page.cells import header, lines, sheet
from api.page.door import Paged, Visitor, enter
from api.page.figures import grounded
from api.page.render import HEADERS
from api.wire import plain
from core.app import VERSION
from core.charts import Chart, Grid, Visualization
from core.chats import (
    ChatNotFound,
    Cited,
    Message,
    MessageNotFound,
    MessageStatus,
    Visualized,
)
from core.connections import LENT, Answer, Lent
from core.errors import Conflict, NotFound
from core.identity import Actor
from core.ids import ChatId, MessageId

router = APIRouter(route_class=Paged, include_in_schema=False)

MOST_ROWS = 100_000
"""Rows of one CSV."""
ALREADY = 1.0
"""Seconds in which a running answer's chart has to be found: it was told before it is asked for."""
ASKED = {**HEADERS, "cache-control": "private, no-cache"}
"""A browser may keep a chart, but asks each time: whoever has signed out is shown none."""


class FigureNotFound(NotFound):
    """There is no such table or chart in that answer."""


class RowsGone(Conflict):
    """All of these rows cannot be had again: what they were read from is not known any more."""


class Source(NamedTuple):
    """Where a statement is asked again."""

    cited: Cited
    ref: str | Lent
    """The files of its chat, where it was asked of them."""


@router.get("/chats/{chat_id}/messages/{message_id}/{name}.svg")
async def show_chart(request: Request, chat_id: str, message_id: str, name: str) -> Response:
    """Show a chart, drawn for light or for dark ground (`.dark`), or for a phone (`.slim`)."""
    visitor = await enter(request)
    message = await _message(visitor, chat_id, message_id)
    id, *how = name.split(".")
    if message.status is MessageStatus.RUNNING:
        found = await _told(visitor, message.id, id)
    else:
        found = next((each for each in message.visualizations if each.id == id), None)
    if not isinstance(found, Chart):
        raise FigureNotFound
    mark = f'"{VERSION}-{name}"'
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers=ASKED | {"etag": mark})
    svg = await visitor.core.drawing.svg(grounded(found, dark="dark" in how), slim="slim" in how)
    return Response(svg, media_type="image/svg+xml", headers=ASKED | {"etag": mark})


@router.get("/chats/{chat_id}/messages/{message_id}/{name}.csv")
async def download(request: Request, chat_id: str, message_id: str, name: str) -> Response:
    """Download a table: whole where its statement can be asked again, else what was kept."""
    visitor = await enter(request)
    message = await _message(visitor, chat_id, message_id)
    grid = next((each for each in message.visualizations if each.id == name), None)
    if not isinstance(grid, Grid):
        raise FigureNotFound
    cited = next((each for each in message.statements if each.result == grid.result), None)
    saved = cited is not None and cited.query_id is not None and not cited.lent
    if not grid.truncated or cited is None or (cited.values and not saved):
        body = sheet(grid.columns, grid.rows)
        return Response(body, media_type="text/csv", headers=named(grid.title))
    source = Source(cited, await _ref(visitor, cited, message.chat_id))
    first = await _again(visitor, source, None)
    return streamed(visitor, source, first, grid.title)


def streamed(visitor: Visitor, source: Source, first: Answer, title: str | None) -> Response:
    """Return all that a statement answers as CSV; its first rows are known."""

    async def body() -> AsyncIterator[str]:
        columns = [(column.name, column.type) for column in first.columns]
        yield header(columns)
        answer, count = first, first.row_count
        yield lines(columns, answer.rows)
        while answer.cursor is not None and count < MOST_ROWS:
            answer = await _again(visitor, source, answer.cursor)
            count += answer.row_count
            yield lines(columns, answer.rows)

    return StreamingResponse(body(), media_type="text/csv", headers=named(title))


async def _ref(visitor: Visitor, cited: Cited, chat_id: ChatId) -> str | Lent:
    """Return what a statement was asked of: never another database that happens to be called so.

    Raises:
        RowsGone: the chat's files are gone, or were perhaps never meant.
    """
    if cited.lent:
        lent = await visitor.core.uploads.lent(visitor.actor, chat_id)
        if lent is None:
            raise RowsGone
        return lent
    if cited.lent is None and cited.connection == LENT:
        raise RowsGone
    return cited.connection


async def _again(visitor: Visitor, source: Source, cursor: str | None) -> Answer:
    actor: Actor = visitor.actor
    cited, ref = source
    if cited.query_id is not None and isinstance(ref, str):
        return await visitor.core.queries.run(
            actor,
            cited.query_id,
            parameters=cited.values,
            connection=ref,
            cursor=cursor,
        )
    return await visitor.core.connections.run(actor, ref, cited.sql, cursor=cursor)


def named(title: str | None) -> dict[str, str]:
    """Return the headers by which a browser keeps a CSV under its title."""
    from urllib.parse import quote  # noqa: PLC0415 - downloads alone

    name = "".join(sign if sign.isalnum() or sign in " -_" else " " for sign in title or "table")
    name = " ".join(name.split())[:80] or "table"
    return {
        **HEADERS,
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}.csv",
    }


async def _message(visitor: Visitor, chat_id: str, message_id: str) -> Message:
    id = ChatId(plain(chat_id, ChatNotFound))
    conversation = await visitor.core.chats.get(visitor.actor, id)
    for message in conversation.messages:
        if message.id == message_id:
            return message
    raise MessageNotFound


async def _told(visitor: Visitor, id: MessageId, name: str) -> Visualization | None:
    """Return a figure of an answer that is not finished, and so not kept yet."""
    events = await visitor.core.chats.follow(visitor.actor, id)
    try:
        async with asyncio.timeout(ALREADY):
            async for _number, event in events:
                if isinstance(event, Visualized) and event.visualization.id == name:
                    return event.visualization
    except TimeoutError:
        pass
    return None
