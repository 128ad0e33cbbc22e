"""PDFs as text: what stands on each page, tables between lines as Markdown, scans as pictures."""

import time
from pathlib import Path
from typing import Any

from core.documents.records import Page
from core.documents.tables import written
from core.sheets import FileRefused

PAGES = 3_000
"""Pages that are read."""
TEXT = 8_000_000
"""Characters of all pages together."""
LINES = 4
"""Lines or boxes that a page has at least if there is a table on it."""
DRAWN = 20_000
"""Things on a page from which on it is a drawing, and not looked at for tables."""
SPARSE = 16
"""Letters below which a page with a picture is a scan."""
COVERED = 0.3
"""Part of a page that the picture of a scan covers."""
SIDE = 1_600
"""Pixels of the longer side of a page's picture: letters of a page of paper can be read."""
SHARE = 0.6
"""Part of the time that may go to tables; the pages after it are read without."""


def pages(
    path: Path, folder: Path, *, seconds: float, pictures: int
) -> tuple[list[Page], int, list[str]]:
    """Return the pages of the PDF at *path*, how many it has, and what was left out.

    Args:
        path: the file.
        folder: where pictures of scanned pages are put.
        seconds: how long it may take.
        pictures: of how many scanned pages a picture is made.

    Raises:
        FileRefused: it is broken, or a password protects it.
    """
    import pypdfium2 as pdfium  # type: ignore[import-untyped] # noqa: PLC0415 - in there alone

    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise FileRefused("A password protects the PDF; save it without one.") from None
        raise FileRefused("The PDF is broken; open it and save it again.") from None
    reading = _Reading(path, folder, time.monotonic() + seconds * SHARE, pictures)
    try:
        return reading.read(document)
    finally:
        reading.close()
        document.close()


class _Reading:
    """One PDF on its way."""

    def __init__(self, path: Path, folder: Path, until: float, pictures: int) -> None:
        self._path = path
        self._folder = folder
        self._until = until
        self._pictures = pictures
        self._plumber: Any = None
        self._unread = 0
        self._hurried = 0

    def read(self, document: Any) -> tuple[list[Page], int, list[str]]:
        count = len(document)
        if not count:
            raise FileRefused("The PDF has no page.")
        pages: list[Page] = []
        room = TEXT
        for at in range(min(count, PAGES)):
            page = self._page(document, at)
            room -= len(page.text)
            if room < 0:
                break
            pages.append(page)
        notes = []
        if len(pages) < count:
            notes.append(f"Only the first {len(pages):,} of {count:,} pages were read.")
        if self._hurried:
            notes.append(f"On {self._hurried:,} pages tables were not looked for: time was short.")
        if self._unread:
            notes.append(f"{self._unread:,} pages are broken, and were left empty.")
        return pages, count, notes

    def close(self) -> None:
        if self._plumber is not None:
            self._plumber.close()

    def _page(self, document: Any, at: int) -> Page:
        import pypdfium2 as pdfium  # noqa: PLC0415 - as above

        try:
            page = document[at]
        except pdfium.PdfiumError:
            self._unread += 1
            return Page(at + 1, "")
        try:
            words = page.get_textpage()
            text = str(words.get_text_bounded()).replace("\r\n", "\n").replace("\ufffe", "-")
            words.close()
            paths, covered = _seen(page)
            if len("".join(text.split())) < SPARSE and covered >= COVERED:
                return Page(at + 1, text.strip(), is_scanned=True, **self._picture(page, at))
            if LINES <= paths <= DRAWN:
                text = self._laid_out(at) or text
            return Page(at + 1, text.strip("\n"))
        except pdfium.PdfiumError:
            self._unread += 1
            return Page(at + 1, "")
        finally:
            page.close()

    def _picture(self, page: Any, at: int) -> dict[str, Any]:
        if self._pictures <= 0:
            return {}
        self._pictures -= 1
        width, height = page.get_size()
        scale = min(SIDE / max(width, height, 1), 4.0)
        bitmap = page.render(scale=scale, grayscale=True)
        target = self._folder / f"page{at + 1}.png"
        bitmap.to_pil().save(target, "PNG")
        bitmap.close()
        return {"picture": target, "mime_type": "image/png"}

    def _laid_out(self, at: int) -> str:
        """Return the text of a page with its tables in their places; nothing if it has none."""
        if time.monotonic() > self._until:
            self._hurried += 1
            return ""
        import pdfplumber  # noqa: PLC0415 - only pages with lines need it

        try:
            if self._plumber is None:
                self._plumber = pdfplumber.open(self._path)
            page = self._plumber.pages[at]
            found = [table for table in page.find_tables() if _is_table(table)]
            said = _woven(page, found) if found else ""
            page.close()
        except Exception:  # noqa: BLE001 - whatever it makes of a broken page, the text is there
            return ""
        return said


def _seen(page: Any) -> tuple[int, float]:
    """Return how many lines and boxes a page has, and how much of it pictures cover."""
    from pypdfium2 import raw  # noqa: PLC0415 - as above

    width, height = page.get_size()
    paths, covered = 0, 0.0
    for number, thing in enumerate(page.get_objects(max_depth=4)):
        if number > DRAWN:
            return DRAWN + 1, covered
        if thing.type == raw.FPDF_PAGEOBJ_PATH:
            paths += 1
        elif thing.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            covered += abs(right - left) * abs(top - bottom) / max(width * height, 1)
    return paths, covered


def _is_table(table: Any) -> bool:
    return len(table.rows) > 1 and max(len(row.cells) for row in table.rows) > 1


def _woven(page: Any, found: list[Any]) -> str:
    """Return the lines of a page, and its tables where they stand between them."""
    boxes = [table.bbox for table in found]

    def outside(thing: dict[str, Any]) -> bool:
        x, y = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
        return not any(
            left <= x <= right and top <= y <= bottom for left, top, right, bottom in boxes
        )

    around = page.filter(lambda thing: thing["object_type"] != "char" or outside(thing))
    parts = [(line["top"], line["text"]) for line in around.extract_text_lines(return_chars=False)]
    for table in found:
        rows = [[cell or "" for cell in row] for row in table.extract()]
        parts.append((table.bbox[1], f"\n{written(rows)}\n"))
    return "\n".join(text for _top, text in sorted(parts, key=lambda part: part[0]))
