"""Questions and their answers over HTTP, as server-sent events."""

import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, Self

from fastapi import APIRouter, Header, Query, Request
from pydantic import Field, JsonValue
from starlette.responses import Response

from api.actor import Caller, TheCore
from api.analyst.events import expelled, farewell, pieces
from api.body import Guarded
from api.errors import Refused, TooOften
from api.limits import ASK, Limits
from api.stream import Stream
from api.wire import failing, plain, shown
from core.chats import ChatNotFound, ChatTitle, Event, MessageNotFound, Question, Side, Text
from core.identity import Actor, Surface
from core.ids import ChatId, MessageId, ProjectId, QueryId, UploadId
from core.projects import ProjectNotFound
from core.queries import QueryNotFound
from core.record import Record

router = APIRouter(
    prefix="/v1/chats", tags=["chats"], route_class=Guarded, responses=failing(401, 403, 503)
)

CHAT = "1f0c9f43-6f1c-4f3e-9a54-8d3f6f0b5c21"
EVENT_ID = re.compile(r"([A-Za-z0-9_-]{1,100}):([0-9]{1,9})")
STREAMED = f"""\
id: 8d8e…:1
event: chat_metadata
data: {{"id":"{CHAT}","user_message_id":"c2a1…"}}

id: 8d8e…:2
event: processing
data: {{"status":"starting"}}

id: 8d8e…:3
event: visualization
data: {{"id":"a1B2c3D4e5","type":"chart","chart_type":"bar","title":"Revenue by month",\
"data":{{"values":[{{"label":"2025-01","value":1412.5}}]}},"vega_lite":{{}}}}

id: 8d8e…:4
event: text_delta
data: {{"content":"Revenue was 1,412.50."}}

id: 8d8e…:5
event: message
data: {{"content":"Revenue was 1,412.50.","id":"8d8e…"}}

"""
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer as it comes: `chat_metadata` first, then `processing`, "
        "`text_delta`, `visualization` (and `tool_call` and `tool_result`, where asked for), and "
        "at the end `message` or `error`. A comment keeps the connection open after 15 s of "
        "silence.",
        "content": {"text/event-stream": {"example": STREAMED}},
    }
}
Tools = Annotated[bool | None, Field(description="Tell which tools are used, and what they say.")]
LastEventId = Annotated[
    str | None,
    Header(
        description="The id of the last event that arrived. Nothing is asked again: the answer "
        "goes on after that event, from memory if it ended a moment ago."
    ),
]


class AskIn(Record):
    """What a member says, and how it is to be answered."""

    message: Text
    chat_id: str | None = Field(default=None, description="None begins a chat.")
    integration_id: str | None = Field(default=None, description="The database to be asked.")
    project_id: str | None = None
    title: ChatTitle | None = Field(default=None, description="What a new chat is called.")
    model: str | None = Field(default=None, description="The id of a model; see `GET /v1/models`.")
    upload_ids: Annotated[tuple[str, ...], Field(max_length=20)] | None = None
    saved_query_id: str | None = Field(
        default=None, description="A saved query that answers; one with SQL needs no model."
    )
    parameters: dict[str, JsonValue] | None = Field(
        default=None, description="A value for each `{{placeholder}}` of the saved query."
    )
    include_tool_events: Tools = False

    model_config = shown(
        {"message": "Monthly revenue for 2025"},
        {"message": "And by region?", "chat_id": CHAT, "include_tool_events": True},
    )

    def question(self) -> Question:
        """Return it in the words of the core."""
        return Question(
            text=self.message,
            chat_id=None if self.chat_id is None else chat_of(self.chat_id),
            connection=self.integration_id,
            project_id=None
            if self.project_id is None
            else ProjectId(plain(self.project_id, ProjectNotFound)),
            title=self.title,
            model=self.model,
            upload_ids=tuple(UploadId(each) for each in self.upload_ids or ()),
            query_id=None
            if self.saved_query_id is None
            else QueryId(plain(self.saved_query_id, QueryNotFound)),
            parameters=dict(self.parameters or {}),
        )


class EditIn(Record):
    """What a member says instead."""

    content: Text
    integration_id: str | None = None
    model: str | None = None
    include_tool_events: Tools = False

    model_config = shown({"content": "Monthly revenue for 2024"})

    def question(self, chat_id: ChatId) -> Question:
        """Return it in the words of the core."""
        return Question(
            text=self.content, chat_id=chat_id, connection=self.integration_id, model=self.model
        )


@router.post("", response_class=Response, responses=EVENTS | failing(400, 404, 409, 413, 429))
async def ask(
    request: Request, core: TheCore, caller: Caller, asked: AskIn, last_event_id: LastEventId = None
) -> Stream:
    """Ask; the answer is streamed. Without `chat_id` a chat is created.

    What can be refused is refused before the stream begins. Hanging up stops the model's and the
    database's work; whoever comes back within half a second with `Last-Event-ID` misses nothing.
    """
    with _Place(request, caller) as place:
        if last_event_id:
            id, after = _parsed(last_event_id)
            events = await core.chats.follow(caller, id, after)
        else:
            limits_of(request).hit(ASK, caller.member_id)
            turn = await core.chats.ask(caller, asked.question())
            id, events = turn.id, turn.listen()
        return place.stream(events, id, tools=bool(asked.include_tool_events))


@router.patch(
    "/{chat_id}/messages/{message_id}",
    response_class=Response,
    responses=EVENTS | failing(400, 404, 409, 413, 429),
)
async def edit(
    request: Request,
    core: TheCore,
    caller: Caller,
    chat_id: str,
    message_id: str,
    asked: EditIn,
    last_event_id: LastEventId = None,
) -> Stream:
    """Ask something else instead of an earlier question: it and what came after it go.

    The answer is streamed as for a new question; `chat_metadata` tells the new question's id.
    """
    with _Place(request, caller) as place:
        if last_event_id:
            id, after = _parsed(last_event_id)
            events = await core.chats.follow(caller, id, after)
        else:
            limits_of(request).hit(ASK, caller.member_id)
            question = asked.question(chat_of(chat_id))
            turn = await core.chats.edit(caller, message_of(message_id), question)
            id, events = turn.id, turn.listen()
        return place.stream(events, id, tools=bool(asked.include_tool_events))


@router.get(
    "/{chat_id}/messages/{message_id}/events",
    response_class=Response,
    responses=EVENTS | failing(400, 404, 429),
)
async def follow(
    request: Request,
    core: TheCore,
    caller: Caller,
    chat_id: str,
    message_id: str,
    include_tool_events: Annotated[
        bool, Query(description="Tell which tools are used, and what they say.")
    ] = False,
    last_event_id: LastEventId = None,
) -> Stream:
    """Read an answer's events from the first on, or after `Last-Event-ID`: for an `EventSource`.

    The id is the answer's, which every event's id begins with. An answer that ended long ago, or
    that another process writes, is told by its end alone.
    """
    after = 0
    if last_event_id:
        last, after = _parsed(last_event_id)
        if last != message_id:
            raise MessageNotFound
    there = await core.chats.get(caller, chat_of(chat_id))
    id = message_of(message_id)
    if not any(each.id == id and each.side is Side.ASSISTANT for each in there.messages):
        raise MessageNotFound
    with _Place(request, caller) as place:
        events = await core.chats.follow(caller, id, after)
        return place.stream(events, id, tools=include_tool_events, retry=True)


class _Place:
    """A member's place for one more stream: given back at its end, or at once if none begins."""

    def __init__(self, request: Request, actor: Actor) -> None:
        limits: Limits = request.app.state.limits
        self._places = limits.streams
        self._silence: float = request.app.state.silence
        self._again: float = request.app.state.again
        _scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        self._known = partial(
            request.app.state.core.identity.by_credential, credential.strip(), Surface.API
        )
        self._whose = actor.member_id
        self._streams = False

    def __enter__(self) -> Self:
        if self._places.full:
            raise Refused(
                503, "The server is busy; try again in a moment.", "busy", {"retry-after": "1"}
            )
        if not self._places.take(self._whose):
            raise TooOften("You are reading as many answers at once as you may; close some.")
        return self

    def __exit__(self, *_error: object) -> None:
        if not self._streams:
            self._places.leave(self._whose)

    def stream(
        self,
        events: AsyncIterator[tuple[int, Event]],
        id: MessageId,
        *,
        tools: bool,
        retry: bool = False,
    ) -> Stream:
        """Return the stream of a turn's events, which keeps the place until it ends."""
        self._streams = True
        return Stream(
            pieces(events, id, tools=tools, retry=retry),
            farewell=farewell,
            left=lambda: self._places.leave(self._whose),
            silence=self._silence,
            expelled=partial(expelled, self._known),
            again=self._again,
        )


def limits_of(request: Request) -> Limits:
    """Return what counts how often somebody knocks."""
    limits: Limits = request.app.state.limits
    return limits


def chat_of(id: str) -> ChatId:
    """Return an id that may be a chat's; what cannot be one is not found without a look."""
    return ChatId(plain(id, ChatNotFound))


def message_of(id: str) -> MessageId:
    """Return an id that may be a message's; what cannot be one is not found without a look."""
    return MessageId(plain(id, MessageNotFound))


def _parsed(last_event_id: str) -> tuple[MessageId, int]:
    """Return the answer that an event's id names, and the event's number in it."""
    found = EVENT_ID.fullmatch(last_event_id.strip())
    if found is None:
        raise MessageNotFound
    return MessageId(found[1]), int(found[2])
