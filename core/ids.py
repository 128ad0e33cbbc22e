"""Names for things, and the clock."""

from datetime import UTC, datetime
from typing import NewType
from uuid import NAMESPACE_OID, uuid4, uuid5

OrganizationId = NewType("OrganizationId", str)
MemberId = NewType("MemberId", str)
KeyId = NewType("KeyId", str)
QueryId = NewType("QueryId", str)
ConnectionId = NewType("ConnectionId", str)
ProjectId = NewType("ProjectId", str)
ChatId = NewType("ChatId", str)
MessageId = NewType("MessageId", str)
UploadId = NewType("UploadId", str)
JobId = NewType("JobId", str)
NoticeId = NewType("NoticeId", str)
RunId = NewType("RunId", str)
ScheduleId = NewType("ScheduleId", str)


def new_id() -> str:
    """Return a fresh identifier: a random UUID."""
    return str(uuid4())


def derived_id(*parts: str) -> str:
    """Return the identifier that is always the same for the same *parts*."""
    return str(uuid5(NAMESPACE_OID, "\x00".join(parts)))


def now() -> datetime:
    """Return the current moment, always in UTC."""
    return datetime.now(UTC)
