"""What PostgreSQL alone can do to a reader, and what its keeper does about it."""

import asyncio
import contextlib
import sys
import time
from typing import LiteralString

import psycopg
import pytest

from core.connections.drivers.postgres import Postgres
from core.connections.errors import ConnectionFailed, StatementFailed
from tests.core.connections.drivers.postgres import (
    ENDLESS,
    OURS,
    READER,
    SOON,
    WORKING,
    ask,
    one,
    opened,
    told,
    until,
)

LOCKS: LiteralString = """
SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE locktype = 'advisory' AND datname = current_database()
"""


@pytest.mark.parametrize(
    "sql",
    [
        "SET TRANSACTION READ WRITE",
        "BEGIN READ WRITE",
        "COMMIT",
        "ROLLBACK AND CHAIN",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "SET default_transaction_read_only = off",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "SELECT set_config('statement_timeout', '0', false)",
        "PREPARE mine AS SELECT 1",
        "DEALLOCATE ALL",
        "DISCARD ALL",
        "LISTEN here",
        "DECLARE mine CURSOR WITH HOLD FOR SELECT 1",
        "CREATE TEMP TABLE mine (i int)",
        "SELECT pg_advisory_lock(42)",
        "SELECT pg_advisory_lock(42), 1 / (SELECT 0)",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "LOCK TABLE pg_class",
        "COPY (SELECT 1) TO STDOUT",
        "COPY pg_class FROM STDIN",
        "DO $$ BEGIN PERFORM set_config('timezone', 'Asia/Tokyo', false); END $$",
        "SET timezone = 'Asia/Tokyo'",
        "SET search_path = nowhere",
        "SET ROLE pg_monitor",
        "EXPLAIN ANALYZE SELECT 1",
    ],
)
async def test_nothing_a_statement_did_reaches_the_next_caller(
    postgres_url: str, admin: psycopg.Connection, sql: str
) -> None:
    async with opened(postgres_url, sessions=1) as driver:
        settings = (
            "SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'transaction%' ORDER BY 1"
        )
        before = (await ask(driver, settings)).rows
        for _ in range(3):
            with contextlib.suppress(StatementFailed):
                await ask(driver, sql)

        assert (await ask(driver, settings)).rows == before
        assert await one(driver, "SELECT current_user = session_user")
        assert await one(driver, "SHOW transaction_read_only") == "on"
        left = "SELECT count(*) FROM pg_prepared_statements WHERE name = 'mine'"
        assert await one(driver, left) == 0
        assert await one(driver, "SELECT count(*) FROM pg_cursors WHERE name = 'mine'") == 0
        assert await one(driver, "SELECT count(*) FROM pg_listening_channels()") == 0
        assert told(admin, LOCKS) == 0
        with pytest.raises(StatementFailed, match="read-only"):
            await ask(driver, "CREATE TABLE mine (i int)")


async def test_a_role_is_taken_for_every_statement(
    postgres_url: str, admin: psycopg.Connection
) -> None:
    admin.execute(f"DROP ROLE IF EXISTS {READER}")
    admin.execute(f"CREATE ROLE {READER}")
    try:
        async with opened(postgres_url, sessions=1, role=READER) as driver:
            assert await one(driver, "SELECT current_user::text") == READER
            await ask(driver, "RESET ROLE")
            with pytest.raises(StatementFailed, match="permission denied"):
                await ask(driver, "SELECT * FROM pg_authid")
    finally:
        admin.execute(f"DROP ROLE {READER}")
    async with opened(postgres_url, role="nobody_here") as driver:
        with pytest.raises(ConnectionFailed, match="nobody_here"):
            await one(driver, "SELECT 1")


# Sessions


async def test_a_dead_session_heals_unseen(postgres_url: str, admin: psycopg.Connection) -> None:
    async with opened(postgres_url, sessions=3) as driver:
        pid = "SELECT pg_backend_pid(), pg_sleep(0.1)"
        before = {row[0] for row in [(await ask(driver, pid)).rows[0]]}
        await asyncio.gather(*(ask(driver, pid) for _ in range(3)))

        admin.execute(f"SELECT pg_terminate_backend(pid) {OURS}")

        assert await one(driver, "SELECT pg_backend_pid()") not in before


async def test_a_statement_is_tried_once_more_when_its_session_dies(
    driver: Postgres, admin: psycopg.Connection
) -> None:
    asked = asyncio.ensure_future(one(driver, "SELECT 7 FROM pg_sleep(0.4)"))
    await until(admin, f"SELECT count(*) {OURS} AND query LIKE '%7 FROM pg_sleep(0.4)'", 1)

    admin.execute(f"SELECT pg_terminate_backend(pid) {OURS}")

    assert await asked == 7


async def test_a_statement_that_kills_its_session_is_not_tried_forever(driver: Postgres) -> None:
    with pytest.raises(ConnectionFailed, match="terminating connection"):
        await ask(driver, "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")

    assert await one(driver, "SELECT 1") == 1


async def test_a_prepared_statement_survives_a_change_of_its_table(
    postgres_url: str, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute("CREATE TABLE moving (a int); INSERT INTO moving VALUES (1)")
    async with opened(postgres_url, sessions=1) as driver:
        sql = "SELECT * FROM shelf.moving WHERE a = $1"
        for _ in range(3):
            assert list((await ask(driver, sql, 1)).rows[0]) == [1]
        prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%moving%'"
        assert await one(driver, prepared) == 1

        admin.execute("ALTER TABLE moving ADD b text DEFAULT 'x'")

        for _ in range(3):
            assert list((await ask(driver, sql, 1)).rows[0]) == [1, "x"]
        admin.execute("ALTER TABLE moving DROP b")
        assert list((await ask(driver, sql, 1)).rows[0]) == [1]


async def test_a_session_does_not_hoard_prepared_statements(postgres_url: str) -> None:
    async with opened(postgres_url, sessions=1) as driver:
        for at in range(100):
            for _ in range(2):
                assert await one(driver, f"SELECT {at}") == at

        assert 60 <= await one(driver, "SELECT count(*) FROM pg_prepared_statements") <= 70


async def test_cancelling_stops_the_server_s_work(
    driver: Postgres, admin: psycopg.Connection
) -> None:
    working: LiteralString = f"SELECT count(*) {OURS} AND state = 'active' AND query LIKE '% b'"
    tasks = [asyncio.ensure_future(ask(driver, ENDLESS)) for _ in range(3)]
    await until(admin, working, 3)

    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=SOON)

    await until(admin, working, 0)


async def test_no_row_of_a_cancelled_call_reaches_another(postgres_url: str) -> None:
    """Twenty callers on four sessions, every other one gone before its answer is there."""
    async with opened(postgres_url, sessions=4) as driver:

        async def call(at: int) -> None:
            sql = "SELECT $1::int, repeat('x', 1000) FROM generate_series(1, 300)"
            result = await ask(driver, sql, at)
            assert {row[0] for row in result.rows} == {at}

        for turn in range(15):
            tasks = [asyncio.ensure_future(call(20 * turn + at)) for at in range(20)]
            await asyncio.wait(tasks, timeout=turn / 1000)
            for task in tasks[::2]:
                task.cancel()
            await asyncio.gather(*tasks[1::2])
            await asyncio.wait(tasks[::2], timeout=SOON)


async def test_the_server_sees_no_more_sessions_than_were_allowed(
    postgres_url: str, admin: psycopg.Connection
) -> None:
    async with opened(postgres_url, sessions=2) as driver:
        asked = [asyncio.ensure_future(ask(driver, "SELECT pg_sleep(0.05)")) for _ in range(12)]
        seen = 0
        while not all(task.done() for task in asked):
            seen = max(seen, await asyncio.to_thread(told, admin, WORKING))
        assert seen == 2
    await until(admin, WORKING, 0)


async def test_what_is_left_of_a_cut_answer_stops_in_the_background(
    postgres_url: str, admin: psycopg.Connection
) -> None:
    async with opened(postgres_url, sessions=1) as driver:
        long = "SELECT generate_series(1, 100000000), repeat('x', 1000)"
        begun = time.perf_counter()

        for _ in range(3):
            assert len((await ask(driver, long)).rows) == 1000

        assert await one(driver, "SELECT 1") == 1
        assert time.perf_counter() - begun < SOON
        short = "SELECT pg_backend_pid() FROM generate_series(1, 1500)"
        kept = {(await ask(driver, short)).rows[0][0] for _ in range(5)}
        assert len(kept) == 1


async def test_a_slow_row_is_not_waited_for_beyond_the_ceiling(driver: Postgres) -> None:
    begun = time.perf_counter()

    # The server sends what it has when it has 8 kB of it.
    slow = "SELECT g, repeat('x', 9000), pg_sleep(0.1) FROM generate_series(1, 100) g"
    result = await ask(driver, slow, rows=2)

    assert len(result.rows) == 2
    assert time.perf_counter() - begun < 1


MEMORY = r"""
import asyncio, re, sys
from core.connections.address import parse
from core.connections.drivers.postgres import Postgres
from core.connections.records import Ceilings, Statement

def peak():
    return int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])

async def main():
    driver = Postgres(parse(sys.argv[1]))
    await driver.execute(Statement("SELECT 1"), Ceilings())
    before = peak()
    result = await driver.execute(Statement(sys.argv[2]), Ceilings())
    after = peak()
    print(len(result.rows), result.truncated.cells, (after - before) // 1024)
    await driver.close()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in kibibytes on Linux")
@pytest.mark.parametrize(
    ("sql", "rows", "cells", "megabytes"),
    [
        ("SELECT generate_series(1, 10000000), repeat('x', 100)", 1000, 0, 16),
        ("SELECT repeat('x', 100000) FROM generate_series(1, 5000)", 83, 0, 96),
        ("SELECT repeat('x', 3000000) FROM generate_series(1, 2000)", 31, 31, 128),
        ("SELECT repeat('é', 25000000) FROM generate_series(1, 12)", 12, 12, 256),
    ],
)
async def test_memory_is_bounded_however_wide_the_rows(
    postgres_url: str, sql: str, rows: int, cells: int, megabytes: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MEMORY, postgres_url, sql, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()

    got_rows, got_cells, grown = map(int, said.split())
    assert abs(got_rows - rows) <= 1
    assert abs(got_cells - cells) <= 1
    assert grown < megabytes
