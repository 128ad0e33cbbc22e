"""Names of tables and columns that need no quotes, and still say what they are called."""

import re
import unicodedata
from collections.abc import Collection, Iterable

LONGEST = 60
"""Characters of a name of ours."""

_NEITHER = re.compile(r"\W+")
_OURS = re.compile(r"column_\d+", re.IGNORECASE)


def plain(text: str) -> str:
    """Return *text* as an identifier, or nothing: `Unit price (€)` is `Unit_price`."""
    clean = unicodedata.normalize("NFKC", text[:1000])
    name = _NEITHER.sub("_", clean).strip("_")[:LONGEST].strip("_")
    return f"_{name}" if name[:1].isdigit() else name


def columns(headers: Iterable[str], keywords: Collection[str]) -> list[str]:
    """Return a name for each header: unlike the others, no keyword, never empty."""
    taken: set[str] = set()
    names = []
    for number, header in enumerate(headers, 1):
        name = plain(header) or f"column_{number}"
        if _OURS.fullmatch(name) and name != f"column_{number}":
            name = f"{name}_"  # the place of another may go by it
        names.append(_unlike(name, taken, keywords))
    return names


def table(title: str, taken: set[str], keywords: Collection[str]) -> str:
    """Return a name for a table, unlike those *taken*, among which it is from then on."""
    return _unlike(plain(title) or "table", taken, keywords)


def _unlike(name: str, taken: set[str], keywords: Collection[str]) -> str:
    if name.casefold() in keywords:
        name = f"{name}_"
    found, number = name, 2
    while found.casefold() in taken:
        found, number = f"{name.rstrip('_')}_{number}", number + 1
    taken.add(found.casefold())
    return found
