"""`trellis secret`: the keys that seal and sign."""

import typer

from cli.door import go, who
from config import Settings
from core.app import running
from core.identity import Permission, Surface
from core.secrets.keys import add_key

secret = typer.Typer()


@secret.callback()
def begin() -> None:
    """Keep `rotate` a word of its own, though it is the only one."""


@secret.command("rotate")
def rotate() -> None:
    """Put a fresh key before the old ones, and seal every stored secret with it.

    With keys in TRELLIS_SECRET_KEY, put the new one first (new,old), then run this.
    """

    async def work(settings: Settings) -> None:
        async with running(settings) as core:
            actor = await who(core, settings, Surface.CLI)
            actor.require(Permission.CONNECTIONS_WRITE)
        configured = settings.secret_key.get_secret_value()
        if not configured:
            add_key(settings.home)
        async with running(settings) as core:
            many = await core.connections.reseal(actor)
            await core.grants.reseal(actor)
            await core.channels.reseal(actor)
        where = "TRELLIS_SECRET_KEY" if configured else str(settings.home / "secret.key")
        typer.echo(
            f"Sealed {many} address{'' if many == 1 else 'es'} with the first key of {where}."
        )
        typer.echo("Start running servers anew. Drop the old key after six hours: until then it")
        typer.echo("still verifies the tokens that it signed.")

    go(work)
