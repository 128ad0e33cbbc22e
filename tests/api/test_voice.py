"""Voice over HTTP: a room, and the token that opens it for two hours."""

import json
import time

import httpx2
import jwt
import pytest
from pydantic import SecretStr

from api.app import create_app
from core.app import Core, build
from core.chats import ChatDraft
from core.connections import Connection
from core.db import Database
from core.identity import Actor
from core.secrets import Vault
from core.voice import LiveKit

SECRET = "a secret for tests alone, long enough"
LIVEKIT = LiveKit(url="wss://livekit.test", key="devkey", secret=SecretStr(SECRET))


@pytest.fixture
def core(db: Database, vault: Vault) -> Core:
    return build(db, vault, livekit=LIVEKIT)


async def test_a_room_opens_for_its_member_alone(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor, shop: Connection
) -> None:
    chat = await core.chats.create(ada, ChatDraft())
    body = {"integration_id": shop.id, "chat_id": chat.id}

    begun = await as_ada.post("/v1/voice/sessions", json=body)

    assert begun.status_code == 200, begun.text
    session = begun.json()
    assert list(session) == [
        *("room_name", "token", "livekit_url", "expires_in_seconds", "chat_id")
    ]
    assert session["room_name"].startswith("trellis-voice-")
    assert (session["livekit_url"], session["expires_in_seconds"]) == ("wss://livekit.test", 7200)
    assert session["chat_id"] == chat.id
    claims = jwt.decode(session["token"], SECRET, algorithms=["HS256"], issuer="devkey")
    assert claims["sub"] == ada.member_id
    assert claims["name"] == "Ada"
    assert claims["exp"] - claims["nbf"] == 7200
    assert abs(claims["nbf"] - time.time()) < 60
    assert claims["video"]["room"] == session["room_name"]
    assert claims["video"]["roomJoin"] is True
    assert "roomAdmin" not in claims["video"]
    assert json.loads(claims["metadata"])["integration_id"] == shop.id
    assert jwt.get_unverified_header(session["token"])["alg"] == "HS256"


async def test_without_a_chat_one_is_begun(
    as_ada: httpx2.AsyncClient, core: Core, ada: Actor, shop: Connection
) -> None:
    body = {"integration_id": shop.id}
    sessions = [(await as_ada.post("/v1/voice/sessions", json=body)).json() for _each in "ab"]

    assert len({each["room_name"] for each in sessions}) == 2
    chat = (await core.chats.get(ada, sessions[0]["chat_id"])).chat
    assert (chat.title, chat.connection_id) == ("Voice chat", shop.id)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "INVALID"),
        ({"integration_id": ""}, 400, "INVALID"),
        ({"integration_id": 7}, 400, "INVALID"),
        ({"integration_id": "nothing"}, 404, "INTEGRATION_NOT_FOUND"),
        ({"integration_id": "shop", "chat_id": "nothing"}, 404, "CHAT_NOT_FOUND"),
        ({"integration_id": "shop", "chat_id": "../.."}, 404, "CHAT_NOT_FOUND"),
    ],
)
async def test_what_is_not_there_opens_no_room(
    as_ada: httpx2.AsyncClient, shop: Connection, body: object, status: int, code: str
) -> None:
    refused = await as_ada.post("/v1/voice/sessions", json=body)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await as_ada.get("/v1/chats")).json()["total"] == 0


async def test_nobody_talks_about_what_is_another_s(
    as_ada: httpx2.AsyncClient, core: Core, eve: Actor, shop: Connection, eves_shop: Connection
) -> None:
    hers = await core.chats.create(eve, ChatDraft())
    bodies = [
        {"integration_id": eves_shop.id},
        {"integration_id": shop.id, "chat_id": hers.id},
    ]
    refused = [await as_ada.post("/v1/voice/sessions", json=each) for each in bodies]

    assert [each.status_code for each in refused] == [404, 404]


@pytest.mark.parametrize(
    ("livekit", "words"),
    [
        (None, "set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET"),
        (LiveKit(url="wss://x", key="k"), "set LIVEKIT_API_SECRET to"),
        (LiveKit(url="wss://x", secret=SecretStr(SECRET)), "set LIVEKIT_API_KEY to"),
    ],
)
async def test_without_its_settings_voice_names_them(
    db: Database,
    vault: Vault,
    bearer: dict[str, str],
    shop: Connection,
    livekit: LiveKit | None,
    words: str,
) -> None:
    app = create_app(build(db, vault, livekit=livekit))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as http:
        body = {"integration_id": shop.id}
        refused = await http.post("/v1/voice/sessions", json=body, headers=bearer)

    assert (refused.status_code, refused.json()["code"]) == (400, "VOICE_NOT_CONFIGURED")
    assert words in refused.json()["detail"]
