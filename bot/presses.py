"""What the buttons, menus and forms of cards do."""

from collections.abc import Awaitable, Callable, Mapping

from bot.answer import card_of, fenced, told
from bot.asking import Asking
from bot.cards import Card, FieldKind, FileCard, Form, FormField
from bot.cells import short
from bot.forms import Forms
from bot.running import Running, Wish, filled, said_of, typed_of
from bot.saving import Saving
from bot.scene import Scene
from bot.sheets import MOST_ROWS, sheets
from bot.speaker import SpeechFailed
from bot.words import spelled_value
from core.app import Core
from core.chats import Cited, Message, Named, Question, Verdict
from core.chats.guard import harmless
from core.errors import Conflict
from core.ids import MessageId

Do = Callable[[Scene, str, str], Awaitable[bool | None]]
"""Does what a button says, with what stands behind its verb; False if it is not settled yet."""
Take = Callable[[Scene, str, Mapping[str, str]], Awaitable[bool | None]]
SQL = 9_000
"""Characters of statements that are shown; more are a file."""
NOTE = 4_000


class ButtonUnknown(Conflict):
    """That button is from another version of Trellis; ask again for a fresh one."""


class NothingAsked(Conflict):
    """That answer asks for nothing any more; ask again."""


class NothingOffered(Conflict):
    """That question is not offered any more; ask it in your own words."""


class Presses:
    """Does what is pressed."""

    def __init__(
        self, core: Core, asking: Asking, running: Running, saving: Saving, forms: Forms
    ) -> None:
        """Look answers up in *core*, and *forms* that are kept."""
        self._core = core
        self._forms = forms
        self._asking = asking
        self._running = running
        self._saving = saving
        self.verbs: dict[str, Do] = {
            "up": self._up,
            "down": self._down,
            "sql": self._sql,
            "csv": self._csv,
            "save": self._save,
            "rerun": self._rerun,
            "next": self._next,
            "show": self._show,
            "mine": self._mine,
            "fill": self._fill,
            "pick": self._pick,
            "run": self._run,
            "where": self._where,
            "repeat": self._repeat,
        }
        self.forms: dict[str, Take] = {
            "down": self._noted,
            "save": self._saved,
            "fill": self._filled,
            "run": self._ran,
        }

    async def press(self, scene: Scene, press: str, value: str) -> bool:
        """Do what a button says, or what was chosen from a menu.

        Returns:
            Whether it is settled.

        Raises:
            ButtonUnknown: it says nothing to us.
            And whatever it does raises.
        """
        verb, _, rest = press.partition(":")
        do = self.verbs.get(verb)
        if do is None:
            raise ButtonUnknown
        if await self._forms.again(scene, press):
            return True
        return await do(scene, rest, value) is not False

    async def submit(self, scene: Scene, press: str, values: Mapping[str, str]) -> bool:
        """Take what was typed into a form.

        Raises:
            ButtonUnknown: it says nothing to us.
            And whatever is done with it raises.
        """
        verb, _, rest = press.partition(":")
        take = self.forms.get(verb)
        if take is None:
            raise ButtonUnknown
        return await take(scene, rest, values) is not False

    # What is thought of an answer

    async def _up(self, scene: Scene, id: str, _value: str) -> None:
        await self._core.chats.feedback(scene.actor, MessageId(id), Verdict.POSITIVE)
        await scene.speaker.whisper(told("Thanks, noted 👍"))

    async def _down(self, scene: Scene, id: str, _value: str) -> None:
        note = FormField(
            name="note",
            label="What was wrong?",
            kind=FieldKind.LINES,
            hint="For whoever looks after the saved queries and the model",
            required=False,
        )
        form = Form(press=f"down:{id}", title="Feedback", fields=(note,), submit="Send")
        asked = True
        try:  # first of all, as a platform waits for seconds only
            await scene.speaker.form(form)
        except SpeechFailed:
            asked = False
        await self._core.chats.feedback(scene.actor, MessageId(id), Verdict.NEGATIVE)
        if not asked:
            await scene.speaker.whisper(told("Thanks, noted 👎"))

    async def _noted(self, scene: Scene, id: str, values: Mapping[str, str]) -> None:
        note = values.get("note", "").strip().replace("\x00", "")[:NOTE]
        await self._core.chats.feedback(scene.actor, MessageId(id), Verdict.NEGATIVE, note or None)
        await scene.speaker.whisper(told("Thanks, noted 👎"))

    # What stands behind it

    async def _sql(self, scene: Scene, id: str, _value: str) -> None:
        _question, answer = await self._exchange(scene, id)
        told_all = "\n\n".join(_statement(each) for each in answer.statements)
        if len(told_all) <= SQL:
            await scene.speaker.whisper(told(told_all or "No statement stands behind this answer."))
            return
        text = "\n\n".join(f"-- {_headline(each)}\n{each.sql}" for each in answer.statements)
        file = FileCard(name="statements.sql", content=text.encode("utf-8", "replace"))
        await scene.speaker.whisper(Card(text="Its statements:", files=(file,), private=True))

    async def _csv(self, scene: Scene, id: str, _value: str) -> None:
        self._asking.limits.ask(scene.actor.member_id)
        _question, answer = await self._exchange(scene, id)
        files, cut = await sheets(self._core, scene.alone, answer)
        if not files:
            raise NothingAsked("There is no table in that answer.")
        notes = (f"Rows are missing: a file here has {MOST_ROWS:,} at most.",) if cut else ()
        await scene.speaker.whisper(
            Card(text="The table as CSV:", files=tuple(files), notes=notes, private=True)
        )

    async def _save(self, scene: Scene, id: str, _value: str) -> None:
        if id:
            await self._saving.of_answer(scene, id)
        else:
            await self._saving.by_words(scene, "")

    async def _saved(self, scene: Scene, id: str, values: Mapping[str, str]) -> None:
        await self._saving.submitted(scene, id, values)

    # What is asked next

    async def _rerun(self, scene: Scene, id: str, _value: str) -> bool:
        question, answer = await self._exchange(scene, id)
        async with self._asking.once(scene, f"rerun:{id}"):
            return await self._asking.ask(scene, await self._again(scene, question, answer))

    async def _next(self, scene: Scene, rest: str, _value: str) -> bool:
        id, _, number = rest.partition(":")
        _question, answer = await self._exchange(scene, id)
        offered = answer.followups
        if not number.isdecimal() or int(number) >= len(offered):
            raise NothingOffered
        async with self._asking.once(scene, f"next:{rest}"):
            question = Question(text=offered[int(number)], chat_id=answer.chat_id)
            return await self._asking.ask(scene, question)

    async def _fill(self, scene: Scene, id: str, _value: str) -> None:
        await self._running.fill(scene, await self._waiting(scene, id))

    async def _filled(self, scene: Scene, id: str, values: Mapping[str, str]) -> bool:
        wish = await self._waiting(scene, id)
        async with self._asking.once(scene, f"fill:{id}"):
            return await self._running.run(scene, filled(wish, values))

    async def _pick(self, scene: Scene, id: str, value: str) -> bool:
        wish = await self._waiting(scene, id)
        async with self._asking.once(scene, f"pick:{id}"):
            return await self._running.run(scene, wish._replace(connection=value))

    async def _waiting(self, scene: Scene, id: str) -> Wish:
        """Return the saved query that an answer asked back about."""
        _question, answer = await self._exchange(scene, id)
        pending = answer.pending
        if pending is None:
            raise NothingAsked
        query = await self._core.queries.get(scene.actor, pending.query_id)
        typed = {name: typed_of(value) for name, value in pending.values.items()}
        return Wish(query, typed, chat_id=answer.chat_id, press=f"fill:{id}")

    async def _run(self, scene: Scene, rest: str, _value: str) -> bool:
        id, _, connection = rest.partition(":")
        return await self._running.pressed(scene, id, connection or None)

    async def _where(self, scene: Scene, id: str, value: str) -> bool:
        return await self._running.pressed(scene, id, value)

    async def _ran(self, scene: Scene, rest: str, values: Mapping[str, str]) -> bool:
        id, _, connection = rest.partition(":")
        return await self._running.submitted(scene, id, values, connection or None)

    async def _repeat(self, scene: Scene, id: str, _value: str) -> bool:
        """Run what a notice posts, now."""
        notice = await self._core.notices.find(scene.actor, id, spot=scene.heard.spot)
        query = await self._core.queries.get(scene.actor, notice.query_id)
        typed = {name: typed_of(value) for name, value in notice.parameters.items()}
        async with self._asking.once(scene, f"repeat:{id}"):
            return await self._running.run(scene, Wish(query, typed, notice.connection_id))

    # Who sees it

    async def _show(self, scene: Scene, id: str, _value: str) -> None:
        """Show a private answer to everyone who is where it was asked."""
        async with self._asking.once(scene, f"show:{id}"):
            question, answer = await self._exchange(scene, id)
            spot = await scene.speaker.there()  # whoever is new there hears it, too
            there = scene.actor.model_copy(update={"audience": spot.audience, "place": spot.place})
            await self._core.chats.share(
                there.model_copy(update={"place": None}), answer.id
            )  # whether it may be, before anybody sees it
            title = {"title": short(f"{scene.actor.name}: {question.content}", 150)}
            bare = card_of(answer, actor=there).model_copy(update={"controls": (), **title})
            begun = await scene.speaker.publish(bare)
            # Only now is there a thread to hold it; by the answer in it others go on.
            there = there.model_copy(update={"place": begun.place})
            held = await self._core.chats.share(there, answer.id)
            card = card_of(held, actor=there, followups=held.followups)
            await scene.speaker.finish(card.model_copy(update=title))
        shown = card_of(answer, actor=scene.actor, private=False, followups=answer.followups)
        await scene.speaker.mend(shown.model_copy(update={"private": True}))

    async def _mine(self, scene: Scene, id: str, _value: str) -> None:
        """Show an answer to its asker alone, where it could not be shown when it was ready."""
        _question, answer = await self._core.chats.exchange(scene.alone, MessageId(id))
        card = card_of(answer, actor=scene.actor, private=True, followups=answer.followups)
        await scene.speaker.whisper(card)

    # Inside

    async def _exchange(self, scene: Scene, id: str) -> tuple[Message, Message]:
        return await self._core.chats.exchange(scene.actor, MessageId(id))

    async def _again(self, scene: Scene, question: Message, answer: Message) -> Question:
        """Return what was asked, to ask it again by itself.

        What is relative in it, such as last month, moves along. What makes sense only after what
        was said before it, such as "and in 2024?", is asked as what it was understood to be.
        """
        named = question.named or Named()
        if named.query_id is None and answer.model is None and len(answer.statements) == 1:
            (cited,) = answer.statements
            match = await self._core.queries.match(scene.actor, question.content)
            same = match is not None and match.query.id == cited.query_id and not match.missing
            if not same and cited.query_id is not None:
                query = await self._core.queries.get(scene.actor, cited.query_id)
                return Question(
                    text=said_of(query, cited.values),
                    chat_id=answer.chat_id,
                    connection=cited.connection,
                    query_id=query.id,
                    parameters=cited.values,
                )
        return Question(
            text=question.content,
            chat_id=answer.chat_id,
            connection=named.connection,
            query_id=named.query_id,
            parameters=named.values,
            upload_ids=question.uploads,
        )


def _statement(cited: Cited) -> str:
    """Return a statement as it ran, and with which values."""
    values = [f"`{name}` = {harmless(spelled_value(each))}" for name, each in cited.values.items()]
    parts = [f"**{harmless(_headline(cited)).replace('*', '')}**", fenced(cited.sql, "sql")]
    return "\n".join([*parts, *([", ".join(values)] if values else [])])


def _headline(cited: Cited) -> str:
    title = f" ({short(cited.title, 100)})" if cited.title else ""
    return f"{cited.result} on {short(cited.connection, 100)}{title}"
