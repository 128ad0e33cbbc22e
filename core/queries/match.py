"""From a message to the saved query that it asks for, with its parameters; no model needed.

Precision before recall: every word of the message has to be accounted for. It is a word of the
query, or a value of a parameter, or says nothing; one word that is none of these, a turn such as
`without` or `compared`, a second reading nearly as good, and nothing is matched.
"""

from collections.abc import Collection, Iterator, Sequence

from core.queries.blanks import called
from core.queries.compared import Use
from core.queries.filling import Filled, filled
from core.queries.known import near
from core.queries.message import Message
from core.queries.numbers import WORDS
from core.queries.records import Match, Query
from core.queries.subject import COMMONEST, Around, Subject
from core.queries.wording import (
    AND,
    BY,
    COUNTED,
    FILLER,
    GRAINS,
    NEGATIONS,
    OVERALL,
    PLACED,
    WHICH,
    apart,
    is_word,
    meant,
    root,
    roots,
    slip,
    together,
)

TITLE, KEYWORD, DESCRIPTION = 1.0, 0.85, 0.5
"""What a word of a question is worth by where the query has it."""
BY_KEYWORD = 0.85
"""How far a keyword that means the query alone stands for its title."""
PROMPTED = 0.75
"""How much of a prompt has to be said to mean the query without its title."""
LEAST = 0.4
"""A match of a lower score is none."""
CLOSE = 0.08
"""Two matches whose scores are nearer than this are both uncertain."""
SHOWN = 50
"""Known values that are named when one is missing."""
CLOSING = FILLER | AND | NEGATIONS
ARTICLES = frozenset({"the", "of", "our", "die", "der", "den", "la", "le", "el", "de"})
A = frozenset({"a", "an", "one", "ein", "eine", "einem", "einer", "eines", "un", "une", "una"})


def best(message: Message, candidates: Sequence[tuple[Subject, Around]]) -> Match | None:
    """Return the one of *candidates* that *message* surely asks for.

    Args:
        candidates: queries in words, each with the words of the schema around it.
    """
    found = sorted(
        (
            match
            for about, words in candidates
            if (match := read(message, about, words)) is not None
        ),
        key=lambda match: -match.score,
    )
    if not found:
        return None
    if len(found) > 1 and found[0].score - found[1].score < CLOSE:
        return None
    return found[0]


def may_ask(message: Message, query: Query, terms: Collection[str]) -> bool:
    """Return whether *message* may ask for *query*, as far as can be told without its SQL.

    Args:
        terms: the stems of the query's words.
    """
    if any(called(name)[0] is None for name in query.parameters):
        return True  # it takes values, and a strange word may be one
    named = frozenset(roots((query.sql or "").lower().replace("_", " ")))
    return all(
        at in message.phrased
        or not named.isdisjoint(stems := meant(word.text))
        or not stems.isdisjoint(terms)
        or not is_word(word.text)
        for at, word in enumerate(message.words)
        if at not in message.timed
        and word.text not in COMMONEST
        and not word.text[:1].isdigit()
        and word.text not in WORDS
    )


def read(message: Message, about: Subject, words: Around) -> Match | None:
    """Return how *message* asks for this query; None if it does not, or says more than it can."""
    if not message.words:
        return None
    if tuple(each.text for each in message.words) in about.said:
        return matched(about, Filled(), 1.0)
    found = filled(about.shape.blanks, message)
    if found.conflict:
        return None
    reading = _Reading(message, about, words, found)
    reading.account()
    if reading.strange:
        reading.suspect()
    score = reading.score()
    return None if reading.strange or score < LEAST else matched(about, found, score)


def matched(about: Subject, found: Filled, score: float) -> Match:
    """Return a match with what was *found*."""
    query, blanks = about.query, {each.name: each for each in about.shape.blanks}
    _refuse_backward(about, found)
    missing = tuple(name for name in query.parameters if name not in found.values)
    known = {
        name: blank.known[:SHOWN]
        for name in missing
        if (blank := blanks.get(name)) and blank.known and blank.use is Use.VALUE
    }
    return Match(
        query=query,
        parameters={name: found.values[name] for name in query.parameters if name in found.values},
        missing=missing,
        invalid={name: why for name, why in found.invalid.items() if name in missing},
        score=round(min(1.0, score), 3),
        values=known,
    )


def _refuse_backward(about: Subject, found: Filled) -> None:
    """Ask again for the end of a period that would be before its start."""
    ends = {
        each.use: str(found.values[each.name])
        for each in about.shape.blanks
        if each.name in found.values and each.use in {Use.START, Use.END}
    }
    if len(ends) == 2 and ends[Use.END] < ends[Use.START]:  # noqa: PLR2004 - one of each
        for each in about.shape.blanks:
            if each.use is Use.END and found.values.pop(each.name, None) is not None:
                found.invalid[each.name] = f"{ends[Use.END]} is before {ends[Use.START]}."


class _Reading:
    """A message, word by word, as a question for one query."""

    def __init__(self, message: Message, about: Subject, words: Around, found: Filled) -> None:
        self.message = message
        self.about = about
        self.words = words
        self.found = found
        self.strange: list[int] = []
        """Words that nobody accounts for."""
        self.plainly: set[str] = set()
        """What was said, but not as a dimension."""
        self.as_dimension: set[str] = set()
        self.worth: list[float] = []
        self.overall = False
        self.which = any(each.text in WHICH for each in message.words)

    # Every word

    def account(self) -> None:
        """Account for every word, or call it strange."""
        texts = [each.text for each in self.message.words]
        together_at = dict(self._phrases(texts))
        by = which = broken_down = False
        for at, text in enumerate(texts):
            if at in self.found.claimed:
                by = which = broken_down = False
            elif text in NEGATIONS:
                self._turn(at, text)
            elif text in AND:
                by = broken_down
            elif text in FILLER and root(text) not in GRAINS:
                by = text in BY or (by and text in ARTICLES)
                which = which or text in WHICH
                broken_down = False
            elif text in OVERALL and root(text) not in self.about.strong:
                self.overall = True
            else:
                which = which or text in WHICH
                self._word(at, text, by=by, which=which, phrase=together_at.get(at, ()))
                which = which and self._leads(at) and not self._tells(text)
                broken_down = by

    def _turn(self, at: int, text: str) -> None:
        if root(text) not in self.about.title:
            self.strange.append(at)

    def _word(self, at: int, text: str, *, by: bool, which: bool, phrase: tuple[str, ...]) -> None:
        about = self.about
        if root(text) in GRAINS:
            self._grain(at, root(text))
            return
        strong, weak = self._means(text)
        if not strong and not weak and phrase:
            strong = set(phrase) & about.strong
        if not strong and not weak:
            meant_here = slip(text, about.surface)
            if meant_here is not None:
                if root(meant_here) in GRAINS:
                    self._grain(at, root(meant_here))
                    return
                strong, weak = self._means(meant_here)
        if not strong and not weak:
            self._compound(at, text)
            return
        if not self._fits(at, strong, weak, by=by, which=which):
            self.strange.append(at)
            return
        (self.as_dimension if by else self.plainly).update(strong)
        title = bool(strong & about.title)
        self.worth.append(TITLE if title else KEYWORD if strong else DESCRIPTION)

    def _means(self, text: str) -> tuple[set[str], set[str]]:
        """Return which words of the query *text* stands for: telling ones, and others."""
        own, about = root(text), self.about
        if own == "top" and about.shape.highest and self.which:
            return {own}, set()  # which region has the highest …: it comes first
        if own in self.words.names and own not in about.strong:
            # It names data of its own: no word of like meaning will do.
            return set(), {own} & about.weak
        stems = meant(text)
        strong = stems & about.strong
        return set(strong), set() if strong else set(stems & about.weak)

    def _fits(self, at: int, strong: set[str], weak: set[str], *, by: bool, which: bool) -> bool:
        """Return whether a word that the query has may be said as it is said here."""
        about, stems = self.about, strong | weak
        named = not which or self._leads(at) or not (about.shape.read and about.outputs)
        if not named and not stems & about.outputs:
            return False
        if by:
            return self._breaks_down(stems) or (bool(strong) and self._leads(at))
        text = self.message.words[at].text
        own = root(text)
        said = own in about.literals or own in self.words.values or text in COUNTED
        return bool(strong) or not said

    def _tells(self, text: str) -> bool:
        """Return whether a row of the answer tells what *text* names."""
        return not meant(text).isdisjoint(self.about.outputs)

    def _leads(self, at: int) -> bool:
        """Return whether a word only says more of the next: product category."""
        words = self.message.words
        return (
            at + 1 < len(words)
            and at + 1 not in self.found.claimed
            and words[at + 1].text not in CLOSING
        )

    def _breaks_down(self, stems: set[str]) -> bool:
        """Return whether the answer is broken down, or ranked, by what *stems* name."""
        about = self.about
        if stems & about.ranked:
            return True
        measured = about.ranked and stems & about.measures
        chosen = stems & about.choices and not stems & (about.title | about.outputs)
        return bool(stems & about.rows) and not measured and not chosen

    def _grain(self, at: int, grain: str) -> None:
        """Account for a month, a week …: what the answer is broken down by, or not at all."""
        if grain in self.about.grains:
            self.as_dimension.add(grain)
            self.worth.append(TITLE)
            return
        before = self.message.words[at - 1].text if at else ""
        if before in A and grain in self.about.strong:
            return
        self.strange.append(at)

    def _compound(self, at: int, text: str) -> None:
        """Account for a word by those that it is made of: Erstattungsquote."""
        parts = apart(text)
        found: list[set[str]] = []
        for part in parts:
            if root(part) in GRAINS:
                if root(part) not in self.about.grains:
                    found = []
                    break
                found.append({root(part)})
            else:
                strong, _weak = self._means(part)
                found.append(strong)
        if not found or not all(found):
            self.strange.append(at)
            return
        for strong in found:
            self.plainly.update(strong)
            self.worth.append(TITLE if strong & self.about.title else KEYWORD)

    def _phrases(self, texts: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield what neighbouring words mean together, for each of them."""
        free = [
            at
            for at, text in enumerate(texts)
            if at not in self.found.claimed and len(text) > 1 and text not in NEGATIONS
        ]
        for size in (3, 2):
            for first in range(len(free) - size + 1):
                places = free[first : first + size]
                if places[-1] - places[0] > size:
                    continue
                stems = together(tuple(texts[at] for at in places))
                if stems and set(stems) <= self.about.strong:
                    for at in places:
                        yield at, stems

    # What one strange name may be

    def suspect(self) -> None:
        """Take a strange name for a value that nobody knows, where one is wanted: in Berlin."""
        wanted = [
            blank
            for blank in self.about.shape.blanks
            if blank.use is Use.VALUE and blank.known and blank.name not in self.found.values
        ]
        first, last = self.strange[0], self.strange[-1]
        texts = [each.text for each in self.message.words]
        run = texts[first : last + 1]
        placed = first > 0 and texts[first - 1] in PLACED
        whole = last - first + 1 == len(self.strange) <= 3  # noqa: PLR2004 - a name is short
        plain = not any(
            each in NEGATIONS or each in COUNTED or root(each) in self.words.names | GRAINS
            for each in run
        )
        if len(wanted) != 1 or not (placed and whole and plain and self._core() == 1.0):
            return
        said = self.message.raw[self.message.words[first].start : self.message.words[last].end]
        name, close = wanted[0].name, near(wanted[0].known, " ".join(run))
        hint = f"; perhaps {', '.join(close[:5])}" if close else ""
        self.found.invalid[name] = f"{said} is none of the known values{hint}."
        self.strange = []

    # How sure it is

    def _core(self) -> float:
        core, said = self.about.core, self.plainly | self.as_dimension
        return sum(self._is_said(word, said) for word in core) / len(core) if core else 0.0

    def _is_said(self, word: str, said: set[str]) -> bool:
        return word in said or not said.isdisjoint(meant(word))

    def score(self) -> float:
        """Return how surely this query is meant; 0 if what it is about was not said."""
        if not self.worth:
            return 0.0
        about, core = self.about, self._core()
        keyword = any(self.plainly.issuperset(each) for each in about.phrases)
        said = self.plainly | self.as_dimension
        prompted = len(about.prompt & said) / len(about.prompt) if about.prompt else 0.0
        if keyword or prompted >= PROMPTED:
            core = max(core, BY_KEYWORD)
        elif core < 1.0:
            return 0.0
        broken_down = [word for word in about.dimensions if word in said]
        if self.overall and not (broken_down or self.as_dimension):
            return 0.0
        whole = len(about.core) + len(about.dimensions)
        covered = (core * len(about.core) + len(broken_down)) / whole
        return 0.5 * sum(self.worth) / len(self.worth) + 0.5 * covered
