"""An answer's Markdown in blocks that are not torn: paragraphs, fences, tables."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import NamedTuple

# Blanks are taken once and for all: an answer of blanks alone would be tried in all its parts.
_OPEN = re.compile(r" {0,3}(`{3,}+|~{3,}+)[ \t]*+([A-Za-z0-9_+#.\-]{0,20}(?=\s|$))?([^`]*+)$")
_RULE = re.compile(r"\s*+\|?\s*+:?-++:?\s*+(\|\s*+:?-++:?\s*+)*\|?\s*+$")
_CELL = re.compile(r"(?<!\\)\|")


class Kind(Enum):
    """What a block is."""

    PROSE = auto()
    CODE = auto()
    TABLE = auto()


class Block(NamedTuple):
    """One of them."""

    kind: Kind
    text: str
    info: str = ""
    """The language of code."""
    apart: bool = True
    """Whether an empty line stands before it."""


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of *text*; a fence that was not closed yet ends with it."""
    lines = text.replace("\r\n", "\n").split("\n")
    at, apart = 0, False
    while at < len(lines):
        if not lines[at].strip():
            at, apart = at + 1, True
            continue
        if opened := _OPEN.match(lines[at]):
            end = _closing(lines, at + 1, opened[1])
            # What stands behind the language is shown nowhere else.
            said = [opened[3].strip()] if opened[3].strip() else []
            text = "\n".join([*said, *lines[at + 1 : end]])
            yield Block(Kind.CODE, text, opened[2] or "", apart)
            at = end + 1
        elif _is_table(lines, at):
            end = _last(lines, at)
            yield Block(Kind.TABLE, "\n".join(lines[at:end]), apart=apart)
            at = end
        else:
            end = at + 1
            while end < len(lines) and lines[end].strip() and not _begins(lines, end):
                end += 1
            yield Block(Kind.PROSE, "\n".join(line.rstrip() for line in lines[at:end]), apart=apart)
            at = end
        apart = False


def cells(row: str) -> list[str]:
    """Return the cells of a row of a table, without the marks that would be bold elsewhere."""
    inner = row.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    plain = (each.strip().replace("\\|", "|") for each in _CELL.split(inner))
    return [each.replace("**", "").strip("`") for each in plain]


def _closing(lines: Sequence[str], at: int, fence: str) -> int:
    """Return where a fence ends: at a line of as many of its signs, or with the text."""
    while at < len(lines):
        line = lines[at].strip()
        if len(line) >= len(fence) and not line.strip(fence[0]):
            return at
        at += 1
    return at


def _begins(lines: Sequence[str], at: int) -> bool:
    return bool(_OPEN.match(lines[at])) or _is_table(lines, at)


def _is_table(lines: Sequence[str], at: int) -> bool:
    return (
        "|" in lines[at]
        and at + 1 < len(lines)
        and "|" in lines[at + 1]
        and bool(_RULE.match(lines[at + 1]))
        and len(cells(lines[at])) == len(cells(lines[at + 1]))
    )


def _last(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and "|" in lines[at]:
        at += 1
    return at
