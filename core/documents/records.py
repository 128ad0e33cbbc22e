"""The nouns of documents."""

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Form(StrEnum):
    """What a document is, by the contract's names; CSV and HTML are text."""

    PDF = "PDF"
    TEXT = "TEXT"
    IMAGE = "IMAGE"
    XLSX = "XLSX"
    DOCX = "DOCX"
    UNKNOWN = "UNKNOWN"


class Page(NamedTuple):
    """One page of a document."""

    number: int
    """From 1."""
    text: str
    """Its tables are Markdown."""
    is_scanned: bool = False
    """Whether it is a picture, of which nothing can be read here."""
    sheet_name: str | None = None
    picture: Path | None = None
    """That picture, as a file in the folder where the document was read."""
    mime_type: str | None = None


class Document(NamedTuple):
    """What a file says."""

    form: Form
    page_count: int
    """Of the file; fewer may have been read."""
    pages: tuple[Page, ...]
    notes: tuple[str, ...] = ()
    """What was left out, in words."""
