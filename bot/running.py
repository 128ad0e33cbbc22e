"""Saved queries that are run by name: found, filled in by a form where values lack, and asked."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from bot.answer import fenced, told, where
from bot.asking import Asking, places_of
from bot.cards import Button, Card, Choice, FieldKind, Form, FormField, groups
from bot.cells import short
from bot.forms import Forms
from bot.scene import Scene, command
from bot.words import quoted, readings, spelled
from core.app import Core
from core.chats import Question
from core.chats.guard import harmless, plain
from core.chats.summary import shown
from core.connections import (
    ConnectionAmbiguous,
    ParameterInvalid,
    ParametersMissing,
    ParametersUnknown,
)
from core.connections.template import read_value
from core.errors import Invalid
from core.ids import ChatId, QueryId
from core.queries import Query, QueryNotFound
from core.queries.inputs import Input, inputs, read_typed

WHERE = "@connection"
"""The field of a form that asks for a connection; no parameter is called so."""
NEAR = 5
CHOICES = 25
READ = 1.5
"""Seconds for which a form waits to learn what its values may be; platforms wait for three."""
PLACED = re.compile(r"\{\{(\w+)\}\}")
NAME = 100
"""Characters of a field's name."""
TITLE = 24
LABEL = 45
HINT = 100
PROMPT = 300
HINTS = {"date": "such as 2025-01-31", "month": "such as 2025-01", "number": "a number"}


class Misspelt(Invalid):
    """A value is written NAME=VALUE, each name once, such as year=2025."""


class Wish(NamedTuple):
    """A saved query that is to run, and what is known for it."""

    query: Query
    typed: Mapping[str, str]
    """Values as they were typed."""
    connection: str | None = None
    chat_id: ChatId | None = None
    """The chat that it goes on, where it is not the one of the place."""
    press: str = ""
    """What a form of it comes back with."""


class Running:
    """Runs saved queries for those who name them."""

    def __init__(self, core: Core, asking: Asking, forms: Forms) -> None:
        """Find queries in *core*, ask for values by *forms*, and let *asking* answer."""
        self._core = core
        self._forms = forms
        self._asking = asking

    async def by_words(self, scene: Scene, words: str) -> bool:
        """Run `"Monthly revenue" year=2025`, or whatever of the kind is surely meant."""
        if not words.strip():
            await self.offer(scene, "")
            return True
        first: QueryNotFound | None = None
        for typed in readings(words):
            if typed.twice:
                raise Misspelt(f"{typed.twice} is given twice.")
            if not typed.name:
                continue
            try:
                query = await self._core.queries.find(scene.actor, typed.name)
            except QueryNotFound as refusal:
                first = first or refusal
                continue
            return await self.run(scene, Wish(query, typed.values))
        match = await self._core.queries.match(scene.actor, words)
        if match is not None:
            said = {name: typed_of(value) for name, value in match.parameters.items()}
            return await self.run(scene, Wish(match.query, said))
        await self.offer(scene, next(readings(words)).name or words)
        return True

    async def by_name(
        self, scene: Scene, ref: str, typed: Mapping[str, str], connection: str | None
    ) -> bool:
        """Run the query of a title or an id."""
        try:
            query = await self._core.queries.find(scene.actor, ref)
        except QueryNotFound:
            await self.offer(scene, ref)
            return True
        if connection is not None:  # its id is short enough to stand on a button
            connection = (await self._core.connections.get(scene.actor, connection)).id
        return await self.run(scene, Wish(query, typed, connection))

    async def offer(self, scene: Scene, words: str) -> None:
        """Show the queries nearest to what was named, where none is."""
        near = await self._core.queries.suggest(scene.actor, words[:200], limit=NEAR)
        buttons = [run_button(each) for each in near]
        listing = command(scene.heard.spot.surface, "queries")
        if not near:
            said = "No query is saved yet."
        elif words:
            said = f"No saved query is called {harmless(short(words, 80))}. Nearest are:"
        else:
            said = f"Which saved query? Some of them; `{listing}` shows all:"
        card = Card(text=said, controls=groups(buttons), private=True, refused=bool(words))
        await scene.speaker.whisper(card)

    async def run(self, scene: Scene, wish: Wish) -> bool:
        """Run a query, or ask for what it lacks."""
        query = wish.query
        asked = await self._inputs(scene, query)
        values = _read(wish.typed, asked)
        if any(name not in values for name in query.parameters):
            await self._ask_for(scene, wish, asked)
            return True
        text = said_of(query, values)
        question = Question(
            text=text,
            title=query.title,
            chat_id=wish.chat_id,
            connection=wish.connection,
            query_id=query.id,
            parameters=values,
        )
        try:
            return await self._asking.ask(scene, question)
        except ConnectionAmbiguous:
            await self._ask_where(scene, wish, asked)
        except (ParameterInvalid, ParametersMissing, ParametersUnknown) as refusal:
            await self._ask_for(scene, wish, asked, refusal)
        return True

    async def pressed(self, scene: Scene, query_id: str, connection: str | None = None) -> bool:
        """Run a query whose button was pressed."""
        query = await self._core.queries.get(scene.actor, QueryId(query_id))
        return await self.run(scene, Wish(query, {}, connection))

    async def submitted(
        self, scene: Scene, query_id: str, values: Mapping[str, str], connection: str | None
    ) -> bool:
        """Run a query whose form was filled in."""
        query = await self._core.queries.get(scene.actor, QueryId(query_id))
        return await self.run(scene, filled(Wish(query, {}, connection), values))

    async def fill(self, scene: Scene, wish: Wish) -> None:
        """Open the form of what an answer asked back for."""
        await self._ask_for(scene, wish, await self._inputs(scene, wish.query))

    async def values(self, scene: Scene, query: Query, typed: Mapping[str, str]) -> dict[str, Any]:
        """Return what was typed for a query as values."""
        return _read(typed, await self._inputs(scene, query))

    # Inside

    async def _inputs(self, scene: Scene, query: Query) -> list[Input]:
        """Return what the query takes; what its values may be, where that is known soon enough."""
        if not query.parameters:
            return []
        with suppress(TimeoutError):
            async with asyncio.timeout(READ):
                return inputs(query, await self._core.queries.blanks(scene.actor, query.id))
        return inputs(query, ())

    async def _ask_where(self, scene: Scene, wish: Wish, asked: Sequence[Input]) -> None:
        """Ask which connection is meant; what was typed stays in the form."""
        places = await places_of(self._core, scene.actor)
        if not wish.query.parameters and wish.chat_id is None:
            menu = where(f"where:{wish.query.id}", places)
            said = f"**{named(wish.query)}** can be asked of several connections."
            await scene.speaker.whisper(told(said, menu))
            return
        await self._form(scene, wish, asked, {}, "", places)

    async def _ask_for(
        self,
        scene: Scene,
        wish: Wish,
        asked: Sequence[Input],
        refusal: ParameterInvalid | ParametersMissing | ParametersUnknown | None = None,
    ) -> None:
        """Ask for values; what was typed before stays, and what is wrong stands at its field."""
        problems = problems_of(refusal, wish)
        at_top = "" if refusal is None or problems else refusal.message
        await self._form(scene, wish, asked, problems, at_top, ())

    async def _form(
        self,
        scene: Scene,
        wish: Wish,
        asked: Sequence[Input],
        problems: Mapping[str, str],
        at_top: str,
        places: tuple[Choice, ...],
    ) -> None:
        query = wish.query
        labels = {each.name: each.label for each in asked}
        at_fields = (f"{labels.get(name, name)}: {said}" for name, said in problems.items())
        wrong = at_top or next(at_fields, "")
        many = len(asked) + bool(places) > scene.speaker.fields
        if many or any(len(each.name) > NAME for each in asked):
            await scene.speaker.whisper(_by_hand(scene, wish, asked, wrong))
            return
        fields = [_field(each, wish.typed.get(each.name, ""), problems) for each in asked]
        if places:
            fields.append(
                FormField(
                    name=WHERE, label="Connection", kind=FieldKind.CHOICE, choices=places[:CHOICES]
                )
            )
        said = [plain(each) for each in (at_top, query.prompt[:PROMPT]) if each]
        form = Form(
            press=wish.press or _press(wish),
            title=short(query.title, TITLE),
            text="\n\n".join(said),
            fields=tuple(fields),
        )
        lacks = f"**{named(query)}** needs values."
        await self._forms.open(scene, form, wrong=wrong, lacks=lacks)


def _read(typed: Mapping[str, str], asked: Sequence[Input]) -> dict[str, Any]:
    """Return what was typed as values; those that the query does not take, too."""
    known = {each.name for each in asked}
    others = {name: read_value(text) for name, text in typed.items() if name not in known}
    return read_typed(typed, asked) | others


def run_button(query: Query) -> Button:
    """Return what runs a saved query."""
    return Button(label=short(query.title, 75), press=f"run:{query.id}")


def named(query: Query) -> str:
    """Return a query's title, fit to stand in Markdown."""
    return shown(query.title)


def said_of(query: Query, values: Mapping[str, Any]) -> str:
    """Return a run as a question: `Monthly revenue (year 2025)`."""
    told = spelled(values)
    return (f"{query.title} ({told})" if told else query.title)[:40_000]


def filled(wish: Wish, values: Mapping[str, str]) -> Wish:
    """Return a wish with what a form brought."""
    typed = {name: text for name, text in values.items() if name != WHERE and text.strip()}
    return wish._replace(typed=typed, connection=values.get(WHERE) or wish.connection)


def problems_of(
    refusal: ParameterInvalid | ParametersMissing | ParametersUnknown | None, wish: Wish
) -> dict[str, str]:
    """Return what is wrong, by the parameter that it is about, as far as that is told."""
    match refusal:
        case ParametersMissing(names=names):
            return dict.fromkeys(names, "This is missing.")
        case ParameterInvalid(message=message):
            found = [name for name in PLACED.findall(message) if name in wish.query.parameters]
            return {name: message.replace(f"{{{{{name}}}}}", "This") for name in found[:1]}
    return {}


def typed_of(value: Any) -> str:
    """Return a value as it would be typed."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _press(wish: Wish) -> str:
    return f"run:{wish.query.id}" + (f":{wish.connection}" if wish.connection else "")


def _field(asked: Input, typed: str, problems: Mapping[str, str]) -> FormField:
    choices: tuple[Choice, ...] = ()
    fit = all(0 < len(each.strip()) <= 75 for each in asked.known)  # noqa: PLR2004
    if 0 < len(asked.known) <= CHOICES and fit and not asked.several:
        choices = tuple(Choice(label=short(each, 75), value=each) for each in asked.known)
    if typed and typed not in asked.known:
        choices = ()
    hint = asked.hint or HINTS.get(asked.kind, "")
    if not choices and not hint and asked.known:
        hint = f"such as {asked.known[0]}"
    return FormField(
        name=asked.name,
        label=short(asked.label, LABEL),
        kind=FieldKind.CHOICE if choices else FieldKind.LINE,
        value=typed,
        hint=short(hint, HINT) if hint else "",
        choices=choices,
        problem=problems.get(asked.name, ""),
    )


def _by_hand(scene: Scene, wish: Wish, asked: Sequence[Input], wrong: str) -> Card:
    """Return how a query is run that takes more values than a form here holds."""
    values = [
        f"{each.name}={wish.typed.get(each.name) or (each.known[0] if each.known else '…')}"
        for each in asked
    ]
    line = command(scene.heard.spot.surface, f"run {quoted(wish.query.title)} {' '.join(values)}")
    said = [harmless(wrong)] if wrong else []
    said += [f"**{named(wish.query)}** takes more values than a form here holds. Type:"]
    return Card(text="\n\n".join([*said, fenced(line)]), private=True, refused=bool(wrong))
