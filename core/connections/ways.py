"""How a dialect says what a function of another dialect does.

`ways.txt` beside this file lists, under the names of functions, the expression of each dialect
that lacks them. In it x and y stand for dates with times, s and t for text, n for a number, c for
a condition and j for JSON; where there is no expression the note says what to do. MariaDB says
what MySQL says. The tests run every expression on its engine.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from typing_extensions import override

from core.connections.records import Dialect

BOOK = Path(__file__).with_name("ways.txt")


QUOTED = re.compile(r"('[^']*')")
FIRST, SECOND = re.compile(r"\b[xsncj]\b"), re.compile(r"\b[yt]\b")
"""What stands for a function's first argument that is no constant, and for its second."""
UNIT = re.compile(r"(?:year|quarter|month|week|day|hour|minute|second)s?", re.IGNORECASE)
CONSTANT = re.compile(r"'.*'|[\d.]+|INTERVAL\b.*", re.IGNORECASE | re.DOTALL)
BEHIND = re.compile(r" (?:SEPARATOR|ORDER BY|AS|FOR)\b", re.IGNORECASE)
BEFORE = re.compile(r"^\w+ FROM |^'.*' IN ", re.IGNORECASE)
"""What stands around the argument itself: EXTRACT(YEAR FROM x), POSITION('a' IN s)."""
LONGEST = 60
"""Characters of an argument that is put into the expression."""


class Way(NamedTuple):
    """An expression, and what there is to know of it."""

    expression: str
    note: str

    @override
    def __str__(self) -> str:
        """Return it for a person."""
        if not self.expression:
            return self.note
        return f"{self.expression} ({self.note})" if self.note else self.expression

    def of(self, arguments: Sequence[str]) -> "Way":
        """Return the same with the arguments of a call in place of the letters."""
        all = [BEFORE.split(BEHIND.split(each)[0])[-1] for each in arguments]
        own = [each for each in all if not CONSTANT.fullmatch(each) and not UNIT.fullmatch(each)]
        own = own or all[:1]
        if not own or any(len(each) > LONGEST for each in own):
            return self
        # With the unit in front, the later date is the last argument: DATEDIFF(day, y, x).
        if len(own) > 1 and UNIT.fullmatch(arguments[0].strip("'")):
            own.reverse()
        parts = QUOTED.split(self.expression)
        for at in range(0, len(parts), 2):
            one = FIRST.sub(lambda _: own[0], parts[at])
            parts[at] = SECOND.sub(lambda _: own[1], one) if len(own) > 1 else one
        return Way("".join(parts), self.note)


@cache
def ways() -> dict[Dialect, dict[str, Way]]:
    """Return by dialect and function, in lower case, what is to be written instead."""
    found: dict[Dialect, dict[str, Way]] = {dialect: {} for dialect in Dialect}
    names: list[str] = []
    for line in BOOK.read_text("utf-8").splitlines():
        if not line.startswith(" "):
            names = line.split()
            continue
        dialect, _, said = line.strip().partition(" = ")
        expression, _, note = said.partition("-- ")
        expression = expression.strip()
        for name in names:
            found[Dialect(dialect)][name] = Way(expression, note)
            if dialect == Dialect.MYSQL:
                found[Dialect.MARIADB].setdefault(name, Way(expression, note))
    return found
