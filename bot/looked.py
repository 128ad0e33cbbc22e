"""What is found when somebody looks whether a platform would let us in."""

from typing import NamedTuple


class Looked(NamedTuple):
    """One thing that was looked at."""

    what: str
    fine: bool
    said: str
    fix: str = ""
    grave: bool = True
    """Whether nothing works without it."""
