"""Documents are read in a process of their own, which may be killed at any time."""

import json
from pathlib import Path

from core.documents.kinds import known_by
from core.documents.records import Document, Form, Page
from core.sheets import Bounds, FileRefused
from core.sheets.process import ask

CODE = "import sys; sys.path.insert(0, {!r}); from core.documents.child import main; main()"
USUAL = Bounds(seconds=120)
ENDED = "It cannot be read: it is broken, or takes too much memory."
__all__ = ["Bounds", "read"]


async def read(
    path: Path, filename: str, folder: Path, *, pictures: int = 0, bounds: Bounds = USUAL
) -> Document:
    """Return what the file at *path* says.

    Args:
        path: the file.
        filename: what it is called; its ending tells tables from other text.
        folder: a folder of its own, which pictures of pages are put into.
        pictures: of how many scanned pages a picture is made.
        bounds: what it may take.

    Raises:
        FileRefused: it is nothing that can be read, broken, encrypted, too large, or a bomb; the
            message begins with its name.
    """
    # The reading process imports this package, too, and has no use for it.
    from anyio import to_thread  # noqa: PLC0415

    known = await to_thread.run_sync(known_by, path, filename)
    if known.form is Form.IMAGE:
        page = Page(1, "", is_scanned=True, picture=path, mime_type=known.mime_type)
        return Document(known.form, 1, (page,))
    job = {
        "path": str(path),
        "folder": str(folder),
        "reader": known.reader,
        "pictures": pictures,
        "memory": bounds.memory,
        "seconds": bounds.seconds,
    }
    _at, answer = await ask(json.dumps(job).encode(), bounds, CODE, ended=ENDED)
    if "pages" not in answer:
        said = answer.get("refused") or answer["ended"]
        raise FileRefused(f"{filename}: {said}")
    pages = tuple(
        Page(number, text, scanned, sheet, Path(picture) if picture else None, mime_type)
        for number, text, scanned, sheet, picture, mime_type in answer["pages"]
    )
    return Document(known.form, int(answer["count"]), pages, tuple(answer["notes"]))
