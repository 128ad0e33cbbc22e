"""From a result's shape to the chart that says it, or to none."""

import secrets
import string
from collections.abc import Sequence
from typing import Any

from core.charts.columns import Column, plain
from core.charts.errors import ChartUnfit
from core.charts.kinds import fitted
from core.charts.layout import laid_out
from core.charts.order import sorted_by
from core.charts.plan import Plan, contract
from core.charts.recast import recast
from core.charts.records import Chart, ChartKind, Grid
from core.charts.shape import shape
from core.charts.spec import vega_lite
from core.charts.wishes import read_wishes

SIGNS = string.ascii_letters + string.digits
LEAST = 2
"""Rows below which there is nothing to compare."""
MOST_ROWS = 100_000
"""Rows that are looked at; a longer result is grouped first."""
MOST_CELLS = 1_000_000
HEAD = 200
"""Rows of a grid."""
MOST_CELL = 2000
"""Characters of a grid's cell."""


def new_mark() -> str:
    """Return a fresh id for a picture: ten letters and digits."""
    return "".join(secrets.choice(SIGNS) for _ in range(10))


def suggest(
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[Any]],
    *,
    title: str | None = None,
    kind: ChartKind | str | None = None,
    x: str | None = None,
    y: str | Sequence[str] | None = None,
    result: str | None = None,
    sql: str | None = None,
) -> Chart | None:
    """Return the chart that says what *rows* say; None where a table says it better.

    The first call in a process takes about 0.7 s (altair is imported), the next a few
    milliseconds; 10,000 rows about 100 ms.

    Args:
        columns: names and types (those of `ResultColumn`).
        rows: JSON values, one for each column.
        title: what was asked, in the words of the person; measures that it names come first.
        kind: how to draw it, if that was asked.
        x: the column of the labels, if that was asked.
        y: the column or columns to measure, if that was asked.
        result: the mark of the result, to be kept beside the chart.
        sql: the statement, where there is one: the measure that it sorts by is the main one.

    Raises:
        ChartKindUnknown: there is no such kind.
        ChartColumnUnknown: the result has no such column.
        ChartUnfit: what was asked makes no sense of this result; the message tells what would.
    """
    asked = kind is not None or x is not None or bool(y)
    try:
        _count(len(rows), len(columns))
        read = [
            Column(name, type, [row[at] for row in rows]) for at, (name, type) in enumerate(columns)
        ]
        wishes = read_wishes(read, kind, x, y)
        by = sorted_by(sql, [name for name, _type in columns])
        found = shape(read if wishes.x or wishes.y else recast(read), wishes, title, by)
        plan = fitted(laid_out(found), wishes.kind, title)
    except ChartUnfit:
        if asked:
            raise
        return None
    heading = plain(title or "") or _heading(plan)
    return Chart(
        id=new_mark(),
        kind=plan.kind,
        title=heading,
        note="; ".join(plan.notes) or None,
        data=contract(plan),
        vega_lite=vega_lite(plan, heading),
        result=result,
    )


def grid(
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[Any]],
    *,
    title: str | None = None,
    total: int | None = None,
    truncated: bool = False,
    result: str | None = None,
) -> Grid:
    """Return the head of *rows* as a table to show: 200 rows, 2,000 characters of each text.

    Args:
        columns: names and types.
        rows: JSON values, one for each column.
        title: what stands above it.
        total: how many rows the whole result has, where somebody counted them.
        truncated: whether *rows* themselves are but the first.
        result: the mark of the result.
    """
    cut = truncated or len(rows) > HEAD or (total is not None and total > len(rows))
    return Grid(
        id=new_mark(),
        title=title,
        columns=tuple((name, type) for name, type in columns),
        rows=tuple(tuple(_short(value) for value in row) for row in rows[:HEAD]),
        total=total if total is not None or truncated else len(rows),
        truncated=cut,
        result=result,
    )


def _count(rows: int, columns: int) -> None:
    if rows < LEAST:
        count = "one row" if rows else "no rows"
        raise ChartUnfit(f"The result has {count}, and a chart compares at least two")
    if rows > MOST_ROWS or rows * columns > MOST_CELLS:
        raise ChartUnfit(
            f"The result is too long for a chart ({rows:,} rows); group it in SQL first"
        )


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_CELL:
        return value[:MOST_CELL] + "…"
    return value


def _heading(plan: Plan) -> str:
    """Return what stands above a chart that nobody named: "Revenue by month"."""
    names = [each.name for each in plan.series]
    what = plan.y_title
    if not plan.s_title and len(names) > 1:
        what = f"{', '.join(names[:-1])} and {_inside(names[-1])}"
    by = f"{_inside(plan.x_title)} and {_inside(plan.s_title)}" if plan.s_title else None
    return f"{what} by {by or _inside(plan.x_title)}"


def _inside(title: str) -> str:
    """Return a title as it stands inside a sentence; names such as Q4 or EUR stay as they are."""
    first, _, rest = title.partition(" ")
    return f"{first.lower()} {rest}".strip() if first[1:].islower() else title
