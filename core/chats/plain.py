"""What is told and kept alike: JSON that every store and every wire can carry."""

import math
from collections.abc import Mapping
from datetime import date, time
from typing import Any

import orjson

EXACT = 2**53
"""Beyond it a double, which is what JSON numbers are to most readers, loses the last digits."""
MEMBERS = 100
"""Of a list that is told to those who watch."""
DEEPEST = 100
"""Lists within lists; what lies deeper is left out."""


def text(said: str) -> str:
    """Return *said* with a mark for what no store keeps: NUL, and half of a character."""
    if not said.isascii():
        # Two halves that were told apart become the character that they are.
        said = said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return said.replace("\x00", "\ufffd") if "\x00" in said else said


def json(value: Any) -> Any:
    """Return *value* as it will come back from the store: lists for tuples, text for moments."""
    try:
        # What holds nothing odd is done in a tenth of the time; NaN becomes null there, too.
        return orjson.loads(orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER))
    except (TypeError, ValueError, RecursionError):
        return _walked(value, 0)


def _walked(value: Any, depth: int) -> Any:
    nested = isinstance(value, Mapping | list | tuple | set | frozenset)
    if nested and depth >= DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {text(str(key)): _walked(each, depth + 1) for key, each in value.items()}
    return [_walked(each, depth + 1) for each in value] if nested else _told(value)


def _told(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= EXACT:
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else None
        case date() | time():
            return value.isoformat()
        case _:
            return text(str(value))


def size(value: Any) -> int:
    """Return how many bytes a value that `json` has returned takes."""
    return len(orjson.dumps(value))


def short(value: Any, most: int) -> Any:
    """Return a value that `json` has returned with its texts cut, or marked where it is long."""
    if isinstance(value, str):
        return value if len(value) <= most else f"{value[: most - 1]}…"
    if isinstance(value, dict) and len(value) <= MEMBERS:
        return {key: short(each, most) for key, each in value.items()}
    if isinstance(value, list) and len(value) <= MEMBERS:
        return [short(each, most) for each in value]
    return f"… ({len(value)} values)" if isinstance(value, dict | list) else value
