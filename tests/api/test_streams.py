"""Streams over a real port: kept alive, taken up again, stopped, never in anybody's way."""

import asyncio
import socket as sockets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import httpx2
import pytest
from pydantic_ai.models.function import FunctionModel
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from cli.sockets import Sockets
from core.app import Core, build
from core.chats import MessageStatus
from core.connections import Ceilings, Connection
from core.db import Database
from core.identity import Actor
from core.queries import QueryDraft
from core.secrets import Vault
from tests.api.hearing import Frame, asked, heard, hearing
from tests.api.mind import Mind
from tests.minds import Scripted
from tests.serving import serving

ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT count(*) FROM n WHERE i < 0"
)
WIDE = "SELECT id, printf('%.*c', 14000, 'x') AS wide FROM orders WHERE id <= 500"
"""Megabytes: more than a system's own buffers take."""


@pytest.fixture
def mind() -> Mind:
    return Mind()


@pytest.fixture
async def core(db: Database, vault: Vault, mind: Mind) -> AsyncIterator[Core]:
    provider = Scripted(FunctionModel(stream_function=mind.stream))
    core = build(db, vault, provider=provider, ceilings=Ceilings(seconds=120))
    yield core
    await core.chats.close()
    await core.connections.close()


@pytest.fixture
async def http(bearer: dict[str, str]) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(headers=bearer, timeout=20) as client:
        yield client


async def test_a_stream_tells_proxies_to_let_it_pass(core: Core, http: httpx2.AsyncClient) -> None:
    async with serving(create_app(core)) as url:
        answer = await http.post(f"{url}/v1/chats", json={"message": "Count"})

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-length" not in answer.headers
    assert answer.text.startswith("id: ")
    first = answer.text.split("\n\n")[0].split("\n")
    assert [line.split(":")[0] for line in first] == ["id", "event", "data"]


async def test_silence_is_broken_by_a_comment(
    core: Core, http: httpx2.AsyncClient, mind: Mind
) -> None:
    mind.waits = True
    async with (
        serving(create_app(core, silence=0.05)) as url,
        http.stream("POST", f"{url}/v1/chats", json={"message": "Count"}) as answer,
        asyncio.timeout(10),
    ):
        pings = 0
        async for line in answer.aiter_lines():
            pings += line == ": ping"
            if pings == 3:
                break

    assert pings == 3


@pytest.mark.parametrize("seen", [1, 3])
async def test_whoever_comes_back_goes_on_after_the_last_event(
    core: Core, ada: Actor, http: httpx2.AsyncClient, mind: Mind, seen: int
) -> None:
    mind.waits = True
    body = {"message": "Count"}
    async with serving(create_app(core)) as url, asyncio.timeout(15):
        async with http.stream("POST", f"{url}/v1/chats", json=body) as answer:
            first = [frame async for frame in _some(answer, seen)]
        back = {"last-event-id": str(first[-1].id)}
        async with http.stream("POST", f"{url}/v1/chats", json=body, headers=back) as answer:
            rest = []
            async for frame in hearing(answer):
                rest.append(frame)
                if frame.event == "text_delta":
                    mind.go_on.set()
        end = {"last-event-id": str(rest[-1].id)}
        nothing = await http.post(f"{url}/v1/chats", json=body, headers=end)
        whole = await http.post(
            f"{url}/v1/chats", json=body, headers={"last-event-id": f"{rest[-1].data['id']}:0"}
        )

    assert first[0].event == "chat_metadata"
    assert rest[-1].event == "message"
    numbers = [int(str(each.id).rpartition(":")[2]) for each in first + rest]
    assert numbers == list(range(1, len(numbers) + 1))
    assert heard(whole.text) == first + rest
    assert heard(nothing.text) == []
    # Nothing was asked again.
    assert len((await core.chats.get(ada, first[0].data["id"])).messages) == 2


async def test_an_event_source_reads_an_answer_by_its_id(
    core: Core, http: httpx2.AsyncClient
) -> None:
    async with serving(create_app(core)) as url:
        http.base_url = httpx2.URL(url)
        frames = await asked(http, message="Count")
        chat, answer = frames[0].data["id"], frames[-1].data["id"]
        path = f"/v1/chats/{chat}/messages/{answer}/events"
        whole = await http.get(path)
        rest = await http.get(path, headers={"last-event-id": str(frames[1].id)})
        mine = frames[0].data["user_message_id"]
        wrong = [
            await http.get(f"/v1/chats/{chat}/messages/{mine}/events"),
            await http.get(f"/v1/chats/{answer}/messages/{answer}/events"),
            await http.get(path, headers={"last-event-id": f"{mine}:1"}),
            await http.get(path, headers={"last-event-id": "nothing"}),
        ]

    assert whole.text.startswith("retry: ")
    assert heard(whole.text) == frames
    assert heard(rest.text) == frames[2:]
    assert [each.status_code for each in wrong] == [404] * 4


@pytest.mark.parametrize("id", ["nothing", "x:1", ":", "1:x", "x:-1", "x:99999999999999999999"])
async def test_an_event_that_never_was_is_not_found(
    core: Core, http: httpx2.AsyncClient, id: str
) -> None:
    async with serving(create_app(core)) as url:
        body = {"message": "Count"}
        missing = await http.post(f"{url}/v1/chats", json=body, headers={"last-event-id": id})
        none = await http.get(f"{url}/v1/chats")

    assert (missing.status_code, missing.json()["code"]) == (404, "MESSAGE_NOT_FOUND")
    assert none.json()["total"] == 0


async def test_a_reader_who_leaves_stops_the_model_within_a_second(
    core: Core, ada: Actor, http: httpx2.AsyncClient, mind: Mind
) -> None:
    mind.waits = True
    loop = asyncio.get_running_loop()
    async with serving(create_app(core)) as url, asyncio.timeout(15):
        async with http.stream("POST", f"{url}/v1/chats", json={"message": "Count"}) as answer:
            first = [frame async for frame in _some(answer, 4)]
        left = loop.time()
        await mind.left.wait()
        took = loop.time() - left
        kept = await core.chats.wait(ada, first[0].data["id"], 5)

    assert took < 1.5  # half a second of grace, and a busy machine's own
    assert kept.messages[-1].status is MessageStatus.INTERRUPTED


async def test_a_reader_who_leaves_stops_the_database(
    core: Core, ada: Actor, http: httpx2.AsyncClient, shop: Connection
) -> None:
    query = await core.queries.create(ada, QueryDraft(title="All", prompt="?", sql=ENDLESS))
    body = {"message": "All", "saved_query_id": query.id}
    async with serving(create_app(core)) as url, asyncio.timeout(15):
        async with http.stream("POST", f"{url}/v1/chats", json=body) as answer:
            first = [frame async for frame in _some(answer, 3)]
        kept = await core.chats.wait(ada, first[0].data["id"], 5)

    assert kept.messages[-1].status is MessageStatus.INTERRUPTED
    # It runs no more: what a statement took is counted when it has come to rest.
    assert [name for name, _labels in core.tally.spreads if name == "statement"]


@pytest.mark.parametrize("unread", [60.0, 0.5])
async def test_a_reader_who_does_not_read_is_in_nobody_s_way(
    core: Core,
    ada: Actor,
    bearer: dict[str, str],
    http: httpx2.AsyncClient,
    shop: Connection,
    unread: float,
) -> None:
    query = await core.queries.create(ada, QueryDraft(title="Wide", prompt="?", sql=WIDE))
    app = create_app(core)
    begun, over = asyncio.Event(), asyncio.Event()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        lazy = (b"x-lazy", b"1") in scope.get("headers", ())

        async def say(message: Message) -> None:
            if lazy:
                begun.set()
            await send(message)

        await app(scope, receive, say)
        if lazy:
            over.set()

    async with serving(watched, Sockets(unread=unread), narrow=True) as url, asyncio.timeout(30):
        with await _lazy(url, bearer, f'{{"message":"All","saved_query_id":"{query.id}"}}') as lazy:
            if unread > 1:
                await begun.wait()
                # The answer waits for its reader; everybody else is answered meanwhile.
                body = {"message": "Count"}
                done = await asyncio.gather(
                    *(http.post(f"{url}/v1/chats", json=body) for _each in range(5))
                )
                held = app.state.limits.streams.held()
                lazy.close()
            # Here nobody hangs up: the system itself drops what nobody reads.
            await over.wait()

    assert app.state.limits.streams.held() == 0
    if unread > 1:
        assert [heard(each.text)[-1].event for each in done] == ["message"] * 5
        assert held == 1


async def test_streams_leave_the_places_of_others_free(
    core: Core, http: httpx2.AsyncClient, mind: Mind
) -> None:
    mind.waits = True
    app = create_app(core, most=2)
    async with (
        asyncio.timeout(20),
        serving(app) as url,
        http.stream("POST", f"{url}/v1/chats", json={"message": "1"}) as one,
        http.stream("POST", f"{url}/v1/chats", json={"message": "2"}) as two,
        http.stream("POST", f"{url}/v1/chats", json={"message": "3"}) as three,
    ):
        statuses = [each.status_code for each in (one, two, three)]
        listed = await http.get(f"{url}/v1/chats")
    limits = app.state.limits

    assert statuses == [200, 200, 200]
    assert (listed.status_code, listed.json()["total"]) == (200, 3)
    assert not limits.streams.held()


async def test_a_member_reads_so_many_answers_at_once(
    core: Core, ada: Actor, http: httpx2.AsyncClient, mind: Mind
) -> None:
    app = create_app(core)
    for _each in range(500):
        app.state.limits.streams.take(ada.member_id)
    async with serving(app) as url:
        refused = await http.post(f"{url}/v1/chats", json={"message": "1"})
        app.state.limits.streams.leave(ada.member_id)
        answered = await http.post(f"{url}/v1/chats", json={"message": "1"})

    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMIT")
    assert refused.headers["retry-after"]
    assert answered.status_code == 200


async def test_a_server_that_ends_says_farewell(
    core: Core, http: httpx2.AsyncClient, mind: Mind
) -> None:
    mind.waits = True
    async with asyncio.timeout(30), aclosing(_served(core)) as server:
        url = await anext(server)
        async with http.stream("POST", f"{url}/v1/chats", json={"message": "1"}) as answer:
            frames = hearing(answer)
            first = await anext(frames)
            ending = asyncio.create_task(anext(server, None))
            rest = [frame async for frame in frames]
        await ending

    assert first.event == "chat_metadata"
    assert (rest[-1].event, rest[-1].data["code"]) == ("error", "INTERRUPTED")


async def _served(core: Core) -> AsyncGenerator[str, None]:
    async with serving(create_app(core)) as url:
        yield url


async def _some(answer: httpx2.Response, most: int) -> AsyncIterator[Frame]:
    count = 0
    async for frame in hearing(answer):
        yield frame
        count += 1
        if count == most:
            return


async def _lazy(url: str, bearer: dict[str, str], body: str) -> sockets.socket:
    """Return a socket that has asked, and reads nothing."""
    host, port = url.removeprefix("http://").split(":")
    head = (
        "POST /v1/chats HTTP/1.1\r\nhost: t\r\nx-lazy: 1\r\ncontent-type: application/json\r\n"
        f"authorization: {bearer['authorization']}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    lazy = sockets.socket()
    lazy.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 2048)
    lazy.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(lazy, (host, int(port)))
    await loop.sock_sendall(lazy, f"{head}{body}".encode())
    return lazy


async def test_a_stream_ends_when_its_key_is_revoked(core: Core, ada: Actor, mind: Mind) -> None:
    record, key = await core.identity.create_key(ada, "lost")
    headers = {"authorization": f"Bearer {key.get_secret_value()}"}
    mind.waits = True
    async with (
        serving(create_app(core, again=0.05)) as url,
        httpx2.AsyncClient(headers=headers, timeout=20) as client,
        client.stream("POST", f"{url}/v1/chats", json={"message": "Count"}) as answer,
        asyncio.timeout(15),
    ):
        frames = []
        async for frame in hearing(answer):
            frames.append(frame)
            if frame.event == "text_delta":
                await core.identity.revoke_key(ada, record.id)
        await mind.left.wait()

    assert frames[-1].event == "error"
    assert "key" in frames[-1].data["error"].lower()
