"""The year before, the next month: an answer's own values, a step earlier or later."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

STEP = re.compile(
    r"(?:(?:and|what|how|about|now|then|please|in|for|of|the|show|me)\s+)*"
    r"(?:(?P<a>year|quarter|month|week|day)\s+(?P<before>before|earlier|prior|after|later)"
    r"(?:\s+(?:that|it))?"
    r"|(?P<way>previous|prior|preceding|next|following)\s+(?P<b>year|quarter|month|week|day))"
    r"(?:\s+please)?"
)
LATER = frozenset({"after", "later", "next", "following"})
MONTHS = {"month": 1, "quarter": 3, "year": 12}
LONGEST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
YEAR = re.compile(r"(?:19|20)\d\d")
DAYS = ("day", "first day", "last day")
"""What a parameter is for that is a day."""


def stepped(text: str, uses: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return *values* a step earlier or later; None where *text* does not ask for just that.

    Args:
        text: what was said: `and the year before?`.
        uses: what each parameter is for.
        values: those of the last answer.
    """
    said = STEP.fullmatch(" ".join(re.findall(r"\w+", text.lower())))
    if said is None:
        return None
    unit = said["a"] or said["b"]
    by = 1 if (said["before"] or said["way"]) in LATER else -1
    timed = {name: values[name] for name in values if uses.get(name) in {*DAYS, "year", "month"}}
    moved = {name: _moved(uses[name], each, unit, by) for name, each in timed.items()}
    if not moved or None in moved.values() or _is_longer(timed.values(), unit):
        return None
    return dict(values) | moved


def year_of(values: Mapping[str, Any]) -> int | None:
    """Return the latest year that *values* speak of."""
    said = [
        int(found[0])
        for each in values.values()
        if (found := re.match(rf"{YEAR.pattern}(?=$|-\d\d)", str(each)))
    ]
    return max(said, default=None)


def _moved(use: str, value: Any, unit: str, by: int) -> Any:
    text = str(value)
    if use == "year":
        whole = YEAR.fullmatch(text) is not None and unit == "year"
        return type(value)(int(value) + by) if whole else None
    if use == "month":
        if re.fullmatch(r"\d{4}-\d\d", text) is None or unit not in MONTHS:
            return None
        return _by_months(date.fromisoformat(f"{text}-01"), by * MONTHS[unit]).strftime("%Y-%m")
    try:
        day = date.fromisoformat(text)
        if unit in MONTHS:
            return _by_months(day, by * MONTHS[unit]).isoformat()
        return (day + timedelta(by * LONGEST[unit])).isoformat()
    except (ValueError, OverflowError):
        return None


def _by_months(day: date, by: int) -> date:
    """Return the same day of another month; of a last day, the last."""
    year, month = divmod(day.year * 12 + day.month - 1 + by, 12)
    after = date(year + month // 11, (month + 1) % 12 + 1, 1)
    last = (after - timedelta(1)).day
    ends = (day + timedelta(1)).day == 1
    return date(year, month + 1, last if ends else min(day.day, last))


def _is_longer(values: Iterable[Any], unit: str) -> bool:
    """Return whether a period is longer than the step: the month before of a whole year."""
    days = sorted(
        date.fromisoformat(each) for each in values if len(str(each)) == len("2025-01-31")
    )
    return len(days) > 1 and (days[-1] - days[0]).days > LONGEST[unit]
