"""The rows of data inside a chart's specification."""

from datetime import datetime
from typing import Any

from core.charts.moments import missing, told
from core.charts.plan import Axis, Plan, Series
from core.charts.records import ChartKind
from core.charts.theme import written

ROUND = frozenset({ChartKind.PIE, ChartKind.DONUT})
LINES = frozenset({ChartKind.LINE, ChartKind.AREA})


def rows(plan: Plan) -> list[dict[str, Any]]:
    """Return the data: `x` and `y`, `s` the series, `l` and `t` both as people read them."""
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
    found = [
        {"x": x, "y": value, **name, "l": label, "t": written(value, fraction=plan.fraction)}
        for x, label, value in zip(places, labels, series.values, strict=True)
    ]
    if timed and plan.kind is ChartKind.LINE and not plan.thinned:
        known = [
            at for at, value in zip(plan.moments, series.values, strict=True) if value is not None
        ]
        gaps = missing(known, plan.grain)
        found += [{"x": _utc(at), "y": None, **name, "l": "", "t": ""} for at in gaps]
    return found


def _slices(plan: Plan, labels: list[str]) -> list[dict[str, Any]]:
    values = [value or 0 for value in plan.series[0].values]
    whole = sum(values)
    found = []
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        part = f"{100 * value / whole:.1f}".removesuffix(".0") + "%"
        text = written(value, fraction=plan.fraction)
        told = part if text == part else f"{text} ({part})"
        found.append({"s": f"{label}  {part}", "y": value, "o": at, "l": label, "t": told})
    return found


def _labels(plan: Plan) -> list[str]:
    if plan.axis is Axis.TIME:
        return [told(at, plan.grain) for at in plan.moments]
    return list(plan.labels)


def _utc(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
