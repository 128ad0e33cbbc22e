"""What is counted while the product runs; a surface shows it to whoever scrapes it."""

from bisect import bisect_left
from collections import defaultdict

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of a histogram's buckets, in seconds."""

Labels = tuple[tuple[str, str], ...]


class Spread:
    """How long something took, often."""

    def __init__(self) -> None:
        """Begin with nothing measured."""
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Put one measurement into its bucket."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Tally:
    """Counters and spreads, by name and labels; labels come from small closed sets alone."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.counts: defaultdict[tuple[str, Labels], int] = defaultdict(int)
        self.spreads: defaultdict[tuple[str, Labels], Spread] = defaultdict(Spread)

    def count(self, name: str, more: int = 1, **labels: str) -> None:
        """Count one *more* of *name*, or so many."""
        self.counts[name, tuple(labels.items())] += more

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Add a duration of *name*, in seconds."""
        self.spreads[name, tuple(labels.items())].add(seconds)
