"""Uploads over HTTP: files brought to a chat, and fetched again by a link that expires."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import Field, JsonValue
from starlette.responses import Response, StreamingResponse

from api.actor import Caller, TheCore
from api.body import Door, Guarded
from api.describe import ELSEWHERE, HOST
from api.errors import Refused
from api.files import form
from api.hangup import unless_gone
from api.limits import Held
from api.wire import failing, plain, shown
from core.chats import ChatNotFound
from core.ids import ChatId, UploadId
from core.record import Record
from core.uploads import FILES, LARGEST, Kind, LinkInvalid, Offered, Upload, Uploads

router = APIRouter(tags=["chats"], route_class=Guarded, responses=failing(401, 403, 503))

EACH, ALL = 3, 10
"""Uploads that one member, and all of them, may be sending at once: each takes 150 MB of disk."""

CHAT = "8d8e4a90-1f0e-4d1c-8f57-0a4c2c9b7f33"
UPLOAD = "5f5c7d3e-9a53-4e0f-a7d4-0c4f1b1d8a10"
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files", "chat_id"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": FILES,
                            "items": {"type": "string", "format": "binary"},
                            "description": "CSV, XLSX, PDF, PNG or JPEG, each up to 30 MB.",
                        },
                        "chat_id": {"type": "string", "description": "The chat they are for."},
                    },
                }
            }
        },
    }
}


class TableOut(Record):
    """A table that was in a file, as SQL calls it."""

    name: str
    rows: int
    columns: int


class UploadOut(Record):
    """A file of a chat."""

    id: UploadId
    filename: str
    mime_type: str
    file_size: int
    """Bytes."""
    upload_type: Literal["document", "image"]
    """A table is a document, too."""
    presigned_url: str
    """Fetches the file for an hour, without a token."""
    tables: tuple[TableOut, ...] = ()
    """What can be asked of it in this chat."""
    notes: tuple[str, ...] = ()
    """What had to be guessed or was left out when its tables were read."""

    model_config = shown()


SENT: dict[str, JsonValue] = {
    "id": UPLOAD,
    "filename": "sales.csv",
    "mime_type": "text/csv",
    "file_size": 48213,
    "upload_type": "document",
    "presigned_url": f"{ELSEWHERE}/v1/uploads/{UPLOAD}?token=…",
    "tables": [{"name": "sales", "rows": 1204, "columns": 6}],
    "notes": [],
}


class UploadsOut(Record):
    """What was kept, in the order in which it was sent."""

    chat_id: ChatId
    uploads: tuple[UploadOut, ...] = Field(min_length=1)

    model_config = shown({"chat_id": CHAT, "uploads": [{**SENT}]})


@router.post(
    "/v1/chats/uploads",
    openapi_extra=FORM,
    responses=failing(400, 404, 409, 413, 429),
)
async def upload_files(request: Request, core: TheCore, caller: Caller) -> UploadsOut:
    """Bring one to five files to a chat: all are kept, or none.

    What a file is, its bytes tell. The tables of CSV and XLSX can be asked in this chat from then
    on; documents and images are handed to the model.
    """
    held = _held(request)
    if held.full or not held.take(caller.member_id):
        raise Refused(
            503,
            "Too many files are coming in; try again in a moment.",
            "busy",
            {"retry-after": "5"},
        )
    try:
        fields = frozenset({"chat_id"})
        async with form(request, files="files", most=FILES, largest=LARGEST, fields=fields) as sent:
            chat_id = sent.fields.get("chat_id", "").strip()
            if not chat_id:
                raise Refused(400, "chat_id: Say which chat the files are for", "MISSING_CHAT_ID")
            if not sent.files:
                raise Refused(400, "files: Send one to five files", "invalid")
            chat = ChatId(plain(chat_id, ChatNotFound))
            files = [Offered(each.filename, each.file) for each in sent.files]
            kept = await unless_gone(request, core.uploads.add(caller, chat, files))
    finally:
        held.leave(caller.member_id)
    return UploadsOut(
        chat_id=chat, uploads=tuple(told(request, core.uploads, each) for each in kept)
    )


async def fetch_upload(
    core: TheCore, upload_id: str, token: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    """Return a file to whoever has its link."""
    upload = await core.uploads.by_link(token)
    if upload.id != upload_id:
        raise LinkInvalid
    name = quote(upload.filename, safe="")
    return StreamingResponse(
        core.uploads.stream(upload),
        media_type=upload.mime_type,
        headers={
            "content-length": str(upload.size),
            "content-disposition": f"attachment; filename*=UTF-8''{name}",
        },
    )


# Whoever has the link needs no token: the link is one. It is nothing to be built by hand either.
router.add_api_route(
    "/v1/uploads/{upload_id}", fetch_upload, route_class_override=Door, include_in_schema=False
)


def told(request: Request, uploads: Uploads, upload: Upload) -> UploadOut:
    """Return an upload in the words of the contract, with a fresh link."""
    path = f"/v1/uploads/{upload.id}?token={uploads.signed(upload)}"
    return UploadOut(
        id=upload.id,
        filename=upload.filename,
        mime_type=upload.mime_type,
        file_size=upload.size,
        upload_type="image" if upload.kind is Kind.IMAGE else "document",
        presigned_url=f"{_here(request)}{path}",
        tables=tuple(
            TableOut(name=each.name, rows=each.rows, columns=each.columns) for each in upload.tables
        ),
        notes=upload.notes,
    )


def _here(request: Request) -> str:
    """Return where others reach us, or else where this request did."""
    if url := request.app.state.url:
        return str(url)
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if HOST.fullmatch(host) else ELSEWHERE


def _held(request: Request) -> Held:
    state = request.app.state
    if not hasattr(state, "uploading"):
        state.uploading = Held(EACH, ALL)
    held: Held = state.uploading
    return held
