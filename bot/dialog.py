"""The one conversation that Slack and Discord share: whatever is heard is answered here."""

import asyncio
from collections.abc import Collection
from uuid import uuid4

import structlog

from bot.answer import refused, told
from bot.asking import Asking
from bot.cards import Button, Card, Choice, Form, FormField, Style
from bot.commands import Commands
from bot.forms import Forms
from bot.heard import Anything, Asked, Commanded, Pressed, Run, Submitted
from bot.home import Home
from bot.limits import HeardTooOften, Limits
from bot.piping import Piping
from bot.presses import Presses
from bot.recovery import Recovery
from bot.running import Running, run_button
from bot.saving import Saving
from bot.scene import Scene
from bot.scheduling import Scheduling
from bot.speaker import Speaker, Speech, SpeechFailed
from bot.words import page_of
from core.app import Core
from core.channels import Hearing, Spot
from core.chats import Question, plain
from core.chats.failures import APOLOGY
from core.chats.summary import shown
from core.errors import CoreError
from core.identity import Actor, Audience, Role, Surface
from core.links import Person, PersonUnknown

LONGEST = 40_000
"""Characters of a question."""
STARTERS = 4
FAREWELL = 5.0
"""Seconds in which answers are brought to an end when the process ends."""
NOTHING = "Ask me something about your data, in your own words. Such as:"
TOO_LONG = (
    "That is {length:,} characters; a question has {most:,} at most. "
    "Bring long lists as a file to a chat on the page."
)

log = structlog.get_logger()


class Dialog:
    """Hears what is said on every platform, and answers it."""

    def __init__(
        self, core: Core, *, join: Collection[Surface] = (), limits: Limits | None = None
    ) -> None:
        """Answer from *core*.

        Args:
            core: what the product does.
            join: platforms whose people become viewers when they first ask.
            limits: how often somebody may ask.
        """
        self._core = core
        self._join = frozenset(join)
        self._limits = limits or Limits()
        self._asking = Asking(core, self._limits)
        forms = Forms()
        self._running = Running(core, self._asking, forms)
        self._saving = Saving(core, forms)
        self._scheduling = Scheduling(core, self._running, forms)
        piping = Piping(core, forms)
        self._commands = Commands(
            core,
            ask=self._ask,
            running=self._running,
            saving=self._saving,
            scheduling=self._scheduling,
            piping=piping,
        )
        self._presses = Presses(core, self._asking, self._running, self._saving, forms)
        self._presses.verbs |= {
            "queries": self._more_queries,
            "use": lambda scene, _rest, value: self._commands.use(scene, value),
            "unlink": self._unlink,
            "schedule": lambda scene, _rest, _value: self._scheduling.by_words(scene, ""),
            "schedules": lambda scene, rest, _value: self._scheduling.page(scene, rest),
            "pause": lambda scene, rest, _value: self._scheduling.pause(scene, rest),
            "resume": lambda scene, rest, _value: self._scheduling.resume(scene, rest),
            "unschedule": lambda scene, rest, _value: self._scheduling.delete(scene, rest),
            "pipeline": lambda scene, rest, _value: piping.pressed(scene, rest),
            "pipelines": lambda scene, rest, _value: piping.list(scene, rest),
            "watch": lambda scene, rest, _value: piping.watch(scene, rest),
            "halt": lambda scene, rest, _value: piping.halt(scene, rest),
        }
        self._presses.forms |= {
            "schedule": lambda scene, _rest, values: self._scheduling.submitted(scene, values),
            "pipeline": piping.submitted,
        }
        self._recovery = Recovery(core, self._asking, knows=self._knows, hears=self.hear)
        self._home = Home(core)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    # What surfaces call

    def attend(self, heard: Anything, speaker: Speaker) -> asyncio.Task[None]:
        """Answer what was heard, in a task of its own; whoever heard it goes on hearing."""
        task = asyncio.get_running_loop().create_task(self.hear(heard, speaker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def hear(self, heard: Anything, speaker: Speaker) -> None:
        """Answer what was heard; refusals, and faults of ours, are told to its asker alone.

        Whatever becomes of it, it is done with in the inbox, unless its answer waits for a
        platform that is away or this process is about to end.
        """
        if not await self._hear(heard, speaker):
            return
        try:
            await self._core.channels.done(heard.spot.surface, heard.id)
        except Exception:
            log.exception("what is answered is not known to be", id=heard.id)

    async def forget(
        self,
        surface: Surface,
        workspace: str,
        channel: str,
        message: str,
        *,
        thread: str | None = None,
        id: str | None = None,
    ) -> None:
        """Stop the answer to a message that was deleted on its platform.

        Where another process writes it, it is found by the *id* under which the message was heard
        and by the *thread* in which it stands, or else begins.

        An answer that came to its end stays. A message that was *edited* is not asked again: what
        was answered is what was asked. Whoever wants the other question asks it anew.
        """
        if self._asking.take_back((surface, workspace, channel, message)) or id is None:
            return
        try:
            place = f"{surface}:{workspace}:{channel}:{thread or message}"
            await self._elsewhere(surface, id, place)
        except CoreError as refusal:
            log.info("the answer to a deleted message goes on", reason=refusal.message)

    async def watch(self, surface: Surface, speech: Speech) -> None:
        """Pick up what other processes left and what the platform did not take, until cancelled."""
        await self._recovery.watch(surface, speech)

    async def recover(self, hearing: Hearing, speech: Speech) -> None:
        """Bring one thing that another process left to its end."""
        await self._recovery.recover(hearing, speech)

    async def close(self, seconds: float = FAREWELL) -> None:
        """Stop what is being answered, and wait so many *seconds* until that is shown.

        What is not shown by then is left to the next process.
        """
        self._closing = True
        await self._core.chats.stop()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=1)

    async def actor(self, person: Person, spot: Spot, *, private: bool = False) -> Actor:
        """Return the member that a person is, standing where they speak.

        Args:
            person: as the platform vouches for them.
            spot: where they speak.
            private: whether they alone hear the answer.

        Raises:
            WorkspaceUnknown: nobody has let us in there.
            PersonUnknown: no member is known by that person.
        """
        workspace = await self._core.channels.workspace(spot.surface, spot.workspace)
        actor = await self._core.links.who(
            person, workspace.organization_id, join=spot.surface in self._join
        )
        audience = Audience.ALONE if private else spot.audience
        place = None if private else spot.place
        return actor.model_copy(update={"audience": audience, "place": place})

    # What somebody finds before they ask

    async def home(self, person: Person, spot: Spot) -> Card:
        """Return recent chats and saved queries."""
        return await self._home.card(await self.actor(person, spot, private=True))

    async def starters(self, person: Person, spot: Spot) -> tuple[str, ...]:
        """Return what somebody may ask first."""
        return await self._home.starters(await self.actor(person, spot, private=True))

    async def titles(self, person: Person, spot: Spot, words: str) -> tuple[Choice, ...]:
        """Return the saved queries that somebody may be typing the title of, with their ids."""
        return await self._home.titles(await self.actor(person, spot, private=True), words)

    async def parameters(self, person: Person, spot: Spot, query: str) -> tuple[str, ...]:
        """Return the names of what the query of an id or a title takes."""
        return await self._home.parameters(await self.actor(person, spot, private=True), query)

    async def values(
        self, person: Person, spot: Spot, query: str, name: str, words: str
    ) -> tuple[Choice, ...]:
        """Return known values of a parameter that somebody may be typing."""
        actor = await self.actor(person, spot, private=True)
        return await self._home.values(actor, query, name, words)

    # What is heard

    async def _hear(self, heard: Anything, speaker: Speaker) -> bool:
        """Return whether it is settled."""
        try:
            return await self._answer(heard, speaker)
        except HeardTooOften as refusal:
            if not refusal.told:
                await self._whisper(speaker, refused(refusal.message))
        except PersonUnknown as refusal:
            # Who takes no direct messages may have to be told where everybody reads it.
            open = isinstance(heard, Asked) and not heard.private
            if open and not self._limits.greet(_whose(heard.person)):
                return True
            code = Button(label="I have a code", press="link", style=Style.PRIMARY)
            await self._whisper(speaker, refused(refusal.message, code))
        except CoreError as refusal:
            await self._whisper(speaker, refused(refusal.message))
        except SpeechFailed as failed:
            log.warning("an answer is not taken", reason=str(failed))
        except Exception:
            debug_id = uuid4().hex[:10]
            log.exception("an answer failed", debug_id=debug_id)
            await self._whisper(speaker, refused(APOLOGY.format(debug_id=debug_id)))
        return True

    async def _answer(self, heard: Anything, speaker: Speaker) -> bool:
        person = heard.person
        self._limits.hear(_whose(person))
        if await self._introduced(heard, speaker):
            return True
        scene = Scene(await self._knows(heard), heard, speaker)
        match heard:
            case Asked():
                return await self._ask(scene, heard)
            case Run():
                return await self._running.by_name(
                    scene, heard.query, heard.values, heard.connection
                )
            case Commanded():
                return await self._commands.run(scene, heard.verb, heard.words)
            case Pressed():
                return await self._presses.press(scene, heard.press, heard.value)
            case Submitted():
                return await self._presses.submit(scene, heard.press, heard.values)

    async def _knows(self, heard: Anything) -> Actor:
        return await self.actor(heard.person, heard.spot, private=heard.private)

    async def _ask(self, scene: Scene, asked: Asked) -> bool:
        """Ask a question in plain words."""
        text = plain.text(asked.text.replace("\x00", "")).strip()
        if not text:
            await self._prompt(scene)
            return True
        if len(text) > LONGEST:
            long = TOO_LONG.format(length=len(text), most=LONGEST)
            await scene.speaker.whisper(refused(long))
            return True
        connection = asked.connection or await self._default(scene)
        question = Question(text=text, connection=connection)
        return await self._asking.ask(scene, question, patient=True)

    async def _default(self, scene: Scene) -> str | None:
        """Return what a channel asks unless another is named; a chat goes on with what it asks."""
        chat = None if scene.actor.place is None else await self._core.chats.at(scene.actor)
        if chat is not None and chat.connection_id is not None:
            return None
        found = await self._core.channels.default(scene.actor, scene.heard.spot)
        return None if found is None else found.id

    async def _prompt(self, scene: Scene) -> None:
        """Say what could be asked to whoever asked nothing."""
        near = await self._core.queries.suggest(scene.actor, "", limit=STARTERS)
        await scene.speaker.whisper(told(NOTHING, *map(run_button, near)))

    async def _elsewhere(self, surface: Surface, id: str, place: str) -> None:
        """Stop an answer that another process writes."""
        hearing = await self._core.channels.under_way(surface, id)
        if hearing is None or hearing.chat_id is None:
            return
        if hearing.organization_id is None or hearing.member_id is None:
            return
        asker = Actor(
            organization_id=hearing.organization_id,
            member_id=hearing.member_id,
            name="",
            role=Role.VIEWER,
            surface=surface,
            place=place,
        )
        await self._core.chats.interrupt(asker, hearing.chat_id)

    # Who is who

    async def _introduced(self, heard: Anything, speaker: Speaker) -> bool:
        """Link whoever brings a code; return whether that was it."""
        match heard:
            case Commanded(verb=verb, words=words) if verb.lower() == "link" and words.strip():
                code = words.strip()
            case Submitted(press="link", values=values):
                code = values.get("code", "").strip()
            case Pressed(press="link"):
                await self._ask_for_code(speaker)
                return True
            case _:
                return False
        workspace = await self._core.channels.workspace(heard.spot.surface, heard.spot.workspace)
        actor = await self._core.links.redeem(heard.person, workspace.organization_id, code)
        card = self._commands.helping(
            actor, heard.spot.surface, f"Welcome, {shown(actor.name)}: I know you from now on."
        )
        await speaker.whisper(card)
        return True

    async def _ask_for_code(self, speaker: Speaker) -> None:
        field = FormField(
            name="code", label="Code", hint="`trellis link` or the page gives you one"
        )
        form = Form(press="link", title="Who are you?", fields=(field,), submit="Link")
        await speaker.form(form)

    async def _unlink(self, scene: Scene, _rest: str, _value: str) -> None:
        person = scene.heard.person
        await self._core.links.unlink(scene.actor, person.surface, person.id)
        await scene.speaker.whisper(told("Done: I do not know you any more."))

    async def _more_queries(self, scene: Scene, rest: str, _value: str) -> None:
        number, _, words = rest.partition(":")
        await scene.speaker.mend(await self._commands.queries(scene, words, page_of(number)))

    async def _whisper(self, speaker: Speaker, card: Card) -> None:
        try:
            await speaker.whisper(card)
        except SpeechFailed as failed:
            log.warning("a refusal is not taken", reason=str(failed))
        except Exception:
            log.exception("a refusal is not taken")


def _whose(person: Person) -> str:
    return f"{person.surface}:{person.workspace}:{person.id}"
