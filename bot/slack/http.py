"""Slack over HTTP: signed requests, each of a bounded size, read by bolt."""

import hashlib
import hmac
import time
from typing import Any

from slack_bolt.adapter.starlette.async_handler import (
    to_async_bolt_request,
    to_starlette_response,
)
from slack_bolt.async_app import AsyncApp
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

LARGEST = 1024 * 1024
"""Bytes of one request; Slack's own are far below."""
SMALL = 1024
"""Bytes of a request by which Slack looks whether we are there, which it does not sign."""
OLD = 300.0
"""Seconds after which a signature counts no more."""
TOO_LARGE, BAD, ABSENT, WRONG_METHOD, FORGED = 413, 400, 503, 405, 401


class Events:
    """Takes what Slack posts to `/slack/events`."""

    def __init__(self, secret: str = "") -> None:
        """Wait for the application that hears what is signed with a *secret*."""
        self.app: AsyncApp | None = None
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            response = await self._answer(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=WRONG_METHOD, headers={"allow": "POST"})
        if self.app is None:
            return Response(status_code=ABSENT)
        body = await _read(request)
        if body is None:
            return Response(status_code=TOO_LARGE)
        if not self._is_signed(request, body):
            return Response(status_code=FORGED)
        try:
            asked: Any = to_async_bolt_request(request, body)
        except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
            return Response(status_code=BAD)
        return to_starlette_response(await self.app.async_dispatch(asked))

    def _is_signed(self, request: Request, body: bytes) -> bool:
        """Return whether Slack has signed a body: bolt asks only after it has read it.

        To read a megabyte of fields takes a quarter of a second, in which nobody else is heard.
        """
        if not self._secret or (b"ssl_check=1" in body and len(body) <= SMALL):
            return True  # bolt asks once more
        told = request.headers.get("x-slack-request-timestamp", "")
        if not (told.isascii() and told.isdecimal()) or len(told) > len(f"{time.time():.0f}"):
            return False
        if abs(time.time() - int(told)) > OLD:
            return False
        signed = b"v0:%b:%b" % (told.encode(), body)
        wanted = f"v0={hmac.new(self._secret, signed, hashlib.sha256).hexdigest()}"
        given = request.headers.get("x-slack-signature", "")
        return hmac.compare_digest(wanted.encode(), given.encode())


async def _read(request: Request) -> bytes | None:
    """Return the body; None where it is larger than Slack's ever are."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > LARGEST:
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)
