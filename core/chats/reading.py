"""Results as a model reads them: the head of the rows, cut in every direction, and that said."""

import re
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import orjson

from core.connections import Answer

ROWS = 50
"""Rows that a model reads at once."""
LONGEST = 8_000
"""Characters of them."""
WIDE = 300
"""Characters of one cell."""
NAMES = 4_000
"""Characters of the names of the columns."""
MARKS = re.compile(r" ?\[r\d{1,3}(?:[ ,;]+r\d{1,3})*\]")

SALT = secrets.token_bytes(16)
"""Of this process: whoever knows a chat's id still does not know its mark."""


class Frame:
    """Marks what is data; whoever wrote the data cannot know the mark, so not end it early."""

    def __init__(self, chat_id: str) -> None:
        """Choose the mark of a chat: always the same, so that vendors know its beginning again."""
        self.mark = f"data-{sha256(SALT + chat_id.encode()).hexdigest()[:8]}"

    def __call__(self, text: str) -> str:
        """Return *text* between marks."""
        return f"<{self.mark}>\n{text.replace(self.mark, '…')}\n</{self.mark}>"


def rows(answer: Answer, *, first: int = 0) -> tuple[str, int]:
    """Return the rows from *first* on as lines of cells, and how many of them are there."""
    head = "\t".join(_cell(name) for name, _type in answer.columns)
    lines = [head if len(head) <= NAMES else head[:NAMES] + "…"]
    left = LONGEST
    for row in answer.rows[first : first + ROWS]:
        line = "\t".join(_cell(value) for value in row)
        if len(line) > left and len(lines) > 1:
            break
        lines.append(line if len(line) <= LONGEST else line[:LONGEST] + "…")
        left -= len(line) + 1
    return "\n".join(lines), len(lines) - 1


def counted(answer: Answer, shown: int, *, first: int = 0) -> str:
    """Return in a line how many rows there are, and how many of them are here."""
    count = answer.row_count
    cut = answer.truncated
    more = cut is not None and (cut.rows or cut.bytes)
    if not count:
        return "no rows"
    said = f"{'the first ' if more else ''}{count} row{'' if count == 1 else 's'}"
    if more:
        said += " (there are more, which nobody has seen)"
    if shown < count:
        said += f"; rows {first + 1} to {first + shown} are here"
    if cut is not None and cut.cells:
        said += f"; {cut.cells} long cells were cut"
    return said


def table(columns: Sequence[tuple[str, str]], kept: Sequence[Sequence[Any]], most: int) -> str:
    """Return the head of a table that was shown before, in at most *most* characters."""
    lines = ["\t".join(_cell(name) for name, _type in columns)]
    lines += ["\t".join(_cell(value) for value in row) for row in kept]
    return "\n".join(lines)[:most]


def unmarked(text: str) -> str:
    """Return an answer without the marks of its results."""
    return MARKS.sub("", text)


def marks(text: str) -> list[str]:
    """Return the marks in an answer, each once, in their order."""
    found = (mark for each in MARKS.findall(text) for mark in re.findall(r"r\d+", each))
    return list(dict.fromkeys(found))


def _cell(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            text = value
        case _:
            text = orjson.dumps(value, default=str).decode()
    text = text.replace("\t", " ").replace("\r", " ").replace("\n", " ⏎ ")
    return text if len(text) <= WIDE else f"{text[:WIDE]}…(+{len(text) - WIDE})"
