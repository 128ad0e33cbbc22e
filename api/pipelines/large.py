"""Large results, each in memory until whoever asked for it has read it: few at once."""

from collections.abc import Callable
from functools import partial

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from api.errors import TooOften
from api.limits import Limits
from core.identity import Actor

LARGE = 1024 * 1024
"""Bytes of an answer of which each member reads only a few at once."""
PIECE = 64 * 1024


class Held(Response):
    """An answer that holds a place until it is read."""

    def __init__(self, answer: Response, left: Callable[[], None]) -> None:
        """Send what *answer* says; *left* is called at the end, whatever it was."""
        self.status_code = answer.status_code
        self.background = None
        self.body = answer.body
        self.raw_headers = answer.raw_headers
        self._left = left

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = memoryview(self.body)
        start = {"status": self.status_code, "headers": self.raw_headers}
        try:
            await send({"type": "http.response.start", **start})
            # The server waits for the reader before it takes another piece, not after the last.
            for at in range(0, len(body), PIECE):
                piece = bytes(body[at : at + PIECE])
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._left()


def held(request: Request, caller: Actor, answer: Response) -> Response:
    """Return an answer; a large one holds one of its reader's places.

    Raises:
        TooOften: they are all taken.
    """
    if len(answer.body) < LARGE:
        return answer
    limits: Limits = request.app.state.limits
    if not limits.large.take(caller.member_id):
        raise TooOften("You read as many large results at once as you may; finish one of them.")
    return Held(answer, partial(limits.large.leave, caller.member_id))
