"""Files that runs have written, over HTTP. They are our own."""

from pathlib import PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from api.actor import TheCore
from api.pipelines.door import Caller, Local
from api.wire import failing, plain, shown
from core.pipelines import RunFile, RunNotFound
from core.record import Record

router = APIRouter(
    prefix="/pipelines/runs",
    tags=["pipelines"],
    route_class=Local,
    responses=failing(401, 403, 503),
)

KINDS = {
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".png": "image/png",
}


class FileOut(Record):
    """A file that a run has written."""

    path: str
    """What it is fetched by."""
    task_id: str
    size: int
    """Bytes."""

    model_config = shown({"path": "outputs/sales.xlsx", "task_id": "save", "size": 5120})

    @classmethod
    def of(cls, file: RunFile) -> "FileOut":
        """Return a file in the words of this API."""
        return cls(path=file.path, task_id=file.task_id, size=file.size)


class FilesOut(Record):
    """The files of a run that are still there, by path."""

    files: tuple[FileOut, ...]

    model_config = shown(
        {"files": [{"path": "outputs/sales.xlsx", "task_id": "save", "size": 5120}]}
    )


@router.get("/{run_id}/files", responses=failing(404))
async def list_files(core: TheCore, caller: Caller, run_id: str) -> FilesOut:
    """List the files that a run has written and that are still there. Ours."""
    found = await core.files.list(caller, plain(run_id, RunNotFound))
    return FilesOut(files=tuple(map(FileOut.of, found)))


@router.get(
    "/{run_id}/files/{path:path}",
    response_class=Response,
    responses={200: {"description": "The file", "content": {"text/csv": {}}}, **failing(404)},
)
async def get_file(core: TheCore, caller: Caller, run_id: str, path: str) -> Response:
    """Fetch a file as a run has written it; 404 once a later run has written over it. Ours."""
    body = await core.files.read(caller, plain(run_id, RunNotFound), path)
    return handed(path, body)


def handed(path: str, body: bytes) -> Response:
    """Return a file that is kept by whoever fetches it, and shown by no browser as ours."""
    name = PurePosixPath(path)
    return Response(
        body,
        media_type=KINDS.get(name.suffix, "application/octet-stream"),
        headers={
            "cache-control": "no-store",
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name.name, safe='')}",
        },
    )
