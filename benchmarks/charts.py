"""How long a chart takes: choosing it, drawing it the first time and the next, and its page."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from benchmarks.figures import amount
from benchmarks.rows import Row

ROUNDS, QUICK = 30, 2
MONTHS = [[f"2025-{month:02}", 1000 * month] for month in range(1, 13)]
COLUMNS = [("month", "text"), ("revenue", "decimal")]
MINUTES: list[list[Any]] = [
    [f"2025-01-{1 + at // 1440:02} {at // 60 % 24:02}:{at % 60:02}:00", at * 7919 % 1000]
    for at in range(10_000)
]
FIRST = """
import asyncio, time
from benchmarks.charts import COLUMNS, MONTHS
from core.charts import Drawing, suggest
began = time.perf_counter()
chart = suggest(COLUMNS, MONTHS)
chosen = time.perf_counter()
asyncio.run(Drawing().png(chart))
print([chosen - began, time.perf_counter() - chosen])
"""


def measure(*, quick: bool = False) -> list[Row]:
    """Return milliseconds: medians of many rounds, and one first time in a process of its own."""
    first = subprocess.run(
        [sys.executable, "-c", FIRST], capture_output=True, text=True, check=True, timeout=60
    )
    chosen, drawn = json.loads(first.stdout)
    return [
        amount("choose the first chart of a process", 1000 * chosen, "ms", note="imports altair"),
        amount("draw the first PNG of a process", 1000 * drawn, "ms", note="starts V8"),
        *asyncio.run(_next(QUICK if quick else ROUNDS)),
    ]


async def _next(rounds: int) -> list[Row]:
    from core.charts import Drawing, suggest  # noqa: PLC0415 - only where it is measured

    drawing = Drawing()
    await drawing.warm()
    small, long = (
        suggest(COLUMNS, MONTHS),
        suggest([("at", "timestamp"), ("n", "integer")], MINUTES),
    )
    if small is None or long is None:
        return []

    async def choose(rows: list[list[Any]], time: str) -> None:
        suggest([(time, "text"), ("n", "integer")], rows)

    page = drawing.page(small)
    return [
        await _row("choose a chart, 12 rows", rounds, lambda: choose(MONTHS, "month")),
        await _row("choose a chart, 10,000 rows", rounds, lambda: choose(MINUTES, "at")),
        await _row("draw a PNG, 12 points, scale 2", rounds, lambda: drawing.png(small)),
        await _row("draw a PNG, 500 points, scale 2", rounds, lambda: drawing.png(long)),
        await _row("draw an SVG, 12 points", rounds, lambda: drawing.svg(small)),
        amount("a page, 12 points", len(page) / 1000, "kB"),
    ]


async def _row(name: str, rounds: int, work: Callable[[], Awaitable[object]]) -> Row:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        took.append(1000 * (time.perf_counter() - began))
    return amount(name, median(took), "ms")
