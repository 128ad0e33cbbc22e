"""What we know of the databases: schemas discovered, kept, and indexed for search."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from anyio import to_thread

from core.audit import Audit
from core.connections.driver import Driver, Progress
from core.connections.errors import TableUnknown
from core.connections.records import Schema, Status, Table
from core.connections.snapshot import freeze, thaw
from core.connections.store import ConnectionStore, Kept
from core.db import Database
from core.identity import Actor
from core.ids import ConnectionId, now

if TYPE_CHECKING:
    from core.connections.search import Index

SCHEMAS = 32
"""Discovered schemas that are kept in memory with their index."""
SAMPLING = 10.0
"""Seconds that reading sample values may take in one discovery."""


@dataclass(frozen=True)
class Known:
    """A schema in memory, as of one discovery."""

    discovered_at: datetime | None
    schema: Schema
    index: "Index"


class Learning:
    """Looks for a schema in memory, then in our store, then in the database itself."""

    def __init__(self, db: Database, audit: Audit) -> None:
        """Keep what was learnt in *db*."""
        self._db = db
        self._audit = audit
        self._known: OrderedDict[ConnectionId, Known] = OrderedDict()
        self._locks: dict[ConnectionId, asyncio.Lock] = {}

    async def of(self, actor: Actor, kept: Kept, driver: Driver) -> Known:
        """Return what a connection holds; it is discovered now if it never was.

        Raises:
            ConnectionFailed: it was never discovered, and does not answer.
        """
        connection = kept.connection
        async with self._locks.setdefault(connection.id, asyncio.Lock()):
            known = self._known.get(connection.id)
            # Another process may have discovered it since; one that is newer here stays.
            if known is not None and not _older(known.discovered_at, connection.discovered_at):
                self._known.move_to_end(connection.id)
                return known
            schema = None if kept.lent else await self._kept_schema(actor, connection.id)
            if schema is None:
                return await self._discover(actor, kept, driver, None)
            return await self._remember(connection.id, connection.discovered_at, schema)

    async def discover(
        self, actor: Actor, kept: Kept, driver: Driver, progress: Progress | None
    ) -> Known:
        """Read the catalogue anew, and keep it.

        Raises:
            ConnectionFailed: the database does not answer, and why.
        """
        async with self._locks.setdefault(kept.connection.id, asyncio.Lock()):
            return await self._discover(actor, kept, driver, progress)

    async def at_hand(self, actor: Actor, id: ConnectionId) -> Schema | None:
        """Return the schema if it can be had without asking the database."""
        known = self._known.get(id)
        return known.schema if known is not None else await self._kept_schema(actor, id)

    def forget(self, id: ConnectionId) -> None:
        """Forget a connection that is gone."""
        self._known.pop(id, None)
        self._locks.pop(id, None)

    async def _kept_schema(self, actor: Actor, id: ConnectionId) -> Schema | None:
        async with self._db.reading() as tx:
            body = await ConnectionStore(tx).get_schema(actor.organization_id, id)
        return None if body is None else await to_thread.run_sync(thaw, body)

    async def _discover(
        self, actor: Actor, kept: Kept, driver: Driver, progress: Progress | None
    ) -> Known:
        id = kept.connection.id
        schema = await driver.discover(progress)
        schema = await _sampled(schema, driver)
        if kept.lent:
            return await self._remember(id, kept.connection.discovered_at, schema)
        at, mine, tables = now(), actor.organization_id, len(schema.tables)
        body = await to_thread.run_sync(freeze, schema)
        seen = {"status": Status.ACTIVE, "problem": None}
        async with self._db.transaction() as tx:
            await ConnectionStore(tx).set_schema(mine, id, body, tables=tables, at=at)
            await ConnectionStore(tx).set_seen(mine, id, seen)
            await self._audit.record(tx, actor, "connection.discovered", id)
        return await self._remember(id, at, schema)

    async def _remember(self, id: ConnectionId, at: datetime | None, schema: Schema) -> Known:
        from core.connections.search import Index  # noqa: PLC0415 - the first search needs it

        index = await to_thread.run_sync(Index, schema)
        known = self._known[id] = Known(at, schema, index)
        while len(self._known) > SCHEMAS:
            self._known.popitem(last=False)
        return known


def table_of(schema: Schema, name: str) -> Table:
    """Return the table of a *name*, with or without its schema's.

    Raises:
        TableUnknown: there is none, or several; the message names the nearest.
    """
    wanted = name.replace('"', "").replace("`", "").lower()
    fits = [
        table
        for table in schema.tables
        if wanted in {table.name.lower(), f"{table.schema}.{table.name}".lower()}
    ]
    usual = [table for table in fits if table.schema == schema.default]
    if len(fits) == 1 or usual:
        return (usual or fits)[0]
    if fits:
        full = ", ".join(f"{table.schema}.{table.name}" for table in fits)
        raise TableUnknown(f"Several tables are called {name[:100]}; name one of {full}.")
    from core.connections.repair import nearest  # noqa: PLC0415 - only failures need it

    close = nearest(name, [table.name for table in schema.tables])
    near = f" The nearest are {', '.join(close)}." if close else ""
    raise TableUnknown(f"There is no table {name[:100]}.{near} Try search_schema.")


async def _sampled(schema: Schema, driver: Driver) -> Schema:
    """Return *schema* with the values seen in those of its columns that may be looked into."""
    from core.connections.sensitivity import category  # noqa: PLC0415 - discovery alone

    plain = {
        (table.schema, table.name): [
            column.name for column in table.columns if category(column.name, column.type) is None
        ]
        for table in schema.tables
    }
    samples = await driver.sample(plain, seconds=SAMPLING)
    return schema._replace(
        tables=tuple(
            table._replace(samples=samples.get((table.schema, table.name), {}))
            for table in schema.tables
        )
    )


def _older(known: datetime | None, seen: datetime | None) -> bool:
    return seen is not None and (known is None or known < seen)
