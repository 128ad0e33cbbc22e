"""From a question in plain words to the few tables and columns that it is about."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import nlargest
from itertools import combinations
from typing import NamedTuple, Protocol

from core.connections.copies import Copy, copies
from core.connections.driver import TableName
from core.connections.joins import CROWD, FILLERS, Join, Relations, keys
from core.connections.outline import text_of
from core.connections.postings import Postings
from core.connections.records import Column, Schema, Table
from core.connections.vectors import Vectors
from core.connections.vocabulary import Vocabulary
from core.connections.words import asked, moment

MOST_WORDS = 40
"""Different words of a question that are looked up."""
CANDIDATES = 300
"""Tables that are looked at closely."""
SEEDS = 40
"""Tables whose neighbours are."""
UNNAMED = 0.75
"""What a score is worth where no word of the table's name was meant; 1 where every one was."""
LIFT = 0.4
"""What a table gains from the best of its neighbours, of the lesser of the two scores."""
LEND = 0.4
"""What it gains from that neighbour whatever its own words."""
COVER = 0.4
"""What it gains where it has words of the question which that neighbour has not."""
FAR = 0.5
"""How much of all this counts over two joins."""
RISE = 0.4
"""What a table gains from the words that its neighbours cover."""
DATED = 0.75
"""What a table with a date gains from a neighbour without, where the question is about time."""
ALIKE = 0.75
"""What is left of a score for each better table that has the same words and a like name."""
DATES = frozenset("date dat dt datum at on ts day tag year yr month fecha jour".split())
OWN = 0.6
PHRASE = 0.6
FIRST = 6
BRIDGE = 0.85
SUNK = 0.25
"""What is left of a copy's score where the original is there too."""
LESSER = 0.7
"""The same where it is not."""
TAIL = 0.06
"""Hits below this share of the best are not worth a reader's time."""
MEANT = 0.8
"""What the nearest meaning is worth, of the best lexical score."""


class Hit(NamedTuple):
    """A table that the question is about."""

    table: Table
    score: float
    """Only to be compared with the scores of the same answer."""
    columns: tuple[str, ...]
    """Those that matter, in the table's order: keys, and what the question names."""
    why: str
    """The words of the question that led here, or the neighbour that did."""


class Meaning(Protocol):
    """Turns texts into vectors whose angle tells how near they are in meaning; none is shipped."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return one vector per text, all of one length; the texts of tables, or one question."""
        ...


class _Asked(NamedTuple):
    """A question as the schema understands it."""

    meanings: dict[str, dict[str, float]]
    """From word to the stems it may mean, with how surely."""
    terms: dict[str, float]
    """Every such stem with the best of its weights."""
    moment: bool


class Index:
    """Finds the tables of one schema; built once, never changed, safe to share."""

    def __init__(
        self,
        schema: Schema,
        hints: Mapping[TableName, str] | None = None,
        *,
        meaning: Meaning | None = None,
    ) -> None:
        """Read every name, comment and sample of *schema*.

        Args:
            schema: what discovery found.
            hints: what people call a table or say of it, where someone told us.
            meaning: blended in where it is given; it embeds every table here and now.
        """
        self.schema = schema
        hints = hints or {}
        self._postings = Postings(schema, hints)
        self._vocabulary = Vocabulary(
            {term: self._postings.raw[term] for term in self._postings.of}
        )
        self._relations = Relations(schema, self._postings.stems)
        self._copies: dict[int, Copy] = copies(schema, self._postings.stems)
        self._at = {(table.schema, table.name): n for n, table in enumerate(schema.tables)}
        self._dated = frozenset(
            n
            for n, table in enumerate(schema.tables)
            if any(self._is_date(column) for column in table.columns)
        )
        self._meaning = meaning
        self._vectors = None
        if meaning is not None and schema.tables:
            texts = [
                f"{text_of(table)} {hints.get((table.schema, table.name), '')}".rstrip()
                for table in schema.tables
            ]
            self._vectors = Vectors(meaning.embed(texts))

    def search(self, question: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """Return the tables that *question* is about, best first, at most *limit*.

        A question without any word that could name something gets the tables on which most
        others hang; one whose words mean nothing here gets none.
        """
        words = asked(question)[:MOST_WORDS]
        if not words and self._meaning is None:
            return self._overview(limit)
        understood = self._understand(words, question)
        by_word = self._score(understood)
        own: dict[int, float] = defaultdict(float)
        for values in by_word.values():
            for n, value in values.items():
                own[n] += value
        self._blend(own, question)
        close = dict(nlargest(CANDIDATES, own.items(), key=lambda each: each[1]))
        scores = {n: score * self._worth(n, understood) for n, score in close.items()}
        ranked, lifted = self._lift(scores, by_word)
        self._bridge(ranked, moment=understood.moment)
        found = self._different(ranked, by_word, limit)
        joins = self._relations.between([n for n, _ in found])
        return tuple(
            self._hit(n, score, understood, joins, lifted.get(n)) for n, score in found
        )

    def joins(self, hits: Sequence[Hit]) -> tuple[Join, ...]:
        """Return how the tables of *hits* are joined, also through one table that is none."""
        return self._relations.between(
            [self._at[hit.table.schema, hit.table.name] for hit in hits]
        )

    def _understand(self, words: list[str], question: str) -> _Asked:
        meanings = {word: self._vocabulary.meanings(word) for word in words}
        for size in (2, 3):
            for at in range(len(words) - size + 1):
                phrase = tuple(words[at : at + size])
                if found := self._vocabulary.phrase(phrase):
                    meanings[" ".join(phrase)] = found
                    for word in phrase:
                        meanings[word] = {
                            term: weight * PHRASE for term, weight in meanings[word].items()
                        }
        terms: dict[str, float] = {}
        for found in meanings.values():
            for term, weight in found.items():
                terms[term] = max(weight, terms.get(term, 0.0))
        return _Asked(meanings, terms, moment(question))

    def _score(self, understood: _Asked) -> dict[str, dict[int, float]]:
        """Return what each word is worth to each table: the best of its meanings there."""
        postings = self._postings
        found: dict[str, dict[int, float]] = {}
        for word, meanings in understood.meanings.items():
            best = found[word] = {}
            spread = sum(weight * len(postings.of[term].tables) for term, weight in meanings.items())
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

    def _blend(self, scores: dict[int, float], question: str) -> None:
        if self._meaning is None or self._vectors is None:
            return
        top = max(scores.values(), default=1.0)
        (vector,) = self._meaning.embed([question])
        for n, nearness in self._vectors.nearest(vector, CANDIDATES):
            scores[n] = scores.get(n, 0.0) + MEANT * top * nearness

    def _worth(self, n: int, understood: _Asked) -> float:
        """Return by how much a table's score counts: whole names rise, copies sink."""
        terms = [
            term
            for term in self._postings.stems(self.schema.tables[n].name)
            if term not in FILLERS
        ]
        copy = self._copies.get(n)
        if copy is not None:
            terms = [term for term in terms if term not in copy.marks] or terms
        named = sum(self._meant(term, understood) for term in terms) / len(terms) if terms else 0.0
        worth = UNNAMED + (1 - UNNAMED) * named
        if copy is not None and copy.marks.isdisjoint(understood.terms):
            worth *= SUNK if copy.original else LESSER
        return worth

    def _meant(self, term: str, understood: _Asked) -> float:
        parts = self._postings.parts(term)
        whole = understood.terms.get(term, 0.0)
        if not parts:
            return whole
        return max(whole, sum(understood.terms.get(part, 0.0) for part in parts) / len(parts))

    def _lift(
        self, scores: dict[int, float], by_word: dict[str, dict[int, float]]
    ) -> tuple[dict[int, float], dict[int, int]]:
        """Return the scores with what neighbours lend, and who lent most to whom."""
        seeds = nlargest(SEEDS, scores.items(), key=lambda each: each[1])
        risen: dict[int, float] = {}
        around: dict[int, list[tuple[int, float]]] = {}
        for n, score in seeds:
            around[n] = self._around(n)
            more = 0.0
            for values in by_word.values():
                here = values.get(n, 0.0)
                there = max((values.get(other, 0.0) * decay for other, decay in around[n]), default=0.0)
                more += max(0.0, there - here)
            risen[n] = score + RISE * min(score, more)
        lent: dict[int, float] = {}
        lender: dict[int, int] = {}
        for n, score in risen.items():
            for other, decay in around[n]:
                own = risen.get(other) or scores.get(other, 0.0)
                new = 0.0
                if own:
                    for values in by_word.values():
                        new += max(0.0, values.get(other, 0.0) - values.get(n, 0.0))
                gain = decay * (LEND * score + LIFT * min(score, own) + COVER * min(new, score))
                if gain > lent.get(other, 0.0):
                    lent[other], lender[other] = gain, n
        ranked = {}
        for n in (*scores, *(other for other in lent if other not in scores)):
            gain = lent.get(n, 0.0)
            own = risen.get(n) or scores.get(n, 0.0)
            ranked[n] = own + (gain * SUNK if n in self._copies else gain)
        return ranked, {n: other for n, other in lender.items() if lent[n] > scores.get(n, 0.0)}

    def _around(self, n: int) -> list[tuple[int, float]]:
        """Return the tables one and two joins from *n*, with how much counts at that distance."""
        near = self._relations.neighbours(n)
        found = {other: 1.0 for other in near if other != n}
        if len(near) <= CROWD:
            for other in near:
                beyond = self._relations.neighbours(other)
                if len(beyond) <= CROWD:
                    for far in beyond:
                        if far != n:
                            found.setdefault(far, FAR)
        return list(found.items())

    def _bridge(self, ranked: dict[int, float], *, moment: bool) -> None:
        """Raise, of *ranked*, what the first tables need: bridges between them, and dates."""
        first = nlargest(FIRST, ranked.items(), key=lambda each: (each[1], -each[0]))
        near = {n: self._relations.neighbours(n) for n, _ in first}
        for (one, _), (other, lesser) in combinations(first, 2):
            if other not in near[one]:
                bridge = self._relations.bridge(one, other, near)
                if bridge is not None:
                    ranked[bridge] = max(ranked.get(bridge, 0.0), BRIDGE * lesser)
        for n, score in first if moment else ():
            if n not in self._dated:
                for other, join in near[n].items():
                    if other in self._dated and self._at[join.right] == other:
                        ranked[other] = max(ranked.get(other, 0.0), DATED * score)

    def _different(
        self, ranked: dict[int, float], by_word: dict[str, dict[int, float]], limit: int
    ) -> list[tuple[int, float]]:
        """Return the best of *ranked*; each further one that the question cannot tell from
        one before it (a namesake with the same words) counts less."""
        order = nlargest(limit * 4, ranked.items(), key=lambda each: (each[1], -each[0]))
        seen: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
        found = []
        for n, score in order:
            table = self.schema.tables[n]
            stems = [term for term in self._postings.stems(table.name) if term not in FILLERS]
            words = tuple(word for word, values in by_word.items() if n in values)
            family = (table.schema, stems[0] if stems else "", words)
            found.append((n, score * ALIKE ** seen[family]))
            seen[family] += 1
        found = nlargest(limit, found, key=lambda each: (each[1], -each[0]))
        if found:
            least = TAIL * found[0][1]
            found = [each for each in found if each[1] >= least]
        return found

    def _overview(self, limit: int) -> tuple[Hit, ...]:
        order = nlargest(
            limit,
            (n for n in range(len(self.schema.tables)) if n not in self._copies),
            key=lambda n: (self._relations.incoming[n], self.schema.tables[n].rows or 0, -n),
        )
        joins = self._relations.between(order)
        nothing = _Asked({}, {}, moment=False)
        return tuple(self._hit(n, 0.0, nothing, joins, None) for n in order)

    def _hit(
        self,
        n: int,
        score: float,
        understood: _Asked,
        joins: Sequence[Join],
        lender: int | None,
    ) -> Hit:
        table = self.schema.tables[n]
        matter = keys(table, joins)
        columns = tuple(
            column.name
            for column in table.columns
            if column.name in matter or self._names(column, table, understood)
        )
        words = [
            word
            for word, meanings in understood.meanings.items()
            if any(n in self._postings.of[term].tables for term in meanings)
        ]
        why = ", ".join(words)
        if lender is not None:
            why = f"{why}; " if why else ""
            why += f"joined to {self.schema.tables[lender].name}"
        return Hit(table, score, columns, why)

    def _is_date(self, column: Column) -> bool:
        type = column.type.lower()
        if "date" in type or "time" in type:
            return True
        stems = self._postings.stems(column.name)
        return bool(stems) and stems[-1] in DATES

    def _names(self, column: Column, table: Table, understood: _Asked) -> bool:
        if understood.moment and self._is_date(column):
            return True
        terms = self._postings.stems(column.name)
        return any(self._meant(term, understood) >= 0.5 for term in terms)
