"""What is kept of saved queries to match them: read once for each version of query and schema."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from anyio import to_thread

from core.connections import Connection, Connections, Dialect, Schema
from core.errors import CoreError
from core.identity import Actor
from core.ids import ConnectionId, QueryId
from core.queries.records import Query

if TYPE_CHECKING:
    from core.queries.blanks import Blank
    from core.queries.subject import Around, Subject

SUBJECTS = 4096
SCHEMAS = 32

Version = tuple[QueryId, datetime, ConnectionId | None, datetime | None]


class About(NamedTuple):
    """A query in words, and the words of the schema around it."""

    subject: "Subject"
    around: "Around"


class _Asked(NamedTuple):
    """A query that is to be read."""

    version: Version
    query: Query
    dialect: Dialect
    schema: Schema | None
    around: "Around"


class Matching:
    """Reads queries for matching, and remembers what it read."""

    def __init__(self, connections: Connections) -> None:
        """Look up known values through *connections*."""
        self._connections = connections
        self._abouts: OrderedDict[Version, About] = OrderedDict()
        self._arounds: OrderedDict[tuple[ConnectionId, datetime | None], Around] = OrderedDict()
        self._certain: OrderedDict[Version, tuple[Blank, ...]] = OrderedDict()

    async def abouts(self, actor: Actor, queries: Sequence[Query]) -> list[About]:
        """Return what *queries* are about; without known values where no schema is at hand."""
        asked: list[_Asked] = []
        for query in queries:
            connection, schema = await self._schema(actor, query)
            version = _version(query, connection, schema)
            words = await self._around(connection, schema)
            dialect = connection.dialect if connection else Dialect.SQLITE
            asked.append(_Asked(version, query, dialect, schema, words))
        unknown = [each for each in asked if each.version not in self._abouts]
        if unknown:
            for each, about in zip(unknown, await to_thread.run_sync(_read, unknown), strict=True):
                self._abouts[each.version] = about
        found = [self._abouts[each.version] for each in asked]
        for each in asked:
            self._abouts.move_to_end(each.version)
        while len(self._abouts) > SUBJECTS:
            self._abouts.popitem(last=False)
        return found

    async def certain(
        self, actor: Actor, query: Query, connection: str | None
    ) -> "tuple[Blank, ...]":
        """Return the parameters of which the SQL tells for certain what they take.

        Args:
            actor: who runs it.
            query: what is run.
            connection: another one than it was saved for, by name or id.
        """
        at, schema = await self._schema(actor, query, connection)
        version = _version(query, at, schema)
        if version not in self._certain:
            dialect = at.dialect if at else Dialect.SQLITE
            self._certain[version] = await to_thread.run_sync(
                _certain, query.sql or "", dialect, schema
            )
            while len(self._certain) > SUBJECTS:
                self._certain.popitem(last=False)
        return self._certain[version]

    async def _schema(
        self, actor: Actor, query: Query, at: str | None = None
    ) -> tuple[Connection | None, Schema | None]:
        connection: Connection | None = None
        try:
            connection = await self._connections.get(actor, at or query.connection_id)
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


def _version(query: Query, at: Connection | None, schema: Schema | None) -> Version:
    seen = None if at is None or schema is None else at.discovered_at
    return query.id, query.updated_at, None if at is None else at.id, seen


def _certain(sql: str, dialect: Dialect, schema: Schema | None) -> "tuple[Blank, ...]":
    from core.queries.blanks import shape  # noqa: PLC0415 - it brings the SQL parser

    return tuple(each for each in shape(sql, dialect, schema).blanks if each.sure)


def _read(asked: Sequence[_Asked]) -> list[About]:
    from core.queries.subject import subject  # noqa: PLC0415 - it brings the SQL parser

    return [
        About(subject(each.query, each.dialect, each.schema, each.around), each.around)
        for each in asked
    ]
