"""`trellis slack`: Slack alone, and the way in for another workspace."""

from contextlib import AsyncExitStack

import typer

from cli.door import go, who
from cli.up import Host, Port, loop_factory, served
from config import Settings
from core.app import running
from core.correlation import begin
from core.errors import Unavailable
from core.identity import Surface

slack = typer.Typer(invoke_without_command=True)


class SlackOff(Unavailable):
    """Slack is off; `trellis doctor` says what is missing."""


@slack.callback()
def alone(context: typer.Context, host: Host = None, port: Port = None) -> None:
    """Start Slack alone; on a port where it is heard over HTTP, or where workspaces let us in."""
    if context.invoked_subcommand is not None:
        return

    async def work(settings: Settings) -> None:
        over_http = settings.slack_signing_secret is not None
        if over_http or settings.slack_client_secret is not None:
            await served(settings, host, port, rest=False, mcp=False, slack=True)
        else:
            await _by_sockets(settings)

    go(work, loop_factory=loop_factory())


@slack.command()
def install() -> None:
    """Print the address at which an admin of a workspace lets Trellis in; good for 15 minutes."""

    async def work(settings: Settings) -> None:
        from bot.slack.doors import Doors  # noqa: PLC0415 - the platform takes half a second

        if not settings.slack_client_id or settings.slack_client_secret is None:
            raise SlackOff("Set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, which Slack gave the app.")
        begin()
        async with running(settings) as core:
            doors = Doors(
                core,
                settings.slack_client_id,
                settings.slack_client_secret,
                settings.public_url.rstrip("/"),
            )
            typer.echo(await doors.address(await who(core, settings, Surface.CLI)))

    go(work)


async def _by_sockets(settings: Settings) -> None:
    """Talk on Slack without a port, until told to end."""
    from cli.talking import slack_off, talking  # noqa: PLC0415 - `--help` goes without
    from cli.working import told_to_end  # noqa: PLC0415

    if (why := slack_off(settings)) is not None:
        raise SlackOff(f"Slack is off; {why}.")
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(running(settings))
        talk = await stack.enter_async_context(talking(core, settings, discord=False))
        told = stack.enter_context(told_to_end())
        typer.echo("Trellis listens to Slack  (Ctrl-C ends it)")
        await told()
        await talk.ending()
