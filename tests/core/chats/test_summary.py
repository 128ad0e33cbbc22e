"""A result in a line: figures that are computed, units that nobody invented."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from core.chats.summary import number, shown, summary
from core.connections import Answer, ResultColumn

TEXT, NUMBER = "text", "decimal"


def answer(columns: Sequence[tuple[str, str]], *rows: Sequence[Any]) -> Answer:
    return Answer(
        columns=[ResultColumn(*each) for each in columns],
        rows=rows,
        truncated=None,
        duration_ms=1.0,
        row_count=len(rows),
        sql="SELECT",
        connection="shop",
        cursor=None,
    )


MONTHS = [("month", TEXT), ("revenue", NUMBER)]
RANKS = [("product", TEXT), ("units", "integer"), ("revenue", NUMBER)]


@pytest.mark.parametrize(
    ("columns", "rows", "order", "main"),
    [
        (RANKS, [("A", 3, 900), ("B", 5, 800)], "", "Revenue"),
        (RANKS, [("A", 5, 900), ("B", 3, 800)], "", "Revenue"),
        (RANKS, [("A", 5, 900), ("B", 3, 800)], " ORDER BY units DESC", "Units"),
        (RANKS, [("A", 5, 900), ("B", 3, 800), ("C", 9, 1)], " ORDER BY 2 LIMIT 3", "Units"),
        (RANKS, [("A", 3, 900), ("B", 5, 800)], ' ORDER BY "product"', "Units"),
        (
            [("month", TEXT), ("units", "integer"), ("revenue", NUMBER)],
            [("2025-01", 3, 900), ("2025-02", 5, 800)],
            "",
            "Units",
        ),
    ],
)
def test_the_measure_that_rows_are_sorted_by_is_told_of_two_rows_too(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], order: str, main: str
) -> None:
    found = answer(columns, *rows).model_copy(update={"sql": f"SELECT *{order}"})

    assert f" rows. {main} adds up to" in summary(found, "Top products in 2025", whole=True)


@pytest.mark.parametrize(
    ("columns", "rows", "title", "said"),
    [
        (
            MONTHS,
            [("2025-01", 0.1), ("2025-02", "0.20"), ("2025-03", 0.05)],
            "Sales",
            (
                "3 rows. Revenue adds up to 0.35; it goes from 0.1 in 2025-01 to 0.05 in 2025-03; "
                "the highest is 0.2 in 2025-02."
            ),
        ),
        (
            [("day", "date"), ("refund_rate", NUMBER)],
            [("2025-01-01", 3), ("2025-01-02", 1), ("2025-01-03", 2)],
            "Refunds",
            (
                "3 rows. Refund rate goes from 3 in 2025-01-01 to 2 in 2025-01-03; "
                "the lowest is 1 in 2025-01-02."
            ),
        ),
        (
            RANKS,
            [("A", 1, 900), ("B", 5, 800), ("C", 3, 700)],
            "Top products",
            "3 rows. Revenue adds up to 2400; the highest is 900 (A); the lowest 700 (C).",
        ),
        (
            RANKS,
            [("A", 1, 900), ("B", 5, 800), ("C", 5, 700)],
            "Units sold",
            "3 rows. Units adds up to 11; the highest is 5 (B and 1 more); the lowest 1 (A).",
        ),
        (
            [("region", TEXT), ("country", TEXT), ("orders", "integer")],
            [("EU", "DE", 3), ("EU", "FR", 2)],
            "Orders",
            "2 rows. Orders adds up to 5; the highest is 3 (EU, DE); the lowest 2 (EU, FR).",
        ),
        (
            MONTHS,
            [("2025-01", 5), ("2025-02", 5)],
            "x",
            "2 rows. Revenue adds up to 10; it goes from 5 in 2025-01 to 5 in 2025-02.",
        ),
        ([("name", TEXT)], [("a",), ("b",)], "x", "2 rows."),
        ([("id", "integer"), ("name", TEXT)], [(1, "a"), (2, "b")], "x", "2 rows."),
        (MONTHS, [("2025-01", None), ("2025-02", None)], "x", "2 rows."),
        ([("n", "integer")], [(1234567,)], "x", "1 row: n 1,234,567."),
        ([("year", "integer"), ("n", NUMBER)], [(2025, "1.50")], "x", "1 row: year 2025, n 1.50."),
        ([("n", "integer")], [(None,)], "x", "1 row, and nothing in it."),
        (
            [("n", "integer")],
            [(3,), (1,)],
            "x",
            "2 rows. N adds up to 4; the highest is 3 (row 1); the lowest 1 (row 2).",
        ),
    ],
)
def test_a_result_is_summed_up(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], title: str, said: str
) -> None:
    assert summary(answer(columns, *rows), title, whole=True) == said


def test_what_is_cut_adds_up_to_nothing() -> None:
    said = summary(answer(MONTHS, ("2025-01", 1), ("2025-02", 2)), "x", whole=False)

    assert said == "the first 2 rows. Revenue goes from 1 in 2025-01 to 2 in 2025-02."


def test_long_figures_keep_every_digit() -> None:
    rows = [("a", "99999999999999999999.01"), ("b", "0.99")]

    assert "100,000,000,000,000,000,000;" in summary(answer(MONTHS, *rows), "x", whole=True)


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        ("0", "0"),
        ("-12345.60", "-12,345.6"),
        ("1e3", "1000"),
        ("9999.5", "9999.5"),
        ("1E-7", "0.0000001"),
    ],
)
def test_a_number_is_written_in_full(figure: str, told: str) -> None:
    assert number(Decimal(figure)) == told


@pytest.mark.parametrize(
    "cell",
    [
        "![x](http://evil.test/a.png)",
        "[click](https://evil.test)",
        "<img src=x onerror=alert(1)>",
        "https://evil.test/?q=1",
        "www.evil.test",
        "`code` **bold**",
        "line\nbreak # heading",
        "@everyone <!channel>",
    ],
)
def test_what_stands_in_a_cell_can_neither_format_nor_link(cell: str) -> None:
    said = shown(cell)

    assert said.startswith("`")
    assert said.endswith("`")
    assert said.count("`") == 2
    assert "\n" not in said
