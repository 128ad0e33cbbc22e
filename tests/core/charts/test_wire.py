"""Pictures as the contract's frames."""

import re
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.charts import Chart, ChartKind, grid, suggest, wire
from core.charts.inspection import inspect
from tests.core.charts.pictures import chart_of
from tests.core.charts.shapes import SHAPES

TYPES = (
    *("integer", "decimal", "number", "text", "boolean", "date", "time", "timestamp"),
    *("interval", "json", "binary", "other"),
)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["NaN", "-Infinity", "2025-01", "2025", "2025-01-01 10:00:00", "1e999", "Q1"]),
    st.lists(st.integers(), max_size=2),
)
RESULTS = st.integers(1, 5).flatmap(
    lambda width: st.tuples(
        st.lists(
            st.tuples(
                st.sampled_from(["", "id", "year", "month", "name", "n", "share", "a.b", "価格"]),
                st.sampled_from(TYPES),
            ),
            min_size=width,
            max_size=width,
        ),
        st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6),
    )
)


def keeps(chart: Chart) -> None:
    """Hold a chart's frame to the contract."""
    frame = wire(chart)
    data = frame["data"]
    assert set(frame) == {"id", "type", "chart_type", "title", "data", "vega_lite"}
    assert re.fullmatch(r"[A-Za-z0-9]{10}", frame["id"])
    assert frame["type"] == "chart"
    assert frame["chart_type"] in set(ChartKind)
    assert set(data) <= {"values", "series", "x_axis_label", "y_axis_label"}
    key = "text" if frame["chart_type"] in {"pie", "donut"} else "label"
    many = data["series"] if "series" in data else [{"name": "", "values": data["values"]}]
    for series in many:
        assert set(series) == {"name", "values"}
        assert len(series["values"]) == len(many[0]["values"]) > 1
        for value in series["values"]:
            assert set(value) == {key, "value"}
            assert isinstance(value[key], str)
            assert value["value"] is None or isinstance(value["value"], int | float)
    orjson.dumps(frame)
    inspect(chart.vega_lite)


@pytest.mark.parametrize("name", SHAPES)
def test_a_chart_is_the_contracts_frame(name: str) -> None:
    keeps(chart_of(name))


@given(RESULTS)
@settings(max_examples=60, deadline=None)
def test_whatever_a_database_answers_is_a_chart_of_the_contract_or_none(
    result: tuple[list[tuple[str, str]], list[list[Any]]],
) -> None:
    columns, rows = result

    chart = suggest(columns, rows)

    if chart is not None:
        keeps(chart)


def test_what_a_chart_leaves_out_stands_in_its_title() -> None:
    chart = chart_of("top")

    assert wire(chart)["title"] == "Revenue by customer (top 30 of 214)"
    assert (chart.title, chart.note) == ("Revenue by customer", "top 30 of 214")


def test_a_table_is_the_contracts_frame_with_a_key_of_its_own_for_each_column() -> None:
    columns = [
        ("a", "text"),
        ("a", "integer"),
        ("", "text"),
        ("__proto__", "text"),
        ("a_2", "json"),
    ]

    frame = wire(grid(columns, [["x", 1, None, "y", {"k": 1}]], title="T"))

    assert re.fullmatch(r"[A-Za-z0-9]{10}", frame.pop("id"))
    assert frame == {
        "type": "table",
        "title": "T",
        "data": {
            "columns": [
                {"key": "a", "label": "a", "type": "text"},
                {"key": "a_3", "label": "a", "type": "integer"},
                {"key": "column_3", "label": "", "type": "text"},
                {"key": "column_4", "label": "__proto__", "type": "text"},
                {"key": "a_2", "label": "a_2", "type": "json"},
            ],
            "rows": [{"a": "x", "a_3": 1, "column_3": None, "column_4": "y", "a_2": {"k": 1}}],
            "total_rows": 1,
            "truncated": False,
        },
    }


@pytest.mark.parametrize(
    ("rows", "asked", "shown", "total", "truncated"),
    [
        (3, {}, 3, 3, False),
        (500, {}, 200, 500, True),
        (3, {"truncated": True}, 3, None, True),
        (3, {"total": 90}, 3, 90, True),
        (0, {}, 0, 0, False),
    ],
)
def test_a_grid_is_the_head_of_a_result_and_says_so(
    rows: int, asked: dict[str, Any], shown: int, total: int | None, truncated: bool
) -> None:
    found = grid([("n", "text")], [["x" * 5000]] * rows, result="r1", **asked)

    assert (len(found.rows), found.total, found.truncated) == (shown, total, truncated)
    assert all(len(row[0]) == 2001 for row in found.rows)
    assert found.result == "r1"
