"""What a statement surely takes: what is told by its functions and types, not by mere names."""

from sqlglot import exp

from core.connections.words import split
from core.queries.compared import DATED, Use, told

DAYS = frozenset({Use.DAY, Use.START, Use.END})
OTHERWISE = frozenset({"unixepoch", "auto", "julianday"})
"""What makes a function read a number as a day."""
COUNTED = frozenset({"julianday", "unixepoch"})
"""Functions that give a number."""
CLOCK = (exp.DataType.Type.TIME, exp.DataType.Type.TIMETZ)
RANGES = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
COMPARISONS = (exp.EQ, exp.NEQ, exp.In, *RANGES)
"""Those that say what a value is; beside IS or LIKE it may be nothing, or a pattern."""
OPTIONAL = (exp.Coalesce, exp.Is, exp.Nullif)
"""What is said of a value that may be left out."""
TIMELY = frozenset({"at", "on", "date", "day", "datetime", "timestamp"})
"""Words that end the name of a column of days."""


def certain(node: exp.Expr, said: Use | None) -> Use | None:
    """Return what the value at *node* surely is by the functions around it; None if unsure.

    Args:
        said: what the parameter is called after.
    """
    child = node
    while (parent := child.parent) is not None:
        if isinstance(parent, exp.Limit | exp.Fetch):
            return Use.COUNT
        if isinstance(parent, COMPARISONS):
            other = parent.this if parent.this is not child else parent.args.get("expression")
            return _computed(other, said) if isinstance(other, exp.Expr) else None
        if _reads_day(parent, child):
            return None if isinstance(parent.parent, OPTIONAL) else Use.DAY
        if not isinstance(parent, exp.Paren) and not (
            isinstance(parent, exp.Cast) and not parent.to.is_type(*exp.DataType.TEMPORAL_TYPES)
        ):
            return None
        child = parent
    return None


def surely_dated(node: exp.Expr, kind: str, column: str) -> bool:
    """Return whether a value called a day is compared with a *column* of days, as it stands."""
    parent, kind = node.parent, kind.lower()
    if not isinstance(parent, COMPARISONS):
        return False
    if "date" in kind or "timestamp" in kind:
        return True
    # As text, days are compared by their order alone where they are written largest part first.
    texts = any(each in kind for each in ("text", "char", "string"))
    return texts and isinstance(parent, RANGES) and (split(column) or [""])[-1] in TIMELY


def _reads_day(parent: exp.Expr, child: exp.Expr) -> bool:
    """Return whether *parent* is a function that reads *child* as a day."""
    if isinstance(parent, exp.Cast):
        return parent.to.is_type(*exp.DataType.TEMPORAL_TYPES) and not parent.to.is_type(*CLOCK)
    first = parent.this
    if isinstance(parent, exp.Anonymous):
        if str(parent.name).lower() not in DATED - {"time"}:
            return False
        first = parent.expressions[0] if parent.expressions else None
    elif not isinstance(parent, exp.TsOrDsToDate | exp.Date | exp.DateAdd | exp.DateSub):
        return False
    steps = {str(each.this).lower() for each in parent.find_all(exp.Literal)}
    return first is child and steps.isdisjoint(OTHERWISE)


def _computed(other: exp.Expr, said: Use | None) -> Use | None:
    """Return what *other* surely is, by how it is computed."""
    found = told(other)
    if found is None:
        return None
    use, form = found
    if use is Use.YEAR:
        cut = other.find(exp.Substring) is not None and said is not Use.YEAR
        return use if form in {"", "%Y"} and not cut else None
    if use is not Use.DAY:
        return None
    bare = other.unnest()
    if isinstance(bare, exp.Cast) and bare.to.is_type(*CLOCK):
        return None
    called = str(bare.name if isinstance(bare, exp.Anonymous) else type(bare).__name__).lower()
    return None if called in {"time", *COUNTED} else use
