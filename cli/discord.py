"""`trellis discord`: Discord alone."""

from contextlib import AsyncExitStack

import typer

from cli.door import go
from cli.up import loop_factory
from config import Settings
from core.app import running
from core.errors import Unavailable


class DiscordOff(Unavailable):
    """Discord is off; DISCORD_TOKEN and DISCORD_GUILD_ID turn it on."""


def discord() -> None:
    """Start Discord alone: it needs no port, and no address that others reach."""

    async def work(settings: Settings) -> None:
        # `discord --help` goes without the platform.
        from cli.talking import talking  # noqa: PLC0415
        from cli.working import told_to_end  # noqa: PLC0415

        if settings.discord_token is None:
            raise DiscordOff
        async with AsyncExitStack() as stack:
            core = await stack.enter_async_context(running(settings))
            talk = await stack.enter_async_context(talking(core, settings, slack=False))
            told = stack.enter_context(told_to_end())
            typer.echo("Trellis listens to Discord  (Ctrl-C ends it)")
            await told()
            await talk.ending()

    go(work, loop_factory=loop_factory())
