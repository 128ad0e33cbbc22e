"""Answers and questions that become saved queries."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from bot.answer import savable, told
from bot.cards import Card, Choice, FieldKind, Form, FormField
from bot.cells import short
from bot.forms import Forms
from bot.running import named, run_button
from bot.scene import Scene, command
from bot.words import quoted
from core.app import Core
from core.chats import Cited, Message
from core.chats.guard import harmless
from core.chats.rows import slotted
from core.errors import Conflict, CoreError, Invalid, NotFound
from core.identity import Permission
from core.ids import MessageId, QueryId, derived_id
from core.queries import Query, QueryDraft, QueryExists, QueryNotFound

CHOICES = 25
FIELDS = {"title": "Title", "prompt": "Question", "keywords": "Keywords", "sql": "SQL"}
PLACES = {"title", "prompt", "sql", "keywords", "connection"}


class NothingToSave(Conflict):
    """Nothing of this answer can be saved: no statement behind it can be asked again by itself."""


class SaveMisspelt(Invalid):
    """Write it as Title: question, or leave both out for a form."""


class Saving:
    """Saves queries for those who may."""

    def __init__(self, core: Core, forms: Forms) -> None:
        """Save in *core* what *forms* bring."""
        self._core = core
        self._forms = forms

    async def by_words(self, scene: Scene, words: str) -> None:
        """Save `Title: question`, or ask for both."""
        scene.actor.require(Permission.QUERIES_WRITE)
        if not words.strip():
            await self._form(scene, "save", _blank({}, {}, sql=True), "")
            return
        title, colon, prompt = (part.strip() for part in words.partition(":"))
        if not (title and colon and prompt):
            raise SaveMisspelt
        await self._save(scene, "save", {"title": title.strip(' "“”„'), "prompt": prompt}, None)

    async def of_answer(self, scene: Scene, message_id: str) -> None:
        """Ask by what name an answer is to be saved."""
        scene.actor.require(Permission.QUERIES_WRITE)
        question, answer = await self._core.chats.exchange(scene.actor, MessageId(message_id))
        found = _choices(answer)
        title = found[-1].title or short(question.content, 80)
        values = {"title": title, "prompt": question.content[:3_000], "result": found[-1].result}
        await self._form(scene, f"save:{message_id}", _blank(values, {}, statements=found), "")

    async def submitted(self, scene: Scene, message_id: str, values: Mapping[str, str]) -> None:
        """Save what a form brought."""
        scene.actor.require(Permission.QUERIES_WRITE)
        if not message_id:
            await self._save(scene, "save", values, None)
            return
        _question, answer = await self._core.chats.exchange(scene.actor, MessageId(message_id))
        found = _choices(answer)
        cited = next((each for each in found if each.result == values.get("result")), found[-1])
        await self._save(scene, f"save:{message_id}", values, cited, found)

    # Inside

    async def _save(
        self,
        scene: Scene,
        press: str,
        values: Mapping[str, str],
        cited: Cited | None,
        statements: Sequence[Cited] = (),
    ) -> None:
        problems: dict[str, str] = {}
        at_top = ""
        try:
            query = await self._create(scene, _drafted(values, cited))
        except ValidationError as error:
            first = error.errors()[0]
            problems[str(first["loc"][0])] = str(first["msg"]).removeprefix("Value error, ")
        except TitleTaken as refusal:
            problems["title"] = refusal.message
        except (Invalid, Conflict, NotFound) as refusal:
            at_top = refusal.message
            if cited is None and values.get("sql"):
                problems["sql"], at_top = refusal.message, ""
        else:
            await scene.speaker.whisper(_saved(scene, query))
            return
        fields = _blank(values, problems, statements=statements, sql=cited is None)
        await self._form(scene, press, fields, at_top or next(iter(problems.values()), ""))

    async def _create(self, scene: Scene, draft: QueryDraft) -> Query:
        actor = scene.actor
        # Heard again after a crash, it is the same query.
        id = QueryId(derived_id(actor.organization_id, "saved", scene.heard.id))
        try:
            there = await self._core.queries.find(actor, draft.title)
        except QueryNotFound:
            pass
        except CoreError:
            raise TitleTaken from None
        else:
            if there.id == id:
                return there
            raise TitleTaken
        try:
            return await self._core.queries.create(actor, draft, id=id)
        except QueryExists:
            return await self._core.queries.get(actor, id)

    async def _form(
        self, scene: Scene, press: str, fields: Sequence[FormField], wrong: str
    ) -> None:
        form = Form(
            press=press,
            title="Save query",
            text=harmless(wrong),
            fields=tuple(fields),
            submit="Save",
        )
        await self._forms.open(scene, form, wrong=wrong, lacks="What is it to be called?")


class TitleTaken(Conflict):
    """There is a saved query of that title; choose another."""


def _choices(answer: Message) -> list[Cited]:
    found = savable(answer)
    if not found:
        raise NothingToSave
    return found[:CHOICES]


def _blank(
    values: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    statements: Sequence[Cited] = (),
    sql: bool = False,
) -> list[FormField]:
    """Return the fields of the form, as far as they are filled in."""

    def field(name: str, kind: FieldKind, hint: str = "", *, required: bool = True) -> FormField:
        return FormField(
            name=name,
            label=FIELDS[name],
            kind=kind,
            value=values.get(name, ""),
            hint=hint,
            required=required,
            problem=problems.get(name, ""),
        )

    found = [
        field("title", FieldKind.LINE, "What it is called when it is run"),
        field("prompt", FieldKind.LINES, "The question in words"),
        field(
            "keywords", FieldKind.LINE, "Other words for it, with commas between", required=False
        ),
    ]
    if sql:
        hint = "With {{parameters}}; without any, a model answers the question"
        found.append(field("sql", FieldKind.LINES, hint, required=False))
    if len(statements) > 1:
        choices = tuple(Choice(label=_head(each), value=each.result) for each in statements)
        found.append(
            FormField(
                name="result",
                label="Statement",
                kind=FieldKind.CHOICE,
                value=values.get("result", ""),
                choices=choices,
            )
        )
    return found


def _head(cited: Cited) -> str:
    return short(f"{cited.result}: {cited.title or cited.sql}", 75)


def _drafted(values: Mapping[str, str], cited: Cited | None) -> QueryDraft:
    words = values.get("keywords", "").replace("\n", ",").split(",")
    sql, connection = values.get("sql", "").strip() or None, None
    if cited is not None:
        sql, connection = slotted(cited)[0], cited.connection
    fields: dict[str, Any] = {
        "title": values.get("title", ""),
        "prompt": values.get("prompt", ""),
        "sql": sql,
        "keywords": tuple(word.strip() for word in words if word.strip()),
        "connection": connection,
    }
    return QueryDraft(**fields)


def _saved(scene: Scene, query: Query) -> Card:
    line = command(scene.heard.spot.surface, f"run {quoted(query.title)}")
    for name in query.parameters:
        line += f" {name}=…"
    return told(
        f"Saved **{named(query)}**. Run it by `{line.replace('`', chr(39))}`.", run_button(query)
    )
