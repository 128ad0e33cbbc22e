"""What a session at MariaDB may do, and how it ends; what every driver promises is elsewhere."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from mysql import connector

from core.connections.address import parse
from core.connections.drivers.mysql import MySQL
from core.connections.errors import (
    ConnectionBusy,
    ConnectionFailed,
    StatementFailed,
    StatementTimedOut,
)
from core.connections.records import Statement
from tests.core.connections.drivers.asking import CEILINGS, ask, first
from tests.core.connections.drivers.maria import (
    ENDLESS,
    RUNNING,
    SOON,
    Admin,
    opened,
    until,
    writer,
)


@pytest.fixture(scope="module")
def admin(mariadb_url: str) -> Iterator[Admin]:
    with writer(mariadb_url) as run:
        yield run


@pytest.fixture
async def driver(mariadb_url: str) -> AsyncIterator[MySQL]:
    async with opened(mariadb_url) as driver:
        yield driver


# What a session may do


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM", "MEMORY", "Aria"])
async def test_a_function_that_writes_is_refused_by_the_server(
    driver: MySQL, admin: Admin, engine: str
) -> None:
    admin(
        f"CREATE OR REPLACE TABLE target (i INT) ENGINE={engine}",
        "CREATE OR REPLACE FUNCTION writes() RETURNS INT "
        "BEGIN INSERT INTO target VALUES (1); RETURN 1; END",
        "CREATE OR REPLACE FUNCTION frees() RETURNS INT BEGIN "
        "SET @@session.tx_read_only = 0; INSERT INTO target VALUES (1); RETURN 1; END",
    )

    for before, call in (
        ("", "writes()"),
        ("", "frees()"),
        ("SET STATEMENT tx_read_only = 0 FOR ", "writes()"),
    ):
        with pytest.raises(StatementFailed) as refused:
            await ask(driver, f"{before}SELECT {call}")
        assert refused.value.state == "1792"
    assert admin("SELECT count(*) FROM target") == [(0,)]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMPORARY TABLE mine (i INT)",
        "SELECT 1 INTO @mine",
        "SELECT 1 INTO OUTFILE '/nowhere/mine'",
        "SELECT 1 INTO DUMPFILE '/nowhere/mine'",
        "SET GLOBAL general_log = 0",
        "SET SESSION TRANSACTION READ WRITE",
        "USE mysql",
        "KILL 1",
        "DO sleep(1)",
        "CALL nothing()",
        "COMMIT",
        "LOCK TABLES target READ",
        "FLUSH TABLES",
        "/**/" * 40 + "-- x\nDO 1 -- SHOW",
        "--\nDO 1",
        "SELECT * FROM target FOR UPDATE",
        "INSERT INTO target VALUES (1) RETURNING i",
        "EXPLAIN INSERT INTO target VALUES (1)",
        "SET STATEMENT tx_read_only = 0 FOR SELECT * FROM target FOR UPDATE",
        "SET STATEMENT tx_read_only = 0 FOR OPTIMIZE TABLE target",
        "ANALYZE TABLE target",
        "CHECK TABLE target",
        "EXECUTE IMMEDIATE 'SELECT 1'",
    ],
)
async def test_what_does_more_than_read_is_not_run(driver: MySQL, admin: Admin, sql: str) -> None:
    admin("CREATE OR REPLACE TABLE target (i INT)")

    with pytest.raises(StatementFailed):
        await ask(driver, sql)

    assert first(await ask(driver, "SELECT @@tx_read_only")) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW TABLES",
        "/* x */ # y\n show databases",
        "DESCRIBE target",
        "EXPLAIN SELECT * FROM target",
        "(SELECT 1)",
        "VALUES (1), (2)",
    ],
)
async def test_what_reads_is_run(driver: MySQL, admin: Admin, sql: str) -> None:
    admin("CREATE OR REPLACE TABLE target (i INT)")

    assert (await ask(driver, sql)).rows


async def test_nothing_of_a_statement_reaches_the_next_caller(driver: MySQL, admin: Admin) -> None:
    me = first(await ask(driver, "SELECT connection_id()"))
    (taken, _, _) = (
        await ask(driver, "SELECT GET_LOCK('trellis', 0), @a := 7, last_insert_id(5)")
    ).rows[0]

    after = await ask(driver, "SELECT connection_id(), @a, IS_USED_LOCK('trellis')")

    assert taken == 1
    assert list(after.rows[0]) == [*me, None, None]
    assert admin("SELECT IS_FREE_LOCK('trellis')") == [(1,)]
    (prepared,) = admin("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'")
    assert int(prepared[1]) < 20


async def test_a_table_that_was_read_can_be_altered_at_once(driver: MySQL, admin: Admin) -> None:
    admin("CREATE OR REPLACE TABLE target (i INT)")
    await ask(driver, "SELECT * FROM target")

    admin("SET lock_wait_timeout = 1", "ALTER TABLE target ADD COLUMN j INT")

    assert [each.name for each in (await ask(driver, "SELECT * FROM target")).columns] == ["i", "j"]


# Time, and the ends of sessions


@pytest.mark.parametrize("before", ["", "SET STATEMENT max_statement_time = 0 FOR "])
async def test_the_server_stops_what_takes_too_long(
    driver: MySQL, admin: Admin, before: str
) -> None:
    begun = time.perf_counter()

    with pytest.raises(StatementTimedOut):
        await ask(driver, before + ENDLESS, seconds=0.5)

    assert 0.4 < time.perf_counter() - begun < 0.5 + SOON
    await until(admin, 0)
    assert first(await ask(driver, "SELECT 1")) == [1]


async def test_what_is_not_wanted_any_more_stops_at_the_server(
    mariadb_url: str, admin: Admin
) -> None:
    async with opened(mariadb_url, sessions=4) as driver:
        tasks = [asyncio.ensure_future(ask(driver, ENDLESS)) for _ in range(20)]
        await until(admin, 4)

        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=SOON)

        assert all(task.cancelled() for task in tasks)
        await until(admin, 0)
        answers = await asyncio.gather(*(ask(driver, f"SELECT {at}") for at in range(20)))
        assert [first(answer) for answer in answers] == [[at] for at in range(20)]


async def test_a_caller_who_finds_every_session_busy_is_told(
    mariadb_url: str, admin: Admin
) -> None:
    driver = MySQL(parse(mariadb_url), sessions=2, patience=0.2)
    tasks = [asyncio.ensure_future(ask(driver, ENDLESS)) for _ in range(2)]
    await until(admin, 2)

    with pytest.raises(ConnectionBusy):
        await ask(driver, "SELECT 1")

    await driver.close()
    await asyncio.wait(tasks, timeout=SOON)
    assert all(isinstance(task.exception(), ConnectionFailed) for task in tasks)
    await until(admin, 0)


async def test_the_rest_of_a_long_answer_is_not_waited_for(mariadb_url: str, admin: Admin) -> None:
    async with opened(mariadb_url, sessions=2) as driver:
        begun = time.perf_counter()
        for skip in (0, 1000, 2000, 3000):
            result = await driver.execute(
                Statement("SELECT seq FROM seq_1_to_10000000"), CEILINGS, skip=skip
            )
            assert first(result)[0] == skip + 1
        assert time.perf_counter() - begun < SOON
        await until(admin, 0)


async def test_a_session_found_dead_is_replaced(mariadb_url: str, admin: Admin) -> None:
    async with opened(mariadb_url, sessions=3) as driver:
        asked = [ask(driver, "SELECT connection_id() FROM seq_1_to_100") for _ in range(3)]
        for number in {first(answer)[0] for answer in await asyncio.gather(*asked)}:
            admin(f"KILL {number}")

        answers = await asyncio.gather(*(ask(driver, "SELECT 1") for _ in range(9)))

    assert [first(answer) for answer in answers] == [[1]] * 9


async def test_a_session_that_dies_twice_is_said_to_be_broken(driver: MySQL, admin: Admin) -> None:
    await ask(driver, "SELECT 1")
    task = asyncio.ensure_future(ask(driver, ENDLESS))
    for _ in range(2):
        await until(admin, 1)
        ((number,),) = admin(RUNNING.replace("count(*)", "id"))
        with contextlib.suppress(connector.Error):
            admin(f"KILL {number}")
        async with asyncio.timeout(SOON):
            while await asyncio.to_thread(admin, RUNNING.replace("count(*)", "max(id)")) == [
                (number,)
            ]:
                pass

    with pytest.raises(ConnectionFailed):
        await asyncio.wait_for(task, SOON)
    assert first(await ask(driver, "SELECT 1")) == [1]


async def test_somebody_else_stopping_a_statement_is_told(driver: MySQL, admin: Admin) -> None:
    task = asyncio.ensure_future(ask(driver, ENDLESS))
    await until(admin, 1)
    ((number,),) = admin(RUNNING.replace("count(*)", "id"))

    admin(f"KILL QUERY {number}")

    with pytest.raises(StatementFailed, match="interrupted"):
        await asyncio.wait_for(task, SOON)
