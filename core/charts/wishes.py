"""What was asked of a chart: its kind, and which columns it draws."""

from collections.abc import Sequence
from typing import NamedTuple

from core.charts.columns import Column, plain
from core.charts.errors import ChartColumnUnknown, ChartKindUnknown, ChartUnfit
from core.charts.records import ChartKind

MOST_NAMED = 20
"""Columns that a refusal names."""


class Wishes(NamedTuple):
    """What was asked; None and empty where the choice is ours."""

    kind: ChartKind | None
    x: Column | None
    y: tuple[Column, ...]

    @property
    def any(self) -> bool:
        """Whether anything was asked."""
        return bool(self.kind or self.x or self.y)


def read_wishes(
    columns: Sequence[Column],
    kind: ChartKind | str | None,
    x: str | None,
    y: str | Sequence[str] | None,
) -> Wishes:
    """Return what was asked, as columns of this result.

    Raises:
        ChartKindUnknown: there is no such kind.
        ChartColumnUnknown: the result has no such column.
        ChartUnfit: a column to be measured holds no numbers.
    """
    asked = (y,) if isinstance(y, str) else tuple(y or ())
    across = None if x is None else _column(columns, x)
    up = tuple(dict.fromkeys(_column(columns, each) for each in asked))
    if across is not None and across.measure and len(up) == 1 and not up[0].numeric:
        # Of horizontal bars people say it the other way round.
        across, up = up[0], (across,)
    if across is not None and across in up:
        raise ChartUnfit(f"{plain(across.name)} cannot be on both axes")
    for each in up:
        if not each.numeric:
            raise ChartUnfit(f"{plain(each.name)} holds no numbers to draw; {_measures(columns)}")
    return Wishes(_kind(kind), across, up)


def _kind(kind: ChartKind | str | None) -> ChartKind | None:
    if kind is None:
        return None
    try:
        return ChartKind(str(kind).strip().lower().replace("-", "_").replace(" ", "_"))
    except ValueError:
        kinds = ", ".join(each.value for each in ChartKind)
        raise ChartKindUnknown(f"There is no such kind of chart; there are {kinds}") from None


def _column(columns: Sequence[Column], name: str) -> Column:
    for same in (str, str.casefold, _loose):
        for column in columns:
            if same(column.name) == same(name):
                return column
    named = ", ".join(plain(column.name) for column in columns[:MOST_NAMED])
    more = ", …" if len(columns) > MOST_NAMED else ""
    raise ChartColumnUnknown(f"The result has no column {plain(name)}; it has {named}{more}")


def _loose(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _measures(columns: Sequence[Column]) -> str:
    measures = [plain(column.name) for column in columns if column.measure][:MOST_NAMED]
    return f"these do: {', '.join(measures)}" if measures else "no column of the result does"
