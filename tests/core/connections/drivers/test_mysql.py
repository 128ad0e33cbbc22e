"""What MySQL and MariaDB alone do; what every driver promises is in `test_drivers`."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from mysql import connector
from sqlalchemy.engine import make_url

from core.connections.address import parse
from core.connections.driver import Effect
from core.connections.drivers.mysql import MySQL
from core.connections.errors import (
    AddressInvalid,
    ConnectionFailed,
    StatementFailed,
    StatementTimedOut,
)
from core.connections.records import Dialect, ForeignKey, Statement, Truncated
from tests.core.connections.drivers.asking import CEILINGS, ask, first, types

ENDLESS = (
    "SELECT count(*) FROM seq_1_to_1000000 AS a, seq_1_to_1000000 AS b WHERE a.seq + b.seq < 0"
)
RUNNING = (
    "SELECT count(*) FROM information_schema.processlist "
    "WHERE db = database() AND info LIKE '%seq_1_to_%' AND id <> connection_id()"
)
SOON = 1.5
Admin = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def admin(mariadb_url: str) -> Iterator[Admin]:
    """Run statements as somebody who may write."""
    at = make_url(mariadb_url)
    with contextlib.closing(
        connector.connect(
            host=at.host,
            port=at.port or 3306,
            user=at.username,
            password=at.password or "",
            database=at.database,
            collation="utf8mb4_general_ci",
            autocommit=True,
            use_pure=True,
        )
    ) as connection:

        def run(*statements: str) -> list[Any]:
            rows: list[Any] = []
            for sql in statements:
                with contextlib.closing(connection.cursor()) as cursor:
                    cursor.execute(sql)
                    rows = list(cursor.fetchall()) if cursor.description else []
            return rows

        yield run


@contextlib.asynccontextmanager
async def opened(url: str, sessions: int = 1) -> AsyncIterator[MySQL]:
    driver = MySQL(parse(url), sessions=sessions)
    try:
        yield driver
    finally:
        async with asyncio.timeout(10):
            await driver.close()


@pytest.fixture
async def driver(mariadb_url: str) -> AsyncIterator[MySQL]:
    async with opened(mariadb_url) as driver:
        yield driver


async def until(admin: Admin, running: int) -> None:
    """Wait until the server works on so many of our statements."""
    async with asyncio.timeout(SOON):
        while await asyncio.to_thread(admin, RUNNING) != [(running,)]:
            pass


# Values

KINDS: Sequence[tuple[str, str, str, Any]] = [
    ("tinyint(1)", "1", "integer", 1),
    ("tinyint unsigned", "255", "integer", 255),
    ("smallint", "-32768", "integer", -32768),
    ("mediumint unsigned", "16777215", "integer", 16777215),
    ("int", "-2147483648", "integer", -2147483648),
    ("bigint unsigned", "18446744073709551615", "integer", "18446744073709551615"),
    ("year", "2025", "integer", 2025),
    ("bit(1)", "b'1'", "integer", 1),
    ("bit(64)", "b'1" + "0" * 63 + "'", "integer", str(2**63)),
    ("float", "0.1", "number", 0.1),
    ("float", "16777216", "number", 16777216.0),
    ("double", "-1.5e300", "number", -1.5e300),
    ("decimal(10,2)", "10.50", "decimal", 10.5),
    ("decimal(65,30)", "12345678901234567890.5", "decimal", "12345678901234567890.5" + "0" * 29),
    ("date", "'2025-01-31'", "date", "2025-01-31"),
    ("date", "'0000-00-00'", "date", "0000-00-00"),
    ("date", "'2025-00-00'", "date", "2025-00-00"),
    ("datetime", "'2025-01-31 09:30:00'", "timestamp", "2025-01-31 09:30:00"),
    ("datetime", "'0000-00-00'", "timestamp", "0000-00-00 00:00:00"),
    ("datetime(6)", "'2025-01-31 00:00:00.000250'", "timestamp", "2025-01-31 00:00:00.00025"),
    ("timestamp NULL", "'2025-01-31 09:30:00'", "timestamp", "2025-01-31 09:30:00"),
    ("time", "'-838:59:59'", "time", "-838:59:59"),
    ("time", "'00:00:00'", "time", "00:00:00"),
    ("time(3)", "'100:00:01.500'", "time", "100:00:01.5"),
    ("char(3)", "'é品'", "text", "é品"),
    ("longtext", "repeat('ab', 200)", "text", "ab" * 200),
    ("enum('a','b')", "'b'", "text", "b"),
    ("set('a','b')", "'a,b'", "text", "a,b"),
    ("varbinary(3)", "x'00ff'", "binary", "\\x00ff"),
    ("longblob", "repeat('a', 70000)", "binary", "\\x" + "61" * 70000),
    ("json", "'{\"a\": [1, null]}'", "text", '{"a": [1, null]}'),
    ("inet6", "'::1'", "text", "::1"),
    ("point", "point(1, 0)", "binary", "\\x000000000101000000000000000000f03f" + "00" * 8),
]


async def test_every_type_comes_as_what_it_is(mariadb_url: str, admin: Admin) -> None:
    columns = ", ".join(f"c{at} {kind}" for at, (kind, *_) in enumerate(KINDS))
    values = ", ".join(value for _, value, *_ in KINDS)
    nothing = ", ".join("NULL" for _ in KINDS)
    admin(
        "SET sql_mode = ''",
        "SET time_zone = '+00:00'",
        f"CREATE OR REPLACE TABLE kinds ({columns})",
        f"INSERT INTO kinds VALUES ({values}), ({nothing})",
    )
    async with opened(mariadb_url) as driver:
        result = await ask(driver, "SELECT * FROM kinds")

    assert types(result) == [word for *_, word, _ in KINDS]
    assert list(result.rows[0]) == [cell for *_, cell in KINDS]
    assert list(result.rows[1]) == [None] * len(KINDS)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Decimal("12345678901234567890.10"), "12345678901234567890.10"),
        (datetime(2025, 1, 31, 9, 30, tzinfo=UTC), "2025-01-31 09:30:00"),
        (datetime(2025, 1, 31, 9, 30, 0, 250000), "2025-01-31 09:30:00.250000"),  # noqa: DTZ001
        (clock(9, 30), "09:30:00"),
        (timedelta(hours=-30, microseconds=-1), "-30:00:00.000001"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (2**64, str(2**64)),
        (b"\x61", "a"),
    ],
)
async def test_a_value_is_bound_as_the_server_writes_it(
    driver: MySQL, value: object, said: str
) -> None:
    assert first(await ask(driver, "SELECT CAST(? AS CHAR)", value)) == [said]


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), Decimal("NaN"), "\ud800"])
async def test_a_value_that_the_server_cannot_hold_is_refused(driver: MySQL, value: object) -> None:
    with pytest.raises(StatementFailed):
        await ask(driver, "SELECT ?", value)

    assert first(await ask(driver, "SELECT 1")) == [1]


async def test_a_per_cent_sign_is_no_placeholder(driver: MySQL) -> None:
    result = await ask(driver, "SELECT '%s', 7 % 4, '%(x)s', ?", "y")

    assert list(result.rows[0]) == ["%s", 3, "%(x)s", "y"]


async def test_backslashes_escape_and_double_quotes_are_texts(driver: MySQL) -> None:
    result = await ask(driver, r"""SELECT 'a\'b', "x", 1 || 0""")

    assert list(result.rows[0]) == ["a'b", "x", 1]


async def test_hundreds_of_columns_and_nulls_between_them(driver: MySQL) -> None:
    chosen = ", ".join("NULL" if at % 7 == 0 else f"'{at}'" for at in range(600))

    result = await ask(driver, f"SELECT {chosen}")

    assert list(result.rows[0]) == [None if at % 7 == 0 else str(at) for at in range(600)]


async def test_a_row_of_several_packets_is_cut(driver: MySQL) -> None:
    (longest,) = first(await ask(driver, "SELECT @@max_allowed_packet"))
    long = min(longest - 1, 15_000_000)

    result = await ask(driver, f"SELECT 1, repeat('x', {long}), repeat('y', {long}), 2")

    assert list(result.rows[0]) == [1, "x" * CEILINGS.cell, "y" * CEILINGS.cell, 2]
    assert result.truncated == Truncated(cells=2)


async def test_a_text_that_the_server_may_not_send_is_no_null(driver: MySQL) -> None:
    with pytest.raises(StatementFailed, match="max_allowed_packet") as failed:
        await ask(driver, "SELECT repeat('x', 2000000000)")

    assert failed.value.hint
    assert first(await ask(driver, "SELECT CAST('1x' AS SIGNED)")) == [1]  # merely a warning


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


# Ways in


async def test_a_wrong_password_is_told_and_not_shown(mariadb_url: str) -> None:
    url = make_url(mariadb_url).set(username="nobody_here", password="hunter2")
    async with opened(url.render_as_string(hide_password=False)) as driver:
        with pytest.raises(ConnectionFailed, match="password") as failed:
            await ask(driver, "SELECT 1")

    assert "hunter2" not in failed.value.message


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"database": "no_such_database"}, "no such database"),
        ({"port": 1}, "nothing answers"),
        ({"host": "no-such-host.invalid"}, "nothing answers|no such host"),
    ],
)
async def test_what_is_not_there_is_named(
    mariadb_url: str, change: dict[str, Any], why: str
) -> None:
    url = make_url(mariadb_url).set(**change).render_as_string(hide_password=False)
    async with opened(url) as driver:
        with pytest.raises(ConnectionFailed, match=why):
            await ask(driver, "SELECT 1")


async def test_a_server_that_never_greets_is_given_up(mariadb_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = make_url(mariadb_url).set(host="127.0.0.1", port=silent.getsockname()[1])
        url = url.update_query_dict({"connect_timeout": "1"})
        async with opened(url.render_as_string(hide_password=False)) as driver:
            with pytest.raises(ConnectionFailed, match="answer"):
                await ask(driver, "SELECT 1")


@pytest.mark.parametrize(
    "options", ["ssl_disabled=ture", "connect_timeout=0", "connect_timeout=soon"]
)
def test_a_mistyped_option_is_refused(options: str) -> None:
    with pytest.raises(AddressInvalid):
        MySQL(parse(f"mysql://reader@127.0.0.1/shop?{options}"))


def test_a_driver_goes_by_the_name_in_its_address() -> None:
    assert MySQL(parse("mysql://reader@127.0.0.1/shop")).dialect is Dialect.MYSQL


# What the server says


@pytest.mark.parametrize(
    ("sql", "at"),
    [
        ("SELECT 1 FORM customer", "customer"),
        ("SELECT 1,\n  2 AS two,\n  FROM customer", "FROM"),
        ("SELECT nope FROM seq_1_to_3", "nope"),
        ("SELECT 1 FROM nowhere WHERE 1 = 1", "nowhere"),
        ("SELECT no_such_function(1)", "no_such_function"),
    ],
)
async def test_a_mistake_is_told_with_its_place(driver: MySQL, sql: str, at: str) -> None:
    with pytest.raises(StatementFailed) as failed:
        await ask(driver, sql)

    assert failed.value.position == sql.index(at) + 1


async def test_a_login_that_may_write_is_warned_of(mariadb_url: str, admin: Admin) -> None:
    async with opened(mariadb_url) as driver:
        health = await driver.test()
    assert "MariaDB" in health.version
    assert "may do anything" in health.warnings[0]

    url = make_url(mariadb_url)
    admin(
        "CREATE OR REPLACE USER trellis_reader@'%' IDENTIFIED BY 'hunter2'",
        "CREATE OR REPLACE USER trellis_reader@localhost IDENTIFIED BY 'hunter2'",
        f"GRANT SELECT, SHOW VIEW ON `{url.database}`.* TO trellis_reader@'%'",
        f"GRANT SELECT, SHOW VIEW ON `{url.database}`.* TO trellis_reader@localhost",
    )
    reader = url.set(username="trellis_reader", password="hunter2")
    try:
        async with opened(reader.render_as_string(hide_password=False)) as driver:
            assert (await driver.test()).warnings == ()
            task = asyncio.ensure_future(ask(driver, ENDLESS))
            await until(admin, 1)
            task.cancel()
            await asyncio.wait({task}, timeout=SOON)
            await until(admin, 0)  # it takes no more rights than the login's own
    finally:
        admin("DROP USER trellis_reader@'%', trellis_reader@localhost")


async def test_stored_functions_are_judged_by_their_declaration(
    driver: MySQL, mariadb_url: str, admin: Admin
) -> None:
    home = make_url(mariadb_url).database or ""
    admin(
        "CREATE OR REPLACE FUNCTION Reads_It() RETURNS INT READS SQL DATA RETURN 1",
        "CREATE OR REPLACE FUNCTION says_nothing() RETURNS INT RETURN 1",
        "CREATE OR REPLACE PROCEDURE proc() READS SQL DATA SELECT 1",
    )

    names = [("reads_it",), (home.lower(), "reads_it"), ("says_nothing",), ("proc",)]
    effects = await driver.functions([*names, ("elsewhere", "reads_it")])

    assert [effects[name] for name in names] == [
        Effect.PURE,
        Effect.PURE,
        Effect.VOLATILE,
        Effect.VOLATILE,
    ]
    assert effects["elsewhere", "reads_it"] is Effect.UNKNOWN


async def test_discovery_tells_how_columns_are_filled(
    driver: MySQL, mariadb_url: str, admin: Admin
) -> None:
    home = make_url(mariadb_url).database or ""
    admin(
        "CREATE OR REPLACE TABLE parent (a INT, b INT, PRIMARY KEY (b, a))",
        "CREATE OR REPLACE TABLE filled (id INT AUTO_INCREMENT PRIMARY KEY, n INT DEFAULT 3, "
        "v INT AS (n + 1) VIRTUAL, s INT AS (n * 2) STORED, x INT, y INT, "
        "FOREIGN KEY (y, x) REFERENCES parent (b, a)) COMMENT 'how it is filled'",
    )
    try:
        tables = {table.name: table for table in (await driver.discover()).tables}
    finally:
        admin("DROP TABLE filled", "DROP TABLE parent")

    filled = tables["filled"]
    assert [column.default for column in filled.columns] == [
        "auto_increment",
        "3",
        "generated always as (`n` + 1)",
        "generated always as (`n` * 2) stored",
        None,
        None,
    ]
    assert filled.comment == "how it is filled"
    assert tables["parent"].primary_key == ("b", "a")
    assert filled.foreign_keys == (ForeignKey(("y", "x"), home, "parent", ("b", "a")),)
