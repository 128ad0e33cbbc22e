"""Which names come nearest to one that does not exist."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from core.connections.thesaurus import wider
from core.connections.words import edits, shortens, singular, split, stem

LONGEST = 100
"""Characters of a name that are looked at."""
LIKELY = 0.55
"""How alike a name has to be to be worth a mention."""
CLEARLY = 0.75
"""How far below the best another one may be."""
HEAD = 3
"""Letters at the beginning of a word by which names are sorted out before a closer look."""


def nearest(name: str, candidates: Iterable[str], n: int = 3) -> tuple[str, ...]:
    """Return at most *n* of *candidates* that *name* may have meant, the likeliest first.

    Slips of the finger, case, other word order, abbreviations and words of like meaning count:
    `ordrs`, `OrderItems`, `cust`, `clients` come near orders, order_items, customers, customers.
    """
    wanted = _split(name[:LONGEST])
    if not wanted:
        return ()
    heads = _heads(wanted)
    scored = []
    for candidate in dict.fromkeys(candidates):
        lower = candidate.lower()
        if candidate.isascii() and not any(head in lower for head in heads):
            continue
        score = likeness(name, candidate)
        if score >= LIKELY:
            scored.append((score, candidate))
    scored.sort(key=lambda each: (-each[0], len(each[1]), each[1]))
    return tuple(candidate for score, candidate in scored[:n] if score >= CLEARLY * scored[0][0])


def likeness(name: str, other: str) -> float:
    """Return how likely *name* was meant to be *other*: 0 to 1."""
    name, other = name[:LONGEST], other[:LONGEST]
    if name == other:
        return 1.0
    one, two = name.lower(), other.lower()
    plain_one, plain_two = one.replace("_", ""), two.replace("_", "")
    if plain_one == plain_two:
        return 0.98
    longest = max(len(plain_one), len(plain_two))
    most = max(1, longest // 3)
    differ = edits(plain_one, plain_two, most)
    spelt = 1 - differ / longest if differ <= most else 0.0
    return max(spelt * 0.95, _by_words(_split(name), _split(other)))


def _by_words(wanted: Sequence[str], there: Sequence[str]) -> float:
    """Return how far the words of two names say the same, whatever their order."""
    if not wanted or not there:
        return 0.0
    found = [max(_alike(word, other) for other in there) for word in wanted]
    back = [max(_alike(word, other) for word in wanted) for other in there]
    # What was written should all be there; what is there besides weighs less.
    return 0.9 * (0.7 * sum(found) / len(found) + 0.3 * sum(back) / len(back))


@lru_cache(maxsize=16384)
def _alike(word: str, other: str) -> float:
    one, two = stem(word), stem(other)
    if one == two:
        return 1.0
    short, long = sorted((singular(word), singular(other)), key=len)
    meant = max(
        (sense.weight for sense in wider((one,)) if sense.stems == (two,)),
        default=0.0,
    )
    most = 1 if len(long) < 7 else 2  # noqa: PLR2004 - a slip in a short word is another word
    differ = edits(one, two, most) if len(short) > HEAD else most + 1
    spelt = 1 - differ / len(long) if differ <= most else 0.0
    return max(meant, shortens(short, long), spelt)


@lru_cache(maxsize=16384)
def _split(name: str) -> tuple[str, ...]:
    return tuple(split(name))


def _heads(words: Sequence[str]) -> frozenset[str]:
    """Return the beginnings one of which a name must hold to come near at all."""
    heads: set[str] = set()
    for word in words:
        heads.update(word[at : at + HEAD] for at in range(max(1, min(4, len(word) - HEAD + 1))))
        heads.add(word[:2])
        heads.update(sense.stems[0][:HEAD] for sense in wider((stem(word),)))
    return frozenset(heads)
