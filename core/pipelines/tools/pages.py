"""Documents as they travel between tasks: handles, lists of pages, and whatever else has text."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from core.documents import Document, Form
from core.documents.paging import paged
from core.pipelines.errors import InputInvalid

FORMS = {each.value for each in Form}
DEPTH = 4
"""Lists within lists of documents."""
PIECE = 2_000
"""Characters of a chunk, roughly."""


class Sheet(NamedTuple):
    """One page, and the document that it is of."""

    number: int
    text: str
    source: str
    form: str
    is_scanned: bool = False
    sheet_name: str | None = None

    @property
    def told(self) -> dict[str, Any]:
        """The page as the contract has it."""
        return {
            "number": self.number,
            "text": self.text,
            "is_scanned": self.is_scanned,
            "sheet_name": self.sheet_name,
        }


def handle(document: Document, source: str, texts: Mapping[int, str] | None = None) -> Any:
    """Return a document as the contract's handle; *texts* are of pages that were pictures."""
    read = texts or {}
    return {
        "source": source,
        "format": document.form.value,
        "page_count": document.page_count,
        "is_scanned": any(page.is_scanned for page in document.pages),
        "pages": [
            {
                "number": page.number,
                "text": read.get(page.number, page.text),
                "is_scanned": page.is_scanned,
                "sheet_name": page.sheet_name,
            }
            for page in document.pages
        ],
    }


def is_handle(value: Any) -> bool:
    """Return whether a value is a handle of a document, or a list of pages."""
    return isinstance(value, Mapping) and isinstance(value.get("pages"), list)


def sheets(value: Any) -> list[Sheet]:
    """Return the pages of whatever a task was given as its document.

    Handles, lists of pages and lists of either have theirs; a text is cut into some; what another
    tool gave back is its JSON.

    Raises:
        InputInvalid: there is nothing in it.
    """
    found = list(_sheets(value, 0))
    if not any(sheet.text.strip() for sheet in found):
        if any(sheet.is_scanned for sheet in found):
            raise InputInvalid(
                "document: Its pages are pictures that nobody has read. Ingest it with a model "
                "that sees, or set INGEST_OCR_MODEL."
            )
        raise InputInvalid("document: There is no text in it.")
    return found


def sources(found: Iterable[Sheet]) -> list[str]:
    """Return where pages come from, each once."""
    return list(dict.fromkeys(sheet.source for sheet in found if sheet.source))


def numbers(found: Iterable[Sheet]) -> list[int]:
    """Return the numbers of pages, each once."""
    return list(dict.fromkeys(sheet.number for sheet in found))


def headed(sheet: Sheet, *, several: bool) -> str:
    """Return a page under a line that says which it is."""
    where = f" of {sheet.source}" if several and sheet.source else ""
    name = f", sheet {sheet.sheet_name}" if sheet.sheet_name else ""
    return f"[page {sheet.number}{where}{name}]\n{sheet.text}"


def packed(found: Sequence[Sheet], most: int) -> list[list[Sheet]]:
    """Return pages in parts of at most so many characters; a page that is longer is cut."""
    parts: list[list[Sheet]] = [[]]
    room = most
    for sheet in found:
        for text in paged(sheet.text, longest=most):
            if len(text) > room and parts[-1]:
                parts.append([])
                room = most
            parts[-1].append(sheet._replace(text=text))
            room -= len(text)
    return parts


def chunks(found: Iterable[Sheet]) -> list[Sheet]:
    """Return pages cut into chunks of a few paragraphs, each with the number of its page."""
    return [
        sheet._replace(text=text)
        for sheet in found
        for text in paged(sheet.text, longest=PIECE)
        if text.strip()
    ]


def _sheets(value: Any, depth: int) -> Iterator[Sheet]:
    if depth > DEPTH:
        raise InputInvalid("document: Lists stand too deep within lists.")
    if is_handle(value):
        source = str(value.get("source") or value.get("parent_source") or "")
        form = str(value.get("format") or value.get("parent_format") or "")
        form = form if form in FORMS else Form.UNKNOWN.value
        for at, page in enumerate(value["pages"], 1):
            yield _sheet(page, at, source, form)
    elif isinstance(value, str):
        for at, text in enumerate(paged(value), 1):
            yield Sheet(at, text, "text", Form.TEXT.value)
    elif isinstance(value, list | tuple) and value and all(map(_has_text, value)):
        for each in value:
            yield from _sheets(each, depth + 1)
    elif value not in (None, [], {}):
        said = json.dumps(value, ensure_ascii=False, indent=1, default=str)
        yield from _sheets(said, depth + 1)


def _has_text(value: Any) -> bool:
    return is_handle(value) or isinstance(value, str | list)


def _sheet(page: Any, at: int, source: str, form: str) -> Sheet:
    if not isinstance(page, Mapping):
        return Sheet(at, str(page), source, form)
    number = page.get("number")
    name = page.get("sheet_name")
    return Sheet(
        number=number if isinstance(number, int) else at,
        text=str(page.get("text") or ""),
        source=source,
        form=form,
        is_scanned=bool(page.get("is_scanned")),
        sheet_name=None if name is None else str(name),
    )
