"""`trellis mcp-config`: what to paste into an MCP client."""

from typing import Annotated

import typer

from cli import clients
from cli.clients import Client
from cli.fail import fail
from cli.knobs import SettingsWrong, read_settings


def mcp_config(
    client: Annotated[Client, typer.Argument(help="Who will speak to us.")] = Client.CLAUDE_DESKTOP,
    http: Annotated[
        bool, typer.Option("--http", help="Reach a running server rather than start one.")
    ] = False,
    secrets: Annotated[
        bool,
        typer.Option("--secrets", help="Write keys and passwords of the settings into it too."),
    ] = False,
) -> None:
    """Print the JSON to paste; without --secrets there is none in it."""
    try:
        settings = read_settings()
    except SettingsWrong as wrong:
        fail(*wrong.lines)
    key = settings.api_key
    if http:
        if client is Client.CLAUDE_DESKTOP:
            fail(
                "Claude Desktop reaches a server by its URL alone, under Settings > Connectors > "
                f"Add custom connector: {settings.api_url}/mcp. For this machine, leave --http out."
            )
        written = clients.http(
            client, settings, key.get_secret_value() if secrets and key else None
        )
    else:
        kept = {
            "TRELLIS_STORE_URL": settings.store_url.get_secret_value(),
            "TRELLIS_SECRET_KEY": settings.secret_key.get_secret_value(),
            "TRELLIS_API_KEY": key.get_secret_value() if key else "",
        }
        given = {name: value for name, value in kept.items() if value}
        written = clients.stdio(client, settings, given if secrets else None)
        if given and not secrets:
            names = ", ".join(given)
            typer.echo(f"Set for you but not written here: {names}; see --secrets.", err=True)
    typer.echo(f"Goes into {clients.PLACES[client]}", err=True)
    typer.echo(clients.pasted(written))
