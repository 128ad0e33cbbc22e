"""A finished answer as a card: what it says, what it shows, and what can be pressed under it."""

from collections.abc import Sequence

from bot.cards import Button, Card, Choice, Menu, Style, groups
from bot.cells import head, listed, short
from core.charts import Chart, Grid
from core.chats import Cited, Message, MessageStatus
from core.chats.guard import harmless
from core.chats.rows import repeatable
from core.identity import Actor, Permission

ROWS = 100
"""Rows of a table that go into a card; a platform shows as many of them as it takes."""
TABLES = 5
NAMED = 3
"""Statements that the small print names."""
LABEL = 75
CHOICES = 25
AGAIN = "Re-run"


def card_of(
    message: Message,
    *,
    actor: Actor,
    private: bool = False,
    followups: Sequence[str] = (),
    places: Sequence[Choice] = (),
) -> Card:
    """Return an answer that came to its end, whichever that was.

    Args:
        message: the answer.
        actor: whose role says what may be pressed.
        private: whether its asker alone sees it, and may show it to everyone.
        followups: what may be asked next.
        places: connections to choose from, where the answer asks for one.
    """
    done = message.status is MessageStatus.DONE
    grids = [each for each in message.visualizations if isinstance(each, Grid)][:TABLES]
    return Card(
        text=message.content,
        tables=tuple(head(each, ROWS) for each in grids),
        charts=tuple(each for each in message.visualizations if isinstance(each, Chart))[:TABLES],
        notes=tuple(_notes(message)),
        controls=(
            *groups(_controls(message, actor, private, places)),
            *groups(_next(message, followups)),
        ),
        private=private,
        refused=not done,
    )


def refused(words: str, *controls: Button | Menu) -> Card:
    """Return a no, in words that may repeat what somebody typed."""
    return Card(text=harmless(words), controls=groups(controls), private=True, refused=True)


def told(words: str, *controls: Button | Menu) -> Card:
    """Return something that its asker alone is told, in Markdown of our own."""
    return Card(text=words, controls=groups(controls), private=True)


def fenced(text: str, kind: str = "") -> str:
    """Return *text* as code, which nothing in it ends."""
    return f"```{kind}\n{text.replace('```', chr(39) * 3)}\n```"


def _notes(message: Message) -> list[str]:
    """Return the small print: what was asked, what was cut, what went wrong."""
    named = list(dict.fromkeys(_named(each) for each in message.statements))
    notes = [listed(named, NAMED)] if named else []
    if any(each.truncated for each in message.statements):
        notes.append("There are more rows than were handed out; ask for less at once.")
    if message.failure is not None:
        notes.append(message.failure.error)
    return notes


def _named(cited: Cited) -> str:
    if cited.title is not None:
        return f"Saved query “{short(cited.title, LABEL)}” on {short(cited.connection, LABEL)}"
    return f"SQL on {short(cited.connection, LABEL)}"


def _controls(
    message: Message,
    actor: Actor,
    private: bool,
    places: Sequence[Choice],
) -> list[Button | Menu]:
    id = message.id
    again = Button(label=AGAIN, press=f"rerun:{id}")
    if message.status is not MessageStatus.DONE:
        sql = [Button(label="Show SQL", press=f"sql:{id}")] if message.statements else []
        return [again, *sql]
    if message.pending is not None:
        if message.pending.missing:
            return [Button(label="Fill in", press=f"fill:{id}", style=Style.PRIMARY)]
        return [where(f"pick:{id}", places)] if places else []
    found: list[Button | Menu] = [
        Button(label="👍", press=f"up:{id}"),
        Button(label="👎", press=f"down:{id}"),
    ]
    if message.statements:
        found.append(Button(label="Show SQL", press=f"sql:{id}"))
    if any(isinstance(each, Grid) for each in message.visualizations):
        found.append(Button(label="CSV", press=f"csv:{id}"))
    if actor.may(Permission.QUERIES_WRITE) and savable(message):
        found.append(Button(label="Save query", press=f"save:{id}"))
    if message.statements or message.model is not None:
        found.append(again)
    if private:
        found.append(Button(label="Show everyone", press=f"show:{id}"))
    return found


def _next(message: Message, followups: Sequence[str]) -> list[Button | Menu]:
    """Return what may be asked next, as buttons."""
    return [
        Button(label=short(each, LABEL), press=f"next:{message.id}:{number}")
        for number, each in enumerate(followups)
    ]


def where(press: str, places: Sequence[Choice]) -> Menu:
    """Return the connections that there are, to choose one."""
    return Menu(label="Which connection?", press=press, choices=tuple(places[:CHOICES]))


def savable(message: Message) -> list[Cited]:
    """Return the statements of an answer that could become a saved query."""
    return [each for each in message.statements if not each.lent and repeatable(each)]
