"""The line to a PostgreSQL server: libpq on the event loop, watched for what memory it takes."""

import asyncio
import os
import resource
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from core.connections.errors import StatementFailed

SYNC = ExecStatus.PIPELINE_SYNC
COPYING = frozenset({ExecStatus.COPY_OUT, ExecStatus.COPY_IN, ExecStatus.COPY_BOTH})
PATIENCES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between one request to cancel and the next."""


class SessionLost(Exception):
    """The server has hung up."""


class RowsTooWide(Exception):
    """What came in for one portion of rows is more than memory should hold."""


class Line:
    """A connection in pipeline mode, read by one caller at a time."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        """Take over an open connection."""
        self.pg = connection.pgconn
        self.broken = False
        self.flying = False
        """Whether answers are due."""
        self.arrivals = 0
        """How often something came in; whoever counts sets it back."""
        self.allowed = sys.maxsize
        """Bytes by which waiting for one result may grow this process."""
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        # A descriptor of our own: libpq closes its own whenever it likes, under the loop's feet.
        self._socket = socket.socket(fileno=socket.dup(self.pg.socket))
        # What TLS has decrypted already does not make the socket readable: libpq, which takes half
        # a record at a time, is asked again until it must have all of it.
        self._helpings = 3 if self.pg.ssl_in_use else 1
        self._listening = False
        self._interrupted = False
        self._stopping = False
        self._overflown = False
        self._waiter: asyncio.Future[None] | None = None
        self._base: int | None = None
        self.pg.enter_pipeline_mode()

    def send(self, compose: Callable[[], None]) -> None:
        """Send what *compose* writes to `pg`, and expect answers; closed by a sync.

        Raises:
            SessionLost: the server has hung up.
        """
        self.flying = True
        try:
            compose()
            self.pg.pipeline_sync()
            # What the socket does not take now goes when it does.
            if self.pg.flush():
                self._loop.add_writer(self._socket, self._sendable)
        except psycopg.OperationalError as error:
            raise SessionLost(str(error)) from error

    async def result(self) -> PGresult | None:
        """Return what comes next, or None after all of one command; wait for it if need be.

        Raises:
            SessionLost: the server has hung up, or we have.
            RowsTooWide: it would be too much.
        """
        if not (self.broken or self._interrupted) and self.pg.is_busy():
            self._waiter = self._loop.create_future()
            self._listen()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self.broken or self._interrupted:
            raise SessionLost("it was closed")
        result = self.pg.get_result()
        self._base = None
        if result is None or result.status != ExecStatus.FATAL_ERROR:
            return result
        if (result.error_field(DiagnosticField.SEVERITY_NONLOCALIZED) or b"FATAL") != b"ERROR":
            self._break()
            raise SessionLost(str(refusal(result)))
        return result

    async def answer(self) -> PGresult:
        """Return what one command came to that has no rows worth having."""
        result = await self.result()
        if result is None or await self.result() is not None:
            raise SessionLost("the server's answers are out of step")
        return result

    async def landing(self) -> None:
        """Read the sync that closes what was sent."""
        await self.result()
        self.flying = False

    async def cancel(self) -> None:
        """Stop the server's work, and wait until it has stopped; one out of reach is left alone.

        A server asked to cancel while it prepares a statement may forget it before it executes it,
        so it is asked again until its answers have come to their end.
        """
        self._interrupted = False
        self._stopping = True
        for patience in PATIENCES:
            # One that sends too much to be read will notice that we hang up.
            if self.broken or self._overflown or not self.flying:
                return
            with suppress(TimeoutError, SessionLost, RowsTooWide, psycopg.Error, OSError):
                await self._connection.cancel_safe(timeout=2)
                async with asyncio.timeout(patience):
                    await self._end()

    def interrupt(self) -> None:
        """Let whoever waits for an answer lose the session; what it does is not stopped yet.

        Whoever is stopping it already needs the answers to know when it has stopped.
        """
        if not self._stopping:
            self._interrupted = True
            self._wake()

    def close(self) -> None:
        """Hang up; whoever still waits for an answer loses the session."""
        if self._socket.fileno() >= 0:
            self._deaf()
            self._loop.remove_writer(self._socket)
            self._socket.close()
        self.pg.finish()
        self._break()

    async def _end(self) -> None:
        """Read to the end of all answers, beyond caring what is in them."""
        previous: PGresult | None = None
        while True:
            result = await self.result()
            # In a COPY, libpq makes up answers without end.
            if (result or previous) is None or (result and result.status in COPYING):
                raise SessionLost("the server's answers are out of step")
            if result and result.status == SYNC:
                break
            previous = result
        self.flying = False

    def _sendable(self) -> None:
        try:
            if self.pg.flush():
                return
        except psycopg.OperationalError:
            self._break()
        self._loop.remove_writer(self._socket)

    def _arrived(self) -> None:
        """Take in what the server sent, as long as somebody waits for it."""
        if self.flying and self._waiter is None:
            self._deaf()
            return
        self.arrivals += 1
        if self._base is None:
            self._base = _memory()
        try:
            for _ in range(self._helpings):
                self.pg.consume_input()
                if not self.pg.is_busy():
                    self._wake()
                    return
        except psycopg.OperationalError:
            self._deaf()
            self._break()
            return
        if self._waiter and _memory() - self._base > self.allowed and not self._waiter.done():
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


def refusal(result: PGresult) -> StatementFailed:
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
