"""A notice that is posted as a card."""

from bot.answer import LABEL
from bot.cards import Button, Card
from bot.cells import head, short
from bot.words import spelled
from core.chats.guard import harmless
from core.notices import Posting

ROWS = 100


def card_of_posting(posting: Posting) -> Card:
    """Return what a channel is told when the time of a notice has come."""
    notice = posting.notice
    values = spelled(notice.parameters)
    title = short(f"{notice.title} ({values})" if values else notice.title, 150)
    small = (f"Posted {notice.said} ({notice.zone}), by {short(notice.created_by_name, LABEL)}",)
    if posting.refusal is not None:
        return Card(title=title, text=harmless(posting.refusal), notes=small, refused=True)
    return Card(
        title=title,
        text="" if posting.grid is not None else "No rows.",
        tables=() if posting.grid is None else (head(posting.grid, ROWS),),
        charts=() if posting.chart is None else (posting.chart,),
        notes=(*posting.notes, *small),
        controls=((Button(label="Run now", press=f"repeat:{notice.id}"),),),
    )
