"""Data as a file: Markdown, JSON, CSV or a workbook, none of which computes anything."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from core.documents import tables_in
from core.documents import written as markdown_table
from core.pipelines.tools.errors import ExportRefused
from core.pipelines.tools.figures import figure
from core.pipelines.tools.laid import Laid, cell, laid
from core.sheets import written

ROWS = 1_048_575
COLUMNS = 16_384
"""Of a workbook's sheet, without its header."""
DIGITS = 15
"""Digits that a spreadsheet keeps of a number."""
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What a workbook cannot hold."""
TITLE = re.compile(r"[\[\]:*?/\\]")
LONGEST_TITLE = 31


class Content(NamedTuple):
    """What is exported."""

    data: Any
    fields: tuple[str, ...] = ()
    """What comes first, and in which order."""
    periods: tuple[str, ...] = ()
    metadata: Mapping[str, Any] | None = None
    notes: str = ""


def render(format: str, content: Content) -> bytes:
    """Return a file of a *format*.

    Raises:
        ExportRefused: it does not fit what is exported.
    """
    match format:
        case "json":
            return _json(content)
        case "csv":
            return _csv(content)
        case "xlsx":
            return _workbook(content)
    return _markdown(content).encode()


def _tables(content: Content) -> list[Laid]:
    """Return what is exported as tables; those in a text are found."""
    data = content.data
    if not isinstance(data, str):
        return laid(data, content.fields, content.periods)
    found = [Laid(each.title, each.headers, each.rows) for each in tables_in(data)]
    if found:
        return found
    try:
        rows = list(csv.reader(io.StringIO(data)))
    except csv.Error:
        rows = []
    if len(rows) > 1 and len({len(row) for row in rows}) == 1 and len(rows[0]) > 1:
        return [Laid("", tuple(rows[0]), tuple(map(tuple, rows[1:])))]
    return [Laid("", ("text",), tuple((line,) for line in data.splitlines()))]


def _markdown(content: Content) -> str:
    parts = []
    if content.metadata:
        head = yaml.safe_dump(_plain(content.metadata), allow_unicode=True, sort_keys=False)
        parts.append(f"---\n{head}---")
    if isinstance(content.data, str):
        parts.append(content.data.strip("\n"))
    else:
        for table in _tables(content):
            if table.title:
                parts.append(f"## {' '.join(table.title.split())}")
            grid = [table.columns, *(tuple(map(_shown, row)) for row in table.rows)]
            parts.append(markdown_table(grid))
    if content.notes:
        parts.append(f"## Analyst notes\n\n{content.notes.strip()}")
    return "\n\n".join(parts) + "\n"


def _json(content: Content) -> bytes:
    data = content.data
    if content.metadata or content.notes or content.periods:
        data = {"data": data}
        if content.periods:
            data["periods"] = list(content.periods)
        if content.metadata:
            data["metadata"] = content.metadata
        if content.notes:
            data["analyst_notes"] = content.notes
    text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
    return (text + "\n").encode()


def _csv(content: Content) -> bytes:
    tables = _tables(content)
    if len(tables) > 1:
        raise ExportRefused(
            f"There are {len(tables)} tables, and a CSV file holds one: export xlsx."
        )
    table = tables[0]
    # What a spreadsheet would take for a formula is written as text; a negative number is none.
    types = [_type([row[at] for row in table.rows]) for at in range(len(table.columns))]
    rows = [[cell(value) for value in row] for row in table.rows]
    return written.sheet(list(zip(table.columns, types, strict=True)), rows).encode()


def _type(values: Sequence[Any]) -> str:
    filled = [value for value in values if value not in (None, "")]
    numbers = filled and all(figure(value) is not None for value in filled)
    return "number" if numbers else "text"


def _workbook(content: Content) -> bytes:
    import openpyxl  # noqa: PLC0415 - workbooks alone

    tables = _tables(content)
    book = openpyxl.Workbook(write_only=True)
    taken: set[str] = set()
    for table in tables:
        _sheet(book, _named(table.title or "Data", taken), table)
    if content.metadata:
        rows = tuple((str(name), value) for name, value in content.metadata.items())
        _sheet(book, _named("Metadata", taken), Laid("", ("name", "value"), rows))
    if content.notes:
        lines = tuple((line,) for line in content.notes.splitlines())
        _sheet(book, _named("Notes", taken), Laid("", ("Analyst notes",), lines))
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def _sheet(book: Any, title: str, table: Laid) -> None:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above
    from openpyxl.styles import Font  # noqa: PLC0415

    if len(table.rows) > ROWS or len(table.columns) > COLUMNS:
        raise ExportRefused(
            f"A sheet holds {ROWS:,} rows and {COLUMNS:,} columns; export csv, or less of it."
        )
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)

    def filled(value: Any, *, head: bool = False) -> Any:
        told = cell(value)
        if isinstance(told, int) and not isinstance(told, bool) and len(str(abs(told))) > DIGITS:
            told = str(told)  # its last digits would be lost
        if isinstance(told, str):
            made = WriteOnlyCell(sheet, UNSEEN.sub("\ufffd", told))
            made.data_type = "s"  # never a formula, whatever it begins with
        else:
            made = WriteOnlyCell(sheet, told)
        if head:
            made.font = bold
        return made

    sheet.append([filled(name, head=True) for name in table.columns])
    for row in table.rows:
        sheet.append([filled(value) for value in row])


def _named(title: str, taken: set[str]) -> str:
    """Return a sheet's title: short, without signs that Excel refuses, unlike the others."""
    plain = UNSEEN.sub("", TITLE.sub(" ", " ".join(title.split()))).strip("' ")[:LONGEST_TITLE]
    found, number = plain or "Data", 2
    while found.casefold() in taken:
        ending = f" {number}"
        found, number = f"{plain[: LONGEST_TITLE - len(ending)]}{ending}", number + 1
    taken.add(found.casefold())
    return found


def _shown(value: Any) -> str:
    told = cell(value)
    return "" if told is None else written.plain(told) if not isinstance(told, str) else told


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))
