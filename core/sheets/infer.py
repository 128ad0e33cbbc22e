"""What the texts of a column are: numbers, dates, truths, or texts after all.

Python looks at some values of each column and says what they may be; the database then looks at
all of them. What does not hold for every value is text: nothing is lost to a guess.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

NOTHING = ("", "null", "na", "n/a", "nan", "none", "-", "--", "#n/a")
"""What stands for no value in a column of numbers or dates; in texts only nothing itself does."""


class Form(NamedTuple):
    """One way to write a kind of value."""

    pattern: str
    """All of a value's text, for Python and for the database alike."""
    value: str
    """The expression for it in SQL, of the text `{v}`."""
    wider: tuple[str, ...] = ()
    """The forms to try where it does not hold for all."""


_D = r"(?:0?[1-9]|[12][0-9]|3[01])"
_M = r"(?:0?[1-9]|1[0-2])"
_Y = r"(?:1[5-9]|2[0-9])[0-9]{2}"
_T = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_ZONE = r" ?(?:Z|[+-][0-2][0-9](?::?[0-5][0-9])?)"
_INT = r"[+-]?(?:0|[1-9][0-9]{0,17})"
_NAME = r"[A-Za-z]{3}"
_LONG = r"[A-Za-z]{3,9}"


def _parsed(*formats: str) -> str:
    each = [f"try_strptime({{v}}, '{format}')" for format in formats]
    return each[0] if len(each) == 1 else f"coalesce({', '.join(each)})"


def _day(*formats: str) -> str:
    return f"CAST({_parsed(*formats)} AS DATE)"


FORMS: dict[str, Form] = {
    "boolean": Form(r"(?i:true|false)", "try_cast({v} AS BOOLEAN)"),
    "integer": Form(_INT, "try_cast({v} AS BIGINT)", ("decimal", "float")),
    "thousands": Form(
        r"[+-]?(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3}){0,5}|[1-9][0-9]{3,17})",
        "try_cast(replace({v}, ',', '') AS BIGINT)",
        ("english",),
    ),
    "decimal": Form(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)", "{v}", ("float",)),
    "float": Form(
        r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?",
        "try_cast({v} AS DOUBLE)",
    ),
    "english": Form(
        r"[+-]?(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})*|[1-9][0-9]*)(?:\.[0-9]+)?",
        "replace({v}, ',', '')",
    ),
    "german": Form(
        r"[+-]?(?:0|[1-9][0-9]{0,2}(?:\.[0-9]{3})*|[1-9][0-9]*)(?:,[0-9]+)?",
        "replace(replace({v}, '.', ''), ',', '.')",
    ),
    "iso date": Form(f"{_Y}-{_M}-{_D}", "try_cast({v} AS DATE)", ("iso time",)),
    "slashed": Form(f"{_Y}/{_M}/{_D}", _day("%Y/%m/%d")),
    "dotted": Form(f"{_D}\\.{_M}\\.{_Y}", _day("%d.%m.%Y"), ("dotted time",)),
    "day first": Form(f"{_D}[/-]{_M}[/-]{_Y}", _day("%d/%m/%Y", "%d-%m-%Y")),
    "month first": Form(f"{_M}[/-]{_D}[/-]{_Y}", _day("%m/%d/%Y", "%m-%d-%Y")),
    "japanese": Form(f"{_Y}年{_M}月{_D}日", _day("%Y年%m月%d日")),
    "named": Form(f"{_D}[ -]{_NAME}[ -]{_Y}", _day("%d %b %Y", "%d-%b-%Y")),
    "named in full": Form(f"{_D} {_LONG} {_Y}", _day("%d %B %Y", "%d %b %Y")),
    "american": Form(f"{_LONG} {_D}, {_Y}", _day("%b %d, %Y", "%B %d, %Y")),
    "iso time": Form(f"{_Y}-{_M}-{_D}(?:[ T]{_T})?", "try_cast({v} AS TIMESTAMP)", ("zoned",)),
    "zoned": Form(f"{_Y}-{_M}-{_D}[ T]{_T}{_ZONE}", "try_cast({v} AS TIMESTAMPTZ)"),
    "slashed time": Form(f"{_Y}/{_M}/{_D} {_T}", _parsed("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")),
    "dotted time": Form(
        f"{_D}\\.{_M}\\.{_Y}(?: {_T})?",
        _parsed("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y"),
    ),
    "day first time": Form(f"{_D}/{_M}/{_Y} {_T}", _parsed("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")),
    "month first time": Form(
        f"{_M}/{_D}/{_Y} {_T}", _parsed("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
    ),
    "time": Form(_T, "try_cast({v} AS TIME)"),
}
"""In the order in which they are tried."""

AMBIGUOUS = {"day first": "month first", "day first time": "month first time"}
"""03/04/2025 is one or the other: only a day beyond the twelfth tells."""
SCALED = frozenset({"decimal", "english", "german"})
"""Their value is the number's text with a point; how exact it is, all of the column tells."""

_READ = {name: re.compile(form.pattern) for name, form in FORMS.items()}


def is_nothing(text: str) -> bool:
    """Return whether *text* stands for no value."""
    return text.strip().lower() in NOTHING


def is_unclean(text: str) -> bool:
    """Return whether there is something around the value, or a word for none."""
    return text != text.strip() or is_nothing(text)


def is_data(text: str) -> bool:
    """Return whether *text* is a number, a date or a truth: no column is called that."""
    text = text.strip()
    return any(_READ[name].fullmatch(text) for name in FORMS) if text else False


def is_german(columns: Iterable[Sequence[str]]) -> bool:
    """Return whether some column can only be read with a comma for the decimals."""
    others = [_READ["english"], _READ["float"]]
    return any(
        all(map(_READ["german"].fullmatch, some))
        and any(not any(read.fullmatch(value) for read in others) for value in some)
        for some in map(_some, columns)
    )


def candidates(values: Sequence[str], *, german: bool) -> list[str]:
    """Return the forms that every one of *values* may have, the narrowest first.

    Args:
        values: some texts of one column.
        german: whether a column of the file has decimal commas, so that 1.234 is a thousand.
    """
    some = _some(values)
    if not some:
        return []
    fits = [name for name, read in _READ.items() if all(map(read.fullmatch, some))]
    for first, second in AMBIGUOUS.items():
        if first in fits and second in fits:  # none goes beyond the twelfth
            fits = [name for name in fits if name not in {first, second}]
    if german and "german" in fits:
        return ["integer", "german"] if "integer" in fits else ["german"]
    fits = [name for name in fits if name != "german"]
    return [fits[0], *FORMS[fits[0]].wider] if fits else []


def _some(values: Iterable[str]) -> list[str]:
    return [value.strip() for value in values if not is_nothing(value)]
