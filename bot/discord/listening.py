"""What comes in from Discord, on its way to the dialog."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import discord
import structlog
from discord import HTTPException, InteractionType, Thread
from discord.abc import GuildChannel
from discord.http import MultipartParameters

from bot.answer import refused
from bot.dialog import Dialog
from bot.discord.acting import Acting
from bot.discord.acts import MAY_OPEN_FORMS, Hands
from bot.discord.booth import Booth
from bot.discord.complete import Completing
from bot.discord.gate import Gate
from bot.discord.hear import Directs, Ears, Place, person_of
from bot.discord.homes import Homes
from bot.discord.kept import kept
from bot.discord.offered import register
from bot.discord.parcel import Json, Parcel
from bot.discord.patience import passes
from bot.discord.roots import Roots
from bot.discord.spoken import Spoken
from bot.discord.token import Token, TokenOver
from bot.discord.wire import CHOICES, DEFERRED
from bot.heard import Anything
from bot.speaker import Speaker, SpeechFailed
from core.channels import DIRECT, Spot
from core.errors import CoreError
from core.identity import Surface
from core.links import Person

RECENT = 10_000
"""Things whose second delivery is known without asking the store."""
CALM = 1.0
"""Seconds for which the work on a command waits until no other waits to be acknowledged."""
PLACES = 1_000
"""Channels that are remembered though Discord does not tell of them."""
NOT_HERE = (
    "I am not at home on this server. Whoever runs me lists it in DISCORD_GUILD_ID or "
    "TRELLIS_DISCORD_GUILDS."
)

log = structlog.get_logger()


class Listening:
    """Hears one client."""

    def __init__(self, booth: Booth, dialog: Dialog, homes: Homes, gate: Gate) -> None:
        """Hand on to *dialog* what *gate* hears of our servers; it has logged in by now."""
        self._core = booth.core
        self._dialog = dialog
        self._homes = homes
        self._gate = gate
        self._me = booth.me
        self.booth = booth
        roots = Roots(booth.wire.message)
        directs = Directs(self._latest)
        self._ears = Ears(
            self._me,
            homes.guilds,
            finds=self._found,
            roots=roots,
            directs=directs,
            reads=gate.intents.message_content,
        )
        self._hands = Hands(roots, directs)
        self._completing = Completing(booth.core, dialog)
        self._recent: OrderedDict[int, None] = OrderedDict()
        self._places: OrderedDict[int, Place | None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._acknowledging = 0
        self._calm = asyncio.Event()
        self.closing = False

    # What the client hands on

    async def hear(self, message: discord.Message) -> None:
        """Answer a message that is meant for us."""
        if self.closing:
            return
        said = await self._ears.message(message)
        if said is None or self._known(message.id):
            return
        heard, where = said
        speaker = Spoken(self.booth, heard, where)
        if await self._kept(heard, kept(heard, where, None), speaker):
            self._dialog.attend(heard, speaker)

    async def do(self, interaction: discord.Interaction) -> None:
        """Answer what was commanded, pressed, filled in, or is being typed."""
        if self.closing or self._known(interaction.id):
            return
        if interaction.type is InteractionType.autocomplete:
            await self._complete(interaction)
            return
        token = self._token(interaction)
        if not self._homes.welcome(interaction.guild_id):
            await self._decline(token)
            return
        try:
            try:
                await self._acknowledge(interaction, token)
            except TokenOver as error:
                # Done all the same; what it comes to is told in direct messages.
                log.warning("a command cannot be responded to any more", reason=str(error))
            act = await self._hands.act(interaction)
            if act is None:
                token.leave()
                return
            speaker = Acting(self.booth, act.heard, act.where, token)
            payload = kept(act.heard, act.where, token)
            if await self._kept(act.heard, payload, speaker):
                task = self._dialog.attend(act.heard, speaker)
                task.add_done_callback(lambda done: self._close(speaker, done))
            else:
                token.leave()
        except (TokenOver, HTTPException) as error:
            log.warning("an interaction is not answered", reason=str(error))

    async def forget(self, guild: int | None, channel: int, message: int) -> None:
        """Stop the answer to a message that was deleted."""
        if not self._homes.welcome(guild):
            return
        parent = channel
        if guild is not None:
            found = self._gate.get_guild(guild)
            there = None if found is None else found.get_channel_or_thread(channel)
            if isinstance(there, Thread):
                parent = there.parent_id
        workspace = DIRECT if guild is None else str(guild)
        await self._dialog.forget(Surface.DISCORD, workspace, str(parent), str(message))

    async def meet(self, guild: discord.Guild) -> None:
        """Move in on a server of ours; on others we stay silent."""
        if not self._homes.welcome(guild.id):
            log.warning("this server is not answered: no setting names it", guild=guild.id)
            return
        await self._homes.move_in(guild.id, guild.name, self._me)
        await register(self.booth.wire, self.booth.app, guild.id)

    async def begin(self) -> None:
        """Be there for direct messages."""
        await self._homes.move_in(None, "", self._me)
        await register(self.booth.wire, self.booth.app, None)

    # Inside

    def _known(self, id: int) -> bool:
        """Return whether something was heard already, as when Discord tells it again."""
        if id in self._recent:
            return True
        self._recent[id] = None
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        return False

    async def _kept(self, heard: Anything, payload: Mapping[str, Any], speaker: Speaker) -> bool:
        """Return whether it is ours to answer, and kept until it is answered."""
        spot = heard.spot
        try:
            guild = None if spot.workspace == DIRECT else int(spot.workspace)
            named = None if guild is None else self._gate.get_guild(guild)
            await self._homes.move_in(guild, "" if named is None else named.name, self._me)
            return await self._core.channels.hear(spot.surface, spot.workspace, heard.id, payload)
        except CoreError as refusal:
            # Discord tells nothing twice: whoever said it has to say it again.
            log.warning("what was heard is not kept", reason=refusal.message)
            with suppress(SpeechFailed):
                await speaker.whisper(refused(refusal.message))
            return False

    async def _acknowledge(self, interaction: discord.Interaction, token: Token) -> None:
        """Respond in time: at once, or soon where a form may be the first response."""
        alone = interaction.guild_id is not None
        data: Mapping[str, Any] = interaction.data or {}
        command = interaction.type is InteractionType.application_command
        if not command or data.get("name") in MAY_OPEN_FORMS:
            token.hurry((DEFERRED, alone))
            return
        self._acknowledging += 1
        self._calm.clear()
        try:
            await token.defer((DEFERRED, alone))
        finally:
            self._acknowledging -= 1
            if not self._acknowledging:
                self._calm.set()
        # Whoever else waits to be acknowledged goes first: that has seconds, an answer has time.
        with suppress(TimeoutError):
            async with asyncio.timeout(CALM):
                await self._calm.wait()

    async def _decline(self, token: Token) -> None:
        try:
            await token.say(Parcel(content=NOT_HERE), alone=True)
        except (TokenOver, HTTPException) as error:
            log.info("a server is not told why it is not answered", reason=str(error))

    async def _complete(self, interaction: discord.Interaction) -> None:
        data: Mapping[str, Any] = interaction.data or {}
        choices: list[Json] = []
        if self._homes.welcome(interaction.guild_id):
            await self._homes.move_in(interaction.guild_id, "", self._me)
            spot, _where = await self._hands.typed_at(interaction, data)
            person = person_of(interaction.user)
            choices = await self._completing.choices(person, spot, data)
        body = {"type": CHOICES, "data": {"choices": choices}}
        params = MultipartParameters(payload=body, multipart=None, files=None)
        try:
            await self.booth.wire.respond(interaction.id, interaction.token, params)
        except Exception as error:
            if not (passes(error) or isinstance(error, HTTPException)):
                raise
            log.info("an offer comes too late", reason=str(error))

    def _close(self, speaker: Acting, done: asyncio.Task[None]) -> None:
        """Leave nothing thinking, unless another process goes on with it."""
        if not done.cancelled() and not self.closing:
            self._task(speaker.close())

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _token(self, interaction: discord.Interaction) -> Token:
        return Token(
            self.booth.wire,
            self.booth.patience,
            app=interaction.application_id,
            id=interaction.id,
            token=interaction.token,
            # By our own clock: Discord's may differ.
            at=datetime.now(UTC),
        )

    async def _found(self, guild: int, channel: int) -> Place | None:
        """Return a channel or thread that Discord has not told of; None if it is not for us."""
        if channel in self._places:
            return self._places[channel]
        found: Place | None = None
        try:
            there = await self._gate.fetch_channel(channel)
        except discord.DiscordException as error:
            log.info("a channel is not found", channel=channel, reason=str(error))
            if passes(error):  # it may be there: whoever speaks there next has it looked for again
                return None
        else:
            if isinstance(there, GuildChannel | Thread) and there.guild.id == guild:
                found = there
        self._places[channel] = found
        while len(self._places) > PLACES:
            self._places.popitem(last=False)
        return found

    async def _latest(self, person: Person, spot: Spot) -> datetime | None:
        try:
            actor = await self._dialog.actor(person, spot)
            chat = await self._core.chats.at(actor)
        except CoreError:
            return None
        return None if chat is None else chat.updated_at
