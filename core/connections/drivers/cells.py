"""Cells as databases hand them out, made fit for any wire; `Result` says what that is.

Whole columns are converted at once: a call per cell would cost more than fetching it.
"""

import json as exact
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

SAFE = 2**53
"""Beyond it a double, and so a JSON number, skips integers."""
DIGITS = 15
"""So many digits survive the way through a double."""
FEW = 20
"""A column with more different values is not sampled."""
LONGEST = 60
"""Characters of a sampled value."""

Convert = Callable[[Sequence[Any]], Sequence[Any]]
"""A column's cells, made fit for any wire; where nothing changes, the very same object."""

_LONG = re.compile(r"\d[\d.]{15}|\d[eE][+-]?\d{2}")


def decimal(text: str) -> int | float | str:
    """Read a decimal's digits: a number where a double carries it exactly, else the digits."""
    mantissa = text.partition("e")[0].partition("E")[0].lstrip("+-")
    whole, point, fraction = mantissa.partition(".")
    # Zeros at either end carry nothing: an average arrives as 2.5000000000000000.
    digits = (whole + fraction.rstrip("0")).lstrip("0")
    if len(digits) > DIGITS or not (whole + fraction).isdigit():
        return text
    if not point and mantissa == text.lstrip("+-"):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else text


def decimals(column: Sequence[str | None]) -> Sequence[Any]:
    """Read a column of decimals, each as `decimal` does."""
    try:
        return [
            None
            if text is None
            else (float(text) if "." in text else int(text))
            if len(text) <= DIGITS
            else decimal(text)
            for text in column
        ]
    except ValueError:  # NaN or Infinity
        return [None if text is None else decimal(text) for text in column]


def integers(column: Sequence[int | None]) -> Sequence[Any]:
    """Write the integers that a double would blur as their digits."""
    present = list(filter(None, column))
    if not present or (max(present) <= SAFE and min(present) >= -SAFE):
        return column
    return [
        number if number is None or -SAFE <= number <= SAFE else str(number) for number in column
    ]


def digits(column: Sequence[str | None]) -> Sequence[Any]:
    """Read a column of integers that came as text."""
    return integers([None if text is None else int(text) for text in column])


def floats(column: Sequence[float | None]) -> Sequence[Any]:
    """Write NaN and the infinities as words; JSON has no numbers for them."""
    # A sum is finite only if every number is; one that overflows merely takes the long way.
    if math.isfinite(sum(filter(None, column))):
        return column
    return [None if number is None else _finite(number) for number in column]


def numbers(column: Sequence[str | None]) -> Sequence[Any]:
    """Read a column of doubles that came as text."""
    return floats([None if text is None else float(text) for text in column])


def _finite(number: float) -> float | str:
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def binary(column: Sequence[bytes | None]) -> Sequence[Any]:
    """Write bytes as a backslash, an x and hexadecimal digits."""
    return [None if data is None else "\\x" + data.hex() for data in column]


def documents(column: Sequence[str | None]) -> Sequence[Any]:
    """Read a column of JSON texts, each as `document` does."""
    return [None if text is None else document(text) for text in column]


def document(text: str) -> Any:
    """Read a JSON text; one that was cut, or is none, stays text.

    Numbers in it are held to the same rule as cells: what a double would blur is a string.
    """
    try:
        if not _LONG.search(text):
            return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass  # NaN and the infinities are none to it; DuckDB writes them all the same
    try:
        value = exact.loads(text, parse_int=decimal, parse_float=decimal, parse_constant=str)
        orjson.dumps(value)  # half of a surrogate pair is no text that could travel
    except (ValueError, RecursionError, orjson.JSONEncodeError):
        return text
    return value


def few(values: Iterable[str | None]) -> tuple[str, ...] | None:
    """Return what a column's head holds, most frequent first; None for too many or nothing."""
    counts = Counter(value for value in values if value is not None)
    if not 0 < len(counts) <= FEW:
        return None
    return tuple(value[:LONGEST] for value, _ in counts.most_common())
