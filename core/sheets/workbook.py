"""Excel workbooks: is it one, does it unpack to a sane size, and its sheets as text."""

import csv
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core.sheets import archive
from core.sheets.errors import FileRefused

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

NOUN = "workbook"
SHEETS = 50
"""Sheets of one workbook that become tables."""
MERGED = 100_000
"""Cells that are filled with what stands in the one above, which they are merged with."""
EXACT = 2**53
"""Up to here a number without decimals is what it says."""

_OTHERS = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "xl/workbook.bin": "a binary workbook (.xlsb); save it as .xlsx",
    "content.xml": "an OpenDocument file; save it as .xlsx",
    "xl/vbaProject.bin": "a workbook with macros (.xlsm); save it as .xlsx",
}


class Page(NamedTuple):
    """One sheet, written down as text."""

    title: str
    path: Path
    width: int


def check(path: Path) -> None:
    """Pass if *path* is a workbook that can be unpacked without harm.

    Raises:
        FileRefused: it is another kind of file, broken, encrypted, or a bomb.
    """
    parts = archive.parts(path, NOUN)
    for name, what in _OTHERS.items():
        if name in parts:
            raise FileRefused(f"It is {what}.")
    if "xl/workbook.xml" not in parts:
        raise FileRefused("It is a ZIP archive and no Excel workbook.")
    archive.check(path, NOUN, "send the table as CSV")


def pages(path: Path, folder: Path) -> tuple[list[Page], list[str]]:
    """Write each visible sheet that holds something as CSV into *folder*; say what was left out.

    Raises:
        FileRefused: it cannot be read, a password protects it, or no sheet holds anything.
    """
    from python_calamine import (  # noqa: PLC0415 - workbooks alone
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    found: list[Page] = []
    notes: list[str] = []
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            every = [each for each in book.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet]
            hidden = [each.name for each in every if each.visible is not SheetVisibleEnum.Visible]
            titles = [each.name for each in every if each.name not in hidden]
            for title in titles[:SHEETS]:
                target = folder / f"sheet{len(found)}.csv"
                width = _write(book, title, target)
                if width:
                    found.append(Page(title, target, width))
    except PasswordError:
        raise FileRefused("A password protects the workbook; save it without one.") from None
    except CalamineError:
        raise FileRefused("The workbook is broken; open it in Excel and save it again.") from None
    if hidden:
        notes.append(f"Hidden sheets were left out: {', '.join(hidden)[:200]}.")
    if len(titles) > SHEETS:
        notes.append(f"Only the first {SHEETS} sheets were read; there are {len(titles)}.")
    if not found:
        raise FileRefused("No visible sheet of the workbook holds anything.")
    return found, notes


def _write(book: "CalamineWorkbook", title: str, target: Path) -> int:
    """Write a sheet, and return how many columns it has."""
    sheet = book.get_sheet_by_name(title)
    if sheet.start is None or not sheet.width:
        return 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in _filled(sheet):
            writer.writerow(list(map(_said, row)))
    return sheet.width


def _filled(sheet: "CalamineSheet") -> Iterator[list[Any]]:
    """Return the rows; what is merged downwards says the same in each of them."""
    top, left = sheet.start or (0, 0)
    covered: dict[int, list[int]] = {}
    total = 0
    for (first, begin), (last, _end) in sheet.merged_cell_ranges or ():
        total += last - first
        if total > MERGED:
            break
        for line in range(first + 1, last + 1):
            covered.setdefault(line - top, []).append(begin - left)
    before: list[Any] = []
    rows: Iterator[list[Any]] = sheet.iter_rows()
    for number, row in enumerate(rows):
        for column in covered.get(number, ()):
            if 0 <= column < len(before) and row[column] == "":
                row[column] = before[column]
        yield row
        before = row


def _said(cell: Any) -> str:
    """Return a cell as text that `infer` reads as what it was."""
    said = str(cell)
    match cell:
        case bool():
            said = "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) <= EXACT:
            said = str(int(cell))
        case datetime() if cell.time() == time():
            said = cell.date().isoformat()
        case timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            said = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return said
