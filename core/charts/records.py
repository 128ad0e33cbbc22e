"""What is shown beside an answer's text: charts, and tables of its rows."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, SkipValidation

from core.record import Record

Rows = Annotated[tuple[tuple[Any, ...], ...], SkipValidation]


class ChartKind(StrEnum):
    """How a chart is drawn, by the contract's names."""

    BAR = "bar"
    BAR_HORIZONTAL = "bar_horizontal"
    STACKED_BAR = "stacked_bar"
    LINE = "line"
    AREA = "area"
    PIE = "pie"
    DONUT = "donut"


class Chart(Record):
    """A picture of a result."""

    type: Literal["chart"] = "chart"
    id: str
    """Ten characters, unique within a chat."""
    kind: ChartKind
    title: str | None = None
    note: str | None = None
    """What the picture leaves out or adds up, such as `top 30 of 214`; say it beside the title."""
    data: Annotated[dict[str, Any], SkipValidation]
    """The contract's chart JSON: values, or series, and the labels of the axes."""
    vega_lite: Annotated[dict[str, Any], SkipValidation]
    """The full Vega-Lite specification, its data inside."""
    result: str | None = None
    """The mark of the result that it was made of, such as `r1`."""


class Grid(Record):
    """The head of a result's rows."""

    type: Literal["table"] = "table"
    id: str
    title: str | None = None
    columns: tuple[tuple[str, str], ...]
    """Names and types."""
    rows: Rows
    total: int | None
    """How many rows the result has; None where nobody counted them."""
    truncated: bool
    """Whether rows of the result are missing here."""
    result: str | None = None


Visualization = Annotated[Chart | Grid, Field(discriminator="type")]
