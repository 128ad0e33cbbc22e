"""Which columns of a result make the axis, the series and the measures of its chart."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from core.charts.columns import SHARES, Column, Unit, plain
from core.charts.errors import ChartUnfit
from core.charts.moments import NAMED, WEEKDAYS, Grain
from core.charts.order import TELLING
from core.charts.wishes import Wishes

ALIKE = 10.0
"""How many times greater one measure may be than another on the same axis."""
ASKED_ALIKE = 50.0
"""The same, where both were asked for."""
MOST_MEASURES = 4
MOST_COLUMNS = 16
"""A wider result is a listing of things, not an answer to a question, unless columns are asked."""
NEARLY = 0.8
"""Where so many labels differ, the others are things of the same name."""

_NAMES = re.compile(
    rf"{WEEKDAYS}|{NAMED}"
    r"|urgent|high(est)?|medium|normal|low(est)?|critical|small|large|[xsml]{1,3}l?|q[1-4]"
    r"|[<>≤≥]?=?\s*[$€£]?\d[\d.,]*\s*([-–+]|to|and|\D{0,3}$).*",  # noqa: RUF001 - people write it
    re.IGNORECASE,
)
"""Labels that stand in an order of their own: days, months, priorities, sizes, ranges."""


class Shape(NamedTuple):
    """The columns of a chart."""

    x: Column
    measures: tuple[Column, ...]
    series: Column | None = None
    """Whose labels make the series, where the result is in long form."""
    time: bool = False
    ordered: bool = False
    summed: bool = False
    """Whether several rows fall on one label and are added up."""


def shape(
    columns: Sequence[Column], wishes: Wishes, title: str | None, by: str | None = None
) -> Shape:
    """Return the columns that a chart is made of.

    Args:
        columns: the result's.
        wishes: what was asked for by name.
        title: what was asked; measures that it names come first.
        by: the column that the rows are sorted by, in lower case, where that is known.

    Raises:
        ChartUnfit: no chart says what this result says; the message tells what would.
    """
    if len(columns) > MOST_COLUMNS and not (wishes.x or wishes.y):
        raise ChartUnfit("The result has many columns; name those to draw, as x and y")
    measures = wishes.y or tuple(each for each in columns if each.measure and each is not wishes.x)
    x = wishes.x or _across(columns, wishes.y)
    if not measures or x is None:
        # Of numbers alone, the first may say where and the others how much.
        x, measures = _of_numbers(columns, wishes, x, measures)
    if not wishes.any:
        _refuse_listing(columns, x)
    series, summed = _apart(columns, wishes, x, measures)
    if series is not None and wishes.x is None and _swaps(x, series):
        x, series = series, x
    # Rows that are sorted by what they are called fall in a measure by chance.
    ranked = (
        x.moments is None
        and not x.ordered
        and by in {None, *(each.name.lower() for each in measures)}
    )
    main = _together(wishes.y) if wishes.y else _alike(measures, title, by, ranked=ranked)
    if series is not None and len(wishes.y) > 1:
        raise ChartUnfit(
            f"Rows of one {plain(x.name)} are told apart by {plain(series.name)}; draw one measure "
            f"at a time, or group by {plain(x.name)} alone"
        )
    if series is not None or (summed and not wishes.y):
        main = main[:1]
    if summed:
        _refuse_sums(x, main)
    time = x.moments is not None
    ordered = not time and (x.ordered or (x.numeric and not x.identifier) or _in_order(x))
    return Shape(x, main, series, time, ordered, summed)


def _across(columns: Sequence[Column], measured: Sequence[Column]) -> Column | None:
    """Return the column that says where: times, an order, names, in the end ids."""
    able = [
        each
        for each in columns
        if each not in measured and (each.category or each.ordered or each.moments is not None)
    ]
    varied = [each for each in able if each.distinct > 1]
    times = [each for each in varied if each.moments is not None]
    names = [
        each for each in varied if each.category and not each.identifier and each.moments is None
    ]
    orders = [each for each in varied if each.ordered]
    if times:
        whole = [each for each in names if _unique(each)]
        before = whole and columns.index(whole[0]) < columns.index(times[0])
        if not before:
            return times[0]
    unique = [each for each in names if _unique(each)]
    if unique:
        return unique[0]
    if orders and (not names or columns.index(orders[0]) < columns.index(names[0])):
        return orders[0]
    ids = [each for each in varied if each.identifier and each.category]
    found = max(names, key=lambda each: each.distinct, default=None)
    if found is None or (not orders and ids and _unique(ids[0]) and not _unique(found)):
        return next((each for each in (*orders, *ids) if each is not found), found)
    return found


def _of_numbers(
    columns: Sequence[Column], wishes: Wishes, x: Column | None, measures: tuple[Column, ...]
) -> tuple[Column, tuple[Column, ...]]:
    numbers = [each for each in columns if each.numeric]
    if not numbers:
        raise ChartUnfit("The result has no numbers to draw; a table shows it")
    if not measures:
        # The count of a rating is a measure, though its name might be an order's.
        measures = tuple(each for each in numbers if each is not x and each.ordered)[-1:]
    if x is None and measures:
        first = next((each for each in numbers if each not in wishes.y), None)
        rest = tuple(each for each in measures if each is not first)
        if first and rest and first.type == "integer" and _unique(first):
            return first, rest
    if x is None or not measures:
        raise ChartUnfit(
            "A chart needs a column of names or times and one of amounts; a table shows the rest"
        )
    return x, measures


def _refuse_listing(columns: Sequence[Column], x: Column) -> None:
    """Single orders, each with its id and its moment, are read as a table."""
    if x.moments and x.moments.grain <= Grain.DAY:
        for each in columns:
            if each.identifier and each.distinct == len(each.values):
                raise ChartUnfit("The result lists single rows; group them, or name x and y")


def _apart(
    columns: Sequence[Column], wishes: Wishes, x: Column, measures: Sequence[Column]
) -> tuple[Column | None, bool]:
    """Return what tells rows of one label apart, and whether they are added up instead."""
    if _unique(x):
        return None, False
    able = [
        each
        for each in columns
        if each is not x
        and each not in measures
        and (each.category or each.ordered or each.moments is not None)
        and each.distinct > 1
        and not (each.identifier and each.numeric)
    ]
    for each in sorted(able, key=lambda each: each.distinct):
        if len(set(zip(_keys(x), each.labels, strict=True))) == len(x.values):
            return each, False
    if x.moments is None and not wishes.x and x.distinct >= NEARLY * len(x.values):
        return None, False
    if not wishes.any:
        raise ChartUnfit("Several rows fall on one label; group them first")
    return None, True


def _refuse_sums(x: Column, measures: Sequence[Column]) -> None:
    for measure in measures:
        if not measure.additive:
            raise ChartUnfit(
                f"Several rows have the same {plain(x.name)}, and {plain(measure.name)} cannot be "
                f"added up; group by {plain(x.name)} in SQL first"
            )


def _swaps(x: Column, series: Column) -> bool:
    """Tell whether the two change places: times and the longer list stand on the axis."""
    if (x.moments is None) != (series.moments is None):
        return x.moments is None
    if x.moments is not None:
        return False
    if x.ordered != series.ordered:
        return series.ordered
    return series.distinct > x.distinct


def _together(asked: tuple[Column, ...]) -> tuple[Column, ...]:
    largest = [each.largest for each in asked if each.largest]
    if len(asked) > 1 and largest and max(largest) > ASKED_ALIKE * min(largest):
        named = ", ".join(plain(each.name) for each in asked)
        raise ChartUnfit(f"{named} are of too different scales for one axis; draw one at a time")
    return asked


def _alike(
    measures: Sequence[Column], title: str | None, by: str | None, *, ranked: bool
) -> tuple[Column, ...]:
    """Return the main measure, and behind it those that share its axis: of its unit and scale."""
    filled = [each for each in measures if any(value is not None for value in each.figures)]
    if not filled:
        raise ChartUnfit("The result's numbers are all NULL")
    said = {_stem(word) for word in re.split(r"[\W_]+", (title or "").lower()) if word}
    scores = {each: _mentioned(each, said) for each in filled}
    best = max(scores.values())
    able = [each for each in filled if scores[each] == best]
    main = next((each for each in able if by and each.name.lower() == by), None)
    if main is None:
        main = (_falling(able, ranked=ranked) if best == 0 else None) or able[0]
    same = [
        each
        for each in able
        if each is main
        or (
            each.unit is main.unit
            # Of what counts we know not what, only the name says whether it is the same.
            and (main.unit is not Unit.OTHER or each.words[-1:] == main.words[-1:])
            and each.additive == main.additive
            and 1 / ALIKE <= (each.largest or 1) / (main.largest or 1) <= ALIKE
        )
    ]
    same.sort(key=lambda each: each is not main)
    return tuple(same) if len(same) <= MOST_MEASURES or main.unit is Unit.OTHER else (main,)


def _mentioned(column: Column, said: set[str]) -> float:
    named = sum(_stem(word) in said for word in column.words) / max(len(column.words), 1)
    # Who asks for a share is answered by the column that holds one, whatever its name.
    return named + (1.5 if column.unit is Unit.SHARE and said & SHARES else 0)


def _stem(word: str) -> str:
    return word.removesuffix("s")


def _falling(measures: Sequence[Column], *, ranked: bool) -> Column | None:
    """Return the measure that the result seems sorted by: then it is what was asked about."""
    falling = []
    for each in measures:
        known = [value for value in each.figures if value is not None]
        falls = all(one >= next for one, next in pairwise(known))
        # Two along a time fall by chance as often as not.
        if falls and len(known) > (1 if ranked else 2) and known[0] > known[-1]:
            falling.append(each)
    if len(falling) > 1 and len(falling[0].values) == 2:  # noqa: PLR2004 - two fall in much
        telling = (each for each in falling if TELLING.intersection(each.words))
        return next(telling, falling[0])
    return next(iter(falling), None)


def _in_order(column: Column) -> bool:
    return all(_NAMES.fullmatch(text) for text in column.labels if text != "(none)")


def _keys(column: Column) -> Sequence[object]:
    return column.moments.at if column.moments else column.labels


def _unique(column: Column) -> bool:
    return len(set(_keys(column))) == len(column.values)
