"""Cards as messages of Slack: text, one table, pictures, small print, and what can be pressed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bot.cards import Button, Card, Menu, Style
from bot.slack import markdown
from bot.slack.parts import parts
from bot.slack.tables import Tabled, tabled
from bot.slack.words import cut, escaped, fallback
from core.charts import Chart, Grid, described, said

Json = dict[str, Any]

TEXT = 8_000
"""Characters of text in a message: all of its blocks may hold about 13,200, as Slack counts."""
WEIGHT = 10_000
"""The same, as Slack counts them: the signs of its own markup for as many as they are sent as."""
ALT = 1_000
"""Characters that say what a picture shows."""
NOTES = 10
"""Pieces of small print."""
MARKS = re.compile(r"[*_`#~]+")


class Post(NamedTuple):
    """One message."""

    text: str
    """What a notification says."""
    blocks: list[Json]
    said: int = 0
    """How many of its blocks are text, which stands first."""

    @property
    def below(self) -> list[Json]:
        """What stands below its text."""
        return self.blocks[self.said :]


def posts(
    card: Card, pictures: Mapping[str, str], texts: Sequence[str] | None = None
) -> list[Post]:
    """Return the messages that *card* is, at least one.

    Args:
        card: what is said.
        pictures: the ids of the files that its charts are, by the ids of the charts.
        texts: its text in the parts that messages hold, if it is in parts already.
    """
    parted = paragraphs(card.text) if texts is None else texts
    said = [markdown.blocks(each) for each in parted] or [[]]
    title = " ".join((card.title or "").split())
    if title:
        said[0] = [markdown.bold(cut(title, 250)), *said[0]]
    first, *others = rest(card, pictures)
    line = fallback(MARKS.sub("", spoken(card)))
    found = [Post(line, each, len(each)) for each in said]
    found[-1] = found[-1]._replace(blocks=[*said[-1], *first])
    found += [Post(line, each) for each in others]
    return [each if each.blocks else each._replace(blocks=[_plain("…")]) for each in found]


def rest(card: Card, pictures: Mapping[str, str]) -> list[list[Json]]:
    """Return what stands below the text of *card*: blocks of its last message, and of more.

    A message takes one table; what can be pressed stands at the very end.
    """
    tables = [(each, tabled(each)) for each in card.tables]
    several = len(tables) > 1
    found = [_table(grid, shown, card, noted=several) for grid, shown in tables] or [[]]
    notes = [] if several else [shown.note for _grid, shown in tables if shown.note]
    notes += [note for chart in card.charts if (note := _missing(chart, pictures))]
    found[-1] += [
        *(_picture(chart, pictures[chart.id]) for chart in card.charts if chart.id in pictures),
        *small(*notes, *card.notes),
        *controls(card.controls),
    ]
    return found


def paragraphs(text: str) -> list[str]:
    """Return *text* in parts, each of which a message holds."""
    most = min(TEXT, WEIGHT * len(text) // max(1, len(escaped(text))))
    found: list[str] = []
    for part in parts(text, most):
        found += [part] if len(escaped(part)) <= WEIGHT else parts(part, TEXT // 4)
    return found


def small(*notes: str) -> list[Json]:
    """Return small print."""
    said = [note for note in notes if note.strip()][:NOTES]
    elements = [{"type": "plain_text", "text": cut(note, 500), "emoji": False} for note in said]
    return [{"type": "context", "elements": elements}] if elements else []


def controls(groups: Sequence[Sequence[Button | Menu]]) -> list[Json]:
    """Return what can be pressed; each says by its ids alone what it does."""
    return [
        {"type": "actions", "elements": [_control(at, each) for at, each in enumerate(group)]}
        for group in groups
        if group
    ]


def spoken(card: Card) -> str:
    """Return what a card says first, for those who see no more of it."""
    tables = (grid.title for grid in card.tables if grid.title)
    charts = (said(chart) or "" for chart in card.charts)
    return next(
        (each for each in (card.title, card.text, *tables, *charts, *card.notes) if each), ""
    )


def alt(chart: Chart) -> str:
    """Return what a picture shows, in words."""
    return cut(described(chart), ALT)


def _table(grid: Grid, shown: Tabled, card: Card, *, noted: bool) -> list[Json]:
    if shown.block is None:
        return small(shown.note) if noted else []
    title = [markdown.bold(cut(grid.title, 250))] if grid.title and card.titles(grid) else []
    return [*title, shown.block, *(small(shown.note) if noted else [])]


def _picture(chart: Chart, file: str) -> Json:
    return {"type": "image", "slack_file": {"id": file}, "alt_text": alt(chart)}


def _missing(chart: Chart, pictures: Mapping[str, str]) -> str:
    """Return what a chart shows where its picture could not be brought."""
    return "" if chart.id in pictures else alt(chart)


def _control(at: int, control: Button | Menu) -> Json:
    if isinstance(control, Menu):
        options = {
            each.value: {"text": _words(each.label), "value": each.value}
            for each in control.choices
        }
        return {
            "type": "static_select",
            "action_id": f"menu:{at}:{control.press}",
            "placeholder": _words(control.label),
            "options": list(options.values()),
        }
    shown = {
        "type": "button",
        "action_id": f"press:{at}:{control.press}",
        "text": _words(control.label),
        "value": control.press,
    }
    return shown | ({"style": control.style.value} if control.style is not Style.PLAIN else {})


def _words(text: str) -> Json:
    return {"type": "plain_text", "text": cut(text, 75), "emoji": True}


def _plain(text: str) -> Json:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}
