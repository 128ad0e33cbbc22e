"""Chance that falls the same way on every machine and every Python."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Chance:
    """Numbers from one seed.

    Only `random()` is promised to stay as it is from one Python to the next, so that all else is
    made of it here.
    """

    def __init__(self, seed: int) -> None:
        """Begin the same row of numbers for the same *seed*."""
        self.random = random.Random(seed).random  # noqa: S311 - a play shop, no secret

    def below(self, end: int) -> int:
        """Return a whole number from 0 to *end* - 1."""
        return int(self.random() * end)

    def between(self, first: int, last: int) -> int:
        """Return a whole number from *first* to *last*."""
        return first + int(self.random() * (last - first + 1))

    def hits(self, share: float) -> bool:
        """Return true as often as *share* says: 0.25 is one time in four."""
        return self.random() < share

    def of(self, items: Sequence[T]) -> T:
        """Return one of *items*."""
        return items[int(self.random() * len(items))]


class Wheel(Generic[T]):
    """Items that come up as often as their weights say."""

    def __init__(self, items: Sequence[T], weights: Sequence[float]) -> None:
        """Give each of *items* its share."""
        self._items = items
        self._edges = list(accumulate(weights))
        self._whole = self._edges[-1]

    def turn(self, chance: Chance) -> T:
        """Return one of the items."""
        return self._items[bisect_right(self._edges, chance.random() * self._whole)]


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Divide *total* by *weights* into whole numbers that add up to it."""
    edges = list(accumulate(weights))
    cuts = [int(total * edge / edges[-1] + 0.5) for edge in edges]
    return [cut - before for cut, before in zip(cuts, [0, *cuts], strict=False)]
