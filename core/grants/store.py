"""The tables and statements of grants."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from core.db import Moment, Transaction, metadata
from core.grants.records import Asked, Client, Grant
from core.ids import OrganizationId
from core.record import Record

R = TypeVar("R", bound=Record)

oauth_clients = Table(
    "oauth_clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("redirect_uris", JSON, nullable=False),
    Column("method", Text, nullable=False),
    Column("grant_types", JSON, nullable=False),
    Column("scope", Text),
    Column("secret", Text),
    Column("created_at", Moment, nullable=False),
    Index(None, "created_at"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("member_id", Text, ForeignKey("members.id"), nullable=False),
    Column("client_id", Text, ForeignKey(oauth_clients.c.id), nullable=False),
    Column("client_name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("resource", Text),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Index(None, "organization_id", "member_id"),
    Index(None, "client_id"),
)

grant_codes = Table(
    "grant_codes",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("grant_id", Text, ForeignKey(grants.c.id), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("explicit", Boolean, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index(None, "organization_id", "expires_at"),
)

grant_tokens = Table(
    "grant_tokens",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("grant_id", Text, ForeignKey(grants.c.id), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index(None, "organization_id", "expires_at"),
)


class Held(NamedTuple):
    """A secret that we remember: whose it is, how long it opens, whether it was used already."""

    grant: Grant
    expires_at: datetime
    used: bool


class ClientStore:
    """Clients register before anybody signs in, so they belong to no organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def count(self) -> int:
        """Return how many clients there are."""
        return await self._tx.scalar(select(func.count()).select_from(oauth_clients)) or 0

    async def add(self, client: Client, secret: str | None) -> None:
        """Keep a new client and its sealed secret."""
        values = client.model_dump(mode="json") | {"created_at": client.created_at}
        await self._tx.execute(insert(oauth_clients).values(**values, secret=secret))

    async def find(self, client_id: str) -> tuple[Client, str | None] | None:
        """Return the client and its sealed secret."""
        statement = select(oauth_clients).where(oauth_clients.c.id == client_id)
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        return None if row is None else (_record(Client, row), row["secret"])

    async def sealed(self) -> dict[str, str]:
        """Return the sealed secret of every client that has one."""
        statement = select(oauth_clients.c.id, oauth_clients.c.secret)
        rows = await self._tx.execute(statement.where(oauth_clients.c.secret.is_not(None)))
        return {id: secret for id, secret in rows if secret is not None}

    async def reseal(self, client_id: str, secret: str) -> None:
        """Keep the same secret under another key."""
        statement = update(oauth_clients).where(oauth_clients.c.id == client_id)
        await self._tx.execute(statement.values(secret=secret))

    async def forget_idle(self, before: datetime) -> None:
        """Forget the clients that registered before that moment and that nobody ever let in."""
        let_in = select(grants.c.id).where(grants.c.client_id == oauth_clients.c.id).exists()
        idle = oauth_clients.c.created_at < before
        await self._tx.execute(delete(oauth_clients).where(idle, ~let_in))


class GrantStore:
    """What the members of one organization granted."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, grant: Grant) -> None:
        """Keep a new grant."""
        values = grant.model_dump() | {"organization_id": organization_id}
        await self._tx.execute(insert(grants).values(**values))

    async def list(self, organization_id: OrganizationId) -> tuple[Grant, ...]:
        """Return every grant that was not revoked, the newest first."""
        statement = select(grants).where(
            grants.c.organization_id == organization_id, grants.c.revoked_at.is_(None)
        )
        rows = (await self._tx.execute(statement.order_by(grants.c.created_at.desc()))).mappings()
        return tuple(_record(Grant, row) for row in rows)

    async def revoke(self, organization_id: OrganizationId, grant_id: str, at: datetime) -> bool:
        """Let the grant's codes and tokens open nothing from now on; false if they did not."""
        alive = update(grants).where(
            grants.c.organization_id == organization_id,
            grants.c.id == grant_id,
            grants.c.revoked_at.is_(None),
        )
        return bool((await self._tx.execute(alive.values(revoked_at=at))).rowcount)

    async def add_code(
        self,
        organization_id: OrganizationId,
        digest: str,
        grant_id: str,
        asked: Asked,
        *,
        until: datetime,
    ) -> None:
        """Keep the digest of a new code."""
        await self._tx.execute(
            insert(grant_codes).values(
                digest=digest,
                organization_id=organization_id,
                grant_id=grant_id,
                redirect_uri=asked.redirect_uri,
                explicit=asked.explicit,
                challenge=asked.challenge,
                expires_at=until,
            )
        )

    async def find_code(self, digest: str) -> tuple[Held, Asked] | None:
        """Return the code of this digest, used or not, of whichever organization."""
        statement = select(grant_codes).where(grant_codes.c.digest == digest)
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            return None
        held = await self._held(row)
        asked = Asked(
            client_id=held.grant.client_id,
            redirect_uri=row["redirect_uri"],
            explicit=row["explicit"],
            challenge=row["challenge"],
            scopes=held.grant.scopes,
            resource=held.grant.resource,
        )
        return held, asked

    async def use_code(self, organization_id: OrganizationId, digest: str, at: datetime) -> bool:
        """Mark the code as used; false if somebody else was first."""
        return await self._use(organization_id, grant_codes, digest, at)

    async def add_token(
        self, organization_id: OrganizationId, digest: str, grant_id: str, *, until: datetime
    ) -> None:
        """Keep the digest of a new access or refresh token."""
        await self._tx.execute(
            insert(grant_tokens).values(
                digest=digest, organization_id=organization_id, grant_id=grant_id, expires_at=until
            )
        )

    async def find_token(self, digest: str) -> Held | None:
        """Return the access or refresh token of this digest, used or not."""
        statement = select(grant_tokens).where(grant_tokens.c.digest == digest)
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        return None if row is None else await self._held(row)

    async def use_token(self, organization_id: OrganizationId, digest: str, at: datetime) -> bool:
        """Mark the refresh token as used; false if somebody else was first."""
        return await self._use(organization_id, grant_tokens, digest, at)

    async def forget_expired(self, organization_id: OrganizationId, before: datetime) -> None:
        """Forget the organization's codes and tokens that expired before that moment."""
        for table in (grant_codes, grant_tokens):
            await self._tx.execute(
                delete(table).where(
                    table.c.organization_id == organization_id, table.c.expires_at < before
                )
            )

    async def _use(
        self, organization_id: OrganizationId, table: Table, digest: str, at: datetime
    ) -> bool:
        fresh = update(table).where(
            table.c.organization_id == organization_id,
            table.c.digest == digest,
            table.c.used_at.is_(None),
        )
        return bool((await self._tx.execute(fresh.values(used_at=at))).rowcount)

    async def _held(self, row: Mapping[Any, Any]) -> Held:
        statement = select(grants).where(
            grants.c.organization_id == row["organization_id"], grants.c.id == row["grant_id"]
        )
        found = (await self._tx.execute(statement)).mappings().one()
        return Held(_record(Grant, found), row["expires_at"], row["used_at"] is not None)


def _record(kind: type[R], row: Mapping[Any, Any]) -> R:
    return kind.model_validate({name: row[name] for name in kind.model_fields})
