"""Does search find the right tables, how fast, and what does its index cost?"""

import re
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from math import log
from statistics import median

from benchmarks.catalogue import Question, catalogue, flattened
from benchmarks.rows import Row, show
from core.connections.driver import TableName
from core.connections.records import Schema
from core.connections.search import Index

FIRST = 10
RECALL = 0.95
SPEED = 20.0
BUILD = 3.0
Ask = Callable[[str], Sequence[TableName]]
"""From a question to tables, best first."""


class PlainBM25:
    """The yardstick: textbook BM25 over every word of a table, its names split."""

    def __init__(self, schema: Schema, k1: float = 1.2, b: float = 0.75) -> None:
        self.names = [(table.schema, table.name) for table in schema.tables]
        documents = []
        for table in schema.tables:
            texts = [table.schema, table.name, table.comment or ""]
            texts += [f"{column.name} {column.comment or ''}" for column in table.columns]
            texts += [value for values in table.samples.values() for value in values]
            documents.append(Counter(self.words(" ".join(texts))))
        mean = sum(sum(each.values()) for each in documents) / max(len(documents), 1)
        spread = Counter(word for each in documents for word in each)
        self.worth: dict[str, list[tuple[int, float]]] = {}
        for at, document in enumerate(documents):
            length = sum(document.values())
            for word, count in document.items():
                rarity = log(1 + (len(documents) - spread[word] + 0.5) / (spread[word] + 0.5))
                much = count * (k1 + 1) / (count + k1 * (1 - b + b * length / mean))
                self.worth.setdefault(word, []).append((at, rarity * much))

    @staticmethod
    def words(text: str) -> list[str]:
        parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+", text)
        return [part.lower() for part in parts]

    def ask(self, question: str) -> list[TableName]:
        scores: Counter[int] = Counter()
        for word in self.words(question):
            for at, worth in self.worth.get(word, ()):
                scores[at] += worth  # type: ignore[assignment] # a Counter of floats
        return [self.names[at] for at, _ in scores.most_common(FIRST)]


def asking(index: Index) -> Ask:
    """Return *index* as a plain function."""
    return lambda question: [
        (hit.table.schema, hit.table.name) for hit in index.search(question, limit=FIRST)
    ]


def recall(ask: Ask, questions: Sequence[Question]) -> float:
    """Return the share of *questions* of which every needed table is among the first ten."""
    found = sum(question.needed <= set(ask(question.text)) for question in questions)
    return found / len(questions)


def measure() -> list[Row]:
    """Return recall on 1,000 tables, plain BM25 beside it, and speed at three sizes."""
    schema, questions = catalogue(1000)
    ours, plain = asking(Index(schema)), PlainBM25(schema).ask
    rows = []
    halves = (
        ("development", [each for each in questions if not each.held_out]),
        ("held-out", [each for each in questions if each.held_out]),
        ("all", list(questions)),
    )
    for half, asked in halves:
        share = recall(ours, asked)
        note = f"plain BM25: {recall(plain, asked):.3f}"
        name = f"search: all needed tables in the first {FIRST}, {half} ({len(asked)} questions)"
        rows.append(Row(name, share, "share", f"at least {RECALL}", share >= RECALL, note))
    flat, moved = flattened(schema, questions)
    share = recall(asking(Index(flat)), moved)
    name = f"search: the same with all tables in one schema, all ({len(moved)} questions)"
    note = f"plain BM25: {recall(PlainBM25(flat).ask, moved):.3f}"
    rows.append(Row(name, share, "share", f"at least {RECALL}", share >= RECALL, note))
    for size in (100, 1000, 10_000):
        rows += speed(size)
    return rows


def speed(size: int) -> list[Row]:
    """Return what an index over *size* tables costs to build, to keep and to ask."""
    full, questions = catalogue(max(size, 1000))
    schema = Schema(full.tables[:size], full.default)
    columns = sum(len(table.columns) for table in schema.tables)
    started = time.perf_counter()
    index = Index(schema)
    built = time.perf_counter() - started
    times = []
    for question in questions:
        started = time.perf_counter()
        index.search(question.text)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    del index
    tracemalloc.start()
    kept = Index(schema)
    memory = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    del kept
    name = f"search over {size:,} tables"
    middle, late = median(times), times[len(times) * 99 // 100]
    large = size == 10_000
    return [
        Row(f"{name}: p50", middle, "ms", f"at most {SPEED:g} ms", middle <= SPEED),
        Row(f"{name}: p99", late, "ms"),
        Row(
            f"{name}: building the index",
            built,
            "s",
            f"at most {BUILD:g} s" if large else "",
            built <= BUILD if large else None,
            f"{columns:,} columns",
        ),
        Row(f"{name}: memory of the index", memory, "MB"),
    ]


if __name__ == "__main__":
    print(show(measure()))
