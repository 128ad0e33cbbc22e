"""One session at a PostgreSQL server, where every statement is a single, read-only flight.

`BEGIN READ ONLY`, the ceilings, the statement and `ROLLBACK` travel together in one pipeline of
the extended protocol: one round trip, and no second statement can ride along. psycopg's own
pipelines hold whole results in memory; here libpq is asked for a few rows at a time.
"""

import asyncio
import resource
import socket
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from core.connections.address import Address
from core.connections.drivers.postgres_login import login
from core.connections.errors import ConnectionFailed, StatementFailed

CHUNK = 32
"""Rows that libpq hands over at a time: fewer cost time, more cost memory if they are wide."""
WIDE = 64 * 1024 * 1024
"""Bytes by which waiting for one chunk may grow this process; wider rows come one by one."""
WIDEST = 512 * 1024 * 1024
"""The same for a single row, of which libpq holds two copies."""
DRAIN = 64
"""Chunks of an answer nobody wants that are cheaper read than broken off."""
SEEN = 64
"""Statements that a session remembers; from the second time on they are prepared."""
LONG = 10_000
"""Bytes of a statement that is not worth remembering."""
PEAK = 1 if sys.platform == "darwin" else 1024
"""Bytes in the unit of the system's peak of memory."""

SETTINGS = {
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "60s",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "extra_float_digits": "1",
    "plan_cache_mode": "force_custom_plan",
    "client_min_messages": "error",
}
"""Fixed for the life of a session. A statement cannot change them: its flight is rolled back."""

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

ROWS = frozenset({ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK})
COPYING = frozenset({ExecStatus.COPY_OUT, ExecStatus.COPY_IN, ExecStatus.COPY_BOTH})
DONE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})

Take = Callable[[PGresult, int], bool]
"""Takes some rows, which came in so many arrivals; says whether it has enough."""


class Ask(NamedTuple):
    """A statement and its values as they travel."""

    sql: bytes
    types: tuple[int, ...] = ()
    values: Sequence[bytes | None] = ()
    formats: Sequence[int] = ()


class SessionLost(Exception):
    """The server has hung up."""


class RowsTooWide(Exception):
    """What came in for one chunk of rows is more than memory should hold."""


class PostgresSession:
    """A login at a server, to be used by one caller at a time."""

    def __init__(self, connection: psycopg.AsyncConnection, role: str | None) -> None:
        """Take over an open connection; `open` is how to get a session."""
        self.broken = False
        self.tainted = False
        """Whether a statement may have left something behind."""
        self._connection = connection
        self._pg = connection.pgconn
        self._role = role.encode() if role else None
        self._loop = asyncio.get_running_loop()
        # A descriptor of our own: libpq closes its own whenever it likes, under the loop's feet.
        self._socket = socket.socket(fileno=socket.dup(self._pg.socket))
        self._listening = False
        self._flying = False
        self._waiter: asyncio.Future[None] | None = None
        self._arrivals = 0
        self._base: int | None = None
        self._allowed = WIDE
        self._seen: OrderedDict[tuple[bytes, tuple[int, ...]], bytes | None] = OrderedDict()
        self._names = 0
        self._closing = 0

    @classmethod
    async def open(cls, address: Address, role: str | None) -> "PostgresSession":
        """Log in, and settle what holds for the life of the session.

        Raises:
            ConnectionFailed: we cannot get in, and why.
        """
        self = cls(await login(address), role)
        try:
            await self._settle()
        except (SessionLost, StatementFailed) as error:
            self.close()
            raise ConnectionFailed(f"PostgreSQL refuses a session: {error}") from None
        except BaseException:
            self.close()
            raise
        return self

    @property
    def clean(self) -> bool:
        """Whether it may be lent to the next caller as it is."""
        return not (self.broken or self.tainted or self._flying)

    async def run(self, ask: Ask, take: Take, *, seconds: float, chunk: int = CHUNK) -> bool:
        """Fly one statement there and its rows back; say whether the flight has landed.

        If not, *take* had enough: the session still carries rows and must be `drain`ed.

        Args:
            take: is handed the rows, at most *chunk* at a time.
            seconds: how long the server may work on it.

        Raises:
            StatementFailed: the server refused it.
            ConnectionFailed: the role cannot be taken.
            SessionLost: the server has hung up.
            RowsTooWide: too much came in for a few rows, or for the one; the session is useless.
        """
        self._allowed = WIDE if chunk > 1 else WIDEST
        try:
            return await self._fly(ask, take, seconds, chunk)
        except StatementFailed as failed:
            if failed.state == UNTYPED and 0 in ask.types:
                ask = ask._replace(types=tuple(oid or TEXT for oid in ask.types))
            elif failed.state not in STALE or not self._seen.pop((ask.sql, ask.types), None):
                raise
        return await self._fly(ask, take, seconds, chunk)

    async def drain(self) -> bool:
        """Read the rest of an answer if there is little of it; say whether the session is clean."""
        with suppress(SessionLost, RowsTooWide):
            for _ in range(DRAIN):
                if await self._result() is None:
                    await self._land()
                    return self.clean
        return False

    async def cancel(self) -> None:
        """Ask the server, by another way, to stop; one out of reach is left to itself."""
        if not self.broken:
            with suppress(psycopg.Error, OSError):
                await self._connection.cancel_safe(timeout=2)

    def close(self) -> None:
        """Hang up; whoever still waits for an answer loses the session."""
        if self._socket.fileno() >= 0:
            self._deaf()
            self._loop.remove_writer(self._socket)
            self._socket.close()
        self._pg.finish()
        self._break()

    async def _settle(self) -> None:
        limit = LIMIT + ASSUME if self._role else LIMIT
        frame = {b"begin": BEGIN, b"limit": limit, b"unlock": UNLOCK, b"rollback": b"ROLLBACK"}
        values = ", ".join(
            f"pg_catalog.set_config('{k}', '{v}', false)" for k, v in SETTINGS.items()
        )
        try:
            self._pg.enter_pipeline_mode()
            for name, sql in frame.items():
                self._pg.send_prepare(name, sql)
            self._pg.send_query_params(b"SELECT " + values.encode(), None)
            self._pg.pipeline_sync()
            self._flush()
        except psycopg.Error as error:
            raise SessionLost(str(error)) from error
        for _ in range(len(frame) + 1):
            result = await self._answer()
            if result.status not in DONE:
                raise _refusal(result)
        await self._result()

    async def _fly(self, ask: Ask, take: Take, seconds: float, chunk: int) -> bool:
        """Send the frame with the statement in it, and read what comes back in the same order."""
        failed: PGresult | None = None
        preparing = self._send(ask, seconds)
        for _ in range(2):
            result = await self._answer()
            if result.status not in DONE:
                raise self._unready(result)
        if preparing and (result := await self._answer()).status not in DONE:
            failed = result
        else:
            self._pg.set_chunked_rows_mode(chunk)
        while (rows := await self._result()) is not None:
            status = rows.status
            if status in ROWS or status == ExecStatus.COMMAND_OK:
                arrivals, self._arrivals = self._arrivals, 0
                if take(rows, arrivals):
                    return False
                tag = rows.command_status
                self.tainted = self.tainted or bool(tag and not tag.startswith(HARMLESS))
            elif status in COPYING:
                raise StatementFailed("COPY is not possible here; SELECT the rows instead.")
            elif status != ExecStatus.PIPELINE_ABORTED:
                failed = rows
        await self._land(failed=failed is not None)
        if failed is not None:
            self._seen.pop((ask.sql, ask.types), None)
            raise _refusal(failed)
        return True

    def _send(self, ask: Ask, seconds: float) -> bool:
        """Send a whole flight; say whether the statement is being prepared on the way."""
        limits: list[bytes | None] = [b"%d" % max(1, int(seconds * 1000))]
        if self._role:
            limits.append(self._role)
        key = (ask.sql, ask.types)
        known, name = key in self._seen, self._seen.get(key)
        preparing = known and name is None
        self._flying, self._base, self._closing = True, None, 0
        pg = self._pg
        try:
            pg.send_query_prepared(b"begin", None)
            pg.send_query_prepared(b"limit", limits)
            if preparing:
                self._names += 1
                name = b"t%d" % self._names
                pg.send_prepare(name, ask.sql, ask.types)
            if name is None:
                pg.send_query_params(ask.sql, ask.values, ask.types, ask.formats)
            else:
                pg.send_query_prepared(name, ask.values, ask.formats)
            if len(ask.sql) <= LONG:
                self._seen[key] = name
                self._seen.move_to_end(key)
            if len(self._seen) > SEEN and (oldest := self._seen.popitem(last=False)[1]):
                pg.send_close_prepared(oldest)
                self._closing = 1
            self._send_end(b"unlock", b"rollback")
        except psycopg.OperationalError as error:
            raise SessionLost(str(error)) from error
        return preparing

    def _send_end(self, *names: bytes) -> None:
        for name in names:
            self._pg.send_query_prepared(name, None)
        self._pg.pipeline_sync()
        self._flush()

    async def _land(self, *, failed: bool = False) -> None:
        """Read what follows the rows, and roll back if that was skipped with them."""
        for _ in range(self._closing + 2):
            await self._answer()
        await self._result()
        if failed:
            try:
                self._send_end(b"rollback", b"unlock")
            except psycopg.OperationalError as error:
                raise SessionLost(str(error)) from error
            await self._answer()
            await self._answer()
            await self._result()
        self._flying = False

    def _unready(self, result: PGresult) -> Exception:
        failed = _refusal(result)
        if self._role and failed.state in UNTAKEN:
            return ConnectionFailed(f"The role of this connection cannot be taken: {failed}")
        return SessionLost(str(failed))

    async def _answer(self) -> PGresult:
        """Return what one command of the flight came to; it has no rows that anybody wants."""
        result = await self._result()
        if result is None or await self._result() is not None:
            raise SessionLost("the server's answers are out of step")
        return result

    async def _result(self) -> PGresult | None:
        """Return what comes next, or None after all of one command; wait for it if need be."""
        if not self.broken and self._pg.is_busy():
            self._waiter = self._loop.create_future()
            self._listen()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self.broken:
            raise SessionLost("the server closed the connection")
        result = self._pg.get_result()
        self._base = None
        if result is None or result.status != ExecStatus.FATAL_ERROR:
            return result
        if (result.error_field(DiagnosticField.SEVERITY_NONLOCALIZED) or b"FATAL") != b"ERROR":
            raise SessionLost(str(_refusal(result)))
        return result

    def _flush(self) -> None:
        """Send what is to be sent; what the socket does not take yet goes when it does."""
        if self._pg.flush():
            self._loop.add_writer(self._socket, self._sendable)

    def _sendable(self) -> None:
        try:
            if self._pg.flush():
                return
        except psycopg.OperationalError:
            self._break()
        self._loop.remove_writer(self._socket)

    def _arrived(self) -> None:
        """Take in what the server sent, as long as somebody waits for it."""
        if self._flying and self._waiter is None:
            self._deaf()
            return
        self._arrivals += 1
        if self._base is None:
            self._base = _peak()
        try:
            self._pg.consume_input()
            busy = self._pg.is_busy()
        except psycopg.OperationalError:
            self._deaf()
            self._break()
            return
        if not busy:
            self._wake()
        elif self._waiter and _peak() - self._base > self._allowed and not self._waiter.done():
            self._waiter.set_exception(RowsTooWide())

    def _listen(self) -> None:
        if not self._listening:
            self._loop.add_reader(self._socket, self._arrived)
            self._listening = True

    def _deaf(self) -> None:
        if self._listening:
            self._loop.remove_reader(self._socket)
            self._listening = False

    def _break(self) -> None:
        self.broken = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _peak() -> int:
    """Return the most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK


def _refusal(result: PGresult) -> StatementFailed:
    """Say in the server's own words what it had against a statement."""

    def said(field: DiagnosticField) -> str | None:
        text = result.error_field(field)
        return text.decode("utf-8", "replace") if text else None

    if result.status == ExecStatus.EMPTY_QUERY:
        return StatementFailed("The statement is empty.")
    message = said(DiagnosticField.MESSAGE_PRIMARY) or result.get_error_message().strip()
    detail = said(DiagnosticField.MESSAGE_DETAIL)
    position = said(DiagnosticField.STATEMENT_POSITION)
    return StatementFailed(
        f"{message}: {detail}" if detail else message,
        position=int(position) if position else None,
        hint=said(DiagnosticField.MESSAGE_HINT),
        state=said(DiagnosticField.SQLSTATE),
    )
