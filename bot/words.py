"""What is typed behind a command, taken apart."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
"""What phones make of quotes, and what they stand for."""
NAME = re.compile(r"(?:^|(?<=\s))([A-Za-z_]\w*)\s*=\s*")
"""The beginning of a value, `year=`."""
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'')
VALUES = 50
"""Values that are read of one line."""


class Typed(NamedTuple):
    """A name, and values as they were typed."""

    name: str
    values: dict[str, str]
    twice: str = ""
    """A name that has two values."""


def readings(words: str) -> Iterator[Typed]:
    """Yield what `Monthly revenue year=2025 region=North America` may mean, the likeliest first.

    A title may hold a `=` itself; quotes tell it from the values.
    """
    words = words.translate(QUOTES).strip()
    quoted = QUOTED.match(words)
    if quoted is not None and not words[quoted.end() : quoted.end() + 1].strip():
        name = quoted[1] if quoted[1] is not None else quoted[2]
        yield _typed(name, words, [*NAME.finditer(words, quoted.end())][:VALUES])
        return
    found = [each for each in NAME.finditer(words) if not _within(words, each.start())][:VALUES]
    for first in range(len(found) + 1):
        name = words[: found[first].start()] if first < len(found) else words
        yield _typed(name.strip(), words, found[first:])


def quoted(text: str) -> str:
    """Return a title as it is typed behind a command."""
    return '"' + " ".join(text.split()).replace('"', "'") + '"'


def spelled(values: Mapping[str, Any]) -> str:
    """Return values as people read them: `year 2025, region EU`."""
    return ", ".join(
        f"{' '.join(name.split('_'))} {spelled_value(each)}" for name, each in values.items()
    )


def spelled_value(value: Any) -> str:
    """Return a value as it stands in a sentence."""
    if isinstance(value, list | tuple):
        return " and ".join(spelled_value(each) for each in value) or "none"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _within(words: str, at: int) -> bool:
    """Return whether a place stands within quotes."""
    return any(each.start() < at < each.end() for each in QUOTED.finditer(words))


def _typed(name: str, words: str, found: list[re.Match[str]]) -> Typed:
    values: dict[str, str] = {}
    twice = ""
    ends = [each.start() for each in found[1:]] + [len(words)]
    for each, end in zip(found, ends, strict=True):
        text = words[each.end() : end].strip()
        twice = each[1] if each[1] in values else twice
        values[each[1]] = json.dumps(text[1:-1]) if _single(text) else text
    return Typed(name, values, twice)


def _single(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] == "'"
