"""One session at a PostgreSQL server, where every statement is a single, read-only flight.

`BEGIN READ ONLY`, the ceilings, the statement and `ROLLBACK` travel together in one pipeline of
the extended protocol: one round trip, and no second statement can ride along. psycopg's own
pipelines hold whole results in memory; here libpq is asked for a few rows at a time.
"""

import asyncio
import os
import resource
import socket
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from core.connections.address import Address
from core.connections.drivers.postgres_login import PATIENCE, login
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

PATIENCES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between one request to cancel and the next."""

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

SYNC = ExecStatus.PIPELINE_SYNC
COPYING = frozenset({ExecStatus.COPY_OUT, ExecStatus.COPY_IN, ExecStatus.COPY_BOTH})
DONE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
ANSWERS = DONE | COPYING | {ExecStatus.TUPLES_CHUNK, ExecStatus.SINGLE_TUPLE}

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
        # What TLS has decrypted already does not make the socket readable: libpq, which takes half
        # a record at a time, is asked again until it must have all of it.
        self._helpings = 3 if self._pg.ssl_in_use else 1
        self._listening = False
        self._flying = False
        self._interrupted = False
        self._overflown = False
        self._waiter: asyncio.Future[None] | None = None
        self._arrivals = 0
        self._base: int | None = None
        self._allowed = WIDE
        self._seen: OrderedDict[tuple[bytes, tuple[int, ...]], bytes | None] = OrderedDict()
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
            prepared = self._forget((ask.sql, ask.types))
            if failed.state == UNTYPED and 0 in ask.types:
                ask = ask._replace(types=tuple(oid or TEXT for oid in ask.types))
            elif failed.state not in STALE or not prepared:
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
        """Stop the server's work, and wait until it has stopped; one out of reach is left alone.

        A server asked to cancel while it prepares a statement may forget it before it executes it,
        so it is asked again until the flight has come to its end.
        """
        self._interrupted = False
        for patience in PATIENCES:
            # One that sends too much to be read will notice that we hang up.
            if self.broken or self._overflown or not self._flying:
                return
            with suppress(TimeoutError, SessionLost, RowsTooWide, psycopg.Error, OSError):
                await self._connection.cancel_safe(timeout=2)
                async with asyncio.timeout(patience):
                    await self._end()

    def interrupt(self) -> None:
        """Let whoever waits for an answer lose the session; what it does is not stopped yet."""
        self._interrupted = True
        self._wake()

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
        settings = dict(SETTINGS)
        if self._pg.parameter_status(b"server_encoding") == b"SQL_ASCII":
            # Such a database does not know its encoding, and would refuse what is no UTF-8.
            settings["client_encoding"] = "SQL_ASCII"
        values = ", ".join(
            f"pg_catalog.set_config('{name}', '{value}', false)" for name, value in settings.items()
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
        unwanted, self._unwanted = self._unwanted, []
        preparing = self._send(ask, seconds, unwanted)
        for _ in unwanted:
            await self._answer()
        for _ in range(2):
            result = await self._answer()
            if result.status not in DONE:
                raise self._unready(result)
        if preparing and (result := await self._answer()).status not in DONE:
            failed = result
        else:
            self._pg.set_chunked_rows_mode(chunk)
        while (rows := await self._result()) is not None:
            if rows.status in ANSWERS:
                if self._handed(rows, take):
                    return False
            elif rows.status != ExecStatus.PIPELINE_ABORTED:
                failed = rows
        await self._land(failed=failed is not None)
        if failed is not None:
            raise _refusal(failed)
        return True

    def _handed(self, rows: PGresult, take: Take) -> bool:
        """Hand on a portion; say whether it was enough."""
        if rows.status in COPYING:
            raise StatementFailed("COPY is not possible here; SELECT the rows instead.")
        tag = rows.command_status
        self.tainted = self.tainted or bool(tag and not tag.startswith(HARMLESS))
        arrivals, self._arrivals = self._arrivals, 0
        return take(rows, arrivals)

    def _send(self, ask: Ask, seconds: float, unwanted: Sequence[bytes]) -> bool:
        """Send a whole flight; say whether the statement is being prepared on the way."""
        limits: list[bytes | None] = [b"%d" % max(1, int(seconds * 1000))]
        if self._role:
            limits.append(self._role)
        key = (ask.sql, ask.types)
        known, name = key in self._seen, self._seen.get(key)
        preparing = known and name is None
        self._flying = True
        pg = self._pg
        try:
            for old in unwanted:
                pg.send_close_prepared(old)
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
            self._send_end(b"unlock", b"rollback")
        except psycopg.OperationalError as error:
            raise SessionLost(str(error)) from error
        self._remember(key, name)
        return preparing

    def _remember(self, key: tuple[bytes, tuple[int, ...]], name: bytes | None) -> None:
        if len(key[0]) <= LONG:
            self._seen[key] = name
            self._seen.move_to_end(key)
        if len(self._seen) > SEEN:
            self._forget(next(iter(self._seen)))

    def _forget(self, key: tuple[bytes, tuple[int, ...]]) -> bool:
        """Forget a statement; say whether it was prepared."""
        name = self._seen.pop(key, None)
        if name is not None:
            self._unwanted.append(name)
        return name is not None

    def _send_end(self, *names: bytes) -> None:
        for name in names:
            self._pg.send_query_prepared(name, None)
        self._pg.pipeline_sync()
        self._flush()

    async def _land(self, *, failed: bool = False) -> None:
        """Read what follows the rows, and roll back if that was skipped with them."""
        await self._answer()
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

    async def _end(self) -> None:
        """Read to the end of a flight and beyond caring what was in it."""
        previous: PGresult | None = None
        while True:
            result = await self._result()
            # In a COPY, libpq makes up answers without end.
            if (result or previous) is None or (result and result.status in COPYING):
                raise SessionLost("the server's answers are out of step")
            if result and result.status == SYNC:
                break
            previous = result
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
        if not (self.broken or self._interrupted) and self._pg.is_busy():
            self._waiter = self._loop.create_future()
            self._listen()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self.broken or self._interrupted:
            raise SessionLost("it was closed")
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
            self._base = _memory()
        try:
            for _ in range(self._helpings):
                self._pg.consume_input()
                if not self._pg.is_busy():
                    self._wake()
                    return
        except psycopg.OperationalError:
            self._deaf()
            self._break()
            return
        if self._waiter and _memory() - self._base > self._allowed and not self._waiter.done():
            self._overflown = True
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


def _memory() -> int:
    """Return the bytes that this process holds; where that is not told, the most it ever held."""
    if (told := _told()) is not None:
        return int(os.pread(told, 100, 0).split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@cache
def _told() -> int | None:
    # Opened once for the life of the process: it is asked whenever something comes in.
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


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
