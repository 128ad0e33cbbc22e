"""Which tables are what people leave behind: `orders_old`, `tmp_orders`, `backup.orders`."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from core.connections.records import Schema
from core.connections.words import listed

JUNK = listed(
    """
    bak bkp bkup backup old tmp temp copi kopi kopie copia dup duplicat deprecat legaci
    snapshot snap restor scratch sandbox unus obsolet del delet dump wip
    """
)
"""Stems of words that mark one, whether the original is there or not."""
MARKS = JUNK | listed(
    """
    archiv arch hist histori test stg stage stag orig original prev previou draft alt sav neu new
    final raw import export v ver version rev
    """
)
"""With those that mark one only where the original is there too."""
FIRST_YEAR, LAST_YEAR = 1980, 2100


class Copy(NamedTuple):
    """A table that looks like another's copy."""

    marks: frozenset[str]
    original: bool
    """Whether the original is there too."""


def copies(schema: Schema, stems: Callable[[str], Sequence[str]]) -> dict[int, Copy]:
    """Return those of *schema*'s tables that look like copies, by place; *stems* splits a name."""
    names = [(table.schema, tuple(stems(table.name))) for table in schema.tables]
    marked = {where: _marks(stems(where)) for where in {where for where, _ in names}}
    there = set(names)
    elsewhere = {terms for where, terms in names if not marked[where]}
    found = {}
    for n, (where, terms) in enumerate(names):
        marks = _marks(terms)
        rests = [tuple(term for term in terms if term != each) for each in marks]
        rests.append(tuple(term for term in terms if term not in marks))
        original = bool(marks) and any((where, rest) in there for rest in rests if rest)
        if marked[where] and (terms in elsewhere or any(rest in elsewhere for rest in rests)):
            original = True
        if original or not marks.isdisjoint(JUNK):
            found[n] = Copy(marks | marked[where], original)
    return found


def _marks(terms: Sequence[str]) -> frozenset[str]:
    found = {term for term in terms if mark(term)}
    # Where one word marks it, the digits beside it do too: `orders_v1` is orders, v, 1, v1.
    return frozenset(found | {term for term in terms if found and term.isdecimal()})


def mark(term: str) -> bool:
    """Return whether a word of a name says that the table is a copy: old, bak, 2019, v2."""
    if term in MARKS or (term[0] == "v" and term[1:].isdecimal()):
        return True
    # Eight digits are a day, six a month; one or two are as often a kind of table.
    return term.isdecimal() and (len(term) in {6, 8} or FIRST_YEAR <= int(term) <= LAST_YEAR)
