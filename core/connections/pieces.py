"""A statement cut into what stays as written and what takes values."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from core.connections.lexer import BACKSLASHED, NUMBERED, Kind, Token
from core.connections.records import Dialect
from core.connections.slots import Hole, Reading, misplaced

DATED = frozenset({"date", "time", "timestamp", "timestamptz", "timetz", "datetime", "interval"})
"""Types that are written before an unquoted placeholder too: `DATE {{day}}`."""
TYPES = DATED | frozenset(
    {"bool", "boolean", "int", "integer", "bigint", "smallint", "int2", "int4", "int8", "float"}
    | {"float4", "float8", "double", "real", "numeric", "decimal", "money", "text", "varchar"}
    | {"char", "bpchar", "json", "jsonb", "uuid", "inet", "cidr", "macaddr", "bytea", "blob"}
    | {"hugeint", "tinyint", "xml", "point", "box", "polygon", "circle", "path", "lseg", "line"}
    | {"bit", "oid", "tsvector", "tsquery", "hstore", "daterange", "tsrange", "tstzrange"}
    | {"int4range", "int8range", "numrange", "timestamp_s", "timestamp_ms", "timestamp_ns"}
)
"""Types that a text may follow: `DATE '2025-01-31'` (PostgreSQL, DuckDB)."""
MYSQL_TYPES = {"date": "DATE", "time": "TIME(6)", "timestamp": "DATETIME(6)"}
UNITS = frozenset(
    {"year", "month", "day", "hour", "minute", "second", "week", "quarter", "decade", "century"}
    | {"millennium", "millisecond", "microsecond"}
)
NO_RANGE = "write the interval's units into the text: INTERVAL '{{n}} days'"
EMPTY = re.compile(r"[^\s$]*")


class Slot(NamedTuple):
    """What a hole is in the finished statement."""

    number: int
    """Counted from 0, in the order of the statement."""
    hole: Hole
    start: int
    end: int
    """What is replaced: the hole, or the type before it as well."""
    head: str = ""
    tail: str = ""
    """What stands around the placeholder."""
    unit: str = ""
    """What is put after the text that is bound: ` day`."""
    text: bool = False
    """Whether the value is bound as text, whatever its kind."""
    many: bool = False
    """Whether a list expands here."""
    whole: bool = False
    """Whether only a whole number will do: LIMIT, OFFSET."""
    untyped: bool = False
    """Whether PostgreSQL cannot infer a type here: `$1 IS NULL`."""
    shared: int | None = None
    """Slots of the same number here may share one `$n`."""


class Listing(NamedTuple):
    """`[NOT] IN (…)` with at least one element that may be a list."""

    head: str
    elements: "tuple[tuple[Piece, ...], ...]"
    empty: str
    """What stands for all of it when no element is left: true of nothing, or of everything."""


Piece = str | Slot | Listing
Span = tuple[int, int, "tuple[tuple[int, int], ...]", str]
"""Start, end, elements, what to write if none is left."""


def slots(reading: Reading, dialect: Dialect) -> tuple[Slot, ...]:
    """Return what each hole is, as far as the words beside it tell.

    Raises:
        ParameterMisplaced: the words beside it leave no place for a value.
    """
    said = _said(reading.tokens)
    found = []
    for number, hole in enumerate(reading.holes):
        at = bisect_left(said, hole.start, key=lambda each: each.start)
        slot = Slot(number, hole, hole.start, hole.end, text=hole.quoted)
        if hole.quoted:
            _single(reading.sql, said, at, hole, dialect)
        found.append(_typed(reading.sql, said, at, slot, dialect))
    return tuple(found)


def pieces(reading: Reading, found: Sequence[Slot], dialect: Dialect) -> tuple[Piece, ...]:
    """Cut the statement at its slots and lists."""
    spans = tuple(_lists(reading, found, dialect))
    return tuple(_cut(reading.sql, 0, len(reading.sql), found, spans, dialect))


def lists(reading: Reading, found: Sequence[Slot], dialect: Dialect) -> frozenset[int]:
    """Return the numbers of the slots in which a list expands: a whole element of `IN (…)`."""
    starts = {slot.start: slot.number for slot in found}
    return frozenset(
        starts[start]
        for _start, _end, elements, _empty in _lists(reading, found, dialect)
        for start, _ in elements
        if start in starts
    )


def written(parts: Sequence[Piece], put: Callable[[Slot], str]) -> str:
    """Return the statement with what *put* returns for each slot: "" leaves an element out."""
    out = []
    for piece in parts:
        if isinstance(piece, str):
            out.append(piece)
        elif isinstance(piece, Slot):
            out.append(put(piece))
        else:
            texts = [text for each in piece.elements if (text := written(each, put))]
            out.append(f"{piece.head}{', '.join(texts)})" if texts else piece.empty)
    return "".join(out)


def _said(tokens: Sequence[Token]) -> list[Token]:
    space, comment = Kind.SPACE, Kind.COMMENT  # by identity: to hash an Enum runs Python
    return [each for each in tokens if each.kind is not space and each.kind is not comment]


def _single(sql: str, said: Sequence[Token], at: int, hole: Hole, dialect: Dialect) -> None:
    """Refuse a text that the database would join with the one beside it."""
    if dialect is Dialect.SQLITE:
        return
    beside = (*said[max(at - 1, 0) : at], *said[at + 1 : at + 2])
    if any(each.kind in {Kind.TEXT, Kind.ESCAPED, Kind.CODED} for each in beside):
        why = "two texts stand side by side there; write them as one"
        misplaced(sql, hole.start, hole.names[0], why)


def _typed(sql: str, said: Sequence[Token], at: int, slot: Slot, dialect: Dialect) -> Slot:
    """Turn `DATE '{{day}}'` into a cast, as a placeholder cannot follow a type's name."""
    if dialect is Dialect.SQLITE or not at:
        return slot
    words = [each.text.lower() for each in said[max(at - 8, 0) : at]]
    length = _type(words, quoted=slot.hole.quoted)
    if not length:
        return slot
    name, start = words[-length], said[at - length].start
    kind = sql[start : said[at - 1].end]
    if dialect in BACKSLASHED:
        kind = MYSQL_TYPES.get(name, "")  # INTERVAL takes a placeholder as it is
    cast = slot._replace(start=start, head="CAST(", tail=f" AS {kind})", text=True)
    after = [each.text.lower() for each in said[at + 1 : at + 3]] + ["", ""]
    if name != "interval" or not kind or after[0].removesuffix("s") not in UNITS:
        return cast if kind else slot
    if after[1] in {"to", "("}:
        misplaced(sql, slot.start, slot.hole.names[0], NO_RANGE)
    if dialect is Dialect.DUCKDB:
        return slot._replace(start=start, head="INTERVAL (", tail=")")
    return cast._replace(end=said[at + 1].end, unit=f" {after[0]}")


def _type(words: Sequence[str], *, quoted: bool) -> int:
    """Return how many of the last *words* name a type: `timestamp(3) with time zone`."""
    length = 0
    if words[-2:] == ["time", "zone"] and words[-3:-2] and words[-3] in {"with", "without"}:
        length = 3
    rest = words[: len(words) - length]
    if rest[-1:] == [")"] and rest[-3:-2] == ["("] and rest[-2].isdigit():
        length += 3
        rest = rest[:-3]
    if rest[-2:] == ["double", "precision"]:
        return length + 2
    return length + 1 if rest and rest[-1] in (TYPES if quoted else DATED) else 0


def _lists(reading: Reading, found: Sequence[Slot], dialect: Dialect) -> Iterator[Span]:
    """Yield the `IN (…)` lists that have a slot for an element, in their order."""
    said = _said(reading.tokens)
    starts = {slot.start: slot.end for slot in found if not slot.head}
    opened: list[tuple[int, list[int]]] = []
    spans = []
    for at, each in enumerate(said):
        if each.text in {"(", "["}:
            opened.append((at, [at]))
        elif each.text == "," and opened:
            opened[-1][1].append(at)
        elif each.text in {")", "]"} and opened:
            begun, commas = opened.pop()
            if each.text == ")" and begun and said[begun - 1].text.lower() == "in":
                edges = [*commas, at]
                elements = tuple(
                    (said[one + 1].start, said[two - 1].end)
                    for one, two in pairwise(edges)
                    if two > one + 1
                )
                if any(starts.get(start) == end for start, end in elements):
                    negated = begun > 1 and said[begun - 2].text.lower() == "not"
                    first = said[begun - 2 if negated else begun - 1].start
                    spans.append((first, each.end, elements, _empty(dialect, negated=negated)))
    yield from sorted(spans)


def _empty(dialect: Dialect, *, negated: bool) -> str:
    """Return what a list without elements is: `x IN ()` is true of nothing, NOT IN of everything.

    `IN (NULL)` would be neither: `x NOT IN (NULL)` drops every row. PostgreSQL wants the element's
    type to fit, which an empty array of no type does.
    """
    if dialect is Dialect.POSTGRESQL:
        return "<> ALL ('{}')" if negated else "= ANY ('{}')"
    source = " FROM DUAL" if dialect in BACKSLASHED else ""
    return f"{'NOT ' if negated else ''}IN (SELECT NULL{source} WHERE 1 = 0)"


def _cut(
    sql: str,
    start: int,
    end: int,
    found: Sequence[Slot],
    spans: Sequence[Span],
    dialect: Dialect,
) -> Iterator[Piece]:
    """Yield the pieces between *start* and *end*; an outer list comes before those within it."""
    at = start
    inside: list[Slot | Span] = sorted(
        [
            *found[bisect_left(found, start, key=_start) : bisect_left(found, end, key=_start)],
            *spans[bisect_left(spans, start, key=_first) : bisect_left(spans, end, key=_first)],
        ],
        key=lambda each: each.start if isinstance(each, Slot) else each[0],
    )
    for each in inside:
        first, last = (each.start, each.end) if isinstance(each, Slot) else each[:2]
        if first < at:
            continue
        yield sql[at:first]
        at = last
        if isinstance(each, Slot):
            yield (
                each
                if not _runs_on(sql, each, found, dialect)
                else each._replace(tail=f"{each.tail} ")
            )
            continue
        elements = each[2]
        head = sql[first : elements[0][0]]
        yield Listing(
            head[: head.rfind("(") + 1],
            tuple(tuple(_cut(sql, *one, found, spans, dialect)) for one in elements),
            each[3],
        )
    if at < end:
        yield sql[at:end]


def _start(slot: Slot) -> int:
    return slot.start


def _first(span: Span) -> int:
    return span[0]


def _runs_on(sql: str, slot: Slot, found: Sequence[Slot], dialect: Dialect) -> bool:
    """Return whether `$1` would seem to open a dollar-quoted text: `$1,$2`, to sqlglot's lexer."""
    if dialect not in NUMBERED or slot.tail:
        return False
    following = found[slot.number + 1].start if slot.number + 1 < len(found) else len(sql) + 1
    # No farther than the next slot, or a thousand slots would read the rest a thousand times.
    stop = EMPTY.match(sql, slot.end, following)
    end = stop.end() if stop else slot.end
    return sql[end : end + 1] == "$" or following <= end
