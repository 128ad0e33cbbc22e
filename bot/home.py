"""What somebody finds before asking anything: recent chats, saved queries, what may be typed."""

from collections.abc import Sequence

from bot.cards import Card, Choice, groups
from bot.cells import short
from bot.running import named, run_button
from core.app import Core
from core.chats.summary import shown
from core.errors import CoreError
from core.identity import Actor
from core.page import PageAsked
from core.queries import Query

RECENT = 5
QUERIES = 10
STARTERS = 4
CHOICES = 25
LABEL = 75


class Home:
    """Shows what there is."""

    def __init__(self, core: Core) -> None:
        """Look it up in *core*."""
        self._core = core

    async def card(self, actor: Actor) -> Card:
        """Return the recent chats and the saved queries, a button for each of these."""
        chats = (await self._core.chats.list(actor, PageAsked(size=RECENT))).items
        page = await self._core.queries.list(actor, PageAsked(size=QUERIES))
        lines = ["Ask me in a message, or mention me in a channel."]
        if chats:
            lines += ["", "**Recent chats**"]
            lines += [f"- {shown(each.title)} ({each.updated_at:%d %b %Y})" for each in chats]
        if page.items:
            more = f", the first {len(page.items)} of {page.total:,}" if page.has_more else ""
            lines += ["", f"**Saved queries**{more}"]
            lines += [f"- {named(each)}{_takes(each)}" for each in page.items]
        controls = groups([run_button(each) for each in page.items])
        return Card(title="Trellis", text="\n".join(lines), controls=controls, private=True)

    async def starters(self, actor: Actor) -> tuple[str, ...]:
        """Return what somebody may ask first."""
        found = await self._core.chats.followups(actor, user_messages=())
        return tuple(short(each, LABEL) for each in found)

    async def titles(self, actor: Actor, words: str) -> tuple[Choice, ...]:
        """Return the saved queries whose titles somebody may be typing, with their ids."""
        near = await self._core.queries.suggest(actor, words[:100], limit=CHOICES)
        typed = words.strip().lower()
        fit = [each for each in near if typed in each.title.lower()] or list(near)
        return tuple(Choice(label=short(each.title, LABEL), value=each.id) for each in fit)

    async def parameters(self, actor: Actor, ref: str) -> tuple[str, ...]:
        """Return the names of what a saved query takes; nothing where there is none."""
        try:
            return (await self._core.queries.find(actor, ref)).parameters
        except CoreError:
            return ()

    async def values(self, actor: Actor, ref: str, name: str, words: str) -> tuple[Choice, ...]:
        """Return the values that a parameter is known to take and somebody may be typing."""
        try:
            query = await self._core.queries.find(actor, ref)
            blanks = await self._core.queries.blanks(actor, query.id)
        except CoreError:
            return ()
        known: Sequence[str] = next((each.known for each in blanks if each.name == name), ())
        typed = words.strip().lower()
        fit = [each for each in known if typed in each.lower() and 0 < len(each.strip()) <= LABEL]
        return tuple(Choice(label=short(each, LABEL), value=each) for each in fit[:CHOICES])


def _takes(query: Query) -> str:
    takes = ", ".join(" ".join(name.split("_")) for name in query.parameters)
    return f" ({takes})" if takes else ""
