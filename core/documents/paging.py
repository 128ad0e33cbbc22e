"""Text in pages: where it breaks by itself, or else where a page would be too long."""

import re
from collections.abc import Iterable, Iterator

from core.documents.tables import RULE

LONGEST = 12_000
"""Characters of a page that has no end of its own."""
BLANK = re.compile(r"\n{3,}")


def paged(text: str, *, longest: int = LONGEST) -> list[str]:
    """Return the pages of a text: a form feed ends one, and so does being too long."""
    pages = [part for page in text.split("\f") for part in _cut(page.strip("\n"), longest)]
    while pages and not pages[-1].strip():
        pages.pop()
    return pages or [""]


def tidied(lines: Iterable[str]) -> str:
    """Return lines as text with no more than one empty line in a row."""
    return BLANK.sub("\n\n", "\n".join(line.rstrip(" \t") for line in lines)).strip("\n")


def _cut(page: str, longest: int) -> Iterator[str]:
    """Yield a page in parts, each ended by an empty line, a line or a word where there is one.

    A table that is cut has its header in every part.
    """
    at, head = 0, ""
    while len(head) + len(page) - at > longest:
        room = longest - len(head)
        half = at + room // 2
        end = next(
            (
                found + len(sign)
                for sign in ("\n\n", "\n", " ")
                if (found := page.rfind(sign, half, at + room)) > 0
            ),
            at + room,
        )
        yield head + page[at:end].rstrip()
        head = _header(page, end, longest)
        at = end
    yield head + page[at:]


def _header(page: str, end: int, longest: int) -> str:
    """Return the header of the table that goes on at a place; nothing where none does."""
    if page[end : end + 1] != "|":
        return ""
    begun = page.rfind("\n\n", 0, end)
    begun = 0 if begun < 0 else begun + 2
    first = page.find("\n", begun)
    second = page.find("\n", first + 1)
    if not 0 < first < second < end or second - begun > longest // 4:
        return ""
    return page[begun : second + 1] if RULE.fullmatch(page, first + 1, second) else ""
