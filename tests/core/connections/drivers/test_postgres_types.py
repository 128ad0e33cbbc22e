"""What goes to PostgreSQL and what comes back keeps its meaning."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from core.connections.drivers.postgres import Postgres
from core.connections.errors import StatementFailed
from core.connections.records import ResultColumn
from tests.core.connections.drivers.postgres import (
    BYTES,
    ask,
    one,
    opened,
)


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
    name = BYTES
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
