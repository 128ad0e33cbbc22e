"""Five fields of cron, and the moments they stand for in a time zone."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.notices.errors import WhenUnclear

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
PART = re.compile(r"(\*|[a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?(?:/(\d{1,2}))?")
FAR = 366 * 8 + 1
"""Days within which whatever comes at all has come: 29 February is missing from 2100."""


class Cron(NamedTuple):
    """What the five fields allow."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """Sunday is 0."""
    any_day: bool
    any_weekday: bool

    def on(self, day: date) -> bool:
        """Return whether anything happens on a *day*: of two limits on days, either will do."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday

    @property
    def closest(self) -> int:
        """The fewest minutes between two moments."""
        moments = sorted(hour * 60 + minute for hour in self.hours for minute in self.minutes)
        following = [*moments[1:], moments[0] + 24 * 60]
        return min(after - before for before, after in zip(moments, following, strict=True))


@lru_cache(maxsize=1024)
def read_cron(text: str) -> Cron:
    """Return what five fields say: minute, hour, day of month, month, day of week.

    Raises:
        WhenUnclear: they say nothing, or nothing that ever comes.
    """
    fields = text.lower().split()
    if len(fields) != 5:  # noqa: PLR2004
        raise WhenUnclear(text)
    minutes, hours, days, months = (
        _field(field, low, high, names, text)
        for field, low, high, names in (
            (fields[0], 0, 59, ()),
            (fields[1], 0, 23, ()),
            (fields[2], 1, 31, ()),
            (fields[3], 1, 12, MONTHS),
        )
    )
    weekdays = frozenset(day % 7 for day in _field(fields[4], 0, 7, WEEKDAYS, text))
    found = Cron(minutes, hours, days, months, weekdays, fields[2][0] == "*", fields[4][0] == "*")
    if not any(found.on(date(2024, 1, 1) + timedelta(each)) for each in range(FAR)):
        raise WhenUnclear(text)
    return found


def next_after(cron: str, zone: str, moment: datetime) -> datetime:
    """Return the first moment after *moment*, in UTC."""
    found, where = read_cron(cron), ZoneInfo(zone)
    first = moment.astimezone(where).date() - timedelta(1)
    for each in range(FAR + 2):
        for at in _moments(found, where, first + timedelta(each)):
            if at > moment:
                return at
    raise WhenUnclear(cron)


def latest_until(cron: str, zone: str, moment: datetime) -> datetime | None:
    """Return the last moment that is no later than *moment*, in UTC; None where none was."""
    found, where = read_cron(cron), ZoneInfo(zone)
    last = moment.astimezone(where).date() + timedelta(1)
    for each in range(FAR + 2):
        for at in reversed(_moments(found, where, last - timedelta(each))):
            if at <= moment:
                return at
    return None


def _moments(cron: Cron, zone: ZoneInfo, day: date) -> list[datetime]:
    """Return the moments of a *day* as the clocks of a *zone* show it, in their order.

    A time that the clocks leap over comes as much later; one that they show twice comes once,
    unless it is of every hour: then there is an hour more.
    """
    if not cron.on(day):
        return []
    folds = (0, 1) if len(cron.hours) == 24 else (0,)  # noqa: PLR2004
    return sorted(
        {
            datetime.combine(day, time(hour, minute, fold=fold), zone).astimezone(UTC)
            for hour in cron.hours
            for minute in cron.minutes
            for fold in folds
        }
    )


def _field(field: str, low: int, high: int, names: Sequence[str], text: str) -> frozenset[int]:
    return frozenset(
        value for part in field.split(",") for value in _part(part, low, high, names, text)
    )


def _part(part: str, low: int, high: int, names: Sequence[str], text: str) -> Iterator[int]:
    found = PART.fullmatch(part)
    if found is None:
        raise WhenUnclear(text)
    begin, end, step = found.groups()
    every = int(step or 1)
    if begin == "*":
        first, last = low, high
    else:
        first = _value(begin, names, text)
        # `5/15` is from 5 on; `sat-sun` ends with the other Sunday.
        last = high if step and not end else first
        last = _value(end, names, text) if end else last
        last = 7 if names is WEEKDAYS and end and last == 0 else last
    if not low <= first <= last <= high or every < 1 or (begin == "*" and end):
        raise WhenUnclear(text)
    return iter(range(first, last + 1, every))


def _value(text: str, names: Sequence[str], whole: str) -> int:
    if text.isdigit():
        return int(text)
    if text not in names:
        raise WhenUnclear(whole)
    return names.index(text) + (1 if names is MONTHS else 0)
