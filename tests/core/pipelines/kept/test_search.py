"""The web, searched: results as they are told, and clear words where nobody searches."""

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from core.pipelines.errors import InputInvalid
from core.pipelines.tools.errors import SearchFailed, SettingMissing
from core.pipelines.tools.searching import SearchWeb
from tests.core.pipelines.kept.bench import secret, site, use, web

RESULT = """<div class="result"><h2><a rel="nofollow" class="result__a"
 href="//duckduckgo.com/l/?uddg=https%3A%2F%2Facme.example%2F{n}&amp;rut=1">Acme <b>{n}</b></a></h2>
 <a class="result__snippet" href="//duckduckgo.com/l/?uddg=x">About <b>anvils</b> {n}</a></div>"""
ADVERT = """<a class="result__a" href="https://duckduckgo.com/y.js?ad=1">Buy!</a>"""


def page(count: int) -> str:
    return f"<html>{ADVERT}{''.join(RESULT.format(n=n) for n in range(count))}</html>"


async def test_duckduckgo_is_read_without_its_advertisements() -> None:
    asked = []

    async def answer(request: Request) -> Response:
        asked.append(request.query_params["q"])
        return HTMLResponse(page(9))

    async with site(answer) as url:
        found = await use(SearchWeb(web(), url=url), query=["anvils", "日本"], top_n=2)

    assert asked == ["anvils", "日本"]
    assert found["status"] == "success"
    assert found["results"][0] == {
        "title": "Acme 0",
        "snippet": "About anvils 0",
        "url": "https://acme.example/0",
        "source_query": "anvils",
    }
    assert [each["source_query"] for each in found["results"]] == ["anvils"] * 2 + ["日本"] * 2


async def test_nothing_found_is_no_failure() -> None:
    async def answer(_request: Request) -> Response:
        return HTMLResponse('<html><div class="no-results">No results.</div></html>')

    async with site(answer) as url:
        found = await use(SearchWeb(web(), url=url), query="anvils")

    assert found["results"] == []


async def test_a_page_that_asks_whether_we_are_a_robot_is_a_failure() -> None:
    async def answer(_request: Request) -> Response:
        return HTMLResponse("<html>Select all squares with ducks</html>", status_code=202)

    async with site(answer) as url:
        with pytest.raises(SearchFailed, match="takes us for a robot"):
            await use(SearchWeb(web(), url=url), query="anvils")


async def test_serpapi_is_asked_with_our_key() -> None:
    keys = []

    async def answer(request: Request) -> Response:
        keys.append(request.query_params["api_key"])
        one = {"title": "Acme", "snippet": "Anvils", "link": "https://acme.example"}
        return JSONResponse({"organic_results": [one, {"title": "Bare"}]})

    async with site(answer) as url:
        tool = SearchWeb(web(), key=secret("k"), url=url)
        found = await use(tool, query="anvils", provider="serpapi")

    assert keys == ["k"]
    assert found["results"][0]["url"] == "https://acme.example"
    assert found["results"][1] == {
        "title": "Bare",
        "snippet": "",
        "url": "",
        "source_query": "anvils",
    }


@pytest.mark.parametrize("status", [401, 500, 200])
async def test_the_key_is_in_no_message(status: int) -> None:
    async def answer(_request: Request) -> Response:
        return JSONResponse({"error": "Invalid API key: k-secret"}, status_code=status)

    async with site(answer) as url:
        tool = SearchWeb(web(), provider="serpapi", key=secret("k-secret"), url=url)
        with pytest.raises(SearchFailed) as refusal:
            await use(tool, query="anvils")

    assert "k-secret" not in refusal.value.message
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("tool", "given", "refusal", "said"),
    [
        ({"provider": "none"}, {"query": "x"}, SettingMissing, "TRELLIS_SEARCH_PROVIDER"),
        ({"provider": "serpapi"}, {"query": "x"}, SettingMissing, "TRELLIS_SEARCH_KEY"),
        ({}, {"query": " "}, InputInvalid, "Search for something"),
        ({}, {"query": ["x"] * 21}, InputInvalid, "20 things at most"),
        ({"url": "http://127.0.0.1:1"}, {"query": "x"}, SearchFailed, "nobody listens there"),
    ],
)
async def test_what_cannot_be_searched_is_said(
    tool: Any, given: Any, refusal: type[Exception], said: str
) -> None:
    with pytest.raises(refusal, match=said):
        await use(SearchWeb(web(), **tool), **given)
