"""What a message says for the parameters of a query: periods, numbers, values, names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.queries.blanks import Blank
from core.queries.compared import TIMES, Use
from core.queries.known import find
from core.queries.message import Message
from core.queries.moments import Moment
from core.queries.periods import UNITS, Kind
from core.queries.wording import root, roots, tokens

MOST_ROWS = 1_000_000
ALL = frozenset({"all", "every", "any", "alle", "allen", "toutes", "tous", "todos", "todas"})
MORE = re.compile(
    r"(?:more\s+than|greater\s+than|higher\s+than|larger\s+than|older\s+than|longer\s+than|over"
    r"|above|exceeding|mehr\s+als|uber|plus\s+de|mas\s+de|>)\s*$"
)
AT_LEAST = re.compile(
    r"(?:at\s+least|minimum(?:\s+of)?|min|mindestens|au\s+moins|al\s+menos|>=)\s*$"
)
FEWER = re.compile(
    r"(?:less\s+than|fewer\s+than|lower\s+than|smaller\s+than|under|below|weniger\s+als|unter"
    r"|moins\s+de|menos\s+de|<)\s*$"
)
AT_MOST = re.compile(r"(?:at\s+most|maximum(?:\s+of)?|max|hochstens|au\s+plus|como\s+mucho|<=)\s*$")
SIGNS = ((MORE, ">"), (AT_LEAST, ">="), (FEWER, "<"), (AT_MOST, "<="))
FIRST = frozenset({"top", "best", "limit", "first", "beste", "besten"})


@dataclass
class Filled:
    """What was found for the parameters, and which words of the message said it."""

    values: dict[str, Any] = field(default_factory=dict)
    invalid: dict[str, str] = field(default_factory=dict)
    claimed: set[int] = field(default_factory=set)
    conflict: bool = False
    """Whether more was said than the parameters can take."""


def filled(blanks: Sequence[Blank], message: Message) -> Filled:
    """Return what *message* says for *blanks*."""
    found = Filled()
    _values(blanks, message, found)
    _times([each for each in blanks if each.use in TIMES], message, found)
    _numbers(blanks, message, found)
    _texts(blanks, message, found)
    return found


# Values and texts


def _values(blanks: Sequence[Blank], message: Message, found: Filled) -> None:
    valued = [each for each in blanks if each.use is Use.VALUE and each.sign != "<>"]
    hits: dict[str, list[tuple[int, int, str]]] = {}
    for blank in valued:
        free = [at not in found.claimed for at in range(len(message.words))]
        hits[blank.name] = [
            (each.first, each.after, each.value) for each in find(blank.known, message.words, free)
        ]
    for blank in valued:
        mine = hits[blank.name]
        others = [each for name, all_of in hits.items() if name != blank.name for each in all_of]
        # What fits two parameters is asked back: from the north to the south.
        clear = [each for each in mine if not any(_overlap(each, other) for other in others)]
        if not clear and not mine and blank.many and blank.known:
            clear = _every(blank, message)
        named = list(dict.fromkeys(value for *_, value in clear))
        if len(named) > 1 and not blank.many:
            found.conflict = True
        elif named:
            found.values[blank.name] = named if blank.many else named[0]
            for first, after, _value in clear:
                found.claimed.update(range(first, after))


def _overlap(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _every(blank: Blank, message: Message) -> list[tuple[int, int, str]]:
    """Return all known values where all of them are asked for: all warehouses."""
    called = set(roots(blank.name.replace("_", " ")))
    for at, word in enumerate(message.words):
        if word.text in ALL:
            for after in range(at + 1, min(at + 4, len(message.words))):
                if root(message.words[after].text) in called:
                    return [(at, after + 1, value) for value in blank.known]
    return []


def _texts(blanks: Sequence[Blank], message: Message, found: Filled) -> None:
    """Give quoted names to what takes any text, and to what takes a value that nobody knows."""
    for text, at in message.quotes:
        if found.claimed.issuperset(at):
            continue
        open_ = [
            each
            for each in blanks
            if each.use in {Use.TEXT, Use.VALUE} and each.name not in found.values
        ]
        before = (
            [message.words[each].text for each in range(max(0, at[0] - 3), at[0])] if at else []
        )
        said = [each for each in open_ if not _called(each).isdisjoint(map(root, before))]
        fits = said if len(said) == 1 else open_
        if len(fits) != 1 or not text:
            continue
        blank = fits[0]
        found.claimed.update(at)
        if blank.known:
            found.invalid[blank.name] = f"{text} is none of its known values."
        else:
            found.values[blank.name] = [text] if blank.many else text


def _called(blank: Blank) -> set[str]:
    return set(roots(blank.name.replace("_", " ")))


# Numbers


def _numbers(blanks: Sequence[Blank], message: Message, found: Filled) -> None:
    free = [each for each in message.numbers if found.claimed.isdisjoint(each[2])]
    counts = [each for each in blanks if each.use is Use.COUNT]
    for blank in (each for each in blanks if each.use is Use.NUMBER):
        fits = [each for each in free if _fits(blank, message, each)]
        if len(fits) == 1:
            value, at, words = fits[0]
            found.values[blank.name] = [value] if blank.many else _plain(value)
            found.claimed.update(words)
            after = words[-1] + 1
            if after < len(message.words) and message.words[after].text in UNITS:
                found.claimed.add(after)  # longer than 10 days
            lead = message.plain[:at]
            said = [match for pattern, _ in SIGNS if (match := pattern.search(lead))]
            for match in said:
                found.claimed.update(message.within(match.start(), match.end()))
            free.remove(fits[0])
    if len(counts) == 1:
        bare = [
            each
            for each in free
            if not any(sign.search(message.plain[: each[1]]) for sign, _ in SIGNS)
        ]
        beside = [each for each in bare if _ranks(message, each[2])]
        fits = beside if len(beside) == 1 else bare
        if len(fits) == 1:
            value, _at, words = fits[0]
            found.claimed.update(words)
            if isinstance(value, int) and 0 < value <= MOST_ROWS:
                found.values[counts[0].name] = value
            else:
                found.invalid[counts[0].name] = f"{value} is no number of rows."


def _plain(value: int | Decimal) -> int | float:
    return value if isinstance(value, int) else float(value)


def _fits(blank: Blank, message: Message, one: tuple[int | Decimal, int, tuple[int, ...]]) -> bool:
    """Return whether a number is said as *blank* takes it: more than 5, or grade 5."""
    lead = message.plain[: one[1]]
    signs = {sign for pattern, sign in SIGNS if pattern.search(lead)}
    if blank.sign in {">", ">=", "<", "<="}:
        return blank.sign in signs
    before = [message.words[at].text for at in range(max(0, one[2][0] - 2), one[2][0])]
    return not signs and not _called(blank).isdisjoint(map(root, before))


def _ranks(message: Message, words: tuple[int, ...]) -> bool:
    near = range(max(0, words[0] - 1), min(words[-1] + 3, len(message.words)))
    return any(
        message.words[at].text in FIRST or root(message.words[at].text) == "top" for at in near
    )


# Times


def _times(blanks: Sequence[Blank], message: Message, found: Filled) -> None:
    said = list(message.moments)
    if not blanks:
        for each in said:
            if each.kind is Kind.NOW:  # what is asked now is told as of now
                found.claimed.update(message.within(each.start, each.end))
        return
    said = [each for each in said if found.claimed.isdisjoint(message.within(each.start, each.end))]
    if len(said) > 1:
        said = [each for each in said if each.kind is not Kind.NOW] or said[:1]
    if not said:
        return
    if len(said) > 1:
        if not _labelled(blanks, said, message, found):
            found.conflict = True
        return
    _claim(message, said[0], found)
    uses = {each.use: each for each in blanks}
    if len(uses) < len(blanks):
        _refuse(blanks, said[0], found, "which of them is meant?")
        return
    _one(uses, said[0], found)


def _claim(message: Message, moment: Moment, found: Filled) -> None:
    found.claimed.update(message.within(moment.start, moment.end))


def _labelled(
    blanks: Sequence[Blank], said: Sequence[Moment], message: Message, found: Filled
) -> bool:
    """Fill in moments that are called by the names of the parameters: start …, end …."""
    named: dict[str, Moment] = {}
    for moment in said:
        lead = [
            each.text for each in tokens(message.plain[max(0, moment.start - 30) : moment.start])
        ]
        for blank in blanks:
            words = {blank.use.split(" ")[0], *blank.name.lower().split("_")}
            words |= {"start", "from"} if blank.use is Use.START else set()
            words |= {"end", "to", "until"} if blank.use is Use.END else set()
            if lead and not words.isdisjoint(lead[-2:]):
                named.setdefault(blank.name, moment)
    if len(named) != len(said) or len({each.start for each in named.values()}) != len(said):
        return False
    for blank in blanks:
        if mine := named.get(blank.name):
            _claim(message, mine, found)
            if blank.use is Use.START and mine.first is not None and mine.kind is Kind.DAY:
                found.values[blank.name] = mine.first.isoformat()
            else:
                _one({blank.use: blank}, mine, found)
    return True


def _one(uses: dict[Use, Blank], moment: Moment, found: Filled) -> None:
    """Fill in what one moment says."""
    blanks = list(uses.values())
    if moment.kind is Kind.UNCLEAR:
        _refuse(blanks, moment, found, "which day or period is that? Write it as 2025-03-31.")
        return
    if moment.kind is Kind.BACKWARD:
        _refuse(blanks, moment, found, "that ends before it starts.")
        return
    for fits, fill in FILLS:
        if set(uses) == fits:
            why = fill(uses, moment, found.values)
            if why:
                _refuse(blanks, moment, found, why)
            return
    _refuse(blanks, moment, found, "say each of them by its name.")


def _refuse(blanks: Sequence[Blank], moment: Moment, found: Filled, why: str) -> None:
    for blank in blanks:
        if blank.name not in found.values:
            found.invalid[blank.name] = f"{moment.text}: {why}"


Fill = Callable[[dict[Use, Blank], Moment, dict[str, Any]], str | None]


def _written(blank: Blank, day: date) -> str | int:
    if blank.format:
        return day.strftime(blank.format.replace("%Y", f"{day.year:04}"))
    if blank.use is Use.YEAR:
        return day.year
    return (day.month + 2) // 3 if blank.use is Use.QUARTER_NUMBER else day.month


def _period(kind: Kind) -> Fill:
    """Return what fills in a calendar period: all of it, or nothing."""

    def fill(uses: dict[Use, Blank], moment: Moment, values: dict[str, Any]) -> str | None:
        first, last = moment.first, moment.last
        if first is None or last is None or not _is_whole(kind, first, last):
            return f"it takes one whole {kind}."
        for blank in uses.values():
            values[blank.name] = _written(blank, first)
        return None

    return fill


def _is_whole(kind: Kind, first: date, last: date) -> bool:
    length = {Kind.YEAR: 12, Kind.QUARTER: 3, Kind.MONTH: 1}[kind]
    after = last + timedelta(1)
    months = (after.year - first.year) * 12 + after.month - first.month
    return first.day == 1 == after.day and months == length and (first.month - 1) % length == 0


def _finer(kind: Kind) -> Fill:
    """Return what fills in a year and a part of it; the year alone where that is all there is."""

    def fill(uses: dict[Use, Blank], moment: Moment, values: dict[str, Any]) -> str | None:
        if _period(kind)(uses, moment, values) is None:
            return None
        if moment.kind is Kind.YEAR:
            return _period(Kind.YEAR)({Use.YEAR: uses[Use.YEAR]}, moment, values)
        return f"it takes one whole {kind}."

    return fill


def _between(uses: dict[Use, Blank], moment: Moment, values: dict[str, Any]) -> str | None:
    if moment.first is not None:
        values[uses[Use.START].name] = moment.first.isoformat()
    if moment.last is not None:
        end = uses[Use.END]
        values[end.name] = (moment.last + timedelta(end.later)).isoformat()
    return None


def _from(uses: dict[Use, Blank], moment: Moment, values: dict[str, Any]) -> str | None:
    if moment.kind not in {Kind.SINCE, Kind.ROLLING} or moment.first is None:
        return "it takes a first day alone: since …"
    values[uses[Use.START].name] = moment.first.isoformat()
    return None


def _to(uses: dict[Use, Blank], moment: Moment, values: dict[str, Any]) -> str | None:
    single = moment.kind in {Kind.DAY, Kind.NOW}
    if moment.last is None or not (single or moment.kind is Kind.UNTIL):
        return "it takes a last day alone: until …"
    end = uses[Use.END]
    values[end.name] = (moment.last + timedelta(end.later)).isoformat()
    return None


def _day(uses: dict[Use, Blank], moment: Moment, values: dict[str, Any]) -> str | None:
    if moment.kind not in {Kind.DAY, Kind.NOW} or moment.first is None:
        return "it takes one day."
    values[uses[Use.DAY].name] = moment.first.isoformat()
    return None


def _span(uses: dict[Use, Blank], moment: Moment, values: dict[str, Any]) -> str | None:
    blank = uses[Use.SPAN]
    if moment.kind is Kind.ROLLING:
        if moment.unit == blank.unit:
            values[blank.name] = moment.many
            return None
        if (moment.unit, blank.unit) == ("week", "day"):
            values[blank.name] = 7 * moment.many
            return None
    return f"it takes a number of {blank.unit}s: last 30 {blank.unit}s."


FILLS: tuple[tuple[set[Use], Fill], ...] = (
    ({Use.YEAR}, _period(Kind.YEAR)),
    ({Use.MONTH}, _period(Kind.MONTH)),
    ({Use.YEAR, Use.MONTH_NUMBER}, _finer(Kind.MONTH)),
    ({Use.YEAR, Use.QUARTER_NUMBER}, _finer(Kind.QUARTER)),
    ({Use.START, Use.END}, _between),
    ({Use.START}, _from),
    ({Use.END}, _to),
    ({Use.DAY}, _day),
    ({Use.SPAN}, _span),
)
"""What fills in which parameters together."""
