"""Both ways of asking, SSE and WebSocket, as one: a question in, its frames out."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from tests.api.hearing import Frame, heard

ENDS = {"message", "error"}


class Socket:
    """A WebSocket of the contract."""

    def __init__(self, raw: ClientConnection) -> None:
        self.raw = raw
        self.whole: dict[str, Any] = {}
        """The last frame, with what stands beside its event and data."""

    async def send(self, action: str, **fields: Any) -> None:
        await self.raw.send(json.dumps({"action": action, **fields}))

    async def read(self) -> Frame:
        self.whole = json.loads(await self.raw.recv(decode=True))
        return Frame(self.whole["event"], self.whole["data"], self.whole.get("id"))

    async def until_end(self) -> list[Frame]:
        """Return the frames up to the end of a turn."""
        frames = [await self.read()]
        while frames[-1].event not in ENDS:
            frames.append(await self.read())
        return frames

    async def until(self, event: str) -> Frame:
        frame = await self.read()
        while frame.event != event:
            frame = await self.read()
        return frame


@asynccontextmanager
async def socket(
    url: str, token: str | None, *, query: str = "", headers: dict[str, str] | None = None
) -> AsyncIterator[Socket]:
    """Open a WebSocket; with a token in its header it is let in before it is lent."""
    given = dict(headers or {}) | ({"authorization": f"Bearer {token}"} if token else {})
    address = f"{url.replace('http', 'ws', 1)}/v1/chats/ws{query}"
    async with connect(address, additional_headers=given, proxy=None, open_timeout=10) as raw:
        opened = Socket(raw)
        if token is not None:
            frame = await opened.read()
            assert frame == Frame("authenticated", {"status": "ok"}), frame
        yield opened


async def by_sse(url: str, token: str, body: dict[str, Any]) -> list[Frame]:
    """Ask over SSE; a refusal comes back as the frame that a WebSocket would send."""
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        answer = await http.post(f"{url}/v1/chats", json=body)
    if answer.status_code != 200:
        refused = answer.json()
        refused["error"] = refused.pop("detail")
        return [Frame("error", refused)]
    assert answer.headers["content-type"].startswith("text/event-stream")
    return heard(answer.text)


async def by_socket(url: str, token: str, body: dict[str, Any]) -> list[Frame]:
    """Ask over a WebSocket of its own."""
    async with socket(url, token) as opened:
        await opened.send("send_message", **body)
        return await opened.until_end()


ASKING = {"sse": by_sse, "socket": by_socket}
