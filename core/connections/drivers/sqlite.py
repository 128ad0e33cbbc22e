"""The keeper for SQLite: a file opened read-only, behind an authorizer, on threads of its own."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from time import monotonic, perf_counter
from typing import Any, NamedTuple, TypeVar

from typing_extensions import override

from core.connections.address import Address
from core.connections.driver import Driver, Effect, Progress, TableName, View
from core.connections.drivers import files, sqlite_schema
from core.connections.drivers.authorizer import (
    FUNCTIONS,
    PRAGMAS,
    PRAGMAS_ABOUT,
    TABLES,
    authorizer,
)
from core.connections.drivers.sqlite_rows import MIB, answer
from core.connections.drivers.threads import Stopped, Threads, Watch
from core.connections.errors import ConnectionBusy, ConnectionFailed, StatementFailed
from core.connections.records import Ceilings, Dialect, Health, Result, Schema, Statement

T = TypeVar("T")

ATTEMPT = 0.1
"""Seconds for which SQLite waits for a lock; then we look whether anybody still wants it."""
SOON = 10.0
"""Seconds for a question about the file itself."""
CATALOGUE = 120.0
"""Seconds for the whole catalogue; 10,000 tables take half a second."""

LIMITS = {
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: MIB,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
SETTINGS = """
PRAGMA query_only = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cell_size_check = ON;
PRAGMA mmap_size = 0;
"""
"""A damaged or hostile file gains nothing, and one that is cut short under us kills nobody."""
GUARDS = {
    "SQLITE_DBCONFIG_DEFENSIVE": True,
    "SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER": False,
    "SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION": False,
    "SQLITE_DBCONFIG_WRITABLE_SCHEMA": False,
}
"""What Python 3.12 can set; before, the authorizer has to do."""
SHADOWS = """
SELECT name FROM pragma_table_list WHERE type = 'shadow'
AND EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND rootpage = 0)
"""
CALLABLE = """
SELECT name FROM pragma_function_list UNION SELECT name FROM pragma_module_list
UNION SELECT 'pragma_' || name FROM pragma_pragma_list
"""

BROKEN = {
    sqlite3.SQLITE_NOTADB: "it is no SQLite database, or an encrypted one.",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; a database in WAL mode needs a folder that may "
    "be written to.",
    sqlite3.SQLITE_CORRUPT: "the file is damaged.",
    sqlite3.SQLITE_IOERR: "reading it failed.",
    sqlite3.SQLITE_PERM: "permission to read it is missing.",
    sqlite3.SQLITE_PROTOCOL: "its locks do not work where it lies.",
}
HINTS = {
    sqlite3.SQLITE_AUTH: "Only reading is possible here, with functions that compute.",
    sqlite3.SQLITE_READONLY: "Only reading is possible here.",
    sqlite3.SQLITE_TOOBIG: "A value may have 16 MiB at most; take a part of it with substr().",
}
_PLACE = re.compile(
    r'near "(.+)": syntax error|no such (?:column|table|function): (.+)|'
    r"(?:wrong number of arguments to|misuse of.*) function:? (\w+)",
    re.DOTALL,
)


class Session(NamedTuple):
    """An open handle, and which file it was opened on."""

    mark: files.Mark
    handle: sqlite3.Connection


class SQLite(Driver):
    """Reads one file; nothing is opened before it is asked."""

    dialect = Dialect.SQLITE

    def __init__(self, address: Address, *, sessions: int = 8, patience: float = 5.0) -> None:
        """Prepare to read the file of *address*.

        Args:
            address: where it is.
            sessions: how many handles are open at most.
            patience: seconds in which a program that writes to it may let go of it.
        """
        self._path = address.path.absolute()
        self._patience = patience
        self._threads = Threads("sqlite", sessions)
        self._idle: list[Session] = []
        self._callable: frozenset[str] = frozenset()
        self._closed = False

    @override
    async def test(self) -> Health:
        """Ask for the version, and whether the file is a database at all."""
        begun = perf_counter()
        rows = await self._ask("SELECT sqlite_version(), count(*) FROM sqlite_schema", SOON)
        return Health(version=f"SQLite {rows[0][0]}", latency_ms=_since(begun))

    @override
    async def discover(self, progress: Progress | None = None) -> Schema:
        """Read the catalogue; everything is in the schema `main`."""
        loop = asyncio.get_running_loop()

        def told(done: int, total: int) -> None:
            if progress:
                loop.call_soon_threadsafe(progress, done, total)

        return await self._run(lambda handle, _: sqlite_schema.read(handle, told), CATALOGUE)

    @override
    async def sample(
        self, columns: Mapping[TableName, Sequence[str]], *, seconds: float
    ) -> dict[TableName, dict[str, tuple[str, ...]]]:
        """Return the few different values of *columns*, from the head of each table."""
        return await files.heads(self.execute, columns, seconds)

    @override
    async def execute(self, statement: Statement, ceilings: Ceilings, *, skip: int = 0) -> Result:
        """Run one statement; a column's type is that of the values handed out in it."""
        begun = perf_counter()
        columns, harvest = await self._run(
            lambda handle, watch: answer(handle, watch, statement, ceilings, skip),
            ceilings.seconds,
            statement.sql,
        )
        return Result.model_construct(
            columns=columns,
            rows=harvest.rows,
            truncated=harvest.truncated,
            duration_ms=_since(begun),
        )

    @override
    async def functions(self, names: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Effect]:
        """Call pure what is known to compute only, and volatile whatever else there is."""
        if not self._callable:  # it is the library that has them, not the file
            rows = await self._ask(CALLABLE, SOON)
            self._callable = frozenset(name.lower() for (name,) in rows)
        return {name: _effect(name, self._callable) for name in names}

    @override
    async def views(self, names: Collection[tuple[str, ...]]) -> tuple[View, ...]:
        """Return the bare SELECT of those of *names* that are views."""
        wanted = {name[-1].lower() for name in names}
        rows = await self._ask("SELECT name, sql FROM sqlite_schema WHERE type = 'view'", SOON)
        return tuple(
            View(name, files.question(sql)) for name, sql in rows if name.lower() in wanted
        )

    @override
    async def close(self) -> None:
        """Let go of every handle; statements still running are interrupted."""
        self._closed = True
        await self._threads.close()
        self._drop()

    async def _ask(self, sql: str, seconds: float) -> list[tuple[Any, ...]]:
        return await self._run(lambda handle, _: handle.execute(sql).fetchall(), seconds)

    async def _run(
        self, work: Callable[[sqlite3.Connection, Watch], T], seconds: float, sql: str = ""
    ) -> T:
        def patient(watch: Watch) -> T:
            until = monotonic() + self._patience
            while True:
                try:
                    with self._session(watch) as handle:
                        return work(handle, watch)
                except (sqlite3.Error, sqlite3.Warning) as error:
                    refusal = self._refusal(error, sql)
                    if not isinstance(refusal, ConnectionBusy) or monotonic() > until:
                        raise refusal from None

        return await self._threads.run(patient, seconds)

    @contextmanager
    def _session(self, watch: Watch) -> Iterator[sqlite3.Connection]:
        mark = files.mark(self._path)
        session = self._lend(mark)
        broken = False
        try:
            with watch.heeding(session.handle.interrupt):
                yield session.handle
        except sqlite3.DatabaseError as error:
            broken = _code(error) in BROKEN
            raise
        finally:
            if broken:
                session.handle.close()
            else:
                self._idle.append(session)
            if self._closed:
                self._drop()

    def _drop(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().handle.close()

    def _lend(self, mark: files.Mark) -> Session:
        with suppress(IndexError):
            while True:
                session = self._idle.pop()
                if session.mark == mark:
                    return session
                session.handle.close()  # another file stands in its place now
        return Session(mark, self._open())

    def _open(self) -> sqlite3.Connection:
        files.readable(self._path)
        handle = sqlite3.connect(
            f"{self._path.as_uri()}?mode=ro",
            uri=True,
            timeout=ATTEMPT,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            handle.executescript(SETTINGS)
            for limit, most in LIMITS.items():
                handle.setlimit(limit, most)
            for name, on in GUARDS.items():
                if hasattr(sqlite3, name):
                    getattr(handle, "setconfig")(getattr(sqlite3, name), on)  # noqa: B009 - new in 3.12
            shadows = frozenset(name for (name,) in handle.execute(SHADOWS))
            handle.set_authorizer(authorizer(shadows))
        except BaseException:
            handle.close()
            raise
        return handle

    def _refusal(self, error: Exception, sql: str) -> Exception:
        code = _code(error)
        if code == sqlite3.SQLITE_INTERRUPT:
            return Stopped()
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return ConnectionBusy(
                f"{self._path} is locked by a program that writes to it; try again in a moment."
            )
        if code in BROKEN:
            return ConnectionFailed(f"{self._path}: {BROKEN[code]}")
        return StatementFailed(
            str(error),
            position=_place(str(error), sql),
            hint=HINTS.get(code),
            state=getattr(error, "sqlite_errorname", None),
        )


def _since(begun: float) -> float:
    return round((perf_counter() - begun) * 1000, 3)


def _code(error: Exception) -> int:
    """Return SQLite's code without its refinements; 0 where Python itself refused."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _place(message: str, sql: str) -> int | None:
    """Find what SQLite complains of; it tells the word, not the place."""
    found = _PLACE.search(message)
    word = next(filter(None, found.groups()), "") if found else ""
    word = word.rpartition(".")[2] or word
    return sql.index(word) + 1 if word and sql.count(word) == 1 else None


def _effect(name: tuple[str, ...], known: Collection[str]) -> Effect:
    word = name[-1]
    if len(name) > 1 or word not in known:
        return Effect.UNKNOWN
    pragma = word.removeprefix("pragma_")
    harmless = word in FUNCTIONS | TABLES or (word != pragma and pragma in PRAGMAS | PRAGMAS_ABOUT)
    return Effect.PURE if harmless else Effect.VOLATILE
