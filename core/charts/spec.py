"""A chart's specification in Vega-Lite, built with altair."""

from collections.abc import Sequence
from typing import Any


def vega_lite(title: str | None, pairs: Sequence[tuple[str, float]]) -> dict[str, Any]:
    """Return the full specification, its data inside."""
    import altair as alt  # noqa: PLC0415 - half a second that only a chart needs

    chart = (
        alt.Chart(alt.NamedData(name="rows"))
        .mark_bar()
        .encode(
            x=alt.X(field="x", type="nominal", sort=None),
            y=alt.Y(field="y", type="quantitative"),
        )
        .properties(width=640, height=400, title=title or "")
    )
    spec: dict[str, Any] = chart.to_dict()
    return spec | {"data": {"values": [{"x": label, "y": value} for label, value in pairs]}}
