"""Notices over HTTP: saved queries that are posted again and again. They are our own."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, JsonValue, StringConstraints

from api.actor import Caller, TheCore
from api.body import Guarded
from api.wire import failing, page_of, plain, shown
from core.identity import Surface
from core.ids import ConnectionId, MemberId, NoticeId, QueryId
from core.notices import Notice, NoticeDraft, NoticeNotFound
from core.record import Record, Storable

router = APIRouter(
    prefix="/v1/notices",
    tags=["notices"],
    route_class=Guarded,
    responses=failing(401, 403, 503),
)

Id = Annotated[str, StringConstraints(min_length=1, max_length=200), Storable]
WANTED: dict[str, JsonValue] = {
    "query_id": "5f5c7d3e-9a53-4e0f-a7d4-0c4f1b1d8a10",
    "parameters": {"year": "2026"},
    "when": "every Monday 9:00",
    "zone": "Europe/Berlin",
    "surface": "slack",
    "channel": "C0123456789",
    "channel_name": "sales",
}
MADE: dict[str, JsonValue] = {
    "id": "3c0e0b52-6f1c-4b5e-9f3a-0a4c2c9b7f33",
    "query_id": "5f5c7d3e-9a53-4e0f-a7d4-0c4f1b1d8a10",
    "title": "Revenue by month",
    "parameters": {"year": "2026"},
    "integration_id": None,
    "when": "every Monday at 09:00",
    "cron": "0 9 * * 1",
    "zone": "Europe/Berlin",
    "surface": "slack",
    "workspace": "T0123456789",
    "channel": "C0123456789",
    "channel_name": "sales",
    "paused": False,
    "problem": None,
    "next_at": "2026-02-02T08:00:00Z",
    "last_at": None,
    "created_by": "0b8ff1a4-7a3f-4c53-9a55-1a5a3f0c8a11",
    "created_by_name": "Ada",
    "created_at": "2026-01-31T09:00:00Z",
}


class NoticeIn(Record):
    """What is to be posted, where and when."""

    query_id: Id = Field(description="The saved query.")
    parameters: dict[str, JsonValue] = Field(
        default={}, max_length=100, description="A value for each `{{placeholder}}`."
    )
    integration_id: Id | None = Field(
        default=None, description="Another connection than the one the query is saved for."
    )
    when: Id = Field(description="In words, or five fields of cron; every 5 minutes at most.")
    zone: Id = Field(default="UTC", description="A time zone such as `Europe/Berlin`.")
    surface: Literal["slack", "discord"]
    workspace: Id | None = Field(
        default=None, description="The workspace or server; where there is one, it is that."
    )
    channel: Id = Field(description="The platform's own id of the channel.")
    channel_name: Annotated[str, StringConstraints(max_length=200), Storable] = Field(
        default="", description="What people call it."
    )

    model_config = shown({**WANTED})


class NoticePatch(Record):
    """Whether a notice rests."""

    paused: bool

    model_config = shown({"paused": True})


class NoticeOut(Record):
    """A saved query that is posted into a channel whenever its time comes."""

    id: NoticeId
    query_id: QueryId
    title: str
    parameters: dict[str, Any]
    integration_id: ConnectionId | None
    """Null asks the connection that the query is saved for."""
    when: str
    """In plain words."""
    cron: str
    zone: str
    surface: Surface
    workspace: str
    channel: str
    channel_name: str
    paused: bool
    problem: str | None
    """Why it was not posted the last time, or why it paused by itself."""
    next_at: datetime | None
    last_at: datetime | None
    created_by: MemberId
    created_by_name: str
    created_at: datetime

    model_config = shown({**MADE})

    @classmethod
    def of(cls, notice: Notice) -> "NoticeOut":
        """Return a notice in the words of this API."""
        same = notice.model_dump(include=set(cls.model_fields))
        return cls.model_construct(**same, integration_id=notice.connection_id, when=notice.said)


class NoticePage(Record):
    """A page of notices."""

    notices: tuple[NoticeOut, ...]
    total: int
    page: int
    has_more: bool

    model_config = shown({"notices": [{**MADE}], "total": 1, "page": 1, "has_more": False})


@router.get("", responses=failing(400))
async def list_notices(core: TheCore, caller: Caller, page: int = 1) -> NoticePage:
    """List your notices and those in open channels, by title, 100 on a page; an admin sees all."""
    found = await core.notices.list(caller, page_of(page))
    return NoticePage.model_construct(
        notices=tuple(NoticeOut.of(each) for each in found.items),
        total=found.total,
        page=found.asked.number,
        has_more=found.has_more,
    )


@router.post("", status_code=201, responses=failing(400, 404, 409, 413, 429))
async def create_notice(core: TheCore, caller: Caller, notice: NoticeIn) -> NoticeOut:
    """Have a saved query posted into a channel of Slack or Discord again and again."""
    spot = await core.notices.where(
        caller, Surface(notice.surface), notice.channel, notice.workspace
    )
    draft = NoticeDraft(
        query=notice.query_id,
        parameters=notice.parameters,
        connection=notice.integration_id,
        when=notice.when,
        zone=notice.zone,
        spot=spot,
        channel_name=notice.channel_name,
    )
    return NoticeOut.of(await core.notices.create(caller, draft))


@router.patch("/{notice_id}", responses=failing(400, 404, 413))
async def change_notice(
    core: TheCore, caller: Caller, notice_id: str, change: NoticePatch
) -> NoticeOut:
    """Pause a notice, or let it come again from its next time on."""
    verb = core.notices.pause if change.paused else core.notices.resume
    return NoticeOut.of(await verb(caller, _id(notice_id)))


@router.delete("/{notice_id}", status_code=204, responses=failing(404))
async def delete_notice(core: TheCore, caller: Caller, notice_id: str) -> None:
    """Forget a notice."""
    await core.notices.delete(caller, _id(notice_id))


def _id(id: str) -> NoticeId:
    return NoticeId(plain(id, NoticeNotFound))
