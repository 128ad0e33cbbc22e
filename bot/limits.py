"""How often somebody may ask."""

import math
import time
from collections import OrderedDict

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from core.errors import Limited

ASK = RateLimitItemPerMinute(60, namespace="ask")
"""Questions and statements of one member, from whichever platform."""
HEARD = RateLimitItemPerMinute(120, namespace="heard")
"""Whatever one person says or presses, member or not."""
GREETED = RateLimitItemPerMinute(3, namespace="greeted")
"""Times that somebody whom we do not know is told so, where others may see it."""
KNOWN = 10_000
"""Bursts that are remembered."""


class HeardTooOften(Limited):
    """Too many requests; wait a moment."""

    def __init__(self, seconds: int, *, told: bool) -> None:
        """Say after how many *seconds* the next will be heard.

        Args:
            seconds: until then.
            told: whether that was said already in this burst, and need not be said again.
        """
        super().__init__(f"That is too often; I hear you again in {seconds} s.")
        self.seconds = seconds
        self.told = told


class Limits:
    """Moving windows in the memory of this process."""

    def __init__(self, *, ask: RateLimitItem = ASK, heard: RateLimitItem = HEARD) -> None:
        """Let a member *ask*, and a person be *heard*, so often."""
        self._ask = ask
        self._heard = heard
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._told: OrderedDict[str, float] = OrderedDict()

    def hear(self, whose: str) -> None:
        """Count something that a person said or pressed.

        Raises:
            HeardTooOften: it is one too many.
        """
        self._hit(self._heard, whose)

    def ask(self, whose: str) -> None:
        """Count a question of a member.

        Raises:
            HeardTooOften: it is one too many.
        """
        self._hit(self._ask, whose)

    def greet(self, whose: str) -> bool:
        """Return whether a stranger is to be told once more what to do."""
        return self._windows.hit(GREETED, whose)

    def _hit(self, limit: RateLimitItem, whose: str) -> None:
        if self._windows.hit(limit, whose):
            return
        at = time.time()
        opens = self._windows.get_window_stats(limit, whose).reset_time
        seconds = max(1, math.ceil(opens - at))
        told = self._told.get(whose, 0.0) > at
        if not told:
            self._told[whose] = at + seconds
            self._told.move_to_end(whose)
            while len(self._told) > KNOWN:
                self._told.popitem(last=False)
        raise HeardTooOften(seconds, told=told)
