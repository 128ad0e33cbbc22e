"""Hearing what a stream tells, as a client of the contract does."""

import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx2


class Frame(NamedTuple):
    """One event of a stream."""

    event: str
    data: dict[str, Any]
    id: str | None = None


def heard(text: str) -> list[Frame]:
    """Return the events of a whole stream; comments are left out."""
    frames = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        fields = dict(line.split(": ", 1) for line in lines)
        if "event" in fields:
            frames.append(Frame(fields["event"], json.loads(fields["data"]), fields.get("id")))
    return frames


async def asked(
    http: httpx2.AsyncClient, headers: dict[str, str] | None = None, **body: Any
) -> list[Frame]:
    """Ask, and return every event of the answer."""
    answer = await http.post("/v1/chats", json=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return heard(answer.text)


async def hearing(answer: httpx2.Response) -> AsyncIterator[Frame]:
    """Yield the events of a stream as they come."""
    lines: list[str] = []
    async for line in answer.aiter_lines():
        if line:
            lines.append(line)
        else:
            for frame in heard("\n".join(lines)):
                yield frame
            lines = []
