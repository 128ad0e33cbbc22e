"""A web application on a real port of this machine, for as long as a test needs it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from cli.serve import Server
from cli.sockets import Sockets


@asynccontextmanager
async def serving(
    app: ASGIApp, sockets: Sockets | None = None, *, narrow: bool = False
) -> AsyncIterator[str]:
    """Serve *app* as `trellis up` does, and return its address.

    Args:
        app: what is served.
        sockets: what one address may take of them.
        narrow: whether the system keeps little of what a reader has not taken yet.
    """
    listening = asyncio.Event()
    server = Server(app, listening.set, sockets=sockets)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if narrow:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.wait_for(listening.wait(), 10)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
