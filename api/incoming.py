"""How long and how large the body of a request may be while it comes in."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from starlette.types import Message, Receive, Scope

from api.errors import Refused

LARGEST = 2 * 1024 * 1024
"""Bytes of a body."""
CLOSE = {"connection": "close"}
"""What is not read of a body must not be taken for the next request."""
LARGER = dict.fromkeys((("POST", "/v1/chats/uploads"), ("POST", "/files")), 151 * 1024 * 1024)
"""Bytes of a body that may be larger: five files of 30 MiB, and what stands around them."""


def largest(scope: Scope) -> int:
    """Return how many bytes the body of a request may have."""
    return LARGER.get((scope.get("method", ""), scope["path"]), LARGEST)


def too_large(most: int) -> tuple[int, str, str]:
    """Return what is said of a body larger than *most* bytes."""
    return 413, f"The body is larger than {most // 1024 // 1024} MiB.", "body_too_large"


@dataclass(frozen=True)
class Patience:
    """What a body that is not in yet may cost us."""

    seconds: float = 30.0
    """In all, however small the pieces."""
    rate: float = 32 * 1024
    """Bytes that earn one second more: a large body need only come at this pace."""
    each: int = 64
    """Bodies of one address that may take their time at once; the next ones hurry."""
    hurry: float = 1.0
    """Seconds for a body beyond those: none that is on its way needs more."""


@dataclass(frozen=True)
class Incoming:
    """The bodies that are not in yet, by the address that they come from."""

    patience: Patience = field(default_factory=Patience)
    _unfinished: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def begin(self, address: str) -> bool:
        """Count one more, and return whether it has to hurry."""
        self._unfinished[address] += 1
        return self._unfinished[address] > self.patience.each

    def end(self, address: str) -> None:
        """Count one less."""
        self._unfinished[address] -= 1
        if not self._unfinished[address]:
            del self._unfinished[address]


class Body:
    """One body on its way in."""

    def __init__(
        self, receive: Receive, incoming: Incoming, address: str, most: int = LARGEST
    ) -> None:
        """Read at most *most* bytes from *receive*; counted from the first look until it is in."""
        self._receive = receive
        self._incoming = incoming
        self._address = address
        self._most = most
        self._more = True
        self._total = 0
        self._due: float | None = None

    @property
    def is_in(self) -> bool:
        """Whether there is no more of it to come."""
        return not self._more

    async def receive(self) -> Message:
        """Return the next piece.

        Raises:
            Refused: it is too large, or too slow.
        """
        if not self._more:
            return await self._receive()
        patience = self._incoming.patience
        if self._due is None:
            hurried = self._incoming.begin(self._address)
            seconds = patience.hurry if hurried else patience.seconds
            self._due = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(self._due + self._total / patience.rate):
                message = await self._receive()
        except TimeoutError:
            raise Refused(408, "The body came too slowly.", "body_too_slow", CLOSE) from None
        self._total += len(message.get("body", b""))
        if self._total > self._most:
            raise Refused(*too_large(self._most), CLOSE)
        if not message.get("more_body", False):
            self._more = False
            self.leave()
        return message

    def leave(self) -> None:
        """Be counted no longer."""
        if self._due is not None:
            self._due = None
            self._incoming.end(self._address)
