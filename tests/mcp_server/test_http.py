"""MCP over HTTP: beside the API on one port, and only with a key."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import PromptsListChanged

from core.app import Core
from core.connections import Connection
from core.identity import Actor, Role, Surface
from core.page import PageAsked
from core.queries import Query, QueryDraft
from mcp_server.tools import TOOLS
from tests.mcp_server.said import answer_of
from tests.mcp_server.serving import calling, serving
from tests.mcp_server.test_notices import Ears
from tests.mcp_server.test_queries import Member

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
ACCEPT = {"accept": "application/json, text/event-stream"}


def modern(method: str, **params: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the headers and the body of a request of 2026-07-28."""
    headers = ACCEPT | {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
    if "name" in params:
        headers["mcp-name"] = params["name"]
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params | {"_meta": META}}
    return headers, body


@pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
async def test_a_key_is_the_actor_in_every_era(
    core: Core, ada: Actor, ada_key: str, mode: str
) -> None:
    async with serving(core) as url, calling(url, ada_key, mode) as client:
        saved = answer_of(await client.call_tool("save_query", {"title": "Sales", "prompt": "?"}))
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer {ada_key}"}) as http:
            rest = (await http.get(f"{url}/v1/queries/{saved['id']}")).json()

    assert (rest["id"], rest["last_updated_by"]) == (saved["id"], ada.member_id)


async def test_a_web_token_is_as_good_as_a_key(core: Core, ada: Actor, ada_key: str) -> None:
    token = (await core.identity.authenticate(ada_key, "ada@acme.test")).token
    async with serving(core) as url, calling(url, token.get_secret_value(), "auto") as client:
        answer_of(await client.call_tool("list_connections", {}))


@pytest.mark.parametrize("name", ["nobody", "forged", "expired", "revoked", "basic", "empty"])
async def test_without_a_good_key_nothing_answers(
    core: Core, ada: Actor, ada_key: str, name: str
) -> None:
    record, revoked = await core.identity.create_key(ada, "old")
    await core.identity.revoke_key(ada, record.id)
    bearer = {
        "nobody": None,
        "forged": f"Bearer tr_{'A' * 8}_{'A' * 43}",
        "expired": "Bearer " + "eyJhbGciOiJub25lIn0.e30.",
        "revoked": f"Bearer {revoked.get_secret_value()}",
        "basic": f"Basic {ada_key}",
        "empty": "Bearer",
    }[name]
    given = {"authorization": bearer} if bearer else {}
    async with serving(core) as url, httpx2.AsyncClient(headers=given) as http:
        for tool in TOOLS:
            headers, body = modern("tools/call", name=tool, arguments={})
            refused = await http.post(f"{url}/mcp", json=body, headers=headers)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Bearer ")
        for method in ("GET", "DELETE", "PUT", "OPTIONS"):
            assert (await http.request(method, f"{url}/mcp")).status_code == 401


async def test_a_revoked_key_stops_at_once_in_the_middle_of_a_session(
    core: Core, ada: Actor
) -> None:
    record, key = await core.identity.create_key(ada, "laptop")
    async with serving(core) as url:
        headers = ACCEPT | {"authorization": f"Bearer {key.get_secret_value()}"}
        async with httpx2.AsyncClient(headers=headers) as http:
            session = await handshake(http, url)
            listed = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
            assert (await http.post(f"{url}/mcp", json=listed, headers=session)).status_code == 200
            await core.identity.revoke_key(ada, record.id)
            assert (await http.post(f"{url}/mcp", json=listed, headers=session)).status_code == 401


async def test_a_session_belongs_to_the_member_who_opened_it(
    core: Core, ada: Actor, ada_key: str, eve: Actor
) -> None:
    member = await core.identity.add_member(ada, name="Bo", email="bo@acme.test", role=Role.ANALYST)
    keys = [
        (await core.identity.create_key(actor, "k"))[1].get_secret_value()
        for actor in (eve, Actor.of(member, Surface.CLI))
    ]
    async with serving(core) as url, httpx2.AsyncClient(headers=ACCEPT) as http:
        session = await handshake(http, url, ada_key)
        listed = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        for key in keys:
            headers = session | {"authorization": f"Bearer {key}"}
            stolen = await http.post(f"{url}/mcp", json=listed, headers=headers)
            assert stolen.status_code == 404


async def test_two_keys_on_one_server_stay_two_actors(
    core: Core, ada: Actor, ada_key: str, eve: Actor, mode: str
) -> None:
    _record, key = await core.identity.create_key(eve, "phone")
    async with (
        serving(core) as url,
        calling(url, ada_key, mode) as one,
        calling(url, key.get_secret_value(), mode) as two,
    ):
        results = await asyncio.gather(
            *(
                client.call_tool("save_query", {"title": title, "prompt": "?"})
                for _ in range(5)
                for client, title in ((one, "Ada's"), (two, "Eve's"))
            )
        )
        for result in results:
            answer_of(result)

    for actor, title in ((ada, "Ada's"), (eve, "Eve's")):
        found = (await core.queries.list(actor, PageAsked())).items
        assert [query.title for query in found] == [title] * 5


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_a_rebound_name_and_a_strangers_page_are_turned_away(
    core: Core, ada_key: str, host: str
) -> None:
    bearer = {"authorization": f"Bearer {ada_key}"}
    headers, body = modern("tools/list")
    async with (
        serving(core, host=host) as url,
        httpx2.AsyncClient(headers=bearer | headers) as http,
    ):
        rebound = await http.post(f"{url}/mcp", json=body, headers={"host": "evil.example"})
        page = await http.post(f"{url}/mcp", json=body, headers={"origin": "https://evil.example"})
        hidden = await http.post(f"{url}/mcp", json=body, headers={"origin": "null"})
        mine = await http.post(f"{url}/mcp", json=body, headers={"origin": "http://localhost:6274"})

    assert (rebound.status_code, page.status_code, hidden.status_code) == (421, 403, 403)
    assert mine.status_code == 200


async def test_an_organization_hears_of_its_own_changes_over_http(
    core: Core, ada: Actor, ada_key: str, eve: Actor
) -> None:
    async with (
        serving(core) as url,
        calling(url, ada_key, "2026-07-28") as client,
        client.listen(prompts_list_changed=True) as notices,
    ):
        heard = asyncio.ensure_future(anext(aiter(notices)))
        await core.queries.create(eve, QueryDraft(title="Hers", prompt="?"))
        await client.list_tools()
        assert not heard.done()
        await core.queries.create(ada, QueryDraft(title="Mine", prompt="?"))
        assert await asyncio.wait_for(heard, 5) == PromptsListChanged()


async def test_a_session_over_http_hears_it_on_its_stream(
    core: Core, ada: Actor, ada_key: str
) -> None:
    ears = Ears()
    bearer = {"authorization": f"Bearer {ada_key}"}
    async with (
        serving(core) as url,
        httpx2.AsyncClient(headers=bearer, timeout=30) as http,
        Client(
            streamable_http_client(f"{url}/mcp", http_client=http),
            mode="legacy",
            message_handler=ears,
        ) as client,
    ):
        await client.list_tools()
        # Its stream opens beside its requests; what was said before that is lost, and said again.
        async with asyncio.timeout(10):
            while not ears.heard:
                query = await core.queries.create(ada, QueryDraft(title="Mine", prompt="?"))
                await core.queries.delete(ada, query.id)
                await client.list_tools()


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_the_member_is_asked_over_http_too(
    core: Core, ada_key: str, by_country: Query, mode: str
) -> None:
    member = Member(content={"country": "Brazil"})
    bearer = {"authorization": f"Bearer {ada_key}"}
    async with (
        serving(core) as url,
        httpx2.AsyncClient(headers=bearer, timeout=30) as http,
        Client(
            streamable_http_client(f"{url}/mcp", http_client=http),
            mode=mode,
            elicitation_callback=member,
        ) as client,
    ):
        answer = answer_of(await client.call_tool("run_query", {"query": by_country.title}))

    assert answer["rows"] == [["Ana"]]
    assert len(member.asked) == 1


async def test_a_call_of_today_is_answered_with_plain_json(
    core: Core, ada_key: str, shop: Connection
) -> None:
    headers, body = modern("tools/call", name="run_sql", arguments={"sql": "SELECT 7 AS seven"})
    bearer = {"authorization": f"Bearer {ada_key}"}
    async with serving(core) as url, httpx2.AsyncClient(headers=bearer) as http:
        response = await http.post(f"{url}/mcp", json=body, headers=headers)

    assert response.headers["content-type"] == "application/json"
    result = response.json()["result"]
    assert result["structuredContent"]["rows"] == [[7]]
    assert result["resultType"] == "complete"
    assert "  " not in response.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"x"', 400),
        (b"{}", 400),
        (b'{"jsonrpc":"2.0","id":1}', 400),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', 400),
        (b'{"jsonrpc":"2.0","id":{},"method":"tools/list"}', 400),
        (b"[" * 100_000, 400),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}', 400),
        (b"\xff\xfe", 400),
        (b"x" * 1_000_000, 400),
    ],
)
async def test_garbage_is_an_error_and_the_server_goes_on(
    core: Core, ada_key: str, body: bytes, status: int
) -> None:
    bearer = {"authorization": f"Bearer {ada_key}", "content-type": "application/json"}
    headers, good = modern("tools/list")
    async with serving(core) as url, httpx2.AsyncClient(headers=bearer) as http:
        for era in (headers, ACCEPT):
            response = await http.post(f"{url}/mcp", content=body, headers=era)
            assert response.status_code == status
            assert "Traceback" not in response.text
        assert (await http.post(f"{url}/mcp", json=good, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"mcp-method": "tools/list"}, 400),
        ({"mcp-name": "run_query"}, 400),
        ({"mcp-protocol-version": "2099-01-01"}, 400),
        ({"content-type": "text/plain"}, 400),
        ({"accept": "text/html"}, 406),
    ],
)
async def test_headers_that_contradict_the_body_are_refused(
    core: Core, ada_key: str, shop: Connection, headers: dict[str, str], status: int
) -> None:
    right, body = modern("tools/call", name="run_sql", arguments={"sql": "SELECT 1 AS one"})
    bearer = {"authorization": f"Bearer {ada_key}", "content-type": "application/json"}
    async with serving(core) as url, httpx2.AsyncClient(headers=bearer | right) as http:
        response = await http.post(f"{url}/mcp", content=json.dumps(body), headers=headers)

    assert response.status_code == status


async def test_a_huge_message_is_not_read(core: Core, ada_key: str) -> None:
    bearer = {"authorization": f"Bearer {ada_key}", "content-type": "application/json"}
    headers, good = modern("tools/list")
    async with serving(core) as url, httpx2.AsyncClient(headers=bearer | headers) as http:
        with suppress(httpx2.TransportError):  # it is hung up on while it is still talking
            assert (await http.post(f"{url}/mcp", content=b"x" * 9_000_000)).status_code == 413
        assert (await http.post(f"{url}/mcp", json=good)).status_code == 200


async def handshake(http: httpx2.AsyncClient, url: str, key: str | None = None) -> dict[str, str]:
    """Open a session of 2025-06-18, and return the headers that go with it."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "raw", "version": "1"},
        },
    }
    opened = await http.post(f"{url}/mcp", json=hello, headers=headers)
    assert opened.status_code == 200
    session = {
        "mcp-session-id": opened.headers["mcp-session-id"],
        "mcp-protocol-version": "2025-06-18",
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await http.post(f"{url}/mcp", json=ready, headers=headers | session)
    return session
