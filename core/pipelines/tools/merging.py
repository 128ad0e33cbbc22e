"""Answers about the parts of one long document, put together."""

from collections.abc import Mapping, Sequence
from typing import Any

NOT_FOUND = "__not_found__"
"""What the contract calls a field that a document does not tell."""


def merged(parts: Sequence[Any]) -> dict[str, Any]:
    """Return one answer out of those about each part: the first that says something counts.

    Lists are put behind each other, each member once.
    """
    found: dict[str, Any] = {}
    for part in parts:
        for key, value in as_mapping(part).items():
            before = found.get(key)
            if is_nothing(before):
                found[key] = value
            elif isinstance(before, list) and isinstance(value, list):
                found[key] = before + [each for each in value if each not in before]
            elif isinstance(before, dict) and isinstance(value, dict):
                found[key] = merged([before, value])
    return found


def as_mapping(answer: Any) -> dict[str, Any]:
    """Return what a model answered as names and values."""
    if isinstance(answer, Mapping):
        return {str(key): value for key, value in answer.items()}
    return {"items": answer} if isinstance(answer, list) else {"value": answer}


def is_nothing(value: Any) -> bool:
    """Return whether a value says nothing."""
    return value is None or value in ("", NOT_FOUND, [], {})
