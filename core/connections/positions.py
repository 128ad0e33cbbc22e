"""Where a placeholder stands, as the parser sees it: only a value's place will do."""

import logging
import re
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from sqlglot import exp
from sqlglot.errors import SqlglotError

from core.connections.lexer import BACKSLASHED, NUMBERED
from core.connections.parser import Tangled, parse
from core.connections.records import Dialect

READS = {
    Dialect.SQLITE: "sqlite",
    Dialect.DUCKDB: "duckdb",
    Dialect.POSTGRESQL: "postgres",
    Dialect.MYSQL: "mysql",
    Dialect.MARIADB: "mysql",
}
EXPLAIN = re.compile(
    r"\A\s*EXPLAIN\b(?:\s*\([^()]*\)|\s+(?:ANALYZE|VERBOSE|QUERY\s+PLAN|FORMAT\s*=\s*\w+)\b)*",
    re.IGNORECASE,
)
"""What sqlglot would take for a command without a look at the statement behind it."""
TRIED = 20
"""Placeholders of a statement that does not parse which are tried as something else."""
EFFORT = 64 * 1024
"""Characters that are parsed for these trials, all of them together: a parse stops for nobody."""

A_NAME = "a name stands there, and only values can be parameters; write the name itself"
A_KEYWORD = "a keyword stands there, and only values can be parameters; write the word itself"
A_CONSTANT = (
    "sorting or grouping by a value changes nothing; write the column, or choose one with "
    "CASE WHEN {{{{{name}}}}} = 'a' THEN a ELSE b END"
)
A_LITERAL = "the database wants text itself there, not a value"

ANY_TYPE = frozenset(
    {"concat", "concat_ws", "format", "count", "array_agg", "num_nulls", "num_nonnulls"}
    | {"pg_typeof", "row", "to_json", "to_jsonb", "json_agg", "jsonb_agg"}
    | {f"json{b}_{what}" for b in ("", "b") for what in ("build_array", "build_object")}
    | {f"json{b}_object_agg" for b in ("", "b")}
)
"""PostgreSQL's functions that take any type and so say nothing about their arguments' types."""
NAMED = (
    *(exp.Table, exp.TableAlias, exp.Aliases, exp.Column, exp.Dot, exp.CTE, exp.DataType),
    *(exp.Identifier, exp.Collate),
)
"""What is made of names."""
AGGREGATES = (exp.JSONArrayAgg, exp.JSONObjectAgg)
OPEN_TYPE = (exp.Paren, exp.Coalesce, exp.Case, exp.If, exp.Nullif, exp.Greatest, exp.Least)
"""What has the type of its place rather than one of its own."""


class Place(NamedTuple):
    """What the parser knows of the place of one placeholder."""

    misplaced: str | None = None
    """Why no value can stand there."""
    whole: bool = False
    """Whether it is a number of rows."""
    untyped: bool = False
    """Whether nothing beside it tells PostgreSQL its type."""
    around: Hashable = None
    """The smallest expression around it that settles its type; equal ones settle it alike."""


def places(
    write: Callable[[Callable[[int], str]], str], names: tuple[str, ...], dialect: Dialect
) -> dict[int, Place]:
    """Return the places that the parser found, by the placeholders' indices.

    Those are missing that stand in a statement which it cannot parse: its message says more about
    that than we could.

    Args:
        write: gives the statement with what its argument returns for each index.
        names: what the placeholder of each index asks for; equal ones have equal names.
    """
    tree = _parsed(write(lambda index: _mark(index, dialect)), dialect)
    if tree is None:
        return _stuck(write, len(names), dialect)
    found = {}
    for node in tree.find_all(exp.Parameter, exp.Placeholder):
        index = _index(node, dialect)
        if index is not None and index < len(names):
            found[index] = node
    for index, node in found.items():
        node.set("this", exp.Var(this=names[index]))
    seen = {index: _place(node, dialect) for index, node in found.items()}
    if len(found) < len(names):
        # The key in DuckDB's {$1: 2} is a name to the parser already.
        called = {each.name for each in tree.find_all(exp.Identifier)}
        for index in range(len(names)):
            if index not in found and _mark(index, dialect)[1:] in called:
                seen[index] = Place(misplaced=A_NAME)
    return seen


def _mark(index: int, dialect: Dialect) -> str:
    # `?` alone would not tell which is which.
    return f"${index + 1}" if dialect in NUMBERED else f":trellis{index + 1}"


def _index(node: exp.Expression, dialect: Dialect) -> int | None:
    digits = node.name if dialect in NUMBERED else node.name.removeprefix("trellis")
    return int(digits) - 1 if digits.isdigit() else None


def _parsed(sql: str, dialect: Dialect) -> exp.Expression | None:
    logger = logging.getLogger("sqlglot")
    muted, logger.disabled = logger.disabled, True  # what it cannot read, the policy speaks about
    try:
        trees = parse(EXPLAIN.sub("", sql), READS[dialect])
    except (SqlglotError, RecursionError, Tangled):
        return None
    finally:
        logger.disabled = muted
    first = trees[0] if len(trees) == 1 else None
    return first if isinstance(first, exp.Expression) else None


def _stuck(
    write: Callable[[Callable[[int], str]], str], many: int, dialect: Dialect
) -> dict[int, Place]:
    """Find the one placeholder that keeps a statement from being parsed."""
    left = EFFORT
    for index in range(min(many, TRIED)):
        for instead, why in (("trellis", A_NAME), ("", A_KEYWORD), ("=", A_KEYWORD)):

            def put(other: int, index: int = index, instead: str = instead) -> str:
                return instead if other == index else _mark(other, dialect)

            tried = write(put)
            left -= len(tried)
            if left < 0:
                return {}
            if _parsed(tried, dialect) is not None:
                return {index: Place(misplaced=why)}
    return {}


def _place(node: exp.Expression, dialect: Dialect) -> Place:
    parent, key = node.parent, node.arg_key
    why = _misplaced(node, dialect)
    if why is not None or parent is None:
        return Place(misplaced=why)
    whole = isinstance(parent, exp.Limit | exp.Offset | exp.Fetch) and key != "this"
    untyped = dialect is Dialect.POSTGRESQL and _untyped(node)
    return Place(whole=whole, untyped=untyped, around=_around(node))


def _misplaced(node: exp.Expression, dialect: Dialect) -> str | None:
    parent, key = node.parent, node.arg_key
    named = key in {"alias", "using"} or isinstance(parent, NAMED)
    if named or (isinstance(parent, exp.Kwarg | exp.PropertyEQ | exp.Window) and key == "this"):
        return A_NAME
    if isinstance(parent, exp.Extract) and key == "this":
        return A_KEYWORD
    if dialect in BACKSLASHED and key == "unit":
        return A_KEYWORD
    if dialect in BACKSLASHED and (key == "separator" or _arrow(parent, key)):
        return A_LITERAL
    return A_CONSTANT if _sorts(node) else None


def _arrow(parent: object, key: str | None) -> bool:
    """Return whether it is the path in `document -> path`, as against JSON_EXTRACT's."""
    return (
        isinstance(parent, exp.JSONExtract | exp.JSONExtractScalar)
        and key == "expression"
        and "only_json_types" in parent.args
    )


def _sorts(node: exp.Expression) -> bool:
    """Return whether rows are sorted, grouped or made distinct by this value alone."""
    child: exp.Expression = node
    while isinstance(child.parent, exp.Paren | exp.Cast | exp.Tuple):
        child = child.parent
    parent, key = child.parent, child.arg_key
    if isinstance(parent, exp.Ordered | exp.Group | exp.Rollup | exp.Cube | exp.GroupingSets):
        return True
    return (isinstance(parent, exp.Window) and key == "partition_by") or (
        isinstance(parent, exp.Distinct) and key == "on"
    )


def _untyped(node: exp.Expression) -> bool:
    parent = _outside(node, exp.Paren).parent
    if isinstance(parent, exp.Is):
        return isinstance(parent.expression, exp.Null)
    if isinstance(parent, AGGREGATES):
        return True
    if isinstance(parent, exp.Anonymous):
        return parent.name.lower() in ANY_TYPE
    return isinstance(parent, exp.Func) and bool(
        ANY_TYPE.intersection(name.lower() for name in parent.sql_names())
    )


def _around(node: exp.Expression) -> Any:
    inner = _outside(node, OPEN_TYPE)
    parent = inner.parent
    if parent is None or isinstance(parent, exp.Query | exp.Alias | exp.Group | exp.Ordered):
        return inner if inner is not node else None
    return parent


def _outside(node: exp.Expression, kinds: Any) -> exp.Expression:
    """Return the outermost of the expressions of these *kinds* around *node*, or *node* itself."""
    while isinstance(node.parent, kinds):
        node = node.parent
    return node
