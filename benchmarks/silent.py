"""Yardsticks of bots: a bolt app and a discord.py client that acknowledge, and do nothing else.

They are what their libraries' own first pages show, on the loop that ours runs on. `nothing` is a
server without a library, which says yes to everything: what is left then is the way there.
"""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from uvicorn.loops.auto import auto_loop_factory

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp
    from slack_sdk.web.async_client import AsyncWebClient


async def by_sockets(url: str, bot_token: str, app_token: str) -> None:
    """Hear Slack over a socket."""
    from slack_bolt.adapter.socket_mode.aiohttp import (  # noqa: PLC0415 - each by itself
        AsyncSocketModeHandler,
    )
    from slack_sdk.web.async_client import AsyncWebClient  # noqa: PLC0415

    client = AsyncWebClient(token=bot_token, base_url=url)
    handler: Any = AsyncSocketModeHandler(_bolt(client, ""), app_token, web_client=client)
    await handler.start_async()


async def by_http(url: str, bot_token: str, secret: str, port: str) -> None:
    """Hear Slack over HTTP."""
    import uvicorn  # noqa: PLC0415
    from slack_bolt.adapter.starlette.async_handler import (  # noqa: PLC0415
        AsyncSlackRequestHandler,
    )
    from slack_sdk.web.async_client import AsyncWebClient  # noqa: PLC0415
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.responses import Response  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    handler = AsyncSlackRequestHandler(_bolt(AsyncWebClient(token=bot_token, base_url=url), secret))

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    app = Starlette(routes=[Route("/slack/events", events, methods=["POST"])])
    config = uvicorn.Config(app, port=int(port), log_level="warning")
    await uvicorn.Server(config).serve()


async def nothing(port: str) -> None:
    """Say yes over HTTP, whatever comes."""
    import uvicorn  # noqa: PLC0415

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            piece = await receive()
            body, more = body + piece.get("body", b""), piece.get("more_body", False)
        # Slack has to be told its own word before it sends anything.
        said = str(json.loads(body)["challenge"]).encode() if b'"challenge"' in body else b""
        length = (b"content-length", str(len(said)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": said})

    config = uvicorn.Config(app, port=int(port), log_level="warning", lifespan="off")
    await uvicorn.Server(config).serve()


def _bolt(client: "AsyncWebClient", secret: str) -> "AsyncApp":
    from slack_bolt.async_app import AsyncAck, AsyncApp  # noqa: PLC0415

    app = AsyncApp(client=client, signing_secret=secret)

    @app.command("/trellis")
    async def command(ack: AsyncAck) -> None:
        await ack()

    return app


async def on_discord(url: str, token: str, guild: str) -> None:
    """Hear Discord."""
    import discord  # noqa: PLC0415
    from discord.http import Route  # noqa: PLC0415

    Route.BASE = url
    client = discord.AutoShardedClient(intents=discord.Intents(guilds=True))
    tree = discord.app_commands.CommandTree(client)
    home = discord.Object(int(guild))

    @tree.command(name="queries", description="Does nothing", guild=home)
    async def queries(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)

    @client.event
    async def setup_hook() -> None:
        await tree.sync(guild=home)

    await client.start(token)


async def main(what: str, *words: str) -> None:
    """Be one of them."""
    match what, words:
        case "socket", (url, bot_token, app_token):
            await by_sockets(url, bot_token, app_token)
        case "http", (url, bot_token, secret, port):
            await by_http(url, bot_token, secret, port)
        case "nothing", (port,):
            await nothing(port)
        case "discord", (url, token, guild):
            await on_discord(url, token, guild)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main(*sys.argv[1:]))
