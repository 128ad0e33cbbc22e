"""What a specification may say before it is drawn: our own marks over values that lie inside it."""

from typing import Any

from core.charts.errors import ChartTooLarge, DrawingFailed
from core.charts.theme import EXPRESSIONS

MOST_VALUES = 20_000
"""V8 ends the whole process when its memory runs out, so that much is never handed to it."""
EVALUATED = frozenset({"labelExpr", "test"})
"""What Vega reads as an expression; three of ours stand there, and nothing else."""
REFUSED = frozenset(
    {"url", "href", "expr", "signal", "sequence", "sphere", "graticule", "transform", "params"}
    | {"datasets", "usermeta", "projection", "lookup", "repeat", "facet", "filter", "calculate"}
)
"""What loads, computes or multiplies; none of our charts needs any."""
MARKS = frozenset({"bar", "line", "area", "point", "text", "arc"})
WIDTHS = (200, 2000)


def inspect(spec: dict[str, Any], *, width: int | None = None) -> dict[str, Any]:
    """Return *spec*, of another *width* if one is asked for (200 to 2,000 pixels).

    Raises:
        ChartTooLarge: it holds more values than the renderer survives.
        DrawingFailed: it says what no chart of ours says.
    """
    values = spec.get("data", {}).get("values", ())
    if len(values) > MOST_VALUES:
        raise ChartTooLarge(f"The chart holds more than {MOST_VALUES:,} values")
    _walk({key: each for key, each in spec.items() if key != "data"})
    if set(spec.get("data", {})) - {"values"}:
        raise DrawingFailed("The chart's data must lie inside it")
    if width is not None:
        return spec | {"width": min(max(width, WIDTHS[0]), WIDTHS[1])}
    return spec


def _walk(part: Any) -> None:
    match part:
        case dict():
            if found := REFUSED.intersection(part):
                raise DrawingFailed(f"A chart may not say {min(found)}")
            mark = part.get("mark", "bar")
            if (mark.get("type") if isinstance(mark, dict) else mark) not in MARKS:
                raise DrawingFailed("A chart may show bars, lines, areas, points and arcs")
            for key, each in part.items():
                if key in EVALUATED and each not in EXPRESSIONS:
                    raise DrawingFailed("A chart may hold no expression but our own")
                _walk(each)
        case list() | tuple():
            for each in part:
                _walk(each)
        case _:
            pass
