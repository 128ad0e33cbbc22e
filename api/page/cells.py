"""One value of a row, for eyes."""

from typing import Any, NamedTuple

from core.charts import Form
from core.sheets.written import plain

HEAD = 140
"""Characters of a text that are shown at once."""
LONGEST = 4_000
"""Characters that are shown when somebody opens it; the CSV has them all."""


class Cell(NamedTuple):
    """A value, fit to be shown."""

    text: str
    null: bool = False
    rest: str = ""
    """The whole of a long text."""
    left: int = 0
    """Characters that are not even in the rest."""


def cell(value: Any, form: Form | None = None) -> Cell:
    """Return a JSON value as it is shown, an amount in the *form* of its column."""
    if form is not None and (amount := form.written(value)) is not None:
        return Cell(amount)
    match value:
        case None:
            return Cell("NULL", null=True)
        case str():
            text = value
        case _:
            text = plain(value)
    if len(text) <= HEAD and "\n" not in text.strip():
        return Cell(text)
    head = " ".join(text[: HEAD * 2].split())[:HEAD]
    return Cell(f"{head}…", rest=text[:LONGEST], left=max(0, len(text) - LONGEST))
