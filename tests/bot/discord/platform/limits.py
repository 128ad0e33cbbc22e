"""Rate limits: docs, Rate Limits.

How many requests a route takes, Discord does not say and asks not to assume. What stands in
`RULES` is what bots observe; 50 requests per second in all and 10,000 invalid ones in ten minutes
are documented.
"""

import hashlib
from collections import deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .clock import Clock

GLOBAL = 50
"""Requests per second of one bot; interactions and their webhooks do not count."""
INVALID, INVALID_SECONDS = 10_000, 600
"""Answers of 401, 403 and 429 in ten minutes, after which Cloudflare bans."""
IN_FLIGHT = 0.1
"""Seconds in which a request may have been sent before its bucket was known to be empty."""
RULES = {
    ("POST", "/channels/{channel}/messages"): (5, 5.0),
    ("PATCH", "/channels/{channel}/messages/{message}"): (5, 5.0),
    ("DELETE", "/channels/{channel}/messages/{message}"): (5, 1.0),
    ("GET", "/channels/{channel}/messages"): (5, 5.0),
    ("GET", "/channels/{channel}/messages/{message}"): (5, 5.0),
    ("POST", "/channels/{channel}/typing"): (5, 5.0),
    ("PUT", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me"): (1, 0.25),
    ("POST", "/channels/{channel}/messages/{message}/threads"): (50, 300.0),
    ("POST", "/channels/{channel}/threads"): (50, 300.0),
    ("PATCH", "/channels/{channel}"): (10, 15.0),
    ("POST", "/webhooks/{application}/{token}"): (5, 2.0),
    ("PATCH", "/webhooks/{application}/{token}/messages/{message}"): (5, 2.0),
    ("DELETE", "/webhooks/{application}/{token}/messages/{message}"): (5, 2.0),
    ("POST", "/users/@me/channels"): (10, 10.0),
}
UNBOUND = ("/interactions/*", "/webhooks/*")
"""Not bound to the global limit: docs, Rate Limits, "Global Rate Limit"."""


@dataclass
class Bucket:
    """What is left of one route for one channel, guild or webhook."""

    limit: int
    per: float
    used: int = 0
    resets: float = 0.0
    told: float | None = None
    """When a client was first told that nothing is left."""


@dataclass(frozen=True)
class Verdict:
    """Whether a request may go on, and what its answer says about limits."""

    headers: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    everywhere: bool = False
    bucket: Bucket | None = None


class Limits:
    """Counts requests, and notes who does not keep to what was said."""

    def __init__(self, clock: Clock, violations: list[str]) -> None:
        self._clock = clock
        self._violations = violations
        self._rules = dict(RULES)
        self._buckets: dict[tuple[str, str, str], Bucket] = {}
        self._global: deque[float] = deque()
        self._invalid: deque[float] = deque()
        self.everywhere: int | None = GLOBAL
        self.invalid = INVALID

    def set(self, method: str, path: str, count: int, per: float) -> None:
        """Let a route take *count* requests in *per* seconds; `path` as in `RULES`, or with *."""
        known = [key for key in self._rules if key[0] == method and fnmatchcase(key[1], path)]
        for key in known or [(method, path)]:
            self._rules[key] = (count, per)
        self._buckets = {key: each for key, each in self._buckets.items() if key[0] != method}

    def off(self) -> None:
        """Limit nothing."""
        self._rules, self.everywhere = {}, None
        self._buckets.clear()

    def take(self, method: str, template: str, major: str, path: str) -> Verdict:
        """Count one request."""
        now = self._clock.now()
        if wait := self._everywhere(now, template):
            headers = {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
            return Verdict(headers, wait, everywhere=True)
        if (method, template) not in self._rules:
            return Verdict()
        limit, per = self._rules[method, template]
        bucket = self._buckets.setdefault((method, template, major), Bucket(limit, per))
        if now >= bucket.resets:
            bucket.used, bucket.resets, bucket.told = 0, now + per, None
        if bucket.used < bucket.limit:
            bucket.used += 1
            return Verdict(self._headers(method, template, bucket, now), bucket=bucket)
        if bucket.told is not None and now - bucket.told > IN_FLIGHT:
            early = f"{bucket.resets - now:.1f} s early"
            said = f"{method} {path} in spite of an exhausted bucket, {early}"
            self._violations.append(said)
        headers = self._headers(method, template, bucket, now) | {"X-RateLimit-Scope": "user"}
        return Verdict(headers, bucket.resets - now, bucket=bucket)

    def _everywhere(self, now: float, template: str) -> float | None:
        if self.everywhere is None or any(fnmatchcase(template, each) for each in UNBOUND):
            return None
        while self._global and self._global[0] <= now - 1:
            self._global.popleft()
        if len(self._global) >= self.everywhere:
            return max(self._global[0] + 1 - now, 0.001)
        self._global.append(now)
        return None

    def _headers(self, method: str, template: str, bucket: Bucket, now: float) -> dict[str, str]:
        name = hashlib.sha256(f"{method} {template}".encode()).hexdigest()[:32]
        return {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(bucket.limit - bucket.used),
            "X-RateLimit-Reset": f"{bucket.resets:.3f}",
            "X-RateLimit-Reset-After": f"{max(bucket.resets - now, 0):.3f}",
            "X-RateLimit-Bucket": name,
        }

    def told(self, verdict: Verdict) -> None:
        """Note that an answer went out; from now on its client knows what is left."""
        bucket = verdict.bucket
        if bucket and bucket.used >= bucket.limit and bucket.told is None:
            bucket.told = self._clock.now()

    def answered(self, status: int) -> None:
        """Count invalid requests: docs, Rate Limits, "Invalid Request Limit"."""
        if status in {401, 403, 429}:
            self._invalid.append(self._clock.now())
            if len(self._invalid) == self.invalid:
                self._violations.append(f"{self.invalid} invalid requests in ten minutes: banned")

    @property
    def banned(self) -> bool:
        """Whether Cloudflare answers in Discord's place."""
        while self._invalid and self._invalid[0] <= self._clock.now() - INVALID_SECONDS:
            self._invalid.popleft()
        return len(self._invalid) >= self.invalid
