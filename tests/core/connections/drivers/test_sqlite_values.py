"""What SQLite's values become: a value has a type there, a column none."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core.connections.drivers.sqlite import SQLite
from core.connections.errors import StatementFailed
from core.connections.records import Truncated
from tests.core.connections.drivers.asking import ask, first, types
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


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (Decimal("1.5"), 1.5),
        (Decimal(12), 12),
        (date(2025, 1, 31), "2025-01-31"),
        (datetime(2025, 1, 31, 9, 30, tzinfo=UTC), "2025-01-31 09:30:00+00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\x00\xff", "\\x00ff"),
        (float("inf"), "Infinity"),
        ("x" * 3_000_000, None),
    ],
)
async def test_values_are_written_as_sqlite_would(driver: SQLite, value: Any, answer: Any) -> None:
    result = await ask(driver, "SELECT ?, length(?)", value, "x")

    assert result.rows[0][0] == (answer if answer is not None else "x" * (256 * 1024))


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, "\ud800", [1], {"a": 1}, object()])
async def test_a_value_that_sqlite_cannot_hold_is_refused(driver: SQLite, value: Any) -> None:
    with pytest.raises(StatementFailed):
        await ask(driver, "SELECT ?", value)


async def test_a_column_is_what_its_values_are(driver: SQLite) -> None:
    sql = "SELECT 1, 2.5, 'x', x'00', NULL, 9007199254740993, 1e999, -1e999"
    result = await ask(driver, sql)

    assert list(result.rows[0]) == [
        1, 2.5, "x", "\\x00", None, "9007199254740993", "Infinity", "-Infinity",
    ]  # fmt: skip
    assert types(result) == [
        "integer", "number", "text", "binary", "other", "integer", "number", "number",
    ]  # fmt: skip


MIXED = """
WITH s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s LIMIT 2000)
SELECT i,
    CASE WHEN i > 1500 THEN i * 1.5 ELSE i END,
    CASE i WHEN 1700 THEN 'late' WHEN 1701 THEN x'ff' WHEN 1702 THEN 9007199254740993 ELSE i END,
    CASE WHEN i > 900 THEN 'text' END,
    CASE WHEN i % 2 THEN i END
FROM s
"""


async def test_a_column_may_change_its_type_half_way(driver: SQLite) -> None:
    result = await ask(driver, MIXED, rows=2000)

    assert types(result) == ["integer", "number", "other", "text", "integer"]
    assert result.truncated is None
    assert [row[0] for row in result.rows] == list(range(1, 2001))
    assert result.rows[1999][1] == 3000.0
    assert [row[2] for row in result.rows[1699:1703]] == [
        "late", "\\xff", "9007199254740993", 1703,
    ]  # fmt: skip
    assert [row[3] for row in result.rows[899:902]] == [None, "text", "text"]
    assert [row[4] for row in result.rows[:3]] == [1, None, 3]


async def test_mixed_columns_are_cut_like_others(driver: SQLite) -> None:
    sql = (
        "SELECT 1 AS x UNION ALL SELECT printf('%.*c', 300, 'y') UNION ALL "
        "SELECT zeroblob(300) UNION ALL SELECT 2.5"
    )
    result = await ask(driver, sql, cell=100)

    assert first(result) == [1, "y" * 100, "\\x" + "00" * 100, 2.5]
    assert result.truncated == Truncated(cells=2)


async def test_text_in_another_encoding_is_read_as_well_as_can_be(
    driver: SQLite, file: Path
) -> None:
    write_sqlite(file, "INSERT INTO customer (id, name) VALUES (3, CAST(x'4dfc6c6c6572' AS TEXT))")

    names = first(await ask(driver, "SELECT name FROM customer ORDER BY id"))
    again = first(await ask(driver, "SELECT name FROM customer WHERE id < 3 ORDER BY id"))

    assert (names, again) == (["Ada", "Bo", "M\N{REPLACEMENT CHARACTER}ller"], ["Ada", "Bo"])


async def test_large_values_are_read_up_to_a_measure(driver: SQLite) -> None:
    result = await ask(driver, "SELECT 1 AS i, zeroblob(10000000) AS x")
    assert result.rows[0][1] == "\\x" + "00" * (256 * 1024)
    assert result.truncated == Truncated(cells=1)

    with pytest.raises(StatementFailed, match="too big") as refused:
        await ask(driver, "SELECT zeroblob(100000000)")
    assert "substr" in (refused.value.hint or "")

    late = f"{MIXED.partition('SELECT i,')[0]} SELECT iif(i < 900, i, zeroblob(1000000)) FROM s"
    result = await ask(driver, late)
    assert result.truncated == Truncated(rows=True, bytes=True, cells=len(result.rows) - 899)


@pytest.mark.parametrize("operator", ["LIKE", "GLOB"])
async def test_a_pattern_is_short_as_nothing_interrupts_its_match(
    driver: SQLite, operator: str
) -> None:
    assert (await ask(driver, f"SELECT 'ab' {operator} ?", "a" * 200)).rows[0][0] == 0
    with pytest.raises(StatementFailed, match="pattern too complex"):
        await ask(driver, f"SELECT 'ab' {operator} ?", "a" * 201)
