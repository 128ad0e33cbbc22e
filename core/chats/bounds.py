"""How much one answer of a model may take; what is over is stopped, and said."""

from typing import NamedTuple


class Bounds(NamedTuple):
    """The ceilings of one turn."""

    steps: int = 16
    """Requests to the model; in the last one it can only answer."""
    tokens: int = 400_000
    """Tokens in and out, of all requests together."""
    calls: int = 40
    """Uses of tools."""
    repairs: int = 4
    """How often in a row a statement that failed may be tried again."""
    text: int = 40_000
    """Characters of an answer."""
