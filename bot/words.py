"""What is typed behind a command, taken apart."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

NAME = re.compile(r"(?:^|(?<=\s))([^\W\d]\w*)\s*=\s*")
"""The beginning of a value, `year=`."""
QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|(?<!\w)'([^']*)'(?!\w)|[“„]([^“”\"]*)[“”\"]|«([^»]*)»")
"""What stands in quotes, whatever a phone makes of them; an apostrophe is none."""
LONGEST = 4_000
"""Characters that are read."""
DIGITS = 6
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
    words = words[:LONGEST].strip()
    spans = [each.span() for each in QUOTED.finditer(words)]
    found = [
        each
        for each in NAME.finditer(words)
        if not any(begin < each.start() < end for begin, end in spans)
    ][:VALUES]
    quoted = QUOTED.match(words)
    if quoted is not None and not words[quoted.end() : quoted.end() + 1].strip():
        yield _typed(_inside(quoted), words, found)
        return
    for first in range(len(found) + 1):
        name = words[: found[first].start()] if first < len(found) else words
        yield _typed(name.strip(), words, found[first:])


def quoted(text: str) -> str:
    """Return a title as it is typed behind a command."""
    line = " ".join(text.split())
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def page_of(text: str) -> int:
    """Return the number of a page as a button says it; the first where it says none."""
    return max(1, int(text)) if text.isdecimal() and len(text) <= DIGITS else 1


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


def _typed(name: str, words: str, found: list[re.Match[str]]) -> Typed:
    values: dict[str, str] = {}
    twice = ""
    ends = [*(each.start() for each in found[1:]), len(words)]
    for each, end in zip(found, ends, strict=False):
        text = words[each.end() : end].strip()
        twice = each[1] if each[1] in values else twice
        said = QUOTED.fullmatch(text)
        # In quotes it is a text, even where it looks like a number.
        values[each[1]] = text if said is None else json.dumps(_inside(said), ensure_ascii=False)
    return Typed(name, values, twice)


def _inside(quoted: re.Match[str]) -> str:
    """Return what stands in quotes."""
    plain, *others = quoted.groups()
    if plain is None:
        return next(each for each in others if each is not None)
    return re.sub(r"\\(.)", r"\1", plain)
