"""By which of its columns a statement sorts."""

import re
from collections.abc import Sequence

TELLING = frozenset({"revenue", "amount", "total", "value"})
"""Words of the measure that a ranking is about where nothing else says so."""
_ORDER = re.compile(
    r"""\border\s+by\s+(?:[\w"`]+\.)*("[^"]+"|`[^`]+`|\w+)\s*(?=$|,|;|\)|asc\b|desc\b|nulls\b|limit\b)""",
    re.IGNORECASE,
)


def sorted_by(sql: str | None, names: Sequence[str]) -> str | None:
    """Return the name, in lower case, of the column of *names* by which *sql* sorts first.

    It is a hint and no more: None where that is not plain to see.
    """
    found = list(_ORDER.finditer(sql or ""))
    if not found:
        return None
    rest = (sql or "")[found[-1].end() :]
    if rest.count(")") > rest.count("("):
        return None  # it sorts inside of something: a window, a part of the statement
    text = found[-1][1].strip('"`')
    if text.isdigit():
        return names[int(text) - 1].lower() if 1 <= int(text) <= len(names) else None
    return next((name.lower() for name in names if name.lower() == text.lower()), None)
