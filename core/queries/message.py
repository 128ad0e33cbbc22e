"""A message, read once for all the queries that it may ask for."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from core.connections.words import fold
from core.queries.known import QUOTED
from core.queries.moments import Moment, moments
from core.queries.numbers import NUMBER, number
from core.queries.wording import Token, apart, together, tokens

LONGEST = 1000
"""Characters of a question that is looked at as one; more is a text, not a question."""


class Message:
    """Its words, the moments, numbers and quoted names among them."""

    def __init__(self, text: str, today: date) -> None:
        """Read *text*; what is relative in it is told from *today*."""
        self.today = today
        self.raw = text[:LONGEST]
        self.plain = fold(self.raw).lower()
        self.words: tuple[Token, ...] = tokens(self.plain)
        self.moments = moments(self.plain, today)
        self.timed = frozenset(
            at for each in self.moments for at in self.within(each.start, each.end)
        )
        self.rest = self._without(self.moments)
        self.quotes = self._quoted()
        self.phrased = frozenset(self._phrased())
        self.numbers = tuple(self._numbers())

    def within(self, start: int, end: int) -> list[int]:
        """Return which words stand between two places of the text."""
        return [at for at, each in enumerate(self.words) if each.start < end and start < each.end]

    def _without(self, moments: Sequence[Moment]) -> str:
        out, last = [], 0
        for each in moments:
            out += [self.plain[last : each.start], " "]
            last = each.end
        return "".join((*out, self.plain[last:]))

    def _phrased(self) -> Iterator[int]:
        """Yield the words that mean something together or are made of others."""
        told = [at for at, each in enumerate(self.words) if len(each.text) > 1]
        for at, each in enumerate(self.words):
            if apart(each.text):
                yield at
        for size in (2, 3):
            for first in range(len(told) - size + 1):
                places = told[first : first + size]
                if together(tuple(self.words[at].text for at in places)):
                    yield from places

    def _quoted(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Return what is in quotes, as it was written, and which words that are."""
        folded = list(QUOTED.finditer(self.plain))
        written = list(QUOTED.finditer(self.raw))
        same = len(folded) == len(written)
        return tuple(
            ((each[1] or each[2]).strip(), tuple(self.within(match.start(), match.end())))
            for match, each in zip(folded, written if same else folded, strict=True)
        )

    def _numbers(self) -> list[tuple[int | Decimal, int, tuple[int, ...]]]:
        """Return the numbers outside of moments: each, where it stands, which words it is."""
        found = []
        for match in re.finditer(rf"(?<![\w.,-])(?:{NUMBER})(?![\w%])", self.plain):
            value, at = number(match[0]), self.within(match.start(), match.end())
            if value is not None and at and self.timed.isdisjoint(at) and match[0] != "one":
                found.append((value, match.start(), tuple(at)))
        return found
