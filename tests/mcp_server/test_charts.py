"""Charts over MCP: a picture for everybody, an interactive view where the client has them."""

import struct
from base64 import b64decode
from typing import Any

import pytest
from mcp import Client
from mcp.client import advertise
from mcp_types import ImageContent, TextResourceContents

from core.app import Core
from core.connections import Connection
from core.identity import Actor
from core.queries import Query
from mcp_server.app import create_server, here
from mcp_server.apps import chart
from tests.mcp_server.said import answer_of, refusal_of

COUNT = "SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY status"


@pytest.fixture
def viewer(core: Core, ada: Actor, mode: str) -> Client:
    """Return a client that shows interactive views."""
    able = advertise(chart.EXTENSION, {"mimeTypes": [chart.MIME]})
    return Client(create_server(here(core, ada)), mode=mode, extensions=[able])


async def test_a_client_without_views_gets_a_picture(client: Client, shop: Connection) -> None:
    async with client:
        result = await client.call_tool("make_chart", {"sql": COUNT, "title": "By status"})

    body = result.structured_content
    assert body is not None
    assert (body["chart_type"], body["row_count"], body["title"]) == ("bar", 2, "By status")
    assert "vega_lite" not in body
    (picture,) = [each for each in result.content if isinstance(each, ImageContent)]
    png = b64decode(picture.data)
    assert picture.mime_type == "image/png"
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width > height > 200


async def test_a_client_with_views_gets_what_the_view_draws(
    viewer: Client, shop: Connection
) -> None:
    async with viewer:
        (tool,) = [each for each in (await viewer.list_tools()).tools if each.name == "make_chart"]
        body = answer_of(await viewer.call_tool("make_chart", {"sql": COUNT}))
        page = await viewer.read_resource(tool.meta["ui"]["resourceUri"] if tool.meta else "")

    assert body["vega_lite"]["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert "paid" in str(body["vega_lite"])
    (content,) = page.contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == chart.MIME
    assert "ui/initialize" in content.text


async def test_the_view_loads_nothing() -> None:
    page = chart.page()

    head = page[: page.index("<script>")]
    assert "default-src 'none'" in head
    assert "<script src" not in page
    assert "<link" not in head
    assert len(page) < 1_000_000


async def test_a_saved_query_is_drawn_with_its_values(client: Client, by_country: Query) -> None:
    query = {"query": "Customers by country", "parameters": {"country": "Brazil"}}
    async with client:
        said = refusal_of(await client.call_tool("make_chart", query))

    assert said.startswith("unchartable")
    assert "name (text)" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "either sql or query"),
        ({"sql": COUNT, "query": "Customers by country"}, "either sql or query"),
        ({"sql": COUNT, "x": "nothing"}, "status"),
        ({"sql": COUNT, "y": ["status"]}, "status"),
        ({"sql": "SELECT 1 AS one"}, "No chart says more"),
        ({"sql": "DELETE FROM orders"}, "statement_refused"),
        ({"sql": COUNT, "chart_type": "radar"}, "chart_type"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_with_what_would_work(
    client: Client, shop: Connection, given: dict[str, Any], said: str
) -> None:
    async with client:
        assert said in refusal_of(await client.call_tool("make_chart", given))
