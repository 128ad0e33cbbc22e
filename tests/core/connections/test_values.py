"""What a parameter may be, and how each dialect takes it."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.connections.errors import ParameterInvalid
from core.connections.records import Dialect
from core.connections.template import read_value, render

POSTGRESQL, DUCKDB, SQLITE = Dialect.POSTGRESQL, Dialect.DUCKDB, Dialect.SQLITE
MYSQL, MARIADB = Dialect.MYSQL, Dialect.MARIADB
everywhere = pytest.mark.parametrize("dialect", list(Dialect))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("it's", "it's"),
        (5, "5"),
        (-0.5, "-0.5"),
        (1e21, "1000000000000000000000"),
        (12.0, "12"),
        (Decimal("12.50"), "12.50"),
        (True, "true"),
        (False, "false"),
        (date(2025, 1, 31), "2025-01-31"),
        (datetime(2025, 1, 31, 9, 30, tzinfo=UTC), "2025-01-31 09:30:00+00:00"),
        (time(9, 30), "09:30:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_inside_quotes_every_value_is_spelt_as_one_would_write_it(value: Any, text: str) -> None:
    assert render("SELECT '<{{x}}>'", POSTGRESQL, {"x": value}).values == (f"<{text}>",)


@everywhere
@pytest.mark.parametrize(
    "value",
    [
        *({"a": 1}, {1, 2}, b"x", object(), 1j, "\ud800"),
        *(float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")),
        *(10**2000, Decimal("1e5000"), Decimal("1e-5000")),
    ],
)
def test_what_no_database_knows_is_refused(dialect: Dialect, value: Any) -> None:
    for sql in ("SELECT {{x}}", "SELECT '{{x}}'", "SELECT a IN ({{x}})"):
        with pytest.raises(ParameterInvalid, match=r"\{\{x\}\}"):
            render(sql, dialect, {"x": value})


@pytest.mark.parametrize(
    ("dialect", "value"),
    [
        (SQLITE, 2**63),
        (SQLITE, -(2**63) - 1),
        (SQLITE, Decimal("0.12345678901234567890")),
        (DUCKDB, 2**127),
        (DUCKDB, Decimal("0." + "1" * 40)),
        (MYSQL, 10**65),
        (MARIADB, Decimal("0." + "1" * 31)),
        (MYSQL, datetime(2025, 1, 1, tzinfo=UTC)),
        (POSTGRESQL, "a\0b"),
    ],
)
def test_what_this_database_cannot_hold_is_refused(dialect: Dialect, value: Any) -> None:
    with pytest.raises(ParameterInvalid, match=r"\{\{x\}\}"):
        render("SELECT {{x}}", dialect, {"x": value})


@pytest.mark.parametrize(
    ("dialect", "value", "bound"),
    [
        (POSTGRESQL, 0.19, Decimal("0.19")),
        (MYSQL, 0.19, Decimal("0.19")),
        (DUCKDB, 0.19, Decimal("0.19")),
        (SQLITE, 0.19, 0.19),
        (DUCKDB, 1e300, 1e300),
        (MYSQL, 1e300, 1e300),
        (SQLITE, Decimal("12.50"), 12.5),
        (SQLITE, Decimal("12.00"), 12),
        (SQLITE, True, 1),
        (POSTGRESQL, True, True),
        (SQLITE, date(2025, 1, 31), "2025-01-31"),
        (SQLITE, datetime(2025, 1, 31, 9, 30), "2025-01-31 09:30:00"),  # noqa: DTZ001
        (POSTGRESQL, date(2025, 1, 31), date(2025, 1, 31)),
        (DUCKDB, datetime(2025, 1, 31, 9, 30, tzinfo=UTC), "2025-01-31 09:30:00+00:00"),
        (MYSQL, 2**70, Decimal(2**70)),
        (POSTGRESQL, 2**70, 2**70),
        (MYSQL, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_a_value_is_bound_as_its_literal_would_be(dialect: Dialect, value: Any, bound: Any) -> None:
    (found,) = render("SELECT {{x}}", dialect, {"x": value}).values
    assert (found, type(found)) == (bound, type(bound))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025", 2025),
        (" 2025 ", 2025),
        ("-1.50", Decimal("-1.50")),
        ("1e3", Decimal(1000)),
        ("true", True),
        ("null", None),
        ('"2025"', "2025"),
        ('"null"', "null"),
        ("[1, 2]", [1, 2]),
        ('["EU", null]', ["EU", None]),
        ("[]", []),
        ("[[1]]", "[[1]]"),
        ('{"a": 1}', '{"a": 1}'),
        ("2025-01-31", date(2025, 1, 31)),
        ("2025-02-30", "2025-02-30"),
        ("2025-01-31T09:30:00Z", datetime(2025, 1, 31, 9, 30, tzinfo=UTC)),
        ("2025-01-31 09:30", datetime(2025, 1, 31, 9, 30)),  # noqa: DTZ001
        ("2025-01", "2025-01"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("True", "True"),
        ("EU", "EU"),
        ("", ""),
        (" EU ", " EU "),
        ("it's", "it's"),
        ("9" * 5000, "9" * 5000),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_values_typed_as_text_are_read(text: str, value: Any) -> None:
    found = read_value(text)
    assert (found, type(found)) == (value, type(value))
