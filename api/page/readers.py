"""The text of an answer while it is said: rendered off the loop, once for all who read along."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from weakref import WeakValueDictionary

from api.page.render import aside
from api.page.text import Growing, Growth, rendered
from core.ids import MessageId

SHARE = 8
"""How many times as long as rendering took is waited before the next time."""
QUIET = 1.0
"""Seconds after which the end of a long paragraph is shown, however few its new words are."""


class Telling:
    """What has been said of one answer, as far as anybody has heard, and how it looks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing said."""
        self._clock = clock
        self._growing = Growing()
        self._heard = 0
        self._done: list[str] = []
        self._tail = ""
        self._looks = 0
        self._last = self._next = 0.0
        self._busy = asyncio.Lock()

    def say(self, number: int, text: str) -> None:
        """Take the piece that an event brings, unless another reader has brought it."""
        if number > self._heard:
            self._heard = number
            self._growing.say(text)

    @property
    def behind(self) -> bool:
        """Whether something was said that is not shown yet."""
        return self._growing.more > 0

    async def look(self) -> None:
        """Render what is new, if it is time to."""
        async with self._busy:
            began = self._clock()
            patient = began - self._last < QUIET
            if began < self._next or (text := self._growing.due(patient=patient)) is None:
                return
            drawn = await aside(partial(rendered, text))
            grown = self._growing.take(drawn)
            if grown.add:
                self._done.append(grown.add)
            self._tail = grown.tail
            self._looks += 1
            self._last = self._clock()
            self._next = self._last + SHARE * (self._last - began)

    def since(self, seen: tuple[int, int]) -> tuple[Growth | None, tuple[int, int]]:
        """Return what is new to a reader who has seen so many parts and looks, and what they are.

        Args:
            seen: what was returned last; (0, 0) to a reader who begins.
        """
        now = (len(self._done), self._looks)
        return None if now == seen else Growth("".join(self._done[seen[0] :]), self._tail), now


_tellings: "WeakValueDictionary[MessageId, Telling]" = WeakValueDictionary()


def telling(id: MessageId) -> Telling:
    """Return what is said of an answer, the same to all who read along."""
    found = _tellings.get(id)
    if found is None:
        found = _tellings[id] = Telling()
    return found
