"""What people say of a time that comes again, as five fields of cron."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple
from zoneinfo import available_timezones

from core.notices.cron import Cron, read_cron
from core.notices.errors import NoticedTooOften, WhenUnclear, ZoneUnknown

LONGEST = 200
CLOSEST = 5
"""Minutes between two moments, at least."""
MORNING = (9, 0)
"""When a day is meant and no hour was said."""

DAYS = (
    ("sunday sundays sun sonntag sonntags so dimanche dimanches dim", 0),
    ("monday mondays mon montag montags mo lundi lundis lun", 1),
    ("tuesday tuesdays tue tues dienstag dienstags di mardi mardis mar", 2),
    ("wednesday wednesdays wed mittwoch mittwochs mi mercredi mercredis mer", 3),
    ("thursday thursdays thu thur thurs donnerstag donnerstags do jeudi jeudis jeu", 4),
    ("friday fridays fri freitag freitags fr vendredi vendredis ven", 5),
    ("saturday saturdays sat samstag samstags sonnabend sonnabends sa samedi samedis sam", 6),
)
DAY = {word: day for words, day in DAYS for word in words.split()}
NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WORKING = frozenset(range(1, 6))
UNTIL = {"to", "until", "till", "through", "thru", "bis", "à", "au", "-"}
AND = {"and", "und", "et", "&", "+"}
EVERY = {"every", "each", "jede", "jeden", "jeder", "jedes", "chaque", "tous", "toutes", "les"}
FILLERS = {"at", "on", "the", "of", "um", "am", "a", "le", "uhr", "o'clock", "week", "weekly"}
FILLERS |= {"woche", "wöchentlich", "semaine"}
DAILY = {"daily", "everyday", "täglich", "taeglich", "quotidien", "day", "days", "tag", "tage"}
DAILY |= {"jour", "jours"}
WEEKDAY = {"weekday", "weekdays", "workday", "workdays", "werktag", "werktags", "wochentags"}
WEEKEND = {"weekend", "weekends", "wochenende", "wochenenden"}
HOURLY = {"hourly", "stündlich", "hour", "hours", "stunde", "stunden", "heure", "heures"}
MINUTES = {"minute", "minutes", "min", "mins", "minuten"}
MONTHLY = {"month", "months", "monthly", "monat", "monatlich", "mois"}

CLOCK = re.compile(
    r"(?:(?<!\w)(?:at|um|à)\s+|@\s*)?(?<![\w:])(\d{1,2})(?:"
    r"[:.h](\d{2})\s*(am|pm)?(?:\s*(?:uhr|h)\b)?"  # 9:00, 9.30 Uhr, 17h30, 9:30 pm
    r"|\s*(am|pm)\b"  # 9am
    r"|\s*(?:uhr|h|o'clock)(?![\w:])"  # 9 Uhr, 17h
    r")(?![\w:])"
)
HOUR = re.compile(r"(?<!\w)(?:at|um|à)\s+(\d{1,2})(?![\w:.])")
LAST = re.compile(r"(?<=[a-z])\s+(\d{1,2})$")
"""A number at the very end, as in `every Monday 9`; of a month it would be a day."""
ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|\.)?")
CRON = re.compile(r"\S+(?:\s+\S+){4}")


class When(NamedTuple):
    """A time that comes again."""

    cron: str
    zone: str
    said: str
    """In plain words, without the zone."""


class Clock(NamedTuple):
    """An hour and a minute of the day."""

    hour: int
    minute: int


def read_when(text: str, zone: str) -> When:
    """Return what *text* says, in its own time zone or else in *zone*.

    Days are told in English, German or French.

    Raises:
        WhenUnclear: it says nothing that comes again; the message gives examples.
        ZoneUnknown: there is no such time zone.
        NoticedTooOften: it comes more often than every five minutes.
    """
    if len(text) > LONGEST:
        raise WhenUnclear(text)
    words, named = _zoned(text.strip())
    zone = named or known_zone(zone)
    cron = _normal(words) if _is_cron(words) else _cron_of(words, text)
    found = read_cron(cron)
    if found.closest < CLOSEST:
        raise NoticedTooOften
    return When(cron, zone, said(cron))


def known_zone(name: str) -> str:
    """Return a time zone by its proper name, however its letters were written.

    Raises:
        ZoneUnknown: there is none of that name.
    """
    found = _zones().get(name.strip().lower())
    if found is None:
        raise ZoneUnknown
    return found


def said(cron: str) -> str:
    """Return five fields in plain words, or as they are where words would be longer."""
    found = read_cron(cron)
    on = _days_said(found)
    if on is None or len(found.months) < 12:  # noqa: PLR2004
        return f"at {cron}"
    hours, minutes = sorted(found.hours), sorted(found.minutes)
    if len(hours) == 24:  # noqa: PLR2004
        step = _step(minutes, 60)
        if step is None or (on != "every day"):
            return f"at {cron}"
        return "every hour" if step == 60 else f"every {step} minutes"  # noqa: PLR2004
    if len(minutes) > 1:
        return f"at {cron}"
    step = _step(hours, 24) if minutes == [0] and hours[0] == 0 else None
    if step is not None and step < 24 and on == "every day":  # noqa: PLR2004
        return f"every {step} hours"
    return f"{on} at {_listed(f'{hour:02}:{minutes[0]:02}' for hour in hours)}"


# What was said


def _zoned(text: str) -> tuple[str, str | None]:
    """Return *text* without the time zone at its end, and that zone."""
    head, _, last = text.rpartition(" ")
    name = last.strip("()[].,")
    if head and ("/" in name or name.lower() in _plain()) and not name.startswith("*"):
        found = _zones().get(name.lower())
        if found is not None:
            return head.removesuffix(" in").strip(), found
        if re.fullmatch(r"[A-Za-z_+-]+(?:/[A-Za-z_+-]+)+", name):
            raise ZoneUnknown
    return text, None


def _is_cron(text: str) -> bool:
    return CRON.fullmatch(text) is not None and all(
        re.fullmatch(r"[\d*/,-]+|[A-Za-z]{3}(?:[,-][A-Za-z]{3})*", each) for each in text.split()
    )


def _normal(cron: str) -> str:
    return " ".join(cron.lower().split())


def _cron_of(words: str, text: str) -> str:
    """Return the five fields of what was said in words."""
    rest, times = _times(words.lower().replace(",", " , "), text)
    parts = [part for part in re.split(r"\s+|(?<=\w)-(?=\w)", rest) if part not in {"", ","}]
    parts = ["-" if part in UNTIL else part for part in _spread(rest, parts)]
    parts = [part for part in parts if part not in AND | EVERY]
    kinds = set(parts)
    if kinds & (MINUTES | HOURLY):
        return _repeated(parts, times, text)
    if kinds & MONTHLY:
        return _monthly(parts, times, text)
    weekdays = _weekdays(parts, text)
    if not weekdays and not kinds & DAILY:
        raise WhenUnclear(text)
    return f"{_daily(times, text)} * * {_field(weekdays) if weekdays else '*'}"


def _spread(rest: str, parts: Sequence[str]) -> list[str]:
    """Return the words, with a hyphen between two days as a word of its own."""
    if "-" not in rest:
        return list(parts)
    return [part for part in re.split(r"\s+|(-)", rest) if part not in {None, "", ","}]


def _times(words: str, text: str) -> tuple[str, list[Clock]]:
    """Return what is left without the times of day, and those."""
    words = re.sub(r"(?<!\w)(?:noon|mittags|midi)(?!\w)", "12:00", words)
    words = re.sub(r"(?<!\w)(?:midnight|mitternacht|minuit)(?!\w)", "0:00", words)
    found = [
        _clock(int(each[1]), int(each[2] or 0), each[3] or each[4], text)
        for each in CLOCK.finditer(words)
    ]
    rest = CLOCK.sub(" ", words).strip()
    if not found:
        monthly = not MONTHLY.isdisjoint(rest.split())
        bare = HOUR.search(rest) or (None if monthly else LAST.search(rest))
        if bare is not None:
            found = [_clock(int(bare[1]), 0, None, text)]
            rest = f"{rest[: bare.start()]} {rest[bare.end() :]}".strip()
    return rest, found


def _clock(hour: int, minute: int, half: str | None, text: str) -> Clock:
    if half is not None:
        if not 1 <= hour <= 12:  # noqa: PLR2004
            raise WhenUnclear(text)
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:  # noqa: PLR2004
        raise WhenUnclear(text)
    return Clock(hour, minute)


def _daily(times: Sequence[Clock], text: str) -> str:
    """Return minute and hour; several times of day have to be alike in their minutes."""
    found = sorted(set(times or [Clock(*MORNING)]))
    if len({each.minute for each in found}) > 1:
        raise WhenUnclear(text)
    return f"{found[0].minute} {_field(each.hour for each in found)}"


def _repeated(parts: Sequence[str], times: Sequence[Clock], text: str) -> str:
    """Return the fields of every so many minutes or hours."""
    numbers = [int(part) for part in parts if part.isdecimal()]
    words = {part for part in parts if not part.isdecimal()} - FILLERS
    if times or len(numbers) > 1 or len(words) != 1:
        raise WhenUnclear(text)
    step = numbers[0] if numbers else 1
    if words <= MINUTES:
        if step < CLOSEST:
            raise NoticedTooOften
        if step > 30 or 60 % step:  # noqa: PLR2004
            raise WhenUnclear(text)
        return f"*/{step} * * * *"
    if step < 1 or step > 12 or 24 % step:  # noqa: PLR2004
        raise WhenUnclear(text)
    return "0 * * * *" if step == 1 else f"0 */{step} * * *"


def _monthly(parts: Sequence[str], times: Sequence[Clock], text: str) -> str:
    """Return the fields of some days of each month; the first where none was said."""
    days: list[int] = []
    for part in parts:
        found = ORDINAL.fullmatch(part)
        if found is not None:
            days.append(int(found[1]))
        elif part in {"first", "ersten", "premier"}:
            days.append(1)
        elif part not in MONTHLY | FILLERS:
            raise WhenUnclear(text)
    if any(not 1 <= day <= 31 for day in days):  # noqa: PLR2004
        raise WhenUnclear(text)
    return f"{_daily(times, text)} {_field(days or [1])} * *"


def _weekdays(parts: Sequence[str], text: str) -> set[int]:
    """Return the days of the week that are named; none where every day is meant."""
    found: set[int] = set()
    for at, part in enumerate(parts):
        if part in DAY:
            found.add(DAY[part])
        elif part in WEEKDAY:
            found |= WORKING
        elif part in WEEKEND:
            found |= {0, 6}
        elif part == "-":
            between = [*parts[at - 1 : at], *parts[at + 1 : at + 2]]
            if at == 0 or len(between) != 2 or not DAY.keys() >= set(between):  # noqa: PLR2004
                raise WhenUnclear(text)
            first, last = (DAY[each] for each in between)
            found |= {(first + each) % 7 for each in range((last - first) % 7 + 1)}
        elif part not in DAILY | FILLERS:
            raise WhenUnclear(text)
    return found


# In words again


def _days_said(cron: Cron) -> str | None:
    if cron.any_day and cron.any_weekday:
        whole = len(cron.days) == 31 and len(cron.weekdays) == 7  # noqa: PLR2004
        return "every day" if whole else None
    if cron.any_weekday:
        return f"on the {_listed(_ordinal(day) for day in sorted(cron.days))} of every month"
    if not cron.any_day:
        return None
    if cron.weekdays == WORKING:
        return "every weekday"
    week = sorted(cron.weekdays, key=lambda day: (day - 1) % 7)
    return f"every {_listed(NAMES[day] for day in week)}"


def _step(values: Sequence[int], whole: int) -> int | None:
    """Return the step of values that are evenly spread over a *whole* from nought on."""
    step = whole // len(values)
    return step if list(values) == list(range(0, whole, step)) else None


def _ordinal(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")  # noqa: PLR2004
    return f"{day}{ending}"


def _listed(items: Iterable[str]) -> str:
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def _field(values: Iterable[int]) -> str:
    return ",".join(str(value) for value in sorted(set(values)))


def _plain() -> frozenset[str]:
    """Return the zones that are named without a slash and mean no word of ours."""
    return frozenset({"utc", "gmt", "cet", "est5edt", "zulu"})


@cache
def _zones() -> dict[str, str]:
    """Return the proper names of all time zones, by their names in small letters."""
    return {name.lower(): name for name in available_timezones()}
