"""The wire to a MySQL or MariaDB server: the connector's handshake and commands, our own reading.

What comes back is read in large pieces, where the connector asks the system twice for every row.
"""

import socket
import time
from contextlib import suppress

import mysql.connector
from mysql.connector.connection import MySQLConnection
from mysql.connector.constants import ServerCmd
from mysql.connector.errors import InterfaceError, OperationalError, ReadTimeoutError
from mysql.connector.network import MySQLSocket, MySQLTCPSocket
from typing_extensions import override

from core.connections.drivers.harvest import Row
from core.connections.drivers.mysql_types import Reader

PIECE = 64 * 1024
"""Bytes that are asked of the system at a time."""
ENOUGH = 1024 * 1024
"""Bytes of rows that are handed over together."""
LONGEST = 2**24 - 1
"""Bytes of one packet of the protocol; a longer row comes in several."""
WIDEST = 256 * 1024 * 1024
"""Bytes of a row that is not read at all."""
REST = 256 * 1024
"""Bytes of an answer nobody wants that are cheaper read than broken off."""
MOMENT = 0.02
"""Seconds in which that rest must be here."""
ROW, END, ERROR = 0, 254, 255


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
