"""What a value in a statement is compared with, and what that tells of the value."""

from enum import StrEnum
from typing import NamedTuple

from sqlglot import exp


class Use(StrEnum):
    """What a value is for."""

    YEAR = "year"
    MONTH = "month"
    """A month of a year."""
    MONTH_NUMBER = "month number"
    QUARTER_NUMBER = "quarter number"
    DAY = "day"
    START = "first day"
    END = "last day"
    COUNT = "count"
    """How many rows."""
    NUMBER = "number"
    SPAN = "span"
    """How many days, weeks, … up to today."""
    VALUE = "value"
    TEXT = "text"


PERIODS = frozenset({Use.YEAR, Use.MONTH, Use.MONTH_NUMBER, Use.QUARTER_NUMBER})
TIMES = PERIODS | {Use.DAY, Use.START, Use.END, Use.SPAN}


SPANS = {"days": "day", "weeks": "week", "months": "month", "quarters": "quarter", "years": "year"}
FORMATS = {
    "%Y": Use.YEAR,
    "%Y-%m": Use.MONTH,
    "%Y-%m-01": Use.MONTH,
    "%Y-%m-%d": Use.DAY,
    "%m": Use.MONTH_NUMBER,
}
COMPARED: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.Like: "~",
    exp.ILike: "~",
    exp.Is: "=",
    exp.NullSafeEQ: "=",
}
FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
DATED = frozenset({"date", "datetime", "timestamp", "julianday", "unixepoch", "time"})


class Climbed(NamedTuple):
    """What was met on the way from a value to what it is compared with."""

    other: exp.Expr | None = None
    sign: str = "="
    dated: bool = False
    shifted: bool = False
    """Whether a day is added to it."""
    limit: bool = False
    many: bool = False
    unit: str = ""


def climb(node: exp.Expr) -> Climbed:
    """Return what is met on the way from *node* to what it is compared with."""
    child, dated, shifted = node, False, False
    while (parent := child.parent) is not None:
        if isinstance(parent, exp.Where | exp.Select | exp.Having | exp.Join | exp.Connector):
            break
        met = _met(parent, child)
        if met is not None:
            return met._replace(dated=dated, shifted=shifted)
        dated = dated or _makes_date(parent)
        shifted = shifted or _adds_day(parent)
        child = parent
    return Climbed(dated=dated)


def _met(parent: exp.Expr, child: exp.Expr) -> Climbed | None:
    """Return what *parent* tells of *child*, where it tells all."""
    met: Climbed | None = None
    if isinstance(parent, exp.Limit | exp.Fetch):
        met = Climbed(limit=True)
    elif isinstance(parent, exp.Interval):
        met = Climbed(unit=_unit(parent))
    elif isinstance(parent, exp.DateAdd | exp.DateSub) and parent.expression is child:
        met = Climbed(unit=str(parent.args.get("unit") or "day").lower())
    elif isinstance(parent, exp.In):
        met = Climbed(parent.this, many=True)
    elif isinstance(parent, exp.Between):
        met = Climbed(parent.this, {"low": ">=", "high": "<="}.get(str(child.arg_key), "="))
    else:
        for kind, sign in COMPARED.items():
            if isinstance(parent, kind):
                flipped = parent.this is child
                other = parent.expression if flipped else parent.this
                met = Climbed(other, FLIPPED.get(sign, sign) if flipped else sign)
    return met


def _makes_date(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return bool(node.to.is_type(*exp.DataType.TEMPORAL_TYPES))
    name = node.name if isinstance(node, exp.Anonymous) else type(node).__name__
    return str(name).lower() in DATED or isinstance(
        node, exp.TsOrDsToDate | exp.Date | exp.DateAdd | exp.DateSub | exp.TsOrDsAdd
    )


def _adds_day(node: exp.Expr) -> bool:
    steps = {str(each.this).strip("+ ").lower() for each in node.find_all(exp.Literal)}
    if not steps.isdisjoint({"1 day", "1 days"}):
        return True
    if isinstance(node, exp.DateAdd | exp.TsOrDsAdd | exp.Add):
        step = node.expression
        if isinstance(step, exp.Interval):
            return _unit(step) == "day" and str(step.this.name) == "1"
        return str(step.name) == "1" and str(node.args.get("unit") or "day").lower() == "day"
    return False


def _unit(node: exp.Interval) -> str:
    said = str(node.args.get("unit") or "").lower() or str(node.this.name).split(" ")[-1].lower()
    return said.rstrip("s") if f"{said.rstrip('s')}s" in SPANS else "day"


def told(node: exp.Expr) -> tuple[Use, str] | None:
    """Return what is told by how the other side of a comparison is computed."""
    while isinstance(node, exp.Paren | exp.Cast):
        if isinstance(node, exp.Cast) and node.to.is_type(*exp.DataType.INTEGER_TYPES):
            inner = told(node.this)
            return None if inner is None else (inner[0], "")
        if _makes_date(node):
            break
        node = node.this
    return _cut(node) or _extracted(node) or ((Use.DAY, "") if _makes_date(node) else None)


def _cut(node: exp.Expr) -> tuple[Use, str] | None:
    """Read strftime('%Y', x), substr(x, 1, 4), date_trunc('month', x)."""
    found: tuple[Use, str] | None = None
    form = node.args.get("format")
    if isinstance(node, exp.TimeToStr) and form is not None and form.name in FORMATS:
        found = FORMATS[form.name], form.name
    elif isinstance(node, exp.Substring) and str(node.args.get("start") or "") == "1":
        length = str(node.args.get("length") or "")
        found = {"4": (Use.YEAR, "%Y"), "7": (Use.MONTH, "%Y-%m")}.get(length)
    elif isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        said = str(node.args.get("unit") or "").strip("'").lower()
        found = {"month": (Use.MONTH, "%Y-%m-01"), "year": (Use.YEAR, "%Y-01-01")}.get(said)
    return found


def _extracted(node: exp.Expr) -> tuple[Use, str] | None:
    """Read extract(year FROM x), year(x)."""
    unit = ""
    if isinstance(node, exp.Extract):
        unit = node.this.name.lower()
    elif isinstance(node, exp.Year | exp.Month | exp.Quarter):
        unit = type(node).__name__.lower()
    use = {
        "year": Use.YEAR,
        "isoyear": Use.YEAR,
        "month": Use.MONTH_NUMBER,
        "quarter": Use.QUARTER_NUMBER,
    }.get(unit)
    return None if use is None else (use, "")


def bare(node: exp.Expr) -> exp.Expr | None:
    """Return the column that *node* is, but for lower(…), trim(…), a cast."""
    while isinstance(node, exp.Paren | exp.Cast | exp.Lower | exp.Upper | exp.Trim | exp.Coalesce):
        node = node.this
    return node if isinstance(node, exp.Column) else None
