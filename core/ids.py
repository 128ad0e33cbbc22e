"""Names for things, and the clock."""

from datetime import UTC, datetime
from typing import NewType
from uuid import uuid4

OrganizationId = NewType("OrganizationId", str)
MemberId = NewType("MemberId", str)
KeyId = NewType("KeyId", str)
QueryId = NewType("QueryId", str)
ConnectionId = NewType("ConnectionId", str)
ProjectId = NewType("ProjectId", str)


def new_id() -> str:
    """Return a fresh identifier: a random UUID."""
    return str(uuid4())


def now() -> datetime:
    """Return the current moment, always in UTC."""
    return datetime.now(UTC)
