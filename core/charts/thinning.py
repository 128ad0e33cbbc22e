"""Charts of what has room: the greatest few, or the points that keep a line's shape; it is said."""

from collections.abc import Sequence

from core.charts.moments import told
from core.charts.plan import OTHERS, Axis, Plan, Series
from core.charts.records import ChartKind

MOST_BARS = 30
MOST_SLICES = 8
MOST_SERIES = 8
MOST_POINTS = 500
"""Of one line; more than a picture has pixels for."""


def fewer_labels(plan: Plan, most: int) -> Plan:
    """Return the plan with its *most* greatest labels, in the order they had."""
    if len(plan.labels) <= most:
        return plan
    kept = sorted(_greatest(plan)[:most])
    return plan.picked(kept).noted(f"top {most} of {len(plan.labels):,}")


def sorted_labels(plan: Plan) -> Plan:
    """Return the plan with the greatest labels first, those without a value last."""
    return plan.picked(_greatest(plan))


def fewer_slices(plan: Plan) -> Plan:
    """Return the plan with the small slices added up, if there are too many."""
    count = len(plan.labels)
    if count <= MOST_SLICES:
        return plan
    order = _greatest(plan)
    kept = plan.picked(order[: MOST_SLICES - 1])
    rest = sum(plan.series[0].values[at] or 0 for at in order[MOST_SLICES - 1 :])
    series = Series(plan.series[0].name, (*kept.series[0].values, rest))
    named = kept.labels
    if plan.axis is Axis.TIME:
        named = tuple(told(at, plan.grain) for at in kept.moments)
    kept = kept._replace(
        labels=(*named, unused(named)),
        series=(series,),
        # The rest is at no moment, and stands at no place.
        axis=Axis.CATEGORIES,
        moments=(),
        positions=(),
    )
    return kept.noted(f"top {MOST_SLICES - 1} of {count:,}, the rest as {OTHERS}")


def fewer_series(plan: Plan, *, add_up: bool) -> Plan:
    """Return the plan with its greatest series; the rest are added up where that makes sense."""
    count = len(plan.series)
    if count <= MOST_SERIES:
        return plan
    order = sorted(
        range(count),
        key=lambda at: -sum(abs(value) for value in plan.series[at].values if value is not None),
    )
    what = f" ({plan.s_title})" if plan.s_title else ""
    if not add_up:
        kept = tuple(plan.series[at] for at in sorted(order[:MOST_SERIES]))
        return plan._replace(series=kept).noted(f"top {MOST_SERIES} of {count:,} series{what}")
    kept = tuple(plan.series[at] for at in sorted(order[: MOST_SERIES - 1]))
    rest = [plan.series[at].values for at in order[MOST_SERIES - 1 :]]
    sums = tuple(_sum(values) for values in zip(*rest, strict=True))
    others = Series(unused([each.name for each in kept]), sums)
    note = f"top {MOST_SERIES - 1} of {count:,} series{what}, the rest as {OTHERS}"
    return plan._replace(series=(*kept, others)).noted(note)


def fewer_points(plan: Plan) -> Plan:
    """Return the plan with the points that keep the shape of its lines."""
    count = len(plan.labels)
    most = max(MOST_POINTS // len(plan.series), MOST_POINTS // 4)
    if count <= most:
        return plan
    across = plan.positions or [each.timestamp() for each in plan.moments] or range(count)
    kept = {0, count - 1}
    for series in plan.series:
        known = [at for at, value in enumerate(series.values) if value is not None]
        points = [(float(across[at]), float(series.values[at] or 0)) for at in known]
        kept.update(known[at] for at in telling(points, most))
    chosen = sorted(kept)
    return plan.picked(chosen)._replace(thinned=True).noted(f"{len(chosen):,} of {count:,} points")


def telling(points: Sequence[tuple[float, float]], most: int) -> list[int]:
    """Return which *most* points keep a line's shape: largest triangle three buckets.

    Sveinn Steinarsson, "Downsampling Time Series for Visual Representation" (2013), 4.2.
    """
    count = len(points)
    if count <= most:
        return list(range(count))
    kept = [0]
    size = (count - 2) / (most - 2)
    for bucket in range(most - 2):
        start, end = int(bucket * size) + 1, int((bucket + 1) * size) + 1
        after = points[end : max(int((bucket + 2) * size) + 1, end + 1)] or points[-1:]
        far_x = sum(x for x, _y in after) / len(after)
        far_y = sum(y for _x, y in after) / len(after)
        near_x, near_y = points[kept[-1]]
        areas = [
            abs((near_x - far_x) * (y - near_y) - (near_x - x) * (far_y - near_y))
            for x, y in points[start:end]
        ]
        kept.append(start + areas.index(max(areas)))
    return [*kept, count - 1]


def unused(names: Sequence[str]) -> str:
    """Return a name for the rest that nothing else has."""
    name = OTHERS
    while name in names:
        name += " …"
    return name


def _greatest(plan: Plan) -> list[int]:
    """Return the places of the labels, the greatest first.

    Sums rank where the series are parts of one measure; else the main measure, the first, ranks:
    what is sold and what it cost add up to nothing.
    """
    parts = plan.s_title or plan.kind is ChartKind.STACKED_BAR
    ranking = plan.series if parts else plan.series[:1]
    sums = [_sum(values) for values in zip(*(each.values for each in ranking), strict=True)]
    known = [at for at, each in enumerate(sums) if each is not None]
    unknown = [at for at, each in enumerate(sums) if each is None]
    return sorted(known, key=lambda at: -(sums[at] or 0)) + unknown


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
