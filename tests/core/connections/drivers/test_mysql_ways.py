"""Ways into MariaDB, and what the server says of mistakes, rights, functions and tables."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from core.connections.address import parse
from core.connections.driver import Effect
from core.connections.drivers.mysql import MySQL
from core.connections.errors import (
    AddressInvalid,
    ConnectionFailed,
    StatementFailed,
)
from core.connections.records import Dialect, ForeignKey
from tests.core.connections.drivers.asking import ask
from tests.core.connections.drivers.maria import (
    ENDLESS,
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
