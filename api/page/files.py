"""The files of a chat: brought to it, and fetched again."""

import hmac
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from api.errors import Refused
from api.files import form
from api.hangup import unless_gone
from api.limits import Held
from api.page.door import FormStrange, Paged, enter, from_here
from api.page.render import HEADERS
from api.wire import plain
from core.chats import ChatNotFound
from core.ids import ChatId, UploadId
from core.uploads import FILES, LARGEST, Offered, TooManyFiles, UploadNotFound

router = APIRouter(route_class=Paged, include_in_schema=False)

EACH, ALL = 2, 6
"""Forms with files that one member, and all of them, may be sending at once."""
FIELDS = frozenset({"mark", "chat"})


@router.post("/files")
async def attach(request: Request) -> Response:
    """Bring one to five files to a chat: all are kept, or none."""
    from_here(request)
    visitor = await enter(request)
    held = _held(request)
    if not held.take(visitor.actor.member_id):
        raise Refused(503, "Too many files are coming in; try again in a moment.", "busy")
    try:
        async with form(request, files="files", most=FILES, largest=LARGEST, fields=FIELDS) as sent:
            if not hmac.compare_digest(visitor.mark.encode(), sent.fields.get("mark", "").encode()):
                raise FormStrange
            chat = ChatId(plain(sent.fields.get("chat", ""), ChatNotFound))
            if not sent.files:
                raise TooManyFiles
            files = [Offered(each.filename, each.file) for each in sent.files]
            await unless_gone(request, visitor.core.uploads.add(visitor.actor, chat, files))
    finally:
        held.leave(visitor.actor.member_id)
    return RedirectResponse(f"/chats/{chat}", 303, headers=HEADERS)


@router.get("/files/{upload_id}")
async def fetch(request: Request, upload_id: str) -> Response:
    """Return a file to whoever brought it; a browser keeps it, and shows nothing of it here."""
    visitor = await enter(request)
    id = UploadId(plain(upload_id, UploadNotFound))
    upload = await visitor.core.uploads.get(visitor.actor, id)
    name = quote(upload.filename, safe="")
    return StreamingResponse(
        visitor.core.uploads.stream(upload),
        media_type=upload.mime_type,
        headers={
            **HEADERS,
            "content-length": str(upload.size),
            "content-disposition": f"attachment; filename*=UTF-8''{name}",
        },
    )


def _held(request: Request) -> Held:
    state = request.app.state
    if not hasattr(state, "attaching"):
        state.attaching = Held(EACH, ALL)
    held: Held = state.attaching
    return held
