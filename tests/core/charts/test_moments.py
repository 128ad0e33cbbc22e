"""Times as they are written, and how they are told."""

from datetime import UTC, datetime

import pytest

from core.charts.moments import Grain, missing, moment, read, told
from core.charts.ticks import ticks


@pytest.mark.parametrize(
    ("text", "grain", "said"),
    [
        ("2025", Grain.YEAR, "2025"),
        (2025, Grain.YEAR, "2025"),
        ("2025-Q3", Grain.QUARTER, "Q3 2025"),
        ("2025Q3", Grain.QUARTER, "Q3 2025"),
        ("Q3/2025", Grain.QUARTER, "Q3 2025"),
        ("2025-03", Grain.MONTH, "Mar 2025"),
        ("2025/3", Grain.MONTH, "Mar 2025"),
        ("Mar 2025", Grain.MONTH, "Mar 2025"),
        ("March, 2025", Grain.MONTH, "Mar 2025"),
        ("2025-Mar", Grain.MONTH, "Mar 2025"),
        ("2025-W10", Grain.WEEK, "3 Mar 2025"),
        ("2025-03-04", Grain.DAY, "4 Mar 2025"),
        ("2025-03-04 05:06:07.123456", Grain.INSTANT, "4 Mar 2025 05:06"),
        ("2025-03-04T05:06Z", Grain.INSTANT, "4 Mar 2025 05:06"),
        ("2025-03-04 05:06:07+05:30", Grain.INSTANT, "3 Mar 2025 23:36"),
        ("2025-03-04 05:06:07+00", Grain.INSTANT, "4 Mar 2025 05:06"),
    ],
)
def test_a_time_is_read_in_every_usual_form(text: str | int, grain: Grain, said: str) -> None:
    found = moment(text)

    assert found is not None
    assert found[1] is grain
    assert told(*found) == said


@pytest.mark.parametrize(
    "text",
    [
        *("", "0025", "9999999", "2025-13", "2025-02-30", "2025-W60", "2025-Q5", "infinity"),
        *("Marble 2025", "2025-03-04 25:00:00", "x" * 300_000, True, 2.5, None, ["2025"]),
    ],
)
def test_what_is_no_time_is_none(text: object) -> None:
    assert moment(text) is None


def test_a_column_tells_times_only_if_every_cell_does_in_one_form() -> None:
    mixed = read(["2025-01", "2025-02-03"])
    holed = read(["2025-01", None, "2025-03"])

    assert mixed is None
    assert holed is not None
    assert holed.at[1] is None


@pytest.mark.parametrize(
    ("days", "grain"),
    [
        (["2025-01-01", "2025-02-01", "2025-05-01"], Grain.MONTH),
        (["2025-01-01", "2025-04-01", "2025-10-01"], Grain.QUARTER),
        (["2023-01-01", "2024-01-01", "2025-01-01"], Grain.YEAR),
        (["2025-01-06", "2025-01-13", "2025-01-20"], Grain.WEEK),
        (["2025-01-01", "2025-01-02", "2025-01-05"], Grain.DAY),
        (["2025-01-01", "2025-02-01"], Grain.DAY),
    ],
)
def test_first_days_stand_for_what_they_begin(days: list[str], grain: Grain) -> None:
    found = read([f"{day} 00:00:00" for day in days])

    assert found is not None
    assert found.grain is grain


def days(*numbers: int) -> list[datetime]:
    return [datetime(2025, 1, number, tzinfo=UTC) for number in numbers]


def test_weekends_break_no_line_but_a_month_that_is_missing_does() -> None:
    months = [datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2, 4, 5)]

    assert missing(days(1, 2, 3, 6, 7, 8, 9, 10, 13, 14), Grain.DAY) == []
    assert len(missing(days(1, 2, 3, 4, 5, 20, 21), Grain.DAY)) == 1
    assert len(missing(months, Grain.MONTH)) == 1


@pytest.mark.parametrize(
    ("first", "last", "grain"),
    [
        ("2025-01-01 10:00:00", "2025-01-01 18:30:00", Grain.INSTANT),
        ("2025-01-01 10:00:00", "2025-01-09 18:30:00", Grain.INSTANT),
        ("2025-01-01", "2025-01-20", Grain.DAY),
        ("2023-05-01", "2025-11-20", Grain.DAY),
        ("2020-01", "2025-12", Grain.MONTH),
        ("1990-Q1", "2025-Q4", Grain.QUARTER),
        ("1066", "2025", Grain.YEAR),
        ("2025-W01", "2025-W52", Grain.WEEK),
    ],
)
def test_an_axis_has_few_labels_and_none_outside(first: str, last: str, grain: Grain) -> None:
    ends = [found[0] for found in (moment(first), moment(last)) if found]
    between = [ends[0] + (ends[1] - ends[0]) * part / 40 for part in range(41)]

    found = ticks(between, grain)

    assert 2 <= len(found.at) <= 8
    assert ends[0] <= min(found.at)
    assert max(found.at) <= ends[1]
