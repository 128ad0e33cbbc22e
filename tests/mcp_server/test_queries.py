"""Saved queries as tools, and the member who is asked for what is missing."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult

from core.app import Core
from core.connections import Connection
from core.identity import Actor
from core.queries import Query, QueryDraft
from mcp_server.app import create_server, here
from tests.mcp_server.said import answer_of, refusal_of, text_of

SALES: dict[str, Any] = {
    "title": "Orders above",
    "prompt": "Which orders are above a total?",
    "sql": "SELECT id FROM orders WHERE total > {{least}} ORDER BY id",
    "keywords": ["big", "orders"],
}


class Member:
    """Sits at the client and fills in forms."""

    def __init__(self, action: Any = "accept", content: Mapping[str, Any] | None = None) -> None:
        self.action = action
        self.content = dict(content) if content is not None else None
        self.asked: list[ElicitRequestFormParams] = []

    async def __call__(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult:
        assert context is not None
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params)
        return ElicitResult(action=self.action, content=self.content)


async def test_a_query_is_saved_found_run_changed_and_deleted(
    client: Client, core: Core, ada: Actor, shop: Connection
) -> None:
    async with client:
        saved = answer_of(await client.call_tool("save_query", SALES))
        assert saved["parameters"] == ["least"]
        assert (await core.queries.find(ada, saved["id"])).last_updated_by == ada.member_id

        found = await client.call_tool("search_queries", {"question": "orders above a total"})
        assert [query["id"] for query in answer_of(found)["queries"]] == [saved["id"]]
        assert "Orders above (least): Which orders" in text_of(found)

        ran = {"query": "Orders above", "parameters": {"least": 745}}
        assert answer_of(await client.call_tool("run_query", ran))["rows"] == [
            [497],
            [498],
            [499],
            [500],
        ]

        change = {"query": "Orders above", "title": "Large orders", "sql": None, "keywords": None}
        changed = answer_of(await client.call_tool("update_query", change))
        assert (changed["title"], changed["sql"], changed["parameters"]) == (
            "Large orders",
            None,
            [],
        )
        assert "keywords" not in changed
        assert changed["prompt"] == SALES["prompt"]

        gone = answer_of(await client.call_tool("delete_query", {"query": saved["id"]}))
        assert gone == {"deleted": saved["id"]}
        assert "not found" in refusal_of(
            await client.call_tool("delete_query", {"query": saved["id"]})
        )


async def test_null_leaves_a_title_as_it_is(client: Client, by_country: Query) -> None:
    async with client:
        change = {"query": by_country.id, "title": None, "description": "All of them"}
        changed = answer_of(await client.call_tool("update_query", change))

    assert (changed["title"], changed["description"]) == (by_country.title, "All of them")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, "'title': String should have at least 1 character"),
        ({"title": "x" * 201}, "'title': String should have at most 200 characters"),
        ({"keywords": [""]}, "'keywords.0': String should have at least 1 character"),
        ({"sql": "SELECT * FROM {{table}}"}, "parameter_misplaced"),
        ({"sql": "SELECT 1 -- {{note}}"}, "parameter_misplaced"),
        ({"sql": "SELECT {{a b}}"}, "parameter_misnamed"),
        ({"sql": "DELETE FROM orders"}, "statement_refused"),
        ({"connection": "nowhere"}, "Connection not found: nowhere"),
    ],
)
async def test_a_query_that_cannot_be_saved_is_told_why(
    client: Client, shop: Connection, wrong: dict[str, Any], said: str
) -> None:
    async with client:
        assert said in refusal_of(await client.call_tool("save_query", SALES | wrong))


async def test_a_prompt_without_sql_says_that_it_needs_a_model(
    client: Client, core: Core, ada: Actor
) -> None:
    await core.queries.create(ada, QueryDraft(title="Why", prompt="Why did sales drop?"))
    async with client:
        said = refusal_of(await client.call_tool("run_query", {"query": "Why"}))

    assert said.startswith("query_prompt_only: ")


async def test_a_title_that_is_nearly_right_is_told_the_nearest(
    client: Client, by_country: Query
) -> None:
    async with client:
        said = refusal_of(await client.call_tool("run_query", {"query": "Customers by"}))

    assert "Customers by country" in said


async def test_the_member_is_asked_for_what_is_missing(
    core: Core, ada: Actor, by_country: Query, mode: str
) -> None:
    member = Member(content={"country": "Brazil"})
    server = create_server(here(core, ada))
    async with Client(server, mode=mode, elicitation_callback=member) as client:
        answer = answer_of(await client.call_tool("run_query", {"query": by_country.title}))

    assert answer["rows"] == [["Ana"]]
    (form,) = member.asked
    assert by_country.title in form.message
    assert form.requested_schema == {
        "type": "object",
        "properties": {"country": {"type": "string"}},
        "required": ["country"],
    }


async def test_what_is_typed_into_a_form_is_read_as_people_mean_it(
    core: Core, ada: Actor, shop: Connection, mode: str
) -> None:
    await core.queries.create(ada, QueryDraft.model_validate(SALES))
    member = Member(content={"least": "748"})
    server = create_server(here(core, ada))
    async with Client(server, mode=mode, elicitation_callback=member) as client:
        answer = answer_of(await client.call_tool("run_query", {"query": "Orders above"}))

    assert answer["rows"] == [[499], [500]]


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_member_who_does_not_say_it_leaves_it_missing(
    core: Core, ada: Actor, by_country: Query, mode: str, action: str
) -> None:
    member = Member(action)
    server = create_server(here(core, ada))
    async with Client(server, mode=mode, elicitation_callback=member) as client:
        said = refusal_of(await client.call_tool("run_query", {"query": by_country.title}))

    assert said == "parameters_missing: Missing required parameters: country"
    assert len(member.asked) == 1


async def test_where_nobody_can_be_asked_the_missing_parameters_are_named(
    client: Client, by_country: Query
) -> None:
    async with client:
        said = refusal_of(await client.call_tool("run_query", {"query": by_country.title}))

    assert said == "parameters_missing: Missing required parameters: country"


async def test_a_form_cannot_bring_what_was_not_asked(
    core: Core, ada: Actor, by_country: Query, mode: str
) -> None:
    member = Member(content={"country": "Brazil", "limit": 1, "connection": "elsewhere"})
    server = create_server(here(core, ada))
    async with Client(server, mode=mode, elicitation_callback=member) as client:
        answer = answer_of(await client.call_tool("run_query", {"query": by_country.title}))

    assert answer["rows"] == [["Ana"]]


async def test_two_members_who_save_at_once_both_keep_theirs(
    core: Core, ada: Actor, shop: Connection
) -> None:
    server = create_server(here(core, ada))
    async with Client(server) as client:
        drafts = [SALES | {"title": f"Orders {n}"} for n in range(8)]
        results = await asyncio.gather(*(client.call_tool("save_query", each) for each in drafts))

    assert len({answer_of(result)["id"] for result in results}) == 8
