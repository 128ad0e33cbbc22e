"""From a question in plain words to the few tables and columns that it is about."""

from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple, Protocol

from core.connections.driver import TableName
from core.connections.joins import Join, keys
from core.connections.outline import said
from core.connections.postings import Postings
from core.connections.ranking import CANDIDATES, Ranked, Ranking, Understood
from core.connections.records import Column, Schema, Table
from core.connections.vectors import Vectors
from core.connections.vocabulary import Vocabulary
from core.connections.words import asked, moment

__all__ = ["Hit", "Index", "Join", "Meaning"]

MOST_WORDS = 40
"""Different words of a question that are looked up."""
PHRASES = (2, 3)
"""Lengths of phrases, in words."""
WITHIN = 0.6
"""What a word still means on its own where it stands in a phrase that means something."""
MEANT = 0.8
"""What the nearest meaning is worth, of the best lexical score."""
NAMED = 0.5
"""How surely a word of a column has to be meant for the column to matter."""
FOREMOST = 3
"""The answer is likely in so many of the tables."""
WIDE, NARROW = 16, 8
"""Of a table with no more columns than this, a foremost one or another, all of them matter: to
leave some out would save less than it costs to ask for them."""
NOTHING = Understood({}, moment=False)


class Hit(NamedTuple):
    """A table that the question is about."""

    table: Table
    score: float
    """Only to be compared with the scores of the same answer."""
    columns: tuple[str, ...]
    """Those that matter, in the table's order: keys, and what the question names; all of them,
    where they are few."""
    why: str
    """The words of the question that led here, or the neighbour that did."""


class Meaning(Protocol):
    """Turns texts into vectors whose angle tells how near they are in meaning; none is shipped."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Return one vector per text, all of one length; the texts of tables, or one question."""
        ...


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
        self._ranking = Ranking(schema, self._postings)
        self._at = {(table.schema, table.name): n for n, table in enumerate(schema.tables)}
        self._meaning = meaning
        self._vectors = Vectors([])
        if meaning is not None and schema.tables:
            texts = [
                f"{said(table)} {hints.get((table.schema, table.name), '')}".rstrip()
                for table in schema.tables
            ]
            self._vectors = Vectors(meaning.embed(texts))

    def search(self, question: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """Return the tables that *question* is about, best first, at most *limit*.

        A question without any word that could name something gets the tables on which most
        others hang; one whose words mean nothing here gets none.
        """
        words = asked(question)[:MOST_WORDS]
        if limit < 1 or not self.schema.tables:
            return ()
        if not words:
            return self._overview(limit)
        understood = self._understand(words, question)
        ranked = self._ranking.rank(understood, limit, self._near(question))
        joins = self._ranking.relations.between([each.table for each in ranked])
        return tuple(
            self._hit(each, understood, joins, foremost=at < FOREMOST)
            for at, each in enumerate(ranked)
        )

    def joins(self, hits: Sequence[Hit]) -> tuple[Join, ...]:
        """Return how the tables of *hits* are joined, also through one table that is none."""
        return self._ranking.relations.between(
            [self._at[hit.table.schema, hit.table.name] for hit in hits]
        )

    def _understand(self, words: list[str], question: str) -> Understood:
        meanings = {word: self._vocabulary.meanings(word) for word in words}
        for size in PHRASES:
            for at in range(len(words) - size + 1):
                phrase = tuple(words[at : at + size])
                if found := self._vocabulary.phrase(phrase):
                    meanings[" ".join(phrase)] = found
                    for word in phrase:
                        meanings[word] = {
                            term: weight * WITHIN for term, weight in meanings[word].items()
                        }
        return Understood(meanings, moment(question))

    def _near(self, question: str) -> dict[int, float]:
        if self._meaning is None:
            return {}
        (vector,) = self._meaning.embed([question])
        near = self._vectors.nearest(vector, CANDIDATES)
        return {n: MEANT * nearness for n, nearness in near}

    def _overview(self, limit: int) -> tuple[Hit, ...]:
        ranking = self._ranking
        order = nlargest(
            limit,
            (n for n in range(len(self.schema.tables)) if n not in ranking.copies),
            key=lambda n: (ranking.relations.incoming[n], self.schema.tables[n].rows or 0, -n),
        )
        joins = ranking.relations.between(order)
        return tuple(self._hit(Ranked(n, 0.0, None), NOTHING, joins) for n in order)

    def _hit(
        self,
        ranked: Ranked,
        understood: Understood,
        joins: Sequence[Join],
        *,
        foremost: bool = False,
    ) -> Hit:
        n = ranked.table
        table = self.schema.tables[n]
        whole = len(table.columns) <= (WIDE if foremost else NARROW)
        terms = understood.terms
        matter = keys(table, joins)
        columns = tuple(
            column.name
            for column in table.columns
            if whole
            or column.name in matter
            or (understood.moment and self._ranking.is_date(column))
            or self._named(column, terms)
        )
        why = ", ".join(
            word
            for word, meanings in understood.meanings.items()
            if any(n in self._postings.of[term].tables for term in meanings)
        )
        if ranked.lender is not None:
            joined = f"joined to {self.schema.tables[ranked.lender].name}"
            why = f"{why}; {joined}" if why else joined
        return Hit(table, ranked.score, columns, why)

    def _named(self, column: Column, terms: Mapping[str, float]) -> bool:
        stems = self._postings.stems(column.name)
        return any(self._ranking.meant(term, terms) >= NAMED for term in stems)
