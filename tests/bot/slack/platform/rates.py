"""How often each method may be called.

https://docs.slack.dev/apis/web-api/rate-limits: tier 1 «1+ per minute», tier 2 20+, tier 3 50+,
tier 4 100+, per method, workspace and app; bursts are tolerated. Posting: «1 per second» to a
channel, «short bursts >1 allowed», and «several hundred messages per minute» for a workspace.
"""

import math
from dataclasses import dataclass

from tests.bot.slack.platform.clock import Clock

TIERS = {1: 1.0, 2: 20.0, 3: 50.0, 4: 100.0}
PER_CHANNEL = 60.0
BURST_PER_CHANNEL = 5.0
PER_WORKSPACE = 300.0
SPECIAL = 600.0
"""«Special rate limits apply» is all that is said of the rest (auth.test, chat.getPermalink)."""


@dataclass
class Bucket:
    """So many calls at once, and then so many a minute."""

    per_minute: float
    burst: float
    left: float
    seen: float
    barred_until: float = 0.0
    """Until when whoever was told to wait has to."""

    def take(self, now: float) -> float:
        """Take one; return 0, or the seconds until there is one again."""
        gained = (now - self.seen) * self.per_minute / 60
        self.left = min(self.burst, self.left + gained)
        self.seen = now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) * 60 / self.per_minute


class Rates:
    """The buckets of all teams, methods and channels."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._limits: dict[str, tuple[float, float]] = {}
        self.lifted = False
        """Whether nothing is limited."""

    def limit(self, method: str, per_minute: float, burst: float) -> None:
        """Set what a method may do from now on; `""` stands for posting to one channel."""
        self._limits[method] = (per_minute, burst)
        for key in [key for key in self._buckets if key[0] == method]:
            del self._buckets[key]

    def bucket(self, *key: str, per_minute: float, burst: float) -> Bucket:
        """Return the bucket of a key, full if it is new."""
        if key not in self._buckets:
            per_minute, burst = self._limits.get(key[0], (per_minute, burst))
            self._buckets[key] = Bucket(per_minute, burst, burst, self._clock.now())
        return self._buckets[key]

    def take(self, bucket: Bucket) -> tuple[int, bool]:
        """Take one of a bucket.

        Returns:
            the seconds to wait, 0 if it was there; and whether this call came before the one who
            calls was told to come again.
        """
        if self.lifted:
            return 0, False
        now = self._clock.now()
        impatient = now < bucket.barred_until
        wait = bucket.take(now)
        if not wait:
            return 0, impatient
        seconds = max(1, math.ceil(wait))
        bucket.barred_until = max(bucket.barred_until, now + seconds)
        return seconds, impatient
