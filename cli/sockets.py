"""Who may hold a socket, and how long it may say nothing: uvicorn itself never asks."""

import asyncio
import resource
import socket
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TRUSTED = frozenset({"127.0.0.1", "::1"})
"""A proxy on this machine speaks for many; it is believed, and keeps count itself."""


@dataclass(frozen=True)
class Sockets:
    """What one address may take of the server's sockets."""

    each: int = 1000
    """Sockets of one address; the next is closed at once. As many as requests are worked on."""
    head: float = 20.0
    """Seconds for the lines before a body, from the moment that something could be asked."""
    unread: float = 60.0
    """Seconds that what was sent may stay unread; then the system itself drops the socket."""
    trusted: frozenset[str] = TRUSTED
    """Addresses whose sockets are not counted."""


class Watched(HttpToolsProtocol):
    """One socket, held to what its address may take."""

    sockets: ClassVar[Sockets]
    held: ClassVar[Counter[str]]

    _clock: asyncio.TimerHandle | None = None
    _whose: str | None = None
    _is_upgraded = False

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        _expire(transport, self.sockets.unread)
        whose = self.client[0] if self.client else None
        if whose is not None and whose not in self.sockets.trusted:
            self._whose = whose
            self.held[whose] += 1
            if self.held[whose] > self.sockets.each:
                transport.abort()
                return
        self._wait()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        _leave(self.held, self._whose)
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # uvicorn no longer counts the time of an idle socket that said anything at all.
        if (
            self._clock is None
            and not self._is_upgraded
            and getattr(self.cycle, "response_complete", True)
        ):
            self._wait()

    @override
    def on_headers_complete(self) -> None:
        self._stop()
        super().on_headers_complete()

    @override
    def handle_websocket_upgrade(self) -> None:
        # From here on it is the other protocol that hears of the socket's end.
        self._stop()
        self._is_upgraded = True
        super().handle_websocket_upgrade()

    def _wait(self) -> None:
        self._clock = self.loop.call_later(self.sockets.head, self.transport.close)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


class Talking(WebSocketsSansIOProtocol):
    """One WebSocket, counted on, and read no further while nobody reads what it is sent."""

    trusted: ClassVar[frozenset[str]]
    held: ClassVar[Counter[str]]

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        whose = self.client[0] if self.client else None
        _leave(self.held, None if whose in self.trusted else whose)
        super().connection_lost(exc)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        # Pings are answered without a look at the buffer: unread, they would fill it.
        if not self.transport.is_closing():
            self.transport.pause_reading()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    @override
    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # A close waits for the buffer, which nobody reads.
        self.transport.abort()


class Protocols(NamedTuple):
    """What a socket is spoken to with."""

    http: type[HttpToolsProtocol]
    ws: type[WebSocketsSansIOProtocol]


def watched(limits: Sockets) -> Protocols:
    """Return uvicorn's protocols, held to *limits*, with a count of their own."""
    counted: Counter[str] = Counter()

    class Http(Watched):
        sockets = limits
        held = counted

    class Ws(Talking):
        trusted = limits.trusted
        held = counted

    return Protocols(Http, Ws)


def _leave(held: Counter[str], whose: str | None) -> None:
    if whose is not None:
        held[whose] -= 1
        if not held[whose]:
            del held[whose]


def _expire(transport: Any, seconds: float) -> None:
    """Let the system drop a socket whose other end takes nothing for so many *seconds*."""
    tcp = transport.get_extra_info("socket")
    if tcp is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


def make_room(wanted: int) -> None:
    """Let this process open *wanted* files and sockets, as far as the system lets it.

    Many systems begin with 1024, and stop accepting there.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
