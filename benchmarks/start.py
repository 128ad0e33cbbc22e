"""How long a client waits for `trellis mcp`: to the list of tools, and to the first answer."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from threading import Timer
from typing import Any, NamedTuple

from benchmarks.calls import HELLO, READY, call, line, listing
from benchmarks.figures import broken, ratio
from benchmarks.ours import CONNECTION, home
from benchmarks.places import fill_sqlite
from benchmarks.processes import bare, environment, trellis
from benchmarks.rows import Row

GOAL = 1.25
ROUNDS = 11
PATIENCE = 30.0
"""Seconds that a server may take to its first answer."""
SQL = "SELECT i, n, t, s FROM facts WHERE i <= 1 ORDER BY i"
WORD = b"fact000001"


class StartFailed(Exception):
    """A server ended, or answered something else."""


class Starter(NamedTuple):
    """A server that speaks stdio, and the call that it answers first."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    call: Mapping[str, Any]


class Start(NamedTuple):
    """Seconds from the first instruction of a process."""

    listed: float
    answered: float


def measure(*, quick: bool = False) -> list[Row]:
    """Return both times of ours and of the bare server, on the same SQLite file, and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        url = fill_sqlite(place / "facts.db", 1000)
        env = home(place / "home", url, SQL).env
        ours = call("run_sql", {"sql": SQL, "connection": CONNECTION}, 2)
        sides = (
            Starter("ours", trellis("mcp"), env, ours),
            Starter("bare MCPServer", bare(url), environment(), call("run_sql", {"sql": SQL}, 2)),
        )
        return compared(sides, 1, warm=0) if quick else compared(sides, ROUNDS)


def compared(sides: Sequence[Starter], rounds: int, *, warm: int = 1) -> list[Row]:
    """Start *sides* in turns; the first of each compiles what it imports, and is not counted.

    Args:
        warm: rounds before those that count; none for whoever only wants to see that it works.
    """
    starts: dict[str, list[Start]] = {side.name: [] for side in sides}
    for turn in range(warm + rounds):
        for side in sides:
            try:
                start = begun(side)
            except StartFailed as why:
                return [broken(f"start over stdio: {side.name}", why)]
            if turn >= warm:
                starts[side.name].append(start)
    rows = []
    ours, yardstick = (starts[side.name] for side in sides[:2])
    for what, goal in (("listed", GOAL), ("answered", None)):
        said = {"listed": "to the list of tools", "answered": "to the first answer of a tool"}[what]
        medians = {
            who: median(getattr(each, what) for each in them) for who, them in starts.items()
        }
        rows += [Row(f"start over stdio {said}: {who}", s, "s") for who, s in medians.items()]
        a, b = (median(getattr(each, what) for each in them) for them in (ours, yardstick))
        name = f"start over stdio {said}: ours / {sides[1].name}"
        rows.append(ratio(name, a / b, most=goal, note=f"{rounds} starts of each"))
    return rows


def begun(side: Starter) -> Start:
    """Start a server once, ask it for its tools and then for an answer, and end it.

    Raises:
        StartFailed: it ended, took too long, or answered something else.
    """
    with ExitStack() as stack:
        began = time.perf_counter()
        process = subprocess.Popen(
            side.command,
            env=side.env,
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        stack.enter_context(process)
        stack.callback(process.kill)
        late = Timer(PATIENCE, process.kill)
        stack.callback(late.cancel)
        late.start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line(HELLO))
        process.stdin.flush()
        heard = process.stdout.readline()
        process.stdin.write(line(READY) + line(listing(1)))
        process.stdin.flush()
        heard += (tools := process.stdout.readline())
        listed = time.perf_counter() - began
        process.stdin.write(line(side.call))
        process.stdin.flush()
        answer = process.stdout.readline()
        answered = time.perf_counter() - began
        if b'"tools"' not in tools or WORD not in answer:
            raise StartFailed((heard + answer)[-300:].decode(errors="replace") or "it ended")
        return Start(listed, answered)
