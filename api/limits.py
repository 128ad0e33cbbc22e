"""How often somebody may knock."""

import math
import time
from collections import Counter
from dataclasses import dataclass, field

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.errors import TooOften

AUTHENTICATE = RateLimitItemPerMinute(300, namespace="authenticate")
"""From one address: enough for an office behind one router."""
FAILED = RateLimitItemPerMinute(30, namespace="failed")
"""Wrong keys from one address; the right ones have to wait with them."""
PER_KEY = RateLimitItemPerMinute(120, namespace="key")
"""With one key: a token lives for six hours, so one a minute is plenty."""
ASK = RateLimitItemPerMinute(60, namespace="ask")
"""Questions of one member over HTTP, whatever they come in with."""
CREATE_CHAT = RateLimitItemPerMinute(20, namespace="create_chat")
"""With one token."""
FOLLOWUPS = RateLimitItemPerMinute(10, namespace="followups")
FOLLOWUPS_BURST = RateLimitItemPerSecond(5, 10, namespace="followups_burst")
"""With one token; in any ten seconds."""
SEND = RateLimitItemPerMinute(10, namespace="send")
SEND_BURST = RateLimitItemPerSecond(3, 10, namespace="send_burst")
"""Over one WebSocket; in any ten seconds."""
SEND_ALL = RateLimitItemPerMinute(30, namespace="send_all")
"""Over every WebSocket of one token."""
STREAMS_EACH, STREAMS = 500, 2000
"""Answers that one member, and all of them, may read at once: a member has 500 chats at most."""
SOCKETS_EACH, SOCKETS = 3, 1000
"""WebSockets of one token, and of all of them."""
SOCKETS_MEMBER = 10
"""WebSockets of one member, with however many tokens."""
LARGE_EACH, LARGE = 8, 32
"""Large results of runs that one member, and all of them, may read at once."""
WAITING_EACH, WAITING = 100, 300
"""WebSockets that have not said yet whose they are: of one address, and of all of them."""


class Held:
    """What is held for long, such as a stream: how many each may have, and all together."""

    def __init__(self, each: int, most: int) -> None:
        """Let *each* hold so many, and everybody *most*."""
        self._each = each
        self._most = most
        self._held: Counter[str] = Counter()
        self._all = 0

    @property
    def full(self) -> bool:
        """Whether nobody may hold another."""
        return self._all >= self._most

    def held(self) -> int:
        """Return how many are held in all."""
        return self._all

    def take(self, whose: str) -> bool:
        """Hold one more, unless it is one too many of *whose*."""
        if self.full or self._held[whose] >= self._each:
            return False
        self._held[whose] += 1
        self._all += 1
        return True

    def leave(self, whose: str) -> None:
        """Hold one less."""
        self._all -= 1
        self._held[whose] -= 1
        if not self._held[whose]:
            del self._held[whose]


@dataclass(frozen=True)
class Limits:
    """Moving windows in the memory of this process, and what is held for long."""

    streams: Held = field(default_factory=lambda: Held(STREAMS_EACH, STREAMS))
    """Answers that are read, by member."""
    sockets: Held = field(default_factory=lambda: Held(SOCKETS_EACH, SOCKETS))
    """WebSockets, by token."""
    talking: Held = field(default_factory=lambda: Held(SOCKETS_MEMBER, SOCKETS))
    """WebSockets, by member."""
    waiting: Held = field(default_factory=lambda: Held(WAITING_EACH, WAITING))
    """WebSockets that have not said yet whose they are, by address."""
    large: Held = field(default_factory=lambda: Held(LARGE_EACH, LARGE))
    """Large results that are read, by member."""
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

    def hit_all(self, *limits: tuple[RateLimitItem, str]) -> None:
        """Count one request in each of several windows, or in none.

        Raises:
            TooOften: it is one too many in one of them.
        """
        for limit, whose in limits:
            self.check(limit, whose)
        for limit, whose in limits:
            self.hit(limit, whose)

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
