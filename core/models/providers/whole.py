"""A streamed answer that was cut off must not pass for a whole one."""

from collections.abc import AsyncIterator

import httpx2
from typing_extensions import override

ENDS = (
    b"[DONE]",  # OpenAI's chat completions, and whoever speaks like it
    b'"finish_reason":"',
    b'"finish_reason": "',
    b"response.completed",  # OpenAI's responses
    b"response.incomplete",
    b"response.failed",
    b"message_stop",  # Anthropic
    b"finishReason",  # Google
    b'"error"',  # everybody
)
"""What stands in the last events of an answer that came to its end, whoever gave it."""
KEPT = max(len(each) for each in ENDS) - 1


class Whole(httpx2.AsyncByteStream):
    """A stream of events whose end is a fault unless it was announced.

    A proxy that gives up ends its answer as if it were whole, and the libraries believe it.
    """

    def __init__(self, stream: httpx2.AsyncByteStream, request: httpx2.Request) -> None:
        """Watch *stream*, which answers *request*."""
        self._stream, self._request = stream, request

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        ended, tail = False, b""
        async for chunk in self._stream:
            if not ended:
                seen = tail + chunk
                ended, tail = any(end in seen for end in ENDS), seen[-KEPT:]
            yield chunk
        if not ended:
            raise httpx2.RemoteProtocolError(
                "the stream of events ended in the midst of an answer", request=self._request
            )

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()


def watched(response: httpx2.Response) -> httpx2.Response:
    """Return *response*, its events watched if it is a stream of such."""
    kind = response.headers.get("content-type", "")
    plain = response.headers.get("content-encoding", "identity") == "identity"
    stream = response.stream
    if kind.startswith("text/event-stream") and plain and not response.is_closed:
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - an async client's is
        response.stream = Whole(stream, response.request)
    return response
