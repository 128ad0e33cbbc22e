"""Text in pages: where it breaks by itself, or else where a page would be too long."""

import re
from collections.abc import Iterable, Iterator

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
    """Yield a page in parts, each ended by an empty line, a line or a word where there is one."""
    at = 0
    while len(page) - at > longest:
        half = at + longest // 2
        end = next(
            (
                found + len(sign)
                for sign in ("\n\n", "\n", " ")
                if (found := page.rfind(sign, half, at + longest)) > 0
            ),
            at + longest,
        )
        yield page[at:end].rstrip()
        at = end
    yield page[at:]
