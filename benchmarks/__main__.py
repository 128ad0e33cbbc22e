"""`python -m benchmarks [names…] [--quick]`: measure, print the ratios, keep every figure."""

import argparse
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks.figures import broken
from benchmarks.rows import Row

RESULTS = Path(__file__).parent / "results.json"
PARTS = (
    *("install", "start", "drivers", "search", "mcp", "bytes", "discovery", "matching", "charts"),
    *("pipelines", "bots"),
)
"""In the order in which they run: what a busy disk disturbs comes before what keeps it busy."""
SMALL = 100
"""Tables that a quick run searches."""
WIDE = 180
"""Characters of a line that goes into a file."""
LIBRARIES = (
    *("mcp", "uvicorn", "uvloop", "httptools", "psycopg", "psycopg-pool", "duckdb"),
    *("mysql-connector-python", "sqlglot", "pydantic", "starlette", "sqlalchemy", "orjson"),
    *("dbos", "slack-bolt", "discord.py"),
)


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts that are named, or all of them; return 1 if one could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="seconds, on SQLite alone")
    parser.add_argument("--every", action="store_true", help="print every figure, not ratios alone")
    parser.add_argument("--output", type=Path, default=RESULTS, help="default: %(default)s")
    asked = parser.parse_args(words)
    if unknown := set(asked.names) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    began, load = time.perf_counter(), os.getloadavg()[0]
    rows: list[Row] = []
    took: dict[str, float] = {}
    for name in PARTS:
        if not asked.names or name in asked.names:
            started = time.perf_counter()
            with console.status(f"measuring {name}"):
                measured = part(name, quick=asked.quick)
            took[name] = round(time.perf_counter() - started, 1)
            told = [row for row in measured if asked.every or is_told(row)]
            console.print(table(name, told))
            rows += measured
    facts = machine() | {
        "quick": asked.quick,
        "load before": round(load, 2),
        "seconds": round(time.perf_counter() - began, 1),
        "seconds of each part": took,
    }
    written = {"machine": facts, "rows": [plain(row) for row in rows]}
    asked.output.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")
    missed = [row for row in rows if row.met is False]
    console.print(
        f"{len(rows)} figures in {facts['seconds']:.0f} s, all of them in {asked.output}. "
        f"{sum(row.met is True for row in rows)} goals met, {len(missed)} not met."
    )
    return int(any(math.isnan(row.value) for row in missed))


def part(name: str, *, quick: bool = False) -> list[Row]:
    """Return the rows of one part; one that breaks is a row that says so, and the others go on."""
    try:
        module = import_module(f"benchmarks.{name}")
        if name == "search":
            return list(module.speed(SMALL) if quick else module.measure())
        measure: Callable[..., list[Row]] = module.measure
        return measure(quick=quick)
    except Exception as error:  # noqa: BLE001 - the edge: the other parts have their figures
        return [broken(name, f"{type(error).__name__}: {error}"[:300])]


def is_told(row: Row) -> bool:
    """Return whether a row belongs in the table: a ratio, a goal, or a figure that is missing."""
    return row.unit == "times" or bool(row.goal) or math.isnan(row.value)


def table(title: str, rows: Sequence[Row]) -> Table:
    """Return *rows* for a terminal."""
    drawn = Table(title=title, title_justify="left", box=SIMPLE)
    drawn.add_column("figure", max_width=90)
    drawn.add_column("value", justify="right", no_wrap=True)
    drawn.add_column("goal")
    drawn.add_column("")
    drawn.add_column("note", style="dim")
    for row in rows:
        value = "-" if math.isnan(row.value) else f"{row.value:,.4g} {row.unit}"
        verdict = {True: "[green]met", False: "[red]NOT MET", None: ""}[row.met]
        drawn.add_row(row.name, value, row.goal, verdict, row.note)
    return drawn


def plain(row: Row) -> dict[str, Any]:
    """Return a row as JSON knows it: what could not be measured has no value."""
    value = None if math.isnan(row.value) else row.value
    return row._asdict() | {"value": value}


def machine() -> dict[str, Any]:
    """Return what the figures depend on besides ourselves."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "libraries": {name: installed(name) for name in LIBRARIES},
    }


def installed(name: str) -> str | None:
    """Return the version of a library; None without it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
