"""Days and periods in a message: "in March 2025", "last 30 days", "zwischen 1. und 15. Mai"."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from core.queries.numbers import number
from core.queries.periods import READERS, UNITS, Kind, Read, in_year


class Moment(NamedTuple):
    """A day or period, and where it stands in the text."""

    start: int
    end: int
    kind: Kind
    first: date | None
    last: date | None
    """Included. None where it is open."""
    text: str
    yearless: bool = False
    """Whether the year is a guess: the latest that is not ahead."""
    many: int = 0
    unit: str = ""
    """Of what is rolling: 30, day."""


def moments(text: str, today: date) -> tuple[Moment, ...]:
    """Return the days and periods in *text*, in their order; none overlap.

    Args:
        text: lower case, without accents, as `core.connections.words.fold` leaves it.
        today: what is relative is told from here; what has no year is the latest not ahead.
    """
    found: list[Moment] = []
    for pattern, read in READERS:
        for match in pattern.finditer(text):
            if any(each.start < match.end() and match.start() < each.end for each in found):
                continue
            moment = _read(match, read, today)
            if moment is not None:
                found.append(moment)
    found.sort()
    return tuple(_bounded(text, _joined(text, found), today))


def _read(match: re.Match[str], read: Read, today: date) -> Moment | None:
    try:
        span = read(match, today)
    except (ValueError, OverflowError):  # the 31st of February
        span = (Kind.UNCLEAR, today, today)
    if span is None:
        return None
    # A preposition belongs to what is before: since January.
    start = match.start("m") if "in" in match.groupdict() else match.start()
    kind, first, last, *rest = span
    many, unit = 0, ""
    if kind is Kind.ROLLING:
        many, unit = int(number(match["n"]) or 0), UNITS[match["u"]]
    text = match.string[start : match.end()].strip()
    return Moment(start, match.end(), kind, first, last, text, bool(rest), many, unit)


# What joins moments


AND = re.compile(r"\s*(?:and|und|et|y)\s+(?:the\s+|den?\s+|dem\s+|le\s+|el\s+)?")
TO = re.compile(
    r"\s*(?:to|until|till|til|through|thru|up\s+to|bis(?:\s+zum)?|a|au|jusqu\s?'?(?:a|au)|hasta"
    r"|al|-|\u2013|\u2014|\.\.+|\u2192)\s*(?:the\s+(?:end\s+of\s+)?|le\s+|el\s+|den\s+|,)?\s*"
)
BETWEEN = re.compile(r"(?<!\w)(?:between|zwischen|entre)\s+(?:the\s+|dem\s+|le\s+|el\s+)?$")
SINCE = re.compile(
    r"(?<!\w)(?:since|from|starting(?:\s+(?:from|in|on))?|seit(?:\s+dem)?|ab(?:\s+dem)?|von|vom|depuis"
    r"|desde|a\s+partir\s+de)\s+(?:the\s+(?:start\s+of\s+|beginning\s+of\s+)?|le\s+|el\s+)?$"
)
AFTER = re.compile(r"(?<!\w)(?:after|nach\s+dem|apres|despues\s+de)\s+(?:the\s+|le\s+|el\s+)?$")
UNTIL = re.compile(
    r"(?<!\w)(?:until|till|up\s+to|through|bis(?:\s+zum)?|jusqu\s?'?(?:a|au|en)|hasta)\s+"
    r"(?:the\s+(?:end\s+of\s+)?|le\s+|el\s+)?$"
)
BEFORE = re.compile(
    r"(?<!\w)(?:before|prior\s+to|vor\s+dem|avant|antes\s+de)\s+(?:the\s+|le\s+|el\s+)?$"
)
ENDING = re.compile(
    r"(?<!\w)(?:(?:at|by|on|as\s+of|zum|am|a|al)\s+)?(?:the\s+)?(?:la\s+|el\s+)?"
    r"(?:end|ende|fin|final)\s+(?:of\s+|de\s+l\s?'?|de\s+|des\s+|del\s+)?(?:the\s+)?$"
)
BEGINNING = re.compile(
    r"(?<!\w)(?:(?:at|on|am|as\s+of|zum|au)\s+)?(?:the\s+)?"
    r"(?:start|beginning|anfang|debut|principio|inicio)"
    r"\s+(?:of\s+|de\s+|des\s+|del\s+)?(?:the\s+)?$"
)
LONG = frozenset({Kind.WEEK, Kind.MONTH, Kind.QUARTER, Kind.HALF, Kind.YEAR})
DATED = LONG | {Kind.DAY}


def _joined(text: str, found: Sequence[Moment]) -> list[Moment]:
    """Return *found* with `A to B` and `between A and B` as one."""
    merged: list[Moment] = []
    for each in found:
        if merged and each.kind in {*DATED, Kind.NOW} and merged[-1].kind in DATED:
            before, gap = merged[-1], text[merged[-1].end : each.start]
            opened = BETWEEN.search(text[max(0, before.start - 40) : before.start])
            if TO.fullmatch(gap) or (opened and AND.fullmatch(gap)):
                begun = before.start - len(opened[0]) if opened else before.start
                merged[-1] = _range(text, begun, before, each)
                continue
        merged.append(each)
    return merged


def _range(text: str, start: int, one: Moment, two: Moment) -> Moment:
    first, last = one.first, two.last
    if one.yearless and not two.yearless and first and last:
        first = in_year(first, last.year)
    elif two.yearless and not one.yearless and first and last:
        last = in_year(last, first.year)
    if one.yearless and first and last and first > last:
        first = in_year(first, first.year - 1)
    lead = re.search(
        r"(?<!\w)(?:from|von|vom|de|du|desde|del)\s+(?:the\s+|el\s+)?$", text[:start][-20:]
    )
    start -= len(lead[0]) if lead else 0
    kind = Kind.RANGE if first and last and first <= last else Kind.UNCLEAR
    if first and last and first > last:
        kind = Kind.BACKWARD
    guessed = one.yearless and two.yearless
    return Moment(start, two.end, kind, first, last, text[start : two.end], guessed)


def _bounded(text: str, found: Sequence[Moment], today: date) -> Iterator[Moment]:
    """Yield *found* with what is said before them: since, until, at the end of."""
    floor = 0
    for each in found:
        lead = text[max(floor, each.start - 40) : each.start]
        floor = each.end
        moment = each
        if each.kind in LONG and each.first and each.last:
            for pattern, day in ((ENDING, each.last), (BEGINNING, each.first)):
                if said := pattern.search(lead):
                    moment = _at(text, each, said, Kind.DAY, day, day)
                    lead = lead[: said.start()]
        if moment.kind in DATED:
            for pattern, bound in BOUNDS:
                if said := pattern.search(lead):
                    kind, first, last = bound(moment, today)
                    moment = _at(text, moment, said, kind, first, last)
                    break
        yield moment


def _at(
    text: str, each: Moment, said: re.Match[str], kind: Kind, first: date | None, last: date | None
) -> Moment:
    start = each.start - len(said[0])
    return each._replace(
        start=start, kind=kind, first=first, last=last, text=text[start : each.end]
    )


Bound = tuple[Kind, date | None, date | None]


def _since(each: Moment, today: date) -> Bound:
    return Kind.SINCE, each.first, today


def _after(each: Moment, today: date) -> Bound:
    return Kind.SINCE, each.last and each.last + timedelta(1), today


def _until(each: Moment, _today: date) -> Bound:
    return Kind.UNTIL, None, each.last


def _before(each: Moment, _today: date) -> Bound:
    return Kind.UNTIL, None, each.first and each.first - timedelta(1)


BOUNDS: tuple[tuple[re.Pattern[str], Callable[[Moment, date], Bound]], ...] = (
    (SINCE, _since),
    (AFTER, _after),
    (UNTIL, _until),
    (BEFORE, _before),
)
