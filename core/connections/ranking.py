"""Which tables a question is about: by its words, by their neighbours, by what joins them."""

from collections import Counter
from collections.abc import Mapping
from heapq import nlargest
from itertools import combinations
from typing import NamedTuple

from core.connections.copies import copies
from core.connections.joins import CROWD, FILLERS, Relations
from core.connections.postings import Postings
from core.connections.records import Column, Schema

CANDIDATES = 300
"""Tables that are looked at closely."""
SEEDS = 40
"""Tables whose neighbours are."""
OWN = 0.6
"""How far a rare meaning of a word counts as rare, and not as the word with all its meanings."""
UNNAMED = 0.75
"""What a score is worth where no word of the table's name was meant; 1 where every one was."""
RISE = 0.25
"""What a table gains from the words of the question that its neighbours have, and it has not."""
LEND = 0.4
"""What a neighbour gains from a table, of that table's score."""
LIFT = 0.15
"""What it gains besides, of the lesser of both scores."""
COVER = 0.3
"""What it gains where it has words of the question which that table has not."""
WHOLE = 0.4
"""How much a score depends on how much of the question a table and its neighbours cover."""
FAR = 0.5
"""How much of all this counts over two joins."""
FIRST = 6
"""Tables that get what they need: bridges between them, and dates."""
BRIDGE = 0.85
"""What a bridge between two tables is worth, of the lesser of both."""
DATED = 0.75
"""What the dated parent of a table without dates is worth, where a question is about time."""
SUNK = 0.25
"""What is left of a copy's score where the original is there too."""
LESSER = 0.7
"""The same where it is not."""
ALIKE = 0.75
"""What is left of a score for each better table that has the same words and a like name."""
TAIL = 0.06
"""Tables below this share of the best are not worth a reader's time."""
DATES = frozenset({"date", "dat", "dt", "datum", "at", "on", "ts", "day", "year", "yr", "fecha"})
"""Last words of columns that hold a date, where their types do not tell."""


class Understood(NamedTuple):
    """A question as a schema understands it."""

    meanings: Mapping[str, Mapping[str, float]]
    """From word or phrase to the stems it may mean, with how surely."""
    moment: bool
    """Whether it is about time."""

    @property
    def terms(self) -> dict[str, float]:
        """Every stem with the best of its weights."""
        found: dict[str, float] = {}
        for meanings in self.meanings.values():
            for term, weight in meanings.items():
                found[term] = max(weight, found.get(term, 0.0))
        return found


class Ranked(NamedTuple):
    """A table by its place in the schema, with its score and the neighbour that led there."""

    table: int
    score: float
    lender: int | None
    """Set where the neighbour lent more than the table had of its own."""


class Ranking:
    """Ranks the tables of one schema; built once, never changed."""

    def __init__(self, schema: Schema, postings: Postings) -> None:
        """Read the joins, copies and dates of *schema*."""
        self._schema = schema
        self._postings = postings
        self.relations = Relations(schema, postings.stems)
        self.copies = copies(schema, postings.stems)
        self._dated = frozenset(
            n
            for n, table in enumerate(schema.tables)
            if any(self.is_date(column) for column in table.columns)
        )

    def is_date(self, column: Column) -> bool:
        """Return whether *column* holds a date or a time, by its type or else by its name."""
        type = column.type.lower()
        if "date" in type or "time" in type:
            return True
        stems = self._postings.stems(column.name)
        return bool(stems) and stems[-1] in DATES

    def meant(self, term: str, terms: Mapping[str, float]) -> float:
        """Return how surely a stem of a name, or what it is made of, is among *terms*."""
        whole = terms.get(term, 0.0)
        parts = self._postings.parts(term)
        if not parts:
            return whole
        return max(whole, sum(terms.get(part, 0.0) for part in parts) / len(parts))

    def rank(
        self, understood: Understood, limit: int, extra: Mapping[int, float] | None = None
    ) -> list[Ranked]:
        """Return the *limit* best tables, the best first.

        Args:
            understood: the question.
            limit: how many at most.
            extra: how near a table is in meaning, 0 to 1; taken as a share of the best score.
        """
        by_word = self._by_word(understood)
        total: dict[int, float] = {}
        for values in by_word.values():
            for n, value in values.items():
                total[n] = total.get(n, 0.0) + value
        best = max(total.values(), default=1.0)
        for n, nearness in (extra or {}).items():
            total[n] = total.get(n, 0.0) + best * nearness
        terms = understood.terms
        close = nlargest(CANDIDATES, total.items(), key=_by_score)
        scores = {n: score * self._worth(n, terms) for n, score in close}
        scores, lender = self._lift(scores, by_word)
        self._need(scores, moment=understood.moment)
        return [Ranked(n, score, lender.get(n)) for n, score in self._pick(scores, by_word, limit)]

    def _by_word(self, understood: Understood) -> dict[str, dict[int, float]]:
        """Return what each word is worth to each table: the best of its meanings there."""
        postings = self._postings
        found: dict[str, dict[int, float]] = {}
        for word, meanings in understood.meanings.items():
            best = found[word] = {}
            spread = sum(
                weight * len(postings.of[term].tables) for term, weight in meanings.items()
            )
            common = postings.rarity(min(spread, postings.count))
            for term, weight in meanings.items():
                posting = postings.of[term]
                rarity = postings.rarity(len(posting.tables))
                factor = weight * (common + OWN * (rarity - common))
                for n, worth in zip(posting.tables, posting.worths, strict=True):
                    value = factor * worth
                    if value > best.get(n, 0.0):
                        best[n] = value
        return found

    def _worth(self, n: int, terms: Mapping[str, float]) -> float:
        """Return by how much a table's score counts: whole names rise, copies sink."""
        stems = self._postings.stems(self._schema.tables[n].name)
        own = [term for term in stems if term not in FILLERS]
        copy = self.copies.get(n)
        if copy is not None:
            own = [term for term in own if term not in copy.marks] or own
        named = sum(self.meant(term, terms) for term in own) / len(own) if own else 0.0
        worth = UNNAMED + (1 - UNNAMED) * named
        if copy is not None and copy.marks.isdisjoint(terms):
            worth *= SUNK if copy.original else LESSER
        return worth

    def _lift(
        self, scores: dict[int, float], by_word: dict[str, dict[int, float]]
    ) -> tuple[dict[int, float], dict[int, int]]:
        """Return the scores with what neighbours lend, and who lent more than a table had."""
        around = {n: self._around(n) for n, _ in nlargest(SEEDS, scores.items(), key=_by_score)}
        risen = dict(scores)
        best = sum(max(values.values(), default=0.0) for values in by_word.values()) or 1.0
        for n, near in around.items():
            more = covered = 0.0
            for values in by_word.values():
                there = max((values.get(other, 0.0) * decay for other, decay in near), default=0.0)
                more += max(0.0, there - values.get(n, 0.0))
                covered += max(there, values.get(n, 0.0))
            risen[n] += RISE * min(scores[n], more)
            risen[n] *= 1 - WHOLE + WHOLE * covered / best
        lent: dict[int, float] = {}
        lender: dict[int, int] = {}
        for n, near in around.items():
            score = risen[n]
            for other, decay in near:
                own = risen.get(other, 0.0)
                new = 0.0
                if own:
                    for values in by_word.values():
                        new += max(0.0, values.get(other, 0.0) - values.get(n, 0.0))
                gain = decay * (LEND * score + LIFT * min(score, own) + COVER * min(new, score))
                if gain > lent.get(other, 0.0):
                    lent[other], lender[other] = gain, n
        for other, gain in lent.items():
            counts = gain * SUNK if other in self.copies else gain
            risen[other] = risen.get(other, 0.0) + counts
        return risen, {n: other for n, other in lender.items() if lent[n] > scores.get(n, 0.0)}

    def _around(self, n: int) -> list[tuple[int, float]]:
        """Return the tables one and two joins from *n*, with how much counts at that distance."""
        near = self.relations.neighbours(n)
        found = {other: 1.0 for other in near if other != n}
        for other in near if len(near) <= CROWD else ():
            beyond = self.relations.neighbours(other)
            for far in beyond if len(beyond) <= CROWD else ():
                if far != n:
                    found.setdefault(far, FAR)
        return list(found.items())

    def _need(self, scores: dict[int, float], *, moment: bool) -> None:
        """Raise what the first tables need: the tables that join them, and those with dates."""
        first = nlargest(FIRST, scores.items(), key=_by_score)
        near = {n: self.relations.neighbours(n) for n, _ in first}
        for (one, _), (other, lesser) in combinations(first, 2):
            if other not in near[one]:
                bridge = self.relations.bridge(near[one], near[other])
                if bridge is not None:
                    scores[bridge] = max(scores.get(bridge, 0.0), BRIDGE * lesser)
        for n, score in first if moment else ():
            if n not in self._dated:
                there = self._schema.tables[n]
                for other, join in near[n].items():
                    if other in self._dated and join.left == (there.schema, there.name):
                        scores[other] = max(scores.get(other, 0.0), DATED * score)

    def _pick(
        self, scores: dict[int, float], by_word: dict[str, dict[int, float]], limit: int
    ) -> list[tuple[int, float]]:
        """Return the best; one that the question cannot tell from a better one counts less."""
        seen: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
        found = []
        for n, score in nlargest(limit * 4, scores.items(), key=_by_score):
            table = self._schema.tables[n]
            stems = (term for term in self._postings.stems(table.name) if term not in FILLERS)
            words = tuple(word for word, values in by_word.items() if n in values)
            family = (table.schema, next(stems, ""), words)
            found.append((n, score * ALIKE ** seen[family]))
            seen[family] += 1
        found = nlargest(limit, found, key=_by_score)
        return [each for each in found if each[1] >= TAIL * found[0][1]]


def _by_score(ranked: tuple[int, float]) -> tuple[float, int]:
    return (ranked[1], -ranked[0])
