"""The graph of a run as boxes and lines: each wave a column, or several where there are many."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from core.pipelines import Pipeline, RunEvent, RunState

NODES = 80
"""Tasks that are drawn one by one; of more, each column is one box."""
TALLEST = 24
"""Tasks of one wave that are drawn one by one."""
COLUMNS = 24
"""Columns; more waves share some."""
WIDTH, HEIGHT = 172, 46
"""Of a box, in pixels."""
ACROSS, DOWN = 52, 14
"""Between two boxes."""
EDGE = 10
NAME, LINE = 21, 27
"""Characters that fit into a box."""
ORDER = ("failed", "running", "stopped", "done", "waiting", "left out")
"""States, those first that a box of many tells first."""


class Step(NamedTuple):
    """A task of a run, and how far it is."""

    id: str
    tool: str
    state: str
    ms: float | None = None
    error: str = ""


class Box(NamedTuple):
    """One rectangle."""

    x: int
    y: int
    name: str
    line: str
    state: str
    title: str
    """All of it, for whoever rests on it."""
    target: str
    """The id of the task that it leads to; empty where it stands for several."""


class Drawn(NamedTuple):
    """Everything that is drawn."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    """Paths of SVG, from a box to one that waits for it."""
    said: str
    """The same in words."""
    folded: bool
    """Whether a box stands for several tasks."""


def steps(pipeline: Pipeline, events: Sequence[RunEvent], state: RunState) -> tuple[Step, ...]:
    """Return every task of a run as it is after these *events*."""
    last = {event.task_id: event for event in events}
    return tuple(_step(task.id, task.tool, last.get(task.id), state) for task in pipeline.tasks)


def draw(pipeline: Pipeline, every: Sequence[Step]) -> Drawn:
    """Return the graph of a pipeline whose tasks are as far as *every* step says."""
    known = {step.id: step for step in every}
    tallest = max(map(len, pipeline.waves))
    folded = len(every) > NODES or tallest > TALLEST or len(pipeline.waves) > COLUMNS
    boxes, lines = (_columns if folded else _nodes)(pipeline, known)
    counts = Counter(step.state for step in every)
    told = ", ".join(f"{counts[each]:,} {each}" for each in ORDER if counts[each])
    waves = len(pipeline.waves)
    return Drawn(
        width=max(box.x for box in boxes) + WIDTH + EDGE,
        height=max(box.y for box in boxes) + HEIGHT + EDGE,
        boxes=tuple(boxes),
        lines=tuple(lines),
        said=f"{len(every):,} task{_s(len(every))} in {waves:,} wave{_s(waves)}: {told}",
        folded=folded,
    )


def took(ms: float | None) -> str:
    """Return how long something took, as people say it."""
    if ms is None:
        return ""
    if ms < 1_000:  # noqa: PLR2004
        return f"{ms:.0f} ms"
    return f"{ms / 1_000:.1f} s" if ms < 100_000 else f"{ms / 60_000:.0f} min"  # noqa: PLR2004


def _step(id: str, tool: str, event: RunEvent | None, state: RunState) -> Step:
    if event is None:
        return Step(id, tool, "left out" if state.ended else "waiting")
    if event.type == "on_task_started":
        return Step(id, tool, "stopped" if state.ended else "running")
    done = "done" if event.type == "on_task_finished" else "failed"
    return Step(id, tool, done, event.duration_ms, event.error or "")


def _nodes(pipeline: Pipeline, known: Mapping[str, Step]) -> tuple[list[Box], list[str]]:
    """Return a box for each task."""
    tallest = max(map(len, pipeline.waves))
    boxes: dict[str, Box] = {}
    for column, wave in enumerate(pipeline.waves):
        # Short columns stand in the middle.
        first = (tallest - len(wave)) * (HEIGHT + DOWN) // 2
        for row, id in enumerate(wave):
            step = known[id]
            line = " · ".join(filter(None, (step.state, took(step.ms), step.tool)))
            boxes[id] = Box(
                EDGE + column * (WIDTH + ACROSS),
                EDGE + first + row * (HEIGHT + DOWN),
                _short(id, NAME),
                _short(line, LINE),
                step.state,
                f"{id}: {line}",
                id,
            )
    lines = [
        _path(boxes[before], boxes[task.id]) for task in pipeline.tasks for before in task.waits_for
    ]
    return list(boxes.values()), lines


def _columns(pipeline: Pipeline, known: Mapping[str, Step]) -> tuple[list[Box], list[str]]:
    """Return a box for each wave, or for several that follow each other."""
    boxes = []
    for column, (first, last, ids) in enumerate(_shared(pipeline.waves)):
        counts = Counter(known[id].state for id in ids)
        states = [each for each in ORDER if counts[each]]
        told = ", ".join(f"{counts[each]:,} {each}" for each in states)
        name = f"wave {first}" if first == last else f"waves {first}-{last}"
        tasks = f"{name}: {len(ids):,} task{_s(len(ids))}"
        boxes.append(
            Box(
                EDGE + column * (WIDTH + ACROSS),
                EDGE,
                _short(tasks, NAME),
                _short(told, LINE),
                states[0],
                f"{tasks}: {told}",
                "",
            )
        )
    return boxes, [_path(*pair) for pair in pairwise(boxes)]


def _shared(waves: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the first and the last wave of each column, and the tasks of all between."""
    share = -(-len(waves) // COLUMNS)
    for at in range(0, len(waves), share):
        some = waves[at : at + share]
        yield at + 1, at + len(some), [id for wave in some for id in wave]


def _path(one: Box, other: Box) -> str:
    x, y, to_x, to_y = one.x + WIDTH, one.y + HEIGHT // 2, other.x, other.y + HEIGHT // 2
    half = (to_x - x) // 2
    return f"M{x} {y}C{x + half} {y} {to_x - half} {to_y} {to_x} {to_y}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
