"""A small memory of answers that were true a moment ago."""

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

    def put(self, key: K, value: V) -> None:
        """Remember *value* from now on."""
        self._known[key] = (time.monotonic() + self._seconds, value)
        self._known.move_to_end(key)
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    def forget(self, doomed: Callable[[K], bool] = lambda _key: True) -> None:
        """Forget every key that is *doomed*; all of them by default."""
        self._forgotten += 1
        for key in [key for key in self._known if doomed(key)]:
            del self._known[key]
