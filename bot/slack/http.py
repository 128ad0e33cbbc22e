"""Slack over HTTP: signed requests, each of a bounded size, read by bolt."""

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
TOO_LARGE, BAD, ABSENT, WRONG_METHOD = 413, 400, 503, 405


class Events:
    """Takes what Slack posts to `/slack/events`."""

    def __init__(self) -> None:
        """Wait for the application that hears."""
        self.app: AsyncApp | None = None

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
        try:
            asked: Any = to_async_bolt_request(request, body)
        except (ValueError, AttributeError, TypeError, KeyError):
            # bolt reads a body before it knows whose it is.
            return Response(status_code=BAD)
        return to_starlette_response(await self.app.async_dispatch(asked))


async def _read(request: Request) -> bytes | None:
    """Return the body; None where it is larger than Slack's ever are."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > LARGEST:
        return None
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return body
