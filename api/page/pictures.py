"""The charts of answers as pictures, and their tables as CSV."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.page.door import Paged, Visitor, enter
from api.page.figures import grounded
from api.page.render import HEADERS
from api.wire import plain
from core.app import VERSION
from core.charts import Chart, Grid, Visualization
from core.chats import ChatNotFound, Message, MessageNotFound, MessageStatus, Visualized
from core.chats.rows import Source, again, repeatable, source_of, written
from core.connections import Answer
from core.errors import NotFound
from core.ids import ChatId, MessageId
from core.sheets.written import filename, sheet

router = APIRouter(route_class=Paged, include_in_schema=False)

MOST_ROWS = 100_000
"""Rows of one CSV."""
ALREADY = 1.0
"""Seconds in which a running answer's chart has to be found: it was told before it is asked for."""
ASKED = {**HEADERS, "cache-control": "private, no-cache"}
"""A browser may keep a chart, but asks each time: whoever has signed out is shown none."""


class FigureNotFound(NotFound):
    """There is no such table or chart in that answer."""


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
    if not grid.truncated or cited is None or not repeatable(cited):
        body = sheet(grid.columns, grid.rows)
        return Response(body, media_type="text/csv", headers=named(grid.title))
    source = await source_of(visitor.core, visitor.actor, cited, message.chat_id)
    first = await again(visitor.core, visitor.actor, source)
    return streamed(visitor, source, first, grid.title)


def streamed(visitor: Visitor, source: Source, first: Answer, title: str | None) -> Response:
    """Return all that a statement answers as CSV; its first rows are known."""
    body = written(visitor.core, visitor.actor, source, first, most=MOST_ROWS)
    return StreamingResponse(body, media_type="text/csv", headers=named(title))


def named(title: str | None) -> dict[str, str]:
    """Return the headers by which a browser keeps a CSV under its title."""
    from urllib.parse import quote  # noqa: PLC0415 - downloads alone

    return {
        **HEADERS,
        "content-disposition": f"attachment; filename*=UTF-8''{quote(filename(title))}.csv",
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
