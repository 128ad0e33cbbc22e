"""What a chart draws, before it is said in any format: labels, and series of numbers over them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from core.charts.moments import Grain
from core.charts.records import ChartKind

OTHERS = "Others"
"""The series or slice that adds up what had no room."""


class Axis(StrEnum):
    """How the labels stand along the axis."""

    CATEGORIES = "categories"
    """In no order but the one that is given."""
    ORDER = "order"
    """In an order of their own: hours, ratings, names of months."""
    NUMBERS = "numbers"
    """Ordered and evenly measured."""
    TIME = "time"


class Series(NamedTuple):
    """One line, or the bars of one colour; a value for each label, None where there is none."""

    name: str
    values: tuple[float | None, ...]


class Plan(NamedTuple):
    """All that a picture shows."""

    kind: ChartKind
    axis: Axis
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    x_title: str
    y_title: str
    s_title: str = ""
    """What the series are; empty where they are measures."""
    moments: tuple[datetime, ...] = ()
    """One for each label where the axis is time, sorted."""
    grain: Grain = Grain.DAY
    positions: tuple[float, ...] = ()
    """One for each label where the axis is numbers, sorted."""
    fraction: bool = False
    """Whether values are shares of one, said as percent."""
    additive: bool = True
    thinned: bool = False
    """Whether points are missing that the result has."""
    notes: tuple[str, ...] = ()

    @property
    def many(self) -> bool:
        """Whether there are several series."""
        return len(self.series) > 1

    @property
    def lowest(self) -> float:
        """The least of all values."""
        return min((value for value in self.figures() if value is not None), default=0.0)

    def figures(self) -> list[float | None]:
        """Return the values of all series."""
        return [value for each in self.series for value in each.values]

    def picked(self, at: Sequence[int]) -> "Plan":
        """Return the plan with these labels alone, in this order."""
        return self._replace(
            labels=tuple(self.labels[each] for each in at),
            moments=tuple(self.moments[each] for each in at) if self.moments else (),
            positions=tuple(self.positions[each] for each in at) if self.positions else (),
            series=tuple(
                Series(each.name, tuple(each.values[i] for i in at)) for each in self.series
            ),
        )

    def noted(self, note: str) -> "Plan":
        """Return the plan, saying this besides."""
        return self._replace(notes=(*self.notes, note))


def contract(plan: Plan) -> dict[str, Any]:
    """Return the contract's chart JSON (analyst-api.md, "Charts").

    `{values: [{label, value}], x_axis_label?, y_axis_label?}`; pie and donut
    `{values: [{text, value}]}`; several series `{series: [{name, values}], …}`.
    """
    if plan.kind in {ChartKind.PIE, ChartKind.DONUT}:
        return {"values": _values(plan, plan.series[0], "text")}
    axes = {"x_axis_label": plan.x_title, "y_axis_label": plan.y_title}
    axes = {key: title for key, title in axes.items() if title}
    if not plan.many:
        return {"values": _values(plan, plan.series[0], "label"), **axes}
    series = [{"name": each.name, "values": _values(plan, each, "label")} for each in plan.series]
    return {"series": series, **axes}


def _values(plan: Plan, series: Series, key: str) -> list[dict[str, Any]]:
    return [
        {key: label, "value": value}
        for label, value in zip(plan.labels, series.values, strict=True)
    ]
