"""Answers that any platform can show: what is said, what stands beside it, what can be pressed.

A surface turns a card into blocks, embeds and files, and cuts what its platform does not take.
What a button does stands in its `press`, which names everything by id: it works after a restart,
in another process, and for whoever may press it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field as Bounds
from pydantic import StringConstraints

from core.charts import Chart, Grid
from core.record import Record

Press = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""A verb and its ids, `sql:<message>`; Discord takes 100 characters."""
Label = Annotated[str, StringConstraints(min_length=1, max_length=75)]
"""What stands on a button; Slack takes 75 characters, Discord 80."""


GROUP = 25
"""Buttons of one group."""


class Style(StrEnum):
    """How a button looks."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


class Button(Record):
    """Something to press."""

    label: Label
    press: Press
    style: Style = Style.PLAIN


class Choice(Record):
    """One of several."""

    label: Label
    value: Annotated[str, StringConstraints(min_length=1, max_length=75)]


class Menu(Record):
    """A choice to make; the chosen value is handed on with `press`."""

    label: Label
    press: Press
    choices: Annotated[tuple[Choice, ...], Bounds(min_length=1, max_length=25)]


class FileCard(Record):
    """A file beside an answer."""

    name: str
    content: bytes
    alt: str = ""
    """What it shows, for those who do not see it."""


class Card(Record):
    """One answer."""

    title: str | None = None
    text: str = ""
    """Markdown that leads nowhere: bold, italic, lists, code, fences; no link, no mention."""
    tables: tuple[Grid, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    """Small print: what was asked, what was cut."""
    files: tuple[FileCard, ...] = ()
    controls: tuple[tuple[Button | Menu, ...], ...] = ()
    """Groups of what can be pressed, each shown in as many rows as a platform needs; a menu is
    alone. All together take no more than five rows of five."""
    private: bool = False
    """Whether it is for its asker alone."""
    refused: bool = False
    """Whether it is a no."""

    def titles(self, grid: Grid) -> bool:
        """Return whether a table is shown with its title: where no other words have it."""
        if not grid.title:
            return False
        said = f"{self.title or ''}\n{self.text}".casefold()
        return len(self.tables) > 1 or grid.title.casefold() not in said


class FieldKind(StrEnum):
    """How a value is typed."""

    LINE = "line"
    LINES = "lines"
    CHOICE = "choice"


class FormField(Record):
    """One value that a form asks for."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    label: Annotated[str, StringConstraints(min_length=1, max_length=45)]
    kind: FieldKind = FieldKind.LINE
    value: str = ""
    hint: Annotated[str, StringConstraints(max_length=100)] = ""
    choices: Annotated[tuple[Choice, ...], Bounds(max_length=25)] = ()
    required: bool = True
    problem: str = ""
    """Why what was typed before will not do."""


class Form(Record):
    """Several values to type at once; what is typed comes back with `press`."""

    press: Press
    title: Annotated[str, StringConstraints(min_length=1, max_length=24)]
    """Slack takes 24 characters of a modal's title."""
    text: str = ""
    fields: tuple[FormField, ...]
    submit: Annotated[str, StringConstraints(min_length=1, max_length=24)] = "Run"


def groups(controls: Sequence[Button | Menu]) -> tuple[tuple[Button | Menu, ...], ...]:
    """Return controls in groups: menus alone, buttons together."""
    found: list[list[Button | Menu]] = []
    for each in controls:
        last = found[-1] if found else None
        if (
            last is None
            or isinstance(each, Menu)
            or isinstance(last[0], Menu)
            or len(last) == GROUP
        ):
            found.append([each])
        else:
            last.append(each)
    return tuple(tuple(row) for row in found)
