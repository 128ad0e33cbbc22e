"""The nouns of uploads."""

from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from core.ids import ChatId, MemberId, OrganizationId, UploadId
from core.record import Record

FILES = 5
"""Files that may come at once."""
LARGEST = 30 * 1024 * 1024
"""Bytes of one file."""


class Kind(StrEnum):
    """What can be done with an upload."""

    TABLE = "table"
    """Its tables can be asked."""
    DOCUMENT = "document"
    IMAGE = "image"


class UploadTable(Record):
    """A table that was in a file."""

    name: str
    """What SQL calls it: unlike every other in the chat."""
    title: str
    """The file's or the sheet's own name."""
    rows: int
    columns: int


class Upload(Record):
    """A file of a chat."""

    id: UploadId
    organization_id: OrganizationId
    member_id: MemberId
    chat_id: ChatId
    filename: str
    mime_type: str
    size: int
    """Bytes."""
    kind: Kind
    tables: tuple[UploadTable, ...]
    """What can be asked of it; none of a document or an image."""
    notes: tuple[str, ...]
    """What had to be guessed or was left out when its tables were read, in words."""
    created_at: datetime


class Offered(NamedTuple):
    """A file as it comes in."""

    filename: str | None
    file: BinaryIO
    """Read from its beginning, on other threads."""
