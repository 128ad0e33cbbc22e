"""A result in a line, as a person wants it first thing in the morning: its figures, computed.

Nothing is estimated and nothing invented: figures are added as decimals, a unit is named by nobody
but the column, and what is no sum of anything, such as a rate or an average, is not added up.
"""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, NamedTuple

from core.charts import TELLING, sorted_by
from core.connections import Answer

NUMBERS = frozenset({"integer", "decimal", "number"})
WORD = re.compile(r"[^\W_]+")
NO_MEASURE = frozenset({"id", "year", "month", "day", "week", "quarter", "zip", "code", "rank"})
"""Words that end the name of a number that measures nothing."""
NO_SUM = frozenset(
    {"average", "avg", "mean", "median", "rate", "ratio", "percent", "percentage", "pct", "share"}
    | {"price", "min", "max", "minimum", "maximum", "return", "roas", "roi", "aov", "score"}
    | {"oldest", "newest", "age", "balance", "stock", "hand", "point", "time", "per", "distinct"}
)
"""Words of a name whose figures do not add up to anything."""
PERIOD = re.compile(r"\d{4}(?:-(?:\d{2}|W\d{2}|Q[1-4])(?:-\d{2})?)?(?: 00:00(?::00)?)?")
PLAIN = re.compile(r"[\w ,&'/+%:-]+(?:\.\d+)?")
LABEL = 60
"""Characters of a label."""
LABELS = 3
"""Columns that a label is made of, at most."""
FIGURES = 5
"""Figures of a single row that are told."""
GROUPED = 10_000
"""Numbers from here on have commas: 2025 is a year more often than not."""


class Measured(NamedTuple):
    """The figures of one column, and what each belongs to."""

    name: str
    points: tuple[tuple[str, Decimal], ...]


def summary(answer: Answer, title: str, *, whole: bool) -> str:
    """Return what a result of at least one row comes to.

    Args:
        answer: the result.
        title: what was asked; the measure that it names comes first.
        whole: whether every row is here; what is cut adds up to nothing.
    """
    names = [column.name for column in answer.columns]
    numeric = [
        at
        for at, column in enumerate(answer.columns)
        if column.type in NUMBERS and (_words(column.name) or [""])[-1] not in NO_MEASURE
    ]
    if len(answer.rows) == 1:
        told = [at for at in range(len(names)) if answer.rows[0][at] is not None][:FIGURES]
        said = ", ".join(
            f"{shown(' '.join(names[at].split('_')))} {value(answer.rows[0][at])}" for at in told
        )
        return f"1 row: {said}." if said else "1 row, and nothing in it."
    head = f"{'' if whole else 'the first '}{len(answer.rows):,} rows"
    main = _main(answer, numeric, title)
    if main is None:
        return f"{head}."
    measured = _measured(answer, main, numeric)
    if len(measured.points) < 2:  # noqa: PLR2004 - one point has no first and last
        return f"{head}."
    return f"{head}. {_said(measured, whole=whole)}"


def _said(measured: Measured, *, whole: bool) -> str:
    name, points = _named(measured.name), measured.points
    highest = max(figure for _label, figure in points)
    lowest = min(figure for _label, figure in points)
    parts = []
    if whole and NO_SUM.isdisjoint(_words(measured.name)):
        parts.append(f"{name} adds up to {number(sum((each for _l, each in points), Decimal()))}")
    labels = [label for label, _figure in points]
    if all(map(PERIOD.fullmatch, labels)) and labels == sorted(set(labels)):
        begin = "it" if parts else name
        (first, one), (last, other) = points[0], points[-1]
        parts.append(f"{begin} goes from {number(one)} in {first} to {number(other)} in {last}")
        ends = {one, other}
        if highest not in ends:
            parts.append(f"the highest is {number(highest)} in {_where(points, highest)}")
        if lowest not in ends:
            parts.append(f"the lowest is {number(lowest)} in {_where(points, lowest)}")
    elif highest == lowest:
        parts.append(f"{'it' if parts else name} is {number(highest)} everywhere")
    else:
        begin = "the highest is" if parts else f"the highest {name} is"
        parts.append(f"{begin} {number(highest)} ({_where(points, highest)})")
        parts.append(f"the lowest {number(lowest)} ({_where(points, lowest)})")
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}."


def _named(column: str) -> str:
    return shown(" ".join(column.split("_")))


def _where(points: Sequence[tuple[str, Decimal]], figure: Decimal) -> str:
    labels = [shown(label) for label, each in points if each == figure]
    return labels[0] if len(labels) == 1 else f"{labels[0]} and {len(labels) - 1} more"


def _main(answer: Answer, numeric: Sequence[int], title: str) -> int | None:
    """Return which number the result is about: the one asked for, or that it is sorted by."""
    if not numeric:
        return None
    asked = {_stem(word) for word in _words(title)}
    rows, names = answer.rows, [column.name for column in answer.columns]
    by = sorted_by(answer.sql, names)
    two = len(rows) == 2  # noqa: PLR2004 - two fall in much, and along a time by chance
    first = next((at for at in range(len(names)) if at not in numeric), None)
    timed = first is not None and all(PERIOD.fullmatch(_text(row[first])) for row in rows)
    ranked = two and not timed and by in {None, *(names[at].lower() for at in numeric)}

    def rank(at: int) -> tuple[int, bool, bool, bool]:
        words = _words(names[at])
        named = sum(_stem(word) in asked for word in words)
        figures = [figure for row in rows if (figure := _decimal(row[at])) is not None]
        falling = all(one >= other for one, other in pairwise(figures))
        falling &= len(set(figures)) > (1 if ranked else 2)
        return named, names[at].lower() == by, falling, ranked and not TELLING.isdisjoint(words)

    return max(numeric, key=rank)  # of equals the first


def _measured(answer: Answer, main: int, numeric: Sequence[int]) -> Measured:
    others = [at for at in range(len(answer.columns)) if at not in numeric][:LABELS]
    labels = [""] * len(answer.rows)
    for many in range(1, len(others) + 1):
        labels = [", ".join(_text(row[at]) for at in others[:many]) for row in answer.rows]
        if len(set(labels)) == len(labels):
            break
    if not others:
        labels = [f"row {number}" for number in range(1, len(answer.rows) + 1)]
    points = [
        (label, figure)
        for label, row in zip(labels, answer.rows, strict=True)
        if (figure := _decimal(row[main])) is not None
    ]
    return Measured(answer.columns[main].name, tuple(points))


def shown(text: str) -> str:
    """Return what a stranger may have written, so that it can neither format nor link anything."""
    line = " ".join(text.split())
    line = line if len(line) <= LABEL else f"{line[: LABEL - 1]}…"
    if PLAIN.fullmatch(line) and "://" not in line and "__" not in line:
        return line
    return f"`{line.replace('`', chr(39))}`" if line else "(nothing)"


def value(cell: Any) -> str:
    """Return a cell as it stands in a sentence."""
    figure = _decimal(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and figure is not None:
        return number(figure)
    return shown(_text(cell))


def number(figure: Decimal) -> str:
    """Return a number as it is read: `1,234,567.5`; every digit is there."""
    whole = figure == figure.to_integral_value()
    plain = f"{figure:f}" if not whole else f"{figure.to_integral_value():f}"
    if abs(figure) >= GROUPED:
        plain = f"{Decimal(plain):,f}"
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    return f"{sign}{digits.rstrip('0').rstrip('.') if '.' in digits else digits}"


def _decimal(cell: Any) -> Decimal | None:
    """Return a cell of a column of numbers; long ones are text so that no digit is lost."""
    if cell is None or isinstance(cell, bool):
        return None
    try:
        figure = Decimal(str(cell))
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None


def _text(cell: Any) -> str:
    return "none" if cell is None else str(cell)


def _words(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name)]


def _stem(word: str) -> str:
    return word.removesuffix("s")
