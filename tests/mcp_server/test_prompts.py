"""Saved queries as prompts: names that stay, arguments asked for, values offered."""

from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import (
    GetPromptResult,
    PromptReference,
    ResourceTemplateReference,
    TextContent,
)

from core.app import Core
from core.connections import Connection
from core.identity import Actor
from core.queries import Query, QueryChange, QueryDraft
from mcp_server.app import create_server, here
from mcp_server.prompts import slug


def asked(prompt: GetPromptResult) -> str:
    (message,) = prompt.messages
    assert message.role == "user"
    assert isinstance(message.content, TextContent)
    return message.content.text


async def test_a_saved_query_is_a_prompt_with_its_parameters(
    client: Client, by_country: Query
) -> None:
    async with client:
        (prompt,) = (await client.list_prompts()).prompts
        message = asked(await client.get_prompt(prompt.name, {"country": "Brazil"}))

    assert (prompt.name, prompt.title) == ("customers_by_country", "Customers by country")
    assert prompt.description == "Who lives in a country?"
    assert prompt.arguments is not None
    assert [(each.name, each.required) for each in prompt.arguments] == [("country", True)]
    assert message.startswith("Who lives in a country?")
    assert (
        f'run_query with query "{by_country.id}" and parameters {{"country":"Brazil"}}' in message
    )


async def test_a_prompt_without_sql_is_just_its_words(
    client: Client, core: Core, ada: Actor
) -> None:
    await core.queries.create(ada, QueryDraft(title="Why", prompt="Why did sales drop?"))
    async with client:
        (prompt,) = (await client.list_prompts()).prompts
        message = asked(await client.get_prompt("why"))

    assert prompt.arguments is None
    assert message.startswith("Why did sales drop?")
    assert "run_query" not in message


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "Missing arguments: country"),
        ({"country": ""}, "Missing arguments: country"),
        ({"country": "x", "year": "1"}, "Unknown arguments: year"),
    ],
)
async def test_arguments_that_do_not_fit_are_named(
    client: Client, by_country: Query, arguments: dict[str, str], said: str
) -> None:
    async with client:
        with pytest.raises(MCPError, match=said):
            await client.get_prompt("customers_by_country", arguments)


async def test_an_unknown_prompt_is_an_error_that_names_it(
    client: Client, shop: Connection
) -> None:
    async with client:
        with pytest.raises(MCPError, match="There is no prompt 'nothing'"):
            await client.get_prompt("nothing")


async def test_names_are_unique_and_go_on_meaning_the_same(
    client: Client, core: Core, ada: Actor
) -> None:
    draft = QueryDraft(title="Sales!", prompt="first")
    first = await core.queries.create(ada, draft)
    second = await core.queries.create(ada, QueryDraft(title="sales", prompt="second"))
    third = await core.queries.create(ada, QueryDraft(title="?!", prompt="third"))
    async with client:
        names = [prompt.name for prompt in (await client.list_prompts()).prompts]
        assert len(set(names)) == 3
        assert "sales" in names
        (other,) = [name for name in names if name.startswith("sales_")]
        (odd,) = [name for name in names if name.startswith("query_")]
        assert asked(await client.get_prompt("sales")).startswith("first")
        assert asked(await client.get_prompt(other)).startswith("second")
        assert asked(await client.get_prompt(odd)).startswith("third")

        await core.queries.delete(ada, first.id)
        assert asked(await client.get_prompt(other)).startswith("second")
        assert asked(await client.get_prompt("sales")).startswith("second")

        await core.queries.update(ada, second.id, QueryChange(title="Turnover"))
        assert asked(await client.get_prompt("turnover")).startswith("second")
        await core.queries.delete(ada, third.id)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Sales by Country", "sales_by_country"),
        ("Продажи 2025", "продажи_2025"),
        ("売上\uff08月別\uff09", "売上_月別"),
        ("  --  ", ""),
        ("Straße №1", "strasse_no1"),
        ("x" * 200, "x" * 60),
    ],
)
def test_a_title_becomes_a_name(title: str, name: str) -> None:
    assert slug(title) == name


async def test_many_prompts_come_in_pages(core: Core, ada: Actor, mode: str) -> None:
    for n in range(210):
        await core.queries.create(ada, QueryDraft(title=f"Query {n:03}", prompt="?"))
    seen: list[str] = []
    cursor: str | None = None
    async with Client(create_server(here(core, ada)), mode=mode) as client:
        while True:
            page = await client.list_prompts(cursor=cursor)
            seen += [prompt.name for prompt in page.prompts]
            cursor = page.next_cursor
            if cursor is None:
                break
        for wrong in ("", "0", "1", "-2", "x", "9" * 30):
            with pytest.raises(MCPError, match="no such cursor"):
                await client.list_prompts(cursor=wrong)

    assert seen == [f"query_{n:03}" for n in range(210)]


async def test_another_organization_has_no_prompts_and_no_values(
    core: Core, eve: Actor, by_country: Query, mode: str
) -> None:
    async with Client(create_server(here(core, eve)), mode=mode) as client:
        assert (await client.list_prompts()).prompts == []
        with pytest.raises(MCPError, match="no prompt"):
            await client.get_prompt("customers_by_country", {"country": "Brazil"})
        for ref, argument in (
            (PromptReference(name="customers_by_country"), "country"),
            (ResourceTemplateReference(uri="schema://{connection}"), "connection"),
            (ResourceTemplateReference(uri="query://{id}"), "id"),
        ):
            found = await client.complete(ref, {"name": argument, "value": ""})
            assert found.completion.values == []
        table = await client.complete(
            ResourceTemplateReference(uri="schema://{connection}/{table}"),
            {"name": "table", "value": ""},
            {"connection": "shop"},
        )
        assert table.completion.values == []


@pytest.mark.parametrize(
    ("ref", "argument", "context", "values"),
    [
        ("customers_by_country", ("country", ""), None, ["Brazil", "Sweden"]),
        ("customers_by_country", ("country", "sw"), None, ["Sweden"]),
        ("customers_by_country", ("country", "e"), None, ["Sweden"]),
        ("customers_by_country", ("nothing", ""), None, []),
        ("no_such_prompt", ("country", ""), None, []),
        ("schema://{connection}", ("connection", "s"), None, ["shop"]),
        ("schema://{connection}", ("connection", "z"), None, []),
        (
            "schema://{connection}/{table}",
            ("table", "o"),
            {"connection": "shop"},
            ["orders", "customers"],
        ),
        ("schema://{connection}/{table}", ("table", ""), {"connection": "gone"}, []),
        ("schema://{connection}/{table}", ("table", ""), None, []),
        ("schema://{connection}/{table}", ("nothing", ""), None, []),
    ],
)
async def test_values_are_offered_where_something_is_to_be_typed(
    client: Client,
    by_country: Query,
    ref: str,
    argument: tuple[str, str],
    context: dict[str, str] | None,
    values: list[str],
) -> None:
    asked_for: Any = (
        ResourceTemplateReference(uri=ref) if "://" in ref else PromptReference(name=ref)
    )
    async with client:
        found = await client.complete(
            asked_for, {"name": argument[0], "value": argument[1]}, context
        )

    assert found.completion.values == values
    assert found.completion.total == len(values)
    assert found.completion.has_more is False


async def test_the_ids_of_queries_are_offered(client: Client, by_country: Query) -> None:
    async with client:
        found = await client.complete(
            ResourceTemplateReference(uri="query://{id}"),
            {"name": "id", "value": by_country.id[:4]},
        )

    assert found.completion.values == [by_country.id]
