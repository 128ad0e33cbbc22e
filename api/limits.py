"""How often somebody may knock."""

import math
import time
from dataclasses import dataclass, field

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.errors import TooOften

AUTHENTICATE = RateLimitItemPerMinute(300, namespace="authenticate")
"""From one address: enough for an office behind one router."""
FAILED = RateLimitItemPerMinute(30, namespace="failed")
"""Wrong keys from one address; the right ones have to wait with them."""
PER_KEY = RateLimitItemPerMinute(120, namespace="key")
"""With one key: a token lives for six hours, so one a minute is plenty."""


@dataclass(frozen=True)
class Limits:
    """Moving windows in the memory of this process."""

    _windows: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage())
    )

    def hit(self, limit: RateLimitItem, whose: str) -> None:
        """Count one request of *whose*.

        Raises:
            TooOften: it is one too many.
        """
        if not self._windows.hit(limit, whose):
            raise self._refusal(limit, whose)

    def check(self, limit: RateLimitItem, whose: str) -> None:
        """Count nothing.

        Raises:
            TooOften: the next one would be one too many.
        """
        if not self._windows.test(limit, whose):
            raise self._refusal(limit, whose)

    def _refusal(self, limit: RateLimitItem, whose: str) -> TooOften:
        opens = self._windows.get_window_stats(limit, whose).reset_time
        seconds = max(1, math.ceil(opens - time.time()))
        return TooOften(f"Too many requests; try again in {seconds} s.", seconds=seconds)
