"""Cells keep their value on every wire, or become text that does."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connections.drivers import cells


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-7", -7),
        ("12.50", 12.5),
        ("-0.1", -0.1),
        ("999999999999999", 999999999999999),
        ("1000000000000000", "1000000000000000"),
        ("0.1234567890123456", "0.1234567890123456"),
        ("2.5000000000000000", 2.5),
        ("00000000000000000012", 12),
        ("123456789012345.0", 123456789012345.0),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e3", 1000.0),
        ("1e400", "1e400"),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_a_decimal_is_a_number_where_a_double_carries_it(text: str, number: Any) -> None:
    assert cells.decimal(text) == number
    assert type(cells.decimal(text)) is type(number)
    assert list(cells.decimals([text, None])) == [number, None]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.integers())
def test_no_decimal_loses_a_digit(value: Decimal | int) -> None:
    cell = cells.decimal(f"{value:f}" if isinstance(value, Decimal) else str(value))

    back = json.loads(json.dumps(cell), parse_float=Decimal)
    assert Decimal(back) == value


@given(st.lists(st.none() | st.integers()))
def test_no_integer_loses_a_digit(column: list[int | None]) -> None:
    for cell, number in zip(cells.integers(column), column, strict=True):
        assert cell == number or (cell == str(number) and abs(number or 0) > 2**53)
        assert cell is None or isinstance(cell, str) or float(cell) == cell


@given(st.lists(st.none() | st.floats()))
def test_every_double_has_a_word_or_a_number(column: list[float | None]) -> None:
    written = cells.floats(column)

    json.dumps(list(written), allow_nan=False)
    for cell, number in zip(written, column, strict=True):
        assert cell == number or cell in {"NaN", "Infinity", "-Infinity"}


def test_a_column_that_is_fit_is_not_copied() -> None:
    numbers, doubles = [1, None, 2**53], [0.5, None, 1e308, 1e308]

    assert cells.integers(numbers) is numbers
    assert cells.floats([0.5, None]) == [0.5, None]
    assert list(cells.floats(doubles)) == doubles


def test_bytes_are_hexadecimal() -> None:
    assert list(cells.binary([b"\x00\xff", None, b""])) == ["\\x00ff", None, "\\x"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        ("12345678901234567890", "12345678901234567890"),
        ('{"a": 0.12345678901234567890}', {"a": "0.12345678901234567890"}),
        ("1e400", "1e400"),
        ('{"phone": "12345678901234567890"}', {"phone": "12345678901234567890"}),
        ('{"a": [1, 2', '{"a": [1, 2'),
        ("[" * 5000 + "]" * 5000, "[" * 5000 + "]" * 5000),
        ('"\\ud800"', '"\\ud800"'),
        ("", ""),
    ],
)
def test_json_stays_exact_or_stays_text(text: str, value: Any) -> None:
    assert cells.document(text) == value
    assert list(cells.documents([text, None])) == [value, None]


def test_few_values_come_most_frequent_first() -> None:
    assert cells.few(["a", "b", "b", None, "c" * 99]) == ("b", "a", "c" * 60)
    assert cells.few([str(number) for number in range(20)]) is not None
    assert cells.few([str(number) for number in range(21)]) is None
    assert cells.few([None, None]) is None
