"""Chats over a WebSocket: who may open one, and how it ends.

No `Origin` is asked for: nothing that a browser sends by itself opens a socket here, so a foreign
page has nothing to ride on. It would have to know a token, and whoever knows one needs no page.
"""

import asyncio
from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from api.analyst.talk import Closed, Talk
from api.errors import said
from api.limits import Limits

router = APIRouter()

TELLING = frozenset({"token", "access_token", "api_key", "key", "jwt", "bearer", "authorization"})
"""Names under which a token would come in the query, where every log on the way could keep it."""
RESTARTING = 1012


@router.websocket("/v1/chats/ws")
async def chats_ws(socket: WebSocket) -> None:
    """Talk over *socket* until one of the two closes it."""
    if _tells_a_token(socket):
        words = "A token in the query would be logged on its way; send it as the first frame."
        await _deny(socket, 403, words, "TOKEN_IN_QUERY")
        return
    # Whoever has not said yet whose it is costs a socket all the same.
    limits: Limits = socket.app.state.limits
    address = socket.client.host if socket.client else "unknown"
    if not limits.waiting.take(address):
        await _deny(socket, 503, "The server is busy; try again in a moment.", "BUSY")
        return
    with suppress(WebSocketDisconnect, WebSocketDisconnected):
        talk = Talk(socket)
        try:
            try:
                await socket.accept()
                await talk.let_in()
            finally:
                limits.waiting.leave(address)
            await talk.run()
        except Closed as closed:
            await socket.close(closed.code, closed.reason)
        except asyncio.CancelledError:
            await socket.close(RESTARTING)
            raise


async def _deny(socket: WebSocket, status: int, detail: str, code: str) -> None:
    """Refuse a socket before it is one."""
    await socket.receive()
    if "websocket.http.response" in socket.scope.get("extensions", {}):
        await socket.send_denial_response(said(status, detail, code))
    else:
        await socket.close()


def _tells_a_token(socket: WebSocket) -> bool:
    return any(
        name.lower() in TELLING or value.startswith(("tr_", "eyJ"))
        for name, value in socket.query_params.multi_items()
    )
