"""Tables and charts of an answer, ready for the page."""

import base64
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from core.charts import Chart, Drawing, Form, Grid, Visualization, described, forms, points
from core.errors import CoreError
from core.sheets.written import NUMBERS

MOST_ROWS = 100
"""Rows of a table in a chat; its CSV has them all."""
LEFT = frozenset({"data", "background"})
HEX = re.compile(r"#[0-9A-Fa-f]{6}")
GREY = 40
"""How far the channels of a grey may lie apart."""


class Table(NamedTuple):
    """Rows under their names."""

    title: str | None
    columns: tuple[tuple[str, str], ...]
    right: tuple[bool, ...]
    """Which columns are numbers, and stand to the right."""
    rows: Sequence[Sequence[Any]]
    size: str
    """How many rows; nothing where that is said elsewhere."""
    csv: str | None
    """Where all of it is to be had as CSV."""

    @property
    def forms(self) -> tuple[Form | None, ...]:
        """How the amounts of each column are written."""
        return forms(self.columns, self.rows)


class Picture(NamedTuple):
    """A chart, which has its title in it, and what it shows in words and numbers."""

    alt: str
    light: str
    dark: str
    slim: str
    """For phones: a chart of half the width, its letters as large."""
    slim_dark: str
    table: Table | None
    """Its numbers, where no table beside it has them."""


def figures(shown: Sequence[Visualization], base: str, *, whole: bool = True) -> list[Any]:
    """Return what an answer shows, each chart before the table that it was made of.

    Args:
        shown: tables and charts, as they came.
        base: the address of the answer, without a stroke at its end.
        whole: whether the answer is kept, so that its tables can be had as CSV.
    """
    marks = list(dict.fromkeys(each.result or each.id for each in shown))
    tables = {each.result for each in shown if isinstance(each, Grid)}

    def place(each: Visualization) -> tuple[int, bool]:
        return marks.index(each.result or each.id), isinstance(each, Grid)

    return [
        picture(each, base, alone=each.result is None or each.result not in tables)
        if isinstance(each, Chart)
        else table(each, f"{base}/{each.id}.csv" if whole else None)
        for each in sorted(shown, key=place)
    ]


def table(grid: Grid, csv: str | None) -> Table:
    """Return a table as it is shown."""
    rows = grid.rows[:MOST_ROWS]
    here = len(rows)
    if grid.total is not None and grid.total > here:
        count = f"the first {here:,} of {grid.total:,} rows"
    elif grid.truncated or len(grid.rows) > here:
        count = f"the first {here:,} rows; there are more"
    else:
        count = "1 row" if here == 1 else f"{here:,} rows"
    return Table(grid.title, grid.columns, numeric(grid.columns), rows, count, csv)


def numeric(columns: Sequence[tuple[str, str]]) -> tuple[bool, ...]:
    """Return which columns hold numbers."""
    return tuple(type in NUMBERS for _name, type in columns)


def picture(chart: Chart, base: str, *, alone: bool) -> Picture:
    """Return a chart that is kept with its answer, as it is shown."""
    drawn = [f"{base}/{chart.id}{each}.svg" for each in ("", ".dark", ".slim", ".slim.dark")]
    return _picture(chart, drawn, alone=alone)


async def inline(drawing: Drawing, chart: Chart) -> Picture | None:
    """Return a chart that is kept nowhere, as it is shown; None where it cannot be drawn."""
    try:
        drawn = [
            _data(await drawing.svg(grounded(chart, dark=dark), slim=slim))
            for slim in (False, True)
            for dark in (False, True)
        ]
    except CoreError:
        return None  # the table beside it has all of it
    return _picture(chart, drawn, alone=False)


def grounded(chart: Chart, *, dark: bool) -> Chart:
    """Return a chart as it is drawn on the page's own ground, light or dark."""
    drawn = {name: each for name, each in chart.vega_lite.items() if name not in LEFT}
    data = {"data": chart.vega_lite["data"]} if "data" in chart.vega_lite else {}
    if dark:
        drawn = _turned(drawn)
    config = {**drawn.get("config", {}), "background": None}
    return chart.model_copy(update={"vega_lite": drawn | data | {"config": config}})


def _turned(part: Any) -> Any:
    """Return a part of a specification with its greys turned round; its colours stay."""
    match part:
        case dict():
            return {name: _turned(each) for name, each in part.items()}
        case list() | tuple():
            return [_turned(each) for each in part]
        case str() if HEX.fullmatch(part):
            channels = [int(part[at : at + 2], 16) for at in (1, 3, 5)]
            if max(channels) - min(channels) > GREY:
                return part
            # Black becomes the page's ink, white its ground.
            return "#" + "".join(f"{round(230 - each * 0.82):02x}" for each in channels)
    return part


def _picture(chart: Chart, sources: Sequence[str], *, alone: bool) -> Picture:
    light, dark, slim, slim_dark = sources
    drawn = points(chart)
    several = len({name for name, _label, _value in drawn}) > 1
    table = _numbers(drawn, several=several) if alone else None
    return Picture(described(chart), light, dark, slim, slim_dark, table)


def _numbers(drawn: list[tuple[str, str, Any]], *, several: bool) -> Table:
    first = (("series", "text"),) if several else ()
    columns = (*first, ("label", "text"), ("value", "number"))
    rows = [each if several else each[1:] for each in drawn]
    return Table(None, columns, numeric(columns), rows, f"{len(rows):,} points", None)


def _data(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
