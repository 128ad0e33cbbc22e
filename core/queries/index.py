"""From words to the saved queries that they ask for.

A query is its title above all, then its keywords, its prompt and its description. A question is
the words in it that mean something; each counts by how few of the queries have it, and as much as
the best of its meanings: itself, a form of it, a synonym, a translation, a slip of the keyboard.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from math import log
from typing import NamedTuple

from core.connections.vocabulary import Vocabulary
from core.connections.words import GENERAL, split, stem

TITLE, KEYWORD, PROMPT, DESCRIPTION = 1.0, 0.9, 0.75, 0.6
"""What a word is worth by where it stands."""
READ = 2000
"""Characters of a prompt or a description that are looked at."""
MOST_WORDS = 40
"""Different words of a question that are looked up."""
STRANGE = 0.5
"""What a word that no query has weighs: it may be a value, as Paris in `revenue in Paris`."""
WHOLE = 0.35
"""How much of a score hangs on how much of the title was said."""
LEAST = 0.1
"""A score below this is chance."""
PREFIX = 3
"""Letters from which the last word may be the beginning of another."""
BEGUN = 0.8
"""How far a beginning counts: `reven`."""

SURE = 0.5
"""A word with a meaning as sure as this stands for itself."""

SAME = {
    word: common
    for common, words in {
        "month": "monthly months monat monatlich mois mensuel mensual mes",
        "year": "yearly annual annually years jahr jaehrlich annee annuel ano anual",
        "quarter": "quarterly quarters quartal trimestre",
        "week": "weekly weeks woche semaine semana",
        "day": "daily days tag taeglich jour dia",
        "top": "best biggest highest largest leading bestselling beste",
        "rate": "share percentage percent ratio proportion quote anteil",
        "average": "mean avg typical durchschnitt durchschnittlich moyenne promedio",
        "return": "returns returned",
    }.items()
    for word in words.split()
}
"""Words that say the same of any query."""
SAID = GENERAL - SAME.keys() - frozenset(SAME.values())
"""Words that say nothing of any query."""


class Entry(NamedTuple):
    """What is searched of a query."""

    id: str
    title: str
    prompt: str
    description: str = ""
    keywords: tuple[str, ...] = ()


class Read(NamedTuple):
    """An entry as words."""

    title: tuple[str, ...]
    terms: dict[str, float]
    """Each stem, and what it is worth."""
    words: dict[str, str]
    """Each stem, and a word that it came from."""
    said: frozenset[str]
    """What is word for word this query: its title and its prompt."""


Means = tuple[tuple[str, float], ...]
"""Stems that are meant, and how surely, the surest first."""
Posting = list[tuple[int, float]]
"""Entries by number, and what a word is worth in each."""


class QueryIndex:
    """Finds queries; built once, never changed, safe to share between threads."""

    def __init__(self, entries: Sequence[Entry], before: "QueryIndex | None" = None) -> None:
        """Read *entries*; those that *before* had read are not read again."""
        known: Mapping[Entry, Read] = before._read if before else {}  # noqa: SLF001 - one of us
        self._read: dict[Entry, Read] = {
            entry: known.get(entry) or _read(entry) for entry in entries
        }
        self._ids = [entry.id for entry in entries]
        self._numbers = {id: number for number, id in enumerate(self._ids)}
        self._reads = [self._read[entry] for entry in entries]
        self._postings: dict[str, Posting] = {}
        words: dict[str, str] = {}
        for number, read in enumerate(self._reads):
            words.update(read.words)
            for term, worth in read.terms.items():
                self._postings.setdefault(term, []).append((number, worth))
        many = len(entries)
        self._rare = {
            term: log(1 + (many - len(found) + 0.5) / (len(found) + 0.5))
            for term, found in self._postings.items()
        }
        self._rarest = log(1 + (many + 0.5) / 0.5)
        self._titles = [
            sum(self._rare[term] for term in read.title) or self._rarest for read in self._reads
        ]
        self._exact: dict[str, list[int]] = {}
        for number, read in enumerate(self._reads):
            for said in read.said:
                self._exact.setdefault(said, []).append(number)
        self._vocabulary = Vocabulary(words)
        self._begun = sorted((word, term) for term, word in words.items())
        self._means = lru_cache(maxsize=4096)(self._meanings)

    def search(self, text: str, limit: int = 10) -> tuple[tuple[str, float], ...]:
        """Return the ids of the queries that *text* asks for, best first, each with its score.

        A score is between 0 and 1: 1 is a title or a prompt word for word, 0.5 means that half of
        what was asked is there. Numbers are taken for values and say nothing.
        """
        words = list(dict.fromkeys(_words(text)))[:MOST_WORDS]
        if limit < 1 or not words:
            return ()
        # Of many thousands only those that have a word of it are looked at.
        found: dict[int, float] = {}
        titled: dict[int, float] = {}
        asked = 0.0
        for means in self._understood(words):
            asked += self._weigh(means, found, titled)
        scores = {
            number: share
            / asked
            * (1 - WHOLE + WHOLE * min(1.0, titled.get(number, 0.0) / self._titles[number]))
            for number, share in found.items()
        }
        for number in self._exact.get(_plain(text), ()):
            scores[number] = 1.0
        best = nlargest(
            limit,
            (number for number, score in scores.items() if score >= LEAST),
            key=lambda number: (scores[number], -self._titles[number], -number),
        )
        return tuple((self._ids[number], min(1.0, scores[number])) for number in best)

    def terms(self, id: str) -> Collection[str]:
        """Return the stems of every word that tells something of a query."""
        number = self._numbers.get(id)
        return () if number is None else self._reads[number].terms

    def _understood(self, words: list[str]) -> Iterator[Means]:
        """Yield what each of *words* means; two that mean something only together come as one."""
        at = 0
        while at < len(words):
            means = self._means((words[at],), at == len(words) - 1)
            pair = tuple(words[at : at + 2])
            if len(pair) > 1 and not _sure(means) and not _sure(self._means(pair[1:], False)):
                together = self._means(pair, False)
                if together:
                    yield together
                    at += 2
                    continue
            yield means
            at += 1

    def _weigh(self, means: Means, found: dict[int, float], titled: dict[int, float]) -> float:
        """Add what one word finds to what is found; return what it weighs where it is named."""
        if not means:
            return STRANGE * self._rarest
        rare = self._rare[means[0][0]]  # a word weighs what the surest of its meanings does
        best, named = self._best(means)
        for number, share in best:
            found[number] = found.get(number, 0.0) + rare * share
        for number, gained in named:
            titled[number] = titled.get(number, 0.0) + gained
        return rare

    def _best(
        self, means: Means
    ) -> tuple[Iterable[tuple[int, float]], Iterable[tuple[int, float]]]:
        """Return what the best of *means* is worth to each entry, and to the title of each."""
        best: dict[int, float] = {}
        named: dict[int, float] = {}
        for term, sure in reversed(means):
            rare = sure * self._rare[term]
            for number, worth in self._postings[term]:
                share = sure * worth
                if share > best.get(number, 0.0):
                    best[number] = share
                if worth == TITLE and rare > named.get(number, 0.0):
                    named[number] = rare
        return best.items(), named.items()

    def _meanings(self, words: tuple[str, ...], last: bool) -> Means:
        """Return the stems that one word, or several together, may mean here, surest first."""
        if len(words) > 1:
            means = self._vocabulary.phrase(words)
        else:
            means = dict(self._vocabulary.meanings(words[0]))
            for term, sure in self._beginnings(words[0]) if last else ():
                means[term] = max(means.get(term, 0.0), sure)
        return tuple(sorted(means.items(), key=lambda each: (-each[1], each[0])))

    def _beginnings(self, word: str) -> list[tuple[str, float]]:
        """Return the stems of words that begin with *word*, which may still be being typed."""
        if len(word) < PREFIX or stem(word) in self._postings:
            return []
        found = []
        for at in range(bisect_left(self._begun, (word, "")), len(self._begun)):
            whole, term = self._begun[at]
            if not whole.startswith(word):
                break
            found.append((term, BEGUN * (0.5 + 0.5 * len(word) / len(whole))))
        return found


def _sure(means: Means) -> bool:
    return bool(means) and means[0][1] >= SURE


def _words(text: str) -> list[str]:
    """Return the words of *text* that say something, in their order."""
    words = (SAME.get(word, word) for word in split(text[: 2 * READ]))
    return [word for word in words if word not in SAID and not word.isdigit() and _long(word)]


def _long(word: str) -> bool:
    """Return whether *word* is more than a letter; one ideograph is a word."""
    return len(word) > 1 or not word.isascii()


def _plain(text: str) -> str:
    return " ".join(split(text[: 2 * READ]))


def _read(entry: Entry) -> Read:
    title = _words(entry.title)
    terms: dict[str, float] = {}
    words: dict[str, str] = {}
    for texts, worth in (
        (title, TITLE),
        ([word for keyword in entry.keywords for word in _words(keyword)], KEYWORD),
        (_initials(title), KEYWORD),
        (_words(entry.prompt[:READ]), PROMPT),
        (_words(entry.description[:READ]), DESCRIPTION),
    ):
        for word in texts:
            term = stem(word)
            if term not in terms:
                terms[term] = worth
                words[term] = word
    said = frozenset(filter(None, (_plain(entry.title), _plain(entry.prompt))))
    return Read(tuple(dict.fromkeys(stem(word) for word in title)), terms, words, said)


def _initials(words: Sequence[str]) -> list[str]:
    """Return what three or four neighbouring words are shortened to: average order value → aov."""
    return [
        "".join(word[0] for word in words[at : at + size])
        for size in (3, 4)
        for at in range(len(words) - size + 1)
        if all(word.isascii() for word in words[at : at + size])
    ]
