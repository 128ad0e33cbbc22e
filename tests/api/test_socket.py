"""WebSockets over a real port, spoken to by another library's client."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from pydantic_ai.models.function import FunctionModel
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.app import create_app
from core.app import Core, build
from core.chats import MessageStatus
from core.db import Database
from core.identity import Actor
from core.secrets import Vault
from tests.api.doors import Socket, socket
from tests.api.hearing import Frame
from tests.api.mind import Mind
from tests.api.test_doors import claims, shut
from tests.minds import Scripted
from tests.serving import serving

__all__ = ["shut"]


@pytest.fixture
def mind() -> Mind:
    return Mind()


@pytest.fixture
async def core(db: Database, vault: Vault, mind: Mind) -> AsyncIterator[Core]:
    core = build(db, vault, provider=Scripted(FunctionModel(stream_function=mind.stream)))
    yield core
    await core.chats.close()
    await core.connections.close()


@pytest.fixture
async def url(core: Core) -> AsyncIterator[str]:
    async with serving(create_app(core, silence=0.1, impatience=0.3)) as url:
        yield url


async def closing(opened: Socket) -> tuple[int | None, list[Frame]]:
    """Return the code that the server closes with, and what it says before."""
    frames: list[Frame] = []
    try:
        async with asyncio.timeout(10):
            while True:
                frames.append(await opened.read())
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None, frames


async def test_a_socket_is_let_in_by_its_first_frame(url: str, ada_key: str) -> None:
    async with socket(url, None) as opened:
        await opened.send("authenticate", token=ada_key, request_id=1)
        first = await opened.read()
        await opened.send("ping", request_id="a")
        pong = await opened.read()

        assert opened.whole == {"event": "pong", "data": {}, "request_id": "a"}
    assert first == Frame("authenticated", {"status": "ok"})
    assert pong.event == "pong"


async def test_whatever_opens_no_route_opens_no_socket(
    url: str, shut: dict[str, str | None]
) -> None:
    for what, value in shut.items():
        if value is None or "\xff" in value:
            continue
        async with socket(url, None, headers={"authorization": value}) as opened:
            assert await closing(opened) == (4001, []), what
        if value.startswith("Bearer "):
            async with socket(url, None) as opened:
                await opened.send("authenticate", token=value.removeprefix("Bearer "))
                assert await closing(opened) == (4001, []), what


@pytest.mark.parametrize(
    "first",
    [
        "",
        "{",
        "[]",
        "{}",
        b"binary",
        json.dumps({"action": "ping"}),
        json.dumps({"action": "send_message", "message": "Count"}),
        json.dumps({"action": "authenticate"}),
        json.dumps({"action": "authenticate", "token": 7}),
        json.dumps({"action": "authenticate", "token": ""}),
    ],
)
async def test_whoever_says_something_else_first_is_closed(url: str, first: Any) -> None:
    async with socket(url, None) as opened:
        await opened.raw.send(first)
        assert await closing(opened) == (4001, [])


async def test_whoever_says_nothing_is_closed(url: str) -> None:
    async with socket(url, None) as opened:
        assert await closing(opened) == (4001, [])


@pytest.mark.parametrize("query", ["?token={}", "?access_token={}", "?x={}", "?heartbeat=1&TOKEN="])
async def test_a_token_in_the_query_is_refused(url: str, ada_key: str, query: str) -> None:
    address = f"{url.replace('http', 'ws', 1)}/v1/chats/ws{query.format(ada_key)}"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address, proxy=None):
            pass

    assert refused.value.response.status_code == 403


async def test_a_token_has_three_sockets(core: Core, ada: Actor, url: str, ada_key: str) -> None:
    _record, other = await core.identity.create_key(ada, "another")
    async with socket(url, ada_key), socket(url, ada_key), socket(url, ada_key) as third:
        bearer = {"authorization": f"Bearer {ada_key}"}
        async with socket(url, None, headers=bearer) as fourth:
            code, frames = await closing(fourth)
        async with socket(url, other.get_secret_value()):
            pass
        await third.raw.close()
        await third.raw.wait_closed()
        async with socket(url, ada_key):
            pass

    assert code == 4429
    assert [(each.event, each.data["code"]) for each in frames] == [("error", "WS_CONNECTION_CAP")]


async def test_a_member_has_ten_sockets_with_however_many_tokens(
    core: Core, url: str, ada_key: str
) -> None:
    async def token(email: str) -> str:
        made = await core.identity.authenticate(ada_key, email)
        return made.token.get_secret_value()

    async with AsyncExitStack() as stack:
        for _each in range(5):
            mine = await token("ada@acme.test")
            for _socket in range(2):
                await stack.enter_async_context(socket(url, mine))
        bearer = {"authorization": f"Bearer {await token('ada@acme.test')}"}
        async with socket(url, None, headers=bearer) as eleventh:
            code, frames = await closing(eleventh)
        async with socket(url, await token("new@acme.test")):
            pass

    assert code == 4429
    assert [each.data["code"] for each in frames] == ["WS_CONNECTION_CAP"]
    assert "10 sockets" in frames[0].data["error"]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("{", "body: Not JSON"),
        ("7", "A frame is a JSON object"),
        (b"{}", "A frame is text"),
        ("{}", "action: There is no such action"),
        ('{"action": "dance"}', "action: There is no such action"),
        ('{"action": ["ping"]}', "action: There is no such action"),
        ('{"action": "ping", "action": "ping"}', "action: The field is given twice"),
        ('{"action": "ping", "request_id": {}}', "request_id: "),
        ('{"action": "ping", "request_id": true}', "request_id: "),
        ('{"action": "send_message"}', "message: Field required"),
        ('{"action": "send_message", "message": " "}', "message: "),
        ('{"action": "send_message", "message": "a\\u0000"}', "message: A NUL"),
        ('{"action": "send_message", "message": "a", "colour": 1}', "colour: Unknown field"),
        ('{"action": "edit_message", "content": "a"}', "chat_id: Field required"),
        ('{"action": "delete_message", "chat_id": "x"}', "message_id: Field required"),
        ('{"action": "delete_message", "chat_id": "x", "message_id": "y"}', "Chat not found"),
        ('{"action": "interrupt", "chat_id": "x"}', "Chat not found"),
        ('{"action": "interrupt", "chat_id": 7}', "chat_id: "),
        ('{"action": "authenticate"}', "token: Field required"),
    ],
)
async def test_a_frame_that_makes_no_sense_is_told_so_and_the_socket_stays(
    url: str, ada_key: str, frame: Any, words: str
) -> None:
    async with socket(url, ada_key) as opened:
        await opened.raw.send(frame)
        error = await opened.read()
        await opened.send("ping")
        pong = await opened.read()

    assert error.event == "error"
    assert list(error.data) == ["error", "code", "retryable", "debug_id", "error_type"]
    assert error.data["error"].startswith(words)
    assert error.data["code"] in {"INVALID", "CHAT_NOT_FOUND"}
    assert pong.event == "pong"


async def test_a_frame_that_is_too_large_closes_the_socket(url: str, ada_key: str) -> None:
    async with socket(url, ada_key) as opened:
        await opened.send("send_message", message="x" * 300_000)
        code, _frames = await closing(opened)

    assert code == 1009


async def test_three_questions_in_ten_seconds_are_enough(url: str, ada_key: str) -> None:
    async with socket(url, ada_key) as opened:
        for _each in range(3):
            await opened.send("send_message", message="Count")
            assert (await opened.until_end())[-1].event == "message"
        await opened.send("send_message", message="Count", request_id=4)
        refused = await opened.read()
        marked = opened.whole["request_id"]

    assert (refused.event, refused.data["code"], marked) == ("error", "RATE_LIMIT", 4)
    assert 1 <= refused.data["retry_after_seconds"] <= 10
    assert refused.data["retryable"] is True


async def test_a_token_asks_thirty_times_a_minute(core: Core, url: str, ada_key: str) -> None:
    sent = []
    for _each in range(11):
        async with socket(url, ada_key) as opened:
            for _question in range(3):
                await opened.send("send_message", message="Count", chat_id="nothing")
                sent.append((await opened.read()).data["code"])

    assert sent == ["CHAT_NOT_FOUND"] * 30 + ["RATE_LIMIT"] * 3


async def test_one_socket_has_turns_in_several_chats(url: str, ada_key: str, mind: Mind) -> None:
    mind.waits = True
    async with socket(url, ada_key) as opened:
        await opened.send("send_message", message="One", request_id="one")
        await opened.send("send_message", message="Two", request_id="two")
        chats: dict[str, str] = {}
        while len(chats) < 2:
            frame = await opened.read()
            if frame.event == "chat_metadata":
                chats[opened.whole["request_id"]] = frame.data["id"]
                assert opened.whole["chat_id"] == frame.data["id"]
        await opened.send("send_message", message="Again", chat_id=chats["one"], request_id=3)
        busy = await opened.until("error")
        marked = opened.whole["request_id"]
        mind.go_on.set()
        ends = []
        for _each in range(2):
            await opened.until("message")
            ends.append(opened.whole["request_id"])

    assert (busy.data["code"], marked) == ("CHAT_BUSY", 3)
    assert chats["one"] != chats["two"]
    assert sorted(ends) == ["one", "two"]


async def test_a_message_goes_with_every_later_one(
    core: Core, ada: Actor, url: str, ada_key: str
) -> None:
    async with socket(url, ada_key) as opened:
        await opened.send("send_message", message="Count")
        frames = await opened.until_end()
        chat_id, mine = frames[0].data["id"], frames[0].data["user_message_id"]
        await opened.send("delete_message", chat_id=chat_id, message_id=mine, request_id="x")
        deleted = await opened.read()

    assert deleted == Frame("deleted", {"message_id": mine})
    assert (await core.chats.get(ada, chat_id)).messages == ()


async def test_interrupt_without_a_chat_stops_every_turn_of_the_socket(
    url: str, ada_key: str, mind: Mind
) -> None:
    mind.waits = True
    async with socket(url, ada_key) as opened:
        await opened.send("send_message", message="One")
        await opened.send("send_message", message="Two")
        await opened.send("interrupt")
        frames: list[Frame] = []
        while not frames or frames[-1].event != "interrupted":
            frames.append(await opened.read())

    errors = [each.data["code"] for each in frames if each.event == "error"]
    assert errors == ["INTERRUPTED", "INTERRUPTED"]


async def test_the_heart_beats_for_whoever_asks(url: str, ada_key: str) -> None:
    async with socket(url, ada_key, query="?heartbeat=1") as opened, asyncio.timeout(10):
        beats = [await opened.read() for _each in range(2)]

    assert [each.event for each in beats] == ["heartbeat"] * 2


async def test_a_token_that_dies_closes_its_socket_and_stops_its_turns(
    core: Core, ada: Actor, url: str, mind: Mind
) -> None:
    mind.waits = True
    record, key = await core.identity.create_key(ada, "short")
    async with socket(url, key.get_secret_value()) as opened, asyncio.timeout(10):
        await opened.send("send_message", message="Count")
        await opened.until("text_delta")
        chat_id = opened.whole["chat_id"]
        await core.identity.revoke_key(ada, record.id)
        code, _frames = await closing(opened)
        await mind.left.wait()
    kept = await core.chats.wait(ada, chat_id, 5)

    assert code == 4001
    assert kept.messages[-1].status is MessageStatus.INTERRUPTED


async def test_a_token_that_expires_closes_its_socket(
    ada: Actor, ada_key: str, core: Core, vault: Vault, url: str
) -> None:
    key = (await core.identity.list_keys(ada))[0]
    from time import time  # noqa: PLC0415

    token = vault.sign(claims(ada, key=key.id, exp=int(time()) + 2))
    async with socket(url, token) as opened:
        code, _frames = await closing(opened)

    assert code == 4001


async def test_a_socket_does_not_change_hands(
    core: Core, url: str, ada_key: str, eve: Actor
) -> None:
    _record, hers = await core.identity.create_key(eve, "hers")
    async with socket(url, ada_key) as opened:
        await opened.send("authenticate", token=ada_key)
        again = await opened.read()
        await opened.send("authenticate", token=hers.get_secret_value())
        code, _frames = await closing(opened)

    assert again == Frame("authenticated", {"status": "ok"})
    assert code == 4001


async def test_whoever_leaves_stops_the_model(
    core: Core, ada: Actor, url: str, ada_key: str, mind: Mind
) -> None:
    mind.waits = True
    loop = asyncio.get_running_loop()
    async with socket(url, ada_key) as opened:
        await opened.send("send_message", message="Count")
        await opened.until("text_delta")
        chat_id = opened.whole["chat_id"]
        opened.raw.transport.abort()
        left = loop.time()
        await asyncio.wait_for(mind.left.wait(), 10)
        took = loop.time() - left
    kept = await core.chats.wait(ada, chat_id, 5)

    assert took < 1.5
    assert kept.messages[-1].status is MessageStatus.INTERRUPTED


async def test_a_server_that_ends_says_so(core: Core, ada_key: str, mind: Mind) -> None:
    mind.waits = True
    async with asyncio.timeout(20):
        async with serving(create_app(core)) as url:
            opening = socket(url, ada_key)
            opened = await opening.__aenter__()
            await opened.send("send_message", message="Count")
            await opened.until("text_delta")
        code, _frames = await closing(opened)
        await opening.__aexit__(None, None, None)
        await mind.left.wait()

    assert code == 1012


async def test_a_path_that_is_none_has_no_socket(url: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{url.replace('http', 'ws', 1)}/v1/chats/wss", proxy=None):
            pass

    assert refused.value.response.status_code == 403


async def test_a_socket_is_counted_by_its_end(core: Core, url: str, ada_key: str) -> None:
    async with socket(url, ada_key):
        pass
    async with httpx2.AsyncClient() as http:
        await http.get(f"{url}/health")
    async with socket(url, ada_key):
        ended = [dict(labels) for name, labels in core.tally.spreads if name == "socket"]

    assert {"route": "/v1/chats/ws", "code": "1000"} in ended
