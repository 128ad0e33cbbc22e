"""A picture as the contract's `visualization` frame (analyst-api.md, "The stream")."""

from itertools import chain, count
from typing import Any

from core.charts.records import Chart, Grid, Visualization

TRAPS = {"", "__proto__", "constructor", "prototype"}
"""Names that mean something else to the programs that read JSON objects."""


def wire(visualization: Visualization) -> dict[str, Any]:
    """Return the frame's data: `{id, type, chart_type?, title?, data}` and our `vega_lite`.

    A chart's note ("top 30 of 214") stands in its title, since the contract has no other place.
    """
    match visualization:
        case Chart():
            frame: dict[str, Any] = {
                "id": visualization.id,
                "type": "chart",
                "chart_type": visualization.kind.value,
            }
            if title := said(visualization):
                frame["title"] = title
            return frame | {"data": visualization.data, "vega_lite": visualization.vega_lite}
        case Grid():
            frame = {"id": visualization.id, "type": "table"}
            if visualization.title:
                frame["title"] = visualization.title
            return frame | {"data": _table(visualization)}


def said(chart: Chart) -> str | None:
    """Return a chart's title and what its picture leaves out, in one line."""
    if chart.title and chart.note:
        return f"{chart.title} ({chart.note})"
    return chart.title or chart.note


def _table(grid: Grid) -> dict[str, Any]:
    keys = _keys([name for name, _type in grid.columns])
    return {
        "columns": [
            {"key": key, "label": name, "type": type}
            for key, (name, type) in zip(keys, grid.columns, strict=True)
        ],
        "rows": [dict(zip(keys, row, strict=True)) for row in grid.rows],
        "total_rows": grid.total,
        "truncated": grid.truncated,
    }


def _keys(names: list[str]) -> list[str]:
    """Return a key for each column: its name where that is one of a kind and harmless."""
    keys: list[str] = []
    taken = set(names) | TRAPS
    for at, name in enumerate(names, 1):
        key = name
        if name in TRAPS or name in keys:
            stem = f"column_{at}" if name in TRAPS else name
            ends = chain([""] if name in TRAPS else [], (f"_{again}" for again in count(2)))
            key = next(stem + end for end in ends if stem + end not in taken)
        taken.add(key)
        keys.append(key)
    return keys
