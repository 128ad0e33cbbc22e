"""What DuckDB's values become: each of its types, cut and in order."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.connections.drivers.duckdb import DuckDB
from core.connections.errors import StatementFailed
from core.connections.records import Ceilings, Statement, Truncated
from tests.core.connections.drivers.asking import ask, first, types
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


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (Decimal("1.5"), 1.5),
        (Decimal("12345678901234567.89"), "12345678901234567.89"),
        (date(2025, 1, 31), "2025-01-31"),
        (datetime(2025, 1, 31, 9, 30, tzinfo=UTC), "2025-01-31 09:30:00+00"),
        (b"\x00\xff", "\\x00ff"),
        (2**100, str(2**100)),
        (float("nan"), "NaN"),
        ([1, None, 3], [1, None, 3]),
        ("x" * 3_000_000, "x" * (256 * 1024)),
    ],
)
async def test_values_are_bound_as_what_they_are(driver: DuckDB, value: Any, answer: Any) -> None:
    assert first(await ask(driver, "SELECT $1", value)) == [answer]


@pytest.mark.parametrize("value", [2**200, "\ud800", object()])
async def test_a_value_that_duckdb_cannot_hold_is_refused(driver: DuckDB, value: Any) -> None:
    with pytest.raises(StatementFailed):
        await ask(driver, "SELECT $1", value)


async def test_text_is_compared_with_what_it_looks_like(driver: DuckDB) -> None:
    sql = "SELECT count(*) FROM sale WHERE day >= $1 AND region IN ($2, $3)"

    assert first(await ask(driver, sql, "2025-10-01", "EU", "US")) == [18]


@pytest.mark.parametrize(
    ("expression", "answer", "type"),
    [
        ("true", True, "boolean"),
        ("1::UTINYINT", 1, "integer"),
        ("9007199254740992", 9007199254740992, "integer"),
        ("-9007199254740993", "-9007199254740993", "integer"),
        ("170141183460469231731687303715884105727::HUGEINT",
         "170141183460469231731687303715884105727", "integer"),
        ("123::BIGNUM", 123, "integer"),
        ("1.10::DECIMAL(4, 2)", 1.1, "decimal"),
        ("7::DECIMAL(10, 0)", 7, "decimal"),
        ("1.10::DECIMAL(38, 2)", 1.1, "decimal"),
        ("-1234567890123456.78::DECIMAL(18, 2)", "-1234567890123456.78", "decimal"),
        ("999999999999.999::DECIMAL(15, 3)", 999999999999.999, "decimal"),
        ("0.1::FLOAT", 0.1, "number"),
        ("0.1::DOUBLE", 0.1, "number"),
        ("'nan'::DOUBLE", "NaN", "number"),
        ("'-inf'::FLOAT", "-Infinity", "number"),
        ("'x'", "x", "text"),
        ("'glad'::mood", "glad", "text"),
        ("'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID",
         "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "text"),
        ("'1010'::BIT", "1010", "text"),
        ("DATE '2025-01-31'", "2025-01-31", "date"),
        ("DATE 'infinity'", "infinity", "date"),
        ("TIME '09:30:00.5'", "09:30:00.5", "time"),
        ("TIMESTAMP '2025-01-31 09:30:00'", "2025-01-31 09:30:00", "timestamp"),
        ("TIMESTAMP_NS '2025-01-31 09:30:00.123456789'", "2025-01-31 09:30:00.123456789",
         "timestamp"),
        ("TIMESTAMPTZ '2025-01-31 09:30:00+02'", "2025-01-31 07:30:00+00", "timestamp"),
        ("INTERVAL '1 month 2 days'", "1 month 2 days", "interval"),
        ("'\\xAB\\x00'::BLOB", "\\xab00", "binary"),
        ("[1, NULL]", [1, None], "json"),
        ("[1.50::DECIMAL(4, 2)]", [1.5], "json"),
        ("{'a': 1, 'b': DATE '2025-01-31'}", {"a": 1, "b": "2025-01-31"}, "json"),
        ("MAP {'k': 9007199254740993}", {"k": "9007199254740993"}, "json"),
        ("['nan'::DOUBLE, 1]", ["NaN", 1], "json"),
        ("array_value(1, 2)", [1, 2], "json"),
        ("union_value(n := 2)", {"n": 2}, "json"),
        ("'{\"a\": [1]}'::JSON", {"a": [1]}, "json"),
        ("'POINT(1 2)'::GEOMETRY", "POINT (1 2)", "other"),
        ("NULL", None, "other"),
    ],
)  # fmt: skip
async def test_every_type_becomes_json(
    driver: DuckDB, expression: str, answer: Any, type: str
) -> None:
    both = await ask(driver, f"SELECT {expression} AS x UNION ALL SELECT NULL")

    assert first(both) == [answer, None]
    assert types(both) == [type]


async def test_long_cells_of_every_kind_are_cut(driver: DuckDB) -> None:
    sql = "SELECT repeat('x', 300), repeat('x', 300)::BLOB, range(300), repeat('ü', 300)"

    result = await ask(driver, sql, cell=100)

    text, binary, listed, umlauts = result.rows[0]
    assert (text, binary, umlauts) == ("x" * 100, "\\x" + "78" * 100, "ü" * 100)
    assert listed == ("[" + ",".join(map(str, range(300))))[:100]
    assert result.truncated == Truncated(cells=4)


async def test_many_large_cells_stay_within_measure(driver: DuckDB) -> None:
    sql = "SELECT range AS i, repeat('x', 10000000) AS x FROM range(5000)"

    result = await ask(driver, sql)

    assert result.truncated == Truncated(rows=True, bytes=True, cells=len(result.rows))
    assert len(result.rows) == 8 * 1024 * 1024 // (256 * 1024) - 1


async def test_an_order_holds_through_ceilings_and_pages(driver: DuckDB) -> None:
    statement = Statement("SELECT i FROM big ORDER BY h")
    whole = first(await ask(driver, statement.sql, rows=300_000))
    page = await driver.execute(statement, Ceilings(rows=500), skip=150_000)

    assert len(whole) == 300_000
    assert first(page) == whole[150_000:150_500]
    rows = await ask(driver, "SELECT i FROM big", rows=300_000)
    assert first(rows) == list(range(300_000))
