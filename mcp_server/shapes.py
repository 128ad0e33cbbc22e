"""JSON schemas of arguments and answers, in as few bytes as they can be said."""

from typing import Any

COMPLETE = {"resultType": "complete"}
"""Stands in every result; the SDK drops it where a client's protocol has no word for it."""

TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer"}
OBJECT: dict[str, Any] = {"type": "object"}
LIST: dict[str, Any] = {"type": "array"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}


def maybe(*schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what may also be null."""
    return {"type": [*(schema["type"] for schema in schemas), "null"]}


ANSWER: dict[str, Any] = {
    "columns": LIST,
    "rows": LIST,
    "row_count": COUNT,
    "cursor": maybe(TEXT),
}
"""What a statement answers."""
