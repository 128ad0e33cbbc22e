"""A chart's specification in Vega-Lite, built with altair.

Fields have names of our own (`x`, `y`, `s`, `t`, `d`), so that no column's name is ever read as a
path or an expression; labels and titles are strings in the data or literals in the specification.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from core.charts.kinds import stands
from core.charts.plan import OTHERS, Axis, Plan
from core.charts.records import ChartKind
from core.charts.rows import LINES, ROUND, aside, harmless, rows, written_beside
from core.charts.theme import (
    BIG,
    CONFIG,
    EDGE,
    FAINT,
    HEIGHT,
    INK,
    LONG,
    SHORT,
    SOFT,
    WIDTH,
    ZERO,
    colours,
)
from core.charts.ticks import ticks

if TYPE_CHECKING:
    import altair as alt

MOST_POINTS = 40
"""Up to so many points of a line are marked."""
FLAT = 0.6
"""A line whose lowest value is this part of its highest may leave zero out."""
UNDER, OVER = 16, 28
"""Pixels between a legend and what it lies over: without and with a title of the axis."""
ROOM = 1.1
"""How much longer than the longest bar the axis is, where values are written beyond the bars."""
MARGIN, THIN, THICK = 100, 24, 40
"""Pixels of a lying chart around its bars, and of each bar where they are many, or few."""
WIDEST = 190
"""Pixels of the labels beside lying bars."""


def vega_lite(plan: Plan, title: str) -> dict[str, Any]:
    """Return the full specification of *plan*, 640 pixels wide, its data inside."""
    import altair as alt  # noqa: PLC0415 - half a second that only a chart needs

    plan = harmless(plan)
    layers, encoding = _round(plan) if plan.kind in ROUND else _straight(plan)
    chart = alt.layer(*layers, data=alt.NamedData(name="rows")).encode(**encoding)
    heading = alt.TitleParams(text=aside(title), subtitle=list(plan.notes) or alt.Undefined)
    spec: dict[str, Any] = chart.properties(
        width=WIDTH,
        height=_height(plan),
        title=heading,
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
    ).to_dict(validate=False)  # tests hold every kind to the schema; here it would be half the time
    return spec | {"config": CONFIG, "data": {"values": rows(plan)}}


def _straight(plan: Plan) -> "tuple[list[alt.Chart], dict[str, Any]]":
    import altair as alt  # noqa: PLC0415 - as above

    lying = _lying(plan)
    across, up = ("y", "x") if lying else ("x", "y")
    encoding: dict[str, Any] = {
        across: _across(plan, lying=lying),
        up: _up(plan, lying=lying),
        "tooltip": alt.Tooltip(field="d", type="nominal"),
        "description": alt.Description(field="d", type="nominal"),
    }
    if plan.many:
        names = tuple(each.name for each in plan.series)
        encoding["color"] = alt.Color(
            field="s",
            type="nominal",
            sort=None,
            scale=alt.Scale(domain=list(names), range=colours(names, OTHERS)),
            legend=alt.Legend(
                orient="top",
                columns=_columns(names),
                title=None,
                offset=UNDER if lying or not plan.y_title else OVER,
            ),
        )
        if plan.kind in {ChartKind.BAR, ChartKind.BAR_HORIZONTAL}:
            offset = alt.YOffset if lying else alt.XOffset
            encoding[f"{across}Offset"] = offset(
                field="s", type="nominal", sort=None, scale=alt.Scale(domain=list(names))
            )
    if plan.kind in LINES:
        return _lines(plan), encoding
    return _bars(plan, lying=lying), encoding


def _bars(plan: Plan, *, lying: bool) -> "list[alt.Chart]":
    import altair as alt  # noqa: PLC0415 - as above

    colour = alt.Undefined if plan.many else colours(("one",), OTHERS)[0]
    if plan.kind is ChartKind.STACKED_BAR:
        # A thin white line keeps neighbours apart where their colours are alike.
        return [alt.Chart().mark_bar(cornerRadiusEnd=0, stroke="#FFFFFF", strokeWidth=0.8)]
    layers = [alt.Chart().mark_bar(color=colour)]
    if written_beside(plan):
        text = (
            alt.Chart().mark_text(align="left", baseline="middle", dx=5, color=SOFT)
            if lying
            else alt.Chart().mark_text(align="center", baseline="bottom", dy=-4, color=SOFT)
        )
        layers.append(text.encode(text=alt.Text(field="t", type="nominal")))
    return layers


def _lines(plan: Plan) -> "list[alt.Chart]":
    import altair as alt  # noqa: PLC0415 - as above

    colour = alt.Undefined if plan.many else colours(("one",), OTHERS)[0]
    stacked = plan.kind is ChartKind.AREA and plan.many
    seen = 1 if len(plan.labels) <= MOST_POINTS and not stacked else 0
    point = alt.Chart().mark_point(
        filled=True, size=42, opacity=seen, color=colour, stroke="#FFFFFF", strokeWidth=1
    )
    if plan.kind is ChartKind.AREA:
        opacity = 0.85 if plan.many else 0.3
        edge: bool | alt.OverlayMarkDef = (
            False if plan.many else alt.OverlayMarkDef(color=colour, strokeWidth=2)
        )
        return [alt.Chart().mark_area(color=colour, opacity=opacity, line=edge), point]
    line = alt.Chart().mark_line(
        color=colour, strokeWidth=2.25, strokeJoin="round", invalid="break-paths-show-domains"
    )
    return [line, point]


def _round(plan: Plan) -> "tuple[list[alt.Chart], dict[str, Any]]":
    import altair as alt  # noqa: PLC0415 - as above

    inner = 88 if plan.kind is ChartKind.DONUT else 0
    names = tuple(row["s"] for row in rows(plan))
    arc = alt.Chart().mark_arc(
        innerRadius=inner, outerRadius=145, stroke="#FFFFFF", strokeWidth=1.5
    )
    return [arc], {
        "theta": alt.Theta(field="y", type="quantitative", stack=True),
        "order": alt.Order(field="o", type="quantitative"),
        "color": alt.Color(
            field="s",
            type="nominal",
            sort=None,
            scale=alt.Scale(domain=list(names), range=colours(names, OTHERS)),
            legend=alt.Legend(
                orient="right",
                title=None,
                labelLimit=260,
                offset=24,
                rowPadding=8,
                labelFontSize=13,
                legendY=100,
            ),
        ),
        "tooltip": alt.Tooltip(field="d", type="nominal"),
        "description": alt.Description(field="d", type="nominal"),
    }


def _across(plan: Plan, *, lying: bool) -> Any:
    import altair as alt  # noqa: PLC0415 - as above

    channel = alt.Y if lying else alt.X
    if plan.kind in LINES and plan.axis is Axis.TIME:
        found = ticks(plan.moments, plan.grain)
        values = [int(at.timestamp() * 1000) for at in found.at]
        axis = alt.Axis(
            values=values,
            format=found.format,
            title=found.title or None,
            grid=False,
            labelFlush=True,
            labelOverlap="greedy",
            domain=True,
            domainColor=EDGE,
        )
        return channel(field="x", type="temporal", axis=axis, scale=alt.Scale(type="utc"))
    if plan.kind in LINES and plan.axis is Axis.NUMBERS:
        axis = alt.Axis(title=plan.x_title, grid=False, labelExpr=_expression(plan.positions))
        scale = alt.Scale(zero=False, nice=False)
        return channel(field="x", type="quantitative", axis=axis, scale=scale)
    room = WIDEST if lying else max((WIDTH - 90) // len(plan.labels) - 4, 24)
    tight = (
        not lying
        and plan.axis is not Axis.TIME
        and any(7 * cell_len(label) > 2 * room for label in plan.labels)
    )
    axis = alt.Axis(
        title=None if plan.axis is Axis.TIME or lying else plan.x_title,
        grid=False,
        labelAngle=-40 if tight else 0,
        labelLimit=WIDEST
        if lying
        else 110
        if tight
        else alt.Undefined
        if plan.axis is Axis.TIME
        else max(room, 40),
        labelOverlap="greedy" if plan.axis is Axis.TIME else False,
        domain=not lying and plan.lowest >= 0,
        domainColor=EDGE,
        labelColor=INK if lying else SOFT,
    )
    return channel(field="x", type="nominal", sort=None, axis=axis)


def _up(plan: Plan, *, lying: bool) -> Any:
    import altair as alt  # noqa: PLC0415 - as above

    values = [value for value in plan.figures() if value is not None]
    stacked = plan.kind is ChartKind.STACKED_BAR or (plan.kind is ChartKind.AREA)
    zero = plan.kind not in LINES or plan.kind is ChartKind.AREA
    zero = zero or min(values) < FLAT * max(values)
    expression: Any = (
        {"format": ".2~%"}
        if plan.fraction
        else {"labelExpr": _expression(values, sums=len(plan.series) if stacked else 1)}
    )
    if plan.lowest < 0:
        zero_line = {"test": ZERO, "value": SOFT}
        expression["gridColor"] = {"condition": zero_line, "value": FAINT}
    if lying:
        bare = written_beside(plan)
        axis: Any = alt.Axis(title=plan.y_title or None, tickCount=5, **expression)
        if bare:
            axis = alt.Axis(title=plan.y_title or None, labels=False, grid=False)
        channel: Any = alt.X
    else:
        # The title lies above the axis: nobody needs to turn their head.
        axis = alt.Axis(
            title=plan.y_title or None,
            tickCount=5,
            titleAngle=0,
            titleAlign="left",
            titleAnchor="end",
            titleBaseline="bottom",
            titleX=0,
            titleY=-10,
            **expression,
        )
        channel = alt.Y
    scale = alt.Scale(zero=zero, nice=True)
    if written_beside(plan):
        scale = alt.Scale(domain=[0, max(values) * ROOM or 1], nice=False)
    return channel(
        field="y",
        type="quantitative",
        axis=axis,
        scale=scale,
        stack="zero" if stacked and plan.many else None,
    )


def _expression(values: Sequence[float | None], *, sums: int = 1) -> str:
    known = [abs(value) for value in values if value is not None]
    return SHORT if sums * max(known) >= BIG else LONG


def _lying(plan: Plan) -> bool:
    if plan.kind is ChartKind.STACKED_BAR and plan.axis is Axis.CATEGORIES:
        return not stands(plan)
    return plan.kind is ChartKind.BAR_HORIZONTAL


def _height(plan: Plan) -> int:
    if not _lying(plan):
        return HEIGHT
    bars = len(plan.labels)
    if plan.kind is ChartKind.BAR_HORIZONTAL:
        bars *= max(1, round(0.7 * len(plan.series)))
    return max(MARGIN + THIN * bars, min(HEIGHT, MARGIN + THICK * bars))


def _columns(names: tuple[str, ...]) -> int:
    """Return how many of *names* stand side by side in a legend."""
    longest = max(min(7 * cell_len(name), 180) for name in names) + 40
    return max(1, min(len(names), (WIDTH - 40) // longest))
