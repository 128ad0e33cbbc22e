"""Results brought into the form that charts read: times of two columns made one, pivots undone."""

import re
from collections.abc import Sequence

from core.charts.columns import Column
from core.charts.moments import NAMED, WEEKDAYS, Grain, moment, months

FEWEST = 3
"""Columns of times that make a pivot."""
MOST_CELLS = 10_000

_PERIOD = re.compile(rf"{NAMED}|q[1-4]|{WEEKDAYS}", re.IGNORECASE)
"""Names of columns that a pivot makes, beside those that are times themselves."""


def recast(columns: Sequence[Column]) -> list[Column]:
    """Return the columns, fit to be looked at one by one."""
    return _unpivoted(_joined(columns))


def _joined(columns: Sequence[Column]) -> list[Column]:
    """Return the columns, one of years and one of months or quarters made one of times."""
    years = [each for each in columns if each.moments and each.moments.grain is Grain.YEAR]
    for quarters, word in ((False, "month"), (True, "quarter")):
        parts = [each for each in columns if each.words == (word,) and each.moments is None]
        if len(years) == 1 and len(parts) == 1:
            year, part = years[0], parts[0]
            found = months(year.values, part.values, quarters=quarters)
            if found is None:
                continue
            both = Column(part.name, "date", [at and at.date().isoformat() for at in found.at])
            both.__dict__["moments"] = found
            return [both, *(each for each in columns if each is not year and each is not part)]
    return list(columns)


def _unpivoted(columns: list[Column]) -> list[Column]:
    """Return names, periods and values of a result that has a column for each period."""
    periods = [each for each in columns if each.numeric and _period(each.name)]
    others = [each for each in columns if each not in periods]
    if len(periods) < FEWEST or len(others) != 1 or not others[0].category:
        return columns
    count = len(others[0].values)
    if others[0].distinct < count or count * len(periods) > MOST_CELLS:
        return columns
    names = [value for value in others[0].values for _ in periods]
    return [
        Column("period", "text", [each.name for _ in range(count) for each in periods]),
        Column(others[0].name, others[0].type, names),
        Column("value", "number", [each.values[at] for at in range(count) for each in periods]),
    ]


def _period(name: str) -> bool:
    return bool(_PERIOD.fullmatch(name.strip())) or moment(name) is not None
