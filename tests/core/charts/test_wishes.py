"""What may be asked of a chart, and what is answered where it makes no sense."""

from typing import Any

import pytest

from core.charts import (
    Chart,
    ChartColumnUnknown,
    ChartKind,
    ChartKindUnknown,
    ChartUnfit,
    suggest,
)
from core.errors import Invalid

COLUMNS = [("region", "text"), ("month", "text"), ("revenue", "decimal"), ("avg_price", "number")]
ROWS: list[list[Any]] = [
    [region, f"2025-{at:02}", 100 * at + by, 5.5 + by]
    for at in range(1, 7)
    for by, region in enumerate(("EU", "US", "JP"))
]
NAMES = [("name", "text"), ("revenue", "decimal"), ("orders", "integer")]
FEW: list[list[Any]] = [["a", 5, 4], ["b", 3, 9], ["c", 2, 1]]


def asked(columns: Any = NAMES, rows: Any = FEW, **wishes: Any) -> Chart:
    found = suggest(columns, rows, **wishes)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["bar", "bar_horizontal", "pie", "donut", ChartKind.BAR, "Pie "])
def test_a_kind_that_makes_sense_is_drawn(kind: str) -> None:
    assert asked(kind=kind).kind is ChartKind(kind.strip().lower())


@pytest.mark.parametrize("kind", ["line", "area", "stacked_bar", "bar"])
def test_the_long_form_is_drawn_in_every_way(kind: str) -> None:
    found = asked(COLUMNS, ROWS, kind=kind, x="month", y="revenue")

    assert found.kind is ChartKind(kind)
    assert len(found.data["series"]) == 3


def test_columns_are_found_however_they_are_written_and_may_be_swapped() -> None:
    assert asked(x="NAME", y="Orders").data["values"][0] == {"label": "b", "value": 9}
    assert asked(x="orders", y="name").data["values"][0] == {"label": "b", "value": 9}


def test_several_measures_may_be_asked_for() -> None:
    found = asked(y=["orders", "revenue"])

    assert [each["name"] for each in found.data["series"]] == ["Orders", "Revenue"]


def test_rows_of_one_label_are_added_up_if_that_was_asked_and_makes_sense() -> None:
    found = asked(
        COLUMNS, [[*row[:1], "2025-01", *row[2:]] for row in ROWS], x="region", y="revenue"
    )

    assert found.data["values"][0] == {"label": "JP", "value": 2112}
    assert found.note == "sums of 18 rows"


@pytest.mark.parametrize(
    ("wishes", "refusal", "said"),
    [
        ({"kind": "sankey"}, ChartKindUnknown, "there are bar, bar_horizontal"),
        ({"x": "nam"}, ChartColumnUnknown, "no column nam; it has name, revenue, orders"),
        ({"y": "name"}, ChartUnfit, "name holds no numbers to draw; these do: revenue, orders"),
        ({"x": "name", "y": "name"}, ChartUnfit, "cannot be on both axes"),
        ({"x": "orders", "y": "orders"}, ChartUnfit, "cannot be on both axes"),
        ({"kind": "line"}, ChartUnfit, "bar or bar_horizontal would work"),
        ({"kind": "area"}, ChartUnfit, "bar or bar_horizontal would work"),
        ({"kind": "stacked_bar", "y": "revenue"}, ChartUnfit, "bar would work"),
        ({"kind": "pie", "y": ["revenue", "orders"]}, ChartUnfit, "stacked_bar shows"),
    ],
)
def test_what_makes_no_sense_is_refused_and_what_would_is_said(
    wishes: dict[str, Any], refusal: type[Invalid], said: str
) -> None:
    with pytest.raises(refusal) as caught:
        suggest(NAMES, FEW, **wishes)

    assert said in caught.value.message
    assert isinstance(caught.value, Invalid)


@pytest.mark.parametrize(
    ("columns", "rows", "wishes", "said"),
    [
        (NAMES, FEW[:1], {"kind": "bar"}, "one row"),
        (NAMES, [], {"kind": "bar"}, "no rows"),
        (NAMES, [["a", 1, 1], ["a", 2, 1]], {"x": "name"}, "one value only"),
        (NAMES, [["a", None, None], ["b", None, None]], {"kind": "bar"}, "no numbers"),
        (NAMES, [["a", 5, 1], ["b", -3, 1]], {"kind": "pie", "y": "revenue"}, "negative"),
        (NAMES, [["a", 5, 1], ["b", 0, 1]], {"kind": "pie", "y": "revenue"}, "at least two values"),
        (NAMES, [["a", 1e9, 1], ["b", 1, 1]], {"y": ["revenue", "orders"]}, "one at a time"),
        (
            COLUMNS,
            [["EU", "2025-01", 1, 2], ["EU", "2025-01", 1, 2]],
            {"x": "region", "y": "avg_price"},
            "group by",
        ),
        (
            [*COLUMNS[:3], ("cost", "decimal")],
            [[*row[:3], 90] for row in ROWS],
            {"x": "month", "y": ["revenue", "cost"]},
            "told apart by region; draw one measure at a time",
        ),
        (
            [("region", "text"), ("avg_price", "number")],
            [["a", 5.0], ["b", 7.0]],
            {"kind": "donut"},
            "no parts of a whole",
        ),
        (
            [("day", "date"), ("n", "integer")],
            [[f"{year}-01-{day:02}", day] for year in range(2000, 2010) for day in range(1, 31)],
            {"kind": "bar"},
            "line would work",
        ),
        ([("a", "text"), ("b", "text")], [["x", "y"], ["z", "w"]], {"kind": "bar"}, "no numbers"),
        ([(f"c{at}", "text") for at in range(99)], [["x"] * 99] * 2, {"x": "d"}, "c19, …"),
    ],
)
def test_a_result_that_cannot_be_drawn_so_is_refused_in_words(
    columns: Any, rows: Any, wishes: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        suggest(columns, rows, **wishes)
