"""Which chart a result makes, and which makes none."""

from typing import Any

import pytest

from core.charts import Chart, ChartKind, suggest

Columns = list[tuple[str, str]]
Rows = list[list[Any]]

MONTH: Columns = [("month", "text"), ("revenue", "decimal")]
NAME: Columns = [("name", "text"), ("revenue", "decimal")]


def chart(columns: Columns, rows: Rows, **asked: Any) -> Chart:
    found = suggest(columns, rows, **asked)
    assert found is not None
    return found


def labels(found: Chart) -> list[str]:
    values = found.data["series"][0]["values"] if "series" in found.data else found.data["values"]
    return [each.get("label", each.get("text")) for each in values]


def values(found: Chart) -> list[float | None]:
    return [each["value"] for each in found.data["values"]]


def names(found: Chart) -> list[str]:
    return [each["name"] for each in found.data["series"]]


@pytest.mark.parametrize(
    ("name", "type", "cells", "written"),
    [
        ("month", "text", ["2025-03", "2025-01", "2025-02"], ["2025-01", "2025-02", "2025-03"]),
        ("year", "integer", [2023, 2021, 2022], ["2021", "2022", "2023"]),
        ("year", "text", ["2023", "2021", "2022"], ["2021", "2022", "2023"]),
        ("quarter", "text", ["2025-Q2", "2024-Q4", "2025-Q1"], ["2024-Q4", "2025-Q1", "2025-Q2"]),
        ("quarter", "text", ["Q2 2025", "Q4 2024", "Q1 2025"], ["2024-Q4", "2025-Q1", "2025-Q2"]),
        (
            "week",
            "text",
            ["2025-W09", "2025-W07", "2025-W08"],
            ["2025-W07", "2025-W08", "2025-W09"],
        ),
        ("day", "date", ["2025-01-03", "2025-01-01", "2025-01-02"], None),
        ("month", "integer", [202503, 202501, 202502], ["2025-01", "2025-02", "2025-03"]),
        ("period", "text", ["Mar 2025", "January 2025", "Feb 2025"], None),
        (
            "month",
            "timestamp",
            ["2025-03-01 00:00:00+00", "2025-01-01 00:00:00+00", "2025-02-01 00:00:00+00"],
            ["2025-01", "2025-02", "2025-03"],
        ),
        (
            "at",
            "timestamp",
            ["2025-01-01 10:30:00", "2025-01-01 08:30:00", "2025-01-01 09:30:00"],
            ["2025-01-01 08:30:00", "2025-01-01 09:30:00", "2025-01-01 10:30:00"],
        ),
    ],
)
def test_times_make_a_line_in_their_order(
    name: str, type: str, cells: list[Any], written: list[str] | None
) -> None:
    rows = [[cell, value] for cell, value in zip(cells, (3, 1, 2), strict=True)]

    found = chart([(name, type), ("revenue", "decimal")], rows)

    assert found.kind is ChartKind.LINE
    assert values(found) == [1, 2, 3]
    assert written is None or labels(found) == written


def test_years_and_months_in_columns_of_their_own_are_one_time() -> None:
    columns = [("year", "integer"), ("month", "integer"), ("revenue", "decimal")]

    found = chart(columns, [[2025, 2, 5], [2024, 12, 3], [2025, 1, 4]])

    assert labels(found) == ["2024-12", "2025-01", "2025-02"]
    assert found.title == "Revenue by month"


def test_a_line_breaks_where_times_are_missing() -> None:
    months = ["2025-01", "2025-02", "2025-05", "2025-06"]

    found = chart(MONTH, [[month, 1] for month in months])

    drawn = [row["y"] for row in found.vega_lite["data"]["values"]]
    assert drawn == [1, 1, None, 1, 1]
    assert values(found) == [1, 1, 1, 1]


def test_categories_make_bars_the_greatest_first_and_those_without_a_value_last() -> None:
    found = chart(NAME, [["a", 1], [None, None], ["b", 3], ["", 2]])

    assert found.kind is ChartKind.BAR
    assert labels(found) == ["b", "(empty)", "a", "(none)"]
    assert values(found) == [3, 2, 1, None]


@pytest.mark.parametrize(
    "cells",
    [
        ["Mon", "Tue", "Wed"],
        ["January", "February", "March"],
        ["urgent", "high", "normal", "low"],
        ["0-10", "11-20", "21-30"],
        ["< 1", "1 - 5", "> 5"],
    ],
)
def test_labels_with_an_order_of_their_own_keep_it(cells: list[str]) -> None:
    found = chart(NAME, [[cell, at] for at, cell in enumerate(cells)])

    assert labels(found) == cells


def test_many_or_long_labels_lie() -> None:
    many = chart(NAME, [[f"c{at}", at] for at in range(20)])
    long = chart(NAME, [[f"A customer with a long name {at}", at] for at in range(4)])

    assert (many.kind, long.kind) == (ChartKind.BAR_HORIZONTAL, ChartKind.BAR_HORIZONTAL)


def test_what_has_no_room_is_said() -> None:
    bars = chart(NAME, [[f"c{at}", at] for at in range(214)], title="Revenue by customer")
    points = chart(
        [("at", "timestamp"), ("n", "integer")],
        [
            [f"2025-01-{1 + at // 1440:02} {at // 60 % 24:02}:{at % 60:02}:00", at]
            for at in range(9999)
        ],
    )

    assert (bars.note, len(labels(bars)), labels(bars)[0]) == ("top 30 of 214", 30, "c213")
    assert bars.vega_lite["title"]["subtitle"] == ["top 30 of 214"]
    assert points.note == "500 of 9,999 points"
    assert (labels(points)[0], labels(points)[-1]) == ("2025-01-01 00:00:00", "2025-01-07 22:38:00")


@pytest.mark.parametrize("title", ["Share of revenue by segment", "Revenue split", None])
def test_few_positive_parts_make_a_donut_if_anybody_says_share(title: str | None) -> None:
    columns = [("segment", "text"), ("revenue" if title else "percent", "decimal")]

    found = chart(columns, [["a", 60], ["b", 30], ["c", 10]], title=title)

    assert found.kind is ChartKind.DONUT
    assert found.data == {
        "values": [
            {"text": "a", "value": 60},
            {"text": "b", "value": 30},
            {"text": "c", "value": 10},
        ]
    }


def test_rates_that_add_up_to_nothing_are_no_parts() -> None:
    rows = [["a", 60.0], ["b", 70.0]]

    assert chart([("s", "text"), ("refund_rate_percent", "number")], rows).kind is ChartKind.BAR


def test_measures_of_one_unit_and_scale_stand_together_and_others_do_not() -> None:
    columns = [
        ("month", "text"),
        ("revenue", "decimal"),
        ("cost", "decimal"),
        ("orders", "integer"),
    ]
    rows: Rows = [[f"2025-0{at}", 1000 * at, 600 * at, 9 * at] for at in range(1, 6)]

    together = chart(columns, rows)
    named = chart(columns, rows, title="Monthly revenue")
    apart = chart([columns[0], columns[1], columns[3]], [[row[0], row[1], row[3]] for row in rows])

    assert names(together) == ["Revenue", "Cost"]
    assert together.title == "Revenue and cost by month"
    assert named.data["y_axis_label"] == "Revenue"
    assert apart.data["y_axis_label"] == "Revenue"


def test_the_long_form_makes_lines_over_time_and_stacks_over_names() -> None:
    columns = [("region", "text"), ("month", "text"), ("orders", "integer")]
    rows: Rows = [[by, f"2025-{at:02}", at] for at in range(1, 9) for by in ("EU", "US")]

    lines = chart(columns, rows)
    kinds = [[by, f"kind {at}", at] for by, at in ((row[0], row[2]) for row in rows)]
    stacks = chart([columns[0], ("kind", "text"), columns[2]], kinds)
    means = chart([columns[0], ("kind", "text"), ("avg_price", "number")], kinds)

    assert (lines.kind, names(lines)) == (ChartKind.LINE, ["EU", "US"])
    assert stacks.kind is ChartKind.STACKED_BAR
    assert means.kind in {ChartKind.BAR, ChartKind.BAR_HORIZONTAL}


def test_too_many_series_are_added_up_or_left_out_and_it_is_said() -> None:
    rows: Rows = [[f"r{at}", f"p{by}", 20 - by] for at in range(3) for by in range(12)]

    sums = chart([("region", "text"), ("plan", "text"), ("orders", "integer")], rows, x="region")
    means = chart([("region", "text"), ("plan", "text"), ("avg", "number")], rows, x="region")

    assert sums.note == "top 7 of 12 series (Plan), the rest as Others"
    assert names(sums)[-1] == "Others"
    assert sums.data["series"][-1]["values"][0]["value"] == sum(20 - by for by in range(7, 12))
    assert means.note == "top 8 of 12 series (Plan)"


def test_a_pivot_is_read_as_what_it_was_made_of() -> None:
    columns = [("region", "text"), *((month, "integer") for month in ("Jan", "Feb", "Mar", "Apr"))]

    found = chart(columns, [["EU", 1, 2, 3, 4], ["US", 2, 3, 4, 5]])

    assert labels(found) == ["Jan", "Feb", "Mar", "Apr"]
    assert names(found) == ["EU", "US"]


def test_things_of_one_name_are_told_apart() -> None:
    rows: Rows = [["Smith", 9], *[[f"c{at}", at] for at in range(8)], ["Smith", 8.5]]

    assert labels(chart(NAME, rows))[:2] == ["Smith", "Smith (2)"]


def test_ids_codes_and_years_are_no_measures() -> None:
    columns = [("customer_id", "integer"), ("zip", "integer"), *NAME]

    found = chart(columns, [[at, 10115 + at, f"c{at}", 10 * at] for at in range(5)])

    assert found.data["y_axis_label"] == "Revenue"
    assert labels(found)[0] == "c4"


def test_booleans_are_labels_and_fractions_are_percent() -> None:
    found = chart([("active", "boolean"), ("return_rate", "number")], [[True, 0.25], [False, 0.5]])

    assert labels(found) == ["false", "true"]
    assert found.vega_lite["data"]["values"][0]["t"] == "50%"


def test_numbers_beyond_doubles_are_drawn_and_nan_is_left_out() -> None:
    rows: Rows = [["a", "123456789012345678901234567890.5"], ["b", "NaN"], ["c", "-Infinity"]]

    assert values(chart(NAME, [*rows, ["d", 10**40]])) == [
        1e40,
        123456789012345678901234567890.5,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ([], []),
        (NAME, []),
        (NAME, [["a", 1]]),
        (MONTH, [["2025-01", 1]]),
        (NAME, [["a", None], ["b", None]]),
        (NAME, [["a", "NaN"], ["b", "NaN"]]),
        ([("n", "integer")], [[1], [2]]),
        ([("a", "text"), ("b", "text")], [["x", "y"], ["z", "w"]]),
        ([("doc", "json"), ("blob", "binary")], [[{}, "\\x00"], [[], "\\x01"]]),
        ([("id", "integer"), ("code", "integer")], [[1, 2], [2, 3]]),
        ([("price", "number"), ("weight", "number")], [[1.5, 2.5], [2.5, 3.5]]),
        (NAME, [["a", 1], ["a", 2], ["a", 3], ["b", 4]]),
        (
            [("id", "integer"), ("ordered_at", "timestamp"), ("total", "decimal")],
            [[at, f"2025-01-0{at} 08:00:00", at] for at in range(1, 9)],
        ),
        ([(f"c{at}", "integer") for at in range(200)], [[1] * 200, [2] * 200]),
    ],
)
def test_what_no_chart_says_stays_a_table(columns: Columns, rows: Rows) -> None:
    assert suggest(columns, rows) is None


def test_a_chart_that_nobody_named_is_named_for_what_it_shows() -> None:
    columns = [("order_month", "text"), ("totalRevenue", "decimal")]

    assert chart(columns, [["2025-01", 1], ["2025-02", 2]]).title == "TotalRevenue by order month"
    assert len(chart(NAME, [["a", 1], ["b", 2]]).id) == 10


STOCK: Columns = [
    ("product", "text"),
    ("on_hand", "integer"),
    ("reorder_point", "integer"),
    ("missing", "integer"),
    ("lead_time_days", "integer"),
]


def test_measures_that_count_unlike_things_share_no_axis() -> None:
    rows = [["Lamp", 3, 40, 37, 30], ["Desk", 12, 30, 18, 14], ["Chair", 11, 20, 9, 60]]

    found = chart(STOCK, rows, title="Low stock", sql="SELECT … ORDER BY missing DESC, sku")

    assert found.data["y_axis_label"] == "Missing"
    assert values(found) == [37, 18, 9]


def test_measures_of_the_same_last_word_share_an_axis() -> None:
    columns = [("room", "text"), ("low_degrees", "number"), ("high_degrees", "number")]

    found = chart(columns, [["North", 12, 20], ["South", 15, 24], ["East", 13, 19]])

    assert names(found) == ["Low degrees", "High degrees"]


def test_labels_are_ranked_by_the_main_measure_alone_and_it_comes_first() -> None:
    columns = [("product", "text"), ("cost", "decimal"), ("revenue", "decimal")]
    rows = [["Plus", 100, 900], ["Classic", 600, 800], ["Mini", 300, 700]]

    found = chart(columns, rows, title="Top products in 2025")

    assert names(found) == ["Revenue", "Cost"]
    assert labels(found) == ["Plus", "Classic", "Mini"]


def test_labels_are_ranked_by_sums_where_series_are_parts_of_one_measure() -> None:
    columns = [("region", "text"), ("product", "text"), ("orders", "integer")]
    rows = [["EU", "Lamp", 5], ["EU", "Desk", 1], ["US", "Lamp", 4], ["US", "Desk", 9]]

    assert labels(chart(columns, rows)) == ["US", "EU"]


@pytest.mark.parametrize(
    ("rows", "order", "main"),
    [
        ([["Plus", 30, 900], ["Classic", 50, 800]], None, "Revenue"),
        ([["Plus", 50, 900], ["Classic", 30, 800]], None, "Revenue"),
        ([["Plus", 50, 900], ["Classic", 30, 800]], "units DESC", "Units"),
        ([["Plus", 50, 900], ["Classic", 30, 800]], "2 DESC LIMIT 2", "Units"),
        ([["Plus", 50, 900], ["Classic", 30, 800]], "t.revenue desc", "Revenue"),
        ([["Plus", 30, 900], ["Classic", 50, 800]], "product", "Units"),
        ([["Plus", 30, 900], ["Classic", 50, 800]], "sum(x) OVER (ORDER BY units)", "Revenue"),
    ],
)
def test_two_rows_are_drawn_by_the_measure_that_they_are_sorted_by(
    rows: Rows, order: str | None, main: str
) -> None:
    columns = [("product", "text"), ("units", "integer"), ("revenue", "decimal")]
    sql = order and f"SELECT * FROM t ORDER BY {order}"

    found = chart(columns, rows, title="Top 2 products in 2025", sql=sql)

    assert found.data["y_axis_label"] == main


def test_two_months_fall_by_chance() -> None:
    rows = [["2025-01", 30, 900], ["2025-02", 50, 800]]

    found = chart([("month", "text"), ("units", "integer"), ("revenue", "decimal")], rows)

    assert found.data["y_axis_label"] == "Units"


@pytest.mark.parametrize("kind", ["pie", "donut"])
def test_a_pie_of_many_months_adds_up_the_small_ones(kind: str) -> None:
    rows = [[f"2025-{month:02}", 100 + month * 7] for month in range(1, 13)]

    chart = suggest([("month", "text"), ("revenue", "number")], rows, kind=kind)

    assert chart is not None
    assert (chart.kind, chart.note) == (kind, "top 7 of 12, the rest as Others")
