"""Asking, and what was asked before."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.limits import ASK, FOLLOWUPS, FOLLOWUPS_BURST, Limits
from api.page.door import Paged, Visitor, enter, field, heard, no, page_number, wants_part
from api.page.figures import figures
from api.page.render import HEADERS, aside, html, page
from api.wire import plain
from core.charts import Grid
from core.chats import (
    ChatNotFound,
    Message,
    MessageNotFound,
    MessageStatus,
    Question,
    Side,
    Turn,
    Verdict,
)
from core.errors import Conflict, CoreError, Invalid
from core.identity import Permission
from core.ids import ChatId, MessageId, QueryId
from core.models import ModelNotConfigured
from core.page import PageAsked
from core.queries import QueryNotFound

router = APIRouter(route_class=Paged, include_in_schema=False)

LATEST = 40
"""Messages of a chat that are shown at once; a link shows the earlier ones."""
MOST = 100_000
"""Characters and cells of them; the last question and answer are shown at any length."""
RECENT = 30
"""Chats beside every page."""
PATIENCE = 10.0
"""Seconds that a browser without our script waits for an answer; then it is shown what there is."""
OFFERED = 6
"""Saved queries on an empty page."""


class ChatWentOn(Conflict):
    """The chat went on in another window; here is all of it. Your question was not asked yet."""


class Answered(NamedTuple):
    """An answer as the page shows it."""

    message: Message
    figures: list[Any]
    base: str
    """Its address."""
    running: bool


class Exchange(NamedTuple):
    """A question and its answer."""

    question: Message | None
    answer: Answered | None


async def around(visitor: Visitor, here: str) -> dict[str, Any]:
    """Return what stands around every page: who is there, and their latest chats.

    Args:
        here: which of the rooms is shown: ask, chats, queries, pipelines or connections.
    """
    recent = await visitor.core.chats.list(visitor.actor, PageAsked(size=RECENT))
    return {
        "actor": visitor.actor,
        "mark": visitor.mark,
        "here": here,
        "recent": recent.items,
        "more_chats": recent.has_more,
        "may_save": visitor.actor.may(Permission.QUERIES_WRITE),
        "chat": None,
    }


@router.get("/")
async def home(request: Request) -> Response:
    """Show where to ask, and what may be asked."""
    visitor = await enter(request)
    offered = await visitor.core.queries.list(visitor.actor, PageAsked(size=OFFERED))
    return page(
        "home.html",
        **await around(visitor, "ask"),
        **await _asking(visitor),
        offered=offered.items,
        offered_more=offered.has_more,
    )


@router.get("/warm")
async def warm(request: Request) -> Response:
    """Start what draws charts, while the first question is still being typed."""
    visitor = await enter(request)
    with suppress(CoreError):
        await visitor.core.drawing.warm()
    return Response(status_code=204, headers=HEADERS)


@router.get("/chats")
async def list_chats(request: Request) -> Response:
    """Show every chat, a page at a time."""
    visitor = await enter(request)
    asked = PageAsked(number=page_number(request))
    found = await visitor.core.chats.list(visitor.actor, asked)
    return page("chats.html", **await around(visitor, "chats"), found=found)


@router.get("/chats/{chat_id}")
async def show_chat(request: Request, chat_id: str) -> Response:
    """Show a chat as it was left."""
    visitor = await enter(request)
    conversation = await visitor.core.chats.get(visitor.actor, _chat(chat_id))
    values = await around(visitor, "ask")
    begin, end = window(conversation.messages, request.query_params.get("before"))
    making = partial(
        page,
        "chat.html",
        **values | {"chat": conversation.chat},
        **await _asking(visitor),
        exchanges=exchanges(conversation.messages[begin:end]),
        earlier=begin,
        last=conversation.messages[-1].id if conversation.messages else "",
        files=await visitor.core.uploads.list(visitor.actor, conversation.chat.id),
        before=conversation.messages[begin].id if begin else "",
        later=len(conversation.messages) - end,
    )
    return await aside(making)


@router.post("/ask")
async def ask(request: Request) -> Response:
    """Ask; the answer is listened to at its own address."""
    visitor, form = await heard(request)
    question = _question(form)
    if question.chat_id is not None and "seen" in form:
        conversation = await visitor.core.chats.get(visitor.actor, question.chat_id)
        last = conversation.messages[-1].id if conversation.messages else ""
        if field(form, "seen") != last:
            # Whoever asks on has to see what they ask on from.
            refusal = no(request, ChatWentOn())
            refusal.headers["x-reload"] = "1"
            return refusal
    request.app.state.limits.hit(ASK, visitor.actor.member_id)
    turn = await visitor.core.chats.ask(visitor.actor, question)
    return await _begun(request, visitor, turn)


@router.post("/chats/{chat_id}/messages/{message_id}/edit")
async def edit(request: Request, chat_id: str, message_id: str) -> Response:
    """Ask again from a question on."""
    visitor, form = await heard(request)
    question = _question(form).model_copy(update={"chat_id": _chat(chat_id)})
    request.app.state.limits.hit(ASK, visitor.actor.member_id)
    turn = await visitor.core.chats.edit(visitor.actor, _message(message_id), question)
    return await _begun(request, visitor, turn)


@router.post("/chats/{chat_id}/interrupt")
async def interrupt(request: Request, chat_id: str) -> Response:
    """Stop the answer that is being written."""
    visitor, _form = await heard(request)
    await visitor.core.chats.interrupt(visitor.actor, _chat(chat_id))
    if wants_part(request):
        return Response(status_code=204, headers=HEADERS)
    await visitor.core.chats.wait(visitor.actor, _chat(chat_id), PATIENCE)
    return _to(f"/chats/{chat_id}")


@router.post("/chats/{chat_id}/rename")
async def rename(request: Request, chat_id: str) -> Response:
    """Give a chat another title."""
    visitor, form = await heard(request)
    title = " ".join(field(form, "title").split()).replace("\x00", "")
    if not 1 <= len(title) <= 200:  # noqa: PLR2004 - as `ChatTitle`
        raise Invalid("A chat's title has 1 to 200 characters.")
    await visitor.core.chats.rename(visitor.actor, _chat(chat_id), title)
    return _to(f"/chats/{chat_id}")


@router.post("/chats/{chat_id}/delete")
async def delete(request: Request, chat_id: str) -> Response:
    """Forget a chat."""
    visitor, _form = await heard(request)
    if not await visitor.core.chats.delete(visitor.actor, [_chat(chat_id)]):
        raise ChatNotFound
    return _to("/")


@router.post("/chats/{chat_id}/messages/{message_id}/feedback")
async def feedback(request: Request, chat_id: str, message_id: str) -> Response:
    """Remember what the member thinks of an answer."""
    visitor, form = await heard(request)
    try:
        verdict = Verdict(field(form, "verdict"))
    except ValueError:
        raise Invalid("An answer is positive or negative.") from None
    note = field(form, "note").strip().replace("\x00", "")[:4_000] or None
    told = await visitor.core.chats.feedback(visitor.actor, _message(message_id), verdict, note)
    if wants_part(request):
        answer = answered(told)
        return page("part/feedback.html", answer=answer, mark=visitor.mark, thanked=True)
    return _to(f"/chats/{_chat(chat_id)}#m-{message_id}")


@router.get("/chats/{chat_id}/followups")
async def followups(request: Request, chat_id: str) -> Response:
    """Show what could be asked next."""
    visitor = await enter(request)
    limits: Limits = request.app.state.limits
    limits.hit_all((FOLLOWUPS_BURST, visitor.actor.bucket), (FOLLOWUPS, visitor.actor.bucket))
    offered = await visitor.core.chats.followups(visitor.actor, chat_id=_chat(chat_id))
    return page("part/followups.html", offered=offered, chat_id=chat_id, mark=visitor.mark)


def window(messages: Sequence[Message], before: str | None) -> tuple[int, int]:
    """Return which of a chat's messages are shown at once: from where, and up to where.

    Args:
        messages: all of them.
        before: the id of the message up to which; None is up to the end.

    Raises:
        MessageNotFound: there is no such message.
    """
    ids = [message.id for message in messages]
    if before is not None and before not in ids:
        raise MessageNotFound
    end = len(ids) if before is None else ids.index(MessageId(before))
    begin, left = end, MOST
    while begin > max(0, end - LATEST):
        left -= _weight(messages[begin - 1])
        if left < 0 and end - begin > 1:
            break
        begin -= 1
    # An answer stands with its question, unless nothing else would be shown.
    if 0 < begin < end - 1 and messages[begin].side is Side.ASSISTANT:
        begin += 1
    return begin, end


def _weight(message: Message) -> int:
    grids = (each for each in message.visualizations if isinstance(each, Grid))
    return len(message.content) + sum(len(each.rows) * len(each.columns) for each in grids)


def exchanges(messages: Sequence[Message]) -> list[Exchange]:
    """Return messages as questions with their answers."""
    found: list[Exchange] = []
    for message in messages:
        if message.side is Side.USER:
            found.append(Exchange(message, None))
        elif found and found[-1].answer is None:
            found[-1] = found[-1]._replace(answer=answered(message))
        else:
            found.append(Exchange(None, answered(message)))
    return found


def answered(message: Message) -> Answered:
    """Return an answer as the page shows it."""
    base = f"/chats/{message.chat_id}/messages/{message.id}"
    running = message.status is MessageStatus.RUNNING
    return Answered(message, figures(message.visualizations, base), base, running)


def ended(message: Message, mark: str, *, may_save: bool) -> str:
    """Return the whole answer, as a chat that is opened again shows it."""
    return html("part/answer.html", answer=answered(message), mark=mark, may_save=may_save)


async def _begun(request: Request, visitor: Visitor, turn: Turn) -> Response:
    if not wants_part(request):
        await visitor.core.chats.wait(visitor.actor, turn.chat_id, PATIENCE)
        return _to(f"/chats/{turn.chat_id}#m-{turn.user_message_id}")
    conversation = await visitor.core.chats.get(visitor.actor, turn.chat_id)
    mine = [each for each in conversation.messages if each.id in {turn.user_message_id, turn.id}]
    making = partial(
        page,
        "part/exchange.html",
        headers={"x-address": f"/chats/{turn.chat_id}"},
        exchange=exchanges(mine)[0],
        mark=visitor.mark,
        may_save=visitor.actor.may(Permission.QUERIES_WRITE),
    )
    return await aside(making)


async def _asking(visitor: Visitor) -> dict[str, Any]:
    """Return what the form to ask with offers."""
    connections = await visitor.core.connections.list(visitor.actor, PageAsked(size=200))
    models = await visitor.core.models.list(visitor.actor)
    advice = ""
    if not models:
        try:
            await visitor.core.models.get(visitor.actor)
        except ModelNotConfigured as refusal:
            advice = refusal.message
    return {"connections": connections.items, "models": models, "advice": advice}


def _question(form: FormData) -> Question:
    query = field(form, "query")
    try:
        return Question(
            text=field(form, "text"),
            chat_id=_chat(field(form, "chat")) if field(form, "chat") else None,
            connection=field(form, "connection") or None,
            model=field(form, "model") or None,
            query_id=QueryId(plain(query, QueryNotFound)) if query else None,
            # Whoever closes the page, or reads on elsewhere in it, finds the answer there later.
            kept=True,
        )
    except ValidationError:
        raise Invalid("A question has 1 to 40,000 characters.") from None


def _to(path: str) -> Response:
    return RedirectResponse(path, 303, headers=HEADERS)


def _chat(id: str) -> ChatId:
    return ChatId(plain(id, ChatNotFound))


def _message(id: str) -> MessageId:
    return MessageId(plain(id, MessageNotFound))
