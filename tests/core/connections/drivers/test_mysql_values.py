"""Values on their way to MariaDB and back."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.connections.drivers.mysql import MySQL
from core.connections.errors import StatementFailed
from core.connections.records import Truncated
from tests.core.connections.drivers.asking import CEILINGS, ask, first, types
from tests.core.connections.drivers.maria import Admin, opened, writer


@pytest.fixture(scope="module")
def admin(mariadb_url: str) -> Iterator[Admin]:
    with writer(mariadb_url) as run:
        yield run


@pytest.fixture
async def driver(mariadb_url: str) -> AsyncIterator[MySQL]:
    async with opened(mariadb_url) as driver:
        yield driver


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
