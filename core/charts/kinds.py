"""Which kind of chart a plan makes, and whether the kind that was asked for can be drawn."""

import re
from collections.abc import Callable

from rich.cells import cell_len

from core.charts.errors import ChartUnfit
from core.charts.plan import Axis, Plan
from core.charts.records import ChartKind
from core.charts.thinning import (
    MOST_BARS,
    fewer_labels,
    fewer_points,
    fewer_series,
    fewer_slices,
    sorted_labels,
)

ROOM = 96
"""Signs that fit side by side under upright bars."""
MOST_UPRIGHT = 12
"""Bars that stand; more of them lie, where they have no order."""
FEW_SLICES = 6
FEW_PERIODS = 6
"""Times over which stacks are compared more easily than lines."""
MOST_TIMES = 100
"""Bars along a time; beyond it only a line can be read."""
MOST_GROUPED = 48
"""Bars of all groups together."""
WHOLE = ((99.0, 101.0), (0.99, 1.01))
"""What shares add up to, in percent or of one."""

_PARTS = re.compile(
    r"\b(share|percent\w*|proportion|parts?|mix|split|breakdown|composition|distribution|made up"
    r"|pie|donut|doughnut)\b|%",
    re.IGNORECASE,
)


def fitted(plan: Plan, asked: ChartKind | None, title: str | None) -> Plan:
    """Return the plan with its kind, and of its labels, series and points what has room.

    Raises:
        ChartUnfit: the kind that was asked for makes no sense here.
    """
    kind = asked or _natural(plan, title)
    return _FITS[kind](plan._replace(kind=kind))


def _natural(plan: Plan, title: str | None) -> ChartKind:
    if plan.axis is Axis.TIME:
        if plan.many and _stacks(plan) and plan.s_title and len(plan.labels) <= FEW_PERIODS:
            return ChartKind.STACKED_BAR
        return ChartKind.BAR if len(plan.labels) == 2 else ChartKind.LINE  # noqa: PLR2004 - two points make no line
    if plan.axis is Axis.NUMBERS and len(plan.labels) > MOST_BARS:
        return ChartKind.LINE
    if plan.many and plan.s_title and _stacks(plan):
        return ChartKind.STACKED_BAR
    if not plan.many and _parts(plan, title):
        return ChartKind.DONUT
    return ChartKind.BAR if stands(plan) else ChartKind.BAR_HORIZONTAL


def _stacks(plan: Plan) -> bool:
    return plan.additive and plan.lowest >= 0


def stands(plan: Plan) -> bool:
    """Tell whether the labels fit side by side below the bars."""
    if plan.axis is Axis.TIME:
        return True
    count = len(plan.labels)
    longest = max(cell_len(label) for label in plan.labels) + 2
    if plan.axis is Axis.CATEGORIES and count > MOST_UPRIGHT:
        return False
    return longest * count <= ROOM


def _parts(plan: Plan, title: str | None) -> bool:
    values = plan.series[0].values
    if not 2 <= len(values) <= FEW_SLICES or plan.axis is not Axis.CATEGORIES:  # noqa: PLR2004 - one part is no part
        return False
    if any(value is None or value <= 0 for value in values):
        return False
    total = sum(value or 0 for value in values)
    named = bool(_PARTS.search(f"{title or ''} {plan.y_title.replace('_', ' ')}"))
    if not named:
        return False
    return plan.additive or any(low <= total <= high for low, high in WHOLE)


def _line(plan: Plan) -> Plan:
    if plan.axis is Axis.CATEGORIES:
        raise ChartUnfit(
            f"A {plan.kind.value} needs times or numbers along its axis, and {plan.x_title} has "
            "no order; bar or bar_horizontal would work"
        )
    if plan.kind is ChartKind.AREA and plan.many and not _stacks(plan):
        raise ChartUnfit(
            "Areas of several series are stacked, and these values cannot be added up; "
            "line would work"
        )
    plan = fewer_series(plan, add_up=plan.kind is ChartKind.AREA)
    return fewer_points(plan)


def _bar(plan: Plan) -> Plan:
    plan = fewer_series(plan, add_up=False)
    most = max(MOST_GROUPED // len(plan.series), 4) if plan.many else MOST_BARS
    return _ranked(plan, min(most, MOST_BARS))


def _stacked(plan: Plan) -> Plan:
    if not plan.many:
        raise ChartUnfit(
            "Bars are stacked of several series, and the result has one; bar would work, or a "
            "second column of names, or several measures"
        )
    if not plan.additive:
        raise ChartUnfit(
            f"{plan.y_title or 'These measures'} cannot be added up, and stacks do; "
            "bar or line would work"
        )
    return _ranked(fewer_series(plan, add_up=True), MOST_BARS)


def _ranked(plan: Plan, most: int) -> Plan:
    if plan.axis in {Axis.TIME, Axis.NUMBERS}:
        if len(plan.labels) > MOST_TIMES:
            raise ChartUnfit(
                f"{len(plan.labels):,} bars side by side cannot be read; line would work"
            )
        return plan
    return fewer_labels(plan if plan.axis is Axis.ORDER else sorted_labels(plan), most)


def _round(plan: Plan) -> Plan:
    if plan.many:
        raise ChartUnfit(
            f"A {plan.kind.value} shows one measure; stacked_bar shows the parts of several"
        )
    if plan.lowest < 0:
        raise ChartUnfit(f"A {plan.kind.value} cannot show negative values; bar would work")
    values = plan.series[0].values
    if not plan.additive and not any(
        low <= sum(value or 0 for value in values) <= high for low, high in WHOLE
    ):
        raise ChartUnfit(f"The values of {plan.y_title} are no parts of a whole; bar would work")
    kept = [at for at, value in enumerate(values) if value]
    if len(kept) < 2:  # noqa: PLR2004 - one part is the whole
        raise ChartUnfit(f"A {plan.kind.value} needs at least two values above zero")
    if gone := len(values) - len(kept):
        plan = plan.picked(kept).noted(f"{gone:,} without a value")
    if plan.axis is Axis.CATEGORIES:
        plan = sorted_labels(plan)
    return fewer_slices(plan)


_FITS: dict[ChartKind, Callable[[Plan], Plan]] = {
    ChartKind.LINE: _line,
    ChartKind.AREA: _line,
    ChartKind.BAR: _bar,
    ChartKind.BAR_HORIZONTAL: _bar,
    ChartKind.STACKED_BAR: _stacked,
    ChartKind.PIE: _round,
    ChartKind.DONUT: _round,
}
