"""The load: a process of its own that keeps some callers busy, and times every answer.

It is cheap on purpose: requests are bytes made beforehand, and an answer is searched for one
expected word and not parsed, so that the server is what is measured.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

from typing_extensions import override

from benchmarks.calls import HELLO, READY, line

ROOT = Path(__file__).parent.parent
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
WARM = 100
"""Calls before those that count, at least."""
GRACE = 30.0
"""Seconds beyond its own bound after which a load is given up."""
LONGEST = 64 * 1024 * 1024
"""Bytes of one answer over stdio."""


class LoadFailed(Exception):
    """A server did not answer as it should."""


class Load(NamedTuple):
    """What came back."""

    calls: int
    seconds: float
    rate: float
    """Answers per second."""
    p50: float
    """Milliseconds."""
    p99: float
    size: float
    """Bytes of an answer, on average, without HTTP's own."""
    asked: float
    """Calls in all, with those that warmed up."""


def middle(loads: Sequence[Load]) -> Load:
    """Return the medians of several rounds."""
    columns = zip(*loads, strict=True)
    calls, *rest = (sorted(column)[len(loads) // 2] for column in columns)
    return Load(int(calls), *rest)


def summed(times: Sequence[float], seconds: float, size: int, asked: int = 0) -> Load:
    """Return what *times*, in seconds, amount to."""
    if not times:
        raise LoadFailed("there was no answer in time")
    ordered = sorted(times)
    p50, p99 = (ordered[min(len(ordered) * part // 100, len(ordered) - 1)] for part in (50, 99))
    count = len(ordered)
    rate = count / seconds
    return Load(count, seconds, rate, p50 * 1000, p99 * 1000, size / count, asked or count)


class Work:
    """The requests of one round, and the times of their answers."""

    def __init__(
        self, requests: Sequence[bytes], calls: int, expect: bytes, seconds: float
    ) -> None:
        self.requests, self.calls, self.expect = requests, calls, expect
        self.until = time.perf_counter() + seconds
        self.begun = 0
        self.times: list[float] = []
        self.size = 0
        self.wrong = b""

    def next(self) -> bytes | None:
        """Return the next request; None when there were enough, or it got late."""
        if self.begun >= self.calls or self.wrong or time.perf_counter() > self.until:
            return None
        self.begun += 1
        return self.requests[self.begun % len(self.requests)]

    def see(self, answer: bytes, began: float) -> None:
        """Account for an answer."""
        self.times.append(time.perf_counter() - began)
        self.size += len(answer)
        if self.expect not in answer:
            self.wrong = answer[:600] or b"the connection was closed"


def body(answer: bytearray) -> bytes | None:
    """Return the body of an HTTP answer once all of it is here.

    A body of unknown length must be the last thing on the wire, as it is while there is one
    question at a time on a connection.
    """
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return None
    said = LENGTH.search(answer, 0, head)
    if said is None:
        return bytes(answer[head + 4 :]) if answer.endswith(b"\r\n0\r\n\r\n") else None
    end = head + 4 + int(said[1])
    return bytes(answer[head + 4 : end]) if len(answer) >= end else None


class Caller(asyncio.Protocol):
    """Asks, waits for the answer, and asks again."""

    def __init__(self, work: Work, done: asyncio.Future[None]) -> None:
        self.work, self.done = work, done
        self.answer = bytearray()
        self.began = 0.0
        self.transport: asyncio.Transport

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one by its methods, not by its ancestors.
        self.transport = cast("asyncio.Transport", transport)
        self.ask()

    def ask(self) -> None:
        request = self.work.next()
        if request is None:
            self.transport.close()
            return
        self.began = time.perf_counter()
        self.transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        self.answer += data
        answer = body(self.answer)
        if answer is not None:
            self.work.see(answer, self.began)
            self.answer.clear()
            self.began = 0.0
            self.ask()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.began:
            self.work.see(b"", self.began)
        if not self.done.done():
            self.done.set_result(None)


async def over_http(work: Work, callers: int, *, port: int) -> float:
    """Let *callers* connections do the *work*; return how many seconds it took."""
    loop = asyncio.get_running_loop()
    done: list[asyncio.Future[None]] = []
    began = time.perf_counter()
    for _ in range(callers):
        future = loop.create_future()
        done.append(future)
        await loop.create_connection(lambda end=future: Caller(work, end), "127.0.0.1", port)  # type: ignore[misc] # mypy cannot infer the default
    await asyncio.wait(done, timeout=work.until - time.perf_counter() + 5)
    return time.perf_counter() - began


class Stdio:
    """A server that this process started, and its lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def say(self, message: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(message)
        await self.process.stdin.drain()

    async def hear(self) -> tuple[int | None, bytes]:
        """Return the id of the next message, and the message."""
        assert self.process.stdout is not None
        said = await asyncio.wait_for(self.process.stdout.readline(), 30)
        if not said:
            raise LoadFailed("the server ended")
        id = json.loads(said).get("id")
        return id if isinstance(id, int) else None, said

    async def do(self, work: Work, callers: int) -> float:
        """Keep as many questions open as there are *callers*."""
        asked: dict[int, float] = {}
        waiting: deque[int] = deque(range(1, callers + 1))
        began = time.perf_counter()
        while True:
            while waiting and (request := work.next()) is not None:
                id = waiting.popleft()
                asked[id] = time.perf_counter()
                await self.say(request.replace(b'"id":1,', b'"id":%d,' % id, 1))
            if not asked:
                return time.perf_counter() - began
            id_, said = await self.hear()
            if id_ in asked:
                work.see(said, asked.pop(id_))
                waiting.append(id_)


Do = Callable[[Work, int], Awaitable[float]]
"""Does some work with so many callers; returns how many seconds it took."""


async def measure(spec: Mapping[str, Any]) -> list[Load]:
    """Do what the parent asked for."""
    if spec["command"] is None:
        return await repeat(spec, partial(over_http, port=spec["port"]))
    process = await asyncio.create_subprocess_exec(
        *spec["command"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=spec["env"],
        limit=LONGEST,
    )
    try:
        server = Stdio(process)
        await server.say(line(HELLO))
        await server.hear()
        await server.say(line(READY))
        return await repeat(spec, server.do)
    finally:
        process.kill()
        await process.wait()


async def repeat(spec: Mapping[str, Any], do: Do) -> list[Load]:
    """Warm up and measure, with each number of callers in turn."""
    requests = [each.encode() for each in spec["requests"]]
    loads = []
    for callers in spec["callers"]:
        warm = Work(requests, max(WARM, 2 * callers), spec["expect"].encode(), spec["seconds"])
        await do(warm, callers)
        work = Work(requests, spec["calls"], spec["expect"].encode(), spec["seconds"])
        seconds = await do(work, callers)
        wrong = warm.wrong or work.wrong
        if wrong:
            raise LoadFailed(wrong.decode(errors="replace"))
        loads.append(summed(work.times, seconds, work.size, warm.begun + work.begun))
    return loads


def put(
    requests: Sequence[bytes],
    expect: str,
    *,
    callers: Sequence[int],
    seconds: float,
    calls: int = 100_000,
    port: int | None = None,
    command: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> list[Load]:
    """Put loads on a server, from another process, and return what came back of each.

    Args:
        requests: taken in turn, each of them with `"id":1,` over stdio.
        expect: what every answer must hold.
        callers: how many at once, for one load after the other.
        seconds: how long one load takes at most.
        calls: how many it takes at most, after some to warm up.
        port: of a server that listens on loopback.
        command: of a server that speaks stdio, instead.

    Raises:
        LoadFailed: an answer was wrong, or there was none.
    """
    spec = {
        "requests": [each.decode() for each in requests],
        "expect": expect,
        "callers": list(callers),
        "calls": calls,
        "seconds": seconds,
        "port": port,
        "command": None if command is None else list(command),
        "env": None if env is None else dict(env),
    }
    asked = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(spec),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=2 * seconds * len(callers) + GRACE,
        check=False,
    )
    if asked.returncode:
        raise LoadFailed(asked.stderr.strip()[-700:])
    return [Load(*each) for each in json.loads(asked.stdout)]


def main() -> None:
    """Do what stands on standard input."""
    try:
        import uvloop  # noqa: PLC0415 - the product brings it where it exists
    except ImportError:
        run = asyncio.run
    else:
        run = uvloop.run
    try:
        loads = run(measure(json.load(sys.stdin)))
    except (LoadFailed, OSError, TimeoutError) as error:
        print(f"{error}", file=sys.stderr)
        os._exit(1)
    print(json.dumps(loads))


if __name__ == "__main__":
    main()
