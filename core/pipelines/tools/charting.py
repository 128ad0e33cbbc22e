"""Rows as a chart: its specification, and a picture of it if one is wanted."""

from functools import partial
from typing import Any

from anyio import to_thread
from pydantic import Field
from typing_extensions import override

from core.charts import ChartKind, ChartUnfit, Drawing, suggest
from core.pipelines.errors import InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.outputs import Outputs
from core.pipelines.tools.querying import rows_of


class ChartInputs(Inputs):
    """What `make_chart` takes."""

    data: Any = Field(description="What run_sql or ask gave back, or a list of objects.")
    title: str | None = Field(None, description="What stands above it.")
    kind: ChartKind | None = Field(
        None, description="bar, bar_horizontal, stacked_bar, line, area, pie or donut."
    )
    x: str | None = Field(None, description="The column of the labels.")
    y: str | list[str] | None = Field(None, description="The column or columns to measure.")
    filename: str | None = Field(None, description="A PNG of this name is written, if given.")
    output_dir: str = Field("outputs", description="The folder that it is written to.")


class MakeChart(Tool):
    """Draws a chart."""

    name = "make_chart"
    description = "Draw the chart that says what some rows say, as Vega-Lite and as a PNG."
    inputs: type[Inputs] = ChartInputs
    output = Output("kind, title, note, data, vega_lite; path of the PNG, if one was wanted.")

    def __init__(self, drawing: Drawing, outputs: Outputs) -> None:
        """Draw by *drawing*, into *outputs*."""
        self._drawing = drawing
        self._outputs = outputs

    @override
    async def run(self, call: Call, given: ChartInputs) -> Any:
        found = rows_of(given.data)
        if found is None:
            raise InputInvalid("data: There are no rows in it; give what run_sql gave back.")
        columns, rows = found
        draw = partial(
            suggest, columns, rows, title=given.title, kind=given.kind, x=given.x, y=given.y
        )
        # In a thread: the library takes most of a second to import.
        chart = await to_thread.run_sync(draw)
        if chart is None:
            raise ChartUnfit("These rows make no chart that says more than a table.")
        told: dict[str, Any] = {
            "status": "success",
            "kind": chart.kind.value,
            "title": chart.title,
            "note": chart.note,
            "data": chart.data,
            "vega_lite": chart.vega_lite,
        }
        if given.filename:
            picture = await self._drawing.png(chart)
            path = await to_thread.run_sync(
                self._outputs.put, call, given.output_dir, given.filename, ".png", picture
            )
            told |= {"path": str(path), "size": len(picture)}
        return told
