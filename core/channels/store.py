"""The tables of workspaces and of what channels ask, and their statements."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Table,
    Text,
    and_,
    delete,
    insert,
    select,
    update,
)

from core.channels.records import Default, Spot, Workspace
from core.db import Moment, Transaction, metadata
from core.identity import Surface
from core.ids import OrganizationId

workspaces = Table(
    "workspaces",
    metadata,
    Column("surface", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("installed_by", Text),
    Column("bot", Text),
    Column("scopes", JSON, nullable=False),
    Column("sealed", Text),
    Column("created_at", Moment, nullable=False),
    Index(None, "organization_id"),
)

channel_defaults = Table(
    "channel_defaults",
    metadata,
    Column("organization_id", Text, ForeignKey("organizations.id"), primary_key=True),
    Column("surface", Text, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    # A removed connection is nobody's default.
    Column("connection_id", Text, ForeignKey("connections.id", ondelete="CASCADE"), nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Moment, nullable=False),
    Index(None, "connection_id"),
)


class ChannelStore:
    """Workspaces and defaults; what a platform says is looked up before there is an organization"""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def find_workspace(
        self, surface: Surface, id: str
    ) -> tuple[Workspace, str | None] | None:
        """Return a workspace, and the token that was sealed for it, of whichever organization."""
        statement = select(workspaces).where(_one(surface, id))
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        return None if row is None else (_workspace(row), row["sealed"])

    async def add_workspace(
        self, organization_id: OrganizationId, workspace: Workspace, sealed: str | None
    ) -> None:
        """Keep a new workspace."""
        values = _values(workspace, sealed) | {"organization_id": organization_id}
        await self._tx.execute(insert(workspaces).values(**values))

    async def replace_workspace(
        self, organization_id: OrganizationId, workspace: Workspace, sealed: str | None
    ) -> None:
        """Rewrite a workspace."""
        mine = and_(
            workspaces.c.organization_id == organization_id, _one(workspace.surface, workspace.id)
        )
        await self._tx.execute(update(workspaces).where(mine).values(_values(workspace, sealed)))

    async def list_workspaces(self, organization_id: OrganizationId) -> tuple[Workspace, ...]:
        """Return the organization's workspaces, by name."""
        statement = select(workspaces).where(workspaces.c.organization_id == organization_id)
        statement = statement.order_by(workspaces.c.surface, workspaces.c.name, workspaces.c.id)
        return tuple(_workspace(row) for row in (await self._tx.execute(statement)).mappings())

    async def remove_workspace(
        self, organization_id: OrganizationId, surface: Surface, id: str
    ) -> bool:
        """Forget a workspace and what its channels ask; return whether it was there."""
        await self._tx.execute(
            delete(channel_defaults).where(
                channel_defaults.c.organization_id == organization_id,
                channel_defaults.c.surface == surface,
                channel_defaults.c.workspace == id,
            )
        )
        mine = and_(workspaces.c.organization_id == organization_id, _one(surface, id))
        return bool((await self._tx.execute(delete(workspaces).where(mine))).rowcount)

    async def sealed(self, organization_id: OrganizationId) -> dict[tuple[Surface, str], str]:
        """Return the sealed token of every workspace that has one."""
        statement = select(workspaces.c.surface, workspaces.c.id, workspaces.c.sealed).where(
            workspaces.c.organization_id == organization_id, workspaces.c.sealed.is_not(None)
        )
        rows = await self._tx.execute(statement)
        return {(Surface(surface), id): sealed for surface, id, sealed in rows}

    async def reseal(
        self, organization_id: OrganizationId, surface: Surface, id: str, sealed: str
    ) -> None:
        """Keep the same token under another key."""
        mine = and_(workspaces.c.organization_id == organization_id, _one(surface, id))
        await self._tx.execute(update(workspaces).where(mine).values(sealed=sealed))

    async def get_default(self, organization_id: OrganizationId, spot: Spot) -> Default | None:
        """Return what a channel asks."""
        statement = select(channel_defaults).where(_channel(organization_id, spot))
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        return (
            None
            if row is None
            else Default.model_validate({name: row[name] for name in Default.model_fields})
        )

    async def set_default(
        self, organization_id: OrganizationId, spot: Spot, default: Default | None
    ) -> None:
        """Keep what a channel asks, in place of what it asked; None forgets it."""
        await self._tx.execute(delete(channel_defaults).where(_channel(organization_id, spot)))
        if default is not None:
            await self._tx.execute(
                insert(channel_defaults).values(
                    organization_id=organization_id,
                    surface=spot.surface,
                    workspace=spot.workspace,
                    channel=spot.channel,
                    **default.model_dump(),
                )
            )


def _one(surface: Surface, id: str) -> ColumnElement[bool]:
    return and_(workspaces.c.surface == surface, workspaces.c.id == id)


def _channel(organization_id: OrganizationId, spot: Spot) -> ColumnElement[bool]:
    return and_(
        channel_defaults.c.organization_id == organization_id,
        channel_defaults.c.surface == spot.surface,
        channel_defaults.c.workspace == spot.workspace,
        channel_defaults.c.channel == spot.channel,
    )


def _values(workspace: Workspace, sealed: str | None) -> dict[str, Any]:
    return workspace.model_dump() | {"scopes": list(workspace.scopes), "sealed": sealed}


def _workspace(row: Mapping[Any, Any]) -> Workspace:
    return Workspace.model_validate({name: row[name] for name in Workspace.model_fields})
