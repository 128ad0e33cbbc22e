"""Discord: connected, kept connected, and answered."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import discord
import structlog
from discord import ConnectionClosed, LoginFailure, PrivilegedIntentsRequired
from pydantic import SecretStr

from bot.dialog import Dialog
from bot.discord.booth import Booth
from bot.discord.courier import DiscordCourier
from bot.discord.gate import Backoff, Events, Gate
from bot.discord.homes import Homes
from bot.discord.listening import Listening
from bot.discord.patience import Pace, Patience
from bot.discord.poster import DiscordAway, DiscordPoster
from bot.discord.recall import Recall
from bot.discord.where import Where, by_now
from bot.discord.wire import Wire, address
from core.app import Core
from core.identity import Audience, Surface

BAD_TOKEN, BAD_INTENTS = 4004, frozenset({4013, 4014})
"""Codes by which the gateway closes."""
FAREWELL = 5.0
"""Seconds for the line to be closed in good order."""
REFUSED = (
    "Discord refuses DISCORD_TOKEN: reset the bot's token in the Developer Portal and set the new "
    "one; Discord is off until then."
)
NO_SERVER = (
    "No server of Discord is answered: DISCORD_GUILD_ID and TRELLIS_DISCORD_GUILDS name none. "
    "Direct messages of people who have linked themselves are."
)
UNREAD = (
    "Discord lets us read no message that does not mention us: in threads, people have to mention "
    "the bot to go on. The Message Content Intent in the Developer Portal changes that."
)

log = structlog.get_logger()


class Discord:
    """The surface."""

    def __init__(
        self,
        core: Core,
        dialog: Dialog,
        *,
        token: SecretStr,
        guilds: Iterable[int] = (),
        url: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Answer with *dialog*.

        Args:
            core: what the product does.
            dialog: holds the conversation.
            token: the bot's.
            guilds: the servers that are answered; no other is.
            url: Discord's REST API, if it is elsewhere.
            patience: how long to wait for Discord.
        """
        self._core = core
        self._dialog = dialog
        self._token = token
        self._base = address(url)
        self.wire = Wire(self._base, token)
        self._patience = patience or Patience()
        self._homes = Homes(core, guilds)
        self._gate: Gate | None = None
        self._listening: Listening | None = None
        self._hushed = False
        self._stopping = False
        self._running: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._booth: Booth | None = None
        self._recall = Recall(lambda: self._booth, self._homes)
        self.poster = DiscordPoster(core, self.wire)
        core.couriers.carries(Surface.DISCORD, DiscordCourier(core, self.wire))
        self.problem: str | None = None
        """Why nobody is answered, if that does not pass by itself."""

    async def start(self) -> None:
        """Begin to connect, and stay connected; what goes wrong meanwhile is told in the log."""
        if not self._homes.guilds:
            log.warning(NO_SERVER)
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def hush(self) -> None:
        """Hear nothing more; what was heard is answered still."""
        self._hushed = True
        if self._listening is not None:
            self._listening.closing = True

    async def stop(self) -> None:
        """Hear nothing more, and leave; what is being answered should be at its end by now."""
        await self.hush()
        self._stopping = True
        if self._gate is not None:
            with suppress(discord.DiscordException, OSError, TimeoutError):
                async with asyncio.timeout(FAREWELL):
                    await self._gate.close()
        for task in (self._watching, self._running):
            while task is not None and not task.done():
                # discord.py takes a cancellation for the end of a try to connect.
                task.cancel()
                await asyncio.wait({task}, timeout=1)
        await self.wire.close()

    async def _run(self) -> None:
        reads = True
        backoff = Backoff(self._patience)
        while not self._stopping:
            began = asyncio.get_running_loop().time()
            try:
                await self._connected(reads=reads)
            except LoginFailure:
                self._give_up(REFUSED)
                return
            except PrivilegedIntentsRequired:
                if not reads:
                    self._give_up("Discord refuses the intents of a bot that reads nothing.")
                    return
                log.info(UNREAD)
                reads = False
                continue
            except ConnectionClosed as error:
                if error.code == BAD_TOKEN:
                    self._give_up(REFUSED)
                    return
                log.warning("the line to Discord is closed", code=error.code)
            except (discord.DiscordException, OSError, TimeoutError) as error:
                log.warning("Discord is away", reason=str(error) or repr(error))
            except Exception:
                log.exception("the line to Discord broke")
            if asyncio.get_running_loop().time() - began > self._patience.whole:
                backoff = Backoff(self._patience)
            await asyncio.sleep(backoff.delay())

    def _give_up(self, why: str) -> None:
        self.problem = why
        log.error(why)

    async def _connected(self, *, reads: bool) -> None:
        """Hold one client until it ends."""
        events = Events(
            hears=lambda message: self._heard().hear(message),
            does=lambda interaction: self._heard().do(interaction),
            forgets=lambda guild, channel, id: self._heard().forget(guild, channel, id),
            meets=lambda guild: self._heard().meet(guild),
            leaves=self._homes.move_out,
            begins=self._begin,
        )
        await self.wire.open()
        gate = self._gate = Gate(events, base=self._base, patience=self._patience, reads=reads)
        try:
            await gate.start(self._token.get_secret_value())
        finally:
            self._listening = None
            with suppress(discord.DiscordException, OSError):
                await gate.close()

    def _heard(self) -> Listening:
        if self._listening is None:
            raise DiscordAway
        return self._listening

    def _hears(self, where: Where) -> Audience | None:
        """Return who hears a place by now; None where Discord has not told of its server."""
        if where.guild is None:
            return Audience.ALONE
        guild = None if self._gate is None else self._gate.get_guild(where.guild)
        return None if guild is None or guild.unavailable else by_now(guild, where)

    async def _begin(self, gate: Gate) -> None:
        """Listen to a client that has logged in."""
        if self._booth is None:
            self._booth = Booth(
                core=self._core,
                wire=self.wire,
                patience=self._patience,
                pace=Pace(self._patience),
                me=self.wire.me,
                app=gate.application_id or 0,
                hears=self._hears,
            )
        self._listening = Listening(self._booth, self._dialog, self._homes, gate)
        self._listening.closing = self._hushed
        await self._listening.begin()
        if self._watching is None:
            work = self._dialog.watch(Surface.DISCORD, self._recall)
            self._watching = asyncio.get_running_loop().create_task(work)
