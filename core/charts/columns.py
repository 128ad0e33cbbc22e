"""A result's columns, read for a chart: which hold measures, times, labels or mere ids."""

import math
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from typing import Any

from core.charts.moments import Grain, Moments, read

NUMBERS = frozenset({"integer", "decimal", "number"})
TIMES = frozenset({"date", "timestamp"})
TEXTS = frozenset({"text", "boolean", "time", "other"})
NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
"""Numbers all the same, though nothing can be drawn of them."""
EXACT = 2**53
GREATEST = 1e300
"""Beyond it nothing can be added up; no picture needs it."""
MOST_LABEL = 80
"""Characters of a label; a picture has no room for more."""
NONE, EMPTY = "(none)", "(empty)"


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ID = _set("id ids uuid guid key code codes zip zipcode postcode postal phone isbn sku")
_ORDER = _set(
    "month quarter week weekday dow day hour minute rank position bucket level age rating"
    " stars score_band decile year doy dom isodow row_number rownum number no"
)
"""Integers by these names stand in an order of their own; they say where, not how much."""
_YEAR = frozenset({"year", "yr", "jahr", "年"})
_MEAN = _set(
    "avg average mean median rate ratio percent pct percentage price per min max share p50 p95 p99"
    " score temperature probability index rank return fraction stddev variance age"
)
"""Measures by these names cannot be added up."""
SHARES = _set("percent pct percentage share rate ratio fraction proportion")
_COUNT = _set(
    "count counts orders order customers customer users user units quantity qty items visits n"
    " sessions clicks tickets number signups sales_count products employees people views"
)
_MONEY = _set(
    "revenue sales amount cost costs price profit margin spend spent total income expense budget"
    " turnover payment refunded sold earned value gmv mrr arr usd eur gbp jpy"
)


class Unit(StrEnum):
    """What a measure's name says it counts; measures of two units share no axis."""

    SHARE = "share"
    COUNT = "count"
    MONEY = "money"
    OTHER = "other"


class Column:
    """One column of a result, and what it may be in a chart."""

    def __init__(self, name: str, type: str, values: Sequence[Any]) -> None:
        """Take its *values*, JSON all of them."""
        self.name = name
        self.type = type
        self.values = values

    @cached_property
    def title(self) -> str:
        """Its name for people: `total_revenue` is "Total revenue"."""
        text = plain(self.name)
        if re.fullmatch(r"[a-z0-9_]+", text):
            text = text.replace("_", " ").strip()
        return text[:1].upper() + text[1:] or "(no name)"

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of its name, in lower case: `OrderId` is order, id."""
        apart = re.sub(r"(?<=[a-z])(?=[A-Z])|%", lambda m: " percent " if m[0] else " ", self.name)
        return tuple(word.lower() for word in re.split(r"[\W_]+", apart) if word)

    @cached_property
    def figures(self) -> tuple[float | None, ...]:
        """Its cells as finite numbers; None where there is none."""
        return tuple(figure(value) for value in self.values)

    @cached_property
    def numeric(self) -> bool:
        """Whether it holds numbers: its type says so, and its cells do not belie it."""
        if self.type not in NUMBERS:
            return False
        known = sum(each is not None for each in self.figures)
        given = sum(value is not None and value not in NO_NUMBERS for value in self.values)
        return known > 0 and 2 * known >= given

    @cached_property
    def moments(self) -> Moments | None:
        """Its cells as times, if that is what they are."""
        if self.type in NUMBERS:
            # Four digits are a year only if the name says so, or the cells can be nothing else.
            if not _YEAR.intersection(self.words) and not (
                {"month", "yearmonth", "period"}.intersection(self.words)
            ):
                return None
            return self._numbered()
        if self.type in TIMES or self.type in TEXTS:
            found = read(self.values)
            # A text of four digits may be a code as well as a year.
            if found and found.grain is Grain.YEAR and self.type == "text" and self.identifier:
                return None
            return found if found and any(found.at) else None
        return None

    def _numbered(self) -> Moments | None:
        """Read years, and months written 202501."""
        texts = []
        for value in self.values:
            text = (
                None if value is None else f"{value:g}" if isinstance(value, float) else str(value)
            )
            long = text is not None and re.fullmatch(r"\d{6}", text)
            texts.append(f"{text[:4]}-{text[4:]}" if text and long else text)
        found = read(texts)
        return found if found and any(found.at) else None

    @cached_property
    def identifier(self) -> bool:
        """Whether it names things for machines: an id, a code, a phone number."""
        return bool(self.words) and (self.words[-1] in _ID or self.words[0] in {"id", "uuid"})

    @cached_property
    def ordered(self) -> bool:
        """Whether it holds whole numbers that say where a row stands: an hour, a rating."""
        if not (self.numeric and self.type == "integer" and self.words):
            return False
        return self.words[-1] in _ORDER and not _COUNT.intersection(self.words[:-1])

    @cached_property
    def measure(self) -> bool:
        """Whether it holds amounts: numbers that are neither ids nor times nor places."""
        return self.numeric and not self.identifier and not self.ordered and self.moments is None

    @cached_property
    def category(self) -> bool:
        """Whether its cells can stand as labels."""
        return self.type in TEXTS or self.type in TIMES or (self.identifier and self.numeric)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Its cells as labels for people."""
        return tuple(label(value) for value in self.values)

    @cached_property
    def distinct(self) -> int:
        """How many different labels it has."""
        return len(set(self.labels))

    @cached_property
    def additive(self) -> bool:
        """Whether its figures may be added up; averages and rates may not."""
        return not _MEAN.intersection(self.words)

    @cached_property
    def unit(self) -> Unit:
        """What its name says it counts."""
        if SHARES.intersection(self.words):
            return Unit.SHARE
        if _COUNT.intersection(self.words) and not _MONEY.intersection(self.words):
            # "average order value" counts no orders
            return Unit.COUNT if self.additive else Unit.OTHER
        return Unit.MONEY if _MONEY.intersection(self.words) else Unit.OTHER

    @cached_property
    def largest(self) -> float:
        """The greatest distance of a figure from zero."""
        return max((abs(each) for each in self.figures if each is not None), default=0.0)

    @cached_property
    def fraction(self) -> bool:
        """Whether it holds shares of one, to be shown as percent."""
        says = self.unit is Unit.SHARE and not {"percent", "pct", "percentage"}.intersection(
            self.words
        )
        return says and 0 < self.largest <= 1


def figure(value: Any) -> float | None:
    """Return a cell as a finite number; digits beyond double precision are rounded."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number) or abs(number) > GREATEST:
        return None
    return int(number) if number.is_integer() and abs(number) <= EXACT else number


def label(value: Any) -> str:
    """Return a cell as a label: one line, printable, at most 80 characters."""
    match value:
        case None:
            return NONE
        case bool():
            return "true" if value else "false"
        case str():
            text = plain(value)
            return text or EMPTY
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return plain(str(value))


def plain(text: str) -> str:
    """Return *text* in one line without signs that steer; what is long is cut, and shows it."""
    text = text[: 4 * MOST_LABEL]
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    text = " ".join(text.split())
    return text if len(text) <= MOST_LABEL else text[: MOST_LABEL - 1] + "…"
