"""Results as pictures: the chart that says what the rows say, and how it is drawn."""

from core.charts.amounts import Form, forms
from core.charts.described import described, points
from core.charts.drawing import Drawing
from core.charts.errors import (
    ChartColumnUnknown,
    ChartKindUnknown,
    ChartTooLarge,
    ChartUnfit,
    DrawingFailed,
    DrawingTimedOut,
)
from core.charts.order import TELLING, sorted_by
from core.charts.records import Chart, ChartKind, Grid, Visualization
from core.charts.suggestion import grid, new_mark, suggest
from core.charts.wire import said, wire

__all__ = [
    "TELLING",
    "Chart",
    "ChartColumnUnknown",
    "ChartKind",
    "ChartKindUnknown",
    "ChartTooLarge",
    "ChartUnfit",
    "Drawing",
    "DrawingFailed",
    "DrawingTimedOut",
    "Form",
    "Grid",
    "Visualization",
    "described",
    "forms",
    "grid",
    "new_mark",
    "points",
    "said",
    "sorted_by",
    "suggest",
    "wire",
]
