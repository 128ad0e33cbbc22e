"""The verbs of connections."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError

from core.audit import Audit
from core.connections.address import Address, parse
from core.connections.audience import sight_of
from core.connections.driver import Driver, Progress
from core.connections.errors import (
    AddressForbidden,
    ConnectionAmbiguous,
    ConnectionExists,
    ConnectionFailed,
    ConnectionNotFound,
)
from core.connections.finding import Finding
from core.connections.learn import Known, Learning, table_of
from core.connections.lent import Lent
from core.connections.opened import Open, Opened
from core.connections.records import (
    Answer,
    Ceilings,
    Connection,
    ConnectionDraft,
    Found,
    Health,
    Schema,
    Status,
    Table,
)
from core.connections.run import Runner
from core.connections.store import ConnectionStore, Kept
from core.db import Database
from core.errors import Denied
from core.identity import Actor, Audience, Permission, Role
from core.ids import ConnectionId, OrganizationId, new_id, now
from core.page import Page, PageAsked
from core.secrets import Vault
from core.signal import Signal
from core.tally import Tally


class Connections:
    """Knows customers' databases, and asks them without ever changing them."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        audit: Audit,
        tally: Tally,
        *,
        open: Open,
        ceilings: Ceilings,
        forbidden: Callable[[Address], bool] = lambda _address: False,
    ) -> None:
        """Keep connections in *db*, their addresses sealed by *vault*.

        Args:
            open: makes the keeper for an address.
            ceilings: what no statement may exceed, whatever its connection or caller says.
            forbidden: whether an address must not be read through a connection.
        """
        self._db = db
        self._vault = vault
        self._audit = audit
        self._forbidden = forbidden
        self._opened = Opened(open)
        self._finding = Finding(db)
        self._learning = Learning(db, audit)
        self._runner = Runner(audit, tally, self._learning, ceilings=ceilings)
        self.changed: Signal[OrganizationId] = Signal()

    # What there is

    async def add(self, actor: Actor, draft: ConnectionDraft) -> Connection:
        """Keep a connection; nothing is opened yet.

        Raises:
            AddressInvalid: the address is none, or an option of it is unknown or mistyped.
            AddressForbidden: it is our own store.
            ConnectionExists: the organization has one of that name.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        address = parse(draft.url.get_secret_value())
        if self._forbidden(address):
            raise AddressForbidden
        at = now()
        connection = Connection(
            id=ConnectionId(new_id()),
            organization_id=actor.organization_id,
            name=draft.name,
            dialect=address.dialect,
            address=address.shown,
            description=draft.description,
            status=Status.PENDING,
            problem=None,
            warnings=(),
            tables=None,
            discovered_at=None,
            created_by=actor.member_id,
            created_at=at,
            updated_at=at,
            least=draft.least,
            audience=draft.audience,
        )
        kept = Kept(
            connection,
            self._vault.seal(draft.url),
            draft.role,
            draft.max_rows,
            draft.max_bytes,
            draft.timeout,
        )
        try:
            async with self._db.transaction() as tx:
                if await ConnectionStore(tx).get(actor.organization_id, draft.name):
                    raise ConnectionExists
                await ConnectionStore(tx).add(actor.organization_id, kept)
                await self._audit.record(tx, actor, "connection.added", connection.id)
        except IntegrityError:
            raise ConnectionExists from None  # another request was first
        await self._told(actor.organization_id)
        return connection

    async def list(self, actor: Actor, asked: PageAsked) -> Page[Connection]:
        """Return a page of the connections that the actor may ask where it stands, by name."""
        actor.require(Permission.CONNECTIONS_READ)
        async with self._db.reading() as tx:
            return await ConnectionStore(tx).list(actor.organization_id, sight_of(actor), asked)

    async def hidden(self, actor: Actor) -> tuple[ConnectionId, ...]:
        """Return the ids of those that the actor's role does not see, to leave out what is theirs.

        They are for comparing, not for telling.
        """
        actor.require(Permission.CONNECTIONS_READ)
        return await self._finding.hidden(actor)

    async def get(self, actor: Actor, ref: str | Lent | None = None) -> Connection:
        """Return the connection of a name or id; without one, the only one there is.

        Raises:
            ConnectionNotFound: the actor sees none of that name; the message names those there are.
            ConnectionAmbiguous: none was named, and there are several.
            AudienceTooWide: it must not be told to those who hear the actor.
        """
        actor.require(Permission.CONNECTIONS_READ)
        return (await self._finding.get(actor, ref)).connection

    async def remove(self, actor: Actor, ref: str) -> Connection:
        """Forget a connection and what was learnt of it.

        Raises:
            ConnectionNotFound: there is none of that name.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        connection = (await self._finding.get(actor, ref)).connection
        async with self._db.transaction() as tx:
            if not await ConnectionStore(tx).remove(actor.organization_id, connection.id):
                raise ConnectionNotFound
            await self._audit.record(tx, actor, "connection.removed", connection.id)
        self._opened.forget(connection.id)
        self._learning.forget(connection.id)
        await self._told(actor.organization_id)
        return connection

    async def limit(
        self,
        actor: Actor,
        ref: str,
        *,
        least: Role | None = None,
        audience: Audience | None = None,
    ) -> Connection:
        """Say who sees a connection, and who may hear what it answers; None leaves it as it is.

        Raises:
            ConnectionNotFound: there is none of that name.
            Denied: the actor may not, or would not see it any more.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        if least is not None and least.capped(actor.role) is not least:
            raise Denied(f"A connection for an {least} alone is made so by an {least}.")
        before = (await self._finding.get(actor, ref)).connection
        least, audience = least or before.least, audience or before.audience
        async with self._db.transaction() as tx:
            await ConnectionStore(tx).limit(actor.organization_id, before.id, least, audience)
            await self._audit.record(tx, actor, "connection.limited", before.id)
        await self._told(actor.organization_id)
        return before.model_copy(update={"least": least, "audience": audience})

    async def reseal(self, actor: Actor) -> int:
        """Seal every address with the newest key; return how many there are.

        Raises:
            SealBroken: one was sealed with a key that is no longer there.
        """
        actor.require(Permission.CONNECTIONS_WRITE)
        async with self._db.transaction() as tx:
            sealed = await ConnectionStore(tx).sealed(actor.organization_id)
            for connection_id, text in sealed.items():
                fresh = self._vault.reseal(text)
                await ConnectionStore(tx).reseal(actor.organization_id, connection_id, fresh)
            await self._audit.record(tx, actor, "connection.resealed", str(len(sealed)))
        self._finding.forget()
        return len(sealed)

    async def test(self, actor: Actor, ref: str | Lent) -> Health:
        """Ask a connection whether it answers, and remember what was seen.

        Raises:
            ConnectionNotFound: there is none of that name.
            ConnectionFailed: it does not answer, and why.
        """
        actor.require(Permission.CONNECTIONS_READ)
        kept = await self._finding.get(actor, ref)
        try:
            health = await self._driver(kept).test()
        except ConnectionFailed as refusal:
            await self._see(actor, kept, Status.ERROR, problem=refusal.message)
            raise
        await self._see(actor, kept, Status.ACTIVE, warnings=health.warnings)
        return health

    # What is in it

    async def discover(
        self, actor: Actor, ref: str | Lent | None = None, progress: Progress | None = None
    ) -> Connection:
        """Read a connection's catalogue anew.

        Raises:
            ConnectionNotFound: there is none of that name.
            ConnectionFailed: it does not answer, and why.
        """
        actor.require(Permission.CONNECTIONS_QUERY)
        kept = await self._finding.get(actor, ref)
        try:
            await self._learning.discover(actor, kept, self._driver(kept), progress)
        except ConnectionFailed as refusal:
            await self._see(actor, kept, Status.ERROR, problem=refusal.message)
            raise
        if kept.lent is not None:
            return kept.connection
        await self._told(actor.organization_id)
        return (await self._finding.get(actor, kept.connection.id)).connection

    async def schema(self, actor: Actor, ref: str | Lent | None = None) -> Schema:
        """Return what a connection holds; it is discovered now if it never was.

        Raises:
            ConnectionNotFound: there is none of that name.
            ConnectionFailed: it does not answer, and why.
        """
        actor.require(Permission.CONNECTIONS_QUERY)
        return (await self._known(actor, await self._finding.get(actor, ref))).schema

    async def describe(
        self, actor: Actor, ref: str | Lent | None, tables: Sequence[str]
    ) -> tuple[Table, ...]:
        """Return the named tables, `name` or `schema.name`, in the order they were named.

        Raises:
            TableUnknown: there is no such table; the message names the nearest.
        """
        actor.require(Permission.CONNECTIONS_QUERY)
        schema = (await self._known(actor, await self._finding.get(actor, ref))).schema
        return tuple(table_of(schema, name) for name in tables)

    async def search(
        self, actor: Actor, question: str, *, ref: str | Lent | None = None, limit: int = 10
    ) -> Found:
        """Return the tables and columns that a question in plain words is about.

        Raises:
            ConnectionNotFound: there is none of that name.
            ConnectionFailed: it was never discovered, and does not answer.
        """
        actor.require(Permission.CONNECTIONS_QUERY)
        kept = await self._finding.get(actor, ref)
        known = await self._known(actor, kept)
        hits = known.index.search(question, limit=limit)
        return Found(
            connection=kept.connection.name,
            dialect=kept.connection.dialect,
            tables=hits,
            joins=known.index.joins(hits),
            total=len(known.schema.tables),
        )

    # What it answers

    async def run(
        self,
        actor: Actor,
        ref: str | Lent | None,
        sql: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        limit: int | None = None,
        bytes: int | None = None,
        cursor: str | None = None,
        subject: str | None = None,
    ) -> Answer:
        """Run one statement that reads, its {{parameters}} bound, within the ceilings.

        Args:
            ref: the connection's name or id, or what was lent; None means the only one there is.
            limit: how many rows at most; more than the ceiling changes nothing.
            bytes: how many bytes of cells at most; the same.
            cursor: from an answer that was cut, to go on after its rows.
            subject: what the audit trail calls it; the connection by default.

        Raises:
            StatementRefused: it is not one statement that only reads.
            StatementFailed: the database refused it; the message helps to repair it.
            StatementTimedOut: it took too long and was stopped.
            ParametersMissing, ParametersUnknown, ParameterInvalid: the values do not fit.
            CursorInvalid: the cursor belongs to another statement.
            ConnectionFailed: the database does not answer, and why.
        """
        actor.require(Permission.CONNECTIONS_QUERY)
        kept = await self._finding.get(actor, ref)
        try:
            return await self._runner.run(
                actor,
                kept,
                self._driver(kept),
                sql,
                parameters=parameters or {},
                limit=limit,
                bytes=bytes,
                cursor=cursor,
                subject=subject or kept.connection.id,
            )
        except ConnectionFailed as refusal:
            if kept.connection.status is not Status.ERROR:
                await self._see(actor, kept, Status.ERROR, problem=refusal.message)
            raise

    async def check(self, actor: Actor, ref: str | Lent | None, sql: str) -> Connection | None:
        """Return the connection that *sql* may be saved for, without running it.

        Without a *ref* and with none or several to choose from it is None: then the statement is
        read for its parameters alone, and judged when somebody says where it runs.

        Raises:
            StatementRefused: it is not one statement that only reads.
            ParameterMisplaced: a placeholder stands where no value can.
        """
        from core.connections.policy import judge  # noqa: PLC0415 - saving alone
        from core.connections.template import check, specimen  # noqa: PLC0415
        from core.connections.template import parameters as names  # noqa: PLC0415

        actor.require(Permission.CONNECTIONS_READ)
        try:
            connection = (await self._finding.get(actor, ref)).connection
        except (ConnectionAmbiguous, ConnectionNotFound):
            if ref is not None:
                raise
            names(sql)
            return None
        check(sql, connection.dialect)
        judge(specimen(sql, connection.dialect), connection.dialect)
        return connection

    def unlend(self, id: ConnectionId) -> None:
        """Forget a database that was lent: it is gone, or another has come in its place."""
        self._opened.forget(id)
        self._learning.forget(id)

    async def close(self) -> None:
        """Let go of every database."""
        await self._opened.close()

    # Inside

    async def _known(self, actor: Actor, kept: Kept) -> Known:
        known = await self._learning.of(actor, kept, self._driver(kept))
        if kept.connection.discovered_at is None:
            await self._told(actor.organization_id)  # it was discovered just now
        return known

    def _driver(self, kept: Kept) -> Driver:
        def address() -> Address:
            if kept.lent is not None:
                return kept.lent
            address = parse(self._vault.open(kept.sealed).get_secret_value())
            if self._forbidden(address):  # a link may have been laid since it was added
                raise AddressForbidden
            return address

        return self._opened.lend(kept.connection.id, address, kept.role)

    async def _see(
        self,
        actor: Actor,
        kept: Kept,
        status: Status,
        *,
        problem: str | None = None,
        warnings: tuple[str, ...] | None = None,
    ) -> None:
        if kept.lent is not None:
            return
        seen: dict[str, Any] = {"status": status, "problem": problem}
        if warnings is not None:
            seen["warnings"] = list(warnings)
        async with self._db.transaction() as tx:
            await ConnectionStore(tx).set_seen(actor.organization_id, kept.connection.id, seen)
        self._finding.forget()

    async def _told(self, organization_id: OrganizationId) -> None:
        self._finding.forget(organization_id)
        await self.changed.send(organization_id)
