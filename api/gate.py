"""What every request passes: its id, its size, its log line, its place in the figures."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPMethod
from typing import Any

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from api.errors import Refused, broken, said
from core.correlation import begin
from core.tally import Tally

LARGEST = 2 * 1024 * 1024
"""Bytes of a body."""
SLOWEST = 30.0
"""Seconds between two pieces of a body."""
MOST = 1000
"""Requests that are worked on at once; the next is told to come back."""

SAFE: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""What a browser is told, unless the answer says something else itself."""
METHODS = frozenset(HTTPMethod)

Line = Callable[..., Any]

log = structlog.get_logger()


class Gate:
    """Pure ASGI, since it stands before every call of every surface on the port."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        tally: Tally,
        line: Line | None = None,
        most: int = MOST,
        slowest: float = SLOWEST,
    ) -> None:
        """Stand before *app*, and count in *tally*.

        Args:
            line: writes one line of the log; structlog's `info` by default.
            most: requests that are worked on at once.
            slowest: seconds between two pieces of a body.
        """
        self._app = app
        self._tally = tally
        self._line = line or _line
        self._most = most
        self._slowest = slowest
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and account for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        offered, length = _read(scope)
        id = begin(offered)
        # Every request has a context of its own, so nothing need be unbound.
        bind_contextvars(correlation_id=id)
        # `begin` accepts ASCII alone.
        mine = (b"x-correlation-id", id.encode())
        state = scope.setdefault("state", {})
        status = 0

        async def say(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                headers = list(message.get("headers", ()))
                named = {name for name, _value in headers}
                headers.append(mine)
                headers += [each for each in SAFE if each[0] not in named]
                message = {**message, "headers": headers}
            await send(message)

        self._busy += 1
        try:
            await self._pass(scope, receive, say, length)
        except ClientDisconnect:
            pass  # nobody is there to be told
        except asyncio.CancelledError:
            # The server ends, and its patience with running requests has ended too.
            if not status:
                await _ending()(scope, receive, say)
            raise
        except Exception as error:
            if status:
                raise  # half an answer is out: the connection breaks, and that says it
            await broken(error)(scope, receive, say)
        finally:
            self._busy -= 1
            # 499, as others call it: the caller hung up before there was an answer.
            self._account(scope, state, id, status or 499, time.perf_counter() - begun)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, length: int | None) -> None:
        if self._busy > self._most:
            busy = said(503, "The server is busy; try again in a moment.", "busy", _SOON)
            await busy(scope, receive, send)
            return
        if length is not None and length > LARGEST:
            await _large()(scope, receive, send)
            return
        await self._app(scope, receive if length == 0 else _bounded(receive, self._slowest), send)

    def _account(
        self, scope: Scope, state: dict[str, Any], id: str, status: int, seconds: float
    ) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        # The template, never the path: `/v1/queries/{query_id}` is one, and holds nobody's id.
        route = getattr(scope.get("route"), "path", "unknown")
        self._tally.observe("http_request", seconds, method=method, route=route, status=str(status))
        actor = state.get("actor")
        self._line(
            "request",
            correlation_id=id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            member=None if actor is None else actor.member_id,
        )


def _line(event: str, **fields: Any) -> None:
    log.info(event, **fields)


_SOON = {"retry-after": "1"}
_TOO_LARGE = (413, f"The body is larger than {LARGEST // 1024 // 1024} MiB.", "body_too_large")
_CLOSE = {"connection": "close"}
"""What is not read of a body must not be taken for the next request."""


def _large() -> Response:
    return said(*_TOO_LARGE, _CLOSE)


def _ending() -> Response:
    return said(503, "The server is ending; try again in a moment.", "ending", _SOON | _CLOSE)


def _read(scope: Scope) -> tuple[str | None, int | None]:
    """Return the id that the caller offers, and the length of the body; None if unknown."""
    offered: str | None = None
    length: int | None = 0
    for name, value in scope["headers"]:
        if name == b"x-correlation-id":
            offered = value.decode("latin-1")
        elif name == b"content-length":
            # The server has checked that it is a number.
            length = int(value) if value.isdigit() else None
        elif name == b"transfer-encoding":
            return offered, None
    return offered, length


def _bounded(receive: Receive, slowest: float) -> Receive:
    """Return *receive* with an end to how much a body may be, and how slowly it may come."""
    total = 0
    more = True

    async def bounded() -> Message:
        nonlocal total, more
        if not more:
            return await receive()
        try:
            async with asyncio.timeout(slowest):
                message = await receive()
        except TimeoutError:
            raise Refused(408, "The body came too slowly.", "body_too_slow", _CLOSE) from None
        more = message.get("more_body", False)
        total += len(message.get("body", b""))
        if total > LARGEST:
            raise Refused(*_TOO_LARGE, _CLOSE)
        return message

    return bounded
