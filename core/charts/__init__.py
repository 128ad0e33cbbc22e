"""Results as pictures: charts by Vega-Lite, and tables."""

from core.charts.records import Chart, ChartKind, Grid, Visualization

__all__ = ["Chart", "ChartKind", "Grid", "Visualization"]
