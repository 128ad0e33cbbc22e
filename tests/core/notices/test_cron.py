"""The moments that five fields of cron stand for, where clocks are put forward and back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.notices.cron import latest_until, next_after


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def following(cron: str, zone: str, after: str, count: int) -> list[str]:
    found, at = [], utc(after)
    for _ in range(count):
        at = next_after(cron, zone, at)
        found.append(f"{at:%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 9 * * 1", "UTC", "2026-03-02T08:59", ["03-02 09:00", "03-09 09:00"]),
        ("0 9 * * 1", "UTC", "2026-03-02T09:00", ["03-09 09:00"]),
        ("0 9 * * 1", "Asia/Tokyo", "2026-03-01T23:00", ["03-02 00:00", "03-09 00:00"]),
        ("0 0 31 * *", "UTC", "2026-01-31T00:00", ["03-31 00:00", "05-31 00:00"]),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00", ["02-29 00:00"]),
        ("0 0 13 * 5", "UTC", "2026-03-01T00:00", ["03-06 00:00", "03-13 00:00", "03-20 00:00"]),
        ("0 12 * * 7", "UTC", "2026-03-02T00:00", ["03-08 12:00"]),
        (
            "20-40/10 8 * * *",
            "UTC",
            "2026-03-02T00:00",
            ["03-02 08:20", "03-02 08:30", "03-02 08:40"],
        ),
        # Berlin's clocks leap from 02:00 to 03:00 on 29 March, and back from 03:00 on 25 October.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T02:00", ["03-29 01:30", "03-30 00:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["10-25 00:30", "10-26 01:30"]),
        ("0 9 * * *", "Europe/Berlin", "2026-03-28T07:00", ["03-28 08:00", "03-29 07:00"]),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-10-24T23:30",
            ["10-25 00:00", "10-25 01:00", "10-25 02:00"],
        ),
        ("0 * * * *", "Europe/Berlin", "2026-03-29T00:30", ["03-29 01:00", "03-29 02:00"]),
        (
            "0,30 2,3 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00",
            ["03-29 01:00", "03-29 01:30", "03-30 00:00"],
        ),
        # A whole day that Samoa leapt over.
        ("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00", ["12-30 19:00"]),
    ],
)
def test_what_comes_next(cron: str, zone: str, after: str, expected: list[str]) -> None:
    assert following(cron, zone, after, len(expected)) == expected


def test_what_came_last() -> None:
    at = utc("2026-03-09T09:00")

    assert latest_until("0 9 * * 1", "UTC", at) == at
    assert latest_until("0 9 * * 1", "UTC", at - timedelta(minutes=1)) == utc("2026-03-02T09:00")
    assert latest_until("30 2 * * *", "Europe/Berlin", utc("2026-03-29T01:45")) == utc(
        "2026-03-29T01:30"
    )


@settings(max_examples=60)
@given(
    st.sampled_from(["0 9 * * 1", "30 2 * * *", "*/15 * * * *", "0 * * * *", "15 1,2,3 1,29 * *"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(0, 3 * 365 * 24 * 60).map(lambda each: utc("2025-01-01") + timedelta(minutes=each)),
)
def test_next_and_last_agree(cron: str, zone: str, moment: datetime) -> None:
    after = next_after(cron, zone, moment)
    last = latest_until(cron, zone, moment)

    assert last is not None
    assert last <= moment < after
    assert latest_until(cron, zone, after) == after
    assert latest_until(cron, zone, after - timedelta(seconds=1)) == last
