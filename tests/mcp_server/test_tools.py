"""The list of tools, and what any call of any of them has in common."""

import json
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import JSONRPCResponse
from structlog.testing import capture_logs

from core.app import VERSION, Core
from core.connections import Connection
from core.identity import Actor
from core.queries import Query
from mcp_server import server
from mcp_server.app import create_server, here
from mcp_server.call import Arguments, Call, Reply, Tool
from mcp_server.tools import TOOLS
from tests.mcp_server.conftest import CHAT, RUN
from tests.mcp_server.said import answer_of, refusal_of

NAMES = [
    "list_connections",
    "search_schema",
    "describe_tables",
    "run_sql",
    "search_queries",
    "run_query",
    "save_query",
    "update_query",
    "delete_query",
    "ask",
    "list_chats",
    "get_chat",
    "make_chart",
    "run_pipeline",
    "get_run",
    "cancel_run",
]
EXAMPLES: dict[str, dict[str, Any]] = {
    "list_connections": {},
    "search_schema": {"question": "orders of a customer"},
    "describe_tables": {"tables": ["orders"]},
    "run_sql": {"sql": "SELECT count(*) AS orders FROM orders"},
    "search_queries": {"question": "who lives in a country"},
    "run_query": {"query": "Customers by country", "parameters": {"country": "Brazil"}},
    "save_query": {"title": "Orders", "prompt": "How many?", "sql": "SELECT 1 AS one"},
    "update_query": {"query": "Customers by country", "title": "By country"},
    "delete_query": {"query": "Customers by country"},
    "ask": {"question": "who lives in a country"},
    "list_chats": {},
    "get_chat": {"chat": CHAT},
    "make_chart": {
        "sql": "SELECT status, count(*) AS orders FROM orders GROUP BY 1",
        "chart_type": "bar",
    },
    "run_pipeline": {"pipeline": "greet", "inputs": {"who": "花子"}},
    "get_run": {"run": RUN},
    "cancel_run": {"run": RUN},
}
"""A call of each tool that works; the tests below are generated from it, and it from `TOOLS`."""

one_era = pytest.mark.parametrize("mode", ["auto"])
"""What is decided by the tools alone, behind either wire, is tried on one of them."""


def test_every_tool_has_an_example() -> None:
    assert list(TOOLS) == NAMES
    assert set(EXAMPLES) == set(TOOLS)


async def test_the_list_of_tools_is_small_on_every_wire(client: Client, mode: str) -> None:
    async with client:
        result = await client.list_tools()

    wire = JSONRPCResponse(
        jsonrpc="2.0", id=1, result=result.model_dump(by_alias=True, mode="json", exclude_none=True)
    ).model_dump(by_alias=True, mode="json")
    assert len(json.dumps(wire, separators=(",", ":")).encode()) <= 8_800
    assert [tool.name for tool in result.tools] == NAMES
    if mode != "legacy":
        assert (result.ttl_ms, result.cache_scope) == (3_600_000, "public")


@pytest.mark.parametrize("name", NAMES)
async def test_every_tool_says_what_it_does_to_the_world(client: Client, name: str) -> None:
    async with client:
        (tool,) = [each for each in (await client.list_tools()).tools if each.name == name]

    hints = tool.annotations
    assert hints is not None
    writes = {"save_query", "update_query", "delete_query", "ask", "run_pipeline", "cancel_run"}
    assert hints.read_only_hint is (name not in writes)
    assert hints.destructive_hint is (name in {"update_query", "delete_query", "cancel_run"})
    assert hints.idempotent_hint is (name not in {"save_query", "ask", "run_pipeline"})
    assert hints.open_world_hint is (name == "run_pipeline")
    assert tool.description
    assert tool.input_schema["additionalProperties"] is False


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_the_schema_by_hand_is_the_one_that_is_enforced(tool: Tool) -> None:
    enforced = tool.arguments.model_json_schema()
    properties: dict[str, Any] = enforced.get("properties", {})

    assert set(properties) == set(tool.takes)
    assert set(enforced.get("required", [])) == set(tool.needs)
    for name, by_hand in tool.takes.items():
        kinds = {each.get("type") for each in properties[name].get("anyOf", [properties[name]])}
        mine = by_hand["type"]
        assert ({mine} if isinstance(mine, str) else set(mine)) <= kinds, name


@pytest.mark.parametrize("name", NAMES)
async def test_every_tool_answers_what_its_schema_promises(
    client: Client, by_country: Query, name: str
) -> None:
    async with client:
        # The client holds every structured answer against the schema that the list promised.
        answer = answer_of(await client.call_tool(name, EXAMPLES[name]))

    assert set(TOOLS[name].gives) <= set(answer)


@pytest.mark.parametrize("name", NAMES)
async def test_an_unknown_argument_is_refused_by_name(
    client: Client, by_country: Query, name: str
) -> None:
    async with client:
        said = refusal_of(await client.call_tool(name, EXAMPLES[name] | {"actor": "eve"}))

    assert said.startswith("arguments_invalid: unknown argument 'actor'")
    for each in TOOLS[name].takes:
        assert each in said


@pytest.mark.parametrize(
    ("name", "missing"), [(t.name, n) for t in TOOLS.values() for n in t.needs]
)
async def test_a_missing_argument_is_named(client: Client, name: str, missing: str) -> None:
    given = {key: value for key, value in EXAMPLES[name].items() if key != missing}
    async with client:
        said = refusal_of(await client.call_tool(name, given))

    assert f"{missing!r} is missing" in said


WRONG: dict[str, list[Any]] = {
    "string": [7, ["a"], {"a": 1}, True],
    "integer": ["many", 0, -1, 1.5, [1], 10**30],
    "object": ["{}", [], 7],
    "array": ["orders", 7, {}, [7], [["a"]]],
}


def wrong_for(argument: str, kind: str | list[str]) -> list[Any]:
    wrong = WRONG[kind if isinstance(kind, str) else kind[0]]
    # More rows than there can be is not wrong, nor is it not to wait.
    right = {"limit": 10**30, "wait": 0}.get(argument)
    return [each for each in wrong if each != right or isinstance(each, bool)]


@one_era
@pytest.mark.parametrize("name", NAMES)
async def test_an_argument_of_the_wrong_kind_is_named(
    client: Client, by_country: Query, name: str
) -> None:
    async with client:
        for argument, takes in TOOLS[name].takes.items():
            for wrong in wrong_for(argument, takes["type"]):
                result = await client.call_tool(name, EXAMPLES[name] | {argument: wrong})
                assert argument in refusal_of(result), (argument, wrong)


@one_era
@pytest.mark.parametrize("name", NAMES)
async def test_an_odd_text_breaks_nothing(client: Client, by_country: Query, name: str) -> None:
    given = EXAMPLES[name] | ({"query": by_country.id} if name == "update_query" else {})
    texts = [each for each, takes in TOOLS[name].takes.items() if takes["type"] == "string"]
    async with client:
        for argument in texts:
            for text in ("", "x" * 1_000_000, "\x00", "'; DROP TABLE orders; --"):
                result = await client.call_tool(name, given | {argument: text})
                if result.is_error:
                    said = refusal_of(result)
                    assert not said.startswith("internal"), (argument, text[:30], said)
                    assert len(said) < 3_000, (argument, text[:30], said)


@pytest.mark.parametrize("name", NAMES)
async def test_null_for_an_optional_argument_is_as_good_as_nothing(
    client: Client, by_country: Query, name: str
) -> None:
    tool = TOOLS[name]
    nothing = {
        each: None
        for each in tool.takes
        if each not in EXAMPLES[name] and not (name == "update_query" and each == "sql")
    }
    async with client:
        answer_of(await client.call_tool(name, EXAMPLES[name] | nothing))


async def test_an_unknown_tool_is_named_with_those_there_are(client: Client) -> None:
    async with client:
        with pytest.raises(MCPError, match=r"Unknown tool: drop_table\. There are list_conn"):
            await client.call_tool("drop_table", {})


@one_era
@pytest.mark.parametrize("name", NAMES)
async def test_another_organization_sees_nothing(
    core: Core, mode: str, eve: Actor, shop: Connection, by_country: Query, name: str
) -> None:
    """Eve calls what works for Ada, naming Ada's things by name and by id."""
    given = EXAMPLES[name]
    named = [given]
    if "connection" in TOOLS[name].takes:
        named += [given | {"connection": shop.name}, given | {"connection": shop.id}]
    if "query" in given:
        named += [each | {"query": by_country.id} for each in named]
    async with Client(create_server(here(core, eve)), mode=mode) as client:
        for each in named:
            result = await client.call_tool(name, each)
            if result.is_error:
                assert "not found" in refusal_of(result).lower() or "no connection" in refusal_of(
                    result
                )
                continue
            body = json.dumps(answer_of(result))
            assert by_country.id not in body
            assert shop.id not in body
            assert "orders" not in body.replace('"title": "Orders"', "")


async def test_a_viewer_reads_and_asks_but_writes_nothing(
    core: Core, vic: Actor, by_country: Query
) -> None:
    async with Client(create_server(here(core, vic))) as client:
        for name, given in EXAMPLES.items():
            result = await client.call_tool(name, given)
            if name in {"get_chat", "get_run"}:  # each member has chats and runs of their own
                assert "_not_found: " in refusal_of(result)
            elif TOOLS[name].reads or name == "ask":
                answer_of(result)
            else:
                assert refusal_of(result).startswith("denied: ")


async def test_without_an_actor_no_tool_runs(core: Core, mode: str) -> None:
    async with Client(create_server(here(core)), mode=mode) as client:
        for name, given in EXAMPLES.items():
            said = refusal_of(await client.call_tool(name, given))
            assert said == "caller_missing: Send an API key as a bearer token."


async def test_a_bug_is_an_apology_with_an_id_that_the_log_knows(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def buggy(_call: Call, _asked: Arguments) -> Reply:
        raise ZeroDivisionError("the password is hunter2")

    monkeypatch.setitem(TOOLS, "list_connections", TOOLS["list_connections"]._replace(run=buggy))
    with capture_logs() as logs:
        async with client:
            said = refusal_of(await client.call_tool("list_connections", {}))

    assert said.startswith("internal: Something broke on our side.")
    assert "hunter2" not in said
    (entry,) = [each for each in logs if each["event"] == "call failed"]
    assert entry["debug_id"] in said
    assert "hunter2" in str(entry["exc_info"])


async def test_the_server_introduces_itself_in_a_few_lines(client: Client) -> None:
    async with client:
        assert client.instructions is not None
        assert len(client.instructions.splitlines()) <= 8
        info = client.server_info
        assert info is not None
        assert (info.name, info.version) == ("trellis", VERSION)
    assert server.VERSION == VERSION
