"""A small memory of answers that were true a moment ago."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memo(Generic[K, V]):
    """At most *size* answers, each for at most *seconds*; the oldest give way."""

    def __init__(self, *, size: int, seconds: float) -> None:
        """Begin knowing nothing."""
        self._size = size
        self._seconds = seconds
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._asking: dict[K, asyncio.Future[V]] = {}
        self._forgotten = 0

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """Return what is known of *key*, or *ask* and remember; a refusal is not remembered."""
        found = self._known.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        forgotten = self._forgotten
        value = await ask()
        # What was asked for before something was forgotten may be what should be forgotten.
        if forgotten == self._forgotten:
            self.put(key, value)
        return value

    async def once(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """Do as `get` does, but *ask* once for all who want to know at the same time."""
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.ensure_future(self.get(key, ask))
            self._asking[key] = asking
            asking.add_done_callback(lambda done: self._asked(key, done))
        # Whoever asked first may go; the others still want to know.
        return await asyncio.shield(asking)

    def _asked(self, key: K, done: "asyncio.Future[V]") -> None:
        if self._asking.get(key) is done:
            del self._asking[key]
        if not done.cancelled():
            done.exception()  # looked at by whoever waits for it, if anybody still does

    def put(self, key: K, value: V) -> None:
        """Remember *value* from now on."""
        self._known[key] = (time.monotonic() + self._seconds, value)
        self._known.move_to_end(key)
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    def forget(self, doomed: Callable[[K], bool] = lambda _key: True) -> None:
        """Forget every key that is *doomed*; all of them by default."""
        self._forgotten += 1
        self._asking.clear()
        for key in [key for key in self._known if doomed(key)]:
            del self._known[key]
