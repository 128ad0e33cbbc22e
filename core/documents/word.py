"""Word documents as text: paragraphs, headings, lists, notes, and tables as Markdown."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from core.documents.paging import tidied
from core.documents.tables import written
from core.sheets import FileRefused, archive

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
BLOCKS = {f"{W}p", f"{W}tbl"}
GONE = {f"{W}del", f"{W}moveFrom", f"{W}instrText", f"{W}delText", FALLBACK}
"""What was struck out, what computes, and what is said once more for old programs."""
SPAN = 100
"""Columns that one cell may span."""
NOTES = ("word/footnotes.xml", "word/endnotes.xml")


def readable(path: Path) -> str:
    """Return what the document at *path* says; a form feed stands where a page ends.

    Raises:
        FileRefused: it is broken, encrypted, or a bomb.
    """
    archive.check(path, "document", "send it as text, or in parts")
    try:
        with zipfile.ZipFile(path) as packed:
            lines = list(_body(packed))
            for name in NOTES:
                if name in packed.namelist():
                    lines += _notes(packed, name)
    except (*archive.BROKEN, ET.ParseError):
        raise FileRefused("The document is broken; open it in Word and save it again.") from None
    return tidied(lines)


def _body(packed: zipfile.ZipFile) -> Iterator[str]:
    with packed.open("word/document.xml") as part:
        depth = 0
        # What declares entities was refused; the rest of it is bounded by the process.
        for event, element in ET.iterparse(part, events=("start", "end")):  # noqa: S314
            if element.tag in BLOCKS:
                depth += 1 if event == "start" else -1
                # Those inside of another are said with it.
                if event == "end" and not depth:
                    yield from _block(element)
                    element.clear()


def _notes(packed: zipfile.ZipFile, name: str) -> Iterator[str]:
    with packed.open(name) as part:
        root = ET.parse(part).getroot()  # noqa: S314 - as above
    for note in root:
        id = note.get(f"{W}id", "")
        said = " ".join(_text(each) for each in note.iter(f"{W}p")).strip()
        if said and id.lstrip("-").isdecimal() and int(id) > 0:
            yield f"[{id}] {said}"


def _block(element: ET.Element) -> Iterator[str]:
    if element.tag == f"{W}tbl":
        yield ""
        yield written(_rows(element))
        yield ""
        return
    properties = element.find(f"{W}pPr")
    if properties is not None and properties.find(f"{W}pageBreakBefore") is not None:
        yield "\f"
    text = _text(element)
    before = _before(properties)
    if before.startswith("#"):
        yield ""
    yield f"{before}{text}" if text.strip() else text
    for box in _boxes(element):
        for paragraph in box.iter(f"{W}p"):
            yield _text(paragraph)


def _before(properties: ET.Element | None) -> str:
    """Return what stands before a paragraph: the mark of a heading, or of a list."""
    if properties is None:
        return ""
    style = properties.find(f"{W}pStyle")
    name = "" if style is None else style.get(f"{W}val", "")
    if name == "Title":
        return "# "
    if name.startswith("Heading") and name[7:].isdecimal():
        return f"{'#' * min(int(name[7:]), 6)} "
    return "- " if properties.find(f"{W}numPr") is not None or name.startswith("List") else ""


def _text(element: ET.Element) -> str:
    """Return what a paragraph says, without what stands in boxes beside it."""
    said: list[str] = []
    # Not by recursion: nothing stops a file from nesting deeper than Python may.
    stack = list(reversed(element))
    while stack:
        each = stack.pop()
        tag = each.tag
        if tag in GONE or tag == f"{W}txbxContent":
            continue
        if tag == f"{W}t":
            said.append(each.text or "")
        elif tag == f"{W}tab":
            said.append("\t")
        elif tag in {f"{W}br", f"{W}cr"}:
            said.append("\f" if each.get(f"{W}type") == "page" else "\n")
        elif tag == f"{W}lastRenderedPageBreak":
            said.append("\f")
        elif tag == f"{W}noBreakHyphen":
            said.append("-")
        elif tag in {f"{W}footnoteReference", f"{W}endnoteReference"}:
            said.append(f"[{each.get(f'{W}id', '')}]")
        elif tag != f"{W}pPr":
            stack.extend(reversed(each))
    return "".join(said)


def _boxes(element: ET.Element) -> Iterator[ET.Element]:
    """Yield the boxes beside a paragraph, without what is said once more for old programs."""
    stack = list(reversed(element))
    while stack:
        each = stack.pop()
        if each.tag == f"{W}txbxContent":
            yield each
        elif each.tag != FALLBACK:
            stack.extend(reversed(each))


def _rows(table: ET.Element) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in _own(table, f"{W}tr"):
        cells: list[str] = []
        for cell in _own(row, f"{W}tc"):
            properties = cell.find(f"{W}tcPr")
            text = " ".join(_text(each) for each in cell.iter(f"{W}p")).replace("\f", " ")
            wide = 1
            if properties is not None:
                span = properties.find(f"{W}gridSpan")
                said = "" if span is None else span.get(f"{W}val", "")
                wide = min(int(said), SPAN) if said.isdecimal() else 1
                merged = properties.find(f"{W}vMerge")
                above = rows[-1] if rows else []
                if merged is not None and merged.get(f"{W}val") != "restart":
                    text = above[len(cells)] if len(cells) < len(above) else ""
            cells += [text, *[""] * (wide - 1)]
        rows.append(cells)
    return rows


def _own(element: ET.Element, tag: str) -> Iterator[ET.Element]:
    """Yield the parts of a table or a row, also those within a control or a change."""
    stack = list(reversed(element))
    while stack:
        each = stack.pop()
        if each.tag == tag:
            yield each
        elif each.tag not in {*GONE, f"{W}tc", f"{W}tbl"}:
            stack.extend(reversed(each))
