"""Streams: the time to a first frame, and frames a second, against a bare Starlette relay.

Both servers run in a process of their own, on uvicorn as we ship it, and relay the same scripted
answer: so many words, one event each. Run `python -m benchmarks.streams [streams…]`.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from typing_extensions import override

from benchmarks.processes import environment, free_port
from benchmarks.rows import Row, show

WORDS = 400
"""Events of text in one answer."""
AT = (1, 200)
"""Streams at once."""
ROOT = Path(__file__).parent.parent
PATIENCE = 120.0
READY = b"READY"


class Seen(NamedTuple):
    """What the readers saw."""

    first: float
    """Milliseconds to the first event, p95."""
    rate: float
    """Events of text a second, all streams together."""


async def pieces(count: int = WORDS) -> AsyncIterator[str]:
    """Yield what the model says; it gives way after each word, as a socket would."""
    for at in range(count):
        await asyncio.sleep(0)
        yield f"word{at} "


# The servers


def bare(port: int) -> None:
    """Serve the yardstick: Starlette's own stream of the same words."""
    from starlette.applications import Starlette  # noqa: PLC0415 - in the server's process alone
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.responses import StreamingResponse  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    async def told() -> AsyncIterator[bytes]:
        async for piece in pieces():
            yield b"event: text_delta\ndata: %b\n\n" % json.dumps({"content": piece}).encode()
        yield b"event: message\ndata: {}\n\n"

    async def ask(request: Request) -> StreamingResponse:
        await request.json()
        return StreamingResponse(told(), media_type="text/event-stream")

    _serve(Starlette(routes=[Route("/v1/chats", ask, methods=["POST"])]), port, "none")


def ours(port: int) -> None:
    """Serve our own, on a home of its own, with a scripted model."""
    asyncio.run(_ours(port))


async def _ours(port: int) -> None:
    from limits import RateLimitItemPerMinute  # noqa: PLC0415
    from pydantic_ai.models.function import FunctionModel  # noqa: PLC0415

    from api.analyst import turns  # noqa: PLC0415
    from api.app import create_app  # noqa: PLC0415
    from core.app import build  # noqa: PLC0415
    from core.chats import asking  # noqa: PLC0415
    from core.db import Database, migrate  # noqa: PLC0415
    from core.identity import Actor, Surface  # noqa: PLC0415
    from core.models import Mind, Model, Provider  # noqa: PLC0415
    from core.secrets import Vault  # noqa: PLC0415

    # One member asks for all the readers, which nobody else may.
    asking.AT_ONCE = 1_000
    vars(turns).update(ASK=RateLimitItemPerMinute(100_000, namespace="ask"))

    def stream(*_said: Any) -> AsyncIterator[str]:
        return pieces()

    model = Model(id="bench:words", name="words", description="words", default=True)

    class Words(Provider):
        @override
        async def list(self, actor: Actor) -> tuple[Model, ...]:
            return (model,)

        @override
        async def find(self, actor: Actor, id: str) -> Model | None:
            return model

        @override
        async def open(self, actor: Actor, model: Model) -> Mind:
            return Mind(model, FunctionModel(stream_function=stream), {})

        @override
        async def advise(self, actor: Actor) -> str:
            return ""

        @override
        async def close(self) -> None:
            return None

    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/trellis.db")
        await migrate(db)
        core = build(db, Vault(["a key for a benchmark, and for nothing else"]), provider=Words())
        member = await core.identity.found("Bench", owner="Bench", email="bench@bench.test")
        actor = Actor.of(member, Surface.CLI)
        _record, key = await core.identity.create_key(actor, "bench")
        await _serving(create_app(core, line=lambda *_a, **_b: None), port, key.get_secret_value())
        await core.chats.close()
        await core.audit.close()
        await db.close()


def _serve(app: Any, port: int, key: str) -> None:
    asyncio.run(_serving(app, port, key))


async def _serving(app: Any, port: int, key: str) -> None:
    from cli.serve import Server, listen  # noqa: PLC0415 - as above

    with listen("127.0.0.1", port) as listener:
        server = Server(app, lambda: print(READY.decode(), key, flush=True))
        await server.serve(sockets=[listener])


# The readers


async def read(port: int, key: str) -> tuple[float, float, int]:
    """Return the seconds to the first event and to the end, and how many words came."""
    body = b'{"message": "Count"}'
    head = (
        "POST /v1/chats HTTP/1.1\r\nhost: t\r\nconnection: close\r\n"
        f"authorization: Bearer {key}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.perf_counter()
    writer.write(head.encode() + body)
    try:
        await reader.readuntil(b"event: ")
    except asyncio.IncompleteReadError as refused:
        raise RuntimeError(refused.partial.decode()[-300:]) from None
    first = time.perf_counter() - began
    rest = await reader.read(-1)
    took = time.perf_counter() - began
    writer.close()
    return first, took, rest.count(b"text_delta")


@asynccontextmanager
async def started(what: str) -> AsyncIterator[tuple[int, str]]:
    """Start one of the servers, and end it."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.streams", f"--{what}", str(port)),
        cwd=ROOT,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).split()
        yield port, line[1].decode()
    finally:
        process.terminate()
        await process.wait()


async def seen(what: str, streams: int) -> Seen:
    """Return what readers of one server see, with so many *streams* at once."""
    async with started(what) as (port, key), asyncio.timeout(PATIENCE):
        await read(port, key)
        rounds = 20 if streams == 1 else 1
        all: list[tuple[float, float, int]] = []
        began = time.perf_counter()
        for _each in range(rounds):
            all += await asyncio.gather(*(read(port, key) for _stream in range(streams)))
        took = time.perf_counter() - began
    firsts = sorted(first for first, _took, _words in all)
    words = sum(words for _first, _took, words in all)
    return Seen(firsts[len(firsts) * 95 // 100] * 1000, words / took)


def measure(*, quick: bool = False) -> list[Row]:
    """Return the figures, ours against the yardstick's."""
    rows = []
    for streams in (1, 20) if quick else AT:
        yardstick, mine = (asyncio.run(seen(what, streams)) for what in ("bare", "ours"))
        label = f"{streams} stream{'s' if streams > 1 else ''}"
        added = mine.first - yardstick.first
        rows += [
            Row(f"{label}: first event, p95, ours", mine.first, "ms"),
            Row(f"{label}: first event, p95, bare Starlette", yardstick.first, "ms"),
            Row(
                f"{label}: added to the first event, p95", added, "ms", "at most 20 ms", added <= 20
            ),
            Row(f"{label}: text events/s, ours", mine.rate, "events/s"),
            Row(f"{label}: text events/s, bare Starlette", yardstick.rate, "events/s"),
            Row(
                f"{label}: relay, bare Starlette / ours",
                yardstick.rate / mine.rate,
                "times",
                "at most 1.5 times",
                yardstick.rate / mine.rate <= 1.5,
            ),
        ]
    return rows


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--bare", port]:
            bare(int(port))
        case ["--ours", port]:
            ours(int(port))
        case _:
            print(show(measure(quick="--quick" in sys.argv)))
