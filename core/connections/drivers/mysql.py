"""Keeps the driver promise for MySQL 5.7 and MariaDB 10.3, and what is newer."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from typing_extensions import override

from core.connections.address import Address
from core.connections.driver import Driver, Effect, Progress, TableName, View
from core.connections.drivers import mysql_catalog as catalog
from core.connections.drivers.harvest import Row
from core.connections.drivers.mysql_errors import SessionLost
from core.connections.drivers.mysql_session import Answer, Session
from core.connections.drivers.threads import Threads, Watch
from core.connections.errors import AddressInvalid, ConnectionBusy, ConnectionFailed
from core.connections.records import Ceilings, Health, Result, Schema, Statement
from core.errors import CoreError

T = TypeVar("T")

GRACE = 0.3
"""Seconds after its ceiling that a server may take to stop a statement by itself."""
PARTING = 3.0
"""Seconds for stopping what the server still does for a session."""
CATALOGUE = 60.0
"""Seconds that one statement on the catalogue may take."""
CONNECT = 5.0
"""Seconds within which a server must let us in, unless the address says otherwise."""
PORT = 3306
ALL = Ceilings(rows=10_000_000, bytes=1024**3, cell=1024**2)
"""What a statement of our own may bring."""
WORDS = {"true": True, "yes": True, "on": True, "1": True}
WORDS |= {"false": False, "no": False, "off": False, "0": False}


class MySQL(Driver):
    """A bounded number of sessions at one MySQL or MariaDB server, on threads of their own."""

    def __init__(self, address: Address, *, sessions: int = 8, patience: float = 5.0) -> None:
        """Open nothing yet.

        Args:
            address: where, and as whom.
            sessions: how many logins the server sees at most, apart from short ones that stop
                what another one began.
            patience: seconds that a caller waits for a session before it is told to come back.

        Raises:
            AddressInvalid: an option of the address has no value that it could have.
        """
        self.dialect = address.dialect
        self._database = address.database
        self._patience = patience
        self._options = _options(address)
        self._threads = Threads("mysql", sessions)
        self._enders = Threads("mysql-end", 2)
        self._permits = asyncio.Semaphore(sessions)
        self._idle: list[Session] = []
        self._parting: set[asyncio.Task[None]] = set()
        self._closed = False

    @override
    async def execute(self, statement: Statement, ceilings: Ceilings, *, skip: int = 0) -> Result:
        begun = time.perf_counter()
        columns, harvest = await self._run(statement, ceilings, skip)
        return Result.model_construct(
            columns=columns,
            rows=harvest.rows,
            truncated=harvest.truncated,
            duration_ms=(time.perf_counter() - begun) * 1000,
        )

    @override
    async def test(self) -> Health:
        await self._rows("SELECT 1")
        begun = time.perf_counter()
        version, warnings = await catalog.rights(self._rows)
        latency = (time.perf_counter() - begun) * 1000
        return Health(version=version, latency_ms=latency, warnings=warnings)

    @override
    async def discover(self, progress: Progress | None = None) -> Schema:
        return await catalog.discover(self._rows, self._database, progress)

    @override
    async def sample(
        self, columns: Mapping[TableName, Sequence[str]], *, seconds: float
    ) -> dict[TableName, dict[str, tuple[str, ...]]]:
        return await catalog.sample(self._rows, columns, seconds)

    @override
    async def functions(self, names: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Effect]:
        return await catalog.functions(self._rows, names, self._database)

    @override
    async def views(self, names: Collection[tuple[str, ...]]) -> tuple[View, ...]:
        return await catalog.views(self._rows, names, self._database)

    @override
    async def close(self) -> None:
        self._closed = True
        await self._threads.close()
        if self._parting:
            await asyncio.wait(self._parting, timeout=PARTING)
        await self._enders.close()
        self._drop()

    async def _rows(self, sql: str, *values: Any, seconds: float = CATALOGUE) -> list[Row]:
        """Return all rows of a statement of our own."""
        ceilings = ALL.model_copy(update={"seconds": seconds})
        return (await self._run(Statement(sql, values), ceilings, 0)).harvest.rows

    async def _run(self, statement: Statement, ceilings: Ceilings, skip: int) -> Answer:
        await self._permit()
        spent: list[Session] = []
        ask = partial(self._ask, statement, ceilings, skip, spent)
        try:
            return await self._threads.run(ask, ceilings.seconds + GRACE)
        finally:
            if spent:
                self._part(spent[0])
            else:
                self._permits.release()

    async def _permit(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._permits.acquire()
        except TimeoutError:
            raise ConnectionBusy from None

    def _ask(
        self,
        statement: Statement,
        ceilings: Ceilings,
        skip: int,
        spent: list[Session],
        watch: Watch,
    ) -> Answer:
        """Ask on a session, once more on a new one if the first was found dead; on a thread."""
        while True:
            session = self._lend()
            old = session.used
            try:
                with watch.heeding(session.interrupt):
                    answer = session.answer(statement, ceilings, skip)
            except SessionLost as lost:
                session.end()
                watch.check()
                if session.seen or not old:
                    raise ConnectionFailed(f"The connection broke off: {lost}") from None
                self._drop()  # the others are as dead
                continue
            except BaseException:
                self._keep(session)
                raise
            if session.broken:
                spent.append(session)  # still carries rows: the answer need not wait for its end
            else:
                self._keep(session)
            return answer

    def _lend(self) -> Session:
        with suppress(IndexError):
            while True:
                session = self._idle.pop()
                if not session.broken:
                    return session
        return Session(self._options)

    def _keep(self, session: Session) -> None:
        if session.broken:
            session.end()
            return
        self._idle.append(session)
        if self._closed:
            self._drop()

    def _drop(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _part(self, session: Session) -> None:
        """End a session in the background; its place stays taken until then."""
        task = asyncio.get_running_loop().create_task(self._ended(session))
        self._parting.add(task)
        task.add_done_callback(self._parting.discard)

    async def _ended(self, session: Session) -> None:
        try:
            with suppress(CoreError):
                await self._enders.run(lambda _: session.end(), PARTING)
        finally:
            self._permits.release()


def _options(address: Address) -> dict[str, Any]:
    """Write an address as the connector reads it."""
    said = address.options
    options: dict[str, Any] = {
        "host": address.host or "127.0.0.1",
        "port": address.port or PORT,
        "user": address.username or "",
        "password": address.password or "",
        "database": address.database,
        "charset": "utf8mb4",
        "collation": "utf8mb4_general_ci",
        "allow_local_infile": False,
        "connection_timeout": _seconds(said.get("connect_timeout")),
    }
    if "ssl_disabled" in said:
        word = said["ssl_disabled"].lower()
        if word not in WORDS:
            raise AddressInvalid(f"ssl_disabled={said['ssl_disabled']}: write true or false.")
        options["ssl_disabled"] = WORDS[word]
    if "ssl_ca" in said:
        if options.get("ssl_disabled"):
            raise AddressInvalid("ssl_ca and ssl_disabled=true cannot both be meant.")
        options |= {"ssl_ca": said["ssl_ca"], "ssl_verify_cert": True}
    return options


def _seconds(said: str | None) -> int:
    if said is None:
        return int(CONNECT)
    if not said.isdecimal() or not 0 < int(said) <= 600:  # noqa: PLR2004
        raise AddressInvalid(f"connect_timeout={said}: write a number of seconds from 1 to 600.")
    return int(said)
