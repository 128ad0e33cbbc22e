"""The ways to say a day or a period, in four languages."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum

from core.queries.numbers import NUMBER, number

MONTHS = (
    "january jan januar janner jaenner janvier janv enero ene",
    "february feb febr februar fevrier fev febrero",
    "march mar marz maerz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug aout agosto",
    "september sep sept septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez decembre diciembre dic",
)
MONTH_OF = {word: at for at, words in enumerate(MONTHS, 1) for word in words.split()}
ALSO_WORDS = frozenset({"may", "mar", "mars"})
"""Months that are other words too: they count beside a day, a year or a preposition."""
ORDINALS = {
    word: at
    for at, words in enumerate(
        (
            "1 1st 1er 1re first erstes ersten erste premier primer",
            "2 2nd 2e 2eme second zweites zweiten zweite deuxieme second segundo",
            "3 3rd 3e 3eme third drittes dritten dritte troisieme tercer",
            "4 4th 4e 4eme fourth last viertes vierten vierte quatrieme cuarto",
        ),
        1,
    )
    for word in words.split()
}
UNITS = {
    word: unit
    for unit, words in {
        "day": "day days tag tage tagen jour jours dia dias",
        "week": "week weeks woche wochen semaine semaines semana semanas",
        "month": "month months monat monate monaten mois mes meses",
        "quarter": "quarter quarters quartal quartale quartalen trimestre trimestres",
        "year": "year years jahr jahre jahren annee annees an ans ano anos",
    }.items()
    for word in words.split()
}

Y = r"(?:19[5-9]\d|20\d\d)"
M = "|".join(sorted(MONTH_OF, key=len, reverse=True))
D = r"(?:3[01]|[12]\d|0?[1-9])"
D_ORDINAL = rf"{D}(?:st|nd|rd|th|er|\.)?"
OF = r"(?:\s+(?:of|de|del|des|im|in|en))?[\s,]+"
U = "|".join(sorted(UNITS, key=len, reverse=True))
NTH = "|".join(sorted(ORDINALS, key=len, reverse=True))
THIS = (
    r"(?:this|the\s+current|current|diese[snmr]?|laufende[snmr]?|aktuelle[snmr]?|cette|ce"
    r"|est[ea]|actual)"
)
LAST = r"(?:the\s+)?(?:last|past|previous|prior|letzte[snmr]?|vergangene[snmr]?|vorige[snmr]?)"
SO_FAR = r"(?:so\s+far|to\s+date|bisher)"

LATINS = r"(?:(?:les|los|las)\s+)?(?:ultim[oa]s|dernier(?:e)?s|pasad[oa]s)"
LATIN = r"(?:dernier(?:e)?|passee?|pasad[oa]|precedente?)"
MARK = r"\s?['\u2019]?\s?"
IN = (
    r"(?:in|im|en|since|seit|ab|until|from|for|during|of|to|bis|de|au|and|und|et|y|between|entre"
    r"|zwischen|after|before)"
)


class Kind(StrEnum):
    """What a moment is, by how it was said."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half-year"
    YEAR = "year"
    RANGE = "period"
    ROLLING = "rolling"
    """So many days, weeks, … up to today."""
    SINCE = "since"
    UNTIL = "until"
    NOW = "now"
    """What need not be meant as a day: currently."""
    UNCLEAR = "unclear"
    """03/04/2025: in March or in April."""
    BACKWARD = "backward"
    """It ends before it starts."""


Span = tuple[Kind, date, date] | tuple[Kind, date, date, bool]
"""What is said, its first and last day, and whether the year is a guess."""
Read = Callable[[re.Match[str], date], Span | None]


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), _months(date(year, month, 1), 1) - timedelta(1)


def _months(day: date, by: int) -> date:
    """Return the first of the month that is *by* months from that of *day*."""
    year, month = divmod(day.year * 12 + day.month - 1 + by, 12)
    return date(year, month + 1, 1)


def _back(day: date, by: int) -> date:
    """Return the same day *by* months before, or the last one there is."""
    first = _months(day, -by)
    return min(first + timedelta(day.day - 1), _months(first, 1) - timedelta(1))


def _around(day: date, unit: str, by: int = 0) -> tuple[date, date]:
    """Return the day, week, … that is *by* of them from that of *day*."""
    if unit == "day":
        return day + timedelta(by), day + timedelta(by)
    if unit == "week":
        monday = day - timedelta(day.weekday()) + timedelta(7 * by)
        return monday, monday + timedelta(6)
    if unit == "month":
        first = _months(day, by)
        return first, _months(first, 1) - timedelta(1)
    if unit == "quarter":
        first = _months(day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1), 3 * by)
        return first, _months(first, 3) - timedelta(1)
    return date(day.year + by, 1, 1), date(day.year + by, 12, 31)


def in_year(day: date, year: int) -> date:
    """Return the same day of another *year*."""
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return day.replace(year=year, day=28)


def _exact(match: re.Match[str], _today: date) -> Span:
    day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    return Kind.DAY, day, day


def _slashed(match: re.Match[str], _today: date) -> Span:
    one, two, year = int(match["a"]), int(match["b"]), int(match["y"])
    if two > 12 or match["sign"] == ".":  # noqa: PLR2004 - months
        one, two = (two, one) if match["sign"] != "." else (one, two)
    elif one <= 12 and one != two:  # noqa: PLR2004
        return Kind.UNCLEAR, date(year, two, one), date(year, one, two)
    day = date(year, two, one)
    return Kind.DAY, day, day


def _written(match: re.Match[str], today: date) -> Span | None:
    month, day = MONTH_OF[match["m"]], int(re.sub(r"\D", "", match["d"]))
    if match["y"]:
        at = date(int(match["y"]), month, day)
        return Kind.DAY, at, at
    at = date(2000, month, day)
    at = in_year(at, today.year)
    at = at if at <= today else in_year(at, today.year - 1)
    return Kind.DAY, at, at, True


def _few(match: re.Match[str], today: date) -> Span:
    """Read `5 - 20 March 2025`."""
    month = MONTH_OF[match["m"]]
    year = int(match["y"] or today.year - (month > today.month))
    first = date(year, month, int(re.sub(r"\D", "", match["d"])))
    last = date(year, month, int(re.sub(r"\D", "", match["e"])))
    return (Kind.RANGE, first, last) if match["y"] else (Kind.RANGE, first, last, True)


def _in_month(match: re.Match[str], today: date) -> Span | None:
    month = MONTH_OF.get(match["m"]) or int(match["m"])
    if match["y"]:
        year = int(match["y"])
        return Kind.MONTH, *_month(2000 + year if year < 100 else year, month)  # noqa: PLR2004
    if match["m"] in ALSO_WORDS and not match["in"]:
        return None
    return Kind.MONTH, *_month(today.year - (month > today.month), month), True


def _quarter(match: re.Match[str], today: date) -> Span:
    at, year = ORDINALS[match["n"]], match["y"]
    first = date(int(year or today.year), at * 3 - 2, 1)
    if not year and first > today:
        first = first.replace(year=today.year - 1)
    span = _around(first, "quarter")
    return (Kind.QUARTER, *span) if year else (Kind.QUARTER, *span, True)


def _half(match: re.Match[str], today: date) -> Span | None:
    at, year = ORDINALS[match["n"]], int(match["y"] or today.year)
    if at > 2:  # noqa: PLR2004 - a year has two
        return None
    first = date(year, 1 if at == 1 else 7, 1)
    if not match["y"] and first > today:
        first = first.replace(year=today.year - 1)
    last = _months(first, 6) - timedelta(1)
    return (Kind.HALF, first, last) if match["y"] else (Kind.HALF, first, last, True)


def _iso_week(match: re.Match[str], _today: date) -> Span:
    first = date.fromisocalendar(int(match["y"]), int(match["n"]), 1)
    return Kind.WEEK, first, first + timedelta(6)


def _year(match: re.Match[str], _today: date) -> Span:
    return Kind.YEAR, *_around(date(int(match["y"]), 1, 1), "year")


def _relative(by: int) -> Read:
    def read(match: re.Match[str], today: date) -> Span:
        unit = UNITS[match["u"]]
        return Kind(unit), *_around(today, unit, by)

    return read


def _to_date(match: re.Match[str], today: date) -> Span:
    unit = match.groupdict().get("u") or {"y": "year", "q": "quarter", "m": "month"}[match[0][0]]
    return Kind.RANGE, _around(today, UNITS[unit])[0], today


def _rolling(match: re.Match[str], today: date) -> Span | None:
    count, unit = int(number(match["n"]) or 0), UNITS[match["u"]]
    if not 0 < count < 10_000:  # noqa: PLR2004 - no history is longer
        return None
    if unit in {"day", "week"}:
        first = today - timedelta((count if unit == "day" else 7 * count) - 1)
    else:
        months = count * {"month": 1, "quarter": 3, "year": 12}[unit]
        first = _back(today, months) + timedelta(1)
    return Kind.ROLLING, first, today


def _ago(match: re.Match[str], today: date) -> Span | None:
    count, unit = int(number(match["n"]) or 0), UNITS[match["u"]]
    if not 0 < count < 10_000:  # noqa: PLR2004
        return None
    return Kind(unit), *_around(today, unit, -count)


def _days(by: int, kind: Kind = Kind.DAY) -> Read:
    def read(_match: re.Match[str], today: date) -> Span:
        return kind, today + timedelta(by), today + timedelta(by)

    return read


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w])(?:{text})(?![\w])")


READERS: tuple[tuple[re.Pattern[str], Read], ...] = (
    (_pattern(rf"(?P<y>{Y})[-/.](?P<m>1[0-2]|0?[1-9])[-/.](?P<d>{D})"), _exact),
    (_pattern(rf"(?P<a>{D})(?P<sign>[./-])\s?(?P<b>{D})(?P=sign)\s?(?P<y>{Y})"), _slashed),
    (
        _pattern(
            rf"(?P<d>{D_ORDINAL})\s*(?:-|\u2013|to|bis|and|und|au|al?)\s*(?P<e>{D_ORDINAL})\s*"
            rf"(?:of\s+|de\s+)?(?P<m>{M})\.?(?:{OF}(?P<y>{Y}))?"
        ),
        _few,
    ),
    (_pattern(rf"(?P<d>{D_ORDINAL})\s*(?:of\s+|de\s+)?(?P<m>{M})\.?(?:{OF}(?P<y>{Y}))?"), _written),
    (_pattern(rf"(?P<m>{M})\.?\s+(?:the\s+)?(?P<d>{D_ORDINAL})(?:,?\s+(?P<y>{Y}))?"), _written),
    (_pattern(rf"(?P<y>{Y})-(?P<m>1[0-2]|0[1-9])"), _in_month),
    (_pattern(rf"(?P<m>1[0-2]|0?[1-9])/(?P<y>{Y})"), _in_month),
    (_pattern(rf"(?P<m>{M})\.?(?:{OF}|\s*'|-)(?P<y>{Y}|(?<=')\d\d)"), _in_month),
    (_pattern(rf"(?P<y>{Y})\s*[-/]?\s*[qt](?P<n>[1-4])"), _quarter),
    (_pattern(rf"[qt](?P<n>[1-4])(?:(?:{OF}|\s*[-/]?\s*)(?P<y>{Y}))?"), _quarter),
    (_pattern(rf"(?P<n>{NTH})\.?\s+(?:quarter|quartal|trimestre)(?:{OF}(?P<y>{Y}))?"), _quarter),
    (_pattern(rf"h(?P<n>[12])(?:{OF}(?P<y>{Y}))?"), _half),
    (
        _pattern(
            rf"(?P<n>{NTH})\.?\s+(?:half(?:-year|\s+of(?:\s+the\s+year)?)?|halbjahr|semestre)"
            rf"(?:{OF}(?P<y>{Y}))?"
        ),
        _half,
    ),
    (_pattern(rf"(?:week|kw|semaine|semana)\s*(?P<n>\d\d?){OF}(?P<y>{Y})"), _iso_week),
    (_pattern(rf"{THIS}\s+(?P<u>{U})\s+{SO_FAR}"), _to_date),
    (_pattern(rf"{SO_FAR}\s+{THIS}\s+(?P<u>{U})"), _to_date),
    (_pattern(r"(?P<u>year|month|quarter|week)[\s-]to[\s-]date|ytd|mtd|qtd"), _to_date),
    (_pattern(rf"(?:{LAST}|{LATINS})\s+(?P<n>{NUMBER})\s+(?:calendar\s+)?(?P<u>{U})"), _rolling),
    (_pattern(rf"(?:les|los|las)\s+(?P<n>{NUMBER})\s+{LATINS}\s+(?P<u>{U})"), _rolling),
    (_pattern(rf"(?P<n>{NUMBER})\s+(?P<u>{U})\s+ago"), _ago),
    (_pattern(rf"(?:vor|il\s+y\s+a|hace)\s+(?P<n>{NUMBER})\s+(?P<u>{U})"), _ago),
    (_pattern(r"(?:the\s+)?day\s+before\s+yesterday|vorgestern|avant-hier|anteayer"), _days(-2)),
    (_pattern(r"yesterday|gestern|hier|ayer"), _days(-1)),
    (_pattern(rf"today|heute|aujourd{MARK}hui|hoy"), _days(0)),
    (
        _pattern(
            r"(?:as\s+of\s+)?(?:right\s+)?now|at\s+the\s+moment|at\s+present|currently|presently"
            r"|jetzt|aktuell|derzeit|momentan|zurzeit|actuellement|maintenant|en\s+ce\s+moment"
            r"|ahora(?:\s+mismo)?|actualmente"
        ),
        _days(0, Kind.NOW),
    ),
    (_pattern(rf"{THIS}\s+(?P<u>{U})"), _relative(0)),
    (_pattern(rf"(?:the\s+)?(?P<u>{U})\s+before\s+last"), _relative(-2)),
    (_pattern(rf"{LAST}\s+(?P<u>{U})"), _relative(-1)),
    (_pattern(rf"(?:l{MARK}|la\s+|le\s+|el\s+)?(?P<u>{U})\s+{LATIN}"), _relative(-1)),
    (_pattern(rf"(?:(?:calendar\s+)?(?:year|jahr|annee|ano)\s+)?(?P<y>{Y})"), _year),
    (_pattern(rf"(?P<in>{IN}\s+)?(?P<m>{M})(?P<y>)"), _in_month),
)
"""Each way to say a moment, the surest first."""
