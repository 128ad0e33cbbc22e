"""What PostgreSQL alone can do to a reader, and what its keeper does about it."""

import asyncio
import contextlib
import datetime as dt
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any, LiteralString

import psycopg
import pytest
from sqlalchemy.engine import make_url

from core.connections.address import parse
from core.connections.driver import Effect
from core.connections.drivers import postgres_session
from core.connections.drivers.postgres import Postgres
from core.connections.errors import (
    ConnectionFailed,
    StatementFailed,
)
from core.connections.records import (
    Ceilings,
    Column,
    ForeignKey,
    Result,
    ResultColumn,
    Statement,
    Table,
)

CEILINGS = Ceilings(seconds=20)
SOON = 2.0
ENDLESS = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"
OURS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'trellis'"
WORKING: LiteralString = f"SELECT count(*) {OURS}"


@pytest.fixture(scope="module")
def admin(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def driver(postgres_url: str) -> AsyncIterator[Postgres]:
    async with opened(postgres_url) as driver:
        yield driver


@pytest.fixture
def schema(admin: psycopg.Connection) -> Iterator[str]:
    admin.execute("CREATE SCHEMA shelf; SET search_path = shelf, public")
    yield "shelf"
    admin.execute("RESET search_path; DROP SCHEMA shelf CASCADE")


@contextlib.asynccontextmanager
async def opened(url: str, sessions: int = 4, role: str | None = None) -> AsyncIterator[Postgres]:
    driver = Postgres(parse(url), sessions=sessions, role=role)
    try:
        yield driver
    finally:
        async with asyncio.timeout(10):
            await driver.close()


async def ask(driver: Postgres, sql: str, *values: Any, **ceilings: Any) -> Result:
    return await driver.execute(Statement(sql, values), CEILINGS.model_copy(update=ceilings))


async def one(driver: Postgres, sql: str, *values: Any) -> Any:
    return (await ask(driver, sql, *values)).rows[0][0]


def told(admin: psycopg.Connection, sql: LiteralString, *values: Any) -> Any:
    row = admin.execute(sql, values or None).fetchone()
    return row and row[0]


async def until(admin: psycopg.Connection, sql: LiteralString, value: Any) -> None:
    """Wait until the server says *value*."""
    async with asyncio.timeout(SOON):
        while told(admin, sql) != value:
            await asyncio.to_thread(admin.execute, "SELECT pg_sleep(0.01)")


# Types


@pytest.mark.parametrize(
    ("expression", "type", "cell"),
    [
        ("1::smallint", "integer", 1),
        ("9007199254740993", "integer", "9007199254740993"),
        ("4000000000::oid", "integer", 4000000000),
        ("1.50::numeric(10, 2)", "decimal", 1.5),
        ("7::numeric(10, 0)", "decimal", 7),
        ("2.5000000000000000", "decimal", 2.5),
        ("0.10000000000000001", "decimal", "0.10000000000000001"),
        ("123456789012345678.9", "decimal", "123456789012345678.9"),
        ("'NaN'::numeric(5, 2)", "decimal", "NaN"),
        ("'NaN'::numeric", "decimal", "NaN"),
        ("0.1::float4", "number", 0.1),
        ("'-Infinity'::float8", "number", "-Infinity"),
        ("'NaN'::float8", "number", "NaN"),
        ("true", "boolean", True),
        ("NULL::boolean", "boolean", None),
        ("'a'::\"char\"", "text", "a"),
        ("'ab'::char(3)", "text", "ab "),
        (
            "'42e2e8f8-0000-4000-8000-000000000001'::uuid",
            "text",
            "42e2e8f8-0000-4000-8000-000000000001",
        ),
        ("date '2025-01-31'", "date", "2025-01-31"),
        ("date 'infinity'", "date", "infinity"),
        ("date '0044-03-15 BC'", "date", "0044-03-15 BC"),
        ("time '09:30:00.5'", "time", "09:30:00.5"),
        ("timestamp '2025-01-31 09:30'", "timestamp", "2025-01-31 09:30:00"),
        ("timestamptz '2025-01-31 09:30+02'", "timestamp", "2025-01-31 07:30:00+00"),
        ("interval '1 day 26 hours'", "interval", "1 day 26:00:00"),
        (r"'\xDEAD'::bytea", "binary", r"\xdead"),
        ("'[1, \"a\", null]'::json", "json", [1, "a", None]),
        ("'{\"a\": 12345678901234567890}'::jsonb", "json", {"a": "12345678901234567890"}),
        ("ARRAY[1, NULL]", "json", [1, None]),
        ("ARRAY[[1.5, 2], [3, 4]]::numeric[]", "json", [[1.5, 2], [3, 4]]),
        ("ARRAY['a', 'b,c', 'd\"e\\', '', 'NULL']", "json", ["a", "b,c", 'd"e\\', "", "NULL"]),
        ("ARRAY[true, false]", "json", [True, False]),
        ("ARRAY['{\"a\": [1]}']::jsonb[]", "json", [{"a": [1]}]),
        ("ARRAY[1.5, 'NaN']::float8[]", "json", [1.5, "NaN"]),
        ("'{}'::int[]", "json", []),
        ("ROW(1, 'a b', NULL)", "json", ["1", "a b", None]),
        ("int4range(1, 5)", "other", "[1,5)"),
        ("inet '10.0.0.1/8'", "other", "10.0.0.1/8"),
        ("point(1, 2)", "other", "(1,2)"),
        ("'pg_class'::regclass", "other", "pg_class"),
        ("'x'", "text", "x"),
    ],
)
async def test_a_cell_is_what_every_wire_can_carry(
    driver: Postgres, expression: str, type: str, cell: Any
) -> None:
    result = await ask(driver, f"SELECT {expression} AS x")

    assert result.columns == [ResultColumn("x", type)]
    assert result.rows[0][0] == cell
    assert isinstance(result.rows[0][0], bool) is isinstance(cell, bool)


async def test_types_of_the_database_s_own_are_looked_up_once(
    driver: Postgres, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b text);"
        "CREATE DOMAIN cents AS int; CREATE TABLE own (m mood, ms mood[], p pair, ps pair[],"
        "c cents, cs cents[]);"
        "INSERT INTO own VALUES ('ok', '{sad,ok}', '(1,x)', ARRAY['(1,x)']::pair[], 5, '{5,6}')"
    )

    result = await ask(driver, "SELECT * FROM shelf.own")

    assert [column.type for column in result.columns] == [
        "text", "json", "json", "json", "integer", "json",
    ]  # fmt: skip
    assert list(result.rows[0]) == ["ok", ["sad", "ok"], ["1", "x"], [["1", "x"]], 5, [5, 6]]
    assert list((await ask(driver, "SELECT ms FROM shelf.own")).rows[0]) == [["sad", "ok"]]
    empty = await ask(driver, "SELECT ms FROM shelf.own WHERE false")
    assert empty.columns == [ResultColumn("ms", "json")]


async def test_a_number_is_measured_but_never_cut(driver: Postgres) -> None:
    result = await ask(driver, "SELECT 10::numeric ^ 40, '[1,2,3,4,5,6,7,8,9]'::json", cell=16)

    assert result.rows[0][0].startswith("1" + "0" * 40)
    assert result.rows[0][1] == "[1,2,3,4,5,6,7,8"
    assert result.truncated is not None
    assert result.truncated.cells == 1


async def test_binary_is_cut_by_bytes(driver: Postgres) -> None:
    result = await ask(driver, r"SELECT '\x" + "ab" * 20 + "'::bytea", cell=16)

    assert result.rows[0][0] == r"\x" + "ab" * 16


async def test_text_in_no_encoding_is_read_as_far_as_it_goes(
    postgres_url: str, admin: psycopg.Connection
) -> None:
    name = "trellis_test_bytes"
    admin.execute(f"DROP DATABASE IF EXISTS {name}")
    admin.execute(
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII'"
        " LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    url = postgres_url.rpartition("/")[0] + "/" + name
    try:
        async with opened(url) as driver:
            sql = r"SELECT g, convert_from('\x61e962', 'SQL_ASCII') FROM generate_series(1, 3) g"
            rows = (await ask(driver, sql)).rows
            assert list(rows) == [(at, "a\N{REPLACEMENT CHARACTER}b") for at in (1, 2, 3)]
    finally:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


# Values


@pytest.mark.parametrize(
    ("expression", "value", "cell"),
    [
        ("$1::date + 1", "2025-01-31", "2025-02-01"),
        ("$1 + 1", dt.date(2025, 1, 31), "2025-02-01"),
        ("$1", dt.datetime(2025, 1, 31, 9, 30), "2025-01-31 09:30:00"),  # noqa: DTZ001
        ("$1", dt.datetime(2025, 1, 31, 9, tzinfo=dt.UTC), "2025-01-31 09:00:00+00"),
        ("$1", dt.timedelta(hours=26), "1 day 02:00:00"),
        ("$1", Decimal("12.30"), 12.3),
        ("$1", uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ("$1", b"\x00\xff", r"\x00ff"),
        ("$1 + $1", 30000, 60000),
        ("$1", 2**70, str(2**70)),
        ("round($1, 1)", 2.25, 2.3),
        ("3 = ANY ($1)", [1, 2, 3], True),
        ("$1 IS NULL", None, True),
        ("concat('a', $1)", "b", "ab"),
        ("jsonb_build_object('a', $1)", "b", {"a": "b"}),
        ("'100%' LIKE '%' || $1", "%", True),
    ],
)
async def test_a_value_has_the_type_its_place_asks_for(
    driver: Postgres, expression: str, value: Any, cell: Any
) -> None:
    assert await one(driver, f"SELECT {expression}", value) == cell


@pytest.mark.parametrize(
    "value",
    [
        "a\0b",
        pytest.param("\ud800", id="half a pair"),
        {"a": 1},
        object(),
        [1, "a"],
        pytest.param(10**5000, id="10**5000"),
    ],
)
async def test_a_value_that_cannot_travel_is_named(driver: Postgres, value: Any) -> None:
    with pytest.raises(StatementFailed, match="Value 2"):
        await ask(driver, "SELECT $1::int, $2", 1, value)


async def test_a_statement_ends_where_it_ends(driver: Postgres) -> None:
    with pytest.raises(StatementFailed, match="NUL"):
        await ask(driver, "SELECT 1\0 FROM nowhere")


# The wall


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
        assert told(admin, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
        with pytest.raises(StatementFailed, match="read-only"):
            await ask(driver, "CREATE TABLE mine (i int)")


async def test_a_role_is_taken_for_every_statement(
    postgres_url: str, admin: psycopg.Connection
) -> None:
    admin.execute("DROP ROLE IF EXISTS trellis_reader")
    admin.execute("CREATE ROLE trellis_reader")
    try:
        async with opened(postgres_url, sessions=1, role="trellis_reader") as driver:
            assert await one(driver, "SELECT current_user::text") == "trellis_reader"
            await ask(driver, "RESET ROLE")
            with pytest.raises(StatementFailed, match="permission denied"):
                await ask(driver, "SELECT * FROM pg_authid")
    finally:
        admin.execute("DROP ROLE trellis_reader")
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
    await until(
        admin, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%7 FROM pg_sleep(0.4)'", 1
    )

    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE query LIKE '%7 FROM pg_sleep(0.4)'"
    )

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


@contextlib.asynccontextmanager
async def stand_in(said: bytes) -> AsyncIterator[str]:
    """Listen as a server that answers a greeting with *said*, and nothing after."""
    guests: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read(8)
            writer.write(b"N")
            await reader.read(1000)
            writer.write(said)
            while await reader.read(1000):
                pass
        writer.close()

    def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guests.append(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield f"postgresql://reader:hunter2@127.0.0.1:{server.sockets[0].getsockname()[1]}/shop"
        async with asyncio.timeout(SOON):
            await asyncio.gather(*guests)


async def test_a_server_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_session, "PATIENCE", 0.2)
    welcome = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"
    async with stand_in(welcome) as url, opened(url) as driver:
        with pytest.raises(ConnectionFailed, match="does not answer"):
            await ask(driver, "SELECT 1")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b'SFATAL\0C28P01\0Mpassword authentication failed for user "reader"\0\0', "password"),
        (b"SFATAL\0C53300\0Msorry, too many clients already\0\0", "too many clients"),
        (b"SFATAL\0C28P01\0Mnot with hunter2\0\0", r"not with \*\*\*"),
    ],
)
async def test_why_the_server_does_not_let_us_in(said: bytes, reason: str) -> None:
    error = b"E" + (len(said) + 4).to_bytes(4, "big") + said
    async with stand_in(error) as url, opened(url) as driver:
        with pytest.raises(ConnectionFailed, match=reason) as failed:
            await driver.test()
    assert "hunter2" not in failed.value.message
    assert "127.0.0.1:" in failed.value.message


@contextlib.asynccontextmanager
async def pooler(url: str) -> AsyncIterator[str]:
    """Listen as a pooler does that lets no settings through at the start of a session."""
    at = make_url(url)
    guests: list[asyncio.Task[None]] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        start = await reader.read(8)
        writer.write(b"N")
        start = await reader.read(1000)
        if b"options\0" in start:
            said = b"SERROR\0C08P01\0Munsupported startup parameter: options\0\0"
            writer.write(b"E" + (len(said) + 4).to_bytes(4, "big") + said)
            writer.close()
            return
        back, there = await asyncio.open_connection(at.host, at.port)
        there.write(start)
        await asyncio.gather(pass_on(reader, there), pass_on(back, writer))

    def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guests.append(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield at.set(port=port).render_as_string(hide_password=False) + "?sslmode=prefer"
        async with asyncio.timeout(SOON):
            await asyncio.gather(*guests)


async def test_behind_a_pooler_nothing_is_set_for_its_next_guest(postgres_url: str) -> None:
    async with pooler(postgres_url) as url, opened(url, sessions=1) as driver:
        sql = "SELECT timestamptz '2025-01-31 09:30+02', interval '1 day', bytea '\\x00'"
        for _ in range(3):
            (row,) = (await ask(driver, sql)).rows
            assert list(row) == ["2025-01-31 07:30:00+00", "1 day", r"\x00"]
        with pytest.raises(StatementFailed, match="read-only"):
            await ask(driver, "CREATE TABLE mine (i int)")
        kept = "SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'"
        assert await one(driver, kept) == "off"
        assert await driver.functions([("now",)]) == {("now",): Effect.PURE}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("@127.0.0.1", "@no-such-host.invalid", "no host called no-such-host.invalid"),
        ("/trellis_test", "/nowhere_trellis_test", "does not exist"),
        ("postgres@", "nobody_here@", "nobody_here"),
    ],
)
async def test_an_address_that_leads_nowhere(
    postgres_url: str, old: str, new: str, reason: str
) -> None:
    async with opened(postgres_url.replace(old, new, 1)) as driver:
        with pytest.raises(ConnectionFailed, match=reason):
            await ask(driver, "SELECT 1")


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


# The catalogue


SHELF = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE author (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(50) NOT NULL DEFAULT 'nobody',
    gone int, born date, mood mood, tags text[], age numeric(5, 2), full_name text
        GENERATED ALWAYS AS (name || '!') STORED);
ALTER TABLE author DROP gone;
CREATE TABLE book (
    a int, b int, author int REFERENCES author ON DELETE CASCADE, PRIMARY KEY (b, a));
CREATE TABLE loan (x int, y int, FOREIGN KEY (x, y) REFERENCES book (b, a));
CREATE TABLE event (at date NOT NULL, what text, PRIMARY KEY (at)) PARTITION BY RANGE (at);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO event SELECT date '2024-06-01' + g, 'x' FROM generate_series(1, 400) g;
CREATE VIEW young AS SELECT id, name FROM author WHERE born > '2000-01-01';
CREATE MATERIALIZED VIEW tally AS SELECT count(*) AS n FROM author;
CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE distant (id int OPTIONS (a '1')) SERVER far;
COMMENT ON TABLE author IS 'who writes'; COMMENT ON COLUMN author.name IS 'as on the cover';
COMMENT ON VIEW young IS 'born late';
"""


@pytest.fixture
def shelf(admin: psycopg.Connection, schema: str) -> Iterator[str]:
    admin.execute(SHELF)
    admin.execute("ANALYZE author, event, book")
    yield schema
    admin.execute("DROP FOREIGN DATA WRAPPER nothing CASCADE")


async def test_discovery_reads_everything_there_is(driver: Postgres, shelf: str) -> None:
    found = await driver.discover()

    tables = {table.name: table for table in found.tables if table.schema == shelf}
    assert found.default == "public"
    assert {name: table.kind for name, table in tables.items()} == {
        "author": "table",
        "book": "table",
        "loan": "table",
        "event": "table",
        "young": "view",
        "tally": "materialized view",
        "distant": "foreign table",
    }
    assert tables["author"] == Table(
        shelf,
        "author",
        "table",
        (
            Column("id", "integer", nullable=False, default="generated always as identity"),
            Column(
                "name",
                "character varying(50)",
                nullable=False,
                default="'nobody'::character varying",
                comment="as on the cover",
            ),
            Column("born", "date"),
            Column("mood", "shelf.mood"),
            Column("tags", "text[]"),
            Column("age", "numeric(5,2)"),
            Column(
                "full_name",
                "text",
                default="generated always as (((name)::text || '!'::text)) stored",
            ),
        ),
        ("id",),
        (),
        "who writes",
        0,
    )
    assert tables["book"].primary_key == ("b", "a")
    assert tables["book"].foreign_keys == (ForeignKey(("author",), shelf, "author", ("id",)),)
    assert tables["loan"].foreign_keys == (ForeignKey(("x", "y"), shelf, "book", ("b", "a")),)
    assert tables["loan"].rows is None
    assert tables["event"].rows == 400
    assert tables["young"].comment == "born late"
    assert tables["young"].rows is None


async def test_discovery_leaves_out_what_may_not_be_read(
    postgres_url: str, admin: psycopg.Connection, shelf: str
) -> None:
    admin.execute("DROP ROLE IF EXISTS trellis_visitor")
    admin.execute(
        "CREATE ROLE trellis_visitor; GRANT USAGE ON SCHEMA shelf TO trellis_visitor;"
        "GRANT SELECT ON book TO trellis_visitor; GRANT SELECT (name) ON author TO trellis_visitor"
    )
    try:
        async with opened(postgres_url, role="trellis_visitor") as driver:
            tables = (await driver.discover()).tables
        assert [table.name for table in tables if table.schema == shelf] == ["author", "book"]
    finally:
        admin.execute("DROP OWNED BY trellis_visitor; DROP ROLE trellis_visitor")


async def test_samples_come_from_statistics_else_from_the_head(
    driver: Postgres, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute(
        "CREATE TABLE told AS SELECT g AS id, CASE WHEN g % 3 = 0 THEN 'a' ELSE repeat('b', 99) END"
        " AS x, date '2025-01-01' + g % 2 AS d, NULL::text AS n FROM generate_series(1, 900) g;"
        "ANALYZE told; CREATE TABLE untold AS SELECT * FROM told"
    )

    samples = await driver.sample(
        {(schema, name): ["id", "x", "d", "n"] for name in ("told", "untold")}, seconds=5
    )

    for name in ("told", "untold"):
        assert samples[schema, name]["x"] == ("b" * 60, "a")
        assert sorted(samples[schema, name]["d"]) == ["2025-01-01", "2025-01-02"]
        assert samples[schema, name].keys() == {"x", "d"}
    assert await driver.sample({(schema, "untold"): ["x"]}, seconds=0.000001) == {}
    assert await driver.sample({}, seconds=1) == {}


async def test_the_worst_of_all_functions_of_a_name_counts(
    driver: Postgres, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute(
        "CREATE FUNCTION calm(int) RETURNS int STABLE LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION twofold(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION twofold(text) RETURNS int VOLATILE LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION \"Wild\"(int, int) RETURNS int VOLATILE LANGUAGE sql AS 'SELECT 1';"
        'CREATE AGGREGATE gather_wild(int) (SFUNC = "Wild", STYPE = int);'
        "CREATE PROCEDURE act() LANGUAGE sql AS 'SELECT 1'"
    )

    assert await driver.functions(
        [
            ("calm",),
            ("twofold",),
            ("wild",),
            ("shelf", "wild"),
            ("public", "wild"),
            ("gather_wild",),
            ("act",),
            ("now",),
            ("pg_catalog", "now"),
            ("pg_sleep",),
            ("nothing",),
            ("count",),
            ("array_agg",),
            ("string_agg",),
            ("jsonb_object_agg",),
        ]
    ) == {
        ("calm",): Effect.PURE,
        ("twofold",): Effect.VOLATILE,
        ("wild",): Effect.VOLATILE,
        ("shelf", "wild"): Effect.VOLATILE,
        ("public", "wild"): Effect.UNKNOWN,
        ("gather_wild",): Effect.VOLATILE,
        ("act",): Effect.VOLATILE,
        ("now",): Effect.PURE,
        ("pg_catalog", "now"): Effect.PURE,
        ("pg_sleep",): Effect.VOLATILE,
        ("nothing",): Effect.UNKNOWN,
        ("count",): Effect.PURE,
        ("array_agg",): Effect.PURE,
        ("string_agg",): Effect.PURE,
        ("jsonb_object_agg",): Effect.PURE,
    }


async def test_views_come_with_the_views_behind_them(
    driver: Postgres, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute(
        'CREATE VIEW "Inner" AS SELECT pg_sleep(0)::text AS x;'
        'CREATE MATERIALIZED VIEW middle AS SELECT * FROM "Inner" WITH NO DATA;'
        "CREATE VIEW public.outermost AS SELECT x FROM shelf.middle UNION ALL SELECT 'y'"
    )

    views = await driver.views([("outermost",)])

    assert {view.name for view in views} == {"public.outermost", "shelf.middle", "shelf.Inner"}
    (inner,) = [view for view in views if view.name == "shelf.Inner"]
    assert "pg_sleep" in inner.definition
    (outer,) = [view for view in views if view.name == "public.outermost"]
    assert "shelf.middle" in outer.definition
    assert await driver.views([("public", "inner")]) == ()
    assert await driver.views([]) == ()
    admin.execute("DROP VIEW public.outermost")


async def test_rights_that_a_reader_should_not_have_are_named(
    postgres_url: str, admin: psycopg.Connection, schema: str
) -> None:
    admin.execute("DROP ROLE IF EXISTS trellis_login")
    admin.execute(
        "CREATE TABLE target (i int);"
        "CREATE ROLE trellis_login LOGIN CREATEROLE IN ROLE pg_write_server_files;"
        "GRANT INSERT ON target TO trellis_login"
    )
    try:
        url = postgres_url.replace("postgres@", "trellis_login@", 1)
        async with opened(url) as driver:
            health = await driver.test()
        assert health.version.startswith("PostgreSQL ")
        files, rights, tables = health.warnings
        assert "pg_write_server_files" in files
        assert "CREATEROLE" in rights
        assert "1 tables" in tables
        admin.execute(
            "REVOKE pg_write_server_files FROM trellis_login;"
            "ALTER ROLE trellis_login NOCREATEROLE; REVOKE INSERT ON target FROM trellis_login"
        )
        async with opened(url) as driver:
            assert (await driver.test()).warnings == ()
    finally:
        admin.execute("DROP OWNED BY trellis_login; DROP ROLE trellis_login")
    async with opened(postgres_url) as driver:
        (warning,) = (await driver.test()).warnings
    assert "superuser" in warning
