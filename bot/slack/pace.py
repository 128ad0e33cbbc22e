"""How fast Slack may be called: its tiers, kept beforehand, and its word when it says to wait."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.speaker import SpeechFailed

TIER_2, TIER_3, TIER_4, SPECIAL = 20.0, 50.0, 100.0, 300.0
TIERS = {
    "chat.postMessage": SPECIAL,
    "chat.startStream": TIER_2,
    "chat.stopStream": TIER_2,
    "chat.update": TIER_3,
    "chat.delete": TIER_3,
    "chat.unfurl": TIER_3,
    "conversations.history": TIER_3,
    "conversations.replies": TIER_3,
    "conversations.info": TIER_3,
    "conversations.open": TIER_3,
    "assistant.threads.setStatus": SPECIAL,
}
"""Calls a minute of one workspace, by Slack's own pages; tier 4 is the rest."""
POSTING = 60.0
"""Messages a minute that one channel takes."""
POSTS = frozenset({"chat.postMessage", "chat.startStream", "files.completeUploadExternal"})
"""What puts a message into a channel; one after the other, in order."""
BURST = 4.0
"""Messages that one channel takes at once; of other calls, half of those of a minute may be."""
WAITING = 200
"""Calls that wait for their turn in one lane; who comes after them is told so."""
LANES = 5_000


class Clock(NamedTuple):
    """The time, and waiting for it."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass
class Lane:
    """Calls of one kind, which Slack counts together."""

    per_minute: float
    burst: float
    left: float
    seen: float
    until: float = 0.0
    """Until when Slack wants none."""
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def due(self, now: float) -> float:
        """Return after how many seconds a call may be made."""
        self._fill(now)
        short = max(0.0, 1 - self.left) * 60 / self.per_minute
        return max(short, self.until - now)

    def take(self, now: float) -> None:
        """Count a call."""
        self._fill(now)
        self.left -= 1

    def _fill(self, now: float) -> None:
        gained = (now - self.seen) * self.per_minute / 60
        self.left = min(self.burst, self.left + gained)
        self.seen = now


class Pace:
    """The lanes of one workspace."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Measure by *clock*."""
        self.clock = clock or Clock()
        self._lanes: OrderedDict[str, Lane] = OrderedDict()

    def idle(self, method: str, channel: str = "", *, spare: float = 0.0) -> bool:
        """Return whether a call that can as well be left out may be made now.

        Args:
            method: of the Web API.
            channel: where it puts something.
            spare: how many more calls must be free, for those that cannot be left out.
        """
        now = self.clock.now()
        return all(
            lane.due(now) <= 0 and lane.left >= 1 + spare for lane in self._of(method, channel)
        )

    @asynccontextmanager
    async def turn(self, method: str, channel: str = "") -> AsyncIterator[None]:
        """Wait for one's turn to call *method*.

        Raises:
            SpeechFailed: too many wait already.
        """
        lanes = self._of(method, channel)
        if any(lane.waiting >= WAITING for lane in lanes):
            raise SpeechFailed("too many messages wait for the same channel")
        for lane in lanes:
            lane.waiting += 1
        try:
            # What puts messages into a channel holds its lane until it is there: order is kept.
            async with lanes[0].turn:
                for lane in lanes:
                    while (due := lane.due(self.clock.now())) > 0:
                        await self.clock.sleep(due)
                    lane.take(self.clock.now())
                if method in POSTS:
                    yield
                    return
            yield
        finally:
            for lane in lanes:
                lane.waiting -= 1

    def wait(self, method: str, channel: str, seconds: float) -> None:
        """Keep what Slack said: none of these for so many *seconds*."""
        for lane in self._of(method, channel):
            lane.until = max(lane.until, self.clock.now() + seconds)

    def _of(self, method: str, channel: str) -> list[Lane]:
        """Return the lanes that a call goes by: the channel's first."""
        posting = method in POSTS and bool(channel)
        found = [self._lane(f"to {channel}", POSTING, BURST)] if posting else []
        per_minute = TIERS.get(method, TIER_4)
        return [*found, self._lane(method, per_minute, per_minute / 2)]

    def _lane(self, name: str, per_minute: float, burst: float) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = Lane(per_minute, burst, burst, self.clock.now())
            self._lanes[name] = lane
            if len(self._lanes) > LANES:
                idle = next((key for key, each in self._lanes.items() if not each.waiting), name)
                del self._lanes[idle]
        self._lanes.move_to_end(name)
        return lane
