"""What a connection holds, and saved queries, as resources."""

import json

import pytest
from mcp import Client, MCPError
from mcp_types import ReadResourceResult, TextResourceContents
from pydantic import SecretStr

from core.app import Core
from core.connections import Connection, ConnectionDraft
from core.identity import Actor
from core.queries import Query, QueryDraft
from mcp_server import resources
from mcp_server.app import create_server, here
from mcp_server.resources import address


def read(result: ReadResourceResult) -> str:
    (content,) = result.contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def test_connections_queries_and_chats_are_listed(
    client: Client, by_country: Query, mode: str
) -> None:
    async with client:
        listed = await client.list_resources()

    chat, fresh = (each for each in listed.resources if each.uri.startswith("chat://"))
    assert [each.uri for each in listed.resources if each not in (chat, fresh)] == [
        "schema://shop",
        f"query://{by_country.id}",
    ]
    assert [each.name for each in listed.resources[:2]] == ["shop", by_country.title]
    assert {chat.name, fresh.name} == {"Countries"}
    assert listed.next_cursor is None
    if mode != "legacy":
        assert (listed.ttl_ms, listed.cache_scope) == (60_000, "private")


async def test_four_shapes_of_addresses_are_offered(client: Client) -> None:
    async with client:
        templates = (await client.list_resource_templates()).resource_templates

    assert [each.uri_template for each in templates] == [
        "schema://{connection}",
        "schema://{connection}/{table}",
        "query://{id}",
        "chat://{id}",
    ]


async def test_a_schema_is_read_in_few_words(client: Client, shop: Connection) -> None:
    async with client:
        text = read(await client.read_resource("schema://shop"))

    customers, orders = sorted(text.splitlines())
    assert customers.startswith("customers(id INTEGER pk, name TEXT, country TEXT, joined DATE)")
    assert "customer_id INTEGER -> customers.id" in orders


async def test_a_table_is_read_with_its_sample_values(client: Client, shop: Connection) -> None:
    async with client:
        text = read(await client.read_resource("schema://shop/orders"))
        same = read(await client.read_resource(f"schema://{shop.id}/main.orders"))

    assert text == same
    assert "status TEXT default 'open' e.g. " in text


async def test_a_query_is_read_as_it_is_kept(client: Client, by_country: Query) -> None:
    async with client:
        result = await client.read_resource(f"query://{by_country.id}")

    assert json.loads(read(result)) == by_country.model_dump(mode="json")
    assert result.contents[0].mime_type == "application/json"


async def test_a_name_with_odd_letters_is_an_address_too(
    client: Client, core: Core, ada: Actor, shop_file: str
) -> None:
    name = "Läden / Ost: 100%?#"
    url = SecretStr(f"sqlite:///{shop_file}")
    await core.connections.add(ada, ConnectionDraft(name=name, url=url))
    async with client:
        (listed,) = (await client.list_resources()).resources
        assert "orders(" in read(await client.read_resource(listed.uri))
        assert "orders(" in read(await client.read_resource(f"{listed.uri}/orders"))


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("schema://nowhere", "Connection not found: nowhere"),
        ("schema://shop/nothing", "There is no table nothing"),
        ("schema://shop/a/b", "There is no table a/b"),
        ("query://nothing", "Query not found"),
        ("query://nothing/more", "There is no resource"),
        ("file:///etc/passwd", "There is no resource"),
        ("schema:shop", "There is no resource"),
        ("", "There is no resource"),
        ("schema://../../etc", "Connection not found"),
    ],
)
async def test_what_is_not_there_is_an_error_that_says_so(
    client: Client, shop: Connection, uri: str, said: str
) -> None:
    async with client:
        with pytest.raises(MCPError) as raised:
            await client.read_resource(uri)

    assert said in str(raised.value)
    assert raised.value.code == -32602


async def test_another_organization_reads_nothing(
    core: Core, eve: Actor, shop: Connection, by_country: Query, mode: str
) -> None:
    async with Client(create_server(here(core, eve)), mode=mode) as client:
        assert (await client.list_resources()).resources == []
        for uri in (
            "schema://shop",
            f"schema://{shop.id}",
            f"schema://{shop.id}/orders",
            f"query://{by_country.id}",
        ):
            with pytest.raises(MCPError, match=r"not found|no connection"):
                await client.read_resource(uri)


async def test_many_resources_come_in_pages(core: Core, ada: Actor, mode: str) -> None:
    for n in range(120):
        await core.queries.create(ada, QueryDraft(title=f"Query {n:03}", prompt="?"))
    seen: list[str] = []
    cursor: str | None = None
    async with Client(create_server(here(core, ada)), mode=mode) as client:
        while True:
            page = await client.list_resources(cursor=cursor)
            seen += [each.name for each in page.resources]
            cursor = page.next_cursor
            if cursor is None:
                break

    assert seen == [f"Query {n:03}" for n in range(120)]


async def test_a_schema_too_large_for_a_host_is_names_alone(
    client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "ROOM", 20)
    async with client:
        text = read(await client.read_resource("schema://shop"))

    assert text.splitlines()[0] in {"customers", "orders"}
    assert "search_schema finds them" in text or "orders" in text


def test_an_address_is_taken_apart_once() -> None:
    assert address("schema://a%2Fb/c%2Fd") == ("schema", "a/b", "c/d")
    assert address("schema://a") == ("schema", "a", None)
    assert address("nonsense") == ("nonsense", "", None)
