"""Values that a database is known to hold, found in a message under whatever name."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from core.connections.words import edits, fold, stem
from core.queries.wording import FILLER, Token, is_word, tokens

WIDEST = 6
"""Words of a value's name."""
MOST = 1000
"""Values of one column that are looked at."""
LONG = 60
"""Characters of a value that is looked at; more is a text."""
SMALL = frozenset({"and", "und", "et", "y", "e", "of", "the", "de", "der", "die", "la", "el", "du"})
"""Words that a name may have or lack."""
CALLED = {
    alias: name
    for name, aliases in {
        "eu": "european union|europaische union|europaischen union|union europeenne|union europea"
        "|ue",
        "north america": "nordamerika|amerique nord|america norte|norteamerica",
        "south america": "sudamerika|amerique sud|america sur|sudamerica",
        "latin america": "latam|lateinamerika|amerique latine|america latina|latinoamerica",
        "asia pacific": "apac|asien pazifik|asie pacifique|asia pacifico",
        "middle east africa": "mea|naher osten afrika|moyen orient afrique|oriente medio africa",
        "europe middle east africa": "emea",
        "rest europe": "rest europas|ubriges europa|reste europe|resto europa",
        "united kingdom": "uk|gb|great britain|britain|vereinigtes konigreich|royaume uni"
        "|reino unido|grossbritannien",
        "united states": "us|usa|u s|u s a|united states america|vereinigte staaten|etats unis"
        "|estados unidos|america",
        "united arab emirates": "uae|emirates",
        "germany": "deutschland|allemagne|alemania",
        "france": "frankreich|francia",
        "spain": "spanien|espagne|espana",
        "italy": "italien|italie|italia",
        "austria": "osterreich|autriche",
        "switzerland": "schweiz|suisse|suiza",
        "netherlands": "niederlande|pays bas|paises bajos|holland",
        "japan": "japon|日本",
        "china": "chine|中国",
        "osaka": "大阪",
        "tokyo": "東京|tokio",
        "kyoto": "京都",
        "munich": "munchen|muenchen",
        "cologne": "koln|koeln",
        "vienna": "wien|vienne|viena",
        "zurich": "zuerich",
        "geneva": "geneve|genf|ginebra",
        "milan": "milano|mailand",
        "rome": "roma|rom",
        "warsaw": "warszawa|warschau|varsovie",
        "lisbon": "lisboa|lissabon",
        "small": "klein|petit|pequeno",
        "female": "f|women|woman|frauen",
        "male": "m|men|man|manner",
    }.items()
    for alias in aliases.split("|")
}
"""Other names of places and groups, without their small words."""


class Seen(NamedTuple):
    """A value, and which words of the message name it."""

    value: str
    first: int
    after: int


def canonical(text: str) -> str:
    """Return the one name that all names of a thing have in common."""
    return _canonical(tuple(token.text for token in tokens(fold(text[: 4 * LONG]).lower())))


def _canonical(words: tuple[str, ...]) -> str:
    bare = " ".join(word for word in words if word not in SMALL) or " ".join(words)
    return CALLED.get(bare, bare)


@lru_cache(maxsize=512)
def _names(values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the values of each name; of a plural too."""
    found: dict[str, tuple[str, ...]] = {}
    for value in values[:MOST]:
        if len(value) > LONG:
            continue
        name = canonical(value)
        if name:
            for each in {name, _stems(name)}:
                found[each] = tuple(dict.fromkeys((*found.get(each, ()), value)))
    return found


def _stems(name: str) -> str:
    return " ".join(stem(word) for word in name.split(" "))


def find(values: tuple[str, ...], words: Sequence[Token], free: Sequence[bool]) -> Iterator[Seen]:
    """Yield the *values* that *words* name, the longest names first; none overlap.

    Args:
        free: which of the words may be taken.
    """
    names = _names(values)
    taken = [not each for each in free]
    for width in range(min(WIDEST, len(words)), 0, -1):
        for at in range(len(words) - width + 1):
            if any(taken[at : at + width]):
                continue
            ends = (words[at].text, words[at + width - 1].text)
            if any(end in SMALL and end not in names for end in ends):
                continue
            named = _canonical(tuple(word.text for word in words[at : at + width]))
            fits = names.get(named) or names.get(_stems(named)) or ()
            if width == 1 and not fits:
                fits = _misspelt(words[at].text, names)
            if len(fits) == 1:
                taken[at : at + width] = [True] * width
                yield Seen(fits[0], at, at + width)


def _misspelt(word: str, names: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if len(word) < 5 or not word.isalpha() or is_word(word) or word in FILLER:  # noqa: PLR2004
        return ()
    most = 1 if len(word) < 9 else 2  # noqa: PLR2004
    near = {
        value
        for name, fits in names.items()
        if " " not in name and name[:1] == word[:1] and edits(word, name, most) <= most
        for value in fits
    }
    return tuple(near) if len(near) == 1 else ()


def near(values: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Return the *values* that have a word of *text*, or begin with it: africa, europe."""
    words = {stem(word) for word in canonical(text).split(" ") if len(word) > 2}  # noqa: PLR2004
    return tuple(
        value
        for value in values[:MOST]
        if len(value) <= LONG
        and not words.isdisjoint(stem(word) for word in canonical(value).split(" "))
    )


QUOTED = re.compile(
    r"[\"\u201c\u201e\u00ab\u300c]([^\"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d]{1,200})"
    r"[\"\u201d\u201c\u00bb\u300d]|(?<!\w)'([^']{1,200})'(?!\w)"
)
"""A name in quotes; an apostrophe is none."""
