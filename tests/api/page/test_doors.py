"""Who gets in at the page, how long it lasts, and what another site cannot do in their name."""

import re

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.app import create_app
from api.page.render import HERE, POLICY, assets
from core.app import Core
from core.connections import Connection
from core.identity import Actor
from core.page import PageAsked
from core.queries import QueryDraft
from tests.api.page.visits import HERE as ADDRESS
from tests.api.page.visits import OURS, Visit

OPEN = {"/sign-in", "/assets/{name}"}
IDS = {
    "chat_id": "c",
    "message_id": "m",
    "query_id": "q",
    "connection_id": "s",
    "verb": "test",
    "name": "x",
    "upload_id": "u",
    "run_id": "r",
}


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return method and path of everything the page serves but its open doors."""
    found = []
    for each in iter_route_contexts(app.routes):
        if getattr(each.endpoint, "__module__", "").startswith("api.page"):
            path = re.sub(r"\{(\w+)\}", lambda name: IDS[name[1]], each.path or "")
            found += [(method, path) for method in each.methods or () if each.path not in OPEN]
    return found


async def test_without_a_cookie_everything_leads_to_the_form(app: FastAPI, stranger: Visit) -> None:
    every = routes(app)
    assert len(every) >= 20
    for method, path in every:
        answer = await stranger.http.request(method, path, headers=OURS)

        assert answer.status_code == 303, f"{method} {path}"
        assert answer.headers["location"].startswith("/sign-in")
        assert answer.headers["content-security-policy"] == POLICY


async def test_what_opens_the_api_does_not_open_the_page(
    stranger: Visit, ada_key: str, app: FastAPI
) -> None:
    bearer = await stranger.get("/chats", headers={"authorization": f"Bearer {ada_key}"})
    stranger.http.cookies.set("trellis-page", ada_key)
    as_cookie = await stranger.get("/chats")
    stranger.http.cookies.set("trellis-page", "x.y.z")
    nonsense = await stranger.get("/chats")

    assert [each.status_code for each in (bearer, as_cookie, nonsense)] == [303] * 3
    # What opens nothing is forgotten.
    assert 'trellis-page="";' in nonsense.headers["set-cookie"]


async def test_the_cookie_does_not_open_the_api(at_page: Visit) -> None:
    assert (await at_page.get("/v1/queries")).status_code == 401


async def test_a_key_opens_the_page_and_leads_on(stranger: Visit, ada_key: str) -> None:
    answer = await stranger.sign_in(ada_key, onward="/queries")

    cookies = answer.headers.get_list("set-cookie")
    mine = next(each for each in cookies if each.startswith("trellis-page="))
    assert answer.headers["location"] == "/queries"
    assert ada_key not in mine
    assert {"HttpOnly", "SameSite=strict"} <= set(mine.split("; "))
    assert "Secure" not in mine
    assert (await stranger.get("/queries")).status_code == 200


async def test_over_tls_the_cookie_stays_on_tls_and_on_this_host(
    app: FastAPI, ada_key: str
) -> None:
    visit = Visit(app, "https://trellis.test")
    async with visit.http:
        answer = await visit.sign_in(ada_key, origin="https://trellis.test")
        home = await visit.get("/")

    cookies = answer.headers.get_list("set-cookie")
    mine = next(each for each in cookies if each.startswith("__Host-trellis-page="))
    assert {"Secure", "Path=/"} <= set(mine.split("; "))
    assert home.status_code == 200


async def test_signing_in_leads_to_no_other_site(app: FastAPI, ada_key: str) -> None:
    for onward in ("//evil.test", "/\\evil.test", "https://evil.test", "/%2f/e.t"):
        visit = Visit(app)
        async with visit.http:
            answer = await visit.sign_in(ada_key, onward=onward)

        assert answer.headers["location"] == "/"


async def test_a_wrong_key_is_said_plainly_and_not_repeated(stranger: Visit) -> None:
    for key in ("", "sesame", "tr_abcdefgh_" + "x" * 43, "<script>", "é\x00"):
        answer = await stranger.sign_in(key)

        assert answer.status_code == 401, key
        assert "That key opens nothing: it is mistyped, revoked or expired." in answer.text
        assert "tr_abcdefgh_" not in answer.text
        assert "<script>" not in answer.text


async def test_whoever_guesses_has_to_wait_and_the_right_key_with_them(
    stranger: Visit, ada_key: str
) -> None:
    for _each in range(30):
        assert (await stranger.sign_in("tr_abcdefgh_" + "x" * 43)).status_code == 401

    answer = await stranger.sign_in(ada_key)

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Too many requests" in answer.text


async def test_a_revoked_key_ends_the_visit(at_page: Visit, core: Core, ada: Actor) -> None:
    before = await at_page.get("/chats")
    await core.identity.revoke_key(ada, "laptop")
    after = await at_page.get("/chats")
    part = await at_page.post("/ask", headers={"x-part": "1"}, text="More?")

    assert (before.status_code, after.status_code, part.status_code) == (200, 303, 401)
    assert after.headers["location"] == "/sign-in?next=/chats"


async def test_signing_out_ends_the_visit(at_page: Visit) -> None:
    answer = await at_page.post("/sign-out")

    assert answer.headers["location"] == "/sign-in"
    assert (await at_page.get("/")).status_code == 303


async def test_another_site_cannot_send_our_forms(at_page: Visit, core: Core, ada: Actor) -> None:
    for headers in (
        {"origin": "https://evil.test", "sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
        {"origin": ADDRESS, "sec-fetch-site": "same-site"},
        {"origin": "http://sub.trellis.test"},
        {"origin": f"{ADDRESS}:81"},
        {"sec-fetch-site": "none"},
        {},
    ):
        for path in ("/ask", "/queries/new", "/sign-out"):
            sent = {"mark": at_page.mark, "text": "x", "title": "x", "prompt": "x"}
            answer = await at_page.http.post(path, data=sent, headers=headers)

            assert answer.status_code == 403, headers
            assert "did not come from this page" in answer.text
    for mark in ("", "x" * 43, "é"):
        assert (await at_page.post("/ask", mark=mark, text="How many?")).status_code == 403
    assert (await core.chats.list(ada, PageAsked())).total == 0
    assert (await core.queries.list(ada, PageAsked())).total == 0


async def test_nobody_can_be_signed_in_by_another_site(stranger: Visit, ada_key: str) -> None:
    sent = {"key": ada_key, "next": "/"}
    elsewhere = await stranger.http.post(
        "/sign-in", data=sent, headers={"origin": "https://evil.test"}
    )
    unmarked = await stranger.http.post("/sign-in", data=sent | {"mark": "m"}, headers=OURS)

    assert (elsewhere.status_code, unmarked.status_code) == (403, 403)
    assert "trellis-page" not in str(stranger.http.cookies)


async def test_a_link_from_elsewhere_comes_back_with_the_cookie(stranger: Visit) -> None:
    answer = await stranger.get("/chats?page=2", headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/chats?page=2"' in answer.text


async def test_what_belongs_to_others_does_not_exist(
    at_page: Visit, core: Core, eve: Actor, eves_shop: Connection
) -> None:
    query = await core.queries.create(eve, QueryDraft(title="Hers", prompt="?"))
    for path in (
        f"/queries/{query.id}",
        f"/queries/{query.id}/edit",
        f"/connections/{eves_shop.id}",
    ):
        answer = await at_page.get(path)

        assert answer.status_code == 404, path
        assert "<h1>There is nothing here</h1>" in answer.text
        assert "Hers" not in answer.text
    for path in ("delete", "run", "edit"):
        assert (await at_page.post(f"/queries/{query.id}/{path}")).status_code == 404
    assert (await core.queries.get(eve, query.id)) == query


async def test_a_viewer_sees_no_button_to_write_and_forges_none(
    vic_at_page: Visit, core: Core, ada: Actor, shop: Connection
) -> None:
    query = await core.queries.create(ada, QueryDraft(title="Q", prompt="?", sql="SELECT 1"))
    listed, shown = await vic_at_page.get("/queries"), await vic_at_page.get(f"/queries/{query.id}")
    forged = [
        await vic_at_page.get("/queries/new"),
        await vic_at_page.post("/queries/new", title="x", prompt="x"),
        await vic_at_page.post(f"/queries/{query.id}/edit", title="x", prompt="x"),
        await vic_at_page.post(f"/queries/{query.id}/delete"),
    ]

    assert "New query" not in listed.text
    assert "/edit" not in shown.text
    assert "/delete" not in shown.text
    for answer in forged:
        assert answer.status_code == 403
        assert "which a viewer does not have; ask an admin" in answer.text
    assert await core.queries.get(ada, query.id) == query


async def test_what_a_browser_may_do_with_a_page_is_next_to_nothing(at_page: Visit) -> None:
    for path in ("/", "/sign-in", "/chats", "/queries", "/connections", "/chats/none"):
        headers = (await at_page.get(path)).headers

        assert headers["content-security-policy"] == POLICY
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert "unsafe" not in POLICY


async def test_assets_are_small_named_by_their_content_and_kept_for_a_year(stranger: Visit) -> None:
    files = list((HERE / "static").iterdir())
    assert sum(file.stat().st_size for file in files) <= 40_000
    for asset in assets().values():
        answer = await stranger.get(asset.address)

        assert answer.content == asset.body
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await stranger.get("/assets/page-000000000000.js")).status_code == 404
    assert (await stranger.get("/assets/..%2fchats.py")).status_code == 404


async def test_where_rest_is_not_served_there_is_no_page(core: Core) -> None:
    visit = Visit(create_app(core, rest=False))
    async with visit.http:
        assert (await visit.get("/")).status_code == 404


def test_nothing_stands_in_a_page_that_its_policy_would_refuse() -> None:
    for file in (HERE / "templates").rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=|\|\s*safe", text), file
