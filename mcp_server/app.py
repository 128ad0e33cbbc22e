"""The MCP surface, assembled: one server, over stdio or HTTP."""

from typing import TYPE_CHECKING

from mcp_server.desk import Opening, here
from mcp_server.pipes import stdio
from mcp_server.server import create_server

if TYPE_CHECKING:
    from core.app import Core
    from mcp_server.door import Guests

__all__ = ["Opening", "create_server", "guests", "here", "serve_stdio"]


def guests(
    core: "Core", *, url: str, host: str, traced: bool = False, short: bool = True
) -> "Guests":
    """Return MCP over HTTP, as routes and a lifespan for a web application to take in.

    Args:
        core: what the tools call.
        url: where others reach this server, without a path: `https://trellis.example`.
        host: what the port is bound to.
        traced: whether somebody exports spans of OpenTelemetry.
        short: whether plain calls of tools may take the short way past most of the SDK.
    """
    # Imported here because stdio need not wait for tokens, OAuth and rate limits.
    from mcp_server import door  # noqa: PLC0415

    return door.guests(core, url=url, host=host, traced=traced, short=short)


async def serve_stdio(opening: Opening) -> None:
    """Speak MCP over stdin and stdout until the client leaves; stdout belongs to MCP alone.

    Args:
        opening: how the core is opened and who it is that speaks; see `mcp_server.desk.here`
            for one that is open already.
    """
    server = create_server(opening, later=True)
    async with stdio() as (read, write):
        await server.run(read, write, server.create_initialization_options())
