"""An answer while it is written: its events as pieces of the page."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.analyst.events import plain_json
from api.errors import TooOften
from api.limits import Limits
from api.page.chats import ended
from api.page.door import Paged, Visitor, enter, expelled
from api.page.figures import figures
from api.page.readers import telling
from api.page.render import aside, html
from api.stream import Stream
from api.wire import plain
from core.charts import Visualization
from core.chats import (
    Begun,
    Done,
    Event,
    Failed,
    Message,
    MessageNotFound,
    Said,
    ToolReturned,
    ToolUsed,
    Visualized,
    Working,
)
from core.chats.doing import doing
from core.identity import Permission
from core.ids import MessageId

router = APIRouter(route_class=Paged, include_in_schema=False)

PACE = 0.06
"""Seconds for which pieces are gathered: sixteen looks a second are smooth."""
LATER = 0.25
"""Seconds after which is looked again whether what was said may be shown."""


@router.get("/messages/{message_id}/events")
async def follow(request: Request, message_id: str) -> Response:
    """Show an answer from its beginning, as far as it is, and then as it grows.

    A browser that comes back begins anew, so that nothing is shown twice or missing.
    """
    visitor = await enter(request)
    id = MessageId(plain(message_id, MessageNotFound))
    limits: Limits = request.app.state.limits
    places = limits.streams
    if places.full or not places.take(visitor.actor.member_id):
        raise TooOften("You are reading as many answers at once as you may; close some.")
    left = partial(places.leave, visitor.actor.member_id)
    try:
        events = await visitor.core.chats.follow(visitor.actor, id)
    except BaseException:
        left()
        raise
    sight = _Sight(visitor, id)
    return Stream(
        _frames(events, sight),
        left=left,
        silence=request.app.state.silence,
        expelled=partial(expelled, request),
        again=request.app.state.again,
    )


async def _frames(
    events: AsyncIterator[tuple[int, Event]], sight: "_Sight"
) -> AsyncGenerator[bytes, None]:
    """Yield what is new in each moment, as pieces of the page."""
    yield b"retry: 1000\n" + _frame("begin", {})
    async with aclosing(cast("AsyncGenerator[tuple[int, Event], None]", events)) as told:
        coming = asyncio.ensure_future(anext(told, None))
        try:
            while (first := await coming) is not None:
                sight.take(*first)
                coming = asyncio.ensure_future(anext(told, None))
                # What comes in the same moment is shown at once.
                until = _now() + PACE
                while not sight.whole and await _there(coming, until):
                    if (more := coming.result()) is None:
                        break
                    sight.take(*more)
                    coming = asyncio.ensure_future(anext(told, None))
                async for frame in sight.frames():
                    yield frame
                # What was said is shown even if nothing more is said for long.
                while sight.behind and not await _there(coming, _now() + LATER):
                    async for frame in sight.frames():
                        yield frame
        finally:
            coming.cancel()
            await asyncio.wait({coming})


async def _there(coming: asyncio.Future[Any], until: float) -> bool:
    await asyncio.wait({coming}, timeout=max(0.0, until - _now()))
    return coming.done()


def _now() -> float:
    return asyncio.get_running_loop().time()


class _Sight:
    """What a reader has seen of an answer, and what is new to them."""

    def __init__(self, visitor: Visitor, id: MessageId) -> None:
        self._visitor = visitor
        self._id = id
        self._chat_id = ""
        self._telling = telling(id)
        self._read = (0, 0)
        self._figures: list[Visualization] = []
        self._seen = 0
        self._doing = ""
        self.whole: Message | None = None

    @property
    def behind(self) -> bool:
        return self.whole is None and self._telling.behind

    def take(self, number: int, event: Event) -> None:
        match event:
            case Begun():
                self._chat_id = event.chat_id
            case Working() | ToolUsed() | ToolReturned():
                self._doing = doing(event)
            case Said():
                self._telling.say(number, event.text)
            case Visualized():
                self._figures.append(event.visualization)
            case Done() | Failed():
                self.whole = event.message

    async def frames(self) -> AsyncIterator[bytes]:
        if self.whole is not None:
            may_save = self._visitor.actor.may(Permission.QUERIES_WRITE)
            mark = self._visitor.mark
            said = await aside(partial(ended, self.whole, mark, may_save=may_save))
            yield _frame("end", {"html": said})
            return
        if self._doing:
            yield _frame("doing", {"text": self._doing})
            self._doing = ""
        await self._telling.look()
        grown, self._read = self._telling.since(self._read)
        if grown is not None:
            yield _frame("text", {"add": grown.add, "tail": grown.tail})
        if len(self._figures) > self._seen:
            # All of them: a chart goes before the table that it was made of.
            self._seen = len(self._figures)
            base = f"/chats/{self._chat_id}/messages/{self._id}"
            shape = figures(self._figures, base, whole=False)
            drawn = await aside(partial(html, "part/figures.html", figures=shape))
            yield _frame("figures", {"html": drawn})


def _frame(event: str, data: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (event.encode(), plain_json(data))
