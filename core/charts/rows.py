"""The rows of data inside a chart's specification."""

from datetime import datetime
from typing import Any

from core.charts.columns import NONE
from core.charts.moments import missing, told
from core.charts.plan import Axis, Plan, Series
from core.charts.records import ChartKind
from core.charts.theme import written

ROUND = frozenset({ChartKind.PIE, ChartKind.DONUT})
LINES = frozenset({ChartKind.LINE, ChartKind.AREA})


MOST_WRITTEN = 12
"""Up to so many standing bars have their values written above them."""


INHERITED = frozenset(
    {"constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString"}
    | {"toString", "valueOf", "__proto__", "__defineGetter__", "__defineSetter__"}
    | {"__lookupGetter__", "__lookupSetter__"}
)
"""What every object of JavaScript has: Vega looks texts up in objects, and trips over these."""


def harmless(plan: Plan) -> Plan:
    """Return the plan with a space behind each text that Vega would take for a part of itself."""
    return plan._replace(
        labels=tuple(map(aside, plan.labels)),
        series=tuple(Series(aside(each.name), each.values) for each in plan.series),
        x_title=aside(plan.x_title),
        y_title=aside(plan.y_title),
    )


def aside(text: str) -> str:
    """Return *text*, with a space behind it if it is one of those."""
    return f"{text} " if text in INHERITED else text


def written_beside(plan: Plan) -> bool:
    """Tell whether each bar has its value beside it."""
    if plan.many or plan.lowest < 0:
        return False
    if plan.kind is ChartKind.BAR:
        return len(plan.labels) <= MOST_WRITTEN
    return plan.kind is ChartKind.BAR_HORIZONTAL


def rows(plan: Plan) -> list[dict[str, Any]]:
    """Return the data: place `x`, value `y`, series `s`; as people read them, `t` and `d`.

    `t` is the value alone and stands beside a bar; `d` is the whole point in one line, for
    pointers and for screen readers.
    """
    labels = _labels(plan)
    if plan.kind in ROUND:
        return _slices(plan, labels)
    found = [row for series in plan.series for row in _points(plan, series, labels)]
    if plan.kind in LINES and plan.axis is Axis.TIME:
        found.sort(key=lambda row: str(row["x"]))
    return found


def _points(plan: Plan, series: Series, labels: list[str]) -> list[dict[str, Any]]:
    places: tuple[Any, ...] = tuple(labels)
    timed = plan.kind in LINES and plan.axis is Axis.TIME
    if timed:
        places = tuple(_utc(at) for at in plan.moments)
    elif plan.kind in LINES and plan.axis is Axis.NUMBERS:
        places = plan.positions
    name = {"s": series.name} if plan.many else {}
    found, beside = [], written_beside(plan)
    for x, label, value in zip(places, labels, series.values, strict=True):
        text = written(value, fraction=plan.fraction) or NONE
        whole = f"{label}, {series.name}: {text}" if plan.many else f"{label}: {text}"
        found.append({"x": x, "y": value, **name, "d": whole})
        if beside:
            found[-1]["t"] = text
    if timed and plan.kind is ChartKind.LINE and not plan.thinned:
        known = [
            at for at, value in zip(plan.moments, series.values, strict=True) if value is not None
        ]
        gaps = missing(known, plan.grain)
        found += [{"x": _utc(at), "y": None, **name, "d": ""} for at in gaps]
    return found


def _slices(plan: Plan, labels: list[str]) -> list[dict[str, Any]]:
    values = [value or 0 for value in plan.series[0].values]
    whole = sum(values)
    found = []
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        part = f"{100 * value / whole:.1f}".removesuffix(".0") + "%"
        text = written(value, fraction=plan.fraction)
        both = part if text in {part, part[:-1]} else f"{text} ({part})"
        found.append({"s": f"{label}  {part}", "y": value, "o": at, "d": f"{label}: {both}"})
    return found


def _labels(plan: Plan) -> list[str]:
    if plan.axis is Axis.TIME:
        return [told(at, plan.grain) for at in plan.moments]
    return list(plan.labels)


def _utc(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
