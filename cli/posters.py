"""Who posts notices from a process that hears no platform: a token is all they need."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from config import Settings
from core.app import Core
from core.errors import CoreError
from core.identity import Surface

if TYPE_CHECKING:  # the platforms take half a second each to import
    from bot.slack.teams import Teams

AGAIN = 30.0
"""Seconds between two times that Slack is asked whose the token is."""

log = structlog.get_logger()


@asynccontextmanager
async def posters(core: Core, settings: Settings) -> AsyncIterator[tuple[str, ...]]:
    """Hand in the posters of those platforms whose tokens are set; lend their names."""
    names: list[str] = []
    async with AsyncExitStack() as stack:
        if settings.slack_bot_token is not None or settings.slack_client_secret is not None:
            await stack.enter_async_context(_slack(core, settings))
            names.append("Slack")
        if settings.discord_token is not None:
            await stack.enter_async_context(_discord(core, settings))
            names.append("Discord")
        yield tuple(names)


@asynccontextmanager
async def _slack(core: Core, settings: Settings) -> AsyncIterator[None]:
    from aiohttp import ClientSession  # noqa: PLC0415 - see above

    from bot.slack.app import TIMEOUT  # noqa: PLC0415
    from bot.slack.courier import SlackCourier  # noqa: PLC0415
    from bot.slack.poster import SlackPoster  # noqa: PLC0415
    from bot.slack.teams import Teams  # noqa: PLC0415

    async with ClientSession(timeout=TIMEOUT) as session:
        teams = Teams(
            core, session=session, url=settings.slack_api_url, token=settings.slack_bot_token
        )
        core.notices.posts(Surface.SLACK, SlackPoster(core, teams, session))
        core.couriers.carries(Surface.SLACK, SlackCourier(core, teams))
        adopting = asyncio.create_task(_adopt(core, teams))
        try:
            yield
        finally:
            adopting.cancel()
            await asyncio.wait({adopting})


async def _adopt(core: Core, teams: "Teams") -> None:
    """Learn of which workspace the token is; until then what is posted there is tried again."""
    from bot.slack.teams import TokenRefused  # noqa: PLC0415 - see above
    from bot.speaker import SpeechFailed  # noqa: PLC0415

    while True:
        try:
            owner, _founded = await core.identity.settle(Surface.SLACK)
            await teams.adopt(owner)
        except TokenRefused as refused:
            log.warning("Slack refuses SLACK_BOT_TOKEN", reason=str(refused))
            return
        except (SpeechFailed, CoreError) as failed:
            log.warning("nothing is posted on Slack yet", reason=str(failed))
            await asyncio.sleep(AGAIN)
        else:
            return


@asynccontextmanager
async def _discord(core: Core, settings: Settings) -> AsyncIterator[None]:
    from bot.discord.courier import DiscordCourier  # noqa: PLC0415 - see above
    from bot.discord.poster import DiscordPoster  # noqa: PLC0415
    from bot.discord.wire import Wire, address  # noqa: PLC0415

    if settings.discord_token is not None:
        wire = Wire(address(settings.discord_api_url), settings.discord_token)
        core.notices.posts(Surface.DISCORD, DiscordPoster(core, wire))
        core.couriers.carries(Surface.DISCORD, DiscordCourier(core, wire))
        try:
            yield
        finally:
            await wire.close()
