"""Amounts as people read them; what is no amount stays as it is."""

from typing import Any

import pytest

from core.charts import forms


def written(name: str, type: str, *values: Any) -> list[Any]:
    (form,) = forms([(name, type)], [[value] for value in values])
    return [form and form.written(value) for value in values]


@pytest.mark.parametrize(
    ("name", "type", "values", "said"),
    [
        ("revenue", "decimal", (1234.5, "9876543210123456789.25", -1000), None),
        ("orders", "integer", (1234567, 12, 0), ["1,234,567", "12", "0"]),
        ("amount", "number", (1200.0, 8.5), ["1,200.00", "8.50"]),
        ("weight", "number", (1200.0, 8.5), ["1,200.0", "8.5"]),
        ("price", "decimal", ("10.00", "9.9"), ["10.00", "9.90"]),
        ("average", "number", (92.33333333333333, 1200), ["92.33333333333333", "1,200"]),
        ("odd", "number", (1e300, 5, None, "NaN", "1_000"), [None, "5", None, None, None]),
    ],
)
def test_an_amount_has_its_thousands_apart_and_the_decimals_of_its_column(
    name: str, type: str, values: tuple[Any, ...], said: list[str | None] | None
) -> None:
    expected = said or ["1,234.50", "9,876,543,210,123,456,789.25", "-1,000.00"]

    assert written(name, type, *values) == expected


@pytest.mark.parametrize(
    ("name", "type", "value"),
    [
        ("year", "integer", 2025),
        ("order_id", "integer", 123456),
        ("id", "integer", 99999),
        ("zip", "integer", 10115),
        ("month", "integer", 202501),
        ("note", "text", "123456"),
        ("order_number", "integer", 123456),
    ],
)
def test_years_ids_and_texts_are_left_as_they_are(name: str, type: str, value: Any) -> None:
    assert written(name, type, value, value) == [None, None]
