"""One session at a PostgreSQL server, where every statement is a single, read-only flight.

`BEGIN READ ONLY`, the ceilings, the statement and `ROLLBACK` travel together in one pipeline of
the extended protocol: one round trip, and no second statement can ride along. psycopg's own
pipelines hold whole results in memory; here libpq is asked for a few rows at a time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from core.connections.address import Address
from core.connections.drivers.postgres_line import COPYING, Line, RowsTooWide, SessionLost, refusal
from core.connections.drivers.postgres_login import PATIENCE, SETTINGS, Login, login
from core.connections.errors import ConnectionFailed, StatementFailed

CHUNK = 32
"""Rows that libpq hands over at a time: fewer cost time, more cost memory if they are wide."""
WIDE = 64 * 1024 * 1024
"""Bytes by which waiting for one chunk may grow this process; wider rows come one by one."""
WIDEST = 512 * 1024 * 1024
"""The same for a single row, of which libpq holds two copies."""
DRAIN = 64
"""Chunks of an answer nobody wants that are cheaper read than broken off …"""
DRAINING = 0.1
"""… if they come within so many seconds."""
SEEN = 64
"""Statements that a session remembers; from the second time on they are prepared."""
LONG = 10_000
"""Bytes of a statement that is not worth remembering."""

BEGIN = b"BEGIN TRANSACTION READ ONLY"
# Asking for a value, unlike SET LOCAL, takes a snapshot: from here on the transaction cannot be
# made read-write any more, not even by the statement itself.
LIMIT = b"SELECT pg_catalog.set_config('statement_timeout', $1, true)"
ASSUME = b", pg_catalog.set_config('role', $2, true)"
# Advisory locks outlive a transaction; nothing else that a SELECT can take does.
UNLOCK = b"SELECT pg_catalog.pg_advisory_unlock_all()"

HARMLESS = (b"SELECT", b"SHOW", b"EXPLAIN")
"""What leaves nothing behind; after anything else the session is not lent again."""
STALE = frozenset({"0A000", "26000"})
"""A prepared statement whose tables have changed since, or that is gone."""
UNTAKEN = frozenset({"22023", "42501", "42704"})
"""The role does not exist, or is not for this login."""
UNTYPED = "42P18"
"""The server cannot tell which type a value has that was sent as text of no type."""
TEXT = 25

DONE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
ANSWERS = DONE | COPYING | {ExecStatus.TUPLES_CHUNK, ExecStatus.SINGLE_TUPLE}

Take = Callable[[PGresult, int], bool]
"""Takes some rows, which came in so many arrivals; says whether it has enough."""
Key = tuple[bytes, tuple[int, ...]]
"""A statement, and the types of its values."""


class Ask(NamedTuple):
    """A statement and its values as they travel."""

    sql: bytes
    types: tuple[int, ...] = ()
    values: Sequence[bytes | None] = ()
    formats: Sequence[int] = ()
    plain: bool = False
    """It is ours, and asks the catalogue."""


class PostgresSession:
    """A login at a server, to be used by one caller at a time."""

    def __init__(self, login: Login, role: str | None) -> None:
        """Take over an open connection; `open` is how to get a session."""
        self._line = Line(login.connection)
        self._settled = login.settled
        self._role = role.encode() if role else None
        self._tainted = False
        self._seen: OrderedDict[Key, bytes | None] = OrderedDict()
        self._names = 0
        self._unwanted: list[bytes] = []

    @classmethod
    async def open(cls, address: Address, role: str | None) -> "PostgresSession":
        """Log in, and settle what holds for the life of the session.

        Raises:
            ConnectionFailed: we cannot get in, and why.
        """
        self = cls(await login(address), role)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._settle()
        except (SessionLost, StatementFailed, TimeoutError) as error:
            self.close()
            reason = str(error) or "it does not answer"
            raise ConnectionFailed(f"PostgreSQL refuses a session: {reason}") from None
        except BaseException:
            self.close()
            raise
        return self

    @property
    def broken(self) -> bool:
        """Whether nothing more can be asked of it."""
        return self._line.broken

    @property
    def clean(self) -> bool:
        """Whether it may be lent to the next caller as it is."""
        return not (self._line.broken or self._line.flying or self._tainted)

    async def run(self, ask: Ask, take: Take, *, seconds: float, chunk: int = CHUNK) -> bool:
        """Fly one statement there and its rows back; say whether the flight has landed.

        If not, *take* had enough: the session still carries rows and must be `drain`ed.

        Args:
            ask: the statement.
            take: is handed the rows, at most *chunk* at a time.
            seconds: how long the server may work on it.
            chunk: 1 for rows of many megabytes.

        Raises:
            StatementFailed: the server refused it.
            ConnectionFailed: the role cannot be taken.
            SessionLost: the server has hung up.
            RowsTooWide: too much came in for a few rows, or for the one; the session is useless.
        """
        self._line.allowed = WIDE if chunk > 1 else WIDEST
        try:
            return await self._fly(ask, take, seconds, chunk)
        except StatementFailed as failed:
            prepared = self._forget((ask.sql, ask.types))
            if failed.state == UNTYPED and 0 in ask.types:
                ask = ask._replace(types=tuple(oid or TEXT for oid in ask.types))
            elif failed.state not in STALE or not prepared:
                raise
        return await self._fly(ask, take, seconds, chunk)

    async def drain(self) -> bool:
        """Read the rest of an answer if there is little of it; say whether the session is clean."""
        with suppress(SessionLost, RowsTooWide, TimeoutError):
            async with asyncio.timeout(DRAINING):
                for _ in range(DRAIN):
                    rows = await self._line.result()
                    if rows is None:
                        await self._land(failed=False)
                        return self.clean
                    if rows.status not in ANSWERS:
                        return False
        return False

    async def cancel(self) -> None:
        """Stop the server's work, and wait until it has stopped; one out of reach is left alone."""
        await self._line.cancel()

    def interrupt(self) -> None:
        """Let whoever waits for an answer lose the session."""
        self._line.interrupt()

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    async def _settle(self) -> None:
        """Prepare what frames every statement."""
        pg = self._line.pg
        limit = LIMIT + ASSUME if self._role else LIMIT
        if not self._settled:
            # Behind a pooler, what is set for longer than a transaction is set for its next guest.
            limit += b"".join(_set(name, value) for name, value in SETTINGS.items())
        if pg.parameter_status(b"server_encoding") == b"SQL_ASCII":
            # Such a database does not know its encoding, and would refuse what is no UTF-8.
            limit += _set("client_encoding", "SQL_ASCII")
        frame = {b"begin": BEGIN, b"limit": limit, b"unlock": UNLOCK, b"rollback": b"ROLLBACK"}
        # Statements on the catalogue look costlier than they are: compiled, they take far longer.
        frame[b"plain"] = limit + _set("jit", "off")

        def compose() -> None:
            for name, sql in frame.items():
                pg.send_prepare(name, sql)

        self._line.send(compose)
        for _ in frame:
            result = await self._line.answer()
            if result.status not in DONE:
                raise refusal(result)
        await self._line.landing()

    async def _fly(self, ask: Ask, take: Take, seconds: float, chunk: int) -> bool:
        """Send the frame with the statement in it, and read what comes back in the same order."""
        line = self._line
        failed: PGresult | None = None
        unwanted, self._unwanted = self._unwanted, []
        preparing = self._send(ask, seconds, unwanted)
        for _ in unwanted:
            await line.answer()
        for _ in range(2):
            result = await line.answer()
            if result.status not in DONE:
                raise self._unready(result)
        if preparing and (result := await line.answer()).status not in DONE:
            failed = result
        else:
            line.pg.set_chunked_rows_mode(chunk)
        while (rows := await line.result()) is not None:
            if rows.status in ANSWERS:
                if self._handed(rows, take):
                    return False
            elif rows.status != ExecStatus.PIPELINE_ABORTED:
                failed = rows
        await self._land(failed=failed is not None)
        if failed is not None:
            raise refusal(failed)
        return True

    def _handed(self, rows: PGresult, take: Take) -> bool:
        """Hand on a portion; say whether it was enough."""
        if rows.status in COPYING:
            raise StatementFailed("COPY is not possible here; SELECT the rows instead.")
        tag = rows.command_status
        self._tainted = self._tainted or bool(tag and not tag.startswith(HARMLESS))
        arrivals, self._line.arrivals = self._line.arrivals, 0
        return take(rows, arrivals)

    def _send(self, ask: Ask, seconds: float, unwanted: Sequence[bytes]) -> bool:
        """Send a whole flight; say whether the statement is being prepared on the way."""
        limits: list[bytes | None] = [b"%d" % max(1, int(seconds * 1000))]
        if self._role:
            limits.append(self._role)
        key = (ask.sql, ask.types)
        name = self._seen.get(key)
        preparing = name is None and key in self._seen
        if preparing:
            self._names += 1
            name = b"t%d" % self._names
        pg = self._line.pg

        def compose() -> None:
            for old in unwanted:
                pg.send_close_prepared(old)
            pg.send_query_prepared(b"begin", None)
            pg.send_query_prepared(b"plain" if ask.plain else b"limit", limits)
            if name is None:
                pg.send_query_params(ask.sql, ask.values, ask.types, ask.formats)
            else:
                if preparing:
                    pg.send_prepare(name, ask.sql, ask.types)
                pg.send_query_prepared(name, ask.values, ask.formats)
            pg.send_query_prepared(b"unlock", None)
            pg.send_query_prepared(b"rollback", None)

        self._line.send(compose)
        if len(ask.sql) <= LONG:
            self._seen[key] = name
            self._seen.move_to_end(key)
        if len(self._seen) > SEEN:
            self._forget(next(iter(self._seen)))
        return preparing

    def _forget(self, key: Key) -> bool:
        """Forget a statement; say whether it was prepared."""
        name = self._seen.pop(key, None)
        if name is not None:
            self._unwanted.append(name)
        return name is not None

    async def _land(self, *, failed: bool) -> None:
        """Read what follows the rows, and roll back if that was skipped with them."""
        line = self._line
        await line.answer()
        await line.answer()
        await line.landing()
        if failed:

            def compose() -> None:
                line.pg.send_query_prepared(b"rollback", None)
                line.pg.send_query_prepared(b"unlock", None)

            line.send(compose)
            await line.answer()
            await line.answer()
            await line.landing()

    def _unready(self, result: PGresult) -> Exception:
        failed = refusal(result)
        if self._role and failed.state in UNTAKEN:
            return ConnectionFailed(f"The role of this connection cannot be taken: {failed}")
        return SessionLost(str(failed))


def _set(name: str, value: str) -> bytes:
    return f", pg_catalog.set_config('{name}', '{value}', true)".encode()
