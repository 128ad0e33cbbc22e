"""The words of one schema, and which of them a word of a question may mean."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from core.connections.thesaurus import Sense, known, senses, wider
from core.connections.words import LEAST, SHORT, edits, listed, shortens, singular, stem

KIN = 0.75
"""How far a word of the same root counts: ship, shipment."""
ENDINGS = listed(
    """
    ment er or ar ing ion tion ation ition sion al age ance ence ant ent ist ity able ible en ung
    ive ative ure ature ship hood ness ful less ery ary ory ee ess eur euse in e n es s t te d
    """
)
"""What may stand behind a root."""
MISSPELT = 0.7
PART_OF = 0.75
"""How far one of the words that a compound is made of counts: Lieferantenrechnung."""
SURE = 0.6
"""A meaning at least this sure needs no guess about spelling."""


class Vocabulary:
    """Every stem that names or describes something in a schema, with the word it came from."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """Keep *words*, from stem to word."""
        self._words = dict(words)
        self._sorted = sorted(self._words)
        self._by_first: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._by_trigram: dict[str, list[str]] = defaultdict(list)
        full = known()
        for term, word in self._words.items():
            if word.isalpha() and len(word) >= LEAST and term not in full:
                self._by_first[word[0]].append((term, word))
        for term in sorted({*self._words, *full}):
            if term.isalpha() and len(term) >= LEAST:
                for gram in _trigrams(term):
                    self._by_trigram[gram].append(term)

    def meanings(self, word: str) -> dict[str, float]:
        """Return the stems of this schema that *word* may mean, each with how surely: up to 1."""
        found = self._meanings(word)
        root = stem(word)
        if root in self._words or (root,) in senses() or not word.isalpha() or len(root) < 5:  # noqa: PLR2004
            return found
        for near, weight in self._misspelt(word):
            for term, other in self._meanings(near).items():
                found[term] = max(found.get(term, 0.0), weight * other)
        return found

    def _meanings(self, word: str) -> dict[str, float]:
        """Return what *word* may mean as it is spelt."""
        found: dict[str, float] = {}
        for term, weight in (*self._forms(word), *self._senses(word), *self._halves(word)):
            if weight > found.get(term, 0.0):
                found[term] = weight
        return found

    def _senses(self, word: str) -> Iterator[tuple[str, float]]:
        """Yield what *word* may also be called."""
        for sense in wider((stem(word),)):
            if all(term in self._words for term in sense.stems):
                for term in sense.stems:
                    yield term, sense.weight / len(sense.stems)
            elif len(sense.stems) == 1 and sense.plain and sense.weight >= SURE:
                # What it may be called is not there; perhaps a form of that is: waiter, srvr.
                for term, weight in self._forms(sense.stems[0]):
                    yield term, sense.weight * weight

    def _halves(self, word: str) -> Iterator[tuple[str, float]]:
        """Yield what the words that *word* is made of may be called: Lohnkosten, wage cost."""
        for part in segments(stem(word), known()):
            for sense in (Sense((part,), 1.0, plain=True), *wider((part,))):
                if len(sense.stems) == 1 and sense.stems[0] in self._words:
                    yield sense.stems[0], PART_OF * sense.weight

    def _forms(self, word: str) -> Iterator[tuple[str, float]]:
        """Yield the stems that are a form of *word*: itself, shortened, of its root, its parts."""
        root = stem(word)
        if root in self._words:
            yield root, 1.0
        yield from self._shortened(word)
        yield from self._kin(root)
        for part in segments(root, self._words):
            yield part, PART_OF

    def phrase(self, words: tuple[str, ...]) -> dict[str, float]:
        """Return what neighbouring *words* mean together: bill of materials, bom, timesheet."""
        roots = tuple(stem(word) for word in words)
        found: dict[str, float] = {}
        for sense in wider(roots):
            if all(term in self._words for term in sense.stems):
                for term in sense.stems:
                    found[term] = max(found.get(term, 0.0), sense.weight / len(sense.stems))
        joined = stem("".join(words))
        if joined in self._words:
            found[joined] = 1.0
        return found

    def _shortened(self, word: str) -> Iterator[tuple[str, float]]:
        whole = singular(word)
        for term, short in self._by_first.get(word[:1], ()):
            if weight := shortens(short, whole):
                yield term, weight

    def _kin(self, root: str) -> Iterator[tuple[str, float]]:
        """Yield the stems of the same root, by their endings: ship, shipment; assess, assessor."""
        if len(root) < SHORT or not root.isalpha():
            return
        head = root[:SHORT]
        for at in range(bisect_left(self._sorted, head), len(self._sorted)):
            term = self._sorted[at]
            if not term.startswith(head):
                return
            same = _common(root, term)
            if term != root and akin(root[same:], term[same:], same):
                yield term, KIN * (0.6 + 0.4 * same / max(len(root), len(term)))

    def _misspelt(self, word: str) -> list[tuple[str, float]]:
        root = stem(word)
        most = 1 if len(root) < 7 else 2  # noqa: PLR2004 - a slip in a short word is another word
        shared = Counter(
            term for gram in _trigrams(root) for term in self._by_trigram.get(gram, ())
        )
        near = []
        for term, _ in shared.most_common(60):
            # Hardly anybody mistypes the first letter; dish is not wish.
            differ = edits(root, term, most) if term[0] == root[0] else 0
            if 0 < differ <= most:
                near.append((term, MISSPELT if differ == 1 else MISSPELT - 0.15))
        near.sort(key=lambda each: -each[1])
        return near[:4]


def akin(one: str, other: str, same: int) -> bool:
    """Return whether two words that begin with the *same* letters differ by endings alone."""
    if same < 6:  # noqa: PLR2004 - a short beginning is shared by chance: part, party
        return (not one or one in ENDINGS) and (not other or other in ENDINGS)
    return max(len(one), len(other)) <= 5  # noqa: PLR2004 - as long as the endings are


def segments(word: str, parts: Iterable[str] | Mapping[str, str]) -> tuple[str, ...]:
    """Return the words of *parts* (a set or mapping) that make up a compound, or nothing.

    Each has at least four letters; an s, n or en may join them, as in German.
    """
    if len(word) < 8 or not word.isalpha():  # noqa: PLR2004 - two parts of four
        return ()
    best: dict[int, tuple[str, ...]] = {0: ()}
    for start in range(len(word) - 3):
        if start not in best:
            continue
        for end in range(start + 4, len(word) + 1):
            part = word[start:end]
            term = stem(part)
            if part != word and (part in parts or term in parts):
                found = (*best[start], part if part in parts else term)
                for joint in ("", "s", "n", "en", "e", "er"):
                    at = end + len(joint)
                    if word[end:at] == joint and at not in best and (at < len(word) or not joint):
                        best[at] = found
    return best.get(len(word), ())


def _trigrams(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def _common(one: str, other: str) -> int:
    same = 0
    for letter, opposite in zip(one, other, strict=False):
        if letter != opposite:
            break
        same += 1
    return same
