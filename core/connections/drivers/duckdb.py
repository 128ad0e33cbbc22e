"""The keeper for DuckDB: a file opened read-only, shut off from the world, on its own threads."""

import asyncio
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from core.connections.address import Address
from core.connections.driver import Driver, Effect, Progress, TableName, View
from core.connections.drivers import duckdb_catalogue as catalogue
from core.connections.drivers import files
from core.connections.drivers.duckdb_errors import failure, telling
from core.connections.drivers.duckdb_rows import answer
from core.connections.drivers.threads import Stopped, Threads, Watch
from core.connections.errors import AddressInvalid, ConnectionFailed
from core.connections.records import Ceilings, Dialect, Health, Result, Schema, Statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

SOON = 10.0
"""Seconds for a question about the file itself."""
CATALOGUE = 120.0
"""Seconds for the whole catalogue."""
MEMORY = "2GB"
"""What DuckDB may use for one file where the address says nothing; there is no temporary folder."""
MOST_THREADS = 64

SHUT = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "python_scan_all_frames": False,
    "temp_directory": "",
    "errors_as_json": True,
}
"""No file, no network, no extension, no variable of ours; then the configuration is locked."""

_MAGIC = slice(8, 12), b"DUCK"
_MEMORY = re.compile(r"\d{1,6}(\.\d{1,3})?\s?([KMGT]i?B)", re.IGNORECASE)


class DuckDB(Driver):
    """Reads one file; nothing is opened before it is asked.

    All sessions share one instance, and each statement has a cursor of its own: whatever a
    statement did to its session is gone with it.
    """

    dialect = Dialect.DUCKDB

    def __init__(self, address: Address, *, sessions: int = 8, hold: float = 10.0) -> None:
        """Prepare to read the file of *address*.

        Args:
            address: where it is, with `threads` and `memory_limit`.
            sessions: how many statements run at once at most.
            hold: seconds after the last statement in which the file stays open; while it is, no
                other program can write to it.

        Raises:
            AddressInvalid: `threads` or `memory_limit` is none, or the path not one for DuckDB.
        """
        if "?" in address.database:
            raise AddressInvalid("DuckDB reads no file with a question mark in its path.")
        self._path = address.path.absolute()
        self._settings = _settings(address.options)
        self._hold = hold
        self._threads = Threads("duckdb", sessions)
        self._lock = Lock()
        self._root: DuckDBPyConnection | None = None
        self._mark: files.Mark | None = None
        self._cursors = 0
        self._functions: catalogue.Functions | None = None
        self._closed = False
        self._used = 0.0
        self._rest: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None

    @override
    async def test(self) -> Health:
        """Ask for the version."""
        begun = perf_counter()
        rows = await self._run(
            lambda cursor, _: cursor.execute("SELECT version()").fetchall(), SOON
        )
        return Health(version=f"DuckDB {rows[0][0]}", latency_ms=_since(begun))

    @override
    async def discover(self, progress: Progress | None = None) -> Schema:
        """Read the catalogue of the file: all its schemas, with comments and estimates."""
        schema = await self._run(lambda cursor, _: catalogue.read(cursor), CATALOGUE)
        if progress:
            progress(len(schema.tables), len(schema.tables))
        return schema

    @override
    async def sample(
        self, columns: Mapping[TableName, Sequence[str]], *, seconds: float
    ) -> dict[TableName, dict[str, tuple[str, ...]]]:
        """Return the few different values of *columns*, from the head of each table."""
        return await files.heads(self.execute, columns, seconds)

    @override
    async def execute(self, statement: Statement, ceilings: Ceilings, *, skip: int = 0) -> Result:
        """Run one statement; ceilings and *skip* are DuckDB's own LIMIT and OFFSET."""
        begun = perf_counter()
        columns, harvest = await self._run(
            lambda cursor, watch: answer(cursor, watch, statement, ceilings, skip),
            ceilings.seconds,
        )
        return Result.model_construct(
            columns=columns,
            rows=harvest.rows,
            truncated=harvest.truncated,
            duration_ms=_since(begun),
        )

    @override
    async def functions(self, names: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Effect]:
        """Judge functions by their stability, macros by what they call, the rest by name."""
        known = self._functions
        if known is None or files.mark(self._path) != self._mark:
            known = self._functions = await self._run(
                lambda cursor, _: catalogue.functions(cursor), SOON
            )
        return {name: catalogue.effect(name, known) for name in names}

    @override
    async def views(self, names: Collection[tuple[str, ...]]) -> tuple[View, ...]:
        """Return the bare SELECT of those of *names* that are views."""
        return await self._run(lambda cursor, _: catalogue.views(cursor, names), SOON)

    @override
    async def close(self) -> None:
        """Let go of the file; statements still running are interrupted."""
        self._closed = True
        if self._rest:
            self._rest.cancel()
        await self._threads.close()
        self._let_go()

    async def _run(self, work: Callable[["DuckDBPyConnection", Watch], T], seconds: float) -> T:
        def careful(watch: Watch) -> T:
            import duckdb  # noqa: PLC0415 - it takes 120 ms, which no event loop shall wait

            try:
                with telling(), self._cursor(watch) as cursor:
                    return work(cursor, watch)
            except duckdb.InterruptException:
                raise Stopped from None
            except duckdb.FatalException as error:
                with self._lock:
                    self._mark = None  # the instance is of no use any more; the next is another
                raise ConnectionFailed(f"{self._path}: {failure(error).message}") from None

        try:
            return await self._threads.run(careful, seconds)
        finally:
            self._linger()

    def _linger(self) -> None:
        """Keep the file open for a while; a program that writes to it waits no longer than that."""
        loop = asyncio.get_running_loop()
        self._used = loop.time()
        if self._rest is None and not self._closed:
            self._rest = loop.call_later(self._hold, self._leave)

    def _leave(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._used + self._hold - loop.time()
        if left > 0 or self._cursors:
            self._rest = loop.call_later(left if left > 0 else self._hold, self._leave)
        else:
            self._rest = None
            self._leaving = loop.create_task(self._threads.run(lambda _: self._let_go(), SOON))

    def _let_go(self) -> None:
        with self._lock:
            if self._root is not None and not self._cursors:
                self._root.close()
                self._root = self._functions = None

    @contextmanager
    def _cursor(self, watch: Watch) -> "Iterator[DuckDBPyConnection]":
        mark = files.mark(self._path)
        if mark != self._mark:
            self._let_go()  # another file stands in its place; what runs still ends on the old one
        with self._lock:
            if self._root is None:
                self._root = self._open()
                self._mark = mark
            cursor = self._root.cursor()
            self._cursors += 1
        try:
            with watch.heeding(cursor.interrupt):
                yield cursor
        finally:
            cursor.close()
            with self._lock:
                self._cursors -= 1
            if self._closed:
                self._let_go()

    def _open(self) -> "DuckDBPyConnection":
        import duckdb  # noqa: PLC0415 - as in `_run`

        files.readable(self._path)
        place, magic = _MAGIC
        with self._path.open("rb") as file:
            if file.read(place.stop)[place] != magic:
                raise ConnectionFailed(f"{self._path} is no DuckDB database.")
        try:
            root = duckdb.connect(str(self._path), read_only=True, config=self._settings)
        except duckdb.ConnectionException:
            raise ConnectionFailed(
                f"{self._path} is open here with other settings; every connection to one file "
                "needs the same threads and memory_limit."
            ) from None
        except duckdb.Error as error:
            raise ConnectionFailed(f"{self._path}: {failure(error).message}") from None
        try:
            _lock(root)
        except BaseException:
            root.close()
            raise
        return root


def _lock(root: "DuckDBPyConnection") -> None:
    """Tell times in UTC and let nothing be set any more; another connection may have done so."""
    import duckdb  # noqa: PLC0415 - as in `_run`

    locked = "SELECT current_setting('lock_configuration')"
    if root.execute(locked).fetchall() == [(True,)]:
        return
    try:
        root.execute("SET GLOBAL TimeZone = 'UTC'")
        root.execute("SET GLOBAL lock_configuration = true")
    except duckdb.Error:
        if root.execute(locked).fetchall() != [(True,)]:
            raise


def _settings(options: Mapping[str, str]) -> dict[str, Any]:
    threads = options.get("threads", str(min(4, os.cpu_count() or 1)))
    memory = options.get("memory_limit", MEMORY)
    if not (threads.isascii() and threads.isdigit() and 1 <= int(threads) <= MOST_THREADS):
        raise AddressInvalid(f"threads={threads}: write a number from 1 to {MOST_THREADS}.")
    if not _MEMORY.fullmatch(memory):
        raise AddressInvalid(f"memory_limit={memory}: write a size such as 512MB or 4GB.")
    return {**SHUT, "threads": int(threads), "memory_limit": memory}


def _since(begun: float) -> float:
    return round((perf_counter() - begun) * 1000, 3)
