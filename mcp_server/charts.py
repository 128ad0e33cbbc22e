"""Charts as a tool: a result drawn, as an interactive view or as a picture."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import to_thread
from pydantic import Field

from core.errors import Invalid
from mcp_server.apps.chart import META
from mcp_server.call import Arguments, Call, Reply, Tool
from mcp_server.shapes import COUNT, OBJECT, TEXT, TEXTS

if TYPE_CHECKING:
    from core.charts import Chart
    from core.connections import Answer

ROWS = 5_000
"""Rows that are drawn at most."""
KINDS = ("bar", "bar_horizontal", "stacked_bar", "line", "area", "pie", "donut")

Names = Annotated[list[str], Field(max_length=20)]


class ChartSource(Invalid):
    """Give either sql or query: the result to draw."""


class Unchartable(Invalid):
    """No chart says more than the rows."""


class Draw(Arguments):
    """What to draw, and how."""

    sql: Annotated[str, Field(max_length=200_000)] | None = None
    query: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    parameters: dict[str, Any] | None = None
    connection: str | None = None
    chart_type: Literal[KINDS] | None = None  # type: ignore[valid-type]
    x: Annotated[str, Field(max_length=500)] | None = None
    y: Names | None = None
    title: Annotated[str, Field(max_length=200)] | None = None


async def make_chart(call: Call, asked: Draw) -> Reply:
    """Return the chart of what a statement or a saved query answers."""
    from core.charts import suggest, wire  # noqa: PLC0415 - the core is open by now

    call.doing.append("running the statement")
    answer = await _result(call, asked)
    call.doing.append("drawing the chart")
    columns = [(column.name, column.type) for column in answer.columns]

    def chosen() -> "Chart | None":
        kind, title = asked.chart_type, asked.title
        return suggest(
            columns, answer.rows, title=title, kind=kind, x=asked.x, y=asked.y, sql=answer.sql
        )

    # A tenth of a second for thousands of rows, in which others are not held up.
    chart = await to_thread.run_sync(chosen)
    if chart is None:
        shape = ", ".join(f"{name} ({type})" for name, type in columns)
        raise Unchartable(
            f"No chart says more than these {answer.row_count} rows of {shape}. A chart takes "
            "several rows, with a number to draw and something to draw it over."
        )
    frame = wire(chart)
    facts: dict[str, Any] = {
        "title": chart.title,
        "chart_type": chart.kind,
        "row_count": answer.row_count,
        "truncated": answer.truncated is not None,
        "connection": answer.connection,
    }
    if call.views:
        facts["vega_lite"] = frame["vega_lite"]
        pictures: tuple[bytes, ...] = ()
    else:
        pictures = (await call.core.drawing.png(chart, scale=1.5),)
    cut = " Only the first rows were drawn; aggregate in SQL." if answer.truncated else ""
    said = (
        f"{chart.kind} chart{f' “{chart.title}”' if chart.title else ''} of {answer.row_count} "
        f"rows from {answer.connection}.{cut}"
    )
    return Reply(facts, lambda _whole: said, pictures)


async def _result(call: Call, asked: Draw) -> "Answer":
    if (asked.sql is None) == (asked.query is None):
        raise ChartSource
    if asked.query is not None:
        return await call.core.queries.run(
            call.actor,
            asked.query,
            parameters=asked.parameters or {},
            connection=asked.connection,
            limit=ROWS,
        )
    return await call.core.connections.run(
        call.actor,
        asked.connection,
        asked.sql or "",
        parameters=asked.parameters or {},
        limit=ROWS,
    )


TOOLS = (
    Tool(
        name="make_chart",
        does="Draw the result of SQL or of a saved query; the chart type is chosen unless given.",
        takes={
            "sql": TEXT,
            "query": TEXT,
            "parameters": OBJECT,
            "connection": TEXT,
            "chart_type": TEXT | {"enum": list(KINDS)},
            "x": TEXT,
            "y": TEXTS,
            "title": TEXT,
        },
        needs=(),
        gives={"chart_type": TEXT, "row_count": COUNT},
        arguments=Draw,
        run=make_chart,
        slow=True,
        rich=True,
        meta=META,
    ),
)
