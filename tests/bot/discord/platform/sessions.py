"""Sessions of the gateway, which outlive their sockets: docs, Gateway, "Resuming"."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, web

from .compression import Packer
from .records import Payload

BUFFER = 20_000
"""How many events are kept for a session that resumes."""


class Socket:
    """One connection; what it sends waits in line and never blocks the sender."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request, packer: Packer) -> None:
        self.ws = ws
        self._request = request
        self.session: Session | None = None
        self._packer = packer
        self._line: asyncio.Queue[str | None] = asyncio.Queue()
        self._code: int | None = None
        self.sent = 0
        """How many messages went out."""
        self.pending = 0
        self._writing = asyncio.create_task(self._write())

    def send(
        self, op: int, data: object, *, event: str | None = None, seq: int | None = None
    ) -> None:
        """Put a message in line."""
        self.pending += 1
        frame = {"op": op, "d": data, "s": seq, "t": event}
        self._line.put_nowait(json.dumps(frame, ensure_ascii=False))

    @property
    def closing(self) -> bool:
        """Whether this side closes it."""
        return self._code is not None

    def close(self, code: int) -> None:
        """Close once everything in line has gone out."""
        if self._code is None:
            self._code = code
            self._line.put_nowait(None)

    def drop(self) -> None:
        """Cut the line without a word."""
        self._writing.cancel()
        if self._request.transport:
            self._request.transport.abort()

    async def _write(self) -> None:
        while (text := await self._line.get()) is not None:
            packed = self._packer.pack(text)
            try:
                if isinstance(packed, str):
                    await self.ws.send_str(packed)
                else:
                    await self.ws.send_bytes(packed)
            except ConnectionError:
                return
            self.sent += 1
            self.pending -= 1
        await self.ws.close(code=self._code or WSCloseCode.OK)

    async def end(self) -> None:
        """Stop writing."""
        self._writing.cancel()
        await asyncio.gather(self._writing, return_exceptions=True)


@dataclass(eq=False)
class Session:
    """What a client identified as, and every event it was sent."""

    id: str
    shard: int
    shards: int
    intents: int
    socket: Socket | None = None
    seq: int = 0
    log: deque[tuple[int, str, Payload]] = field(default_factory=lambda: deque(maxlen=BUFFER))
    left: float | None = None
    """When its socket went away."""

    def event(self, name: str, payload: Payload) -> None:
        """Send an event, or keep it until the client resumes."""
        self.seq += 1
        self.log.append((self.seq, name, payload))
        if self.socket:
            self.socket.send(0, payload, event=name, seq=self.seq)

    def knows(self, seq: int) -> bool:
        """Say whether all that came after *seq* is still kept."""
        return not self.log or seq >= self.log[0][0] - 1

    def replay(self, seq: int) -> None:
        """Send again what came after *seq*."""
        for number, name, payload in self.log:
            if number > seq and self.socket:
                self.socket.send(0, payload, event=name, seq=number)
