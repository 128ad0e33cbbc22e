"""Times as databases and people write them, and how far apart they stand."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import pairwise
from typing import Any, NamedTuple

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS_OF_A_YEAR, MONTHS_OF_A_QUARTER, DAYS_OF_A_WEEK = 12, 3, 7
LONGEST = 40
"""Signs of a time; what is longer is none."""
TELLING = 3
"""Days that must agree before they are taken for more than days."""
YEARS = range(1000, 3000)
"""Four digits that may be a year."""


class Grain(IntEnum):
    """The unit in which times are told, finest first."""

    INSTANT = 0
    DAY = 1
    WEEK = 2
    MONTH = 3
    QUARTER = 4
    YEAR = 5


class Moments(NamedTuple):
    """A column of times, in UTC; None where the cell was NULL."""

    at: tuple[datetime | None, ...]
    grain: Grain


Found = tuple[datetime, Grain]

NAMED = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
WEEKDAYS = "(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
"""Patterns of the names of months and of weekdays, short and whole."""
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Found]], ...] = (
    (re.compile(r"(\d{4})"), lambda m: (_first(m[1]), Grain.YEAR)),
    (re.compile(r"(\d{4})[-/.](\d{1,2})"), lambda m: (_first(m[1], m[2]), Grain.MONTH)),
    (
        re.compile(r"(\d{4})[- /]?Q([1-4])", re.IGNORECASE),
        lambda m: (_first(m[1], 3 * int(m[2]) - 2), Grain.QUARTER),
    ),
    (
        re.compile(r"Q([1-4])[- /]?(\d{4})", re.IGNORECASE),
        lambda m: (_first(m[2], 3 * int(m[1]) - 2), Grain.QUARTER),
    ),
    (
        re.compile(r"(\d{4})[- ]?W(\d{1,2})", re.IGNORECASE),
        # %W of SQLite counts a week 00 before the first Monday; it lies beside ISO week 01.
        lambda m: (_week(int(m[1]), int(m[2])), Grain.WEEK),
    ),
    (
        re.compile(rf"({NAMED})\.?[- ,]+(\d{{4}})", re.IGNORECASE),
        lambda m: (_first(m[2], 1 + MONTHS.index(m[1][:3].lower())), Grain.MONTH),
    ),
    (
        re.compile(rf"(\d{{4}})[- ]+({NAMED})", re.IGNORECASE),
        lambda m: (_first(m[1], 1 + MONTHS.index(m[2][:3].lower())), Grain.MONTH),
    ),
    (
        re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})"),
        lambda m: (datetime(int(m[1]), int(m[2]), int(m[3]), tzinfo=UTC), Grain.DAY),
    ),
    (
        re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}(:\d{2}.*)?"),
        lambda m: (_instant(m[0]), Grain.INSTANT),
    ),
)


def read(values: Sequence[Any]) -> Moments | None:
    """Return the times that all *values* tell, in one form; None if any tells none."""
    at: list[datetime | None] = []
    grain = Grain.DAY
    first = next((value for value in values if value is not None), None)
    forms = (form for form in range(len(_FORMS)) if moment(first, form) is not None)
    form = next(forms, None)
    if form is None:
        return None
    for value in values:
        if value is None:
            at.append(None)
            continue
        found = moment(value, form)
        if found is None:
            return None
        at.append(found[0])
        grain = found[1]
    return Moments(tuple(at), _coarser(at) if grain <= Grain.DAY else grain)


def moment(value: Any, form: int | None = None) -> Found | None:
    """Return the time that a cell tells, and how exactly; of one *form*, if that is known."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    if len(text) > LONGEST:
        return None
    for known, found in _FORMS if form is None else _FORMS[form : form + 1]:
        if match := known.fullmatch(text):
            try:
                return found(match)
            except (ValueError, OverflowError):
                return None
    return None


def months(years: Sequence[Any], parts: Sequence[Any], *, quarters: bool) -> Moments | None:
    """Return the times that a column of years and one of months, or quarters, tell together."""
    at: list[datetime | None] = []
    most = 4 if quarters else MONTHS_OF_A_YEAR
    for year, part in zip(years, parts, strict=True):
        try:
            start, number = _first(str(year)), int(part)
        except (TypeError, ValueError):
            return None
        if not 1 <= number <= most:
            return None
        at.append(start.replace(month=3 * number - 2 if quarters else number))
    return Moments(tuple(at), Grain.QUARTER if quarters else Grain.MONTH)


def told(at: datetime | None, grain: Grain) -> str:
    """Return a time as a short text for people, as exact as its *grain*."""
    if at is None:
        return "(none)"
    match grain:
        case Grain.YEAR:
            return f"{at.year}"
        case Grain.QUARTER:
            return f"Q{(at.month + 2) // 3} {at.year}"
        case Grain.MONTH:
            return f"{MONTHS[at.month - 1].title()} {at.year}"
        case Grain.WEEK | Grain.DAY:
            return f"{at.day} {MONTHS[at.month - 1].title()} {at.year}"
        case Grain.INSTANT:
            return f"{at.day} {MONTHS[at.month - 1].title()} {at.year} {at:%H:%M}"


def missing(at: Sequence[datetime], grain: Grain) -> list[datetime]:
    """Return where a line over sorted *at* must break: in each gap, one time that is missing.

    Days are missing on week-ends and holidays all the time; only a gap that is long among its
    own kind breaks a line of them.
    """
    steps = [_steps(late, grain) - _steps(early, grain) for early, late in _pairs(at)]
    if not steps:
        return []
    usual = sorted(steps)[len(steps) // 2]
    allowed = usual if grain >= Grain.WEEK else usual * 5
    return [
        early + (late - early) / 2
        for (early, late), step in zip(_pairs(at), steps, strict=True)
        if step > allowed
    ]


def _pairs(at: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    return list(pairwise(at))


def _steps(at: datetime, grain: Grain) -> float:
    match grain:
        case Grain.YEAR:
            return at.year
        case Grain.QUARTER:
            return at.year * 4 + (at.month - 1) // MONTHS_OF_A_QUARTER
        case Grain.MONTH:
            return at.year * MONTHS_OF_A_YEAR + at.month
        case Grain.WEEK:
            return at.toordinal() // DAYS_OF_A_WEEK
        case Grain.DAY | Grain.INSTANT:
            return at.timestamp()


def _coarser(at: Sequence[datetime | None]) -> Grain:
    """Tell which unit days and instants stand for: date_trunc('month', …) gives first days."""
    days = sorted({each for each in at if each is not None})
    if any((day.hour, day.minute, day.second, day.microsecond) != (0, 0, 0, 0) for day in days):
        return Grain.INSTANT
    if len(days) < TELLING:
        return Grain.DAY
    if all(day.day == 1 for day in days):
        if all(day.month == 1 for day in days):
            return Grain.YEAR
        quarterly = all(day.month % MONTHS_OF_A_QUARTER == 1 for day in days)
        return Grain.QUARTER if quarterly else Grain.MONTH
    if len({day.weekday() for day in days}) == 1:
        return Grain.WEEK
    return Grain.DAY


def _first(year: str, month: str | int = 1) -> datetime:
    number = int(year)
    if number not in YEARS:
        raise ValueError(year)
    return datetime(number, int(month), 1, tzinfo=UTC)


def _week(year: int, number: int) -> datetime:
    start = datetime.fromisocalendar(year, 1, 1).replace(tzinfo=UTC)
    if number > 53:  # noqa: PLR2004 - the weeks of the longest year
        raise ValueError(number)
    return start + timedelta(weeks=number - 1)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text.replace(" ", "T", 1))
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
