"""The table and statements of queries; the organization comes first in every one."""

from collections.abc import Mapping, Sequence
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
    func,
    insert,
    or_,
    select,
    update,
)

from core.connections.template import parameters
from core.db import Moment, Transaction, metadata
from core.ids import ConnectionId, OrganizationId, QueryId
from core.page import Page, PageAsked
from core.queries.errors import QueryNotFound
from core.queries.records import Query

queries = Table(
    "queries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("prompt", Text, nullable=False),
    Column("sql", Text),
    Column("keywords", JSON, nullable=False),
    # A removed connection leaves its queries: their SQL is worth more than the pointer.
    Column("connection_id", Text, ForeignKey("connections.id", ondelete="SET NULL")),
    Column("last_updated_by", Text, nullable=False),
    Column("last_updated_by_name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "organization_id", "title"),
)

Hidden = Sequence[ConnectionId]
"""Connections that whoever asks does not see: their queries are not there."""

BY_TITLE = (func.lower(queries.c.title), queries.c.id)


class QueryStore:
    """Records in, records out, always within one organization."""

    def __init__(self, tx: Transaction) -> None:
        """Work within *tx*."""
        self._tx = tx

    async def add(self, organization_id: OrganizationId, query: Query) -> None:
        """Keep a new query."""
        values = _row(query) | {"organization_id": organization_id}
        await self._tx.execute(insert(queries).values(**values))

    async def get(
        self, organization_id: OrganizationId, query_id: QueryId, but: Hidden = ()
    ) -> Query:
        """Return the query.

        Raises:
            QueryNotFound: this organization has no such query.
        """
        statement = select(queries).where(*_one(organization_id, query_id), *_seen(but))
        row = (await self._tx.execute(statement)).mappings().one_or_none()
        if row is None:
            raise QueryNotFound
        return _query(row)

    async def of(
        self, organization_id: OrganizationId, ref: str, but: Hidden = ()
    ) -> tuple[Query, ...]:
        """Return the query of this id and those of this title, whatever its case."""
        statement = select(queries).where(
            queries.c.organization_id == organization_id,
            or_(queries.c.id == ref, func.lower(queries.c.title) == ref.lower()),
            *_seen(but),
        )
        return tuple(_query(row) for row in (await self._tx.execute(statement)).mappings())

    async def of_ids(
        self, organization_id: OrganizationId, ids: Sequence[QueryId], but: Hidden = ()
    ) -> tuple[Query, ...]:
        """Return those of these ids that are there, in no order."""
        # SQLite takes ten ids to be more than all that the organization has, and would read those.
        mine = queries.c.organization_id.concat("") == organization_id
        statement = select(queries).where(mine, queries.c.id.in_(ids), *_seen(but))
        return tuple(_query(row) for row in (await self._tx.execute(statement)).mappings())

    async def list(
        self, organization_id: OrganizationId, asked: PageAsked, but: Hidden = ()
    ) -> Page[Query]:
        """Return a page of queries, by title."""
        mine = and_(queries.c.organization_id == organization_id, *_seen(but))
        total = await self._tx.scalar(select(func.count()).select_from(queries).where(mine))
        statement = select(queries).where(mine).order_by(*BY_TITLE)
        rows = await self._tx.execute(statement.limit(asked.size).offset(asked.offset))
        items = tuple(_query(row) for row in rows.mappings())
        return Page(items=items, total=total or 0, asked=asked)

    async def state(self, organization_id: OrganizationId) -> tuple[int, str]:
        """Return what differs whenever any query was added, changed or removed."""
        statement = select(func.count(), func.max(queries.c.updated_at))
        mine = queries.c.organization_id == organization_id
        many, latest = (await self._tx.execute(statement.where(mine))).one()
        return many, str(latest)

    async def replace(self, organization_id: OrganizationId, query: Query) -> None:
        """Keep a query as it now reads."""
        statement = update(queries).where(*_one(organization_id, query.id))
        await self._tx.execute(statement.values(**_row(query)))

    async def remove(
        self, organization_id: OrganizationId, query_id: QueryId, but: Hidden = ()
    ) -> None:
        """Forget a query.

        Raises:
            QueryNotFound: this organization has no such query.
        """
        doomed = (*_one(organization_id, query_id), *_seen(but))
        gone = await self._tx.execute(delete(queries).where(*doomed))
        if not gone.rowcount:
            raise QueryNotFound


def _seen(but: Hidden) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a query is of none of these connections; it may be of none."""
    if not but:
        return ()
    return (or_(queries.c.connection_id.is_(None), queries.c.connection_id.not_in(but)),)


def _one(organization_id: OrganizationId, query_id: QueryId) -> tuple[Any, Any]:
    return queries.c.organization_id == organization_id, queries.c.id == query_id


def _row(query: Query) -> dict[str, Any]:
    return query.model_dump(exclude={"parameters"}) | {"keywords": list(query.keywords)}


def _query(row: Mapping[Any, Any]) -> Query:
    return Query.model_validate(dict(row) | {"parameters": parameters(row["sql"])})
