"""Who posts notices from a process that hears no platform: a token is all they need."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from config import Settings
from core.app import Core
from core.identity import Surface


@asynccontextmanager
async def posters(core: Core, settings: Settings) -> AsyncIterator[tuple[str, ...]]:
    """Hand in the posters of those platforms whose tokens are set; lend their names."""
    names: list[str] = []
    async with AsyncExitStack() as stack:
        if settings.discord_token is not None:
            from bot.discord.poster import DiscordPoster  # noqa: PLC0415 - half a second
            from bot.discord.wire import Wire, address  # noqa: PLC0415

            wire = Wire(address(settings.discord_api_url), settings.discord_token)
            stack.push_async_callback(wire.close)
            core.notices.posts(Surface.DISCORD, DiscordPoster(core, wire))
            names.append("Discord")
        yield tuple(names)
