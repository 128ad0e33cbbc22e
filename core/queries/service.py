"""The verbs of queries."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from sqlalchemy.exc import IntegrityError

from core.audit import Audit
from core.connections import Answer, Connections
from core.db import Database
from core.identity import Actor, Audience, Permission, Role
from core.ids import ConnectionId, OrganizationId, QueryId, new_id, now
from core.memo import Memo
from core.page import Page, PageAsked
from core.queries.errors import QueryAmbiguous, QueryExists, QueryNotFound, QueryPromptOnly
from core.queries.matching import Matching
from core.queries.records import Match, Query, QueryChange, QueryDraft
from core.queries.store import QueryStore
from core.signal import Signal

if TYPE_CHECKING:
    from core.queries.blanks import Blank
    from core.queries.index import QueryIndex

CANDIDATES = 10
"""Queries that are read closely for a question."""
HIDDEN = 50
"""Queries more that are looked for where some may be hidden from whoever asks."""
NEAR = 0.4
"""How near a candidate has to come to the best one."""
INDEXES = 100
"""Organizations whose index is kept in memory."""
KNOWN = 1000
KNOWN_FOR = 5.0
"""Seconds for which a query that is run again is not looked up again: to read it from our store
costs several times what its statement does. A change in another process is seen after them."""


class Queries:
    """Keeps what members want to ask again, and asks it."""

    def __init__(self, db: Database, audit: Audit, connections: Connections) -> None:
        """Keep queries in *db*, and run them through *connections*."""
        self._db = db
        self._audit = audit
        self._connections = connections
        self._indexes: OrderedDict[OrganizationId, tuple[tuple[int, str], QueryIndex]] = (
            OrderedDict()
        )
        self._known: Memo[tuple[OrganizationId, Role, str], Query] = Memo(
            size=KNOWN, seconds=KNOWN_FOR
        )
        self._recent: Memo[OrganizationId, QueryIndex] = Memo(size=INDEXES, seconds=KNOWN_FOR)
        self._matching = Matching(connections)
        self._certain: Memo[
            tuple[OrganizationId, Role, Audience, QueryId, str | None], tuple[Blank, ...]
        ] = Memo(size=KNOWN, seconds=KNOWN_FOR)
        self.changed: Signal[OrganizationId] = Signal()
        connections.changed.connect(self._forget)

    async def create(self, actor: Actor, draft: QueryDraft, *, id: QueryId | None = None) -> Query:
        """Save a query for the actor's organization.

        Args:
            id: one that the caller knows to be the same for the same query; fresh by default.

        Raises:
            ParameterMisplaced: a placeholder stands where no value can.
            ParameterMisnamed: a placeholder's name is no name.
            StatementRefused: its SQL is not one statement that only reads.
            QueryExists: the *id* is taken.
        """
        actor.require(Permission.QUERIES_WRITE)
        connection_id = await self._checked(actor, draft.connection, draft.sql)
        query = Query.from_draft(
            draft, actor, id=id or QueryId(new_id()), connection_id=connection_id, now=now()
        )
        try:
            async with self._db.transaction() as tx:
                await QueryStore(tx).add(actor.organization_id, query)
                await self._audit.record(tx, actor, "query.created", query.id)
        except IntegrityError:
            raise QueryExists from None
        await self._told(actor.organization_id)
        return query

    async def get(self, actor: Actor, query_id: QueryId) -> Query:
        """Return a query of the actor's organization.

        Raises:
            QueryNotFound: the organization has no such query.
        """
        actor.require(Permission.QUERIES_READ)
        hidden = await self._connections.hidden(actor)
        async with self._db.reading() as tx:
            return await QueryStore(tx).get(actor.organization_id, query_id, hidden)

    async def find(self, actor: Actor, ref: str) -> Query:
        """Return the query of an id or a title.

        Raises:
            QueryNotFound: there is none; the message names the nearest.
            QueryAmbiguous: several have that title.
        """
        actor.require(Permission.QUERIES_READ)
        hidden = await self._connections.hidden(actor)
        async with self._db.reading() as tx:
            found = await QueryStore(tx).of(actor.organization_id, ref.strip(), hidden)
        # The id first: nobody stands in its way by a title.
        for query in found:
            if query.id == ref.strip():
                return query
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(query.id for query in found)
            raise QueryAmbiguous(f"Several queries are called {ref[:200]}; give one id of {ids}.")
        near = await self.search(actor, ref[:200], limit=3)
        said = "; ".join(query.title for query in near)
        hint = f" The nearest are: {said}." if near else ""
        raise QueryNotFound(f"Query not found: {ref[:200]}.{hint}")

    async def list(self, actor: Actor, asked: PageAsked) -> Page[Query]:
        """Return a page of the organization's queries, by title.

        Those of a connection that the actor's role does not see are nowhere to be found.
        """
        actor.require(Permission.QUERIES_READ)
        hidden = await self._connections.hidden(actor)
        async with self._db.reading() as tx:
            return await QueryStore(tx).list(actor.organization_id, asked, hidden)

    async def search(self, actor: Actor, text: str, *, limit: int = 10) -> tuple[Query, ...]:
        """Return the queries nearest in meaning to *text*, best first."""
        actor.require(Permission.QUERIES_READ)
        index = await self._index(actor.organization_id)
        more = HIDDEN if await self._connections.hidden(actor) else 0
        hits = index.search(text, limit=limit + more)
        return (await self._there(actor, [id for id, _score in hits]))[:limit]

    async def match(
        self,
        actor: Actor,
        question: str,
        *,
        connection: str | None = None,
        today: date | None = None,
    ) -> Match | None:
        """Return the saved query that *question* surely asks for, with its parameters.

        None where it is not sure: a word is left that the query does not account for, or another
        query fits as well. A query may run when nothing is missing of it; one of a prompt alone
        has no SQL.

        Args:
            connection: the one that is asked, by name or id; queries of others are not matched.
            today: what "last month" is told from; the server's day by default.
        """
        from core.queries.match import best, may_ask  # noqa: PLC0415 - the first question
        from core.queries.message import LONGEST, Message  # noqa: PLC0415

        actor.require(Permission.QUERIES_READ)
        if len(question) > LONGEST:
            return None
        message = Message(question, today or date.today())  # noqa: DTZ011 - the server's own day
        if not message.words:
            return None
        mine = actor.organization_id
        index = await self._recent.get(mine, lambda: self._index(mine))
        more = HIDDEN if await self._connections.hidden(actor) else 0
        hits = index.search(message.rest, limit=CANDIDATES + more)
        near = [id for id, score in hits if score >= hits[0][1] * NEAR]
        queries: Sequence[Query] = [
            each
            for each in await self._there(actor, near)
            if may_ask(message, each, index.terms(each.id))
        ]
        if connection is not None:
            wanted = await self._at(actor, connection)
            queries = [each for each in queries if each.connection_id in {None, wanted}]
        return best(message, await self._matching.abouts(actor, queries))

    async def fill(
        self,
        actor: Actor,
        match: Match,
        text: str,
        *,
        today: date | None = None,
        near: int | None = None,
    ) -> Match:
        """Return *match* with what a reply says for its missing parameters.

        A reply that says something else leaves it as it was.

        Args:
            near: the year that is spoken of; "in December" is of it, not the latest.

        Raises:
            QueryNotFound: its query is gone, or another organization's.
        """
        from core.queries.message import LONGEST, Message  # noqa: PLC0415 - the first reply
        from core.queries.reply import refilled  # noqa: PLC0415

        actor.require(Permission.QUERIES_READ)
        query = await self.get(actor, match.query.id)
        if len(text) > LONGEST or not match.missing:
            return match
        message = Message(text, today or date.today())  # noqa: DTZ011
        if near and message.moments and all(each.yearless for each in message.moments):
            message = Message(text, date(near, 12, 31))
        about = await self._matching.abouts(actor, [query])
        return refilled(match, message, about[0].subject)

    async def blanks(self, actor: Actor, query_id: QueryId) -> "tuple[Blank, ...]":
        """Return what each parameter of a query takes, and the values that it is known to take.

        Raises:
            QueryNotFound: the organization has no such query.
        """
        query = await self.get(actor, query_id)
        (about,) = await self._matching.abouts(actor, [query])
        known = about.subject.shape.blanks
        return tuple(each for name in query.parameters for each in known if each.name == name)

    async def accept(
        self,
        actor: Actor,
        query_id: QueryId,
        *,
        parameters: Mapping[str, Any] | None = None,
        connection: str | None = None,
    ) -> None:
        """Return quietly if a query may run with these days, years and numbers of rows.

        Args:
            connection: another one than it was saved for, by name or id.

        Raises:
            QueryNotFound: the organization has no such query.
            ParameterInvalid: a value is none of what the SQL surely takes there.
        """
        query = await self.get(actor, query_id)
        await self._demand(actor, query, parameters or {}, connection)

    async def suggest(self, actor: Actor, question: str, *, limit: int = 5) -> tuple[Query, ...]:
        """Return what can be asked near to *question*, and by title where less is near."""
        found = await self.search(actor, question, limit=limit)
        if len(found) < limit:
            first = await self.list(actor, PageAsked(size=limit))
            known = {each.id for each in found}
            found = (*found, *(each for each in first.items if each.id not in known))
        return found[:limit]

    async def update(self, actor: Actor, query_id: QueryId, change: QueryChange) -> Query:
        """Rewrite the fields that *change* sets.

        Raises:
            QueryNotFound: the organization has no such query.
            ParameterMisplaced: a placeholder stands where no value can.
            ParameterMisnamed: a placeholder's name is no name.
            StatementRefused: its SQL is not one statement that only reads.
        """
        actor.require(Permission.QUERIES_WRITE)
        seen = await self.get(actor, query_id)
        fields = change.model_fields_set
        connection_id = seen.connection_id
        if fields & {"sql", "connection"}:
            ref = change.connection if "connection" in fields else seen.connection_id
            sql = change.sql if "sql" in fields else seen.sql
            connection_id = await self._checked(actor, ref, sql)
        async with self._db.transaction() as tx:
            before = await QueryStore(tx).get(actor.organization_id, query_id)
            query = before.changed(change, actor, connection_id=connection_id, now=now())
            await QueryStore(tx).replace(actor.organization_id, query)
            await self._audit.record(tx, actor, "query.updated", query.id)
        await self._told(actor.organization_id)
        return query

    async def delete(self, actor: Actor, query_id: QueryId) -> None:
        """Forget a query.

        Raises:
            QueryNotFound: the organization has no such query.
        """
        actor.require(Permission.QUERIES_WRITE)
        hidden = await self._connections.hidden(actor)
        async with self._db.transaction() as tx:
            await QueryStore(tx).remove(actor.organization_id, query_id, hidden)
            await self._audit.record(tx, actor, "query.deleted", query_id)
        await self._told(actor.organization_id)

    async def run(
        self,
        actor: Actor,
        ref: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        connection: str | None = None,
        limit: int | None = None,
        bytes: int | None = None,
        cursor: str | None = None,
    ) -> Answer:
        """Run a saved query, by its id or title, with its parameters bound.

        Args:
            connection: another one than it was saved for, by name or id.

        Raises:
            QueryNotFound: there is none.
            QueryPromptOnly: it has no SQL.
            ParametersMissing, ParametersUnknown, ParameterInvalid: the values do not fit.
            And whatever `Connections.run` raises.
        """
        actor.require(Permission.QUERIES_READ)
        key = (actor.organization_id, actor.role, ref)
        query = await self._known.get(key, lambda: self.find(actor, ref))
        if query.sql is None:
            raise QueryPromptOnly
        await self._demand(actor, query, parameters or {}, connection)
        return await self._connections.run(
            actor,
            connection or query.connection_id,
            query.sql,
            parameters=parameters,
            limit=limit,
            bytes=bytes,
            cursor=cursor,
            subject=query.id,
        )

    async def _demand(
        self, actor: Actor, query: Query, given: Mapping[str, Any], connection: str | None
    ) -> None:
        if query.sql is None or not query.parameters or not given:
            return
        from core.queries.demanded import demand  # noqa: PLC0415 - it brings the SQL parser

        # What is known of a connection is known to those alone who may ask it.
        key = (actor.organization_id, actor.role, actor.audience, query.id, connection)
        demand(
            await self._certain.get(key, lambda: self._matching.certain(actor, query, connection)),
            given,
        )

    async def _index(self, mine: OrganizationId) -> "QueryIndex":
        async with self._db.reading() as tx:
            state = await QueryStore(tx).state(mine)
        known = self._indexes.get(mine)
        if known is None or known[0] != state:
            async with self._db.reading() as tx:
                state = await QueryStore(tx).state(mine)
                every = await QueryStore(tx).list(mine, PageAsked(size=None))
            known = await self._remember(mine, state, every.items)
        return known[1]

    async def _there(self, actor: Actor, ids: Sequence[str]) -> tuple[Query, ...]:
        """Return the queries of *ids* that are there, in their order."""
        found = [QueryId(id) for id in ids]
        hidden = await self._connections.hidden(actor)
        async with self._db.reading() as tx:
            there = {
                query.id: query
                for query in await QueryStore(tx).of_ids(actor.organization_id, found, hidden)
            }
        return tuple(there[id] for id in found if id in there)

    async def _forget(self, organization_id: OrganizationId) -> None:
        self._known.forget(lambda key: key[0] == organization_id)
        self._recent.forget(lambda key: key == organization_id)
        self._certain.forget(lambda key: key[0] == organization_id)

    async def _told(self, organization_id: OrganizationId) -> None:
        await self._forget(organization_id)
        await self.changed.send(organization_id)

    async def _checked(
        self, actor: Actor, connection: str | None, sql: str | None
    ) -> ConnectionId | None:
        """Return the connection that *sql* is for, once it may be saved for it."""
        if sql is None:
            return None if connection is None else (await self._at(actor, connection))
        checked = await self._connections.check(actor, connection, sql)
        return None if checked is None else checked.id

    async def _at(self, actor: Actor, connection: str) -> ConnectionId:
        return (await self._connections.get(actor, connection)).id

    async def _remember(
        self, mine: OrganizationId, state: tuple[int, str], items: tuple[Query, ...]
    ) -> "tuple[tuple[int, str], QueryIndex]":
        # Imported at the first search: the start of a server need not wait for it.
        from core.queries.index import Entry, QueryIndex  # noqa: PLC0415

        entries = [
            Entry(each.id, each.title, each.prompt, each.description or "", each.keywords)
            for each in items
        ]
        before = self._indexes.get(mine)
        # In a thread: 10,000 queries take over a second when nothing is known of them yet.
        index = await to_thread.run_sync(
            partial(QueryIndex, entries, before=None if before is None else before[1])
        )
        known = self._indexes[mine] = (state, index)
        self._indexes.move_to_end(mine)
        while len(self._indexes) > INDEXES:
            self._indexes.popitem(last=False)
        return known
