"""How every chart looks: one calm face, colours that the colour-blind tell apart."""

from decimal import Decimal
from typing import Any

WIDTH, HEIGHT = 640, 400
"""Pixels of a chart, at scale 1."""
PALETTE = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#EE9944", "#667788")
"""Paul Tol's "bright", told apart by all kinds of colour-blindness; and two more."""
REST = "#BBBBBB"
"""For what has no colour of its own: the others, and things without a name."""
INK, SOFT, EDGE, FAINT = "#24292F", "#656D76", "#C8CCD1", "#E6E8EB"
FONT = (
    "Inter, 'Helvetica Neue', Arial, 'Liberation Sans', 'Noto Sans', 'Noto Sans CJK JP', sans-serif"
)
SHORT = "replace(replace(format(datum.value, '.3~s'), 'G', 'B'), 'k', 'K')"
"""Labels of a value axis such as 12.3M; one of the three expressions that charts hold."""
LONG = "format(datum.value, ',.6~f')"
"""Labels of a value axis such as 1,250 or 0.05."""
ZERO = "datum.value === 0"
"""The grid line that is darker than the others."""
EXPRESSIONS = frozenset({SHORT, LONG, ZERO})
SMALL = 1e-6
"""Below it a value is written with its power of ten."""
BIG = 10_000
"""From where an axis says K and M."""
UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"))
MOST_OF_A_UNIT = 999

CONFIG: dict[str, Any] = {
    "background": "#FFFFFF",
    "font": FONT,
    "padding": 16,
    "view": {"stroke": None},
    "title": {
        "anchor": "start",
        "frame": "bounds",
        "color": INK,
        "fontSize": 16,
        "fontWeight": 600,
        "limit": 600,
        "offset": 14,
        "subtitleColor": SOFT,
        "subtitleFontSize": 12,
        "subtitlePadding": 5,
    },
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": FAINT,
        "labelColor": SOFT,
        "labelFontSize": 12,
        "labelPadding": 8,
        "titleColor": SOFT,
        "titleFontSize": 12,
        "titleFontWeight": 400,
        "titlePadding": 10,
    },
    "legend": {
        "labelColor": INK,
        "labelFontSize": 12,
        "labelLimit": 180,
        "title": None,
        "symbolType": "circle",
        "symbolSize": 90,
        "symbolStrokeWidth": 0,
        "rowPadding": 4,
        "columnPadding": 16,
    },
    "bar": {"cornerRadiusEnd": 2},
    "text": {"color": INK, "fontSize": 12},
    "scale": {"bandPaddingInner": 0.28, "bandPaddingOuter": 0.16},
}
"""Vega-Lite's `config`; it travels in each specification, so every program draws it alike."""


def written(value: float | None, *, fraction: bool = False) -> str:
    """Return a value for people: 1,234.5, 12.3M, 42.1%."""
    if value is None:
        return ""
    if fraction:
        return f"{100 * value:.1f}".removesuffix(".0") + "%"
    size = abs(value)
    for unit, sign in UNITS:
        if size >= unit * (1 - 1e-9):
            return f"{value / unit:.3g}{sign}" if size < MOST_OF_A_UNIT * unit else f"{value:.3g}"
    if size >= BIG or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if size >= 1 else _small(value)


def colours(names: tuple[str, ...], rest: str) -> list[str]:
    """Return a colour for each name; *rest*, and what follows it in name, is grey."""
    free = iter(PALETTE * (len(names) // len(PALETTE) + 1))
    return [REST if name.startswith(rest) and name == names[-1] else next(free) for name in names]


def _small(value: float) -> str:
    short = f"{value:.3g}"
    return format(Decimal(short), "f") if abs(value) >= SMALL else short
