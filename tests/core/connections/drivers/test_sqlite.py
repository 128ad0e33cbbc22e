"""What is peculiar to SQLite: files, locks, an authorizer, and columns without a type."""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.connections.driver import Effect
from core.connections.drivers.files import question
from core.connections.drivers.sqlite import SQLite
from core.connections.errors import ConnectionBusy, ConnectionFailed, StatementFailed
from core.connections.records import Column, ForeignKey, Table
from tests.core.connections.drivers.asking import ask, first
from tests.core.connections.drivers.shops import SQLITE, sqlite_at, write_sqlite


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "shop.db"
    write_sqlite(file, SQLITE)
    return file


@pytest.fixture
async def driver(file: Path) -> AsyncIterator[SQLite]:
    driver = SQLite(sqlite_at(file), sessions=2, patience=0.3)
    yield driver
    await driver.close()


# The file


async def refusal(file: Path) -> str:
    driver = SQLite(sqlite_at(file))
    try:
        with pytest.raises(ConnectionFailed) as failed:
            await driver.test()
    finally:
        await driver.close()
    assert str(file) in failed.value.message
    return failed.value.message


async def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.db"
    text.write_text("no database, but long enough to look at " * 100)
    assert "no SQLite database" in await refusal(text)
    assert "no file" in await refusal(tmp_path / "missing.db")
    assert "folder" in await refusal(tmp_path)
    assert "cannot be read" in await refusal(text / "below")
    assert not (tmp_path / "missing.db").exists()


async def test_a_damaged_file_is_said_to_be_damaged(file: Path) -> None:
    write_sqlite(
        file,
        "CREATE TABLE big AS WITH s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s "
        "LIMIT 20000) SELECT i, printf('%0100d', i) AS t FROM s",
    )
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : -4096] = b"\xff" * (len(content) - len(content) // 2 - 4096)
    file.write_bytes(bytes(content))
    driver = SQLite(sqlite_at(file))

    with pytest.raises(ConnectionFailed, match="damaged"):
        await ask(driver, "SELECT sum(length(t)), sum(i) FROM big")
    await driver.close()


async def test_an_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    driver = SQLite(sqlite_at(tmp_path / "empty.db"))

    assert (await driver.discover()).tables == ()
    await driver.close()


async def test_another_file_in_its_place_is_seen_at_once(driver: SQLite, file: Path) -> None:
    assert first(await ask(driver, "SELECT count(*) FROM customer")) == [2]
    write_sqlite(
        file.with_name("new.db"), "CREATE TABLE customer (id); INSERT INTO customer VALUES (7)"
    )
    os.replace(file.with_name("new.db"), file)  # noqa: PTH105 - what programs do that publish data

    assert first(await ask(driver, "SELECT id FROM customer")) == [7]
    file.unlink()
    with pytest.raises(ConnectionFailed, match="no file"):
        await ask(driver, "SELECT id FROM customer")


async def test_a_changed_table_is_seen_at_once(driver: SQLite, file: Path) -> None:
    assert first(await ask(driver, "SELECT count(*) FROM customer")) == [2]
    write_sqlite(
        file,
        "ALTER TABLE customer ADD COLUMN age; INSERT INTO customer (age) VALUES (9);"
        "CREATE VIRTUAL TABLE later USING rtree(id, low, high)",
    )

    assert first(await ask(driver, "SELECT max(age) FROM customer")) == [9]
    assert first(await ask(driver, "SELECT body FROM note WHERE note MATCH 'hello'"))


# Others at the same file


@pytest.fixture
def writer(file: Path) -> Iterator[sqlite3.Connection]:
    writer = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    yield writer
    writer.close()


async def test_a_file_that_stays_locked_is_said_to_be(
    driver: SQLite, writer: sqlite3.Connection
) -> None:
    writer.execute("BEGIN EXCLUSIVE")
    begun = time.perf_counter()

    with pytest.raises(ConnectionBusy, match="locked"):
        await ask(driver, "SELECT 1 FROM customer")

    assert time.perf_counter() - begun < 1.5
    writer.execute("ROLLBACK")
    assert first(await ask(driver, "SELECT count(*) FROM customer")) == [2]


async def test_a_lock_that_is_let_go_of_is_waited_for(
    file: Path, writer: sqlite3.Connection
) -> None:
    driver = SQLite(sqlite_at(file), patience=10)
    writer.execute("BEGIN EXCLUSIVE")
    waiting = asyncio.ensure_future(ask(driver, "SELECT count(*) FROM customer"))
    await asyncio.wait({waiting}, timeout=0.3)
    assert not waiting.done()

    writer.execute("COMMIT")

    assert first(await asyncio.wait_for(waiting, 5)) == [2]
    await driver.close()


async def test_a_log_is_read_while_others_write(driver: SQLite, writer: sqlite3.Connection) -> None:
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("INSERT INTO customer (name) VALUES ('Cy')")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM customer")

    assert first(await ask(driver, "SELECT count(*) FROM customer")) == [3]
    writer.execute("COMMIT")
    assert first(await ask(driver, "SELECT count(*) FROM customer")) == [0]


async def test_closing_closes_every_handle(file: Path) -> None:
    before = set(threading.enumerate())
    driver = SQLite(sqlite_at(file), sessions=3)
    await asyncio.gather(*(ask(driver, "SELECT 1 FROM customer") for _ in range(9)))
    held = [session.handle for session in driver._idle]
    assert 1 <= len(held) <= 3

    await driver.close()

    for handle in held:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            handle.execute("SELECT 1")
    ours = set(threading.enumerate()) - before
    assert not [each for each in ours if each.name == "sqlite"]


# What the engine refuses, and what it lets pass


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH 'FOLDER/other.db' AS other",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO 'FOLDER/copy.db'",
        "SELECT load_extension('FOLDER/evil')",
        "SELECT LOAD_EXTENSION('FOLDER/evil')",
        "SELECT \"load_extension\"('FOLDER/evil')",
        "SELECT writefile('FOLDER/x', 'y')",
        "SELECT readfile('FOLDER/shop.db')",
        "SELECT edit('x')",
        "SELECT fts3_tokenizer('simple')",
        "SELECT fts3_tokenizer('simple', x'00')",
        "SELECT sqlite_log(1, 'x')",
        "PRAGMA query_only = OFF",
        "PRAGMA query_only(0)",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA main.user_version = 7",
        "PRAGMA cache_size = 1",
        "PRAGMA hard_heap_limit = 1",
        "PRAGMA optimize",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA temp_store_directory = 'FOLDER'",
        "PRAGMA case_sensitive_like = ON",
        "SELECT * FROM pragma_cache_size",
        "CREATE TEMP TABLE mine (i)",
        "CREATE TEMP VIEW mine AS SELECT 1",
        "CREATE TEMP TRIGGER mine AFTER INSERT ON customer BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE mine USING fts5(x)",
        "BEGIN",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "SAVEPOINT mine",
        "RELEASE mine",
        "ANALYZE",
        "REINDEX",
        "UPDATE sqlite_master SET sql = 'x'",
        "UPDATE sqlite_schema SET sql = 'x'",
        "DELETE FROM sqlite_master",
        "INSERT INTO place_node VALUES (9, x'00')",
        "INSERT INTO note VALUES ('x')",
        "INSERT INTO note(note) VALUES ('rebuild')",
        "UPDATE place_node SET data = x'00'",
        "WITH x AS (SELECT 1) INSERT INTO customer (id) SELECT 9",
        "INSERT INTO customer (id) VALUES (9) RETURNING id",
        "REPLACE INTO customer (id) VALUES (1)",
        "EXPLAIN INSERT INTO customer (id) VALUES (9)",
        "SELECT * FROM sqlite_stmt",
        "SELECT * FROM sqlite_dbpage",
    ],
)
async def test_the_engine_refuses(driver: SQLite, file: Path, sql: str) -> None:
    before = file.read_bytes()

    with pytest.raises(StatementFailed) as refused:
        await ask(driver, sql.replace("FOLDER", str(file.parent)))

    assert refused.value.message
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]
    assert first(await ask(driver, "SELECT count(*) FROM customer")) == [2]


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT rank() OVER (ORDER BY id DESC) FROM customer ORDER BY id", [2, 1]),
        (
            "WITH RECURSIVE s(i) AS (VALUES (1) UNION SELECT i * 2 FROM s LIMIT 3) SELECT * FROM s",
            [1, 2, 4],
        ),
        ("SELECT value FROM json_each('[1, 2]')", [1, 2]),
        ("SELECT '{\"a\": 5}' ->> 'a'", [5]),
        ("SELECT body FROM note WHERE note MATCH 'hello' ORDER BY bm25(note)", ["hello world"]),
        ("SELECT highlight(note, 0, '<', '>') FROM note('world')", ["hello <world>"]),
        ("SELECT id FROM place WHERE low <= 3 AND high >= 3", [1]),
        ("SELECT name FROM pragma_table_info('tag')", ["word", "customer_id"]),
        ("PRAGMA table_info(tag)", [0, 1]),
        ("PRAGMA user_version", [0]),
        ("EXPLAIN QUERY PLAN SELECT 1 FROM customer", None),
        ("EXPLAIN SELECT 1", None),
        ("VALUES (1), (2)", [1, 2]),
        ("SELECT shout FROM customer ORDER BY id", ["ADA", "BO"]),
        ("SELECT count(*) FILTER (WHERE name LIKE 'a%') FROM customer", [1]),
        ("SELECT strftime('%Y', joined) FROM customer WHERE joined IS NOT NULL", ["2025"]),
        ("SELECT date('2025-01-31', '+1 month', 'start of month')", ["2025-03-01"]),
        ("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql > ''", ["customer_name"]),
        ("SELECT round(sqrt(2), 3)", [1.414]),
        ("SELECT abs(random()) >= 0", [1]),
        ("SELECT sum(pageno > 0) > 0 FROM dbstat", [1]),
    ],
)
async def test_the_engine_lets_pass(driver: SQLite, sql: str, answer: list[Any] | None) -> None:
    result = await ask(driver, sql)

    assert result.rows
    assert answer is None or first(result) == answer


async def test_a_refusal_says_why_and_where(driver: SQLite) -> None:
    with pytest.raises(StatementFailed, match="not authorized") as refused:
        await ask(driver, "DELETE FROM customer")
    assert (refused.value.state, "Only reading" in (refused.value.hint or "")) == (
        "SQLITE_AUTH",
        True,
    )
    with pytest.raises(StatementFailed, match="customer") as failed:
        await ask(driver, "SELECT id FORM customer")
    assert failed.value.position == len("SELECT id FORM ") + 1


async def test_an_expression_without_end_is_refused(driver: SQLite) -> None:
    for sql in (
        "SELECT " + "(" * 3000 + "1" + ")" * 3000,
        "SELECT " + "+".join("1" * 3000),
        "SELECT '" + "x" * 2_000_000 + "'",
    ):
        with pytest.raises(StatementFailed):
            await ask(driver, sql)


# The catalogue


async def test_discovery_knows_the_oddities(driver: SQLite) -> None:
    tables = {table.name: table for table in (await driver.discover()).tables}

    assert tables["customer"] == Table(
        "main",
        "customer",
        "table",
        (
            Column("id", "INTEGER", nullable=False),
            Column("name", "TEXT"),
            Column("joined", "DATE"),
            Column("shout", ""),
        ),
        ("id",),
        rows=2,
    )
    assert tables["tag"].foreign_keys == (
        ForeignKey(("customer_id",), "main", "customer", ("id",)),
    )
    assert tables["tag"].primary_key == ("word",)
    assert [column.name for column in tables["note"].columns] == ["body"]
    assert [column.name for column in tables["place"].columns] == ["id", "low", "high"]
    assert set(tables) == {"customer", "tag", "note", "place"}  # no shadow, nothing broken


async def test_ten_thousand_tables_are_found_in_seconds(tmp_path: Path) -> None:
    file = tmp_path / "wide.db"
    columns = ", ".join(f"column_{at} TEXT" for at in range(9))
    tables = [
        f"CREATE TABLE t{at} (id INTEGER PRIMARY KEY, up REFERENCES t{at // 2}, {columns})"
        for at in range(10_000)
    ]
    write_sqlite(file, tables[0])
    with closing(sqlite3.connect(file)) as wide, wide:
        # SQLite reads all that there is for each that is created; all may share one empty page.
        wide.execute("PRAGMA writable_schema = ON")
        wide.executemany(
            "INSERT INTO sqlite_schema SELECT type, :name, :name, rootpage, :sql "
            "FROM sqlite_schema WHERE name = 't0'",
            [{"name": f"t{at}", "sql": sql} for at, sql in enumerate(tables) if at],
        )
    driver = SQLite(sqlite_at(file))
    told: list[tuple[int, int | None]] = []
    begun = time.process_time()

    schema = await driver.discover(lambda done, total: told.append((done, total)))

    assert time.process_time() - begun < 5
    assert len(schema.tables) == 10_000
    assert all(table.foreign_keys for table in schema.tables)
    assert told[-1] == (10_000, 10_000)
    assert len(told) > 10
    await driver.close()


async def test_functions_are_pure_when_known_and_volatile_when_not(driver: SQLite) -> None:
    names = ("lower", "load_extension", "json_each", "pragma_table_info", "pragma_cache_size")

    effects = await driver.functions([(name,) for name in names])

    assert [effects[name,] for name in names] == [
        Effect.PURE, Effect.VOLATILE, Effect.PURE, Effect.PURE, Effect.VOLATILE,
    ]  # fmt: skip
    assert await driver.functions([("main", "lower")]) == {("main", "lower"): Effect.UNKNOWN}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW v AS SELECT 1 AS x",
        "CREATE VIEW v(a, b) AS SELECT 1 AS x;",
        'CREATE VIEW "as" AS SELECT 1 AS x',
        'CREATE VIEW "a ""as"" b"("as") as\nSELECT 1 AS x',
        "CREATE VIEW [as] AS SELECT 1 AS x",
        "CREATE VIEW `as` /* as */ -- as\n AS SELECT 1 AS x",
        "CREATE VIEW s.v AS\tSELECT 1 AS x ;",
    ],
)
def test_the_question_of_a_view_is_what_follows_its_name(sql: str) -> None:
    assert question(sql) == "SELECT 1 AS x"
