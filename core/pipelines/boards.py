"""Blackboards that outlive their runs: one for each tenant of an organization."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    select,
)
from typing_extensions import override

from core.db import Database, Moment, Transaction, alone, metadata
from core.ids import OrganizationId, now
from core.pipelines.board import Board, appended
from core.pipelines.errors import BoardFull

WRITING = 7_305_107
"""Tasks that write on blackboards at once do so one after the other."""
MOST = 10_000
"""Values on one blackboard."""
LARGEST = 4 * 1024 * 1024
"""Bytes of one of them."""
READ = 16 * 1024 * 1024
"""Characters of those that are read at once, lists with all that was put into them."""

blackboards = Table(
    "blackboards",
    metadata,
    Column("organization_id", Text, ForeignKey("organizations.id"), primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    # Who wrote it: written again after a crash, it is the same.
    Column("mark", Text, nullable=False),
    # Whether it stands in a list, or is the value itself.
    Column("listed", Boolean, nullable=False),
    Column("value", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
)


class Kept(Board):
    """The blackboard of a tenant, in our own store."""

    def __init__(self, db: Database, organization_id: OrganizationId, tenant: str) -> None:
        """Read and write what is the tenant's alone."""
        self._db = db
        self._mine = organization_id
        self._tenant = tenant

    @override
    async def read(self, keys: Iterable[str]) -> Mapping[str, Any]:
        wanted = sorted(keys)
        async with self._db.reading() as tx:
            # Thousands may have put something into one list, each of them 4 MB.
            if await BoardStore(tx).size(self._mine, self._tenant, wanted) > READ:
                raise BoardFull(f"What is read at once takes {READ:,} characters at most.")
            return await BoardStore(tx).read(self._mine, self._tenant, wanted)

    @override
    async def all(self) -> Mapping[str, Any]:
        async with self._db.reading() as tx:
            return await BoardStore(tx).read(self._mine, self._tenant, None)

    @override
    async def write(self, key: str, value: Any, *, append: bool, mark: str) -> None:
        if len(orjson.dumps(value)) > LARGEST:
            raise BoardFull(f"What is stored takes {LARGEST:,} bytes at most.")
        async with self._db.transaction() as tx:
            await alone(tx, WRITING)
            # What is put in place of something takes no more room than that.
            besides = None if append else key
            if await BoardStore(tx).count(self._mine, self._tenant, besides=besides) >= MOST:
                raise BoardFull
            await BoardStore(tx).write(
                self._mine, self._tenant, key, value, append=append, mark=mark
            )


class BoardStore:
    """Blackboards, always one tenant's of one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def read(
        self, organization_id: OrganizationId, tenant: str, keys: Sequence[str] | None
    ) -> dict[str, Any]:
        """Return the values of *keys*, or of all."""
        mine = and_(
            blackboards.c.organization_id == organization_id, blackboards.c.tenant == tenant
        )
        if keys is not None:
            mine = and_(mine, blackboards.c.key.in_(keys))
        columns = (blackboards.c.key, blackboards.c.listed, blackboards.c.value)
        statement = select(*columns).where(mine)
        statement = statement.order_by(blackboards.c.key, blackboards.c.position)
        found: dict[str, Any] = {}
        lists: dict[str, list[Any]] = {}
        for key, listed, text in await self._tx.execute(statement):
            value = orjson.loads(text)
            if not listed:
                found[key] = value
            elif key in lists:
                lists[key].append(value)
            else:
                found[key] = lists[key] = appended(found.get(key), value)
        return found

    async def size(self, organization_id: OrganizationId, tenant: str, keys: Sequence[str]) -> int:
        """Return how many characters the values of *keys* take."""
        mine = and_(
            blackboards.c.organization_id == organization_id,
            blackboards.c.tenant == tenant,
            blackboards.c.key.in_(keys),
        )
        sizes = select(func.sum(func.length(blackboards.c.value))).where(mine)
        return int(await self._tx.scalar(sizes) or 0)

    async def write(
        self,
        organization_id: OrganizationId,
        tenant: str,
        key: str,
        value: Any,
        *,
        append: bool,
        mark: str,
    ) -> None:
        """Put a value under a key, or behind what is there; written again, it changes nothing."""
        mine = and_(
            blackboards.c.organization_id == organization_id,
            blackboards.c.tenant == tenant,
            blackboards.c.key == key,
        )
        if await self._tx.scalar(
            select(blackboards.c.position).where(mine, blackboards.c.mark == mark)
        ):
            return
        if append:
            last = await self._tx.scalar(select(func.max(blackboards.c.position)).where(mine))
        else:
            await self._tx.execute(delete(blackboards).where(mine))
            last = 0
        await self._tx.execute(
            insert(blackboards).values(
                organization_id=organization_id,
                tenant=tenant,
                key=key,
                position=(last or 0) + 1,
                mark=mark,
                listed=append,
                value=orjson.dumps(value).decode(),
                written_at=now(),
            )
        )

    async def count(
        self, organization_id: OrganizationId, tenant: str, *, besides: str | None = None
    ) -> int:
        """Return how many values stand on a blackboard, *besides* those under one key."""
        mine = and_(
            blackboards.c.organization_id == organization_id, blackboards.c.tenant == tenant
        )
        if besides is not None:
            mine = and_(mine, blackboards.c.key != besides)
        return await self._tx.scalar(select(func.count()).select_from(blackboards).where(mine)) or 0
