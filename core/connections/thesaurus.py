"""What business and database words mean the same, and how they are shortened in names.

`thesaurus.txt` beside this file has a line for each: the word, `=` its abbreviations, `|` words
of like meaning, `|` the word in other languages (German, French, Spanish, Chinese, Japanese).
A word of several parts has underscores.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from core.connections.words import stem

ABBREVIATION = 0.9
"""How far a name's abbreviation counts as the word itself."""
TRANSLATION = 0.85
LIKENESS = 0.65
DISTANT = 0.5
"""Two words of like meaning to a third, or an abbreviation of one."""

BOOK = Path(__file__).with_name("thesaurus.txt")


class Line(NamedTuple):
    """A word, its abbreviations, words of like meaning, and the word in other languages."""

    word: str
    shorts: tuple[str, ...]
    likes: tuple[str, ...]
    abroad: tuple[str, ...]


class Sense(NamedTuple):
    """What a word may also be called: one or several stems that stand together, and how surely."""

    stems: tuple[str, ...]
    weight: float
    plain: bool
    """Whether it is a full English word, from which one may go on; else the way on is a guess:
    rev is revenue and review, charge is a price and a Charge."""


def parts(word: str) -> tuple[str, ...]:
    """Return the stems of a word of one or several parts: `cost_center`."""
    return tuple(stem(part) for part in word.split("_"))


@cache
def book() -> tuple[Line, ...]:
    """Return the lines of the book."""
    lines = []
    for line in BOOK.read_text("utf-8").splitlines():
        word, _, rest = line.partition(" = ")
        shorts, likes, abroad = (tuple(part.split()) for part in f"{rest}||".split("|")[:3])
        lines.append(Line(word.strip(), shorts, likes, abroad))
    return tuple(lines)


@cache
def senses() -> dict[tuple[str, ...], tuple[Sense, ...]]:
    """Return what each word of the book may also be called."""
    found: dict[tuple[str, ...], dict[tuple[str, ...], Sense]] = defaultdict(dict)

    def link(words: Iterable[str], others: Iterable[str], weight: float, *, plain: bool) -> None:
        for one in map(parts, words):
            for other in map(parts, others):
                known = found[one].get(other)
                if one != other and (known is None or weight > known.weight):
                    found[one][other] = Sense(other, weight, plain)

    for word, shorts, likes, abroad in book():
        link([word], shorts, ABBREVIATION, plain=False)
        link(shorts, [word], ABBREVIATION, plain=False)
        link([word], likes, LIKENESS, plain=True)
        link(likes, [word], LIKENESS, plain=True)
        link([word], abroad, TRANSLATION, plain=False)
        link(abroad, [word], TRANSLATION, plain=True)
        link(abroad, abroad, TRANSLATION, plain=False)
        link(likes, likes, DISTANT, plain=True)
        link(likes, (*shorts, *abroad), DISTANT, plain=False)
        link(abroad, likes, DISTANT, plain=True)
        link(abroad, shorts, DISTANT, plain=False)
    return {word: tuple(others.values()) for word, others in found.items()}


@lru_cache(maxsize=4096)
def wider(word: tuple[str, ...]) -> tuple[Sense, ...]:
    """Return what *word* may be called, and how that again is shortened or said elsewhere.

    Umsatz is revenue, which is found in invoices, which are Rechnungen.
    """
    found = {sense.stems: sense for sense in senses().get(word, ())}
    for first in list(found.values()):
        for sense in senses().get(first.stems, ()) if first.plain else ():
            weight = first.weight * sense.weight
            known = found.get(sense.stems)
            if (
                sense.weight >= TRANSLATION
                and not sense.plain
                and sense.stems != word
                and (known is None or weight > known.weight)
            ):
                found[sense.stems] = Sense(sense.stems, weight, plain=False)
    return tuple(found.values())


@cache
def known() -> frozenset[str]:
    """Return the stems of all full words of the book: what a name can be taken apart into."""
    return frozenset(
        part
        for line in book()
        for word in (line.word, *line.likes, *line.abroad)
        for part in parts(word)
        if len(part) > 2  # noqa: PLR2004 - shorter ones stand in any word
    )
