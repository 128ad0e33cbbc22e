"""Keeps the driver promise for PostgreSQL 12 and newer."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from psycopg.pq.abc import PGresult
from typing_extensions import override

from core.connections.address import Address
from core.connections.driver import Driver, Effect, Progress, TableName, View
from core.connections.drivers import postgres_catalog as catalog
from core.connections.drivers.collector import held
from core.connections.drivers.harvest import Harvest, Row
from core.connections.drivers.pool import Pool
from core.connections.drivers.postgres_line import RowsTooWide, SessionLost
from core.connections.drivers.postgres_session import CHUNK, Ask, PostgresSession
from core.connections.drivers.postgres_types import (
    KINDS,
    LOOKUP,
    Kind,
    Reader,
    ask,
    converter,
    looked_up,
)
from core.connections.errors import ConnectionFailed, StatementFailed, StatementTimedOut
from core.connections.records import (
    Ceilings,
    Dialect,
    Health,
    Result,
    ResultColumn,
    Schema,
    Statement,
)

BATCH = 256
"""Rows that are measured and converted together."""
ARRIVALS = 8
"""Portions from the network after which rows are, however few."""
READERS = 128
"""Kinds of rows that are remembered."""
GRACE = 1.0
"""Seconds after its ceiling that a server may take to stop a statement by itself."""
CATALOGUE = 60.0
"""Seconds that one statement on the catalogue may take."""
CANCELLED = "57014"


class Postgres(Driver):
    """A bounded pool of sessions at one PostgreSQL database."""

    dialect = Dialect.POSTGRESQL

    def __init__(self, address: Address, *, sessions: int = 8, role: str | None = None) -> None:
        """Open nothing yet.

        Args:
            address: where, and as whom.
            sessions: how many logins the server sees at most.
            role: what every statement runs as; the login must be a member of it.
        """
        self._pool = Pool(lambda: PostgresSession.open(address, role), sessions)
        self._readers = _Readers()
        # Rows of many megabytes each are read for one caller at a time.
        self._wide = asyncio.Lock()

    @override
    async def execute(self, statement: Statement, ceilings: Ceilings, *, skip: int = 0) -> Result:
        begun = time.perf_counter()
        asked = ask(statement)
        answer = _Answer(self._readers, ceilings, skip)
        try:
            chunk = min(CHUNK, skip + ceilings.rows + 1)
            await self._run(asked, answer, ceilings.seconds, chunk=chunk)
        except RowsTooWide:
            answer = _WideAnswer(self._readers, ceilings, skip)
            await self._run_wide(asked, answer, ceilings.seconds - (time.perf_counter() - begun))
        if answer.unknown:
            await self._learn(answer.unknown.values())
        return answer.result(self._readers.kinds, begun)

    @override
    async def test(self) -> Health:
        await self._rows("SELECT 1")
        begun = time.perf_counter()
        version, warnings = await catalog.rights(self._rows)
        latency = (time.perf_counter() - begun) * 1000
        return Health(version=version, latency_ms=latency, warnings=warnings)

    @override
    async def discover(self, progress: Progress | None = None) -> Schema:
        with held():
            return await catalog.discover(self._rows, progress)

    @override
    async def sample(
        self, columns: Mapping[TableName, Sequence[str]], *, seconds: float
    ) -> dict[TableName, dict[str, tuple[str, ...]]]:
        return await catalog.sample(self._rows, columns, seconds)

    @override
    async def functions(self, names: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Effect]:
        return await catalog.functions(self._rows, names)

    @override
    async def views(self, names: Collection[tuple[str, ...]]) -> tuple[View, ...]:
        return await catalog.views(self._rows, names)

    @override
    async def close(self) -> None:
        await self._pool.close()

    async def _rows(self, sql: str, *values: Any, seconds: float = CATALOGUE) -> list[Row]:
        """Return all rows of a statement of our own; arrays and JSON stay text."""
        rows = _Rows()
        await self._run(ask(Statement(sql, values))._replace(plain=True), rows, seconds)
        return rows.rows

    async def _learn(self, oids: Collection[int]) -> None:
        """Ask the catalogue about types that we never saw before."""
        kinds = self._readers.kinds
        kinds.update(looked_up(await self._rows(LOOKUP, list(oids))))
        for oid in oids:
            kinds.setdefault(oid, Kind("other"))

    async def _run(
        self, asked: Ask, taker: "_Taker", seconds: float, *, chunk: int = CHUNK
    ) -> None:
        """Fly a statement on a session, once more on a new one if the first was found dead."""
        for fresh in (False, True):
            session = await self._pool.acquire(fresh=fresh)
            taker.begin()
            begun = time.monotonic()
            try:
                async with asyncio.timeout(seconds + GRACE):
                    landed = await session.run(asked, taker.take, seconds=seconds, chunk=chunk)
            except SessionLost as lost:
                self._pool.discard(session)
                if fresh:
                    raise ConnectionFailed(f"The connection broke off: {lost}") from None
            except TimeoutError:
                self._pool.discard(session)
                raise StatementTimedOut from None
            except StatementFailed as failed:
                self._give_back(session)
                # Slightly early: the server's clock and ours are two.
                if failed.state == CANCELLED and time.monotonic() - begun > 0.9 * seconds:
                    raise StatementTimedOut from None
                raise
            except BaseException:
                self._pool.discard(session)
                raise
            else:
                if landed:
                    self._give_back(session)
                else:
                    self._pool.retire(session, session.drain)
                return

    async def _run_wide(self, asked: Ask, answer: "_Answer", seconds: float) -> None:
        """Fly a statement again whose rows came in too wide to be taken many at a time."""
        end = time.monotonic() + max(seconds, 0.1)
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(seconds, 0.1)):
                await self._wide.acquire()
        except TimeoutError:
            raise StatementTimedOut from None
        try:
            await self._run(asked, answer, max(end - time.monotonic(), 0.1), chunk=1)
        except RowsTooWide:
            raise StatementFailed(
                "A single row of the answer takes hundreds of megabytes.",
                hint="Select a part of its long columns, such as left(column, 1000).",
            ) from None
        finally:
            self._wide.release()

    def _give_back(self, session: PostgresSession) -> None:
        if session.clean:
            self._pool.release(session)
        else:
            self._pool.discard(session)


class _Readers:
    """Readers by the columns they read: a question seldom comes alone."""

    def __init__(self) -> None:
        self.kinds: dict[int, Kind] = dict(KINDS)
        self._known: dict[tuple[Any, ...], Reader] = {}

    def of(self, result: PGresult) -> Reader:
        """Return the reader for results like this one."""
        columns = range(result.nfields)
        key = tuple([(result.fname(at), result.ftype(at), result.fmod(at)) for at in columns])
        reader = self._known.get(key)
        if reader is None:
            reader = Reader(self.kinds, result)
            if not reader.unknown:
                while len(self._known) >= READERS:
                    self._known.pop(next(iter(self._known)))
                self._known[key] = reader
        return reader


class _Taker(Protocol):
    """Takes the portions of one result."""

    def begin(self) -> None:
        """Forget what came in: the statement runs from its beginning."""
        ...

    def take(self, result: PGresult, arrivals: int) -> bool:
        """Take a portion, which came in so many arrivals; say whether that is enough."""
        ...


class _Rows:
    """Takes everything as it comes."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.rows: list[Row] = []
        self._reader: Reader | None = None

    def take(self, result: PGresult, arrivals: int) -> bool:  # noqa: ARG002
        if self._reader is None:
            self._reader = Reader(KINDS, result)
        self.rows += self._reader.read(result)
        return False


class _Answer:
    """Takes rows in batches, up to the ceilings."""

    def __init__(self, readers: "_Readers", ceilings: Ceilings, skip: int) -> None:
        self.ceilings = ceilings
        self.unknown: Mapping[int, int] = {}
        """Columns of types that nobody knew when they came in."""
        self._readers = readers
        self._skip = skip
        self._enough = min(BATCH, skip + ceilings.rows + 1)

    def begin(self) -> None:
        self._harvest: Harvest | None = None
        self._batch: list[Row] = []
        self._arrivals = 0

    def take(self, result: PGresult, arrivals: int) -> bool:
        harvest = self._harvest
        if harvest is None:
            self._reader = self._readers.of(result)
            self.unknown = self._reader.unknown
            harvest = Harvest(self._reader.fields, self.ceilings, skip=self._skip)
            self._harvest = harvest
        self._batch += self.read(self._reader, result)
        self._arrivals += arrivals
        if len(self._batch) >= self._enough or self._arrivals >= ARRIVALS:
            self._flush(harvest)
        return harvest.full

    def read(self, reader: Reader, result: PGresult) -> list[Row]:
        return reader.read(result)

    def result(self, kinds: Mapping[int, Kind], begun: float) -> Result:
        """Return all that was taken, now that every type is known."""
        harvest = self._harvest or Harvest((), self.ceilings)
        self._flush(harvest)
        columns = [field.column for field in self._reader.fields]
        rows = harvest.rows
        if self.unknown:
            cells: list[Sequence[Any]] = list(zip(*rows, strict=True))
            for index, oid in self.unknown.items():
                kind = kinds[oid]
                convert = converter(kind, kinds)
                columns[index] = ResultColumn(columns[index].name, kind.type)
                if convert and cells:
                    cells[index] = convert(cells[index])
            rows = list(zip(*cells, strict=True))
        return Result(
            columns=columns,
            rows=rows,
            truncated=harvest.truncated,
            duration_ms=(time.perf_counter() - begun) * 1000,
        )

    def _flush(self, harvest: Harvest) -> None:
        harvest.add(self._batch)
        self._batch, self._arrivals = [], 0


class _WideAnswer(_Answer):
    """Takes rows one by one, and of long cells no more than is handed out."""

    @override
    def begin(self) -> None:
        super().begin()
        self._enough = 1

    @override
    def read(self, reader: Reader, result: PGresult) -> list[Row]:
        return reader.read_wide(result, self.ceilings)
