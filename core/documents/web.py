"""HTML as text: its words in their order, its tables as Markdown, nothing that runs."""

import re
from html.parser import HTMLParser
from typing import NamedTuple

from typing_extensions import override

from core.documents.paging import tidied
from core.documents.tables import joined, written

SILENT = {"script", "style", "noscript", "template", "svg", "head", "iframe", "object", "math"}
"""Elements whose insides nobody reads."""
BLOCKS = (
    {"p", "div", "section", "article", "header", "footer", "main", "aside", "ul", "ol", "dl"}
    | {"blockquote", "figure", "form", "fieldset", "address", "pre", "center", "nav", "dt", "dd"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "li", "caption", "body", "html"}
)
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
"""Elements that have no end."""
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
BREAK_AFTER = re.compile(r"(?:page-)?break-after\s*:\s*(?:always|page)", re.IGNORECASE)
BREAK_BEFORE = re.compile(r"(?:page-)?break-before\s*:\s*(?:always|page)", re.IGNORECASE)
SPAN = 200
"""Columns or rows that one cell may span."""
WIDE = 1_000
"""Columns of a table."""
SPACE = re.compile(r"[ \t\r\n\xa0\u200b]+")


class _Grid:
    """A table on its way."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._held: dict[int, tuple[int, str]] = {}
        """Of a column, how many more rows a cell above reaches into it."""
        self.cell: list[str] | None = None
        self._span = (1, 1)

    def row(self) -> None:
        self.rows.append([])

    def begin(self, columns: int, rows: int) -> None:
        if not self.rows:
            self.row()
        self.cell, self._span = [], (columns, rows)

    def end(self) -> None:
        if self.cell is None:
            return
        text = SPACE.sub(" ", "".join(self.cell)).strip()
        columns, rows = self._span
        row = self.rows[-1]
        self._skip(row)
        if len(row) + columns <= WIDE:
            for at in range(columns):
                said = "" if at else text
                if rows > 1:
                    self._held[len(row)] = (rows - 1, said)
                row.append(said)
        self.cell = None

    def end_row(self) -> None:
        self.end()
        if self.rows:
            self._skip(self.rows[-1])

    def _skip(self, row: list[str]) -> None:
        while len(row) in self._held:
            left, said = self._held.pop(len(row))
            if left > 1:
                self._held[len(row)] = (left - 1, said)
            row.append(said)


class _Open(NamedTuple):
    name: str
    silent: bool
    breaks: bool


class _Reader(HTMLParser):
    """Turns tags into lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._words: list[str] = []
        self._open: list[_Open] = []
        self._silent = 0
        self._grids: list[_Grid] = []
        self._plain = 0

    # What the parser tells

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        style = told.get("style", "")
        if tag in EMPTY:
            self._empty(tag, style)
            return
        silent = tag in SILENT or "hidden" in told or bool(HIDDEN.search(style))
        silent = silent or tag == "ix:header"
        self._open.append(_Open(tag, silent, bool(BREAK_AFTER.search(style))))
        self._silent += silent
        if self._silent:
            return
        if BREAK_BEFORE.search(style) and not self._grids:
            self._break()
        if not self._table_begun(tag, told) and tag in BLOCKS:
            self._block(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        at = next(
            (at for at in range(len(self._open) - 1, -1, -1) if self._open[at].name == tag), -1
        )
        if at < 0 or len(self._open) - at > SPAN:
            return
        while len(self._open) > at:
            closed = self._open.pop()
            if not self._silent:
                self._closed(closed)
            self._silent -= closed.silent

    @override
    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        # Words beside the cells of a table stand where it does.
        cells = (grid.cell for grid in reversed(self._grids) if grid.cell is not None)
        next(cells, self._words).append(data)

    # What it comes to

    def ended(self) -> str:
        while self._grids:
            self._table_ended()
        self._line()
        return "\f".join(tidied(page.split("\n")) for page in "\n".join(self.lines).split("\f"))

    def _empty(self, tag: str, style: str) -> None:
        if self._silent:
            return
        if self._grids:
            if tag in {"br", "hr"} and self._grids[-1].cell is not None:
                self._grids[-1].cell.append(" ")
        elif tag in {"br", "hr"}:
            self._line()
            if BREAK_AFTER.search(style) or BREAK_BEFORE.search(style):
                self._break()

    def _block(self, tag: str) -> None:
        if self._grids:
            if self._grids[-1].cell is not None:
                self._grids[-1].cell.append(" ")
            return
        self._line()
        if tag == "li":
            self._words.append("- ")
        elif tag[0] == "h" and tag[1:].isdigit():
            self.lines.append("")
            self._words.append(f"{'#' * int(tag[1:])} ")
        elif tag == "p":
            self.lines.append("")

    def _closed(self, closed: _Open) -> None:
        if self._grids:
            grid = self._grids[-1]
            match closed.name:
                case "td" | "th":
                    grid.end()
                case "tr":
                    grid.end_row()
                case "table":
                    self._table_ended()
        elif closed.name in BLOCKS:
            self._line()
        if closed.breaks and not self._grids:
            self._break()

    def _table_begun(self, tag: str, told: dict[str, str]) -> bool:
        if tag == "table":
            if not self._grids:
                self._line()
            self._grids.append(_Grid())
            return True
        if not self._grids or tag not in {"tr", "td", "th"}:
            return False
        grid = self._grids[-1]
        if tag == "tr":
            grid.end_row()
            grid.row()
        else:
            grid.end()
            grid.begin(_span(told.get("colspan")), _span(told.get("rowspan")))
        return True

    def _table_ended(self) -> None:
        grid = self._grids.pop()
        grid.end_row()
        rows = [row for row in grid.rows if any(row)]
        if self._grids:  # a table within a table is a part of its cell
            cell = self._grids[-1].cell
            if cell is not None:
                cell.append(" ".join(text for row in rows for text in row if text))
            return
        tidy = joined(rows) if rows else []
        if len(tidy) < 2 or len(tidy[0]) < 2:  # noqa: PLR2004 - it only lays out
            self.lines.extend(" ".join(cell for cell in row if cell) for row in tidy)
        else:
            self.lines.extend(["", written(tidy), ""])

    def _line(self) -> None:
        text = SPACE.sub(" ", "".join(self._words)).strip()
        self._words.clear()
        if text.strip("-# "):
            self.lines.append(text)

    def _break(self) -> None:
        self._line()
        self.lines.append("\f")


def readable(markup: str) -> str:
    """Return what HTML says; a form feed stands where it breaks a page."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.ended()


def _span(said: str | None) -> int:
    return min(max(int(said), 1), SPAN) if said and said.strip().isdecimal() else 1
