"""The charts of answers as pictures, and their tables as CSV."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.page.cells import header, lines, sheet
from api.page.door import Paged, Visitor, enter
from api.page.figures import grounded
from api.page.render import HEADERS
from api.wire import plain
from core.charts import Chart, Grid, Visualization
from core.chats import (
    ChatNotFound,
    Cited,
    Message,
    MessageNotFound,
    MessageStatus,
    Visualized,
)
from core.connections import Answer
from core.errors import NotFound
from core.identity import Actor
from core.ids import ChatId, MessageId

router = APIRouter(route_class=Paged, include_in_schema=False)

MOST_ROWS = 100_000
"""Rows of one CSV."""
ALREADY = 1.0
"""Seconds in which a running answer's chart has to be found: it was told before it is asked for."""
DAY = {**HEADERS, "cache-control": "private, max-age=86400, immutable"}


class FigureNotFound(NotFound):
    """There is no such table or chart in that answer."""


@router.get("/chats/{chat_id}/messages/{message_id}/{name}.svg")
async def show_chart(request: Request, chat_id: str, message_id: str, name: str) -> Response:
    """Show a chart, drawn for light or (`.dark.svg`) for dark ground."""
    visitor = await enter(request)
    message = await _message(visitor, chat_id, message_id)
    id, _, ground = name.partition(".")
    if message.status is MessageStatus.RUNNING:
        found = await _told(visitor, message.id, id)
    else:
        found = next((each for each in message.visualizations if each.id == id), None)
    if not isinstance(found, Chart):
        raise FigureNotFound
    svg = await visitor.core.drawing.svg(grounded(found, dark=ground == "dark"))
    return Response(svg, media_type="image/svg+xml", headers=DAY)


@router.get("/chats/{chat_id}/messages/{message_id}/{name}.csv")
async def download(request: Request, chat_id: str, message_id: str, name: str) -> Response:
    """Download a table: whole where its statement can be asked again, else what was kept."""
    visitor = await enter(request)
    message = await _message(visitor, chat_id, message_id)
    grid = next((each for each in message.visualizations if each.id == name), None)
    if not isinstance(grid, Grid):
        raise FigureNotFound
    cited = next((each for each in message.statements if each.result == grid.result), None)
    if not grid.truncated or cited is None or (cited.query_id is None and cited.values):
        body = sheet(grid.columns, grid.rows)
        return Response(body, media_type="text/csv", headers=named(grid.title))
    first = await _again(visitor, cited, None)
    return streamed(visitor, cited, first, grid.title)


def streamed(visitor: Visitor, cited: Cited, first: Answer, title: str | None) -> Response:
    """Return all that a statement answers as CSV; its first rows are known."""

    async def body() -> AsyncIterator[str]:
        columns = [(column.name, column.type) for column in first.columns]
        yield header(columns)
        answer, count = first, first.row_count
        yield lines(columns, answer.rows)
        while answer.cursor is not None and count < MOST_ROWS:
            answer = await _again(visitor, cited, answer.cursor)
            count += answer.row_count
            yield lines(columns, answer.rows)

    return StreamingResponse(body(), media_type="text/csv", headers=named(title))


async def _again(visitor: Visitor, cited: Cited, cursor: str | None) -> Answer:
    actor: Actor = visitor.actor
    if cited.query_id is not None:
        return await visitor.core.queries.run(
            actor,
            cited.query_id,
            parameters=cited.values,
            connection=cited.connection,
            cursor=cursor,
        )
    return await visitor.core.connections.run(actor, cited.connection, cited.sql, cursor=cursor)


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
