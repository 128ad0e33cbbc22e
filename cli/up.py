"""`trellis up`: everything in one process."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Annotated

import typer

from cli import clients
from cli.door import go
from config import Settings
from core.app import Core, running
from core.identity import Surface
from core.models import ModelNotConfigured

Host = Annotated[str | None, typer.Option(help="Instead of TRELLIS_API_HOST.")]
Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Instead of TRELLIS_API_PORT; 0 finds one.")
]


def up(host: Host = None, port: Port = None) -> None:
    """Start everything in one process; a home without a key prints its first one."""
    serve(host, port, worker=True, slack=True, discord=True)


def serve(
    host: str | None,
    port: int | None,
    *,
    rest: bool = True,
    mcp: bool = True,
    worker: bool = False,
    slack: bool = False,
    discord: bool = False,
) -> None:
    """Serve until told to end: over HTTP, and on those platforms whose settings are there."""

    async def work(settings: Settings) -> None:
        await served(
            settings, host, port, rest=rest, mcp=mcp, worker=worker, slack=slack, discord=discord
        )

    go(work, loop_factory=loop_factory())


async def served(
    settings: Settings,
    host: str | None,
    port: int | None,
    *,
    rest: bool,
    mcp: bool,
    worker: bool = False,
    slack: bool = False,
    discord: bool = False,
) -> None:
    """Serve until told to end; see `serve`."""
    # `up --help` goes without the servers.
    from cli.serve import Server, listen  # noqa: PLC0415

    given = {"api_host": host, "api_port": port}
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = settings.model_copy(update=chosen)
    # The port first: whoever finds it taken has opened, founded and migrated nothing.
    with listen(settings.api_host, settings.api_port) as listener:
        settings = settings.model_copy(update={"api_port": listener.getsockname()[1]})
        from cli.port import assemble  # noqa: PLC0415 - a second to import: the port first
        from cli.talking import talking  # noqa: PLC0415
        from cli.working import working  # noqa: PLC0415

        async with AsyncExitStack() as stack:
            core = await stack.enter_async_context(running(settings))
            key = await _first_key(core)
            model = await _model_off(core)
            talk = await stack.enter_async_context(
                talking(core, settings, slack=slack, discord=discord)
            )
            app = assemble(core, settings, rest=rest, mcp=mcp, others=talk.routes)
            # Last: whoever posts has been handed in by now, and is needed until it has ended.
            idle = await stack.enter_async_context(working(core)) if worker else None
            lines = greeting(settings, key, model, idle, rest=rest, mcp=mcp, talks=talk.names)
            said = "\n".join(lines)
            server = Server(app, lambda: typer.echo(said), ending=talk.ending)
            await server.serve(sockets=[listener])


def greeting(
    settings: Settings,
    key: str | None,
    model: str | None,
    idle: str | None = None,
    *,
    rest: bool,
    mcp: bool,
    talks: Sequence[str] = (),
) -> list[str]:
    """Return what is said when the server listens.

    Args:
        settings: those in force.
        key: the first key of this home, if it was made just now.
        model: why no language model answers, if none does.
        idle: why the worker does not work, if it should.
        rest: whether REST is served.
        mcp: whether MCP is served.
        talks: the platforms that are talked to.
    """
    url = settings.api_url
    lines = [f"Trellis is at {url}  (Ctrl-C ends it)", ""]
    if rest:
        lines.append(f"  Page    {url}/, with a key")
        lines.append(f"  REST    {url}/v1, described at {url}/docs")
    if mcp:
        lines.append(f"  MCP     {url}/mcp, with a key or by signing in")
    if talks:
        lines.append(f"  Talk    {' and '.join(talks)}")
    lines.append(f"  Home    {settings.home}")
    if key is not None:
        lines += [
            f"  API key {key}",
            "          shown this once; `trellis key create NAME` makes more",
        ]
    if mcp:
        configuration = clients.stdio(clients.Client.CLAUDE_DESKTOP, settings)
        lines += [
            "",
            "To ask from Claude Desktop or Cursor, paste this into its MCP configuration",
            "(others: `trellis mcp-config --help`):",
            "",
            clients.pasted(configuration),
        ]
    beside = [] if idle is None else [f"Off: work in the background, such as notices. {idle}"]
    return [*lines, "", *beside, *off(settings, model)]


def off(settings: Settings, model: str | None) -> list[str]:
    """Return what is off, and which setting turns it on."""
    lines = []
    if model is not None:
        lines.append(f"Off: free questions; saved queries and SQL work. {model}")
    if not (settings.livekit_url and settings.livekit_api_key and settings.livekit_api_secret):
        lines.append("Off: voice; LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET turn it on.")
    from cli.talking import DISCORD_ON, slack_off  # noqa: PLC0415 - as above

    if (why := slack_off(settings)) is not None:
        lines.append(f"Off: Slack; {why}.")
    if settings.discord_token is None:
        lines.append(f"Off: Discord; {DISCORD_ON}.")
    return lines


async def _first_key(core: Core) -> str | None:
    """Return a key for a home that has none; whoever starts the server is its owner."""
    owner, _founded = await core.identity.settle(Surface.CLI)
    if await core.identity.list_keys(owner):
        return None
    _record, key = await core.identity.create_key(owner, "first")
    return key.get_secret_value()


async def _model_off(core: Core) -> str | None:
    """Return why no language model answers; None if one does."""
    owner, _founded = await core.identity.settle(Surface.CLI)
    try:
        await core.models.get(owner)
    except ModelNotConfigured as refusal:
        return refusal.message
    return None


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the loop of a server."""
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 - as above

    return auto_loop_factory()
