"""What is typed behind a command, taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words import quoted, readings, spelled


@pytest.mark.parametrize(
    ("words", "name", "values"),
    [
        ('"Monthly revenue" year=2025', "Monthly revenue", {"year": "2025"}),
        ("“Monthly revenue” year=2025", "Monthly revenue", {"year": "2025"}),
        ("'Monthly revenue' year = 2025", "Monthly revenue", {"year": "2025"}),
        ("Monthly revenue year=2025 region=North America", "Monthly revenue", None),
        ("売上 年度=1", "売上", {"年度": "1"}),
        ("Monthly revenue", "Monthly revenue", {}),
        ('"a=b" c=d', "a=b", {"c": "d"}),
        ("Top ids=[1, 2] name='2025'", "Top", {"ids": "[1, 2]", "name": '"2025"'}),
        ('Top name="a b=c" top=3', "Top", {"name": '"a b=c"', "top": "3"}),
        ("Top name=“2025” who=O'Brien x=1", "Top", {"name": '"2025"', "who": "O'Brien", "x": "1"}),
        ('"The \\"big\\" one" x=1', 'The "big" one', {"x": "1"}),
        ("„Große Zahl“ jahr=2025", "Große Zahl", {"jahr": "2025"}),
        ("Revenue when=", "Revenue", {"when": ""}),
        ("  ", "", {}),
    ],
)
def test_a_name_and_its_values_are_told_apart(
    words: str, name: str, values: dict[str, str] | None
) -> None:
    first = next(readings(words))

    assert first.name == name
    if values is None:
        values = {"year": "2025", "region": "North America"}
    assert first.values == values


def test_a_title_may_hold_what_looks_like_a_value() -> None:
    names = [each.name for each in readings("Share of a=b orders year=2025")]

    assert names == ["Share of", "Share of a=b orders", "Share of a=b orders year=2025"]


def test_a_name_that_has_two_values_is_noticed() -> None:
    assert next(readings("Revenue year=1 year=2")).twice == "year"


def test_values_are_read_as_people_write_them() -> None:
    told = spelled({"first_day": "2025-01-01", "regions": ["EU", "US"], "x": None, "ok": True})

    assert told == "first day 2025-01-01, regions EU and US, x none, ok true"


@given(st.text(max_size=80))
def test_whatever_is_typed_is_read_somehow_and_a_quoted_title_comes_back(words: str) -> None:
    every = list(readings(words))

    assert every
    assert next(readings(quoted(words))).name == " ".join(words.split())
