"""An answer while it is written: what is said goes to the listeners and into the message."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from core.charts import Chart, Grid
from core.chats import plain
from core.chats.events import Said, ToolReturned, ToolUsed, Visualized, Working
from core.chats.records import Cited, Message, MessageStatus, Pending, Status
from core.chats.stands import LONGEST, ROWS, SHORT, Found, Stands
from core.chats.turn import Turn
from core.models import Usage

__all__ = ["ROWS", "Draft"]

CUT = "\n\n… (cut here: an answer has at most 200,000 characters)"
PIECES = 4_000
"""Pieces that are told as they come; a longer answer is told in pieces of `GATHERED`."""
GATHERED = 100
"""Characters."""


class Draft:
    """Written by whoever answers."""

    def __init__(self, turn: Turn, message: Message) -> None:
        """Write the *message* of a *turn*."""
        self._turn = turn
        self._message = message
        self._pieces: list[str] = []
        self._length = 0
        self._half = ""
        self._waiting: list[str] = []
        self._stands = Stands()
        self._status: Status | None = None
        self._closed = False
        self._returned = 0
        self._kept = 0, 0, 0, 0
        self._kept_at = time.monotonic()
        self.pending: Pending | None = None
        self.model: str | None = None
        self.usage: Usage | None = None
        self.behind: Callable[[], Sequence[Found]] = tuple
        """What an answer that ends here would stand on, beyond what was cited and shown."""

    def working(self, status: Status) -> None:
        """Say what is being done, if that is news."""
        if status != self._status and not self._closed:
            self._status = status
            self._turn.tell(Working(status=status))

    def say(self, text: str) -> None:
        """Say the next piece of the answer; beyond the longest answer nothing is heard."""
        text = self._half + text
        # Half of a character waits for the other one.
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        text = plain.text(text.removesuffix(self._half))
        left = LONGEST - self._length
        if 0 < left < len(text):
            text = text[:left] + CUT
        if text and left > 0 and not self._closed:
            self._length += len(text)
            self._pieces.append(text)
            self._waiting.append(text)
            if len(self._pieces) <= PIECES or sum(map(len, self._waiting)) >= GATHERED:
                self._flush()

    def used(self, id: str, name: str, arguments: dict[str, Any]) -> None:
        """Say that a tool is used."""
        self._flush()
        told = plain.short(plain.json(arguments), SHORT)
        self._tell(ToolUsed(id=id, name=name, arguments=told), SHORT)

    def returned(self, id: str, name: str, summary: str, *, is_error: bool = False) -> None:
        """Say what a tool answered, in a line."""
        told = plain.short(plain.text(summary), SHORT)
        self._returned += 1
        self._tell(ToolReturned(id=id, name=name, summary=told, is_error=is_error), len(told))

    def show(self, visualization: Chart | Grid) -> bool:
        """Show a table or a chart; False if it is more than an answer holds."""
        if self._closed:
            return False
        before = self._stands.shown
        kept = self._stands.show(visualization)
        if kept is None:
            return False
        self._flush()
        self._tell(Visualized(visualization=kept), 4 * (self._stands.shown - before))
        return True

    def cite(self, statement: Cited) -> None:
        """Name a statement that the answer stands on."""
        self._stands.cite(statement)

    def settle(self) -> None:
        """Cite and show what is behind an answer that comes to no end of its own."""
        for statement, table in self.behind():
            self.cite(statement)
            if table is not None:
                self.show(table)

    def close(self) -> None:
        """Hear nothing more, from work that does not stop either."""
        self._flush()
        self._closed = True

    @property
    def text(self) -> str:
        """What was said so far."""
        return "".join(self._pieces)

    @property
    def statements(self) -> tuple[Cited, ...]:
        """The statements that were named so far."""
        return tuple(self._stands.statements)

    @property
    def shown(self) -> tuple[Chart | Grid, ...]:
        """What was shown so far."""
        return tuple(self._stands.visualizations)

    def due(self, seconds: float) -> bool:
        """Return whether something was added since this last said so, *seconds* ago or more."""
        there = self._length, self._stands.shown, self._stands.stated, self._returned
        if there == self._kept or time.monotonic() - self._kept_at < seconds:
            return False
        self._kept, self._kept_at = there, time.monotonic()
        return True

    def message(self, **values: Any) -> Message:
        """Return the message as it is now, with other *values* where they are given.

        Until it is done, what is behind it belongs to it: it may be all that is left of it.
        """
        stands = self._stands
        if values.get("status") is not MessageStatus.DONE:
            stands = stands.copy()
            for statement, table in self.behind():
                stands.cite(statement)
                if table is not None:
                    stands.show(table)
        return self._message.model_copy(
            update={
                "content": self.text.strip(),
                "visualizations": tuple(stands.visualizations),
                "statements": tuple(stands.statements),
                "pending": self.pending,
                "model": self.model,
                "usage": self.usage,
            }
            | values
        )

    def _flush(self) -> None:
        if self._waiting:
            text = "".join(self._waiting)
            self._waiting.clear()
            self._tell(Said(text=text), 2 * len(text))

    def _tell(self, event: Said | ToolUsed | ToolReturned | Visualized, weight: int) -> None:
        if not self._closed:
            self._turn.tell(event, weight)
