"""A database of our own that is lent for a while: it is asked like any other, and kept nowhere."""

from datetime import datetime
from typing import NamedTuple

from core.connections.address import Address
from core.connections.records import Connection, Status
from core.connections.store import Kept
from core.identity import Audience
from core.ids import ConnectionId, MemberId, OrganizationId


class Lent(NamedTuple):
    """What stands for a connection's name or id, in the hands of whom it was lent to."""

    id: ConnectionId
    """Another one whenever what is in the database is another."""
    organization_id: OrganizationId
    name: str
    address: Address
    description: str
    member_id: MemberId
    since: datetime


def kept(lent: Lent) -> Kept:
    """Return the lent database as a connection that was kept."""
    connection = Connection(
        id=lent.id,
        organization_id=lent.organization_id,
        name=lent.name,
        dialect=lent.address.dialect,
        address=f"{lent.address.dialect}:{lent.name}",
        description=lent.description,
        status=Status.ACTIVE,
        problem=None,
        warnings=(),
        tables=None,
        discovered_at=lent.since,
        created_by=lent.member_id,
        created_at=lent.since,
        updated_at=lent.since,
        audience=Audience.OUTSIDE,  # whoever may ask in the chat
    )
    return Kept(connection, "", None, None, None, None, lent.address)
