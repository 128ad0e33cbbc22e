"""MCP on a real port of this machine, for as long as a test needs it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from typing_extensions import override

from api.app import create_app
from core.app import Core
from mcp_server.app import guests


class Server(uvicorn.Server):
    """Says when it listens, so that nobody has to ask."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@asynccontextmanager
async def serving(core: Core, *, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve REST and MCP for *core* as `trellis up` does, and return the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        offered = guests(core, url=url, host=host)
        app = create_app(core, offered.routes, lifespan=offered.lifespan)
        config = uvicorn.Config(
            app, log_config=None, timeout_graceful_shutdown=1, lifespan="on", ws="none"
        )
        server = Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await asyncio.wait_for(server.listening.wait(), 10)
        try:
            yield url
        finally:
            server.should_exit = True
            await asyncio.wait_for(running, 20)


@asynccontextmanager
async def calling(url: str, key: str, mode: str) -> AsyncIterator[Client]:
    """Return a client that has come in with *key*."""
    bearer = {"authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=bearer, timeout=30) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client
