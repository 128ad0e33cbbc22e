"""What a document is, by its bytes; its name only tells tables of text from other text."""

from pathlib import Path
from typing import NamedTuple

from core.documents.records import Form
from core.sheets import FileRefused, archive
from core.sheets.kinds import FOREIGN, HEAD, ZIP, is_markup, is_text

LARGEST = 64 * 1024 * 1024
"""Bytes of one document."""
PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
TABLES = (".csv", ".tsv")
OTHERS = {
    "ppt/presentation.xml": "a PowerPoint presentation",
    "content.xml": "an OpenDocument file; save it as DOCX or XLSX",
    "xl/workbook.bin": "a binary workbook (.xlsb); save it as .xlsx",
}
TAKEN = "PDF, DOCX, XLSX, CSV, HTML, text and pictures (PNG, JPEG, GIF, WebP) can be read"


class Known(NamedTuple):
    """What a file is."""

    form: Form
    reader: str
    """Which part of the reading process reads it."""
    mime_type: str = ""


def known_by(path: Path, filename: str) -> Known:
    """Return what the file at *path* is.

    Raises:
        FileRefused: it is empty, too large, or nothing that can be read.
    """
    size = path.stat().st_size
    if not size:
        raise FileRefused(f"{filename}: The file is empty.")
    if size > LARGEST:
        raise FileRefused(f"{filename}: The file is larger than {LARGEST >> 20} MB.")
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(ZIP):
        return _packed(path, filename)
    if b"%PDF-" in head[:1024]:
        return Known(Form.PDF, "pdf")
    if mime_type := _picture(head):
        return Known(Form.IMAGE, "picture", mime_type)
    return Known(Form.TEXT, _text(head, filename))


def _packed(path: Path, filename: str) -> Known:
    try:
        parts = archive.parts(path, "document")
    except FileRefused as refusal:
        raise FileRefused(f"{filename}: {refusal.message}") from None
    if "word/document.xml" in parts:
        return Known(Form.DOCX, "word")
    for name, what in OTHERS.items():
        if name in parts:
            raise FileRefused(f"{filename}: It is {what}.")
    if "xl/workbook.xml" in parts:
        return Known(Form.XLSX, "book")
    raise FileRefused(f"{filename}: It is a ZIP archive; {TAKEN}.")


def _picture(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((each for magic, each in PICTURES.items() if head.startswith(magic)), "")


def _text(head: bytes, filename: str) -> str:
    """Return which part reads a text."""
    for magic, what in FOREIGN.items():
        sure = len(magic) > 2 or not is_text(head)  # noqa: PLR2004
        if head.startswith(magic) and sure and magic != b"#!":
            raise FileRefused(f"{filename}: It is {what}; {TAKEN}.")
    if not is_text(head):
        raise FileRefused(f"{filename}: It is binary data; {TAKEN}.")
    if is_markup(head):
        return "web"
    return "table" if filename.lower().endswith(TABLES) else "text"
