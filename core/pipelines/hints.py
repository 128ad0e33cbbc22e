"""What may have been meant by names that do not exist, looked for within bounds.

To compare two names closely takes up to some hundredths of a second, and a definition may hold
100,000 names that do not exist, beside thousands that do.
"""

from collections.abc import Collection

from core.connections.nearest import LONGEST, nearest

WORK = 200_000
"""Pairs of characters that are looked at for one definition: about a second at the very most."""


class Hints:
    """Finds what was meant, until there has been enough of it."""

    def __init__(self, work: int = WORK) -> None:
        """Look at so many pairs of characters in all."""
        self._left = work

    def __call__(self, name: str, known: Collection[str]) -> str:
        """Return the name of those *known* that comes nearest; empty if none does, or no longer."""
        if self._left <= 0:
            return ""
        name = name[:LONGEST]
        self._left -= len(name) * sum(min(len(each), LONGEST) for each in known)
        near = nearest(name, known, 1) if self._left >= 0 else ()
        return near[0] if near else ""


def meant(near: str) -> str:
    """Return the end of a message that tells what was meant; empty where nobody knows."""
    return f"; did you mean {near}?" if near else ""
