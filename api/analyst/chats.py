"""Chats over HTTP: kept, listed, renamed, judged and forgotten; `turns.py` answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, JsonValue
from starlette.responses import Response

from api.actor import Caller, TheCore
from api.analyst.events import plain_json
from api.analyst.turns import CHAT, chat_of, message_of
from api.analyst.uploads import told
from api.body import Guarded
from api.errors import Refused
from api.limits import CREATE_CHAT, FOLLOWUPS, FOLLOWUPS_BURST, Limits
from api.wire import LAST_PAGE, PLAIN, example, failing, shown
from core.chats import (
    Chat,
    ChatDraft,
    ChatNotFound,
    ChatTitle,
    Conversation,
    Message,
    Note,
    Side,
    Text,
    Verdict,
)
from core.chats.wire import details
from core.ids import ChatId, MemberId, MessageId, OrganizationId
from core.page import PageAsked
from core.record import Record

router = APIRouter(
    prefix="/v1/chats", tags=["chats"], route_class=Guarded, responses=failing(401, 403, 503)
)

ANSWER = "8d8e4a90-1f0e-4d1c-8f57-0a4c2c9b7f33"
AT = "2026-01-31T09:00:00Z"


class NewChat(Record):
    """What a chat begins with."""

    title: ChatTitle | None = None
    integration_id: str | None = Field(
        default=None, description="The database that its questions are asked of."
    )

    model_config = shown({"title": "Revenue"}, {})


class CreatedChat(Record):
    """A chat in which nothing is said yet."""

    id: ChatId
    organization_id: OrganizationId
    member_id: MemberId
    title: str
    created_at: datetime

    model_config = shown(
        {
            "id": CHAT,
            "organization_id": "org_2d0a8a9e-5c0c-4b59-8c5c-4c9a0b7f1e22",
            "member_id": "0b8ff1a4-7a3f-4c53-9a55-1a5a3f0c8a11",
            "title": "Revenue",
            "created_at": AT,
        }
    )


class Source(Record):
    """What a chat is about."""

    source_type: Literal["database", "project"]


class ChatLine(Record):
    """A chat in a list."""

    id: ChatId
    title: str
    preview: str
    """The head of the last thing said."""
    timestamp: datetime
    """When something was last said."""
    metadata: Source

    @classmethod
    def of(cls, chat: Chat) -> "ChatLine":
        """Return a chat in the words of the contract."""
        return cls(
            id=chat.id,
            title=chat.title,
            preview=chat.preview,
            timestamp=chat.updated_at,
            metadata=Source(source_type="project" if chat.project_id else "database"),
        )


class ChatPage(Record):
    """A page of chats."""

    chats: tuple[ChatLine, ...]
    total: int
    page: int
    page_size: int
    has_more: bool

    model_config = shown(
        {
            "chats": [
                {
                    "id": CHAT,
                    "title": "Revenue",
                    "preview": "Revenue was 1,412.50.",
                    "timestamp": AT,
                    "metadata": {"source_type": "database"},
                }
            ],
            "total": 1,
            "page": 1,
            "page_size": 20,
            "has_more": False,
        }
    )


class MessageOut(Record):
    """One side of a turn."""

    id: MessageId
    role: Literal["user", "assistant"]
    content: str
    timestamp: datetime
    metadata: dict[str, Any] | None = None
    """May hold `status` (running, done, interrupted, failed), `feedback`, `feedback_note`,
    `uploads`, `visualizations` (as in the stream), `sql` and `statements` (what the answer stands
    on), `missing` (parameters that were asked back), `model`, `usage`, and `error`."""

    model_config = shown()


class ChatOut(Record):
    """The description of what `conversed` writes; no chat is ever read into it."""

    id: ChatId
    title: str
    preview: str
    messages: tuple[MessageOut, ...]

    model_config = shown()


TOLD: dict[str, JsonValue] = {
    "id": CHAT,
    "title": "Revenue",
    "preview": "Revenue was 1,412.50.",
    "messages": [
        {
            "id": "c2a1d3f4-0b1e-4f6f-8a54-3c2b1a0f9e88",
            "role": "user",
            "content": "What did we sell in January 2025?",
            "timestamp": AT,
        },
        {
            "id": ANSWER,
            "role": "assistant",
            "content": "Revenue was 1,412.50.",
            "timestamp": AT,
            "metadata": {
                "status": "done",
                "feedback": "positive",
                "sql": "SELECT sum(total) AS revenue FROM orders",
            },
        },
    ],
}


class Renaming(Record):
    """What a chat is to be called."""

    title: ChatTitle

    model_config = shown({"title": "Revenue, monthly"})


class Renamed(Record):
    """A chat under its new title."""

    id: ChatId
    title: str
    preview: str
    timestamp: datetime

    model_config = shown(
        {"id": CHAT, "title": "Revenue, monthly", "preview": "Revenue was…", "timestamp": AT}
    )


class Forgetting(Record):
    """Which chats are to go."""

    chat_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=1000)]

    model_config = shown({"chat_ids": [CHAT]})


class Forgotten(Record):
    """Which chats went, and which were not there."""

    deleted: tuple[str, ...]
    not_found: tuple[str, ...]
    deleted_count: int

    model_config = shown({"deleted": [CHAT], "not_found": [], "deleted_count": 1})


class Deleted(Record):
    """The chat is gone."""

    message: Literal["Chat deleted successfully"] = "Chat deleted successfully"

    model_config = shown({"message": "Chat deleted successfully"})


class Judging(Record):
    """What a member thinks of an answer."""

    feedback: Literal["positive", "negative"]
    note: Note | None = None

    model_config = shown({"feedback": "positive"}, {"feedback": "negative", "note": "Wrong year"})


class Judged(Record):
    """The answer, and what its reader thinks of it."""

    id: MessageId
    metadata: dict[str, str]

    model_config = shown({"id": ANSWER, "metadata": {"feedback": "positive"}})


class FollowupsIn(Record):
    """What to follow up: a chat of one's own, or questions."""

    chat_id: str | None = None
    user_messages: Annotated[tuple[Text, ...], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Questions, the oldest first."
    )

    model_config = shown({"chat_id": CHAT}, {"user_messages": ["Monthly revenue for 2025"]})


class FollowupsOut(Record):
    """Three questions that may come next."""

    followups: Annotated[tuple[str, ...], Field(min_length=3, max_length=3)]

    model_config = shown(
        {
            "followups": [
                "How does that compare with 2024?",
                "Which month grew most?",
                "Which products drove it?",
            ]
        }
    )


@router.post("/create", responses=failing(400, 404, 409, 413, 429))
async def create_chat(
    request: Request, core: TheCore, caller: Caller, chat: NewChat | None = None
) -> CreatedChat:
    """Begin a chat in which nothing is said yet: 20 a minute, and 500 in all."""
    limits: Limits = request.app.state.limits
    limits.hit(CREATE_CHAT, caller.bucket)
    wanted = chat or NewChat()
    draft = ChatDraft(title=wanted.title, connection=wanted.integration_id)
    made = await core.chats.create(caller, draft)
    return CreatedChat(**made.model_dump(include=set(CreatedChat.model_fields)))


@router.get("", responses=failing(400))
async def list_chats(core: TheCore, caller: Caller, page: int = 1) -> ChatPage:
    """List your chats, the latest activity first, 20 on a page; pages count from 1."""
    found = await core.chats.list(caller, PageAsked(number=min(max(page, 1), LAST_PAGE)))
    return ChatPage(
        chats=tuple(ChatLine.of(each) for each in found.items),
        total=found.total,
        page=found.asked.number,
        page_size=found.asked.size or found.total,
        has_more=found.has_more,
    )


@router.get(
    "/{chat_id}",
    response_class=Response,
    responses={
        200: {
            "description": "The chat",
            "model": ChatOut,
            "content": {"application/json": {"example": example(TOLD)}},
        },
        **failing(404),
    },
)
async def get_chat(request: Request, core: TheCore, caller: Caller, chat_id: str) -> Response:
    """Return one of your chats with everything that was said in it, the oldest first."""
    there = await core.chats.get(caller, chat_of(chat_id))
    lent: dict[str, dict[str, Any]] = {}
    if any(each.uploads for each in there.messages):
        for upload in await core.uploads.list(caller, there.chat.id):
            lent[upload.id] = told(request, core.uploads, upload).model_dump()
    return Response(plain_json(conversed(there, lent)), media_type="application/json")


@router.put("/{chat_id}", responses=failing(400, 404, 413))
async def rename_chat(core: TheCore, caller: Caller, chat_id: str, change: Renaming) -> Renamed:
    """Give a chat another title."""
    chat = await core.chats.rename(caller, chat_of(chat_id), change.title)
    return Renamed(id=chat.id, title=chat.title, preview=chat.preview, timestamp=chat.updated_at)


@router.delete("", responses=failing(400, 413))
async def delete_chats(core: TheCore, caller: Caller, chats: Forgetting) -> Forgotten:
    """Forget several chats; what is not yours, or no chat at all, is told as not found."""
    asked = list(dict.fromkeys(chats.chat_ids))
    ours = [ChatId(each) for each in asked if PLAIN.fullmatch(each)]
    gone = set(await core.chats.delete(caller, ours)) if ours else set()
    return Forgotten(
        deleted=tuple(each for each in asked if each in gone),
        not_found=tuple(each for each in asked if each not in gone),
        deleted_count=len(gone),
    )


@router.delete("/{chat_id}", responses=failing(404))
async def delete_chat(core: TheCore, caller: Caller, chat_id: str) -> Deleted:
    """Forget a chat; an answer that is being written in it is stopped."""
    if not await core.chats.delete(caller, [chat_of(chat_id)]):
        raise ChatNotFound
    return Deleted()


@router.delete("/{chat_id}/messages/{message_id}", status_code=204, responses=failing(404, 409))
async def delete_message(core: TheCore, caller: Caller, chat_id: str, message_id: str) -> None:
    """Forget a message and every later one."""
    await core.chats.delete_from(caller, chat_of(chat_id), message_of(message_id))


@router.patch("/messages/{message_id}/feedback", responses=failing(400, 404, 413))
async def judge(core: TheCore, caller: Caller, message_id: str, judging: Judging) -> Judged:
    """Say what you think of an answer; the last word counts."""
    message = await core.chats.feedback(
        caller, message_of(message_id), Verdict(judging.feedback), judging.note or None
    )
    said: dict[str, str] = {"feedback": judging.feedback}
    if message.feedback_note:
        said["feedback_note"] = message.feedback_note
    return Judged(id=message.id, metadata=said)


@router.post("/followups", responses=failing(400, 404, 413, 429))
async def followups(
    request: Request, core: TheCore, caller: Caller, asked: FollowupsIn
) -> FollowupsOut:
    """Suggest three questions that may come next: 10 a minute, 5 in any ten seconds."""
    if (asked.chat_id is None) == (asked.user_messages is None):
        words = "body: Give either chat_id or user_messages, and not both"
        raise Refused(400, words, "invalid")
    limits: Limits = request.app.state.limits
    limits.hit_all((FOLLOWUPS, caller.bucket), (FOLLOWUPS_BURST, caller.bucket))
    found = await core.chats.followups(
        caller,
        chat_id=None if asked.chat_id is None else chat_of(asked.chat_id),
        user_messages=asked.user_messages,
    )
    return FollowupsOut(followups=found)


def conversed(there: Conversation, lent: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a chat with its messages in the words of the contract.

    Args:
        there: the chat.
        lent: what was uploaded to it, by id.
    """
    return {
        "id": there.chat.id,
        "title": there.chat.title,
        "preview": there.chat.preview,
        "messages": [_told(each, lent) for each in there.messages],
    }


def _told(message: Message, lent: dict[str, dict[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": message.id,
        "role": "user" if message.side is Side.USER else "assistant",
        "content": message.content,
        "timestamp": message.created_at.isoformat().replace("+00:00", "Z"),
    }
    metadata = details(message)
    if message.uploads:
        metadata["uploads"] = [lent[each] for each in message.uploads if each in lent]
    return said | ({"metadata": metadata} if metadata else {})
