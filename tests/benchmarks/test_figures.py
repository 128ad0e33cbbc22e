"""Ratios, medians, and what could not be measured."""

import json
import math

import pytest

from benchmarks.__main__ import is_told, plain
from benchmarks.figures import absent, amount, broken, ratio
from benchmarks.load import Load, LoadFailed, body, middle, summed
from benchmarks.mcp import BARE, OURS, compared

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def load(rate: float) -> Load:
    return Load(10, 1.0, rate, 1.0, 2.0, 100.0, 12)


@pytest.mark.parametrize(("value", "met"), [(1.25, True), (1.2501, False)])
def test_a_ratio_is_held_against_its_goal(value: float, met: bool) -> None:
    assert ratio("a / b", value, most=1.25).met is met
    assert ratio("a / b", value, least=1.2501).met is not met
    assert ratio("a / b", value).met is None
    assert ratio("a / b", value, most=1.25).goal == "at most 1.25 times"
    assert amount("a", value, "ms", least=2).goal == "at least 2 ms"


def test_what_is_absent_is_told_and_is_no_number() -> None:
    row = absent("memory", "there is no /proc")

    assert is_told(row)
    assert row.met is None
    assert plain(row)["value"] is None
    assert plain(row)["note"] == "absent: there is no /proc"
    json.dumps(plain(row), allow_nan=False)


def test_what_went_wrong_counts_as_a_goal_that_is_missed() -> None:
    row = broken("mcp", "the server ended")

    assert row.met is False
    assert math.isnan(row.value)


def test_times_become_a_rate_and_percentiles() -> None:
    times = [n / 1000 for n in range(1, 101)]

    found = summed(times, 2.0, size=5000, asked=110)

    assert (found.calls, found.rate, found.size, found.asked) == (100, 50.0, 50.0, 110)
    assert found.p50 == pytest.approx(51)
    assert found.p99 == pytest.approx(100)
    with pytest.raises(LoadFailed):
        summed([], 1.0, 0)


def test_of_several_rounds_the_median_counts() -> None:
    assert middle([load(9.0), load(1000.0), load(10.0)]).rate == 10.0


def test_ours_is_divided_by_theirs_and_the_goal_stands_beside_the_bare_server_alone() -> None:
    loads = {OURS: load(300.0), BARE: load(100.0), "Toolbox 1": load(1000.0), "DBHub 1": load(50.0)}

    rows = {row.name: row for row in compared("run_sql", loads, goal=True)}

    bare = rows[f"run_sql: calls/s of ours / {BARE}"]
    box = rows["run_sql: calls/s of ours / Toolbox 1"]
    hub = rows["run_sql: calls/s of ours / DBHub 1"]
    assert (bare.value, bare.met) == (3.0, True)
    assert (box.value, box.met) == (0.3, False)
    assert (hub.value, hub.met) == (6.0, None)
    assert rows["run_sql: ours, p99"].value == 2.0


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{", None),
        (b"HTTP/1.1 200 OK\r\ncontent-le", None),
        (CHUNKED + b"2\r\n{}\r\n", None),
        (CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    ],
)
def test_an_answer_counts_once_all_of_it_is_here(answer: bytes, found: bytes | None) -> None:
    assert body(bytearray(answer)) == found
