"""Who may hold a socket, and how long it may say nothing: uvicorn itself never asks."""

import asyncio
import resource
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRUSTED = frozenset({"127.0.0.1", "::1"})
"""A proxy on this machine speaks for many; it is believed, and keeps count itself."""


@dataclass(frozen=True)
class Sockets:
    """What one address may take of the server's sockets."""

    each: int = 1000
    """Sockets of one address; the next is closed at once. As many as requests are worked on."""
    head: float = 20.0
    """Seconds for the lines before a body, from the moment that something could be asked."""
    trusted: frozenset[str] = TRUSTED
    """Addresses whose sockets are not counted."""


class Watched(HttpToolsProtocol):
    """One socket, held to what its address may take."""

    sockets: ClassVar[Sockets]
    held: ClassVar[Counter[str]]

    _clock: asyncio.TimerHandle | None = None
    _whose: str | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
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
        if self._whose is not None:
            self.held[self._whose] -= 1
            if not self.held[self._whose]:
                del self.held[self._whose]
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # uvicorn no longer counts the time of an idle socket that said anything at all.
        if self._clock is None and getattr(self.cycle, "response_complete", True):
            self._wait()

    @override
    def on_headers_complete(self) -> None:
        self._stop()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._clock = self.loop.call_later(self.sockets.head, self.transport.close)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def watched(limits: Sockets) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol, held to *limits*, with a count of its own."""

    class Mine(Watched):
        sockets = limits
        held: ClassVar[Counter[str]] = Counter()

    return Mine


def make_room(wanted: int) -> None:
    """Let this process open *wanted* files and sockets, as far as the system lets it.

    Many systems begin with 1024, and stop accepting there.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
