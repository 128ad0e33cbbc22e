"""Where the labels of a time axis stand, and how they are written."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from core.charts.moments import Grain

MOST = 8
MOST_MONTHS = 12
"""Of one year: their names alone are short."""
FEWEST = 2
EVEN = 0.8
"""How much of the usual distance the least may be."""
OF_A_QUARTER, OF_A_YEAR = 3, 12
"""Months."""


class Ticks(NamedTuple):
    """The times that are labelled, their d3-time-format, and what holds for all of them."""

    at: tuple[datetime, ...]
    format: str
    title: str = ""


class _Step(NamedTuple):
    grain: Grain
    size: int
    """Hours, days, months or years."""


_STEPS = (
    *(_Step(Grain.INSTANT, size) for size in (1, 3, 6, 12)),
    *(_Step(Grain.DAY, size) for size in (1, 2, 7, 14)),
    *(_Step(Grain.MONTH, size) for size in (1, 2, 3, 6)),
    *(_Step(Grain.YEAR, size) for size in (1, 2, 5, 10, 20, 50, 100, 200)),
)


def ticks(moments: Sequence[datetime], grain: Grain) -> Ticks:
    """Return the labels for sorted *moments*: those themselves, if they are few."""
    first, last = moments[0], moments[-1]
    one_year = first.year == last.year and grain is Grain.MONTH
    if len(moments) <= (MOST_MONTHS if one_year else MOST) and grain >= Grain.DAY:
        even = _even(moments)
        if even:
            return Ticks(tuple(moments), _format(grain, moments), _title(grain, moments))
    least = {Grain.WEEK: Grain.DAY, Grain.QUARTER: Grain.MONTH}.get(grain, grain)
    for step in _STEPS:
        quarters = grain is Grain.QUARTER and step.grain is Grain.MONTH
        if step.grain < least or (quarters and step.size < OF_A_QUARTER):
            continue
        found = _between(first, last, step, MOST + 1)
        if FEWEST <= len(found) <= MOST:
            shown = Grain.QUARTER if quarters else step.grain
            return Ticks(tuple(found), _format(shown, found), _title(shown, found))
    return Ticks((first, last), _format(grain, (first, last)))


def _between(first: datetime, last: datetime, step: _Step, most: int) -> list[datetime]:
    found: list[datetime] = []
    next = _after(step)
    at = _start(first, step)
    while at <= last and len(found) < most:
        if at >= first:
            found.append(at)
        try:
            at = next(at)
        except (ValueError, OverflowError):
            break
    return found


def _after(step: _Step) -> Callable[[datetime], datetime]:
    match step.grain:
        case Grain.INSTANT:
            return lambda at: at + timedelta(hours=step.size)
        case Grain.DAY:
            return lambda at: at + timedelta(days=step.size)
        case Grain.MONTH:
            return lambda at: _months_on(at, step.size)
        case _:
            return lambda at: at.replace(year=at.year + step.size)


def _start(first: datetime, step: _Step) -> datetime:
    day = first.replace(hour=0, minute=0, second=0, microsecond=0)
    match step.grain:
        case Grain.INSTANT:
            return day
        case Grain.DAY:
            return day
        case Grain.MONTH:
            return day.replace(month=1, day=1)
        case _:
            return datetime(max(first.year - first.year % step.size, 1), 1, 1, tzinfo=UTC)


def _months_on(at: datetime, count: int) -> datetime:
    month = at.month - 1 + count
    return at.replace(year=at.year + month // OF_A_YEAR, month=month % OF_A_YEAR + 1)


def _even(moments: Sequence[datetime]) -> bool:
    """Tell whether labels below each of *moments* would not run into each other."""
    if len(moments) <= FEWEST:
        return True
    steps = [(late - early).total_seconds() for early, late in pairwise(moments)]
    return min(steps) * len(steps) >= sum(steps) * EVEN


def _title(grain: Grain, moments: Sequence[datetime]) -> str:
    same = moments[0].year == moments[-1].year
    return f"{moments[0].year}" if same and grain in {Grain.MONTH, Grain.DAY, Grain.WEEK} else ""


def _format(grain: Grain, moments: Sequence[datetime]) -> str:
    first, last = moments[0], moments[-1]
    same = first.year == last.year
    match grain:
        case Grain.YEAR:
            return "%Y"
        case Grain.QUARTER:
            return "Q%q %Y"
        case Grain.MONTH:
            return "%b" if same else "%b %Y"
        case Grain.WEEK | Grain.DAY:
            return "%-d %b" if same else "%-d %b %Y"
        case Grain.INSTANT:
            return "%H:%M" if first.date() == last.date() else "%-d %b %H:%M"
