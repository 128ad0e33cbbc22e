"""The form of a saved query, as it was filled in."""

from typing import Any

from starlette.datastructures import FormData

from api.page.door import field


def drafted(form: FormData) -> dict[str, Any]:
    """Return the fields of a query's form, in the words of the core."""
    words = field(form, "keywords").replace("\n", ",").split(",")
    sql = field(form, "sql").replace("\r\n", "\n").strip()
    return {
        "title": field(form, "title"),
        "prompt": field(form, "prompt").replace("\r\n", "\n"),
        "sql": sql or None,
        "description": field(form, "description").replace("\r\n", "\n").strip() or None,
        "keywords": tuple(word.strip() for word in words if word.strip()),
        "connection": field(form, "connection") or None,
    }
