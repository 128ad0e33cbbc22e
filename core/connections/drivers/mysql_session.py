"""One session at a MySQL or MariaDB server: prepared statements, read-only, reset after each.

The handshake, the logins and the commands are the connector's; what comes back is read here in
large pieces, where the connector asks the system twice for every row.
"""

import re
import socket
import struct
import time
from contextlib import suppress
from typing import Any, NamedTuple

import mysql.connector
from mysql.connector.connection import MySQLConnection
from mysql.connector.constants import ServerCmd
from mysql.connector.errors import InterfaceError, OperationalError, ReadTimeoutError
from mysql.connector.network import MySQLSocket, MySQLTCPSocket
from typing_extensions import override

from core.connections.drivers.harvest import Harvest, Row
from core.connections.drivers.mysql_errors import (
    OVERFLOWED,
    SessionLost,
    failed,
    lost,
    unreachable,
)
from core.connections.drivers.mysql_types import Reader, bound
from core.connections.errors import StatementFailed
from core.connections.records import Ceilings, ResultColumn, Statement

PIECE = 64 * 1024
"""Bytes that are asked of the system at a time."""
BATCH = 256
"""Rows that are measured and converted together, or fewer that fill as many bytes as here:"""
ENOUGH = 1024 * 1024
LONGEST = 2**24 - 1
"""Bytes of one packet of the protocol; a longer row comes in several."""
WIDEST = 256 * 1024 * 1024
"""Bytes of a row that is not read at all."""
REST = 256 * 1024
"""Bytes of an answer nobody wants that are cheaper read than broken off."""
MOMENT = 0.02
"""Seconds in which that rest must be here."""
LATEST = 2
"""Seconds that a session may take to stop another one."""
ROW, END, ERROR = 0, 254, 255

SETTINGS = {
    "character_set_results": "utf8mb4",
    "time_zone": "'+00:00'",
    "sql_safe_updates": "0",
    "sql_select_limit": "18446744073709551615",
}
MODES = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
"""What our reading of statements takes for granted: no ANSI_QUOTES, backslashes that escape."""
GROUPED = "ONLY_FULL_GROUP_BY," + MODES
"""The same for MySQL, where it is the server's default too."""

# Prepared, such a statement does not tell that it answers rows; nothing else may say so, for what
# answers none is a write, a change of the session or a file: SELECT INTO OUTFILE tells of none.
_ASKS = re.compile(r"(?:\s|--\s[^\n]*\n|\#[^\n]*\n|/\*[^!M].*?\*/)*(SHOW|HELP)\b", re.I | re.S)


class Answer(NamedTuple):
    """What a statement brought."""

    columns: list[ResultColumn]
    harvest: Harvest


class Wire(MySQLTCPSocket):
    """A socket that is read in large pieces, and hands out one packet after another."""

    def __init__(self, host: str, port: int) -> None:
        """Prepare to reach a server."""
        super().__init__(host=host, port=port)
        self.greeted = False
        """Whether the handshake is over, in which packets are counted, and TLS may begin."""
        self._data = b""
        self._at = 0

    @override
    def open_connection(self) -> None:
        super().open_connection()
        sock = self._open()
        # Without it every prepared statement waits 40 ms for an acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    @override
    def recv(self, read_timeout: int | None = None) -> bytearray:
        if not self.greeted:
            return super().recv(read_timeout)
        self._fill(4)
        length = 4 + int.from_bytes(self._data[self._at : self._at + 3], "little")
        self._fill(length)
        packet = bytearray(self._data[self._at : self._at + length])
        self._at += length
        return packet

    def rows(self, reader: Reader | None, most: int) -> tuple[list[Row], int, bytearray | None]:
        """Read at most *most* rows; without a reader, pass over them.

        Returns:
            The rows, how many were read or passed over, and the packet that ends them if it came.
        """
        rows: list[Row] = []
        count = size = 0
        while count < most and size < ENOUGH:
            self._fill(5)
            data, at = self._data, self._at
            length = int.from_bytes(data[at : at + 3], "little")
            if data[at + 4] != ROW:
                return rows, count, self.recv()
            if length == LONGEST:
                data, start = self._joined(), 1
            else:
                self._fill(4 + length)
                data, start = self._data, self._at + 5
                self._at += 4 + length
            if reader is not None:
                rows.append(reader.row(data, start))
            count += 1
            size += length
        return rows, count, None

    def finish(self) -> bool:
        """Read the rest of an answer if there is little of it and it is here; say whether so."""
        sock = self._open()
        sock.settimeout(MOMENT)
        until, left = time.monotonic() + MOMENT, REST
        try:
            while left > 0 and time.monotonic() < until:
                packet = self.recv()
                if packet[4] != ROW:
                    return packet[4] == END
                left -= len(packet)
        except mysql.connector.Error:
            return False
        finally:
            with suppress(OSError):
                sock.settimeout(None)
        return False

    def hang_up(self) -> None:
        """Let whoever reads lose the connection, from any thread, as often as one likes."""
        if self.sock is not None:
            with suppress(OSError):
                # Not the TLS socket's own, which would take its state from under the reader.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _joined(self) -> bytes:
        """Read a row that comes in several packets."""
        parts: list[bytes] = []
        size, length = 0, LONGEST
        while length == LONGEST:
            packet = self.recv()
            length = len(packet) - 4
            size += length
            if size > WIDEST:
                raise InterfaceError("A single row takes hundreds of megabytes", errno=2020)
            parts.append(bytes(packet[4:]))
        return b"".join(parts)

    def _fill(self, need: int) -> None:
        """Have so many bytes at hand."""
        have = len(self._data) - self._at
        if have >= need:
            return
        parts = [self._data[self._at :]]
        sock = self._open()
        try:
            while have < need:
                part = sock.recv(max(PIECE, min(need - have, ENOUGH)))
                if not part:
                    raise InterfaceError(errno=2013)
                parts.append(part)
                have += len(part)
        except TimeoutError as error:
            raise ReadTimeoutError(errno=3024, msg="it does not answer") from error
        except OSError as error:
            raise OperationalError(errno=2055, values=(self.address, str(error))) from error
        finally:
            self._data, self._at = b"".join(parts), 0

    def _open(self) -> socket.socket:
        if self.sock is None:
            raise OperationalError(errno=2006)
        return self.sock


class Link(MySQLConnection):
    """The connector's connection, on a wire of ours."""

    wire: Wire

    @override
    def _get_connection(self) -> MySQLSocket:
        self.wire = Wire(self.server_host, self.server_port)
        self.wire.set_connection_timeout(self._connection_timeout)
        return self.wire

    @override
    def _post_connection(self) -> None:
        """Say nothing: every statement brings its own settings, in one go."""
        self.wire.greeted = True

    def forget(self) -> None:
        """Let the server forget everything about the session but its login and its database."""
        self._handle_ok(self._send_cmd(ServerCmd.RESET_CONNECTION))


class Session:
    """A login at a server, to be used by one thread at a time."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Log in.

        Raises:
            ConnectionFailed: we cannot get in, and why.
        """
        self.broken = False
        """Whether nothing more can be asked of it."""
        self.seen = False
        """Whether anything of the current answer came in."""
        self.used = False
        """Whether it ever answered: one that did may have died since."""
        self._options = options
        try:
            self._link = Link(**options)
        except (mysql.connector.Error, OSError, struct.error) as error:
            raise unreachable(error, options) from None
        self._id = self._link.connection_id
        self.mariadb = "mariadb" in str(self._link.server_info).lower()
        settings = dict(SETTINGS)
        settings["sql_mode"] = f"'{MODES if self.mariadb else GROUPED}'"
        settings["tx_read_only" if self.mariadb else "transaction_read_only"] = "1"
        said = ", ".join(f"@@session.{name} = {value}" for name, value in settings.items())
        self._settings = f"SET NAMES utf8mb4, {said}, @@session."

    def answer(self, statement: Statement, ceilings: Ceilings, skip: int) -> Answer:
        """Run one statement, and leave the session as it was; or broken, to be ended.

        Raises:
            StatementFailed: the server refused it.
            StatementTimedOut: the server stopped it.
            SessionLost: the server has hung up.
        """
        self.seen, whole = False, True
        self.broken = True  # until it is known that nothing is left of it
        try:
            try:
                answer, whole = self._answer(statement, ceilings, skip)
            except mysql.connector.Error as error:
                if lost(error):
                    raise SessionLost(str(error)) from None
                self._link.forget()
                self.broken = False
                raise failed(error, statement.sql) from None
            except StatementFailed:
                self._link.forget()
                self.broken = False
                raise
            if whole or self._link.wire.finish():
                self._link.forget()
                self.broken = False
        except (mysql.connector.Error, struct.error, IndexError) as error:
            raise SessionLost(str(error)) from None
        self.used = True
        return answer

    def interrupt(self) -> None:
        """Hang up, from another thread; what the server does is not stopped yet."""
        self.broken = True
        self._link.wire.hang_up()

    def close(self) -> None:
        """Take leave of a server that has nothing left to do for it."""
        with suppress(mysql.connector.Error, OSError):
            self._link.close()

    def end(self) -> None:
        """Stop what the server still does for it, by a session of the same login, and hang up."""
        self._link.wire.hang_up()
        self._link.wire.close_connection()
        with suppress(mysql.connector.Error, OSError, struct.error):
            killer = Link(**{**self._options, "connection_timeout": LATEST})
            try:
                killer.cmd_query(f"KILL {self._id}")
            finally:
                killer.close()

    def _answer(self, statement: Statement, ceilings: Ceilings, skip: int) -> tuple[Answer, bool]:
        """Ask, and harvest the rows; say whether all of them came in."""
        link = self._link
        limit = (
            f"max_statement_time = {ceilings.seconds:.3f}"
            if self.mariadb
            else f"max_execution_time = {max(1, int(ceilings.seconds * 1000))}"
        )
        link.cmd_query(self._settings + limit)
        try:
            sql = statement.sql.encode()
        except UnicodeEncodeError as error:
            raise StatementFailed(f"The statement is no text: {error.reason}.") from None
        values = [bound(value) for value in statement.values]
        prepared: Any = link.cmd_stmt_prepare(sql)
        if len(values) != prepared["num_params"]:
            raise StatementFailed(
                f"The statement has {prepared['num_params']} placeholders and {len(values)} values."
            )
        if not prepared["num_columns"] and not _ASKS.match(statement.sql):
            raise StatementFailed("The statement answers no rows; only reading is possible here.")
        number = prepared["statement_id"]
        result: Any = link.cmd_stmt_execute(number, values, prepared["parameters"])
        if isinstance(result, dict):
            raise StatementFailed("The statement answers no rows; only reading is possible here.")
        self.seen = True
        reader = Reader(result[1])
        harvest = Harvest(reader.fields, ceilings)
        end = self._passed(skip)
        while end is None and not harvest.full:
            rows, _, end = link.wire.rows(reader, min(BATCH, ceilings.rows - len(harvest.rows) + 1))
            harvest.add(rows)
        if end is not None:
            self._heed(end)
        return Answer([field.column for field in reader.fields], harvest), end is not None

    def _passed(self, skip: int) -> bytearray | None:
        """Pass over rows; return the packet that ends the answer if it came."""
        end = None
        while skip and end is None:
            _, passed, end = self._link.wire.rows(None, skip)
            skip -= passed
        return end

    def _heed(self, end: bytearray) -> None:
        """Look how an answer ended: well, with an error, or with a NULL that was a long text."""
        if end[4] == ERROR:
            raise mysql.connector.errors.get_exception(bytes(end))
        if int.from_bytes(end[5:7], "little"):
            self._link.cmd_query("SHOW WARNINGS LIMIT 20")
            self._link.unread_result = True
            warnings, _ = self._link.get_rows(raw=True)
            for _, number, message in warnings:
                if int(number) == OVERFLOWED:
                    text = message.decode() if isinstance(message, (bytes, bytearray)) else message
                    raise StatementFailed(
                        f"A value is longer than the server may send: {text}",
                        hint="Take a part of it, such as LEFT(column, 1000).",
                        state=str(OVERFLOWED),
                    )
