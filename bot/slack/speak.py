"""The promise of a speaker, kept on Slack."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import structlog
from typing_extensions import override

from bot.cards import Card, FileCard, Form
from bot.pictures import picture
from bot.slack import forms, hear, markdown
from bot.slack.blocks import Post, posts, small
from bot.slack.files import Files
from bot.slack.growing import Growing
from bot.slack.notes import Kind, Note
from bot.slack.people import People
from bot.slack.streamed import Stopped
from bot.slack.told import Where
from bot.slack.web import SHUT, Refused, Web
from bot.slack.whispers import SHUT_OUT, Whispers
from bot.slack.words import cut, fallback
from bot.slack.written import Written
from bot.speaker import Speaker, SpeechFailed
from core.app import Core
from core.channels import Spot
from core.errors import Conflict

Json = dict[str, Any]

SLOWEST = 3.0
SLOWER = 1.1
"""By how much edits grow rarer: a minute of a whole workspace has fifty of them."""
STATUS_EVERY = 60.0
"""Seconds after which a status is said again; Slack forgets it after two minutes."""
READY = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks whether Slack has looked at a picture."""
UNFIT = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
    | {"invalid_attachments", "too_many_attachments", "msg_blocks_too_many"}
)
"""Refusals of what a message holds; as plain text it goes."""

log = structlog.get_logger()


class Tempo(NamedTuple):
    """How soon and how often somebody is shown something."""

    beat: float = 0.6
    """Seconds between two pieces of what grows; two edits a second are the most."""
    soon: float = 1.5
    """Seconds after which one who waits for a private answer is told that it will come."""


class NotInvited(Conflict):
    """I may not speak in this channel; invite me (/invite @Trellis), then press again."""


class SlackSpeaker(Speaker):
    """Answers one thing that was said or done on Slack."""

    fields = forms.FIELDS

    def __init__(
        self,
        note: Note,
        *,
        core: Core,
        web: Web,
        files: Files,
        people: People,
        whispers: Whispers,
        reader: str,
        where: Where,
        typed: "asyncio.Future[Json] | None" = None,
        stopped: Callable[[], Awaitable[None]] | None = None,
        sought: bool = False,
        tempo: Tempo | None = None,
    ) -> None:
        """Answer *note*.

        Args:
            note: what was said or done.
            core: draws charts.
            web: of the workspace.
            files: of the workspace.
            people: knows who hears a channel.
            whispers: shows what is for the asker alone.
            reader: the workspace that the asker belongs to.
            where: the thread that the answer belongs into.
            typed: waits for what a modal is answered with.
            stopped: is told when somebody presses Stop.
            sought: whether another process may have answered before.
            tempo: how soon and how often.
        """
        self._note = note
        self._tempo = tempo or Tempo()
        self._core = core
        self._web = web
        self._files = files
        self._people = people
        self._whispers = whispers
        self._where = where
        self._typed = typed
        self._on_stop = stopped
        self._sought = sought
        self._reader = (reader, note.user)
        self._growing = Growing(self._written(note.id, where), self._reader)
        self._alone = note.private
        self._pictures: dict[str, str] = {}
        self._drawn: dict[str, FileCard] = {}
        self._handed: set[str] = set()
        self._latest = ("", "")
        self._news = asyncio.Event()
        self._over = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None

    # While it is written

    @override
    async def begin(self) -> Mapping[str, object] | None:
        """Show that work goes on; return what finds this place again."""
        self._accept()
        anchor = {"note": self._note.model_dump(mode="json", exclude_defaults=True)}
        loop = asyncio.get_running_loop()
        if self._alone:
            self._waiting = loop.create_task(self._promise())
            return anchor
        await self._sought_for()
        if not await self._status("is thinking…") and not self._growing.shown:
            await self._growing.begin()
        self._pump = loop.create_task(self._grow())
        return anchor

    @override
    async def grow(self, text: str, status: str = "") -> None:
        """Take what there is of the answer; it is shown at Slack's pace."""
        self._latest = (text, status)
        self._news.set()

    @override
    async def finish(self, card: Card) -> None:
        """Show the whole answer."""
        await self._quiet()
        if self._alone:
            await self._whisper(card)
            return
        await self._sought_for()
        await self._brought(card)
        try:
            await self._shown(card, self._growing.finish)
        except Refused as refused:
            if refused.code not in SHUT:
                raise
            log.info("an answer is told to its asker alone", reason=refused.code)
            self._alone = True
            await self._whisper(card.model_copy(update={"notes": (*card.notes, SHUT_OUT)}))
            return
        for file in card.files:
            await self._give(file)

    async def adopt(self) -> bool:
        """Take over what another process left; False if somebody has removed where it stood."""
        if self._alone:
            return True
        try:
            await self._growing.adopt()
        except Refused as refused:
            if refused.code in {"thread_not_found", "channel_not_found", "message_not_found"}:
                return False
            raise
        return True

    # To one, to all

    @override
    async def whisper(self, card: Card) -> None:
        """Show *card* to the asker alone."""
        await self._quiet()
        await self._whisper(card)

    @override
    async def there(self) -> Spot:
        """Return who hears it now: Slack is asked, as a channel may have been shared just now."""
        self._people.look_again(self._web, self._where.channel)
        return await self._people.spot(self._web, *self._where, fresh=True)

    @override
    async def publish(self, card: Card) -> Spot:
        """Show *card* to everybody; what is finished after that takes its place."""
        await self._quiet()
        thread = self._note.thread if self._note.active or not self._note.whispered else None
        where = Where(self._where.channel, thread)
        written = self._written(f"{self._note.id}/all", where)
        self._growing, self._alone = Growing(written, self._reader, streams=False), False
        await self._sought_for()
        await self._brought(card)
        try:
            await self._shown(card, self._growing.finish)
        except Refused as refused:
            self._alone = self._note.private
            if refused.code in SHUT:
                raise NotInvited from None
            raise
        note = self._note
        return await self._people.spot(
            self._web, where.channel, written.root, kind=note.channel_kind, shared=note.shared
        )

    @override
    async def form(self, form: Form) -> None:
        """Ask for values in a modal."""
        kept = hear.kept(self._note)
        if self._typed is not None and not self._typed.done():
            wrong = forms.errors(form)
            answer: Json = {"response_action": "errors", "errors": wrong}
            if not wrong:
                answer = {"response_action": "update", "view": forms.view(form, kept)}
            self._typed.set_result(answer)
            return
        if not self._note.trigger_works:
            raise SpeechFailed("it is too late for a modal")
        await self._web.attempt(
            "views.open", trigger_id=self._note.trigger, view=forms.view(form, kept)
        )

    @override
    async def mend(self, card: Card) -> None:
        """Show *card* in place of the one on which something was pressed."""
        self._accept()
        if self._note.kind is not Kind.PRESSED or not self._note.ts:
            await self._whisper(card)
            return
        await self._brought(card)
        post = posts(card, self._pictures)[0]
        if self._note.whispered:
            await self._whispers.replace(post)
            return
        await self._web.call(
            "chat.update",
            channel=self._note.channel,
            ts=self._note.ts,
            text=post.text,
            blocks=post.blocks,
        )

    async def close(self) -> None:
        """Stop showing what grows."""
        for task in (self._pump, self._waiting):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
        self._pump = self._waiting = None

    # What grows

    async def _grow(self) -> None:
        """Show what there is at Slack's pace, until it is over."""
        beat, said, said_at = self._tempo.beat, "", self._now()
        while not self._over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), STATUS_EVERY / 4)
            self._news.clear()
            text, doing = self._latest
            try:
                if self._over.is_set():
                    return
                if text:
                    await self._growing.show(text)
                    await self._growing.tick()
                elif (doing and doing != said) or self._now() - said_at > STATUS_EVERY:
                    said, said_at = doing, self._now()
                    await self._status(_status(doing))
            except SpeechFailed as failed:
                log.info("an answer does not grow just now", reason=str(failed))
            except Stopped:
                await self._stop()
                return
            except Exception:
                log.exception("an answer does not grow")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), beat)
            if text and not self._growing.streams:
                beat = min(SLOWEST, beat * SLOWER)

    async def _quiet(self) -> None:
        """Let nothing more of what grows be sent; what is under way comes to its end."""
        self._accept()
        pump, self._pump = self._pump, None
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait({waiting})
        if pump is not None:
            self._over.set()
            self._news.set()
            await asyncio.wait({pump})

    def _accept(self) -> None:
        """Let a modal close, as nothing is wrong with what was typed into it."""
        if self._typed is not None and not self._typed.done():
            self._typed.set_result({})

    async def _stop(self) -> None:
        """Tell that somebody pressed Stop."""
        if self._on_stop is not None:
            await self._on_stop()

    async def _sought_for(self) -> None:
        """Take over what another process may have written, once."""
        if self._sought and not self._alone:
            await self._growing.adopt()
            self._sought = False

    async def _status(self, said: str) -> bool:
        """Say what goes on under the thread; return whether Slack shows it."""
        where = self._where
        if where.thread is None or not self._web.pace.idle("assistant.threads.setStatus"):
            return where.thread is not None
        try:
            async with self._web.pace.turn("assistant.threads.setStatus"):
                await self._web.attempt(
                    "assistant.threads.setStatus",
                    channel=where.channel,
                    thread_ts=where.thread,
                    status=said,
                )
        except Refused as refused:
            log.info("Slack shows no status", reason=refused.code)
            return False
        except SpeechFailed as failed:
            log.info("a status is not shown", reason=str(failed))
        return True

    async def _promise(self) -> None:
        """Tell who waits for a private answer that it will come; Slack shows no command typed."""
        await asyncio.sleep(self._tempo.soon)
        asked = " ".join((self._note.text or self._note.verb).split())
        line = markdown.bold(cut(asked, 250)) if asked else None
        blocks = [*([line] if line else []), *small("The answer comes here; only you see it.")]
        with suppress(SpeechFailed):
            await self._whispers.say(Post(fallback(asked), blocks))

    # What is whole

    async def _shown(
        self, card: Card, show: Callable[[Card, Mapping[str, str]], Awaitable[None]]
    ) -> None:
        """Show *card*, with its pictures as soon as Slack has looked at them."""
        for pause in READY if self._pictures else ():
            try:
                await show(card, self._pictures)
            except Refused as refused:
                if not refused.about_picture:
                    await self._plainly(card, show, refused)
                    return
                await self._web.pace.clock.sleep(pause)
            else:
                return
        try:
            await show(card, {})
        except Refused as refused:
            await self._plainly(card, show, refused)
        for chart in card.charts:
            if chart.id in self._pictures:
                await self._give(self._drawn[chart.id])

    async def _plainly(
        self,
        card: Card,
        show: Callable[[Card, Mapping[str, str]], Awaitable[None]],
        refused: Refused,
    ) -> None:
        """Show the text of *card* alone, where Slack does not take what stands beside it."""
        if refused.code not in UNFIT:
            raise refused
        log.error("Slack takes a card as text alone", reason=str(refused), why=refused.messages)
        await show(card.model_copy(update={"tables": (), "charts": ()}), {})

    async def _brought(self, card: Card) -> None:
        """Bring the pictures of *card* to Slack; without one, its words say what it shows."""
        for chart in card.charts:
            if chart.id in self._pictures:
                continue
            drawn = await picture(self._core, chart)
            if drawn is None:
                continue
            self._drawn[chart.id] = drawn
            try:
                self._pictures[chart.id] = await self._files.bring(drawn)
            except SpeechFailed as failed:
                log.warning("a picture is not taken", reason=str(failed))

    async def _give(self, file: FileCard) -> None:
        """Put a file where the answer is, or give it to who alone sees that; each once."""
        if file.name in self._handed:
            return
        if self._alone:
            await self._whispers.hand(file)
        else:
            await self._files.share(file, self._where)
        self._handed.add(file.name)

    async def _whisper(self, card: Card) -> None:
        await self._brought(card)
        await self._shown(card, self._whispers.show)

    def _written(self, key: str, where: Where) -> Written:
        return Written(self._web, where, key, self._note.ts or "0")

    def _now(self) -> float:
        return self._web.pace.clock.now()


def _status(doing: str) -> str:
    """Return what goes on as Slack says it: `Trellis is asking the database…`."""
    return f"is {doing[0].lower()}{doing[1:]}" if doing else "is thinking…"
