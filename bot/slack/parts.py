"""Where a text may be cut in two: between paragraphs, and in a fence so that both halves are."""

import re
from collections.abc import Iterator
from typing import NamedTuple

FENCE = re.compile(r" {0,3}(`{3,}+|~{3,}+)[ \t]*+([^`\n]*+)$")


class Cut(NamedTuple):
    """A place where a text is cut."""

    at: int
    """Characters before it."""
    close: str = ""
    """What ends the fence that is open there."""
    reopen: str = ""
    """What begins it anew."""


def cut(text: str, most: int, least: int = 1) -> Cut:
    """Return where to cut *text* so that no more than *most* characters stand before it.

    Args:
        most: what fits, with the sign that ends a fence; at least a hundred.
        least: what stands before it in any case, since it was shown already.
    """
    if len(text) <= most:
        return Cut(len(text))
    best = Cut(0)
    worth = 0
    at, fence = 0, ""
    for line in text[:most].splitlines(keepends=True):
        bare = line.rstrip("\n")
        if at >= least and at > 0:
            # The later, the better; a paragraph's end is worth a third of the room.
            bonus = 0 if fence else most // 3 if text.endswith("\n\n", 0, at) else most // 6
            close = f"\n{_sign(fence)}" if fence else ""
            # With the fence closed it must still fit.
            if at - 1 + len(close) <= most and at + bonus >= worth:
                best = Cut(at, close, f"{fence}\n" if fence else "")
                worth = at + bonus
        fence = _after(bare, fence)
        at += len(line)
    if best.at > max(least, most // 4):
        return best
    return _inside(text, most, least, fence)


def seam(text: str) -> Cut:
    """Return how *text* is ended where it is, and what goes on after it is begun."""
    fence = ""
    for line in text.split("\n"):
        fence = _after(line, fence)
    if not fence:
        return Cut(len(text))
    return Cut(len(text), f"\n{_sign(fence)}", f"{fence}\n")


def parts(text: str, most: int) -> Iterator[str]:
    """Yield *text* in parts of at most *most* characters, each of them whole Markdown."""
    while len(text) > most:
        found = cut(text, most)
        yield text[: found.at].rstrip("\n") + found.close
        text = found.reopen + (text[found.at :] if found.reopen else text[found.at :].lstrip("\n"))
    if text.strip():
        yield text


def _inside(text: str, most: int, least: int, fence: str) -> Cut:
    """Cut a line that is too long: between words, else between any two signs."""
    close = f"\n{_sign(fence)}" if fence else ""
    end = max(least, most - len(close))
    space = text.rfind(" ", max(least, end // 2), end)
    at = space + 1 if space > 0 else end
    while at > least + 1 and _joins(text[at : at + 1]):
        at -= 1
    return Cut(at, close, f"{fence}\n" if fence else "")


def _joins(sign: str) -> bool:
    """Return whether a sign belongs to the one before it, as an accent or half of a family."""
    return bool(sign) and (sign in "\u200d\ufe0f" or "\U0001f3fb" <= sign <= "\U0001f3ff")


def _after(line: str, fence: str) -> str:
    """Return what fence is open after *line*, where *fence* was before it; empty for none."""
    found = FENCE.match(line)
    if found is None:
        return fence
    if not fence:
        return found[1] + found[2].strip()[:20]
    return "" if not found[2].strip() and _closes(fence, found[1]) else fence


def _sign(fence: str) -> str:
    return fence[: len(fence) - len(fence.lstrip(fence[0]))]


def _closes(fence: str, line: str) -> bool:
    return line[0] == fence[0] and len(line) >= len(_sign(fence))
