"""Files over HTTP: what is kept, what is refused and how, and links that end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.limits import Held
from core.app import Core, build
from core.chats import ChatDraft
from core.db import Database
from core.identity import Actor
from core.ids import ChatId, UploadId, new_id, now
from core.secrets import Vault
from core.uploads.service import AUDIENCE
from tests.core.sheets.test_kinds import PDF
from tests.core.uploads.files import PICTURE, SALES
from tests.serving import serving

PATH = "/v1/chats/uploads"
MIB = 1024 * 1024


@pytest.fixture
async def chat(core: Core, ada: Actor) -> ChatId:
    return (await core.chats.create(ada, ChatDraft())).id


def picture(name: str = "chart.png") -> tuple[str, tuple[str, bytes]]:
    return ("files", (name, PICTURE))


async def test_files_are_kept_and_told_as_the_contract_has_it(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor, chat: ChatId
) -> None:
    sent = [("files", ("売上.csv", SALES)), picture(), ("files", ("r.pdf", PDF))]
    answer = await as_ada.post(PATH, data={"chat_id": chat}, files=sent)

    assert answer.status_code == 200
    told = answer.json()
    assert told["chat_id"] == chat
    assert [each["filename"] for each in told["uploads"]] == ["売上.csv", "chart.png", "r.pdf"]
    assert [each["upload_type"] for each in told["uploads"]] == ["document", "image", "document"]
    assert [each["mime_type"] for each in told["uploads"]] == [
        *("text/csv", "image/png", "application/pdf")
    ]
    assert [each["file_size"] for each in told["uploads"]] == [len(SALES), len(PICTURE), len(PDF)]
    assert told["uploads"][0]["tables"] == [{"name": "売上", "rows": 3, "columns": 2}]
    assert await core.uploads.lent(ada, chat)


async def test_a_link_needs_no_token_and_is_safe_in_a_browser(
    as_ada: httpx2.AsyncClient, chat: ChatId
) -> None:
    evil = ("files", ('売上 "x"\r\nSet-Cookie: a=b.png', PICTURE))
    answer = await as_ada.post(PATH, data={"chat_id": chat}, files=[evil])
    url = answer.json()["uploads"][0]["presigned_url"]
    del as_ada.headers["authorization"]
    fetched = await as_ada.get(url)

    assert url.startswith("http://trellis.test/v1/uploads/")
    assert fetched.status_code == 200
    assert fetched.content == PICTURE
    assert fetched.headers["content-type"] == "image/png"
    assert fetched.headers["content-length"] == str(len(PICTURE))
    assert fetched.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5")
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert fetched.headers["cache-control"] == "no-store"
    assert "set-cookie" not in fetched.headers


async def test_a_link_begins_where_others_reach_the_server(
    core: Core, bearer: dict[str, str], chat: ChatId
) -> None:
    transport = httpx2.ASGITransport(app=create_app(core, url="https://trellis.example"))
    async with httpx2.AsyncClient(transport=transport, base_url="http://10.0.0.1") as http:
        answer = await http.post(PATH, data={"chat_id": chat}, files=[picture()], headers=bearer)

    url = answer.json()["uploads"][0]["presigned_url"]
    assert url.startswith("https://trellis.example/v1/uploads/")


async def test_a_link_that_was_touched_or_is_old_opens_nothing(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor, chat: ChatId, vault: Vault
) -> None:
    sent = [picture("a.png"), picture("b.png")]
    told = (await as_ada.post(PATH, data={"chat_id": chat}, files=sent)).json()["uploads"]
    path, token = told[0]["presigned_url"].split("?token=")
    claims = vault.verify(token, audience=AUDIENCE)
    other = told[1]["presigned_url"].split("?")[0]
    late = vault.sign(claims | {"exp": int(now().timestamp()) - 1})
    gone = vault.sign(claims | {"sub": new_id()})
    del as_ada.headers["authorization"]

    for url, status in (
        (f"{path}?token={token[:-4]}AAAA", 403),
        (f"{path}?token={late}", 403),
        (f"{other}?token={token}", 403),
        (f"{path}?token=", 403),
        (path, 403),
        (f"{path}?token={gone}", 404),
        (f"{path}?token={'x' * 3000}", 400),
    ):
        answer = await as_ada.get(url)
        assert (answer.status_code, "detail" in answer.json()) == (status, True), url
    as_bearer = await as_ada.get("/v1/queries", headers={"authorization": f"Bearer {token}"})
    assert as_bearer.status_code == 401
    await core.chats.delete(ada, [chat])
    assert (await as_ada.get(f"{path}?token={token}")).status_code == 404


@pytest.mark.parametrize(
    ("data", "files", "status", "code", "said"),
    [
        ({}, [picture()], 400, "missing_chat_id", "which chat"),
        ({"chat_id": " "}, [picture()], 400, "missing_chat_id", "which chat"),
        ({}, [("other", ("a.png", PICTURE))], 400, "invalid", "Unknown field"),
        ({"chat_id": "CHAT"}, [("x", ("", b""))], 400, "invalid", "Unknown field"),
        ({"chat_id": "CHAT"}, [("files", ("", b""))], 400, "invalid", "Send files"),
        ({"chat_id": "CHAT", "more": "x"}, [picture()], 400, "invalid", "more: Unknown field"),
        ({"chat_id": ["CHAT", "CHAT"]}, [picture()], 400, "invalid", "given twice"),
        ({"chat_id": "CHAT", "files": "text"}, [picture()], 400, "invalid", "Send files"),
        ({"chat_id": "CHAT"}, [picture()] * 6, 400, "too_many_files", "At most 5"),
        ({"chat_id": "CHAT"}, [picture()] * 30, 400, "too_many_files", "At most 5"),
        ({"chat_id": "x" * 2000}, [picture()], 400, "invalid", "maximum size"),
        ({"chat_id": "../x"}, [picture()], 404, "chat_not_found", "Chat not found"),
        ({"chat_id": "unknown"}, [picture()], 404, "chat_not_found", "Chat not found"),
        ({"chat_id": "CHAT"}, [picture("a.pdf")], 400, "file_refused", "it is a PNG image"),
        ({"chat_id": "CHAT"}, [("files", ("a.csv", b""))], 400, "file_refused", "empty"),
    ],
    ids=range(15),
)
async def test_what_makes_no_sense_is_told(
    as_ada: httpx2.AsyncClient,
    core: Core,
    ada: Actor,
    chat: ChatId,
    data: dict[str, Any],
    files: list[tuple[str, tuple[str, bytes]]],
    status: int,
    code: str,
    said: str,
) -> None:
    def mine(value: Any) -> Any:
        return (
            [mine(each) for each in value]
            if isinstance(value, list)
            else chat
            if value == "CHAT"
            else value
        )

    answer = await as_ada.post(PATH, data={k: mine(v) for k, v in data.items()}, files=files)

    assert (answer.status_code, answer.json()["code"].lower()) == (status, code)
    assert said in answer.json()["detail"]
    assert await core.uploads.list(ada, chat) == ()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"no part at all"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
        ),
        ("multipart/form-data; boundary=" + "x" * 500, b"--"),
        ("multipart/form-data; boundary=x; charset=rot13", b"--x\r\n\r\n--x--"),
        ("text/plain", b""),
    ],
)
async def test_what_is_no_form_is_refused(
    as_ada: httpx2.AsyncClient, kind: str, body: bytes
) -> None:
    answer = await as_ada.post(PATH, content=body, headers={"content-type": kind})

    assert answer.status_code == 400
    assert answer.json()["detail"]


async def test_the_missing_chat_has_the_contracts_code(as_ada: httpx2.AsyncClient) -> None:
    answer = await as_ada.post(PATH, files=[picture()])

    assert (answer.status_code, answer.json()["code"]) == (400, "MISSING_CHAT_ID")


async def test_others_chats_and_nobodys_requests_are_refused(
    http: httpx2.AsyncClient, core: Core, eve: Actor, chat: ChatId
) -> None:
    _record, key = await core.identity.create_key(eve, "eve's")
    as_eve = {"authorization": f"Bearer {key.get_secret_value()}"}
    unknown = await http.post(PATH, data={"chat_id": chat}, files=[picture()])
    foreign = await http.post(PATH, data={"chat_id": chat}, files=[picture()], headers=as_eve)

    assert unknown.status_code == 401
    assert (foreign.status_code, foreign.json()["detail"]) == (404, "Chat not found")


async def test_the_store_that_is_full_says_so(
    db: Database, vault: Vault, ada: Actor, bearer: dict[str, str], chat: ChatId
) -> None:
    app = create_app(build(db, vault, uploads_bytes=10))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as http:
        answer = await http.post(PATH, data={"chat_id": chat}, files=[picture()], headers=bearer)

    assert (answer.status_code, answer.json()["code"].lower()) == (409, "uploads_full")


async def test_a_file_stops_where_it_is_too_large_and_the_rest_is_not_read(
    core: Core, bearer: dict[str, str], chat: ChatId
) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="big.csv"\r\n\r\n'
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield head
        while sent < 140 * MIB:
            sent += MIB
            yield b"1,2\n" * (MIB // 4)

    kind = {"content-type": "multipart/form-data; boundary=x"}
    transport = httpx2.ASGITransport(app=create_app(core))
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as http:
        answer = await http.post(PATH, content=endless(), headers=bearer | kind)

    assert (answer.status_code, answer.json()["code"].lower()) == (400, "file_refused")
    assert "big.csv: The file is larger than 30 MB" in answer.json()["detail"]
    assert answer.headers["connection"] == "close"


async def test_only_this_route_takes_large_bodies(
    http: httpx2.AsyncClient, bearer: dict[str, str]
) -> None:
    said = {"content-length": str(152 * MIB), "content-type": "multipart/form-data; boundary=x"}
    for path, headers in ((PATH, bearer | said), ("/v1/queries", bearer | said)):
        answer = await http.post(path, content=b"", headers=headers)
        assert answer.status_code == 413, path
    half = bearer | {"content-length": str(3 * MIB)}
    assert (await http.post("/v1/queries", content=b"", headers=half)).status_code == 413
    assert (await http.post(PATH, content=b"", headers=half)).status_code == 400


async def test_too_many_senders_are_told_to_come_back(
    app: FastAPI, as_ada: httpx2.AsyncClient, ada: Actor, chat: ChatId
) -> None:
    held = app.state.uploading = Held(1, 1)
    held.take("somebody else")
    busy = await as_ada.post(PATH, data={"chat_id": chat}, files=[picture()])
    held.leave("somebody else")
    free = await as_ada.post(PATH, data={"chat_id": chat}, files=[picture()])
    again = await as_ada.post(PATH, data={"chat_id": chat}, files=[picture()])

    assert (busy.status_code, busy.json()["code"].lower()) == (503, "busy")
    assert busy.headers["retry-after"]
    assert (free.status_code, again.status_code) == (200, 200)


async def test_over_a_real_socket_others_are_served_while_files_come_in(
    core: Core, bearer: dict[str, str], chat: ChatId
) -> None:
    body = PICTURE + bytes(12 * MIB)
    async with serving(create_app(core)) as url, httpx2.AsyncClient(timeout=30) as http:
        sending = asyncio.create_task(
            http.post(
                f"{url}{PATH}",
                data={"chat_id": chat},
                files=[("files", ("a.png", body)), ("files", ("b.png", body))],
                headers=bearer,
            )
        )
        slowest = 0.0
        loop = asyncio.get_running_loop()
        while not sending.done():
            begun = loop.time()
            assert (await http.get(f"{url}/health")).status_code == 200
            slowest = max(slowest, loop.time() - begun)
        answer = await sending

    assert answer.status_code == 200
    assert slowest < 1
    assert UploadId(answer.json()["uploads"][1]["id"])
