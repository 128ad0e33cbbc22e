"""The platforms that are talked to from this process: each whose settings are there."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from pydantic import SecretStr
from starlette.requests import Request
from starlette.types import ASGIApp

from config import Settings
from core.app import Core
from core.identity import Actor, Surface

if TYPE_CHECKING:  # the platforms take half a second each to import
    from bot.dialog import Dialog
    from bot.discord.app import Discord
    from bot.slack.app import Keys, Slack

SLACK_ON = "SLACK_BOT_TOKEN and SLACK_APP_TOKEN turn it on"
SLACK_WAY_IN = "SLACK_APP_TOKEN lets it hear, or SLACK_SIGNING_SECRET over HTTP"
SLACK_WAY_OUT = "SLACK_BOT_TOKEN lets it speak, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET"
DISCORD_ON = "DISCORD_TOKEN and DISCORD_GUILD_ID turn it on"


class Talk(NamedTuple):
    """What is talked to."""

    names: tuple[str, ...]
    routes: Mapping[str, ASGIApp]
    """What the platforms want on the port, by exact path."""
    ending: Callable[[], Awaitable[None]]
    """Brings what is being answered to its end, when the process begins to end."""


def slack_keys(settings: Settings) -> "Keys":
    """Return what Slack gave the app."""
    from bot.slack.app import Keys  # noqa: PLC0415 - see above

    return Keys(
        bot_token=settings.slack_bot_token,
        app_token=settings.slack_app_token,
        signing_secret=settings.slack_signing_secret,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        api_url=settings.slack_api_url,
    )


def slack_off(settings: Settings) -> str | None:
    """Return why Slack is off, and which setting turns it on; None if it is on."""
    hears = settings.slack_app_token or settings.slack_signing_secret
    installs = settings.slack_client_id and settings.slack_client_secret
    speaks = settings.slack_bot_token or installs
    if hears and speaks:
        return None
    if not hears and not speaks:
        return SLACK_ON
    return SLACK_WAY_OUT if hears else SLACK_WAY_IN


def discord_guilds(settings: Settings) -> frozenset[int]:
    """Return the servers of Discord that are answered."""
    first = settings.discord_guild_id
    return frozenset(settings.discord_guilds) | ({first} if first is not None else frozenset())


@asynccontextmanager
async def talking(
    core: Core, settings: Settings, *, slack: bool = True, discord: bool = True
) -> AsyncIterator[Talk]:
    """Talk on the platforms whose settings are there; hand in who posts notices on them.

    Args:
        core: the product.
        settings: those in force.
        slack: whether Slack may be talked to from here.
        discord: whether Discord may be.
    """
    slack = slack and slack_off(settings) is None
    discord = discord and settings.discord_token is not None
    if not slack and not discord:
        yield Talk((), {}, core.chats.stop)
        return
    from bot.dialog import Dialog  # noqa: PLC0415 - see above

    dialog = Dialog(core, join=[Surface.SLACK] if settings.slack_autojoin else [])
    names: list[str] = []
    hushed: list[Callable[[], Awaitable[None]]] = []
    routes: Mapping[str, ASGIApp] = {}
    async with AsyncExitStack() as stack:
        if slack:
            here = await stack.enter_async_context(_slack(core, dialog, settings))
            names.append("Slack")
            routes = here.routes
            hushed.append(here.hush)
        if discord:
            there = await stack.enter_async_context(_discord(core, dialog, settings))
            names.append("Discord")
            hushed.append(there.hush)

        async def ending() -> None:
            for hush in hushed:
                await hush()
            await dialog.close()

        # What is imported by now stays. Looked through for garbage again and again, it would hold
        # up a burst for a tenth of a second each time.
        gc.collect()
        gc.freeze()
        yield Talk(tuple(names), routes, ending)
        await ending()


@asynccontextmanager
async def _slack(core: Core, dialog: "Dialog", settings: Settings) -> "AsyncIterator[Slack]":
    from bot.slack.app import Slack  # noqa: PLC0415 - see above

    slack = Slack(core, dialog, slack_keys(settings), url=settings.public_url, signed_in=_signed_in)
    await slack.start(patience=0)
    try:
        yield slack
    finally:
        await slack.stop()


@asynccontextmanager
async def _discord(core: Core, dialog: "Dialog", settings: Settings) -> "AsyncIterator[Discord]":
    from bot.discord.app import Discord  # noqa: PLC0415 - see above

    discord = Discord(
        core,
        dialog,
        token=settings.discord_token or SecretStr(""),
        guilds=discord_guilds(settings),
        url=settings.discord_api_url,
    )
    core.notices.posts(Surface.DISCORD, discord.poster)
    await discord.start()
    try:
        yield discord
    finally:
        await discord.stop()


async def _signed_in(request: Request) -> Actor:
    """Return who sits before a request of the page."""
    from api.page.door import enter  # noqa: PLC0415 - the page alone

    return (await enter(request)).actor
