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

from api.errors import Refused, broken, lettered, said
from api.incoming import CLOSE, Body, Incoming, Patience, largest, too_large
from core.correlation import begin
from core.tally import Tally

MOST = 1000
"""Requests that are worked on at once; the next is told to come back."""
ALWAYS = frozenset({"/health", "/ready"})
"""What a supervisor asks, and gets an answer to however busy we are."""
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose work begins when the body is in."""

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
        patience: Patience | None = None,
    ) -> None:
        """Stand before *app*, and count in *tally*.

        Args:
            line: writes one line of the log; structlog's `info` by default.
            most: requests that are worked on at once.
            patience: how slowly bodies may come, and how many of one address.
        """
        self._app = app
        self._tally = tally
        self._line = line or _line
        self._places = _Places(most)
        self._incoming = Incoming(patience or Patience())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and account for it."""
        if scope["type"] == "websocket":
            await self._talk(scope, receive, send)
            return
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

        try:
            await self._pass(scope, receive, say, length)
        except ClientDisconnect:
            pass  # nobody is there to be told
        except asyncio.CancelledError:
            # The server ends, and its patience with running requests has ended too.
            if not status:
                await _ending(scope)(scope, receive, say)
            raise
        except Exception as error:
            if status:
                raise  # half an answer is out: the connection breaks, and that says it
            await broken(error, scope)(scope, receive, say)
        finally:
            # 499, as others call it: the caller hung up before there was an answer.
            self._account(scope, state, id, status or 499, time.perf_counter() - begun)

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a WebSocket through, and account for it when it ends; it takes no place here."""
        begun = time.perf_counter()
        offered, _length = _read(scope)
        id = begin(offered)
        bind_contextvars(correlation_id=id)
        state = scope.setdefault("state", {})
        code = 0

        async def hear() -> Message:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = code or int(message.get("code") or 1005)
            return message

        async def say(message: Message) -> None:
            nonlocal code
            if message["type"] == "websocket.close":
                code = int(message.get("code") or 1000)
            await send(message)

        try:
            await self._app(scope, hear, say)
        finally:
            seconds = time.perf_counter() - begun
            self._tally.observe("socket", seconds, route=_route(scope), code=_family(code))
            self._say(state, "socket", id, route=_route(scope), code=code, ms=_ms(seconds))

    async def _pass(self, scope: Scope, receive: Receive, send: Send, length: int | None) -> None:
        most = largest(scope)
        if length is not None and length > most:
            await _no(scope, *too_large(most), CLOSE)(scope, receive, send)
            return
        if scope["path"] in ALWAYS:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        body = Body(receive, self._incoming, client[0] if client else "unknown", most)
        place = _Place(self._places)

        async def received() -> Message:
            message = await body.receive()
            if body.is_in:
                place.take()
            return message

        # Whoever is still sending takes no place from those who are worked for.
        if length == 0 or scope["method"] not in WITH_BODY:
            try:
                place.take()
            except Refused:
                await _no(scope, *_BUSY)(scope, receive, send)
                return
        scope["state"]["step_aside"] = place.leave
        try:
            await self._app(scope, receive if length == 0 else received, send)
        finally:
            body.leave()
            place.leave()

    def _account(
        self, scope: Scope, state: dict[str, Any], id: str, status: int, seconds: float
    ) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = _route(scope)
        self._tally.observe("http_request", seconds, method=method, route=route, status=str(status))
        self._say(state, "request", id, method=method, route=route, status=status, ms=_ms(seconds))

    def _say(self, state: dict[str, Any], event: str, id: str, **fields: Any) -> None:
        actor = state.get("actor")
        member = None if actor is None else actor.member_id
        self._line(event, correlation_id=id, **fields, member=member)


class _Places:
    """Where requests are worked on."""

    def __init__(self, most: int) -> None:
        self.free = most


class _Place:
    """One request's: taken once, and left before the end by what only listens from then on."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._was_taken = self._is_held = False

    def take(self) -> None:
        if self._was_taken:
            return
        if self._places.free <= 0:
            raise Refused(*_BUSY)
        self._was_taken = self._is_held = True
        self._places.free -= 1

    def leave(self) -> None:
        if self._is_held:
            self._is_held = False
            self._places.free += 1


def _route(scope: Scope) -> str:
    # The template, never the path: `/v1/queries/{query_id}` is one, and holds nobody's id.
    return str(getattr(scope.get("route"), "path", "unknown"))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _family(code: int) -> str:
    """Return a closing code as a label: what a client makes up is one of a few."""
    return str(code) if code in _CODES else "other"


def _line(event: str, **fields: Any) -> None:
    log.info(event, **fields)


_SOON = {"retry-after": "1"}
_CODES = frozenset({0, 1000, 1001, 1005, 1006, 1009, 1011, 1012, 4001, 4429})
_BUSY = (503, "The server is busy; try again in a moment.", "busy", _SOON)


def _no(scope: Scope, status: int, detail: str, code: str, headers: dict[str, str]) -> Response:
    return said(status, detail, lettered(scope, code), headers)


def _ending(scope: Scope) -> Response:
    words = "The server is ending; try again in a moment."
    return _no(scope, 503, words, "ending", _SOON | CLOSE)


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
