"""From a result's shape to the chart that says it, or to none."""

import secrets
import string
from collections.abc import Sequence
from typing import Any

from core.charts.errors import ChartUnfit
from core.charts.records import Chart, ChartKind, Grid
from core.charts.spec import vega_lite

SIGNS = string.ascii_letters + string.digits
LEAST = 2
"""Points below which there is nothing to see."""
NUMBERS = frozenset({"integer", "decimal", "number"})


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
) -> Chart | None:
    """Return the chart that says what *rows* say; None where a table says it better."""
    names = [name for name, _type in columns]
    measures = [at for at, (_name, type) in enumerate(columns) if type in NUMBERS]
    if y is not None:
        measures = [names.index(y if isinstance(y, str) else y[0])]
    labels = [at for at in range(len(columns)) if at not in measures]
    if x is not None:
        labels = [names.index(x)]
    if not measures or not labels or len(rows) < LEAST:
        if kind or x or y:
            raise ChartUnfit("The result has no numbers to draw; a table shows it")
        return None
    pairs = [(str(row[labels[0]]), float(row[measures[0]] or 0)) for row in rows[:30]]
    drawn = ChartKind(kind) if kind else ChartKind.BAR
    return Chart(
        id=new_mark(),
        kind=drawn,
        title=title,
        data={"values": [{"label": label, "value": value} for label, value in pairs]},
        vega_lite=vega_lite(title, pairs),
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
    """Return the head of *rows* as a table to show."""
    head = tuple(tuple(row) for row in rows[:100])
    return Grid(
        id=new_mark(),
        title=title,
        columns=tuple((name, type) for name, type in columns),
        rows=head,
        total=total if total is not None else (None if truncated else len(rows)),
        truncated=truncated or len(head) < len(rows),
        result=result,
    )
