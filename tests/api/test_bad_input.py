"""Whatever a caller sends: a clear no that names the thing, and a server that goes on."""

import json
import time
import tracemalloc
from collections.abc import AsyncIterator

import httpx2
import pytest

from api.body import read
from api.errors import Refused

JSON = {"content-type": "application/json"}
LONG = "x" * 1_000_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "body: A JSON object is required"),
        (b"{", "body: Not JSON: Expecting property name enclosed in double quotes at line 1"),
        (b'{"title": "a",}', "body: Not JSON"),
        (b"{'title': 'a'}", "body: Not JSON"),
        (b"null", "body: A JSON object is required"),
        (b"[]", "body: A JSON object is required"),
        (b'"title"', "body: A JSON object is required"),
        (b'{"title": "a"}', "prompt: Field required"),
        (b'{"title": "a", "prompt": "b", "colour": "red"}', "colour: Unknown field"),
        (b'{"title": "a", "title": "b", "prompt": "c"}', "title: The field is given twice"),
        (b'{"title": "", "prompt": "b"}', "title: String should have at least 1 character"),
        (b'{"title": "  ", "prompt": "b"}', "title: String should have at least 1 character"),
        (b'{"title": 7, "prompt": "b"}', "title: Input should be a valid string"),
        (b'{"title": null, "prompt": "b"}', "title: Input should be a valid string"),
        (b'{"title": "a", "prompt": "b", "keywords": "c"}', "keywords: "),
        (b'{"title": "a", "prompt": "b", "keywords": [1]}', "keywords.0: "),
        (b'{"title": "a", "prompt": "b", "sql": ""}', "sql: String should have at least 1"),
        (b'{"title": "a\\u0000", "prompt": "b"}', "title: A NUL character cannot be kept"),
        (b'{"title": "a\\ud800", "prompt": "b"}', "title: Half of a character"),
        (b'{"title": "a", "prompt": "b", "\\ud800": 1}', "body: Half of a character"),
        (b'{"title": "a", "prompt": "b", "keywords": ["\\u0000"]}', "keywords.0: A NUL"),
        (b'{"title": "\xff", "prompt": "b"}', "body: Not UTF-8"),
        (b'{"title": NaN, "prompt": "b"}', "body: NaN is not a JSON number"),
        (b'{"title": 1e999, "prompt": "b"}', "body: 1e999 is too large a number"),
        (b'{"title": ' + b"9" * 5000 + b"}", "body: A number has too many digits"),
        (b"[" * 100_000, "body: Nested too deeply"),
        (json.dumps({"title": LONG, "prompt": "b"}).encode(), "title: String should have at most"),
        (json.dumps({"title": "a", "prompt": LONG}).encode(), "prompt: String should have at"),
        (json.dumps({"title": "a", "prompt": "b", "sql": LONG}).encode(), "sql: String should"),
        (json.dumps({LONG: "a"}).encode(), "title: Field required"),
        (json.dumps({"title": "a", "prompt": "b", LONG: 1}).encode(), "xxx"),
    ],
)
async def test_a_body_that_makes_no_sense_is_told_where(
    as_ada: httpx2.AsyncClient, body: bytes, said: str
) -> None:
    refused = await as_ada.post("/v1/queries", content=body, headers=JSON)

    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "invalid"
    assert refused.json()["detail"].startswith(said)
    assert len(refused.content) < 1000
    assert (await as_ada.get("/v1/queries")).json() == {"queries": []}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_of_another_kind_is_not_guessed_at(
    as_ada: httpx2.AsyncClient, kind: str
) -> None:
    body = b'{"title": "a", "prompt": "b"}'
    refused = await as_ada.post("/v1/queries", content=body, headers={"content-type": kind})

    assert refused.status_code == 400
    assert "Content-Type: application/json" in refused.json()["detail"]


async def test_a_body_of_a_kind_of_json_is_read(as_ada: httpx2.AsyncClient) -> None:
    body = '{"title": "Umsätze ☃ \\ud83d\\ude00", "prompt": "b"}'.encode()
    kind = {"content-type": "Application/JSON; charset=utf-8"}

    created = await as_ada.post("/v1/queries", content=body, headers=kind)

    assert created.json()["title"] == "Umsätze ☃ 😀"


async def test_a_body_over_the_limit_is_refused_unread(as_ada: httpx2.AsyncClient) -> None:
    body = json.dumps({"title": "a", "prompt": "x" * 3_000_000}).encode()

    refused = await as_ada.post("/v1/queries", content=body, headers=JSON)

    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")


async def test_a_streamed_body_over_the_limit_is_refused_too(as_ada: httpx2.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _piece in range(40):
            yield b"x" * 65_536

    refused = await as_ada.post("/v1/queries", content=pieces(), headers=JSON)

    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "id", ["nowhere", "00000000-0000-4000-8000-000000000000", "%00", "%ff", "a%2Fb", "x" * 5000]
)
async def test_an_id_that_is_none_is_not_found(as_ada: httpx2.AsyncClient, id: str) -> None:
    missing = await as_ada.get(f"/v1/queries/{id}")

    assert missing.status_code == 404
    assert set(missing.json()) == {"detail", "code"}


async def test_an_unknown_path_is_not_found_in_the_same_form(http: httpx2.AsyncClient) -> None:
    missing = await http.get("/v1/nowhere")

    assert missing.status_code == 404
    assert missing.json()["code"] == "not_found"
    assert missing.json()["detail"] == "There is nothing at /v1/nowhere; see /docs."


async def test_a_slash_too_many_leads_nowhere(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/v1/queries/")).status_code == 404


async def test_another_method_is_told_which_there_are(http: httpx2.AsyncClient) -> None:
    refused = await http.put("/v1/queries", json={})

    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, POST"
    assert refused.json()["code"] == "method_not_allowed"


def test_a_body_of_many_names_is_read_in_one_pass() -> None:
    """Quadratic, this took a quarter of a minute, for anybody who could reach the port."""
    names = [f'"n{at}":0' for at in range(100_000)]
    body = "{" + ",".join([*names, '"n99999":1']) + "}"
    begun = time.process_time()

    with pytest.raises(Refused) as refused:
        read(body.encode())

    assert refused.value.detail == "n99999: The field is given twice"
    assert time.process_time() - begun < 3


def test_the_place_of_a_broken_text_is_no_longer_than_what_is_shown() -> None:
    """Nested lists made a path as long as they are deep, for each of their elements."""
    body = "[" * 200 + ",".join(["0"] * 50_000) + r',"\ud800"' + "]" * 200
    tracemalloc.start()

    with pytest.raises(Refused):
        read(body.encode())

    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40_000_000
