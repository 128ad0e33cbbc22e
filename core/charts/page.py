"""A chart as one HTML page that loads nothing: the drawn picture, and a small script over it."""

from html import escape

from core.charts.records import Chart
from core.charts.wire import said


def page(chart: Chart, svg: str) -> str:
    """Return the page of *chart* around its *svg*."""
    title = escape(said(chart) or "Chart")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body>{svg}</body></html>"
    )
