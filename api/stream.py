"""Server-sent events over HTTP: kept alive, stopped when nobody reads, never piled up.

Starlette's own `StreamingResponse` and sse-starlette neither ping between two pieces without a
queue or a second writer, nor say farewell when the server ends; this is less than what it would
take to bend them.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

SILENCE = 15.0
"""Seconds without an event after which a comment keeps the connection open."""
AGAIN = 5.0
"""Seconds after which is looked again whether the reader may still read."""
FAREWELL = 0.5
"""Seconds that the last words may take when the server ends."""
PING = b": ping\n\n"
HEADERS = {
    "cache-control": "no-store",
    # Proxies that would collect the answer before they pass it on are asked not to.
    "x-accel-buffering": "no",
}


class Stream(Response):
    """An answer that is sent as it comes.

    Nothing waits here: the next piece is asked for when the socket has taken the last one, so a
    slow reader costs one piece and the socket's own buffer of 64 KiB.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        *,
        farewell: Callable[[], bytes] = bytes,
        left: Callable[[], None] = lambda: None,
        silence: float = SILENCE,
        expelled: Callable[[], Awaitable[bytes]] | None = None,
        again: float = AGAIN,
    ) -> None:
        """Send *pieces*.

        Args:
            pieces: closed when the reader is gone.
            farewell: the last words if the server ends first.
            left: is called at the end, whatever it was.
            silence: seconds after which a ping is sent.
            expelled: returns the last words if the reader may read no more; nothing if they may.
            again: seconds after which that is asked again.
        """
        self._pieces = pieces
        self._farewell = farewell
        self._left = left
        self._silence = silence
        self._expelled = expelled
        self._again = again
        self._words = b""
        self._last = 0.0
        self._sending = False
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything, unless the reader goes first."""
        step_aside = scope.get("state", {}).get("step_aside")
        if step_aside is not None:
            step_aside()
        loop = asyncio.get_running_loop()
        leash = asyncio.timeout(None)
        watching: asyncio.Task[None] | None = None
        try:
            async with aclosing(self._pieces) as pieces, leash:
                head = {"status": self.status_code, "headers": self.raw_headers}
                await send({"type": "http.response.start", **head})
                self._last = loop.time()
                watching = loop.create_task(self._watch(receive, send, leash))
                async for piece in pieces:
                    self._sending = True
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    self._sending = False
                    self._last = loop.time()
            watching.cancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            # The watch has shortened the leash: nobody is there any more.
            if not leash.expired():
                raise
            if self._words:
                with suppress(TimeoutError):
                    async with asyncio.timeout(FAREWELL):
                        await send({"type": "http.response.body", "body": self._words})
        except asyncio.CancelledError:
            if watching is not None:
                watching.cancel()
                with suppress(TimeoutError):
                    async with asyncio.timeout(FAREWELL):
                        await send({"type": "http.response.body", "body": self._farewell()})
            raise
        finally:
            if watching is not None:
                watching.cancel()
            self._left()

    async def _watch(self, receive: Receive, send: Send, leash: asyncio.Timeout) -> None:
        """Keep the connection open while nothing is said; end the work when the reader is gone."""
        loop = asyncio.get_running_loop()
        look = loop.time() + self._again
        while True:
            try:
                async with asyncio.timeout_at(min(self._last + self._silence, look)):
                    message = await receive()
            except TimeoutError:
                if loop.time() >= look:
                    self._words = await self._expelled() if self._expelled else b""
                    if self._words:
                        leash.reschedule(loop.time())
                        return
                    look = loop.time() + self._again
                if loop.time() >= self._last + self._silence:
                    self._last = loop.time()
                    # Whoever does not read what there is needs no more.
                    if not self._sending:
                        await send({"type": "http.response.body", "body": PING, "more_body": True})
                continue
            if message["type"] == "http.disconnect":
                leash.reschedule(loop.time())
                return
