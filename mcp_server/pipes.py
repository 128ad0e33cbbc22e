"""Stdin and stdout on the event loop, where they are pipes; elsewhere the SDK's threads do.

A thread that waits for a line cannot be told to stop, so that a signal would end the server only
with the client's next word; and three turns of threads cost a call more than most statements.
"""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from typing import Any

from mcp.server.stdio import stdio_server
from typing_extensions import override

LONGEST = 64 * 1024 * 1024
"""Bytes of one line; a longer one is no message."""


@asynccontextmanager
async def stdio() -> AsyncIterator[tuple[Any, Any]]:
    """Lend the streams that a server reads and writes; meanwhile stdout is theirs alone."""
    if sys.platform == "win32" or not (_is_pipe(0) and _is_pipe(1)):
        # What is printed meanwhile would wait in Python's own buffer, and join the wire at the end.
        async with stdio_server() as streams:
            with redirect_stdout(sys.stderr):
                yield streams
        return
    with _taken() as (in_, out):
        lines, words = _Lines(), _Words()
        loop = asyncio.get_running_loop()
        heard, _ = await loop.connect_read_pipe(lambda: lines.protocol, os.fdopen(in_, "rb", 0))
        said, _ = await loop.connect_write_pipe(lambda: words, os.fdopen(out, "wb", 0))
        said.set_write_buffer_limits(high=0)
        words.transport = said
        # The SDK asks for files that can be awaited, and of them for no more than these two have.
        files: Any = (lines, words)
        try:
            async with stdio_server(*files) as streams:
                yield streams
        finally:
            heard.close()
            said.close()


class _Lines:
    """Stdin, line by line."""

    def __init__(self) -> None:
        self._reader = asyncio.StreamReader(limit=LONGEST)
        self.protocol = asyncio.StreamReaderProtocol(self._reader)

    def __aiter__(self) -> "_Lines":
        return self

    async def __anext__(self) -> str:
        try:
            line = await self._reader.readline()
        except ValueError:
            return "\n"  # too long: no message, as the SDK will find
        if not line:
            raise StopAsyncIteration
        return line.decode(errors="replace")


class _Words(asyncio.BaseProtocol):
    """Stdout: each flush waits until the client's end of the pipe has taken everything."""

    transport: asyncio.WriteTransport

    def __init__(self) -> None:
        self._taken = asyncio.Event()
        self._taken.set()

    async def write(self, text: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(text.encode())

    async def flush(self) -> None:
        await self._taken.wait()

    @override
    def pause_writing(self) -> None:
        self._taken.clear()

    @override
    def resume_writing(self) -> None:
        self._taken.set()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._taken.set()  # whoever hung up is told nothing more


@contextmanager
def _taken() -> Iterator[tuple[int, int]]:
    """Lend the pipes of stdin and stdout under other numbers.

    Whoever writes to stdout meanwhile, a library or a child, reaches stderr; nobody else reads.
    """
    sys.stdout.flush()
    kept = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    try:
        with redirect_stdout(sys.stderr):
            yield os.dup(kept[0]), os.dup(kept[1])
    finally:
        for number, fd in enumerate(kept):
            os.set_blocking(fd, True)  # as it was found; others may share it
            os.dup2(fd, number)
            os.close(fd)


def _is_pipe(fd: int) -> bool:
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
