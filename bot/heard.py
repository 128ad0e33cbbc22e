"""What somebody said or pressed, in the words of no platform."""

from typing import Annotated

from pydantic import Field

from core.channels import Spot
from core.links import Person
from core.record import Record


class Heard(Record):
    """A question, a command or a press, and where its answer belongs."""

    id: str
    """The platform's own id of it; delivered twice, it is the same."""
    person: Person
    spot: Spot
    private: bool = False
    """Whether its answer is for the asker alone, as a slash command's is, and as is what is pressed
    on a card that nobody else sees."""
    message: str | None = None
    """The platform's message that says it, where it is one; who deletes that takes it back."""
    zone: str | None = None
    """The asker's time zone, such as Europe/Berlin, where the platform tells."""


class Asked(Heard):
    """Words meant for the analyst: a mention, a direct message, `/trellis ask`."""

    text: str
    connection: str | None = None


class Channel(Record):
    """A channel that is named among words."""

    written: str
    """As it stands in them, such as `<#C123|sales>`."""
    name: str
    spot: Spot


class Commanded(Heard):
    """A word of the table of commands, and the rest as it was typed."""

    verb: str
    words: str = ""
    channels: tuple[Channel, ...] = ()
    """Those that the words name and the platform knows."""


class Run(Heard):
    """A saved query by title or id, with values as they were typed."""

    query: str
    values: dict[str, str] = Field(default={})
    connection: str | None = None


class Pressed(Heard):
    """A button or a menu of a card.

    Its spot is the thread that the card stands in or begins.
    """

    press: Annotated[str, Field(max_length=100)]
    value: str = ""
    """What was chosen from a menu."""


class Submitted(Heard):
    """A form that was filled in."""

    press: Annotated[str, Field(max_length=100)]
    values: dict[str, str]


Anything = Asked | Commanded | Run | Pressed | Submitted
