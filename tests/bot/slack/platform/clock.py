"""The time of the platform: real time, and as much more as a test wants to have passed."""

import time
from collections.abc import Callable


class Clock:
    """Tells the time; what falls due when it is put forward happens at once."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._last = 0
        self.listeners: list[Callable[[], None]] = []

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass in no time."""
        self._ahead += seconds
        for listener in tuple(self.listeners):
            listener()

    def stamp(self) -> str:
        """Return a `ts` that no message had yet; later ones are greater."""
        self._last = max(int(self.now() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
