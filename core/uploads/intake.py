"""From what comes in to files of ours: spooled with a limit, known by their bytes, read."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from anyio import to_thread

from core.identity import Actor
from core.ids import ChatId, UploadId, new_id, now
from core.sheets import MIME, File, FileRefused, inspect, load, safe_filename
from core.sheets import Kind as FileKind
from core.uploads.records import LARGEST, Kind, Offered, Upload, UploadTable

PIECE = 1024 * 1024

KINDS = {
    FileKind.CSV: Kind.TABLE,
    FileKind.XLSX: Kind.TABLE,
    FileKind.PDF: Kind.DOCUMENT,
    FileKind.PNG: Kind.IMAGE,
    FileKind.JPEG: Kind.IMAGE,
}


class Spooled(NamedTuple):
    """A file that is in."""

    path: Path
    filename: str
    size: int
    kind: FileKind


async def spool(files: Sequence[Offered], room: Path) -> tuple[Spooled, ...]:
    """Write files into *room*, and look at what they are.

    Raises:
        FileRefused: one is too large, or nothing that we take.
    """
    return tuple(
        [
            await to_thread.run_sync(_spool, each, room / f"file{number}")
            for number, each in enumerate(files)
        ]
    )


async def read(
    actor: Actor,
    chat_id: ChatId,
    spooled: Sequence[Spooled],
    made: Path,
    *,
    base: Path | None,
    taken: Sequence[str],
) -> tuple[Upload, ...]:
    """Make the tables of those that are some in the file *made*, and return all as uploads.

    Args:
        actor: whose they are.
        chat_id: where they belong.
        spooled: the files, in the same folder as *made*.
        made: the DuckDB file.
        base: the one with the tables that the chat has, which are to be in it too.
        taken: the names of those.

    Raises:
        FileRefused: one is no table after all, or broken.
    """
    sheets = [each for each in spooled if KINDS[each.kind] is Kind.TABLE]
    files = [File(each.path, each.filename) for each in sheets]
    loaded = await load(files, made.parent, made, base=base, taken=taken) if files else ()
    found = dict(zip(sheets, loaded, strict=True))
    at = now()
    uploads = []
    for each in spooled:
        content = found.get(each)
        upload = Upload(
            id=UploadId(new_id()),
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            chat_id=chat_id,
            filename=each.filename,
            mime_type=MIME[each.kind],
            size=each.size,
            kind=KINDS[each.kind],
            tables=tuple(UploadTable(**table._asdict()) for table in content.tables)
            if content
            else (),
            notes=content.notes if content else (),
            created_at=at,
        )
        uploads.append(upload)
    return tuple(uploads)


def _spool(offered: Offered, path: Path) -> Spooled:
    filename = safe_filename(offered.filename)
    size = 0
    offered.file.seek(0)
    with path.open("xb") as file:
        while piece := offered.file.read(PIECE):
            size += len(piece)
            if size > LARGEST:
                raise FileRefused(
                    f"{filename}: The file is larger than {LARGEST // 1024 // 1024} MB."
                )
            file.write(piece)
    return Spooled(path, filename, size, inspect(path, filename))
