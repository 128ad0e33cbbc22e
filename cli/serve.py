"""A web server that starts with an empty room and ends without leaving work behind."""

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from cli.sockets import TRUSTED, Sockets, make_room, watched
from core.errors import Unavailable

CONNECTIONS = 4000
"""Sockets that are open at once; beyond them uvicorn itself answers 503."""
KEEP_ALIVE = 65
"""Seconds that an idle socket stays open: a little longer than the usual proxy's 60."""
FRAME = 256 * 1024
"""Bytes of one WebSocket frame; a larger one closes the socket with 1009."""
GRACE = 5
"""Seconds that running requests get when the server ends; then their statements are cancelled."""


class PortTaken(Unavailable):
    """Another program listens there."""


def configured(app: ASGIApp, sockets: Sockets) -> uvicorn.Config:
    """Return how *app* is served: on uvloop and httptools, believing proxies on loopback alone."""
    protocols = watched(sockets)
    return uvicorn.Config(
        app,
        loop="auto",
        http=protocols.http,
        ws=protocols.ws,
        ws_max_size=FRAME,
        # Words are short: to pack each for itself costs more memory than it saves of the wire.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=sorted(TRUSTED),
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        # A request begins with no context but its own.
        reset_contextvars=True,
    )


async def _nothing() -> None:
    pass


class Server(uvicorn.Server):
    """Tells when it listens, and takes a signal to end as the end of its work, not of the process.

    uvicorn raises the signal again once it has shut down; then SIGTERM would end the process before
    the core has written its last notes and closed its databases.
    """

    def __init__(
        self,
        app: ASGIApp,
        listening: Callable[[], None] = lambda: None,
        *,
        ending: Callable[[], Awaitable[None]] = _nothing,
        sockets: Sockets | None = None,
    ) -> None:
        """Serve *app*, and call *listening* as soon as it can be reached.

        Args:
            app: what is served.
            listening: is called once.
            ending: is awaited when the server begins to end, before it closes a socket.
            sockets: what one address may take of them.
        """
        super().__init__(configured(app, sockets or Sockets()))
        make_room(2 * CONNECTIONS)
        self._listening = listening
        self._ending = ending
        _hush()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Answers that would be written for minutes have no use for the grace of those in a moment.
        await self._ending()
        await super().shutdown(sockets)

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def _hush() -> None:
    """Leave out uvicorn's own lines of starting and stopping, and the traces of what it stopped."""
    voice = logging.getLogger("uvicorn.error")
    voice.setLevel(logging.WARNING)
    if _worth_a_line not in voice.filters:
        voice.addFilter(_worth_a_line)


def _worth_a_line(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, asyncio.CancelledError)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes a free one.

    Raises:
        PortTaken: another program listens there.
        Unavailable: there is no such address on this machine, or it may not be used.
    """
    try:
        family, _type, _protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"Port {port} is taken on {host}: another program, or another Trellis, listens "
                "there. Set TRELLIS_API_PORT to a free port, such as "
                f"{port + 1 if port < 65535 else 8000}, or stop the other one."  # noqa: PLR2004
            ) from None
        raise Unavailable(
            f"Cannot listen on {host}, port {port}: {(error.strerror or str(error)).lower()}. "
            "See TRELLIS_API_HOST and TRELLIS_API_PORT."
        ) from None
