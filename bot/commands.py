"""The one table of commands, and what each does."""

import difflib
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from bot.answer import refused, told, where
from bot.asking import places_of
from bot.cards import Button, Card, Choice, Menu, groups
from bot.cells import short
from bot.heard import Asked
from bot.piping import Piping
from bot.running import Running, named, run_button
from bot.saving import Saving
from bot.scene import Scene, command
from bot.scheduling import Scheduling
from core.app import Core
from core.chats.guard import harmless, plain
from core.chats.summary import shown
from core.connections import Connection, Status
from core.identity import Actor, Permission, Surface
from core.page import Page, PageAsked
from core.queries import Query

Do = Callable[[Scene, str], Awaitable[bool | None]]
Ask = Callable[[Scene, Asked], Awaitable[bool | None]]
PAGE = 10
"""Queries that are listed at once, each with a button."""
FOUND = 20
CONNECTIONS = 25
QUESTION = 200
"""Characters of what seems to be a question, where it is said how to ask it."""
WORDS = 60
"""Characters of the words that were searched for, on the button for more."""
NOWHERE = ("none", "nothing", "off", "-")
"""What is used where nothing is to be used any more."""


class Command(NamedTuple):
    """A word that is understood."""

    usage: str
    says: str
    """What it does."""
    do: Do
    needs: Permission = Permission.CHATS_WRITE


class Commands:
    """Does what is commanded."""

    def __init__(
        self,
        core: Core,
        *,
        ask: Ask,
        running: Running,
        saving: Saving,
        scheduling: Scheduling,
        piping: Piping,
    ) -> None:
        """Do it with *core*; questions go to *ask*."""
        self._core = core
        self._ask = ask
        reads, writes = Permission.QUERIES_READ, Permission.QUERIES_WRITE
        self.table = {
            "ask": Command("ask QUESTION", "answers a question in plain words", self._asked),
            "run": Command('run "TITLE" name=value', "runs a saved query", running.by_words),
            "queries": Command(
                "queries [words]", "lists saved queries, with a button each", self._queries, reads
            ),
            "save": Command(
                "save Title: question",
                "saves a question; alone, it opens a form",
                saving.by_words,
                writes,
            ),
            "connections": Command(
                "connections", "lists the databases that can be asked", self._connections, reads
            ),
            "use": Command(
                "use CONNECTION", "lets this channel ask that database; none forgets it", self._use
            ),
            "schedule": Command(
                'schedule "TITLE" every Monday 9:00 in #channel',
                "posts a saved query again and again",
                scheduling.by_words,
                writes,
            ),
            "schedules": Command(
                "schedules", "lists what is posted, to pause or delete it", scheduling.list, reads
            ),
            "pipeline": Command(
                "pipeline run NAME name=value",
                "runs a saved pipeline; alone, lists them",
                piping.by_words,
                Permission.PIPELINES_RUN,
            ),
            "link": Command("link CODE", "tells me who you are", self._linked),
            "help": Command("help", "shows this", self._help),
        }
        """In the order in which help tells them."""

    async def run(self, scene: Scene, verb: str, words: str) -> bool:
        """Do what is commanded; what is no command is answered with what would be one."""
        found = self.table.get(verb.strip().lower())
        if found is None:
            await self._unknown(scene, verb, words)
            return True
        scene.actor.require(found.needs)
        return await found.do(scene, words.strip()) is not False

    def helping(self, actor: Actor, surface: Surface, first: str = "") -> Card:
        """Return what an actor may say, on one screen."""
        lines = [
            f"`{command(surface, each.usage)}` {each.says}"
            for each in self.table.values()
            if actor.may(each.needs)
        ]
        text = [
            first or "I answer questions about your databases.",
            "\n".join(f"- {line}" for line in lines),
            "Mention me, or write to me: I answer in a thread, and everybody there may go on.",
        ]
        return Card(text="\n\n".join(text), private=True)

    # What is asked

    async def _asked(self, scene: Scene, words: str) -> bool | None:
        heard = scene.heard
        told = heard.model_dump(include=set(Asked.model_fields) - {"text", "connection"})
        return await self._ask(scene, Asked.model_validate(told | {"text": words}))

    async def _queries(self, scene: Scene, words: str) -> None:
        await scene.speaker.whisper(await self.queries(scene, words, 1))

    async def queries(self, scene: Scene, words: str, number: int) -> Card:
        """Return a page of the saved queries, or those nearest to some words."""
        asked = PageAsked(number=max(1, number), size=PAGE)
        if words:
            found = await self._core.queries.search(scene.actor, words[:200], limit=FOUND)
            items = found[asked.offset : asked.offset + PAGE]
            page: Page[Query] = Page(items=items, total=len(found), asked=asked)
        else:
            page = await self._core.queries.list(scene.actor, asked)
        if not page.items:
            said = "No saved query is like that." if words else "No query is saved yet."
            return refused(said) if words else told(said)
        first = asked.offset + 1
        lines = [f"{at}. {_line(each)}" for at, each in enumerate(page.items, first)]
        about = f" near to {harmless(short(words, WORDS))}" if words else ""
        last = asked.offset + len(page.items)
        head = f"Saved queries{about}, {first} to {last} of {page.total:,}:"
        controls = list(groups([run_button(each) for each in page.items]))
        if page.has_more:
            press = f"queries:{asked.number + 1}:{words[:WORDS]}"[:100]
            controls.append((Button(label="More", press=press),))
        return Card(text="\n".join([head, "", *lines]), controls=tuple(controls), private=True)

    # What it is asked of

    async def _connections(self, scene: Scene, _words: str) -> None:
        page = await self._core.connections.list(scene.actor, PageAsked(size=CONNECTIONS))
        if not page.items:
            await scene.speaker.whisper(told(NO_CONNECTION))
            return
        here = await self._core.channels.default(scene.alone, scene.heard.spot)
        used = None if here is None else here.id
        lines = [_described(each, used=each.id == used) for each in page.items]
        if page.has_more:
            lines.append(f"- … and {page.total - len(page.items):,} more")
        menu = _using(await places_of(self._core, scene.actor))
        await scene.speaker.whisper(told("\n".join(lines), menu))

    async def _use(self, scene: Scene, words: str) -> None:
        if not words:
            places = await places_of(self._core, scene.actor)
            if not places:
                await scene.speaker.whisper(told(NO_CONNECTION))
                return
            asked = "Which database does this channel ask?"
            await scene.speaker.whisper(told(asked, _using(places)))
            return
        await self.use(scene, words.strip('"“”'))

    async def use(self, scene: Scene, ref: str) -> None:
        """Let a channel ask a connection from now on."""
        wanted = None if ref.lower() in NOWHERE else ref
        found = await self._core.channels.use(scene.actor, scene.heard.spot, wanted)
        if found is None:
            said = "This channel asks no database in particular any more."
        else:
            said = f"This channel asks {shown(found.name)} from now on, unless another is named."
        await scene.speaker.whisper(told(said))

    # Who and what

    async def _linked(self, scene: Scene, _words: str) -> None:
        actor = scene.actor
        said = f"You are {shown(actor.name)} here, as {actor.role.value}."
        await scene.speaker.whisper(told(said, Button(label="That is not me", press="unlink")))

    async def _help(self, scene: Scene, _words: str) -> None:
        await scene.speaker.whisper(self.helping(scene.actor, scene.heard.spot.surface))

    async def _unknown(self, scene: Scene, verb: str, words: str) -> None:
        near = difflib.get_close_matches(verb.lower(), self.table, n=1, cutoff=0.6)
        meant = f" Did you mean `{command(scene.heard.spot.surface, near[0])}`?" if near else ""
        if words.strip() and not near:
            asked = short(plain(f"{verb} {words}"), QUESTION)
            meant = f" To have it answered: `{command(scene.heard.spot.surface, f'ask {asked}')}`"
        first = f"I do not know {shown(short(verb, 40))}.{meant}"
        card = self.helping(scene.actor, scene.heard.spot.surface, first)
        await scene.speaker.whisper(card.model_copy(update={"refused": True}))


NO_CONNECTION = "There is no connection yet; an admin adds one with `trellis connection add`."


def _line(query: Query) -> str:
    takes = ", ".join(" ".join(name.split("_")) for name in query.parameters)
    return f"**{named(query)}**" + (f" ({takes})" if takes else "")


def _described(connection: Connection, *, used: bool) -> str:
    parts = [f"- **{harmless(connection.name).replace('*', '')}** ({connection.dialect.value})"]
    if connection.description:
        parts.append(harmless(short(connection.description, 150)))
    if connection.status is Status.ERROR:
        parts.append("does not answer just now")
    if used:
        parts.append("*asked by this channel*")
    return ", ".join(parts)


def _using(places: Sequence[Choice]) -> Menu:
    return where("use", places).model_copy(update={"label": "Use in this channel"})
