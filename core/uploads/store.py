"""The tables and statements of uploads; a file's bytes are kept in parts.

Parts keep every row small, for both engines, and let a file be read by any machine of several.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from core.db import Moment, Transaction, metadata
from core.ids import ChatId, MemberId, OrganizationId, UploadId
from core.uploads.errors import UploadNotFound
from core.uploads.records import Upload

PART = 1024 * 1024
"""Bytes of a part."""

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("member_id", Text, nullable=False),
    Column("chat_id", Text, ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    Column("filename", Text, nullable=False),
    Column("mime_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tables", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    # Whether all its parts are there: until then it takes its room, and nobody sees it.
    Column("whole", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "organization_id"),
    Index(None, "chat_id"),
)

parts = Table(
    "upload_parts",
    metadata,
    Column("upload_id", Text, ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("body", LargeBinary, nullable=False),
)


class UploadStore:
    """Uploads in, uploads out, always one organization's."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def reserve(self, organization_id: OrganizationId, several: Sequence[Upload]) -> None:
        """Keep new uploads whose parts are still to come."""
        rows = [
            each.model_dump(mode="python")
            | {"organization_id": organization_id, "whole": False}
            | {"tables": [table.model_dump() for table in each.tables], "notes": list(each.notes)}
            for each in several
        ]
        await self._tx.execute(insert(uploads), rows)

    async def add_part(
        self, organization_id: OrganizationId, upload_id: UploadId, number: int, body: bytes
    ) -> None:
        """Keep a part of an upload's bytes."""
        mine = {"organization_id": organization_id, "upload_id": upload_id}
        await self._tx.execute(insert(parts).values(**mine, number=number, body=body))

    async def complete(self, organization_id: OrganizationId, ids: Collection[UploadId]) -> int:
        """Let uploads be seen, now that they are whole; return how many are still there."""
        statement = update(uploads).where(*_among(organization_id, ids))
        return (await self._tx.execute(statement.values(whole=True))).rowcount

    async def drop(self, organization_id: OrganizationId, ids: Collection[UploadId]) -> None:
        """Forget uploads and their parts."""
        await self._tx.execute(delete(uploads).where(*_among(organization_id, ids)))

    async def drop_abandoned(self, organization_id: OrganizationId, before: datetime) -> None:
        """Forget uploads that never became whole."""
        await self._tx.execute(
            delete(uploads).where(
                uploads.c.organization_id == organization_id,
                uploads.c.whole.is_(False),
                uploads.c.created_at < before,
            )
        )

    async def taken(
        self, organization_id: OrganizationId, chat_id: ChatId | None = None
    ) -> tuple[int, int]:
        """Return how many uploads there are, and their bytes: of a chat, or of all."""
        statement = select(func.count(), func.coalesce(func.sum(uploads.c.size), 0)).where(
            uploads.c.organization_id == organization_id
        )
        if chat_id is not None:
            statement = statement.where(uploads.c.chat_id == chat_id)
        number, size = (await self._tx.execute(statement)).one()
        return int(number), int(size)

    async def list(
        self, organization_id: OrganizationId, member_id: MemberId, chat_id: ChatId
    ) -> tuple[Upload, ...]:
        """Return the uploads of a member's chat, in the order in which they came."""
        statement = select(uploads).where(
            uploads.c.organization_id == organization_id,
            uploads.c.member_id == member_id,
            uploads.c.chat_id == chat_id,
            uploads.c.whole.is_(True),
        )
        rows = await self._tx.execute(statement.order_by(uploads.c.created_at, uploads.c.id))
        return tuple(_upload(row) for row in rows.mappings())

    async def get(self, organization_id: OrganizationId, upload_id: UploadId) -> Upload:
        """Return an upload.

        Raises:
            UploadNotFound: this organization has no such upload, or not yet all of it.
        """
        statement = select(uploads).where(*_among(organization_id, {upload_id}))
        row = (await self._tx.execute(statement.where(uploads.c.whole.is_(True)))).mappings()
        found = row.one_or_none()
        if found is None:
            raise UploadNotFound
        return _upload(found)

    async def part(
        self, organization_id: OrganizationId, upload_id: UploadId, number: int
    ) -> bytes | None:
        """Return a part of an upload's bytes, or None behind the last one."""
        body: bytes | None = await self._tx.scalar(
            select(parts.c.body).where(
                parts.c.organization_id == organization_id,
                parts.c.upload_id == upload_id,
                parts.c.number == number,
            )
        )
        return body

    async def chats(
        self, organization_id: OrganizationId, chat_ids: Collection[ChatId]
    ) -> frozenset[ChatId]:
        """Return those of the chats that have uploads."""
        statement = select(uploads.c.chat_id).where(
            uploads.c.organization_id == organization_id, uploads.c.chat_id.in_(chat_ids)
        )
        return frozenset((await self._tx.execute(statement.distinct())).scalars())


def _among(organization_id: OrganizationId, ids: Collection[UploadId]) -> tuple[Any, Any]:
    return uploads.c.organization_id == organization_id, uploads.c.id.in_(ids)


def _upload(row: Mapping[Any, Any]) -> Upload:
    return Upload.model_validate({name: row[name] for name in Upload.model_fields})
