"""The process that reads documents: bounded, with nothing of ours in its environment.

It takes a job as JSON on its standard input, and answers with a line of JSON: what the document
says, or why it is refused.
"""

import csv
import json
import os
import sys
from pathlib import Path
from typing import Any

from core.documents import paging, pdf, web, word
from core.documents.records import Page
from core.documents.tables import written
from core.sheets import FileRefused, text, workbook
from core.sheets.child import bound

TEXT = pdf.TEXT
CELLS = 1_000_000
"""Cells of a workbook that are read."""


def main() -> None:
    """Do one job."""
    job = json.load(sys.stdin)
    # What a library prints must not be taken for what we say.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    bound(job["memory"], job["seconds"])
    try:
        pages, count, notes = _read(job)
        answer: dict[str, Any] = {
            "pages": [
                [*each[:4], str(each.picture) if each.picture else None, each.mime_type]
                for each in pages
            ],
            "count": count,
            "notes": notes,
        }
    except FileRefused as refusal:
        answer = {"refused": refusal.message}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _read(job: dict[str, Any]) -> tuple[list[Page], int, list[str]]:
    path, folder = Path(job["path"]), Path(job["folder"])
    match job["reader"]:
        case "pdf":
            return pdf.pages(path, folder, seconds=job["seconds"], pictures=job["pictures"])
        case "word":
            return _paged(word.readable(path))
        case "book":
            return _book(path, folder)
        case "web":
            return _paged(web.readable(text.decoded(path.read_bytes())[0]))
        case "table":
            return _table(path)
    return _paged(text.decoded(path.read_bytes())[0])


def _paged(said: str) -> tuple[list[Page], int, list[str]]:
    pages = paging.paged(said)
    kept: list[Page] = []
    room = TEXT
    for number, page in enumerate(pages, 1):
        room -= len(page)
        if room < 0 or number > pdf.PAGES:
            note = f"Only the first {len(kept):,} of {len(pages):,} pages were read."
            return kept, len(pages), [note]
        kept.append(Page(number, page))
    return kept, len(pages), []


def _table(path: Path) -> tuple[list[Page], int, list[str]]:
    body, notes = text.decoded(path.read_bytes())
    try:
        sheet = text.sheet(body)
    except FileRefused:
        return _paged(body)  # its name lies, but it is text
    rows = csv.reader(
        sheet.text.split("\n"),
        delimiter=sheet.delimiter,
        quoting=csv.QUOTE_MINIMAL if sheet.quoted else csv.QUOTE_NONE,
    )
    said, more = _blocks(rows, TEXT)
    return [Page(1, said)], 1, [*notes, *more]


def _book(path: Path, folder: Path) -> tuple[list[Page], int, list[str]]:
    workbook.check(path)
    sheets, notes = workbook.pages(path, folder)
    pages, room = [], TEXT
    for number, sheet in enumerate(sheets, 1):
        with sheet.path.open(encoding="utf-8", newline="") as file:
            said, more = _blocks(csv.reader(file), room)
        room -= len(said)
        notes += [f"{sheet.title}: {note}" for note in more]
        pages.append(Page(number, said, sheet_name=sheet.title))
    return pages, len(pages), notes


def _blocks(rows: Any, room: int) -> tuple[str, list[str]]:
    """Return rows as text: those that stand together are a table, one with one cell is a line."""
    csv.field_size_limit(text.LONGEST_CELL)
    parts: list[str] = []
    block: list[list[str]] = []
    cells, size, notes = 0, 0, []
    for number, row in enumerate(rows):
        filled = [cell for cell in row if cell.strip()]
        cells += len(filled)
        size += sum(map(len, filled)) + 3 * len(filled)
        if cells > CELLS or size > room:
            notes.append(f"Only the first {number:,} rows were read.")
            break
        if len(filled) > 1 or (block and filled):
            block.append(row)
        else:
            parts += [_block(block), *filled]
            block = []
    parts.append(_block(block))
    return "\n".join(part for part in parts if part).strip("\n"), notes


def _block(block: list[list[str]]) -> str:
    if not block:
        return ""
    if len(block) == 1:
        return " ".join(cell for cell in block[0] if cell.strip())
    return f"\n{written(block)}\n"
