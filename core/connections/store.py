"""The tables and statements of connections; the organization comes first in every one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from core.connections.address import Address
from core.connections.audience import Sight
from core.connections.records import Connection
from core.db import Moment, Transaction, metadata
from core.identity import Audience, Role
from core.ids import ConnectionId, OrganizationId
from core.page import Page, PageAsked

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("description", Text),
    Column("role", Text),
    Column("max_rows", Integer),
    Column("max_bytes", Integer),
    Column("timeout", Float),
    Column("status", Text, nullable=False),
    Column("problem", Text),
    Column("warnings", JSON, nullable=False),
    Column("tables", Integer),
    Column("discovered_at", Moment),
    Column("created_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("least", Text, nullable=False, server_default="viewer"),
    Column("audience", Text, nullable=False, server_default="public"),
    UniqueConstraint("organization_id", "name"),
)

schemas = Table(
    "schemas",
    metadata,
    Column(
        "connection_id",
        Text,
        ForeignKey(connections.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("body", LargeBinary, nullable=False),
)


class Kept(NamedTuple):
    """A connection with what only its service may see."""

    connection: Connection
    sealed: str
    role: str | None
    max_rows: int | None
    max_bytes: int | None
    timeout: float | None
    lent: Address | None = None
    """Where it is, of a database that was lent; nothing of it is kept in our store."""


class ConnectionStore:
    """Records in, records out, always within one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, kept: Kept) -> None:
        """Keep a new connection."""
        values = kept.connection.model_dump() | {
            "organization_id": organization_id,
            "warnings": list(kept.connection.warnings),
            "sealed": kept.sealed,
            "role": kept.role,
            "max_rows": kept.max_rows,
            "max_bytes": kept.max_bytes,
            "timeout": kept.timeout,
        }
        await self._tx.execute(insert(connections).values(**values))

    async def get(
        self, organization_id: OrganizationId, ref: str, sight: Sight | None = None
    ) -> Kept | None:
        """Return the connection of this id or name, or None; an exact name wins over its case.

        Only one that is seen, if a *sight* is given, whoever may hear what it answers.
        """
        statement = select(connections).where(
            connections.c.organization_id == organization_id,
            (connections.c.id == ref) | (func.lower(connections.c.name) == ref.lower()),
        )
        if sight is not None:
            statement = statement.where(connections.c.least.in_(sight.least))
        rows = (await self._tx.execute(statement)).mappings().all()
        exact = [row for row in rows if ref in {row["id"], row["name"]}]
        rows = exact or rows
        return _kept(rows[0]) if len(rows) == 1 else None

    async def names(self, organization_id: OrganizationId, sight: Sight) -> tuple[str, ...]:
        """Return every name that can be asked, sorted."""
        statement = select(connections.c.name).where(_askable(organization_id, sight))
        return tuple(sorted((await self._tx.execute(statement)).scalars()))

    async def hidden(
        self, organization_id: OrganizationId, sight: Sight
    ) -> tuple[ConnectionId, ...]:
        """Return every connection that is not seen."""
        statement = select(connections.c.id).where(
            connections.c.organization_id == organization_id,
            connections.c.least.not_in(sight.least),
        )
        return tuple(ConnectionId(id) for id in await self._tx.scalars(statement))

    async def list(
        self, organization_id: OrganizationId, sight: Sight, asked: PageAsked
    ) -> Page[Connection]:
        """Return a page of the connections that can be asked, by name."""
        mine = _askable(organization_id, sight)
        total = await self._tx.scalar(select(func.count()).select_from(connections).where(mine))
        statement = select(connections).where(mine)
        statement = statement.order_by(func.lower(connections.c.name), connections.c.id)
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(_kept(row).connection for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)

    async def sealed(self, organization_id: OrganizationId) -> dict[ConnectionId, str]:
        """Return the sealed address of every connection."""
        statement = select(connections.c.id, connections.c.sealed).where(
            connections.c.organization_id == organization_id
        )
        return {ConnectionId(id): text for id, text in await self._tx.execute(statement)}

    async def reseal(
        self, organization_id: OrganizationId, connection_id: ConnectionId, sealed: str
    ) -> None:
        """Keep the same address under another key."""
        statement = update(connections).where(*_one(organization_id, connection_id))
        await self._tx.execute(statement.values(sealed=sealed))

    async def set_seen(
        self, organization_id: OrganizationId, connection_id: ConnectionId, seen: Mapping[str, Any]
    ) -> None:
        """Keep what was last seen of a connection: `status`, `problem`, `warnings`."""
        statement = update(connections).where(*_one(organization_id, connection_id))
        await self._tx.execute(statement.values(**seen))

    async def limit(
        self,
        organization_id: OrganizationId,
        connection_id: ConnectionId,
        least: Role,
        audience: Audience,
    ) -> None:
        """Keep who sees a connection, and who may hear what it answers."""
        statement = update(connections).where(*_one(organization_id, connection_id))
        await self._tx.execute(statement.values(least=least, audience=audience))

    async def set_schema(
        self,
        organization_id: OrganizationId,
        connection_id: ConnectionId,
        body: bytes,
        *,
        tables: int,
        at: datetime,
    ) -> None:
        """Keep what a discovery found, in place of the last one."""
        await self._tx.execute(
            delete(schemas).where(
                schemas.c.organization_id == organization_id,
                schemas.c.connection_id == connection_id,
            )
        )
        statement = update(connections).where(*_one(organization_id, connection_id))
        await self._tx.execute(statement.values(tables=tables, discovered_at=at))
        mine = {"organization_id": organization_id, "connection_id": connection_id}
        await self._tx.execute(insert(schemas).values(**mine, body=body))

    async def get_schema(
        self, organization_id: OrganizationId, connection_id: ConnectionId
    ) -> bytes | None:
        """Return what the last discovery found, or None."""
        statement = select(schemas.c.body).where(
            schemas.c.organization_id == organization_id,
            schemas.c.connection_id == connection_id,
        )
        body: bytes | None = await self._tx.scalar(statement)
        return body

    async def remove(self, organization_id: OrganizationId, connection_id: ConnectionId) -> bool:
        """Forget a connection and its schema; return whether it was there."""
        gone = await self._tx.execute(
            delete(connections).where(*_one(organization_id, connection_id))
        )
        return bool(gone.rowcount)


def _askable(organization_id: OrganizationId, sight: Sight) -> ColumnElement[bool]:
    return and_(
        connections.c.organization_id == organization_id,
        connections.c.least.in_(sight.least),
        connections.c.audience.in_(sight.audience),
    )


def _one(organization_id: OrganizationId, connection_id: ConnectionId) -> tuple[Any, Any]:
    return connections.c.organization_id == organization_id, connections.c.id == connection_id


def _kept(row: Mapping[Any, Any]) -> Kept:
    fields = {name: row[name] for name in Connection.model_fields}
    return Kept(
        connection=Connection.model_validate(fields),
        sealed=row["sealed"],
        role=row["role"],
        max_rows=row["max_rows"],
        max_bytes=row["max_bytes"],
        timeout=row["timeout"],
    )
