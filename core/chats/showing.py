"""Results as the person sees them: tables and charts, whole where the model saw but a head."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from pydantic import Field

from core.charts import Chart, ChartKind, Grid, grid, suggest
from core.chats.desk import Arguments, Desk, Reply, Result, Tool, failed
from core.chats.guard import plain
from core.connections import Answer
from core.errors import CoreError

TITLE = 200
"""Characters of a title."""
NAME = 400
"""Characters of a column's name: some databases take thousands."""


class Shown(Arguments):
    """Which result."""

    result: Annotated[str, Field(description="such as r1")]
    title: str | None = None


class Drawn(Arguments):
    """Which result, and how; what is left out is chosen by the shape of the result."""

    result: Annotated[str, Field(description="such as r1")]
    kind: ChartKind | None = None
    x: Annotated[str | None, Field(description="column of the labels")] = None
    y: Annotated[list[str] | str | None, Field(description="column or columns to measure")] = None
    title: str | None = None


async def show_table(desk: Desk, given: Shown) -> Reply:
    """Show a result as a table."""
    result = desk.results.get(given.result.strip("[] "))
    if result is None:
        return _missing(desk, given.result)
    if not result.answer.rows:
        return failed(f"{result.mark} has no rows to show.")
    table(desk, result, given.title)
    return Reply(f"The person sees {result.mark} as a table.")


async def make_chart(desk: Desk, given: Drawn) -> Reply:
    """Show a result as a chart."""
    result = desk.results.get(given.result.strip("[] "))
    if result is None:
        return _missing(desk, given.result)
    try:
        drawn = await chart(result, given.title, kind=given.kind, x=given.x, y=given.y)
    except CoreError as refusal:
        return failed("No such chart:", data=refusal.message)._replace(summary=refusal.message)
    if drawn is None:
        return failed(f"No chart says what {result.mark} says; use show_table.")
    desk.draft.show(drawn)
    note = f" ({drawn.note})" if drawn.note else ""
    return Reply(f"The person sees {result.mark} as a chart: {drawn.kind}{note}.")


def table(desk: Desk, result: Result, title: str | None) -> None:
    """Show the rows of a result, as many as a table holds."""
    desk.draft.show(of(result, title))


def of(result: Result, title: str | None = None) -> Grid:
    """Return a result as a table, as many of its rows as one holds."""
    answer = result.answer
    return grid(
        columns_of(answer),
        answer.rows,
        title=_title(title, result),
        total=None if cut(answer) else answer.row_count,
        truncated=cut(answer),
        result=result.mark,
    )


async def chart(
    result: Result,
    title: str | None = None,
    *,
    kind: ChartKind | None = None,
    x: str | None = None,
    y: list[str] | str | None = None,
) -> Chart | None:
    """Return a result as a chart, where one fits.

    Raises:
        CoreError: what was wished makes no sense of this result.
    """
    make = partial(
        suggest,
        columns_of(result.answer),
        result.answer.rows,
        title=_title(title, result),
        kind=kind,
        x=x,
        y=y,
        result=result.mark,
    )
    # In a thread: the library takes most of a second to import, and big results take a while.
    return await to_thread.run_sync(make, abandon_on_cancel=True)


async def show(desk: Desk, result: Result) -> None:
    """Show a result that the model forgot to show: as a table, and as a chart where one fits."""
    table(desk, result, None)
    try:
        drawn = await chart(result)
    except CoreError:
        return
    if drawn is not None:
        desk.draft.show(drawn)


def columns_of(answer: Answer) -> list[tuple[str, str]]:
    """Return the names and types of a result's columns, the names as harmless as any text."""
    return [(plain(name[:NAME]) or name[:1], type) for name, type in answer.columns]


def cut(answer: Answer) -> bool:
    """Return whether a result has more rows than were handed out."""
    return answer.truncated is not None and (answer.truncated.rows or answer.truncated.bytes)


def _title(title: str | None, result: Result) -> str | None:
    said = plain((title or result.title or "")[: 4 * TITLE])  # cut first: a model's may be endless
    return said[:TITLE] or None


def _missing(desk: Desk, mark: str) -> Reply:
    there = ", ".join(desk.results) or "none yet"
    return failed(f"There is no result {mark[:20]!r}; there is {there}.")


TABLE = Tool(
    "show_table",
    "Show the person a result as a table, with all its rows.",
    Shown,
    show_table,
    reads_only=True,
)
CHART = Tool(
    "make_chart",
    "Show the person a result as a chart; kind, x and y are chosen where you leave them out.",
    Drawn,
    make_chart,
    reads_only=True,
)
