"""What a saved query is about, in words: what has to be said to mean it, and what may be said."""

from itertools import pairwise
from typing import NamedTuple

from core.connections.records import Dialect, Schema
from core.connections.words import COUNTING, GENERAL, fold
from core.queries.blanks import Shape, shape
from core.queries.compared import Use
from core.queries.records import Query
from core.queries.wording import BY, COUNTED, FILLER, GRAINS, Token, meant, root, roots, tokens

READ = 2000
"""Characters of a prompt or a description that are looked at."""
MOST_VALUES = 20_000
"""Values of a schema that are looked at."""
PHRASES = 100
COMMONEST = FILLER | GENERAL
COUNTED_ROOTS = frozenset(map(root, COUNTED))
GENERAL_ROOTS = frozenset(map(root, GENERAL | COUNTING | FILLER))


class Around(NamedTuple):
    """The words of a schema: what names data in general, and no query."""

    names: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()


class Subject(NamedTuple):
    """A saved query in words; every word is its root."""

    query: Query
    shape: Shape
    said: frozenset[tuple[str, ...]]
    """What is word for word this query."""
    core: frozenset[str]
    """What of the title is no dimension: what has to be said."""
    dimensions: frozenset[str]
    """What of the title stands after `by` or `per`, and its grain."""
    grains: frozenset[str]
    title: frozenset[str]
    strong: frozenset[str]
    """Every word of title, prompt and keywords."""
    weak: frozenset[str]
    """Words of the description, the outputs and the parameters."""
    surface: frozenset[str]
    """Words as they are written, for slips of the keyboard."""
    rows: frozenset[str]
    """What `by …` may be followed by."""
    phrases: tuple[tuple[str, ...], ...]
    """Keywords that mean this query and nothing else."""
    prompt: frozenset[str]
    outputs: frozenset[str]
    """What a row of the answer tells, measures aside."""
    measures: frozenset[str]
    """What is computed, but not what the rows are ranked by."""
    ranked: frozenset[str]
    literals: frozenset[str]
    choices: frozenset[str]
    """Names of parameters that take one value: no dimension of the answer."""


def around(schema: Schema | None) -> Around:
    """Return the words of *schema*."""
    if schema is None:
        return Around()
    names: set[str] = set()
    values: set[str] = set()
    for table in schema.tables:
        names.update(_roots(table.name))
        for column in table.columns:
            words = _roots(column.name)
            if len(words) == 1:
                names.update(words)
        for name, seen in table.samples.items():
            if len(values) < MOST_VALUES and not name.endswith("id"):
                for value in seen:
                    if len(value) <= 60 and not value[:1].isdigit():  # noqa: PLR2004 - a name
                        values.update(_roots(value))
    small = frozenset(map(root, COMMONEST))
    return Around(frozenset(names - small), frozenset(values - small))


def subject(query: Query, dialect: Dialect, schema: Schema | None, words: Around) -> Subject:
    """Return what *query* is about."""
    made = shape(query.sql, dialect, schema) if query.sql else Shape(read=True)
    title = _tokens(query.title)
    core, dimensions = _title(title)
    prompt, described = _tokens(query.prompt[:READ]), _tokens((query.description or "")[:READ])
    keywords = [_tokens(each) for each in query.keywords[:PHRASES]]
    outputs = frozenset(word for each in made.outputs for word in _roots(each))
    ranked = frozenset(_roots(made.ranked or ""))
    measures = frozenset(
        word for each in made.measures if each != made.ranked for word in _roots(each)
    )
    strong = {
        *_all(query.title),
        *_all(query.prompt[:READ]),
        *(word for each in query.keywords[:PHRASES] for word in _all(each)),
        *_initials([root(token.text) for token in title if token.text not in FILLER], title),
    }
    if made.ranked and made.highest:
        strong.add("top")
    grains = {
        word
        for word in (
            *(root(token.text) for token in title),
            *(root(token.text) for each in keywords for token in each),
            *(root(word) for name in made.outputs for word in name.lower().split("_")),
        )
        if word in GRAINS
    }
    alike = {each for word in core | dimensions for each in meant(word)}
    common = words.names | words.values | outputs | GENERAL_ROOTS | COUNTED_ROOTS | alike | GRAINS
    phrases = dict.fromkeys(
        phrase
        for each in keywords
        if (phrase := tuple(root(token.text) for token in each if token.text not in FILLER))
        and not (set(phrase) & GRAINS)
        and (phrase[0] not in common if len(phrase) == 1 else not GENERAL_ROOTS.issuperset(phrase))
    )
    initials = tuple((each,) for each in _initials(list(map(str, sorted(core))), title))
    return Subject(
        query=query,
        shape=made,
        said=frozenset(
            said for each in (title, prompt) if (said := tuple(token.text for token in each))
        ),
        core=core,
        dimensions=dimensions,
        grains=frozenset(grains),
        title=frozenset(root(token.text) for token in title),
        strong=frozenset(strong),
        weak=frozenset(
            {root(token.text) for token in described}
            | set(_all((query.description or "")[:READ]))
            | outputs
            | {word for name in query.parameters for word in _roots(name)}
        ),
        surface=frozenset(
            token.text
            for each in (title, prompt, *keywords)
            for token in each
            if len(token.text) > 3  # noqa: PLR2004 - shorter ones are never taken for a slip
        ),
        rows=_rows(query, made, title, prompt, keywords),
        phrases=(*phrases, *initials),
        prompt=frozenset(
            root(token.text)
            for token in prompt
            if token.text in COUNTED or token.text not in COMMONEST
        )
        - {word for name in query.parameters for word in _roots(name)}
        - GRAINS
        - {"name"},
        outputs=frozenset(
            word for each in made.outputs if each not in made.measures for word in _roots(each)
        ),
        measures=measures,
        ranked=ranked,
        literals=frozenset(word for each in made.literals for word in _roots(each)),
        choices=frozenset(
            word
            for blank in made.blanks
            if blank.use in {Use.VALUE, Use.TEXT}
            for word in _roots(blank.name)
        ),
    )


def _rows(
    query: Query,
    made: Shape,
    title: tuple[Token, ...],
    prompt: tuple[Token, ...],
    keywords: list[tuple[Token, ...]],
) -> frozenset[str]:
    """Return what the answer may be said to be broken down by.

    A keyword alone tells only what the query is about, not what a row of its answer is.
    """
    telling = not made.read or not query.sql or "*" in made.outputs
    said = [title, prompt, *(each for each in keywords if telling or len(each) > 1)]
    # Of `product category` it is the category.
    found = {
        root(token.text)
        for each in said
        for token, after in pairwise((*each, Token("of", 0, 0)))
        if after.text in FILLER
    }
    if made.measures and not made.ranked:
        found |= {
            word for name in made.outputs if name not in made.measures for word in _roots(name)
        }
    return frozenset(found)


def _tokens(text: str) -> tuple[Token, ...]:
    return tokens(fold(text).lower())


def _roots(name: str) -> tuple[str, ...]:
    return roots(fold(name).lower().replace("_", " "))


def _all(text: str) -> tuple[str, ...]:
    """Return every root of a text, and every two neighbours as one: best sellers, bestsellers."""
    words = [token.text for token in _tokens(text)]
    joined = [root(one + two) for one, two in pairwise(words) if one not in FILLER]
    return (*roots(fold(text).lower()), *joined)


def _title(title: tuple[Token, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Return what of a title has to be said, and what it is broken down by."""
    core: list[str] = []
    dimensions: list[str] = []
    by = False
    for token in title:
        word = root(token.text)
        if word in GRAINS:
            dimensions.append(word)
        elif token.text in BY:
            by = True
        elif token.text not in FILLER:
            (dimensions if by else core).append(word)
    if not core:
        core, dimensions = dimensions, []
    return frozenset(core), frozenset(dimensions)


def _initials(words: list[str], title: tuple[Token, ...]) -> list[str]:
    """Return what the title's first words are shortened to: average order value → aov."""
    letters = [
        token.text[0]
        for token in title
        if token.text not in BY and token.text not in FILLER and token.text.isascii()
    ]
    sizes = range(3, min(len(letters), 5) + 1) if len(words) >= 3 else range(0)  # noqa: PLR2004
    return ["".join(letters[:size]) for size in sizes]
