"""Slack, assembled: it hears over sockets and HTTP, keeps what it hears, and has it answered."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import ClientSession, ClientTimeout
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from starlette.types import ASGIApp

from bot.dialog import Dialog
from bot.slack.courier import SlackCourier
from bot.slack.doors import Doors
from bot.slack.hear import Deleted
from bot.slack.http import Events
from bot.slack.listening import Listening
from bot.slack.notes import Note
from bot.slack.pace import Clock
from bot.slack.pane import Pane
from bot.slack.people import People
from bot.slack.poster import SlackPoster
from bot.slack.socket import Sockets
from bot.slack.speak import Tempo
from bot.slack.speech import SlackSpeech
from bot.slack.teams import Teams, TokenRefused
from bot.slack.unfurl import Unfurling
from bot.speaker import SpeechFailed
from core.app import Core
from core.channels import HeardInvalid, WorkspaceTaken
from core.errors import CoreError, Unavailable
from core.identity import Actor, Surface
from core.record import Record

EVENTS = "/slack/events"
AT_ONCE = 32
"""Things that are answered at once by one process; the others wait, as they are kept."""
CALM = 1.0
"""Seconds for which answering waits while more is being heard."""
MODAL = 2.0
"""Seconds that a modal waits to hear what is wrong with what was typed."""
TIMEOUT = ClientTimeout(total=30, connect=10)
PATIENT = 10.0
AGAIN = 30.0
"""Seconds between two tries to reach Slack at the start."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, *[30.0] * 29)
"""Seconds between two tries to learn who said something, a quarter of an hour in all."""

log = structlog.get_logger()


class Keys(Record):
    """What Slack gave the app; each pair turns one way in on."""

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    api_url: str | None = None

    @property
    def on(self) -> bool:
        """Whether there is a way in, and somewhere to answer."""
        heard = self.app_token is not None or self.signing_secret is not None
        return heard and (self.bot_token is not None or self.installs)

    @property
    def installs(self) -> bool:
        """Whether workspaces can let us in by OAuth."""
        return bool(self.client_id) and self.client_secret is not None


class Slack:
    """Hears Slack, and has it answered by the dialog."""

    def __init__(
        self,
        core: Core,
        dialog: Dialog,
        keys: Keys,
        *,
        url: str = "",
        signed_in: Callable[[Any], Coroutine[Any, Any, Actor]] | None = None,
        tempo: Tempo | None = None,
        clock: Clock | None = None,
        ping: float = 10.0,
    ) -> None:
        """Hear with *keys*.

        Args:
            core: the product.
            dialog: answers.
            keys: what Slack gave the app.
            url: how others reach this server, for OAuth and for links to chats.
            signed_in: tells who sits before a request of the page.
            tempo: how soon and how often somebody is shown something.
            clock: by which Slack's limits are kept.
            ping: seconds between two signs of life of a socket.
        """
        self._core = core
        self._dialog = dialog
        self._keys = keys
        self._url = url.rstrip("/")
        self._signed_in = signed_in
        self._tempo = tempo or Tempo()
        self._clock = clock
        self._ping = ping
        secret = keys.signing_secret
        self._events = Events(secret.get_secret_value() if secret else "")
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._calm = asyncio.Event()
        self._calm.set()
        self._hearing = 0
        self._people = People()
        self._session: ClientSession | None = None
        self._sockets: Sockets | None = None
        self._bolt: AsyncApp | None = None
        self._doors = Doors(core, keys.client_id, keys.client_secret, self._url, signed_in)

    @property
    def keys(self) -> Keys:
        """What Slack gave the app."""
        return self._keys

    @property
    def routes(self) -> Mapping[str, ASGIApp]:
        """What the API port takes in, by exact path."""
        found: dict[str, ASGIApp] = {}
        if self._keys.signing_secret is not None:
            found[EVENTS] = self._events
        if self._keys.installs:
            found |= self._doors.routes
        return found

    async def start(self, patience: float = PATIENT) -> None:
        """Begin to hear; what Slack refuses is logged with what mends it, and ends nothing.

        Args:
            patience: how many seconds to wait until it hears; it goes on to begin after them.
        """
        keys = self._keys
        self._session = ClientSession(timeout=TIMEOUT)
        self._teams = Teams(
            self._core,
            session=self._session,
            url=keys.api_url,
            token=keys.bot_token,
            clock=self._clock,
        )
        self._doors.client = self._teams.client()
        self._speech = SlackSpeech(
            self._core,
            self._teams,
            session=self._session,
            people=self._people,
            tempo=self._tempo,
        )
        self._pane = Pane(
            self._dialog,
            teams=self._teams,
            people=self._people,
            speech=self._speech,
            unfurling=Unfurling(self._core, self._dialog, self._teams, self._people, url=self._url),
        )
        secret = keys.signing_secret.get_secret_value() if keys.signing_secret else ""
        self._bolt = Listening(self, self._pane, self._teams).app(self._teams.client(), secret)
        self._core.notices.posts(Surface.SLACK, SlackPoster(self._core, self._teams, self._session))
        self._core.couriers.carries(Surface.SLACK, SlackCourier(self._core, self._teams))
        opening = self.beside(self._open())
        if patience:
            await asyncio.wait({opening}, timeout=patience)

    async def hush(self) -> None:
        """Hear nothing more; what is being answered is answered."""
        self._events.app = None
        if self._sockets is not None:
            await self._sockets.close()

    async def stop(self) -> None:
        """Hear nothing more; what is not answered yet is left to the next process."""
        await self.hush()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=2)
        if self._session is not None:
            await self._session.close()

    # The way in

    async def _adopted(self) -> bool:
        """Return whether Slack has told which workspace the token is of; if not, it is asked on."""
        owner, _founded = await self._core.identity.settle(Surface.SLACK)
        try:
            workspace = await self._teams.adopt(owner)
        except TokenRefused as refused:
            _complain("Slack refuses SLACK_BOT_TOKEN", BOT_TOKEN, str(refused))
        except WorkspaceTaken as refusal:
            _complain("SLACK_BOT_TOKEN is of a workspace that is taken", TAKEN, refusal.message)
        except SpeechFailed as failed:
            log.warning("Slack does not answer; it is asked again", reason=str(failed))
            return False
        else:
            if workspace is not None:
                log.info("Slack is on", workspace=workspace.name)
        return True

    async def _open(self) -> None:
        adopted = await self._adopted()
        while not adopted:
            await asyncio.sleep(AGAIN)
            adopted = await self._adopted()
        self._events.app = self._bolt
        self.beside(self._dialog.watch(Surface.SLACK, self._speech))
        token = self._keys.app_token
        if token is not None and self._bolt is not None:
            self._sockets = Sockets(
                self._bolt, token.get_secret_value(), self._teams.client(), ping=self._ping
            )
            await self._sockets.open()

    # What is heard

    async def keep(self, note: Note) -> bool:
        """Keep a note, and have it answered; False where it could not be kept."""
        new = await self._claimed(note)
        if new:
            self.beside(self._answer(note))
            if self._pane.names(note):
                self.beside(self._pane.asked(note))
        return new is not None

    async def typed(self, note: Note) -> dict[str, Any] | None:
        """Have what was typed answered, and wait a little for what is wrong with it."""
        new = await self._claimed(note)
        if not new:
            return None if new is None else {}
        wrong: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        answering = self.beside(self._answer(note, wrong))
        waiting: set[asyncio.Future[Any]] = {wrong, answering}
        await asyncio.wait(waiting, timeout=MODAL, return_when=asyncio.FIRST_COMPLETED)
        if not wrong.done():
            wrong.set_result({})
        return wrong.result()

    async def _claimed(self, note: Note) -> bool | None:
        """Return whether a note is new; None where it could not be kept."""
        self._hearing += 1
        self._calm.clear()
        try:
            kept = note.model_dump(mode="json", exclude_defaults=True)
            return await self._core.channels.hear(Surface.SLACK, note.team, note.id, kept)
        except HeardInvalid:
            return False
        except Unavailable as refusal:
            log.warning("something heard is not kept; Slack tells it again", why=refusal.message)
            return None
        finally:
            self._hearing -= 1
            if not self._hearing:
                self._calm.set()

    async def _answer(
        self, note: Note, wrong: "asyncio.Future[dict[str, Any]] | None" = None
    ) -> None:
        """Answer a note in its turn; where that cannot be now, others have theirs meanwhile."""
        for pause in PAUSES:
            if await self._settled(note, wrong):
                return
            await asyncio.sleep(pause)
        if not await self._settled(note, wrong):
            await self._core.channels.done(Surface.SLACK, note.id)

    async def _settled(self, note: Note, wrong: "asyncio.Future[dict[str, Any]] | None") -> bool:
        """Return whether a note is answered, or never will be."""
        async with self._places:
            with suppress(TimeoutError):
                # A burst is acknowledged first.
                await asyncio.wait_for(self._calm.wait(), 0 if wrong is not None else CALM)
            try:
                heard, speaker = await self._speech.met(note, typed=wrong)
            except (CoreError, SpeechFailed) as failed:
                # Slack or our own store is away, or there is no key to a token just now.
                log.warning("something heard is not answered", reason=str(failed))
                if isinstance(failed, Unavailable) or not getattr(failed, "for_good", True):
                    return False
            except Exception:
                log.exception("something heard is not understood")
            else:
                try:
                    await self._dialog.attend(heard, speaker)
                finally:
                    await speaker.close()
                return True
        await self._core.channels.done(Surface.SLACK, note.id)
        return True

    def beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something in a task of its own; what goes wrong in it is logged."""

        async def guarded() -> None:
            try:
                await work
            except (CoreError, SpeechFailed) as refusal:
                log.info("something beside was refused", reason=str(refusal))
            except Exception:
                log.exception("something beside stumbled")

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            work.close()  # in case that it never began

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(ended)
        return task

    async def deleted(self, gone: Deleted) -> None:
        """Stop the answer to a message that was deleted."""
        await self._dialog.forget(
            Surface.SLACK, gone.team, gone.channel, gone.ts, thread=gone.thread, id=gone.id
        )

    async def left(self, team: str) -> None:
        """Forget a workspace that has removed us."""
        self._people.forget(team)
        await self._teams.leave(team)


def _complain(what: str, fix: str, reason: str) -> None:
    log.error(what, fix=fix, reason=reason)


BOT_TOKEN = "Set SLACK_BOT_TOKEN to the Bot User OAuth Token of the app, and restart."  # noqa: S105
TAKEN = "Remove it there first, or use another workspace."
