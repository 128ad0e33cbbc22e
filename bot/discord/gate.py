"""Our client of Discord: it holds the line, and hands on what comes in."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import structlog
from discord.gateway import ReconnectWebSocket
from typing_extensions import override

from bot.discord.patience import Patience
from bot.discord.wire import HEARING, Rest

log = structlog.get_logger()

Hears = Callable[[discord.Message], Awaitable[None]]
Does = Callable[[discord.Interaction], Awaitable[None]]
Forgets = Callable[[int | None, int, int], Awaitable[None]]
"""Is told the server, the channel and the id of a message that was deleted."""
Meets = Callable[[discord.Guild], Awaitable[None]]
Leaves = Callable[[int], Awaitable[None]]


class Events:
    """Whom the client hands on to."""

    def __init__(
        self,
        *,
        hears: Hears,
        does: Does,
        forgets: Forgets,
        meets: Meets,
        leaves: Leaves,
        begins: Callable[["Gate"], Awaitable[None]],
    ) -> None:
        """Hand on messages, interactions, deletions, servers, and the client once it is in."""
        self.hears = hears
        self.does = does
        self.forgets = forgets
        self.meets = meets
        self.leaves = leaves
        self.begins = begins


class Gate(discord.AutoShardedClient):
    """discord.py's client with a base URL of its own, that keeps next to nothing in memory."""

    http: Rest

    def __init__(
        self, events: Events, *, base: str | None, patience: Patience, reads: bool
    ) -> None:
        """Connect to *base*.

        Args:
            events: whom to hand on to.
            base: Discord's REST API, or what stands for it; the gateway is asked from it.
            patience: how long to wait for Discord.
            reads: whether to ask for the text of what does not mention us, which the owner of
                the application has to switch on.
        """
        self._base = base
        self._events = events
        self._patience = patience
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        intents.message_content = reads
        for name in ("discord.shard", "discord.client"):
            logging.getLogger(name).addFilter(_without_trace)  # which is added once
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=patience.settle,
        )

    @override
    def _get_state(self, **options: Any) -> Any:
        # discord.py has no argument for its base URL; what it asks with is made here.
        self.http = Rest(self._base, self.loop, rate=HEARING)
        return super()._get_state(**options)

    @override
    async def setup_hook(self) -> None:
        await self._events.begins(self)

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not initial:
            await asyncio.sleep(self._patience.identify)

    async def on_shard_connect(self, shard_id: int) -> None:
        """Let a line that broke be taken up where it broke, however often that takes.

        discord.py itself begins a new session when the first try to take it up fails; what was
        said meanwhile would be lost.
        """
        info = self.get_shard(shard_id)
        if info is None:
            return
        shard = info._parent  # noqa: SLF001 - discord.py has no other way in
        begin_anew = shard.reconnect

        async def take_up() -> None:
            if shard.ws.session_id is None:
                await begin_anew()
            else:
                await shard.reidentify(ReconnectWebSocket(shard_id, resume=True))

        if not hasattr(shard, "taken_up"):
            setattr(shard, "taken_up", True)
            setattr(shard, "reconnect", take_up)
        setattr(shard, "_backoff", Backoff(self._patience))

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Begin to count anew how often a line broke."""
        await self.on_shard_connect(shard_id)

    async def on_message(self, message: discord.Message) -> None:
        """Hand on what was written."""
        await self._events.hears(message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Hand on what was commanded, pressed, filled in or typed."""
        await self._events.does(interaction)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Hand on that a message was taken back."""
        await self._events.forgets(event.guild_id, event.channel_id, event.message_id)

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Hand on that many were."""
        for id in event.message_ids:
            await self._events.forgets(event.guild_id, event.channel_id, id)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Hand on that a server is there."""
        await self._events.meets(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Hand on that somebody invited us."""
        await self._events.meets(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Hand on that somebody threw us out."""
        await self._events.leaves(guild.id)

    @override
    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        # discord.py calls this while it handles the exception.
        log.error("an event is dropped", event_method=event_method, exc_info=True)  # noqa: LOG014


def _without_trace(record: logging.LogRecord) -> bool:
    """Let each try to connect be a line, and not a page, in the log of an outage."""
    if record.exc_info and isinstance(record.args, tuple):
        error = record.exc_info[1]
        record.msg = f"{record.msg} (%s)"
        record.args = (*record.args, str(error) or type(error).__name__)
        record.exc_info = None
    return True


class Backoff:
    """Pauses between tries to take up a line: longer and longer, up to a bound."""

    def __init__(self, patience: Patience) -> None:
        """Begin with a short one."""
        self._pause = patience.first
        self._longest = patience.longest

    def delay(self) -> float:
        """Return how many seconds to wait now."""
        pause, self._pause = self._pause, min(self._pause * 2, self._longest)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - so that not all come at once
