"""A run while it goes on, for whoever sits before it."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from rich.console import Group
from rich.live import Live
from rich.text import Text

from cli import show
from core.pipelines import RunEvent

SHOWN = 12
"""Tasks that are shown at once; of the others, how many there are."""
WIDE = 100
"""Characters of what a tool says."""
SIGNS = {
    "running": ("…", "yellow"),
    "failed": ("✗", "red"),
    "done": ("✓", "green"),
}


class Watching:
    """What is known of each task, drawn again and again by a thread of the console's."""

    def __init__(self, total: int) -> None:
        """Watch a run of so many tasks; 0 where nobody has counted them."""
        self._total = total
        self._lock = Lock()
        self._states: dict[str, str] = {}
        self._begun: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._said: dict[str, str] = {}

    def tell(self, event: RunEvent) -> None:
        """Take what happened."""
        self.tell_of("", event)

    def tell_of(self, pipeline: str, event: RunEvent) -> None:
        """Take what happened in one of several pipelines."""
        name = f"{pipeline}.{event.task_id}" if pipeline else event.task_id
        with self._lock:
            # The latest at the end.
            self._states.pop(name, None)
            if event.type == "on_task_started":
                self._states[name] = "running"
                self._begun[name] = time.monotonic()
                return
            self._states[name] = "done" if event.type == "on_task_finished" else "failed"
            self._took[name] = (event.duration_ms or 0.0) / 1000
            self._said[name] = event.error or ""

    def say(self, task_id: str, text: str) -> None:
        """Take what a tool says of its work."""
        with self._lock:
            self._said[task_id] = text

    def __rich__(self) -> Group:
        """Return what is shown now."""
        with self._lock:
            states, said = dict(self._states), dict(self._said)
            seconds = {
                name: self._took.get(name, time.monotonic() - begun)
                for name, begun in self._begun.items()
            }
        order = {"failed": 0, "running": 1, "done": 2}
        latest = list(states.items())
        latest.reverse()
        latest.sort(key=lambda each: order[each[1]])
        lines = [self._line(name, state, seconds, said) for name, state in latest[:SHOWN]]
        counts = Counter(states.values())
        of = f" of {self._total}" if self._total else ""
        whole = f"{counts['done']}{of} tasks done, {counts['running']} running"
        return Group(*lines, Text(whole, style="dim"))

    @staticmethod
    def _line(name: str, state: str, seconds: dict[str, float], said: dict[str, str]) -> Text:
        sign, style = SIGNS[state]
        words = show.shown(said.get(name, ""))[:WIDE]
        line = Text(f"{sign} {show.shown(name)}", style=style, no_wrap=True, overflow="ellipsis")
        line.append(f"  {seconds.get(name, 0.0):.1f} s  {words}", style="dim")
        return line


@contextmanager
def watched(total: int) -> Iterator[Watching]:
    """Lend what watches a run; on a terminal it is drawn until the run has ended."""
    watching = Watching(total)
    if not show.err.is_terminal:
        yield watching
        return
    with Live(watching, console=show.err, refresh_per_second=8, transient=True):
        yield watching
