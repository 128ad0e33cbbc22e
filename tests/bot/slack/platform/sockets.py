"""Socket Mode: envelopes down a WebSocket, acknowledgements up.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.bot.slack.platform.refusals import Json

MOST_SOCKETS = 10
"""«Your app can have up to 10 open WebSocket connections»; then `too_many_websockets`."""


@dataclass(eq=False)
class Waiting:
    """An envelope that was sent, and has or has not been acknowledged."""

    answered: asyncio.Future[Json]
    accepts: bool
    sent: float
    late: Callable[[float, Json], None]
    """Called when the acknowledgement comes after its time."""


@dataclass(eq=False)
class Socket:
    """One connection of the app."""

    ws: web.WebSocketResponse
    violated: Callable[[str, str], None]
    ready: bool = False
    retiring: bool = False
    """Whether it was told to go: nothing new is sent to it."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    id: str = field(default_factory=lambda: secrets.token_hex(4))

    async def greet(self, app_id: str, connections: int) -> None:
        """Say hello, and ping as Slack does."""
        await self.say(
            {
                "type": "hello",
                "num_connections": connections,
                "debug_info": {
                    "host": "applink-1",
                    "build_number": 1,
                    "approximate_connection_time": 18060,
                },
                "connection_info": {"app_id": app_id},
            }
        )
        await self.ws.ping(b"Ping from applink-1")
        self.ready = True

    async def say(self, message: Json) -> None:
        """Send a message."""
        await self.ws.send_str(json.dumps(message))

    async def send(
        self, envelope: Json, late: Callable[[float, Json], None]
    ) -> asyncio.Future[Json]:
        """Send an envelope; return what resolves with the payload of its acknowledgement."""
        answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.waiting[envelope["envelope_id"]] = Waiting(
            answered, bool(envelope["accepts_response_payload"]), time.monotonic(), late
        )
        try:
            await self.say(envelope)
        except ConnectionError:
            answered.cancel()
        return answered

    async def listen(self) -> None:
        """Read acknowledgements until the connection ends."""
        async for message in self.ws:
            if message.type == WSMsgType.TEXT:
                self._heard(message.data)
        self.end()

    def end(self) -> None:
        """Give up what is still waiting."""
        self.ready = False
        for each in self.waiting.values():
            if not each.answered.done():
                each.answered.cancel()

    def _heard(self, data: str) -> None:
        try:
            said = json.loads(data)
            id = said["envelope_id"]
        except (ValueError, TypeError, KeyError):
            self.violated("bad_ack", f"not an acknowledgement: {data[:200]}")
            return
        waiting = self.waiting.get(id)
        payload = said.get("payload")
        if waiting is None:
            self.violated("bad_ack", f"no such envelope: {id}")
        elif id in self.acknowledged:
            self.violated("bad_ack", f"acknowledged twice: {id}")
        elif payload and not waiting.accepts:
            self.violated("bad_ack", f"an event takes no payload: {payload}")
        elif payload is not None and not isinstance(payload, dict):
            self.violated("bad_ack", f"the payload is no object: {payload}")
        if waiting is None or id in self.acknowledged:
            return
        self.acknowledged.add(id)
        answer = payload if isinstance(payload, dict) else {}
        if waiting.answered.done():
            waiting.late(time.monotonic() - waiting.sent, answer)
        else:
            waiting.answered.set_result(answer)

    def cut(self) -> None:
        """Break the connection without a word, as a network does."""
        self.end()
        if (request := self.ws._req) is not None and request.transport is not None:
            request.transport.abort()
