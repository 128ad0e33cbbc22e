"""OAuth 2.1 by address alone: the whole way, and everybody who comes by another one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl
from sqlalchemy import text
from typing_extensions import override

from core.app import Core
from core.db import Database
from core.identity import Actor
from core.ids import now
from core.queries import QueryDraft
from tests.mcp_server.browser import BACK, Browser, Program, fields, query_of
from tests.mcp_server.said import answer_of
from tests.mcp_server.serving import calling, serving


@pytest.fixture
async def url(core: Core) -> AsyncIterator[str]:
    async with serving(core) as url:
        yield url


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=20) as http:
        yield http


@pytest.fixture
async def program(url: str, http: httpx2.AsyncClient) -> Program:
    program = Program(http, url)
    assert (await program.register()).status_code == 201
    return program


@pytest.fixture
def browser(url: str, http: httpx2.AsyncClient) -> Browser:
    return Browser(http, url)


async def code_for(program: Program, browser: Browser, key: str) -> str:
    page = await browser.open(await program.authorize())
    back = await browser.sign_in(page, key)
    assert back.status_code == 303, back.text
    assert back.headers["location"].startswith(BACK + "?")
    said = query_of(back)
    assert (said["state"], said["iss"]) == ("xyz", program.url)
    return said["code"]


async def tokens_for(program: Program, browser: Browser, key: str) -> dict[str, Any]:
    response = await program.exchange(await code_for(program, browser, key))
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    tokens: dict[str, Any] = response.json()
    return tokens


async def knocks(http: httpx2.AsyncClient, url: str, token: str) -> int:
    headers = {"authorization": f"Bearer {token}", "accept": "application/json, text/event-stream"}
    return (await http.post(f"{url}/mcp", json={}, headers=headers)).status_code


class Kept(TokenStorage):
    """Keeps tokens for as long as the test."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    @override
    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    @override
    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    @override
    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    @override
    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic"])
async def test_the_sdks_own_client_gets_in_by_address_alone(
    core: Core, ada: Actor, ada_key: str, url: str, browser: Browser, name: str, method: str
) -> None:
    sent: asyncio.Queue[str] = asyncio.Queue()
    mine = url.replace("127.0.0.1", name)

    async def redirected(address: str) -> None:
        page = await browser.open(await browser.http.get(address))
        await sent.put((await browser.sign_in(page, ada_key)).headers["location"])

    async def called_back() -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(await sent.get()).query)
        return AuthorizationCodeResult(
            code=query["code"][0], state=query["state"][0], iss=query["iss"][0]
        )

    kept = Kept()
    auth = OAuthClientProvider(
        f"{mine}/mcp",
        OAuthClientMetadata.model_validate(
            {
                "client_name": "SDK",
                "redirect_uris": [AnyUrl(BACK)],
                "token_endpoint_auth_method": method,
            }
        ),
        kept,
        redirected,
        called_back,
    )
    async with (
        httpx2.AsyncClient(auth=auth, timeout=20) as http,
        Client(streamable_http_client(f"{mine}/mcp", http_client=http)) as client,
    ):
        answer_of(await client.call_tool("save_query", {"title": "Sales", "prompt": "?"}))

    assert (await core.queries.find(ada, "Sales")).last_updated_by == ada.member_id
    assert kept.tokens is not None
    assert kept.client is not None
    assert kept.client.token_endpoint_auth_method == method
    assert (kept.client.client_secret is None) is (method == "none")


async def test_without_a_token_the_way_to_one_is_told(url: str, http: httpx2.AsyncClient) -> None:
    refused = await http.post(f"{url}/mcp", json={})
    assert refused.status_code == 401
    where = f"{url}/.well-known/oauth-protected-resource/mcp"
    assert f'resource_metadata="{where}"' in refused.headers["www-authenticate"]

    resource = (await http.get(where)).json()
    assert resource["resource"] == f"{url}/mcp"
    assert resource["authorization_servers"] == [url]
    assert (await http.get(f"{url}/.well-known/oauth-protected-resource")).json() == resource

    about = (await http.get(f"{url}/.well-known/oauth-authorization-server")).json()
    assert about["issuer"] == url
    assert about["code_challenge_methods_supported"] == ["S256"]
    assert about["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert "none" in about["token_endpoint_auth_methods_supported"]
    for endpoint in ("authorization", "token", "registration", "revocation"):
        assert about[f"{endpoint}_endpoint"].startswith(f"{url}/")


async def test_a_token_speaks_for_the_member_who_let_it_in(
    core: Core, ada_key: str, ada: Actor, program: Program, browser: Browser
) -> None:
    tokens = await tokens_for(program, browser, ada_key)
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    async with calling(program.url, tokens["access_token"], "auto") as client:
        answer_of(await client.call_tool("save_query", {"title": "Sales", "prompt": "?"}))

    assert (await core.queries.find(ada, "Sales")).last_updated_by == ada.member_id
    (grant,) = await core.grants.list(ada)
    assert grant.client_name == "Test program"


async def test_a_token_for_mcp_opens_nothing_else(
    ada_key: str, program: Program, browser: Browser
) -> None:
    tokens = await tokens_for(program, browser, ada_key)
    headers = {"authorization": f"Bearer {tokens['access_token']}"}

    assert (await program.http.get(f"{program.url}/v1/queries", headers=headers)).status_code == 401


async def test_a_refreshed_token_goes_on_and_the_old_one_ends_it_all(
    ada_key: str, program: Program, browser: Browser
) -> None:
    first = await tokens_for(program, browser, ada_key)
    second = (await program.refresh(first["refresh_token"])).json()
    assert await knocks(program.http, program.url, second["access_token"]) != 401

    reused = await program.refresh(first["refresh_token"])

    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert await knocks(program.http, program.url, second["access_token"]) == 401
    assert (await program.refresh(second["refresh_token"])).status_code == 400


async def test_what_is_given_back_opens_nothing_more(
    ada_key: str, program: Program, browser: Browser
) -> None:
    tokens = await tokens_for(program, browser, ada_key)
    form = {"token": tokens["refresh_token"], "client_id": program.id}
    address = f"{program.url}/revoke"

    stranger = await program.http.post(address, data=form)
    assert stranger.status_code == 401
    assert await knocks(program.http, program.url, tokens["access_token"]) != 401

    form["client_secret"] = program.secret or ""
    assert (await program.http.post(address, data=form)).status_code == 200
    assert await knocks(program.http, program.url, tokens["access_token"]) == 401
    assert (await program.http.post(address, data=form)).status_code == 200


async def test_a_public_program_gives_back_without_a_secret(
    url: str, http: httpx2.AsyncClient, ada_key: str, browser: Browser
) -> None:
    program = Program(http, url)
    await program.register(token_endpoint_auth_method="none")
    assert program.secret is None
    tokens = await tokens_for(program, browser, ada_key)

    form = {"token": tokens["access_token"], "client_id": program.id}
    assert (await http.post(f"{url}/revoke", data=form)).status_code == 200
    assert await knocks(http, url, tokens["access_token"]) == 401


# What a code is worth, and to whom


async def test_a_code_comes_once_and_twice_ends_what_it_gave(
    ada_key: str, program: Program, browser: Browser
) -> None:
    code = await code_for(program, browser, ada_key)
    tokens = (await program.exchange(code)).json()
    again = await program.exchange(code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert await knocks(program.http, program.url, tokens["access_token"]) == 401


@pytest.mark.parametrize(
    ("others", "status"),
    [
        ({"code_verifier": "w" * 43}, 400),
        ({"code_verifier": None}, 400),
        ({"code_verifier": ""}, 400),
        ({"redirect_uri": "http://127.0.0.1:5173/elsewhere"}, 400),
        ({"redirect_uri": None}, 400),
        ({"client_secret": "guess"}, 401),
        ({"client_secret": None}, 401),
        ({"client_id": "nobody"}, 401),
        ({"client_id": None}, 401),
        ({"grant_type": "password"}, 400),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"}, 400),
        ({"code": "trc_" + "A" * 43}, 400),
    ],
)
async def test_a_stolen_code_is_worth_nothing(
    ada_key: str,
    program: Program,
    browser: Browser,
    others: dict[str, str | None],
    status: int,
) -> None:
    code = await code_for(program, browser, ada_key)

    stolen = await program.exchange(code, **others)

    assert stolen.status_code == status
    assert "access_token" not in stolen.text
    assert (await program.exchange(code)).status_code == 200


async def test_a_code_of_one_program_is_nothing_to_another(
    url: str, http: httpx2.AsyncClient, ada_key: str, program: Program, browser: Browser
) -> None:
    code = await code_for(program, browser, ada_key)
    thief = Program(http, url, verifier=program.verifier)
    await thief.register()

    assert (await thief.exchange(code)).json()["error"] == "invalid_grant"
    assert (await program.exchange(code)).status_code == 200


async def test_a_code_expires_in_minutes(
    db: Database, ada_key: str, program: Program, browser: Browser
) -> None:
    code = await code_for(program, browser, ada_key)
    async with db.transaction() as tx:
        at = str(now() - timedelta(seconds=1)).replace("+00:00", "")
        await tx.execute(text("UPDATE grant_codes SET expires_at = :at"), {"at": at})

    assert (await program.exchange(code)).json()["error"] == "invalid_grant"


# Asking to be let in


@pytest.mark.parametrize(
    ("others", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
        ({"state": "x" * 3_000}, "invalid_request"),
    ],
)
async def test_a_program_that_asks_wrongly_is_told_so_at_its_own_address(
    program: Program, others: dict[str, str | None], error: str
) -> None:
    response = await program.authorize(**others)

    assert response.status_code == 302
    assert response.headers["location"].startswith(BACK + "?")
    assert query_of(response)["error"] == error


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/callback",
        "http://127.0.0.1:5173/callback/../evil",
        "http://127.0.0.1:5173/elsewhere",
        "http://127.0.0.1:5173/callback?more=1",
        "http://localhost:5173/callback",
        "http://127.0.0.1:5173@evil.example/callback",
        "http://user@127.0.0.1:5173/callback",
        "https://127.0.0.1:5173/callback",
        "javascript:alert(1)",
        "//evil.example",
    ],
)
async def test_nobody_is_sent_to_an_address_that_was_not_registered(
    program: Program, uri: str
) -> None:
    response = await program.authorize(redirect_uri=uri)

    assert response.status_code == 400
    assert "location" not in response.headers


async def test_a_program_on_this_machine_may_use_any_port(
    ada_key: str, program: Program, browser: Browser
) -> None:
    other = "http://127.0.0.1:61999/callback"
    page = await browser.open(await program.authorize(redirect_uri=other))
    back = await browser.sign_in(page, ada_key)

    assert back.headers["location"].startswith(other + "?")
    code = query_of(back)["code"]
    assert (await program.exchange(code)).status_code == 400
    assert (await program.exchange(code, redirect_uri=other)).status_code == 200


async def test_an_unknown_program_gets_no_page(program: Program) -> None:
    response = await program.authorize(client_id="nobody")

    assert response.status_code == 400
    assert "location" not in response.headers


# The page


async def test_the_page_says_who_asks_and_where_one_is_sent(
    url: str, http: httpx2.AsyncClient, browser: Browser
) -> None:
    program = Program(http, url)
    await program.register(client_name="<script>alert(1)</script>")
    page = await browser.open(await program.authorize())

    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "127.0.0.1:5173" in page.text


async def test_the_page_cannot_be_framed_kept_or_made_to_run_anything(
    program: Program, browser: Browser
) -> None:
    headers = (await browser.open(await program.authorize())).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:5173;" in policy
    assert "base-uri 'none'" in policy
    assert "script-src" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    cookie = headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def test_a_wrong_key_gets_the_page_again(program: Program, browser: Browser) -> None:
    page = await browser.open(await program.authorize())
    again = await browser.sign_in(page, "tr_wrong")

    assert again.status_code == 403
    assert "Invalid API key" in again.text
    assert "tr_wrong" not in again.text
    assert fields(again.text)["request"]


async def test_a_token_is_no_key_to_sign_in_with(
    core: Core, ada: Actor, ada_key: str, program: Program, browser: Browser
) -> None:
    tokens = await tokens_for(program, browser, ada_key)
    jwt = (await core.identity.authenticate(ada_key, "ada@acme.test")).token.get_secret_value()
    for token in (tokens["access_token"], tokens["refresh_token"], jwt):
        page = await browser.open(await program.authorize())
        assert (await browser.sign_in(page, token)).status_code == 403

    assert len(await core.grants.list(ada)) == 1


async def test_a_member_who_says_no_sends_back_a_no(
    core: Core, ada: Actor, ada_key: str, program: Program, browser: Browser
) -> None:
    page = await browser.open(await program.authorize())
    back = await browser.sign_in(page, ada_key, decision="deny")

    assert back.status_code == 303
    assert query_of(back) == {"error": "access_denied", "state": "xyz", "iss": program.url}
    assert await core.grants.list(ada) == ()


async def test_a_form_from_elsewhere_lets_nobody_in(
    core: Core, ada: Actor, ada_key: str, program: Program, browser: Browser
) -> None:
    """Another site may know the form and the request, but not the cookie, nor send our origin."""
    page = await browser.open(await program.authorize())
    form = fields(page.text) | {"key": ada_key, "decision": "allow"}
    address = f"{program.url}/authorize/sign-in"
    async with httpx2.AsyncClient() as other:
        without = await other.post(address, data=form)
        planted = await other.post(
            address, data=form, headers={"cookie": "trellis-sign-in=planted"}
        )
        foreign = await other.post(
            address,
            data=form,
            headers={
                "origin": "https://evil.example",
                "cookie": f"trellis-sign-in={form['mark']}",
            },
        )
        hidden = await other.post(
            address,
            data=form,
            headers={"origin": "null", "cookie": f"trellis-sign-in={form['mark']}"},
        )

    assert [each.status_code for each in (without, planted, foreign, hidden)] == [403] * 4
    assert await core.grants.list(ada) == ()


@pytest.mark.parametrize("request_", ["", "nonsense", "gAAAAA", "é"])
async def test_a_request_that_we_did_not_seal_is_stale(
    program: Program, browser: Browser, ada_key: str, request_: str
) -> None:
    page = await browser.open(await program.authorize())
    forged = await browser.sign_in(page, ada_key, request=request_)
    shown = await program.http.get(f"{program.url}/authorize/sign-in", params={"request": request_})

    for response in (forged, shown):
        assert response.status_code == 400
        assert "has expired or was changed" in response.text


# Registering


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": ["http://evil.example/callback"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["cursor://callback"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/#fragment"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_client_metadata"),
        ({"redirect_uris": None}, "invalid_client_metadata"),
        ({"redirect_uris": "https://a.example"}, "invalid_client_metadata"),
        (
            {"redirect_uris": [f"https://a.example/{n}" for n in range(11)]},
            "invalid_client_metadata",
        ),
        ({"redirect_uris": ["https://a.example/" + "x" * 3_000]}, "invalid_client_metadata"),
        ({"client_name": "x" * 300}, "invalid_client_metadata"),
        ({"client_name": 7}, "invalid_client_metadata"),
        ({"scope": "x" * 3_000}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["authorization_code"] * 20}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "magic"}, "invalid_client_metadata"),
    ],
)
async def test_a_registration_that_does_not_do_is_refused(
    url: str, http: httpx2.AsyncClient, metadata: dict[str, object], error: str
) -> None:
    response = await Program(http, url).register(**metadata)

    assert response.status_code == 400
    assert response.json()["error"] == error


async def test_a_huge_registration_is_not_even_read(url: str, http: httpx2.AsyncClient) -> None:
    huge = await Program(http, url).register(contacts=["x" * 1_000_000])
    assert huge.status_code == 413

    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    chunked = await http.post(f"{url}/register", content=slowly())
    assert chunked.status_code == 413


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '"x"'])
async def test_a_registration_that_is_no_object_is_refused(
    url: str, http: httpx2.AsyncClient, body: str
) -> None:
    response = await http.post(f"{url}/register", content=body)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")


async def test_strangers_cannot_register_for_ever(url: str, http: httpx2.AsyncClient) -> None:
    statuses = [(await Program(http, url).register()).status_code for _ in range(62)]
    last = await Program(http, url).register()

    assert statuses[:60] == [201] * 60
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0


async def test_keys_cannot_be_guessed_for_ever(program: Program, browser: Browser) -> None:
    page = await browser.open(await program.authorize())
    statuses = [(await browser.sign_in(page, "tr_guess")).status_code for _ in range(20)]

    assert statuses[0] == 403
    assert statuses[-1] == 429


@pytest.mark.parametrize("path", ["/register", "/token", "/revoke", "/authorize/sign-in"])
async def test_every_endpoint_knows_its_methods_and_its_host(
    url: str, http: httpx2.AsyncClient, path: str
) -> None:
    wrong = await http.put(f"{url}{path}")
    misdirected = await http.post(f"{url}{path}", headers={"host": "evil.example"})

    assert wrong.status_code == 405
    assert misdirected.status_code == 421


async def test_a_token_is_that_members_alone(
    core: Core, eve: Actor, ada_key: str, program: Program, browser: Browser
) -> None:
    await core.queries.create(eve, QueryDraft(title="Hers", prompt="?"))
    tokens = await tokens_for(program, browser, ada_key)
    async with calling(program.url, tokens["access_token"], "auto") as client:
        found = await client.call_tool("search_queries", {"question": "hers"})

    assert answer_of(found) == {"queries": []}
