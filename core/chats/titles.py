"""What a chat is called until somebody names it, and the head of what was said in it last."""

import re
import unicodedata

from core.chats.guard import plain

UNTITLED = "New chat"
LONGEST = 80
"""Characters of a title."""
PREVIEW = 200
"""Characters of the head of the last thing said."""
FENCE = re.compile(r"^\s*(?:```|~~~)")
MARK = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+•]\s+|\d{1,2}[.)]\s+)+")
EMPHASIS = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
LINK = re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\s]{0,2000}\)")
READ = 4_000
"""Characters that are read for it."""
JOINER = "\u200d"
LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Those that flags are made of."""


def title_of(question: str) -> str:
    """Return a title made from the first question: its first line, cut between words.

    Marks of lists, headings and code are no part of it; a line above code introduces it.
    """
    lines = [_bare(line) for line in question[:READ].splitlines() if not FENCE.match(line)]
    line = next((line for line in lines if _tells(line)), "")
    return _cut(line, LONGEST) or UNTITLED


def preview_of(said: str) -> str:
    """Return the head of what was said, in one line.

    Code comes without its fence, so what stands in it is made as harmless as all the rest.
    """
    lines = [_bare(line) for line in said[:READ].splitlines() if not FENCE.match(line)]
    head = " ".join(line for line in lines if line)[: 4 * PREVIEW]
    return _cut(" ".join(plain(head).split()), PREVIEW)


def _bare(line: str) -> str:
    line = EMPHASIS.sub(r"\2", LINK.sub(r"\1", MARK.sub("", line)))
    seen = (" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in line)
    return " ".join("".join(seen).split())


def _tells(line: str) -> bool:
    """Return whether there is anything in a line but punctuation."""
    return any(unicodedata.category(sign)[0] in "LNS" for sign in line)


def _cut(line: str, most: int) -> str:
    """Return *line*, or its head and `…`: between words, or between characters as they are seen."""
    if len(line) <= most:
        return line
    end = most - 1
    while end > most // 2 and _joined(line, end):
        end -= 1
    head = line[:end]
    words = head.rpartition(" ")[0]
    if line[end : end + 1] != " " and len(words) > most // 2:
        head = words
    return f"{head.rstrip(' ,;:-(')}…"


def _joined(line: str, at: int) -> bool:
    """Return whether what stands before and after *at* is seen as one character."""
    after, before = line[at], line[at - 1]
    # Two letters make a flag, so the first of a run belongs to the second, not to the third.
    flags = at - len(line[:at].rstrip(LETTERS))
    return (
        JOINER in {after, before}
        or unicodedata.category(after) in {"Mn", "Me", "Mc"}
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or (after in LETTERS and flags % 2 == 1)
    )
