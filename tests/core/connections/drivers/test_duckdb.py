"""What is peculiar to DuckDB: one instance for all, locks on files, and many types."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.connections.driver import Effect
from core.connections.drivers.duckdb import DuckDB
from core.connections.errors import AddressInvalid, ConnectionFailed, StatementFailed
from core.connections.records import Statement, Truncated
from tests.core.connections.drivers.asking import CEILINGS, ask, first
from tests.core.connections.drivers.shops import DUCKDB, duckdb_at, write_duckdb


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("duckdb") / "shop.duckdb"
    write_duckdb(file, DUCKDB)
    return file


@pytest.fixture
async def driver(shop: Path) -> AsyncIterator[DuckDB]:
    driver = DuckDB(duckdb_at(shop, memory_limit="256MB"), sessions=2)
    yield driver
    await driver.close()


# The file


async def refusal(file: Path) -> str:
    driver = DuckDB(duckdb_at(file))
    try:
        with pytest.raises(ConnectionFailed) as failed:
            await driver.test()
    finally:
        await driver.close()
    assert str(file) in failed.value.message
    return failed.value.message


async def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.duckdb"
    text.write_text("no database")
    assert "no DuckDB database" in await refusal(text)
    text.write_bytes(b"12345678DUCK" + b"\xff" * 50_000)
    assert await refusal(text)
    assert "no file" in await refusal(tmp_path / "missing.duckdb")
    assert "folder" in await refusal(tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"threads": "0"},
        {"threads": "many"},
        {"threads": "-1"},
        {"threads": "1000000"},
        {"memory_limit": "all"},
        {"memory_limit": "1GB; x"},
        {"memory_limit": "-1GB"},
        {"memory_limit": ""},
    ],
)
def test_a_mistyped_setting_is_refused(shop: Path, options: dict[str, str]) -> None:
    with pytest.raises(AddressInvalid, match=next(iter(options))):
        DuckDB(duckdb_at(shop, **options))


def test_a_path_that_duckdb_would_misread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AddressInvalid, match="question mark"):
        DuckDB(duckdb_at(tmp_path / "what?.duckdb"))


async def test_settings_hold_and_cannot_be_changed(shop: Path) -> None:
    driver = DuckDB(duckdb_at(shop, threads="3", memory_limit="100 MiB"))
    sql = """
        SELECT name, value FROM duckdb_settings() WHERE name IN ('threads', 'memory_limit',
            'enable_external_access', 'lock_configuration', 'temp_directory', 'TimeZone')
        ORDER BY name
    """

    assert {name: value for name, value in (await ask(driver, sql)).rows} == {  # noqa: C416
        "TimeZone": "UTC",
        "enable_external_access": "false",
        "lock_configuration": "true",
        "memory_limit": "100.0 MiB",
        "temp_directory": "",
        "threads": "3",
    }
    await driver.close()


async def test_connections_to_one_file_share_an_instance(driver: DuckDB, shop: Path) -> None:
    same = DuckDB(duckdb_at(shop, memory_limit="256MB"))
    other = DuckDB(duckdb_at(shop, memory_limit="128MB"))
    await ask(driver, "SELECT 1")

    assert first(await ask(same, "SELECT count(*) FROM customer")) == [2]
    with pytest.raises(ConnectionFailed, match="memory_limit"):
        await ask(other, "SELECT 1")
    await driver.close()
    assert first(await ask(same, "SELECT count(*) FROM customer")) == [2]
    await same.close()
    assert first(await ask(other, "SELECT count(*) FROM customer")) == [2]
    await other.close()


WRITER = """
import sys, duckdb
with duckdb.connect(sys.argv[1]) as admin:
    admin.execute(sys.argv[2])
    print("written", flush=True)
    sys.stdin.readline()
"""


async def test_a_file_that_another_program_writes_to_is_said_to_be_locked(
    tmp_path: Path,
) -> None:
    file = tmp_path / "busy.duckdb"
    with subprocess.Popen(  # noqa: ASYNC220 - another program is what it takes
        [sys.executable, "-c", WRITER, str(file), "CREATE TABLE t AS SELECT 1 AS i"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdin
        assert writer.stdout
        assert writer.stdout.readline() == b"written\n"
        assert "lock" in await refusal(file)
        writer.stdin.close()

    driver = DuckDB(duckdb_at(file))
    assert first(await ask(driver, "SELECT i FROM t")) == [1]
    await driver.close()


async def test_an_idle_file_is_let_go_of_and_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "fed.duckdb"
    write_duckdb(file, "CREATE TABLE t AS SELECT 1 AS i")
    driver = DuckDB(duckdb_at(file), hold=0.05)
    assert first(await ask(driver, "SELECT i FROM t")) == [1]
    with pytest.raises(duckdb.ConnectionException):
        write_duckdb(file, "SELECT 1")

    async with asyncio.timeout(10):
        while driver._root is not None:  # noqa: ASYNC110 - it is a timer we wait for
            await asyncio.sleep(0)
    write_duckdb(file, "UPDATE t SET i = 2")

    assert first(await ask(driver, "SELECT i FROM t")) == [2]
    await driver.close()


async def test_another_file_in_its_place_is_seen_at_once(tmp_path: Path) -> None:
    file, fresh = tmp_path / "a.duckdb", tmp_path / "b.duckdb"
    write_duckdb(file, "CREATE TABLE t AS SELECT 1 AS i; CREATE MACRO twice(x) AS x * 2")
    write_duckdb(fresh, "CREATE TABLE t AS SELECT 2 AS i")
    driver = DuckDB(duckdb_at(file))
    assert first(await ask(driver, "SELECT i FROM t")) == [1]
    assert await driver.functions([("twice",)]) == {("twice",): Effect.PURE}

    os.replace(fresh, file)  # noqa: PTH105 - what programs do that publish data

    assert await driver.functions([("twice",)]) == {("twice",): Effect.UNKNOWN}
    assert first(await ask(driver, "SELECT i FROM t")) == [2]
    await driver.close()


# What the engine refuses, and what it lets pass


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('FOLDER/x.csv')",
        "SELECT * FROM 'FOLDER/x.csv'",
        "SELECT * FROM read_text('FOLDER/x.csv')",
        "SELECT * FROM read_blob('FOLDER/x.csv')",
        "SELECT * FROM read_json('FOLDER/x.csv')",
        "SELECT * FROM read_parquet('FOLDER/x.csv')",
        "SELECT * FROM read_csv('https://127.0.0.1:1/x.csv')",
        "SELECT * FROM glob('FOLDER/*')",
        "SELECT * FROM peek('FOLDER/x.csv')",
        "SELECT * FROM query('SELECT * FROM glob(''FOLDER/*'')')",
        "COPY customer TO 'FOLDER/out.csv'",
        "COPY (SELECT 1) TO 'FOLDER/out.csv'",
        "COPY customer FROM 'FOLDER/x.csv'",
        "EXPORT DATABASE 'FOLDER/out'",
        "ATTACH 'FOLDER/other.duckdb' AS other",
        "ATTACH ':memory:' AS other",
        "DETACH shop",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD 'FOLDER/evil.duckdb_extension'",
        "SET threads = 1",
        "SET GLOBAL enable_external_access = true",
        "RESET threads",
        "SET VARIABLE x = 1",
        "SET schema = 'main'",
        "USE memory",
        "PRAGMA threads = 1",
        "PRAGMA enable_profiling",
        "CALL enable_logging()",
        "SELECT * FROM enable_logging()",
        "SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_path = 'FOLDER/log')",
        "SELECT * FROM enable_profiling()",
        "CHECKPOINT",
        "FORCE CHECKPOINT",
        "CREATE TEMP TABLE mine (i INTEGER)",
        "CREATE TEMP VIEW mine AS SELECT 1",
        "CREATE TEMP MACRO mine() AS 1",
        "CREATE SECRET mine (TYPE s3)",
        "PREPARE mine AS SELECT 1",
        "EXECUTE mine",
        "BEGIN",
        "COMMIT",
        "VACUUM",
        "ANALYZE",
        "SELECT nextval('counter')",
        "WITH x AS (INSERT INTO customer (id) VALUES (9) RETURNING id) FROM x",
        "INSERT INTO customer (id) VALUES (9) RETURNING id",
        "MERGE INTO customer USING customer AS c ON customer.id = c.id WHEN MATCHED THEN DELETE",
        "TRUNCATE customer",
        "COMMENT ON TABLE customer IS 'x'",
        "EXPLAIN ANALYZE DELETE FROM customer",
        "INSERT INTO sale FROM (PIVOT sale ON region USING sum(amount))",
        "CREATE TABLE mine AS FROM (PIVOT sale ON region USING sum(amount))",
        "COPY (PIVOT sale ON region USING sum(amount)) TO 'FOLDER/out.csv'",
        "SELECT 1; CREATE TEMP TABLE mine (i INTEGER)",
        "SELECT 1) AS t(c0) SELECT c0; DROP TABLE customer; --",
        "SELECT 1 /*",
        "SELECT 1 $$",
        "SELECT * FROM relation",
        "SELECT * FROM statement",
        "SELECT * FROM cursor",
        "SELECT '\ud800'",
    ],
)
async def test_the_engine_refuses(driver: DuckDB, tmp_path: Path, sql: str) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")

    with pytest.raises(StatementFailed) as refused:
        await ask(driver, sql.replace("FOLDER", str(tmp_path)))

    assert refused.value.message
    assert list(tmp_path.iterdir()) == [tmp_path / "x.csv"]
    assert first(await ask(driver, "SELECT count(*) FROM customer")) == [2]
    assert first(await ask(driver, "SELECT count(*) FROM duckdb_tables() WHERE temporary")) == [0]


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("FROM customer SELECT name ORDER BY ALL", ["Ada", "Bo"]),
        ("SELECT name FROM customer ORDER BY id; -- ; done;", ["Ada", "Bo"]),
        ("/* ; */ SELECT ';' AS x /* ; */ ; ", [";"]),
        ("SELECT $$;$$ -- ;", [";"]),
        ("VALUES (1), (2)", [1, 2]),
        ("PIVOT sale ON region USING sum(amount) GROUP BY day ORDER BY day LIMIT 1",
         ["2025-01-01"]),
        ("PIVOT sale ON region IN ('EU') USING count(*) GROUP BY day ORDER BY day LIMIT 1",
         ["2025-01-01"]),
        ("UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b INTO NAME n VALUE v", ["a", "b"]),
        ("SHOW TABLES", ["big", "customer", "sale"]),
        ("DESCRIBE customer", ["id", "name", "joined"]),
        ("SUMMARIZE customer", ["id", "name", "joined"]),
        ("EXPLAIN SELECT 1", ["physical_plan"]),
        ("FROM sale SELECT region QUALIFY row_number() OVER (PARTITION BY region) = 1 ORDER BY 1",
         ["EU", "JP", "US"]),
        ("SELECT list_sum([x * 2 FOR x IN [1, 2, 3]])", [12]),
        ("SELECT unnest([1, 2])", [1, 2]),
        ("SELECT count(*) FROM sale TABLESAMPLE 100 PERCENT", [300]),
        ("SELECT '{\"a\": [1]}'::JSON -> '$.a[0]'", [1]),
        ("SELECT 'glad'::mood", ["glad"]),
        ("SELECT date_trunc('month', DATE '2025-02-14')", ["2025-02-01 00:00:00"]),
        ("SELECT count(*) FILTER (WHERE amount > 100) FROM sale", [219]),
        ("SELECT twice(21)", [42]),
        ("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 3) FROM s",
         [1, 2, 3]),
        ("SELECT TRY_CAST('x' AS INTEGER)", [None]),
        ('SELECT 1 AS "a""b"', [1]),
    ],
)  # fmt: skip
async def test_the_engine_lets_pass(driver: DuckDB, sql: str, answer: list[Any]) -> None:
    assert first(await ask(driver, sql)) == answer


async def test_a_refusal_says_where_and_what_would_work(driver: DuckDB) -> None:
    sql = "-- who\n  SELECT id,\n    nmae FROM customer -- why"
    with pytest.raises(StatementFailed, match="nmae") as failed:
        await ask(driver, sql)
    assert failed.value.position == sql.index("nmae") + 1
    assert failed.value.hint == 'Candidate bindings: "name"'
    assert failed.value.state == "BinderException"

    sql = "  SELECT '注文', name::DATE FROM customer; "
    with pytest.raises(StatementFailed, match="Ada") as failed:
        await ask(driver, sql)
    assert failed.value.position == sql.index("::DATE") + 1
    with pytest.raises(StatementFailed, match="syntax error") as failed:
        await ask(driver, "SELECT '注文' FORM customer WHERE")
    assert failed.value.position


async def test_running_out_of_memory_is_said_and_leaves_the_driver_usable(
    driver: DuckDB,
) -> None:
    with pytest.raises(StatementFailed, match="Out of Memory") as failed:
        await ask(driver, "SELECT list(i) FROM range(100000000) AS r(i)")

    assert failed.value.message.count("\n") == 0
    assert first(await ask(driver, "SELECT 1")) == [1]


async def test_nothing_of_a_session_reaches_the_next(shop: Path) -> None:
    driver = DuckDB(duckdb_at(shop, memory_limit="256MB"), sessions=1)
    for sql in (
        "EXPLAIN ANALYZE CREATE TEMP TABLE mine AS SELECT 1 AS i",
        "CREATE TEMP TABLE mine AS FROM (PIVOT sale ON region USING sum(amount))",
    ):
        with contextlib.suppress(StatementFailed):  # whether DuckDB lets it pass or not
            await ask(driver, sql)

        with pytest.raises(StatementFailed, match="mine"):
            await ask(driver, "SELECT * FROM mine")
    await driver.close()


# The catalogue


async def test_functions_are_judged_by_stability_and_macros_by_what_they_call(
    driver: DuckDB,
) -> None:
    pure = ("twice", "sum", "lower", "range", "unnest", "json_each", "now", "row_number")
    volatile = (
        "lucky", "peek", "peek_again", "read_csv", "glob", "nextval", "query", "enable_logging",
        "duckdb_secrets", "random", "sleep_ms", "duckdb_logs_parsed",
    )  # fmt: skip
    names = [(name,) for name in (*pure, *volatile, "no_such")]

    effects = await driver.functions(names)

    assert {name for (name,), effect in effects.items() if effect is Effect.PURE} == set(pure)
    assert {name for (name,), effect in effects.items() if effect is Effect.VOLATILE} == set(
        volatile
    )
    qualified = await driver.functions([("main", "twice"), ("shop", "main", "twice"), ("x", "sum")])
    assert list(qualified.values()) == [Effect.PURE, Effect.PURE, Effect.UNKNOWN]


async def test_many_tables_are_found_in_seconds(tmp_path: Path) -> None:
    file = tmp_path / "wide.duckdb"
    write_duckdb(
        file,
        "BEGIN;"
        + ";".join(f"CREATE TABLE t{at} (id INTEGER PRIMARY KEY, note TEXT)" for at in range(2000))
        + ";COMMIT",
    )
    driver = DuckDB(duckdb_at(file))

    async with asyncio.timeout(5):
        schema = await driver.discover()

    assert len(schema.tables) == 2000
    assert all(table.primary_key == ("id",) for table in schema.tables)
    assert schema.tables[0].rows == 0
    await driver.close()


async def test_the_ceilings_of_a_test_are_those_of_the_contract(driver: DuckDB) -> None:
    result = await driver.execute(Statement("FROM range(5000)"), CEILINGS)

    assert (len(result.rows), result.truncated) == (1000, Truncated(rows=True))
