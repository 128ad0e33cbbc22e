"""One session at a MySQL or MariaDB server: prepared statements, read-only, reset after each."""

import re
import struct
from contextlib import suppress
from typing import Any, NamedTuple

import mysql.connector

from core.connections.drivers.harvest import Harvest
from core.connections.drivers.mysql_errors import (
    OVERFLOWED,
    SessionLost,
    failed,
    lost,
    unreachable,
)
from core.connections.drivers.mysql_types import Reader, bound
from core.connections.drivers.mysql_wire import ERROR, Link
from core.connections.errors import StatementFailed
from core.connections.records import Ceilings, ResultColumn, Statement

BATCH = 256
"""Rows that are measured and converted together."""
LATEST = 2
"""Seconds that a session may take to stop another one."""

SETTINGS = {
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
_ASKS = re.compile(
    r"(?:\s|--(?=\s)[^\n]*\n|\#[^\n]*\n|/\*(?![!M])(?:[^*]|\*(?!/))*\*/)*(SHOW|HELP)\b",
    re.IGNORECASE,
)

NO_ROWS = "The statement answers no rows."
READING = "Only reading is possible here."
UPKEEP = ["Table", "Op", "Msg_type", "Msg_text"]
"""What ANALYZE, CHECK, OPTIMIZE and REPAIR TABLE answer; they end the read-only transaction."""


class Answer(NamedTuple):
    """What a statement brought."""

    columns: list[ResultColumn]
    harvest: Harvest


class Session:
    """A login at a server, to be used by one thread at a time."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Log in.

        Raises:
            ConnectionFailed: we cannot get in, and why.
        """
        self._cut = self._littered = False
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

    @property
    def broken(self) -> bool:
        """Whether nothing more can be asked of it."""
        return self._cut or self._littered

    def answer(self, statement: Statement, ceilings: Ceilings, skip: int) -> Answer:
        """Run one statement, and leave the session as it was; or broken, to be ended.

        Raises:
            StatementFailed: the server refused it.
            StatementTimedOut: the server stopped it.
            SessionLost: the server has hung up.
        """
        self.seen = False
        self._littered = True  # until the server has forgotten everything
        try:
            try:
                answer, whole = self._answer(statement, ceilings, skip)
            except mysql.connector.Error as error:
                if lost(error):
                    raise
                self._forget()
                raise failed(error, statement.sql) from None
            except StatementFailed:
                self._forget()
                raise
            if whole or self._link.wire.finish():
                self._forget()
        except (mysql.connector.Error, struct.error, IndexError) as error:
            raise SessionLost(str(error)) from None
        return answer

    def interrupt(self) -> None:
        """Hang up, from another thread; what the server does is not stopped yet."""
        self._cut = True
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

    def _forget(self) -> None:
        self._link.forget()
        self._littered = False
        self.used = True

    def _answer(self, statement: Statement, ceilings: Ceilings, skip: int) -> tuple[Answer, bool]:
        """Ask, and harvest the rows; say whether all of them came in."""
        link = self._link
        limit = (
            f"max_statement_time = {ceilings.seconds:.3f}"
            if self.mariadb
            else f"max_execution_time = {max(1, int(ceilings.seconds * 1000))}"
        )
        link.cmd_query(self._settings + limit)
        # A transaction that has begun stays read-only; the setting alone does not hold against
        # `SET STATEMENT tx_read_only = 0 FOR …`.
        link.cmd_query("START TRANSACTION READ ONLY")
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
            raise StatementFailed(NO_ROWS, hint=READING)
        if [column[0] for column in prepared["columns"]] == UPKEEP:
            raise StatementFailed("The statement looks after tables.", hint=READING)
        number = prepared["statement_id"]
        result: Any = link.cmd_stmt_execute(number, values, prepared["parameters"])
        if isinstance(result, dict):
            raise StatementFailed(NO_ROWS, hint=READING)
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
