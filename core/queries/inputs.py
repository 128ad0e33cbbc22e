"""What a form asks for, so that a saved query can run, and what was typed into it."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from core.connections.template import read_value
from core.queries.records import Query

if TYPE_CHECKING:  # it brings the SQL parser
    from core.queries.blanks import Blank

KNOWN = 50
"""Known values that are offered."""
DAYS = frozenset({"day", "first day", "last day"})
NUMBERS = frozenset({"year", "month number", "quarter number", "count", "number", "span"})


class Input(NamedTuple):
    """A parameter as the form asks for it."""

    name: str
    label: str
    kind: str
    """The type of the input: text, number, date or month."""
    hint: str = ""
    several: bool = False
    """Whether it takes a list."""
    known: Sequence[str] = ()
    """Values that it is known to take."""


def inputs(query: Query, blanks: Sequence["Blank"]) -> list[Input]:
    """Return what the form of a query asks for, each parameter once."""
    about = {each.name: each for each in blanks}
    return [_input(name, about.get(name)) for name in query.parameters]


def _input(name: str, blank: "Blank | None") -> Input:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("_", " ").strip().lower()
    label = words[:1].upper() + words[1:] or name
    if blank is None:
        return Input(name, label, "text")
    if blank.many:
        return Input(name, label, "text", "with commas between them", True, blank.known[:KNOWN])
    kind, hint = "text", ""
    if blank.use in DAYS:
        kind, hint = "date", "not included" if blank.later else ""
    elif blank.use in NUMBERS:
        kind, hint = "number", f"{blank.unit}s" if blank.unit else ""
    elif blank.use == "month" and blank.format == "%Y-%m":
        kind = "month"
    return Input(name, label, kind, hint, known=blank.known[:KNOWN])


def read_typed(typed: Mapping[str, str], asked: Sequence[Input]) -> dict[str, Any]:
    """Return what was typed as values; what was left empty is missing, and will be named."""
    values: dict[str, Any] = {}
    for each in asked:
        text = typed.get(each.name, "").strip()
        if not text:
            continue
        if each.several and not text.startswith("["):
            values[each.name] = [read_value(part.strip()) for part in text.split(",")]
        else:
            values[each.name] = read_value(text)
    return values
