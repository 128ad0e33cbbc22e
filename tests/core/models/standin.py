"""A server on loopback that answers with the very bytes a test has written, or not at all."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any


class Standin:
    """Answers each question with the next of its *answers*, and the last one for ever."""

    def __init__(
        self, answers: tuple[bytes | None, ...], *, hangs: bool, whole: Mapping[str, bytes]
    ) -> None:
        self._answers, self._hangs, self._whole = list(answers), hangs, whole
        self.url = ""
        self.heard: list[str] = []
        self.spoken_to, self.left = asyncio.Event(), asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lengths = [line for line in head.lower().splitlines() if "content-length" in line]
            length = int(lengths[0].partition(":")[2]) if lengths else 0
            self.heard.append(head + (await reader.readexactly(length)).decode())
            self.spoken_to.set()
            whole = [said for words, said in self._whole.items() if words in self.heard[-1]]
            if whole:
                writer.write(whole[0])
                await writer.drain()
                return
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            writer.write(answer or b"")
            await writer.drain()
            if answer is None or self._hangs:
                await reader.read()  # until the asker has given up
                self.left.set()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def standin(
    *answers: bytes | None, hangs: bool = False, whole: Mapping[str, bytes] | None = None
) -> AsyncIterator[Standin]:
    """Serve *answers*: whole HTTP answers, empty to hang up, None never to say a word.

    Args:
        hangs: leave the connection open after an answer.
        whole: what answers questions that hold certain words, and does not hang.
    """
    lent = Standin(answers, hangs=hangs, whole=whole or {})
    server = await asyncio.start_server(lent.serve, "127.0.0.1", 0)
    lent.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield lent
    finally:
        server.close()
        async with asyncio.timeout(10):
            await server.wait_closed()


def http(status: int, body: str, kind: str = "application/json", **headers: str) -> bytes:
    """Return an answer whose end is the end of its connection."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} So\r\ncontent-type: {kind}\r\nconnection: close\r\n{named}\r\n"
    return (head + body).encode()


def chunks(*texts: str, end: bool = True, last: str = "") -> bytes:
    """Return a stream of OpenAI's chat completions, cut off unless it comes to its *end*."""
    said = [_chunk({"role": "assistant", "content": text}) for text in texts]
    said += [_chunk({}, "stop"), "data: [DONE]\n\n"] if end else []
    return http(200, "".join(said) + last, "text/event-stream")


def _chunk(delta: dict[str, Any], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "any",
        "choices": [choice],
    }
    return f"data: {json.dumps(body)}\n\n"
