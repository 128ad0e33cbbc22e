"""What each parameter of a statement takes, read from the SQL around it."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlglot import exp
from sqlglot.errors import SqlglotError

from core.connections.lexer import BACKSLASHED
from core.connections.parser import Tangled, parse
from core.connections.positions import READS
from core.connections.records import Dialect, Schema, Table
from core.connections.slots import read
from core.connections.words import split
from core.errors import CoreError
from core.queries.certain import DAYS, certain, surely_dated
from core.queries.compared import (
    COMPARED,
    FLIPPED,
    PERIODS,
    SPANS,
    TIMES,
    Climbed,
    Use,
    bare,
    climb,
    told,
)

DAY_AFTER = re.compile(r"-[01]\d(?:-[0-3]\d)?(?![\w-])")
"""What makes a day or month of the year that is written before it."""
LONG = 20_000
"""Characters of a statement that is read by its parameters' names alone."""


class Blank(NamedTuple):
    """A parameter, and what it takes."""

    name: str
    use: Use
    format: str = ""
    """How a year or month is written; empty for a number."""
    later: int = 0
    """Days after the last one that the statement wants: 1 for `< {{end}}`."""
    many: bool = False
    """Whether it takes a list."""
    known: tuple[str, ...] = ()
    """Values seen in the column that it is compared with."""
    sign: str = "="
    unit: str = ""
    """Of a span: day, week, month, year."""
    pattern: bool = False
    """Whether it is a part of what is compared: `LIKE '%{{x}}%'`."""
    sure: bool = False
    """Whether the SQL itself tells what it is for, wherever it stands."""


class Shape(NamedTuple):
    """What a statement takes and gives."""

    blanks: tuple[Blank, ...] = ()
    outputs: tuple[str, ...] = ()
    measures: frozenset[str] = frozenset()
    """Outputs that are computed of many rows."""
    ranked: str | None = None
    """What the rows are sorted by, where only the first ones are given."""
    highest: bool = False
    """Whether the highest of an output come first."""
    literals: frozenset[str] = frozenset()
    """Texts that are compared with."""
    read: bool = False
    """Whether the statement was understood."""


NAMED: tuple[tuple[Use, str], ...] = (
    (Use.YEAR, "year yr jahr annee ano fiscalyear"),
    (Use.MONTH, "month monat mois mes"),
    (Use.QUARTER_NUMBER, "quarter quartal trimestre"),
    (Use.START, "start from since begin begins beginning first von seit after debut inicio desde"),
    (Use.END, "end to until till ends last bis through before fin hasta"),
    (Use.DAY, "day date tag datum dia jour asof when snapshot on"),
    (Use.COUNT, "top limit n count rows"),
)


def shape(sql: str, dialect: Dialect, schema: Schema | None) -> Shape:
    """Return what *sql* takes and gives; what cannot be read is judged by names alone.

    Args:
        schema: where the columns' types and values are looked up.
    """
    try:
        reading = read(sql, dialect)
    except CoreError:
        return Shape()
    names = tuple(dict.fromkeys(name for hole in reading.holes for name in hole.names))
    quoted = {name: hole.quoted for hole in reading.holes for name in hole.names}
    marks = {name: f"zq{_letters(at)}qz" for at, name in enumerate(names)}
    out, last = [], 0
    for hole in reading.holes:
        text = "".join(marks[part] if at % 2 else part for at, part in enumerate(hole.parts))
        text = text.replace("'", "''")
        if dialect in BACKSLASHED:
            text = text.replace("\\", "\\\\")
        out += [sql[last : hole.start], f"'{text}'"]
        last = hole.end
    out.append(sql[last:])
    try:
        trees = parse("".join(out), READS[dialect]) if len(sql) <= LONG else []
    except (SqlglotError, Tangled, RecursionError):
        trees = []
    tree = trees[0] if len(trees) == 1 else None
    if tree is None:
        return Shape(tuple(_named(name, quoted[name]) for name in names))
    return _Reader(tree, marks, quoted, schema).shape()


def _letters(number: int) -> str:
    """Return *number* in letters: sqlglot takes the digits of an interval apart."""
    return str(number).translate(str.maketrans("0123456789", "abcdefghij"))


def _named(name: str, quoted: bool) -> Blank:
    """Return a blank by its name alone."""
    use, unit = called(name)
    form = "%Y" if use is Use.YEAR and quoted else "%Y-%m" if use is Use.MONTH else ""
    return Blank(name, use or Use.TEXT, form, unit=unit)


def called(name: str) -> tuple[Use | None, str]:
    """Return what a parameter is called after, and the unit of a span."""
    words = split(name)
    for word in words:
        if word in SPANS:
            return Use.SPAN, SPANS[word]
    for use, listed in NAMED:
        if not set(listed.split()).isdisjoint(words):
            return use, ""
    return None, ""


class _Reader:
    """A statement's tree, asked for what it takes and gives."""

    def __init__(
        self,
        tree: exp.Expr,
        marks: dict[str, str],
        quoted: dict[str, bool],
        schema: Schema | None,
    ) -> None:
        self._tree = tree
        self._marks = marks
        self._quoted = quoted
        self._schema = schema

    def shape(self) -> Shape:
        """Return all of it."""
        seen: dict[str, list[Blank]] = {name: [] for name in self._marks}
        literals = set()
        for node in self._tree.find_all(exp.Literal):
            text = str(node.this)
            if not node.is_string:
                continue
            names = [name for name, mark in self._marks.items() if mark in text]
            for name in names:
                seen[name].append(self._blank(name, node, text))
            if not names and isinstance(node.parent, (*COMPARED, exp.In)):
                literals.add(text)
        blanks = tuple(_settled(name, found, self._quoted[name]) for name, found in seen.items())
        outputs, measures = self._outputs()
        order = self._tree.args.get("order")
        first = order.expressions[0] if order and order.expressions else None
        highest = bool(first and first.args.get("desc") and first.this.name in outputs)
        return Shape(
            blanks, outputs, measures, self._ranked(), highest, frozenset(literals), read=True
        )

    def _outputs(self) -> tuple[tuple[str, ...], frozenset[str]]:
        selects = getattr(self._tree, "selects", None) or []
        named = [(each.alias_or_name, each) for each in selects if each.alias_or_name]
        return tuple(name for name, _ in named), frozenset(
            name for name, each in named if each.find(exp.AggFunc)
        )

    def _ranked(self) -> str | None:
        order, limit = self._tree.args.get("order"), self._tree.args.get("limit")
        if not order or not limit or not order.expressions:
            return None
        first = order.expressions[0].this
        name = str(first.alias_or_name or "")
        if not name and isinstance(first, exp.Literal) and not first.is_string:
            outputs, at = self._outputs()[0], int(first.this)
            name = outputs[at - 1] if 0 < at <= len(outputs) else ""
        if not name:  # the same as an output is computed: ORDER BY SUM(x)
            for each in getattr(self._tree, "selects", ()):
                if each.unalias() == first:
                    name = each.alias_or_name
        return name or None

    def _blank(self, name: str, node: exp.Expr, text: str) -> Blank:
        """Return what one place of a parameter takes."""
        partly = _part(name, self._marks[name], text)
        if partly is not None:
            return partly
        said, unit = called(name)
        known = certain(node, said) if text == self._marks[name] else None
        blank = self._told(name, node, text, (said, unit))
        same = known is blank.use or (known in DAYS and blank.use in DAYS)
        return blank._replace(sure=True) if known is not None and same else blank

    def _told(self, name: str, node: exp.Expr, text: str, called: tuple[Use | None, str]) -> Blank:
        """Return what a place takes by what is around it."""
        (said, unit), climbed = called, climb(node)
        if climbed.limit:
            return Blank(name, Use.COUNT)
        if climbed.unit or said is Use.SPAN:
            return Blank(name, Use.SPAN, unit=climbed.unit or unit)
        if climbed.other is None:
            return _named(name, self._quoted[name])
        return self._compared(name, node, climbed, climbed.other, whole=text == self._marks[name])

    def _compared(
        self, name: str, node: exp.Expr, climbed: Climbed, other: exp.Expr, *, whole: bool
    ) -> Blank:
        """Return what a value takes that is compared with *other*."""
        computed, said = told(other), called(name)[0]
        if computed is not None and computed[0] is not Use.DAY:
            return Blank(name, *computed)
        kind, known, column = self._column(bare(other))
        if said in PERIODS and not climbed.dated and not _is_time(kind):
            return _period(name, said, number=_is_number(kind), typed=bool(kind))
        days = said in {Use.DAY, Use.START, Use.END} and not known and not _is_number(kind)
        if climbed.dated or computed or _is_time(kind) or days:
            sure = whole and surely_dated(node, kind, column)
            return _day(name, climbed.sign, later=climbed.shifted)._replace(sure=sure)
        if _is_number(kind) or climbed.sign in FLIPPED or isinstance(other, exp.AggFunc):
            return Blank(name, Use.NUMBER, sign=climbed.sign, known=known, many=climbed.many)
        if column and whole:
            return Blank(name, Use.VALUE, known=known, many=climbed.many, sign=climbed.sign)
        return Blank(name, Use.TEXT, pattern=not whole, many=climbed.many)

    def _column(self, node: exp.Expr | None) -> tuple[str, tuple[str, ...], str]:
        """Return a column's type, the values seen in it, and its name."""
        if not isinstance(node, exp.Column):
            return "", (), ""
        name = node.name
        for source in _sources(node):
            table = self._table(source)
            if table is None:
                continue
            for column in table.columns:
                if column.name.lower() == name.lower():
                    return column.type, table.samples.get(column.name, ()), name
        return "", (), name

    def _table(self, source: exp.Table) -> Table | None:
        for table in self._schema.tables if self._schema else ():
            if table.name.lower() == source.name.lower() and (
                not source.db or source.db.lower() == table.schema.lower()
            ):
                return table
        return None


def _period(name: str, use: Use, *, number: bool, typed: bool) -> Blank:
    """Return a blank that is called a year, a quarter or a month."""
    if use is Use.MONTH:
        return Blank(name, Use.MONTH_NUMBER) if number else Blank(name, use, "%Y-%m")
    return Blank(name, use, "%Y" if use is Use.YEAR and typed and not number else "")


def _sources(column: exp.Column) -> Iterator[exp.Table]:
    """Yield the tables that *column* may be of: by its qualifier, else all that are near."""
    select = column.find_ancestor(exp.Select)
    while select is not None:
        for each in (select.args.get("from_"), *(select.args.get("joins") or ())):
            table = each.this if each is not None else None
            if isinstance(table, exp.Table) and column.table.lower() in {
                "",
                table.alias_or_name.lower(),
            }:
                yield table
        select = select.find_ancestor(exp.Select)


def _part(name: str, mark: str, text: str) -> Blank | None:
    """Return what is told by the text that a parameter is a part of: `'{{year}}-01-01'`."""
    before, _, after = text.partition(mark)
    if not before and (after.startswith("-") or after == "%") and called(name)[0] is not Use.MONTH:
        year = called(name)[0] is Use.YEAR
        sure = year and DAY_AFTER.match(after) is not None
        return Blank(name, Use.YEAR, "%Y", sure=sure) if after != "%" or year else None
    if after in {"-01", "-01%", "-%", "%"} and called(name)[0] is Use.MONTH:
        return Blank(name, Use.MONTH_NUMBER, "%m") if before else Blank(name, Use.MONTH, "%Y-%m")
    said = after.strip().lower().split(" ")[0]
    if said in SPANS or f"{said}s" in SPANS:
        return Blank(name, Use.SPAN, unit=said.removesuffix("s"))
    return None


def _is_time(kind: str) -> bool:
    return any(each in kind.lower() for each in ("date", "time"))


def _is_number(kind: str) -> bool:
    kind = kind.lower()
    return any(each in kind for each in ("int", "num", "dec", "float", "double", "real", "serial"))


def _day(name: str, sign: str, *, later: bool) -> Blank:
    said = called(name)[0]
    if sign in {">", ">="}:
        return Blank(name, Use.START, sign=sign)
    if sign in {"<", "<="}:
        return Blank(name, Use.END, sign=sign, later=int(sign == "<" and not later))
    if said in {Use.START, Use.END}:
        return Blank(name, said, sign=sign)
    return Blank(name, Use.DAY, sign=sign)


def _settled(name: str, found: list[Blank], quoted: bool) -> Blank:
    """Return one blank of all the places of a parameter."""
    if not found:
        return _named(name, quoted)
    uses = {each.use for each in found}
    sure = all(each.sure for each in found)
    return _chosen(name, found, uses)._replace(sure=sure and (len(uses) == 1 or uses <= DAYS))


def _chosen(name: str, found: list[Blank], uses: set[Use]) -> Blank:
    if len(uses) == 1:
        return max(found, key=lambda each: (len(each.known), each.many))
    said = called(name)[0]
    if uses <= DAYS:
        # One day that is both: what was open at the end of it.
        bounds = uses - {Use.DAY}
        if len(bounds) == 1 and said in bounds:
            return next(each for each in found if each.use in bounds)
        return Blank(name, Use.DAY)
    order: list[Callable[[Blank], Any]] = [
        lambda each: each.use in TIMES,
        lambda each: each.use is Use.COUNT,
        lambda each: bool(each.known),
        lambda each: each.use is not Use.TEXT,
    ]
    return max(found, key=lambda each: tuple(test(each) for test in order))
