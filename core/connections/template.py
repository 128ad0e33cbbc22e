"""A statement with `{{parameters}}`, and the bound values that they become.

A value never gets into SQL text, in any dialect: the statement has placeholders where values go,
and the values travel beside it.

* Outside quotes `{{x}}` is a value: `WHERE year = {{year}}`.
* Inside quotes it is a part of the text, and the whole text is bound, as the literal that it would
  have been: `LIKE '%{{x}}%'`, `'{{start}}'::date`, `DATE '{{day}}'`, `INTERVAL '{{n}} days'`.
  NULL in a text makes all of it NULL.
* A list expands where it is an element of `IN ({{ids}})`, quoted or not. In an empty one is
  nothing: `x IN ()` is true of no row and `x NOT IN ()` of every row, NULL included.
* Names, keywords, comments and what rows are sorted by are no values: refused, saying where.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from core.connections.errors import (
    ParameterInvalid,
    ParameterMisnamed,
    ParameterMisplaced,
    ParametersMissing,
    ParametersUnknown,
)
from core.connections.lexer import NUMBERED
from core.connections.pieces import Piece, Slot, lists, pieces, slots, written
from core.connections.records import Dialect, Statement
from core.connections.slots import Reading, misplaced, place, read
from core.connections.values import bind, items, read_value, spell, whole

__all__ = ["check", "parameters", "read_value", "render", "specimen"]

CACHED = 512
"""Statements that are kept cut up."""
LONG = 32 * 1024
"""Characters of a statement that is not kept."""
VALUES = 32_000
"""Values of one statement; SQLite takes 32,766, the others 65,535."""
READINGS = (Dialect.POSTGRESQL, Dialect.MYSQL, Dialect.SQLITE, Dialect.DUCKDB)


class Template(NamedTuple):
    """A statement, read once and ready to be filled in."""

    names: tuple[str, ...]
    pieces: tuple[Piece, ...]


def parameters(sql: str | None, dialect: Dialect | None = None) -> tuple[str, ...]:
    """Return the names of the parameters in *sql*: first seen first, each once.

    This reads the words alone and is light; `check` asks the parser too. Without a *dialect* a
    statement will do that makes sense in one of them.

    Raises:
        ParameterMisnamed: a placeholder's name is no name, or is not closed.
        ParameterMisplaced: one stands in a comment, a quoted name or a part of a name.
    """
    if not sql or "{{" not in sql:
        return ()
    if dialect is not None:
        return _names(sql, dialect)
    refusal: ParameterMisplaced | ParameterMisnamed | None = None
    for each in READINGS:
        try:
            return _names(sql, each)
        except (ParameterMisplaced, ParameterMisnamed) as one:
            refusal = refusal or one
    raise refusal or ParameterMisplaced


def check(sql: str, dialect: Dialect) -> tuple[str, ...]:
    """Return the names of the parameters in *sql* if all of them stand where values can.

    What is no SQL at all is not refused here but by the policy, in the parser's own words.

    Raises:
        ParameterMisnamed: a placeholder's name is no name, or is not closed.
        ParameterMisplaced: one stands where no value can, and where that is.
    """
    return _template(sql, dialect).names if "{{" in sql else ()


def specimen(sql: str, dialect: Dialect) -> str:
    """Return *sql* with a placeholder of the dialect's own for each parameter, as `render` would.

    Raises:
        ParameterMisnamed, ParameterMisplaced: as in `check`.
    """
    if "{{" not in sql:
        return sql
    marks = (f"${number}" if dialect in NUMBERED else "?" for number in count(1))

    def put(slot: Slot) -> str:
        mark = f"CAST({next(marks)} AS text)" if slot.untyped else next(marks)
        return f"{slot.head}{mark}{slot.tail}"

    return written(_template(sql, dialect).pieces, put)


def render(sql: str, dialect: Dialect, values: Mapping[str, Any]) -> Statement:
    """Return *sql* with placeholders, and the values that belong to them, in their order.

    Values are None, booleans, integers, floats, decimals, text, dates, moments, times, UUIDs, and
    lists of at most 10,000 of these. A parameter used twice may share its `$n` only where
    PostgreSQL infers the same type for both, as in SELECT and GROUP BY.

    Raises:
        ParametersMissing: "Missing required parameters: year".
        ParametersUnknown: values were given that the statement does not ask for.
        ParameterInvalid: a value is of a kind that cannot stand there, or that the database lacks.
        ParameterMisnamed, ParameterMisplaced: as in `check`.
    """
    if "{{" not in sql:
        if values:
            raise ParametersUnknown(tuple(values), ())
        return Statement(sql)
    template = _template(sql, dialect)
    unknown = tuple(name for name in values if name not in template.names)
    missing = tuple(name for name in template.names if name not in values)
    if missing:
        raise ParametersMissing(missing, unknown)
    if unknown:
        raise ParametersUnknown(unknown, template.names)
    return _Filling(sql, dialect, values).statement(template)


@lru_cache(maxsize=16_384)
def _kept_names(sql: str, dialect: Dialect) -> tuple[str, ...]:
    holes = read(sql, dialect).holes
    return tuple(dict.fromkeys(name for hole in holes for name in hole.names))


def _names(sql: str, dialect: Dialect) -> tuple[str, ...]:
    return (_kept_names if len(sql) < LONG else _kept_names.__wrapped__)(sql, dialect)


@lru_cache(maxsize=CACHED)
def _kept_template(sql: str, dialect: Dialect) -> Template:
    reading = read(sql, dialect)
    found = slots(reading, dialect)
    if found:
        found = _placed(reading, found, dialect)
    names = tuple(dict.fromkeys(name for slot in found for name in slot.hole.names))
    return Template(names, pieces(reading, found, dialect))


def _placed(reading: Reading, found: tuple[Slot, ...], dialect: Dialect) -> tuple[Slot, ...]:
    """Return the slots with what the parser knows of their places."""
    # Imported here: `parameters` alone, which every list of queries needs, does without it.
    from core.connections.positions import Place, places  # noqa: PLC0415

    cut = pieces(reading, found, dialect)
    kinds = {_asked(slot): f"kind{slot.number}" for slot in reversed(found)}
    alike = tuple(kinds[_asked(slot)] for slot in found)

    def write(put: Callable[[int], str]) -> str:
        return written(cut, lambda slot: f"{slot.head}{put(slot.number)}{slot.tail}")

    seen = places(write, alike, dialect)
    expanding = lists(reading, found, dialect)
    settled: dict[Any, int] = {}
    placed = []
    for slot, kind in zip(found, alike, strict=True):
        here = seen.get(slot.number, Place())
        if here.misplaced:
            name = slot.hole.names[0]
            misplaced(reading.sql, slot.hole.start, name, here.misplaced.format(name=name))
        shared = None
        if here.around is not None:
            shared = settled.setdefault((kind, here.around), slot.number)
        placed.append(
            slot._replace(
                many=slot.number in expanding,
                whole=here.whole,
                untyped=here.untyped,
                shared=shared,
            )
        )
    return tuple(placed)


def _asked(slot: Slot) -> tuple[tuple[str, ...], bool, str]:
    """Return what determines the value of *slot*."""
    return slot.hole.parts, slot.text, slot.unit


def _template(sql: str, dialect: Dialect) -> Template:
    return (_kept_template if len(sql) < LONG else _kept_template.__wrapped__)(sql, dialect)


class _Filling:
    """The values of one statement, as they come to their placeholders."""

    def __init__(self, sql: str, dialect: Dialect, given: Mapping[str, Any]) -> None:
        self._sql = sql
        self._dialect = dialect
        self._given = given
        self._values: list[Any] = []
        self._shared: dict[tuple[int, int], str] = {}

    def statement(self, template: Template) -> Statement:
        """Return the statement with its values."""
        sql = written(template.pieces, self._put)
        return Statement(sql, tuple(self._values))

    def _put(self, slot: Slot) -> str:
        """Return what stands for *slot*; nothing where its list is empty."""
        listed = [name for name in slot.hole.names if items(name, self._given[name]) is not None]
        if not listed:
            return self._one(slot, self._given, 0)
        if not slot.many or len(set(slot.hole.names)) > 1:
            raise ParameterInvalid(
                f"{{{{{listed[0]}}}}} is a list, and one value goes there "
                f"({place(self._sql, slot.hole.start)}); a list fits in IN ({{{{{listed[0]}}}}})."
            )
        name = listed[0]
        return ", ".join(
            self._one(slot, {name: value}, at) for at, value in enumerate(self._given[name])
        )

    def _one(self, slot: Slot, given: Mapping[str, Any], at: int) -> str:
        value = self._value(slot, given)
        key = (-1 if slot.shared is None else slot.shared, at)
        mark = None if slot.shared is None else self._shared.get(key)
        if mark is None:
            self._values.append(value)
            if len(self._values) > VALUES:
                raise ParameterInvalid(f"A statement takes at most {VALUES} values.")
            mark = f"${len(self._values)}" if self._dialect in NUMBERED else "?"
            if slot.untyped and (value is None or isinstance(value, str)):
                mark = f"CAST({mark} AS text)"
            if self._dialect in NUMBERED:
                self._shared[key] = mark
        return f"{slot.head}{mark}{slot.tail}"

    def _value(self, slot: Slot, given: Mapping[str, Any]) -> Any:
        name = slot.hole.names[0]
        if slot.whole:
            return whole(name, self._text(slot, given) if slot.text else given[name])
        if not slot.text:
            return bind(name, given[name], self._dialect)
        return self._text(slot, given)

    def _text(self, slot: Slot, given: Mapping[str, Any]) -> str | None:
        text = []
        for at, part in enumerate(slot.hole.parts):
            said = spell(part, given[part], self._dialect) if at % 2 else part
            if said is None:
                return None
            text.append(said)
        return "".join(text) + slot.unit
