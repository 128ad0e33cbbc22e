"""Bytes of people's text files: their encoding, their delimiter, their rows."""

import csv
import io
import re
from collections import Counter
from itertools import chain
from typing import NamedTuple

from core.sheets.errors import FileRefused

DELIMITERS = ",;\t|"
LOOKED_AT = 200
"""Lines by which the delimiter is told."""
AGREE = 0.6
"""Of those lines must have the same number of it."""
SURE = 0.9
"""From here on a few more lines do not count."""
END = "\x01"
LONGEST_CELL = 1024 * 1024
"""Characters of one cell."""
SHORT_LINE = 200
"""Characters up to which a line may be the whole of a row: longer ones are somebody's prose."""

_JSON = re.compile(r"\s*(\[\s*[\[{\"\]]|\{\s*[\"}])")
_SEPARATOR = re.compile(r"sep=([,;\t|])\n", re.IGNORECASE)
_SENTENCE = re.compile(r"[a-zß-ÿ]{2,} [a-zß-ÿ]{2,}.* [a-zß-ÿ]{2,}[.!?]?$")


class Sheet(NamedTuple):
    """A text as a table."""

    text: str
    """With one kind of line end."""
    delimiter: str
    quoted: bool
    """Whether quotes hold cells together."""
    width: int
    """The cells of its longest row."""
    notes: tuple[str, ...]


def decoded(body: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file, and what had to be guessed.

    Raises:
        FileRefused: it is no text.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if body.startswith(mark):
            try:
                return _text(body.decode(encoding)), ()
            except UnicodeDecodeError:
                break
    try:
        return _text(body.decode()), ()
    except UnicodeDecodeError:
        pass
    text = _japanese(body)
    if text is not None:
        return _text(text), ("The text was read as Shift JIS.",)
    try:
        text = body.decode("cp1252")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    return _text(text), ("The text is not UTF-8; it was read as Western European.",)


def _text(text: str) -> str:
    if "\x00" in text:
        raise FileRefused("It is binary data and no text.")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff")


def _japanese(body: bytes) -> str | None:
    """Return what it says in Shift JIS, if that makes sense: there are kana in it."""
    try:
        text = body.decode("cp932")
    except UnicodeDecodeError:
        return None
    foreign = [each for each in text[:100_000] if each > "\x7f"]
    kana = sum("\u3041" <= each <= "\u30ff" for each in foreign)
    return text if kana * 10 >= len(foreign) else None


def sheet(text: str) -> Sheet:
    """Return how *text* is a table.

    Raises:
        FileRefused: it is none: prose, JSON, a single line without a delimiter.
    """
    if not text.strip():
        raise FileRefused("The file is empty.")
    told = _SEPARATOR.match(text)
    delimiter = told.group(1) if told else None
    if told:
        text = text[told.end() :]
    if _JSON.match(text):
        raise FileRefused("It is JSON and no CSV; send it as a table.")
    if delimiter is None:
        delimiter = _delimiter(text)
    if '"' not in text:
        width = max(line.count(delimiter) for line in text.split("\n")) + 1
        return Sheet(text, delimiter, quoted=False, width=width, notes=())
    if (longest := _width(text, delimiter)) is not None:
        return Sheet(text, delimiter, quoted=True, width=longest, notes=())
    width = max(line.count(delimiter) for line in text.split("\n")) + 1
    note = "A quote is never closed; quotes were kept as they stand."
    return Sheet(text, delimiter, quoted=False, width=width, notes=(note,))


def _width(text: str, delimiter: str) -> int | None:
    """Return the cells of the longest row; None if a quote is never closed."""
    csv.field_size_limit(LONGEST_CELL)
    # What stands behind the end comes out alone, unless a cell runs into the end.
    whole = chain(io.StringIO(text if text.endswith("\n") else f"{text}\n"), [END])
    width, row = 0, [""]
    try:
        for row in csv.reader(whole, delimiter=delimiter):
            width = max(width, len(row))
    except csv.Error:
        return None
    return width if row == [END] else None


def _delimiter(text: str) -> str:
    """Return the sign that stands equally often in most lines."""
    lines = _lines(text)
    found = []
    for sign in DELIMITERS:
        counts = [_outside(line, sign) for line in lines]
        for number, times in Counter(counts).items():
            share = times / len(lines)
            if number and share >= AGREE:
                # Decimal commas may be as many as the columns, but the header has none.
                found.append((share >= SURE, counts[0] == number, share, number, sign))
    if found:
        return max(found)[-1]
    if len(lines) > 1 and not any(
        len(line) > SHORT_LINE or _SENTENCE.search(line) for line in lines
    ):
        often = {
            sign: sum(_outside(line, sign) > 0 for line in lines) / len(lines)
            for sign in DELIMITERS
        }
        sign = max(often, key=lambda sign: often[sign])
        if often[sign] >= AGREE or not often[sign]:
            return sign if often[sign] else ","
    raise FileRefused(
        "It is text, but no table: its lines have no comma, semicolon, tab or bar equally often."
    )


def _lines(text: str) -> list[str]:
    """Return the first lines that say something; a line break within quotes ends none."""
    lines, open_line = [], ""
    for line in text[: 512 * 1024].split("\n", LOOKED_AT * 4)[: LOOKED_AT * 4]:
        open_line = f"{open_line} {line}" if open_line else line
        if open_line.count('"') % 2 and len(open_line) < LONGEST_CELL // 16:
            continue
        if open_line.strip():
            lines.append(open_line)
        open_line = ""
        if len(lines) == LOOKED_AT:
            break
    return lines or [text[:1000]]


def _outside(line: str, sign: str) -> int:
    if '"' not in line:
        return line.count(sign)
    return sum(part.count(sign) for part in line.split('"')[::2])
