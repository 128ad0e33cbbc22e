"""The API describes itself: truly, completely, and without asking anybody else."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from fastapi import FastAPI
from typing_extensions import override

from api.describe import TAGS


@pytest.fixture
def schema(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


UNPROCESSABLE = {
    *("POST /pipelines/validate", "POST /pipelines/run", "POST /pipelines/run_async"),
    *("POST /plans/validate", "POST /plans/run"),
}
"""Where the contract has FastAPI's own answer to a body that is none."""


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every body that goes in or comes out, as JSON."""
    bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for what, body in bodies.items():
        if "application/json" in body.get("content", {}):
            yield what, body["content"]["application/json"]


def examples(schema: dict[str, Any], content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    node = content["schema"]
    references = [each["$ref"] for each in [node, *node.get("anyOf", [])] if "$ref" in each]
    for reference in references:
        node = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return list(content["schema"].get("examples") or node.get("examples") or [])


async def test_it_is_openapi_3_1(http: httpx2.AsyncClient) -> None:
    served = (await http.get("/openapi.json")).json()

    assert served["openapi"].startswith("3.1")
    assert {tag["name"] for tag in served["tags"]} == {tag["name"] for tag in TAGS}


def test_every_operation_is_explained_and_exemplified(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        assert operation["description"], name
        assert operation["tags"], name
        assert ("422" in operation["responses"]) == (name in UNPROCESSABLE), name
        assert "500" in operation["responses"] or name == "GET /health", name
        for what, content in contents(operation):
            assert examples(schema, content) or name in {"GET /health", "GET /ready"}, (name, what)


def test_every_example_keeps_to_its_schema(schema: dict[str, Any]) -> None:
    checked = 0
    for name, operation in operations(schema):
        for what, content in contents(operation):
            whole = {**content["schema"], "components": schema["components"]}
            for example in examples(schema, content):
                errors = list(jsonschema_rs.Draft202012Validator(whole).iter_errors(example))
                assert not errors, f"{name} {what}: {errors}"
                checked += 1
    assert checked > 50


def test_every_guarded_operation_says_how_to_get_in(schema: dict[str, Any]) -> None:
    ways = {name: operation.get("security") for name, operation in operations(schema)}

    assert {name for name, way in ways.items() if way is None} == {"GET /health", "GET /ready"}
    assert ways["POST /v1/authenticate"] == [{"api_key": []}]
    assert all(
        way == [{"bearer": []}]
        for name, way in ways.items()
        if way is not None and name != "POST /v1/authenticate"
    )
    for name, way in ways.items():
        if way is not None:
            operation = dict(operations(schema))[name]
            assert {"401", "503"} <= operation["responses"].keys(), name


class Links(HTMLParser):
    """Collects whatever a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "iframe", "img", "object", "embed", "base", "form"}:
            self.found.append(tag)
        self.found += [
            str(value) for name, value in attrs if name in {"src", "href"} or name[:2] == "on"
        ]


async def test_the_page_fetches_nothing_and_runs_nothing(http: httpx2.AsyncClient) -> None:
    page = await http.get("/docs")
    links = Links()
    links.feed(page.text)

    assert page.headers["content-type"].startswith("text/html")
    assert links.found == ["/openapi.json"]
    assert "url(" not in page.text
    assert "@import" not in page.text
    policy = page.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        r"style-src 'sha256-[A-Za-z0-9+/=]{44}'",
        policy,
    )


async def test_the_page_tells_of_every_operation(
    http: httpx2.AsyncClient, schema: dict[str, Any]
) -> None:
    page = (await http.get("/docs")).text

    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"<b>{method.upper()}</b> <code>{path}</code>" in page


async def test_the_page_shows_markup_as_text(app: FastAPI, http: httpx2.AsyncClient) -> None:
    app.openapi()["info"]["description"] = "<script>alert(1)</script> & `code`"

    page = (await http.get("/docs")).text

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; <code>code</code>" in page


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1:9123", "http://127.0.0.1:9123/v1/queries"),
        ("[::1]:9123", "http://[::1]:9123/v1/queries"),
        ("$(reboot)", "http://127.0.0.1:8000/v1/queries"),
        ("<b>", "http://127.0.0.1:8000/v1/queries"),
    ],
)
async def test_the_page_says_where_its_reader_found_it(
    http: httpx2.AsyncClient, host: str, shown: str
) -> None:
    page = (await http.get("/docs", headers={"host": host})).text

    assert f"curl -X GET {shown}" in page
    assert "reboot" not in page
