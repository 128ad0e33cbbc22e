"""`trellis mcp`: MCP over stdin and stdout, or over HTTP."""

from typing import Annotated

import typer

from cli.up import Host, Port, serve


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Over HTTP, on a port.")] = False,
    host: Host = None,
    port: Port = None,
) -> None:
    """Speak MCP over stdio, as the member of TRELLIS_API_KEY or as the local owner."""
    if http:
        serve(host, port, rest=False)
        return
    if host is not None or port is not None:
        raise typer.BadParameter("--host and --port go with --http")
    from cli.stdio import stdio  # noqa: PLC0415 - HTTP goes without it

    raise typer.Exit(stdio())
