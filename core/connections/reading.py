"""What the parser makes of a statement: all of it must be known to only read."""

import re
from typing import NamedTuple

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from core.connections.errors import StatementRefused
from core.connections.forms import Name
from core.connections.parser import Tangled, parse
from core.connections.records import Dialect
from core.connections.scan import NAMING, Kind, Scan, Token, clipped, folded, refused

READERS = {
    Dialect.POSTGRESQL: "postgres",
    Dialect.DUCKDB: "duckdb",
    Dialect.SQLITE: "sqlite",
    Dialect.MYSQL: "mysql",
    Dialect.MARIADB: "mysql",
}
"""What the parser calls a dialect."""


class Reading(NamedTuple):
    """What the parser makes of a statement; places are counted in characters from 0."""

    aliases: frozenset[int]
    """Where names stand that have a list of columns in parentheses behind them."""
    tables: frozenset[int]
    """Where functions stand that are read like tables."""
    rows: frozenset[str]
    """What tables and subqueries are called, and nothing else that is read like a table."""
    relations: frozenset[Name]


_ROOTS = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery, exp.Pivot)
_KNOWN = """
    Alias All Any AtTimeZone Between Boolean Bracket CharacterSet CollateColumnConstraint Column
    ColumnConstraint ColumnDef Comprehension CTE Cube DataType DataTypeParam Describe Distinct
    Except Fetch Filter FormatJson From Group GroupingSets Having HavingMax HistoricalData
    Identifier IgnoreNulls In IndexTableHint Intersect Interval IntervalSpan Introducer Join
    JSON JSONColumnDef JSONKeyValue JSONPath JSONPathKey JSONPathRecursive JSONPathRoot
    JSONPathSelector JSONPathSlice JSONPathSubscript JSONPathUnion JSONPathWildcard JSONSchema
    JSONValue Lambda Lateral Limit LimitOptions Literal Null ObjectIdentifier Offset OnCondition
    Order Ordered Parameter Partition PathColumnConstraint Pivot PivotAlias PivotAny Placeholder
    PositionalColumn PseudoType Qualify RecursiveWithSearch RespectNulls Rollup Select
    SessionParameter Slice Star Subquery Summarize Table TableAlias TableSample Tuple Union
    UnpivotColumns Values Var Variadic Version Where Window WindowSpec With WithinGroup
    XMLNamespace
"""


def _reading() -> frozenset[type[exp.Expr]]:
    """Return the kinds of the parser's nodes that only read: expressions, and those named above."""
    named = _KNOWN.split()
    every = (each for each in vars(exp).values() if isinstance(each, type))
    nodes = {each for each in every if issubclass(each, exp.Expr)}
    expressions = (exp.Func, exp.Binary, exp.Unary)
    known = {each for each in nodes if issubclass(each, expressions) or each.__name__ in named}
    return frozenset(known - {exp.NextValueFor, exp.ToFile})


_NODES = _reading()
_SOURCES = frozenset({exp.From, exp.Join})
_CALLED_ROWS = frozenset({exp.Table, exp.Subquery, exp.Lateral, exp.Unnest, exp.Values})
_READABLE = (exp.Table, exp.Subquery, exp.Lateral, exp.Values, exp.Pivot, exp.Func)


def read(clear: str, scanned: Scan, dialect: Dialect) -> Reading:
    """Return what the parser finds in *clear*, all of which must be known to only read."""
    tree = _parsed(clear, scanned, dialect)
    if not isinstance(tree, _ROOTS):
        raise StatementRefused("Only a statement that reads may run here: write a SELECT.")
    aliases: set[int] = set()
    tables: set[int] = set()
    rows: set[str] = set()
    values: set[str] = set()
    relations: set[Name] = set()
    places = {each.start: each for each in scanned.tokens}
    for node in tree.walk():
        kind = type(node)
        if kind not in _NODES or (kind in _SOURCES and not isinstance(node.this, _READABLE)):
            raise _odd(node, scanned)
        if kind is exp.Table:
            relations.add(_relation(node, places, scanned, dialect))
            if isinstance(node.this, exp.Func):
                tables.add(node.this.meta.get("start", -1))
        elif kind is exp.TableAlias and node.args.get("columns") and node.this:
            aliases.add(node.this.meta.get("start", -1))
        elif kind is exp.In and isinstance(node.args.get("field"), exp.Column):
            # SQLite: `x IN name` reads the table of that name.
            relations.add(tuple(part.name for part in node.args["field"].parts))
        if kind in _CALLED_ROWS:
            is_row = kind is exp.Subquery or isinstance(node.this, exp.Identifier)
            (rows if is_row else values).add(_called(node, places))
    relations.discard(())
    return Reading(
        frozenset(aliases), frozenset(tables), frozenset(rows - values), frozenset(relations)
    )


def _called(node: exp.Expr, places: dict[int, Token]) -> str:
    """Return what the rest of a statement calls what stands in its FROM."""
    alias = node.args.get("alias")
    name = alias.this if isinstance(alias, exp.TableAlias) and alias.this else node.this
    token = places.get(name.meta.get("start", -1)) if isinstance(name, exp.Expr) else None
    return folded(token.name) if token else ""


def _parsed(clear: str, scanned: Scan, dialect: Dialect) -> exp.Expr:
    if "{#" in clear:
        raise refused(scanned.sql, clear.index("{#"), "{# begins a comment for some readers")
    try:
        trees = parse(clear, READERS[dialect])
    except ParseError as error:
        raise StatementRefused(_said(error, dialect)) from None
    except (SqlglotError, ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise StatementRefused(f"The statement cannot be read: {error}") from None
    except (RecursionError, Tangled):
        raise StatementRefused(str(Tangled())) from None
    if len(trees) != 1 or trees[0] is None:
        raise StatementRefused("One statement at a time.")
    return trees[0]


def _said(error: ParseError, dialect: Dialect) -> str:
    """Say in the parser's words what it could not read, and where."""
    if not error.errors:
        return f"This cannot be read as {dialect}."
    first = error.errors[0]
    what = re.sub(r" for <class '[\w.]+\.(\w+)'>", r" in \1", str(first["description"])).rstrip(".")
    near = str(first["highlight"] or "")
    column = max(1, int(first["col"] or 1) - max(0, len(near) - 1))
    where = f"line {first['line']}, column {column}"
    return f"This cannot be read as {dialect}: {what}, near {near} ({where})."


def _odd(node: exp.Expr, scanned: Scan) -> StatementRefused:
    at = next((each.meta["start"] for each in node.walk() if "start" in each.meta), 0)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()
    return refused(scanned.sql, at, f"{name} does not belong in a statement that only reads")


def _relation(node: exp.Expr, places: dict[int, Token], scanned: Scan, dialect: Dialect) -> Name:
    """Return the name of a table as the statement has it, in the case that the server gives it."""
    parts: list[str] = []
    at = 0
    if node.this is not None and not isinstance(node.this, (exp.Identifier, exp.Func)):
        raise _odd(node, scanned)
    for part in (node.args.get(key) for key in ("catalog", "db", "this")):
        if not isinstance(part, exp.Identifier):
            continue
        token = places.get(part.meta.get("start", -1))
        at = token.start if token else 0
        if token is None or token.kind not in NAMING:
            raise refused(
                scanned.sql, at, "A table is named here by what is no name", 'Write "name".'
            )
        exact = dialect is Dialect.POSTGRESQL or token.kind is Kind.NAME
        part_name = token.name if exact else scanned.sql[token.start : token.end]
        parts.append(clipped(part_name) if dialect is Dialect.POSTGRESQL else part_name)
    name = ".".join(parts)
    if dialect is Dialect.DUCKDB and _FILES.search(name):
        raise refused(scanned.sql, at, f"{name} names a file", "Name a table.")
    return tuple(parts)


_FILES = re.compile(
    r"[/\\*?]|://|[.](?:csv|tsv|txt|json|jsonl|ndjson|parquet|db|duckdb|sqlite|xlsx|arrow|feather"
    r"|ipc|avro|orc|vortex|gz|zst|bz2)$",
    re.IGNORECASE,
)
