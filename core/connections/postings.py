"""Which words stand where in a schema, and what each is worth there: BM25 over weighted fields."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import log
from typing import NamedTuple

from core.connections.driver import TableName
from core.connections.records import Schema, Table
from core.connections.sensitivity import category
from core.connections.thesaurus import known
from core.connections.vocabulary import segments
from core.connections.words import GENERAL, split, stem

# What a word is worth by the place it stands in.
NAME, SCHEMA, COMMENT, HINT, COLUMN, NOTE, SAMPLE = 4.0, 1.0, 3.0, 3.0, 1.8, 0.9, 1.5
K1 = 1.2
"""How fast more of a word adds less."""
B = 0.5
"""How far a long table or comment is marked down."""
INSIDE = 0.7
"""What a part of a compound is worth: `orderitems` is also order and item."""
SAMPLES = 12
"""Sample values of a column that are read."""


class Posting(NamedTuple):
    """The tables that a word stands in, by their place in the schema, and its worth in each."""

    tables: "array[int]"
    worths: "array[float]"


class Postings:
    """Every word of a schema."""

    def __init__(self, schema: Schema, hints: Mapping[TableName, str]) -> None:
        """Read names, comments, hints and the samples of columns that are not sensitive."""
        self.raw: dict[str, str] = {}
        """From stem to a word that has it."""
        self.count = len(schema.tables)
        self._stems: dict[str, tuple[str, ...]] = {}
        for table in schema.tables:
            for text in (table.schema, table.name, *(column.name for column in table.columns)):
                if text not in self._stems:
                    self._stems[text] = self._read(text)
        self._parts = self._compounds()
        self.of: dict[str, Posting] = {}
        """From stem to where it stands."""
        self._post(schema, hints)

    def stems(self, name: str) -> tuple[str, ...]:
        """Return the stems of a name or a text, in their order."""
        found = self._stems.get(name)
        return self._read(name) if found is None else found

    def parts(self, term: str) -> tuple[str, ...]:
        """Return what a compound is made of, or nothing."""
        return self._parts.get(term, ())

    def rarity(self, tables: float) -> float:
        """Return what a word is worth that stands in so many tables."""
        return log(1 + (self.count - tables + 0.5) / (tables + 0.5))

    def _read(self, text: str) -> tuple[str, ...]:
        found = []
        for word in split(text):
            term = stem(word)
            self.raw.setdefault(term, word)
            found.append(term)
        return tuple(found)

    def _compounds(self) -> dict[str, tuple[str, ...]]:
        words = {*known(), *self.raw, *self.raw.values()}
        return {term: found for term in list(self.raw) if (found := segments(term, words))}

    def _post(self, schema: Schema, hints: Mapping[TableName, str]) -> None:
        width = sum(len(table.columns) for table in schema.tables) / max(self.count, 1) or 1.0
        ids: dict[str, array[int]] = defaultdict(lambda: array("l"))
        worths: dict[str, array[float]] = defaultdict(lambda: array("f"))
        for n, table in enumerate(schema.tables):
            hint = hints.get((table.schema, table.name), "")
            worth: dict[str, float] = defaultdict(float)
            for term, weight in self._said(table, hint, width):
                worth[term] += weight
                for part in self._parts.get(term, ()):
                    worth[part] += weight * INSIDE
            for term, weight in worth.items():
                ids[term].append(n)
                worths[term].append(weight * (K1 + 1) / (weight + K1))
        for term, tables in ids.items():
            self.raw.setdefault(term, term)
            self.of[term] = Posting(tables, worths[term])

    def _said(self, table: Table, hint: str, width: float) -> Iterator[tuple[str, float]]:
        """Yield every word of *table* with the worth of its place."""
        stems = self._stems
        for term in stems[table.name]:
            yield term, NAME
        for term in stems[table.schema]:
            yield term, SCHEMA
        yield from self._prose(table.comment or "", COMMENT)
        yield from self._prose(hint, HINT)
        weight = COLUMN / (1 - B + B * len(table.columns) / width)
        for column in table.columns:
            for term in stems[column.name]:
                yield term, weight
            if column.comment:
                yield from self._prose(column.comment, NOTE)
        for name, values in table.samples.items():
            if category(name, "") is None:
                for term in self._read(" ".join(values[:SAMPLES])):
                    yield term, SAMPLE

    def _prose(self, text: str, weight: float) -> Iterator[tuple[str, float]]:
        terms = [term for term in self._read(text[:2000]) if self.raw[term] not in GENERAL]
        for term in terms:
            yield term, weight / (1 - B + B * len(terms) / 6)
