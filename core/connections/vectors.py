"""Vectors of one length, and which of them are nearest to another."""

from array import array
from collections.abc import Sequence
from heapq import nlargest
from math import sqrt
from operator import mul


class Vectors:
    """Unit vectors in their order."""

    def __init__(self, vectors: Sequence[Sequence[float]]) -> None:
        """Keep *vectors*, each brought to length one."""
        self._vectors = [_unit(vector) for vector in vectors]

    def nearest(self, vector: Sequence[float], most: int) -> list[tuple[int, float]]:
        """Return the places of the *most* nearest with the cosine of each that is positive."""
        unit = _unit(vector)
        cosines = ((n, sum(map(mul, unit, each))) for n, each in enumerate(self._vectors))
        near = nlargest(most, cosines, key=lambda each: each[1])
        return [each for each in near if each[1] > 0]


def _unit(vector: Sequence[float]) -> "array[float]":
    length = sqrt(sum(map(mul, vector, vector))) or 1.0
    return array("f", (each / length for each in vector))
