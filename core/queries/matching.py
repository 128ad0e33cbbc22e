"""What is kept of saved queries to match them: read once for each version of query and schema."""

from collections import OrderedDict
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from anyio import to_thread

from core.connections import Connection, Connections, Dialect, Schema
from core.errors import CoreError
from core.identity import Actor
from core.ids import ConnectionId, QueryId
from core.queries.records import Query

if TYPE_CHECKING:
    from core.queries.subject import Around, Subject

SUBJECTS = 4096
SCHEMAS = 32

Version = tuple[QueryId, datetime, ConnectionId | None, datetime | None]


class About(NamedTuple):
    """A query in words, and the words of the schema around it."""

    subject: "Subject"
    around: "Around"


class Matching:
    """Reads queries for matching, and remembers what it read."""

    def __init__(self, connections: Connections) -> None:
        """Look up known values through *connections*."""
        self._connections = connections
        self._abouts: OrderedDict[Version, About] = OrderedDict()
        self._arounds: OrderedDict[tuple[ConnectionId, datetime | None], Around] = OrderedDict()

    async def about(self, actor: Actor, query: Query) -> About:
        """Return what *query* is about; without known values where its schema is not at hand."""
        from core.queries.subject import subject  # noqa: PLC0415 - it brings the SQL parser

        connection, schema = await self._schema(actor, query)
        version = (
            query.id,
            query.updated_at,
            None if connection is None else connection.id,
            None if connection is None or schema is None else connection.discovered_at,
        )
        known = self._abouts.get(version)
        if known is None:
            dialect = connection.dialect if connection else Dialect.SQLITE
            words = await self._around(connection, schema)
            read = await to_thread.run_sync(subject, query, dialect, schema, words)
            known = self._abouts[version] = About(read, words)
            while len(self._abouts) > SUBJECTS:
                self._abouts.popitem(last=False)
        else:
            self._abouts.move_to_end(version)
        return known

    async def _schema(self, actor: Actor, query: Query) -> tuple[Connection | None, Schema | None]:
        connection: Connection | None = None
        try:
            connection = await self._connections.get(actor, query.connection_id)
            # What was never discovered is not discovered for a question.
            if connection.discovered_at is None:
                return connection, None
            return connection, await self._connections.schema(actor, connection.id)
        except CoreError:  # no such connection, or not for this actor: no known values then
            return connection, None

    async def _around(self, connection: Connection | None, schema: Schema | None) -> "Around":
        from core.queries.subject import Around, around  # noqa: PLC0415

        if connection is None or schema is None:
            return Around()
        key = (connection.id, connection.discovered_at)
        known = self._arounds.get(key)
        if known is None:
            known = self._arounds[key] = await to_thread.run_sync(around, schema)
            while len(self._arounds) > SCHEMAS:
                self._arounds.popitem(last=False)
        return known
