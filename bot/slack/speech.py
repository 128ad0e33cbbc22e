"""Slack to whoever answers: what was noted becomes what was heard, and who answers it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import ClientSession
from pydantic import ValidationError
from typing_extensions import override

from bot.heard import Anything
from bot.slack import hear
from bot.slack.files import Files
from bot.slack.notes import Note
from bot.slack.people import People
from bot.slack.speak import SlackSpeaker, Tempo
from bot.slack.teams import Teams
from bot.slack.told import Where
from bot.slack.whispers import Whispers
from bot.speaker import Speaker, Speech, SpeechFailed
from core.app import Core
from core.channels import WorkspaceUnknown
from core.errors import CoreError
from core.links import Person

Json = dict[str, Any]

log = structlog.get_logger()


class SlackSpeech(Speech):
    """Makes speakers."""

    def __init__(
        self, core: Core, teams: Teams, *, session: ClientSession, people: People, tempo: Tempo
    ) -> None:
        """Speak in the workspaces of *teams*."""
        self._core = core
        self._teams = teams
        self._session = session
        self._people = people
        self._tempo = tempo

    async def met(
        self, note: Note, *, typed: "asyncio.Future[Json] | None" = None, sought: bool = False
    ) -> tuple[Anything, SlackSpeaker]:
        """Return what was noted, and who answers it.

        Args:
            note: what was said or done.
            typed: waits for what a modal is answered with.
            sought: whether another process may have answered before.

        Raises:
            WorkspaceUnknown: we are not at home there any more.
            SpeechFailed: Slack does not tell who it was.
        """
        web = await self._teams.web(note.team)
        heard = await hear.heard(note, web, self._people, late=sought)
        whispers = Whispers(web, note, session=self._session, people=self._people, sought=sought)

        async def stopped() -> None:
            await self.stop(heard)

        speaker = SlackSpeaker(
            note,
            core=self._core,
            web=web,
            files=Files(web, self._session),
            people=self._people,
            whispers=whispers,
            reader=heard.person.workspace,
            where=Where(heard.spot.channel, heard.spot.thread),
            typed=typed,
            stopped=stopped,
            sought=sought,
            tempo=self._tempo,
        )
        return heard, speaker

    async def stop(self, heard: Anything) -> None:
        """Stop what is being answered where somebody pressed Stop."""
        await self.interrupt(
            heard.spot.workspace, heard.spot.channel, heard.spot.thread, heard.person
        )

    async def interrupt(self, team: str, channel: str, thread: str | None, person: Person) -> None:
        """Stop what is being answered in a thread, if *person* may."""
        try:
            web = await self._teams.web(team)
            spot = await self._people.spot(web, channel, thread)
            workspace = await self._core.channels.workspace(spot.surface, team)
            actor = await self._core.links.who(person, workspace.organization_id)
            here = actor.model_copy(update={"audience": spot.audience, "place": spot.place})
            chat = await self._core.chats.at(here)
            if chat is not None:
                await self._core.chats.interrupt(here, chat.id)
        except (CoreError, SpeechFailed) as refusal:
            log.info("nothing is stopped", reason=str(refusal))

    @override
    async def again(self, payload: Mapping[str, object]) -> tuple[Anything, Speaker] | None:
        """Return what was noted by a process that is gone, and who answers it."""
        note = _noted(payload)
        if note is None:
            return None
        try:
            return await self.met(note, sought=True)
        except WorkspaceUnknown:
            return None

    @override
    async def resume(self, anchor: Mapping[str, object]) -> Speaker | None:
        """Return who finishes what was begun; None if somebody has removed where it stood."""
        kept = anchor.get("note")
        note = _noted(kept) if isinstance(kept, Mapping) else None
        if note is None:
            return None
        try:
            _heard, speaker = await self.met(note, sought=True)
        except WorkspaceUnknown:
            return None
        return speaker if await speaker.adopt() else None


def _noted(payload: Mapping[str, object]) -> Note | None:
    try:
        return Note.model_validate(payload)
    except ValidationError:
        return None
