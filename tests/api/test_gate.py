"""What every request passes, over real sockets and under load."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from api.errors import Refused, answer
from api.gate import Gate
from api.incoming import Body, Incoming, Patience
from cli.sockets import Sockets
from core.app import Core
from core.tally import Tally
from mcp_server.app import guests
from tests.serving import serving

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


async def spoken(url: str, *pieces: bytes) -> bytes:
    """Return what the server says to these bytes, until it closes or falls silent."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(65_536), 10)
    finally:
        writer.close()


async def test_one_too_many_at_once_is_told_to_come_back() -> None:
    free = asyncio.Event()
    inside = asyncio.Semaphore(0)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        inside.release()
        await free.wait()
        await PlainTextResponse("done")(scope, receive, send)

    gate = Gate(slow, tally=Tally(), most=2)
    transport = httpx2.ASGITransport(app=gate)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as http:
        waiting = [asyncio.create_task(http.get("/")) for _each in range(2)]
        for _each in waiting:
            await asyncio.wait_for(inside.acquire(), 5)
        busy = await http.get("/")
        free.set()
        done = await asyncio.gather(*waiting)
        after = await http.get("/")

    assert (busy.status_code, busy.json()["code"]) == (503, "busy")
    assert busy.headers["retry-after"] == "1"
    assert [each.text for each in [*done, after]] == ["done"] * 3


async def test_silent_sockets_of_one_address_leave_room_for_others(core: Core) -> None:
    few = Sockets(each=20, head=60)
    async with serving(create_app(core), few) as url:
        host, port = url.removeprefix("http://").split(":")
        silent = [
            await asyncio.open_connection(host, int(port), local_addr=("127.0.0.2", 0))
            for _each in range(40)
        ]
        async with asyncio.timeout(10):
            turned_away = [await reader.read() for reader, _writer in silent[20:]]
        async with httpx2.AsyncClient(timeout=10) as http:
            health = await http.get(f"{url}/health")
        kept = [not reader.at_eof() for reader, _writer in silent[:20]]
        for _reader, writer in silent:
            writer.close()

    assert turned_away == [b""] * 20
    assert kept == [True] * 20
    assert health.status_code == 200


@pytest.mark.parametrize(
    ("answered", "said"),
    [(False, b""), (False, b"GET /health HT"), (True, b"\r\n"), (True, b"GET /health HT")],
)
async def test_a_socket_that_falls_silent_is_closed(
    core: Core, answered: bool, said: bytes
) -> None:
    async with serving(create_app(core), Sockets(head=0.2)) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        async with asyncio.timeout(10):
            if answered:
                writer.write(b"GET /health HTTP/1.1\r\nhost: t\r\n\r\n")
                await reader.readuntil(b"}")
            writer.write(said)
            rest = await reader.read()
        writer.close()

    assert rest == b""


async def stalled(url: str, path: str, headers: str = "") -> asyncio.StreamWriter:
    """Return a socket that has sent the first byte of a body, and no more."""
    host, port = url.removeprefix("http://").split(":")
    _reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\n{headers}content-length: 60000\r\n"
    writer.write(f"{head}content-type: application/json\r\n\r\n".encode() + b"{")
    await writer.drain()
    return writer


async def test_bodies_that_do_not_come_keep_nobody_else_waiting(
    core: Core, bearer: dict[str, str]
) -> None:
    unread = Patience(seconds=60, hurry=60)
    key = bearer["authorization"].removeprefix("Bearer ")
    async with serving(create_app(core, most=4, patience=unread)) as url:
        holding = [
            await stalled(url, "/v1/authenticate", f"x-api-key: {key}\r\n") for _each in range(75)
        ]
        holding += [
            await stalled(url, "/v1/queries", f"authorization: {bearer['authorization']}\r\n")
            for _each in range(75)
        ]
        async with httpx2.AsyncClient(base_url=url, headers=bearer, timeout=10) as http:
            body = {"title": "a", "prompt": "b"}
            answers = [
                await http.get("/health"),
                await http.get("/ready"),
                await http.get("/v1/queries"),
                await http.post("/v1/queries", json=body),
            ]
        for each in holding:
            each.close()

    assert [each.status_code for each in answers] == [200, 200, 200, 201]


@pytest.mark.parametrize(
    "path", ["/token", "/register", "/authorize/sign-in", "/mcp", "/v1/queries"]
)
async def test_beyond_some_of_one_address_a_body_has_to_hurry(
    core: Core, bearer: dict[str, str], path: str
) -> None:
    mine = f"authorization: {bearer['authorization']}\r\n" if path != "/token" else ""
    offered = guests(core, url="http://127.0.0.1:8000", host="127.0.0.1")
    app = create_app(
        core,
        offered.routes,
        lifespan=offered.lifespan,
        patience=Patience(seconds=60, each=0, hurry=0.05),
    )
    async with serving(app) as url:
        said = await spoken(
            url,
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{mine}content-length: 60000\r\n"
            "accept: application/json, text/event-stream\r\n"
            "content-type: application/json\r\n\r\n{".encode(),
        )

    assert said.startswith(b"HTTP/1.1 408")


async def test_a_byte_now_and_then_does_not_hold_a_body_open() -> None:
    incoming = Incoming(Patience(seconds=0.05, rate=1e9))

    async def drops() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": True}

    body = Body(drops, incoming, "203.0.113.7")
    with pytest.raises(Refused) as refused:
        async with asyncio.timeout(10):
            while True:
                await body.receive()
    body.leave()

    assert refused.value.status_code == 408
    assert incoming.begin("203.0.113.7") is False


async def test_a_supervisor_gets_an_answer_however_busy_we_are(core: Core) -> None:
    app = create_app(core, most=0)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as http:
        answers = [await http.get(path) for path in ("/health", "/ready", "/docs")]

    assert [each.status_code for each in answers] == [200, 200, 503]


@pytest.mark.parametrize("key", ["", "x-api-key: sesame\r\n"])
async def test_without_a_key_no_body_is_waited_for(core: Core, key: str) -> None:
    async with serving(create_app(core)) as url:
        said = await spoken(
            url,
            f"POST /v1/authenticate HTTP/1.1\r\nhost: t\r\n{key}"
            "content-length: 60000\r\n\r\n{".encode(),
        )

    assert said.startswith(b"HTTP/1.1 401")


async def test_a_body_that_comes_too_slowly_is_not_waited_for() -> None:
    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    app = FastAPI()
    app.router.routes.clear()
    app.mount("/", reads)
    app.add_middleware(Gate, tally=Tally(), patience=Patience(seconds=0.05))
    answer(app)
    async with serving(app) as url:
        head = b"POST / HTTP/1.1\r\nhost: t\r\ncontent-length: 10\r\n\r\nabc"
        said = await spoken(url, head)

    assert said.startswith(b"HTTP/1.1 408")
    assert b"body_too_slow" in said
    assert b"connection: close" in said


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: 3000000\r\n\r\n",
        b"content-length: 99999999999999999999\r\n\r\n",
    ],
)
async def test_a_body_that_announces_too_much_is_refused_before_it_comes(
    core: Core, head: bytes
) -> None:
    async with serving(create_app(core)) as url:
        said = await spoken(url, b"POST /v1/authenticate HTTP/1.1\r\nhost: t\r\n" + head)

    assert said.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400"))


async def test_a_chunked_body_is_cut_off_at_the_limit(core: Core, bearer: dict[str, str]) -> None:
    head = (
        "POST /v1/queries HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n"
        f"authorization: {bearer['authorization']}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    async with serving(create_app(core)) as url:
        said = await spoken(url, head.encode(), *[chunk] * 33)

    assert said.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in said


async def test_what_is_not_http_is_refused_and_the_server_goes_on(core: Core) -> None:
    async with serving(create_app(core)) as url:
        said = await spoken(url, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        async with httpx2.AsyncClient() as http:
            health = await http.get(f"{url}/health")

    assert said.startswith(b"HTTP/1.1 400")
    assert health.status_code == 200
    assert "server" not in health.headers


async def test_half_an_answer_breaks_the_connection_rather_than_seem_whole() -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            raise RuntimeError("the other half is lost")

        await StreamingResponse(pieces())(scope, receive, send)

    gate = _with_lifespan(Gate(half, tally=Tally()))
    async with serving(gate) as url, httpx2.AsyncClient() as http:
        with pytest.raises(httpx2.RemoteProtocolError):
            await http.get(url)


def _with_lifespan(app: Asgi) -> Asgi:
    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await app(scope, receive, send)

    return outer
