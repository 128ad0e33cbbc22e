"""A chart in words, for those who do not see it."""

from typing import Any

from core.charts.records import Chart
from core.charts.wire import said

NAMES = {
    "bar": "Bar chart",
    "bar_horizontal": "Bar chart",
    "stacked_bar": "Stacked bar chart",
    "line": "Line chart",
    "area": "Area chart",
    "pie": "Pie chart",
    "donut": "Pie chart",
}
SPOKEN = 12
"""Points that a chart's description names; its table has them all."""


def points(chart: Chart) -> list[tuple[str, str, Any]]:
    """Return what a chart draws: series, label and value."""
    series = chart.data.get("series")
    if series is None:
        series = [{"name": "", "values": chart.data.get("values", [])}]
    return [
        (str(each.get("name", "")), str(point.get("label", point.get("text", ""))), point["value"])
        for each in series
        for point in each["values"]
    ]


def described(chart: Chart) -> str:
    """Return what a chart shows, in a line."""
    drawn = points(chart)
    several = len({name for name, _label, _value in drawn}) > 1
    told = "; ".join(
        f"{name + ', ' if several else ''}{label}: {'none' if value is None else value}"
        for name, label, value in drawn[:SPOKEN]
    )
    more = f"; and {len(drawn) - SPOKEN:,} more" if len(drawn) > SPOKEN else ""
    title = said(chart)
    kind = NAMES.get(chart.kind.value, "Chart")
    return f"{kind}{': ' + title if title else ''}. {told}{more}."
