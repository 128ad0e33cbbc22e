"""Chats over MCP: questions answered, handed back, continued, and by the client's own model."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp_types import (
    CreateMessageRequestParams,
    CreateMessageResult,
    CreateMessageResultWithTools,
    ErrorData,
    ImageContent,
    SamplingCapability,
    SamplingToolsCapability,
    TextContent,
    TextResourceContents,
    ToolUseContent,
)
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from core.app import Core, build
from core.connections import Connection
from core.db import Database
from core.identity import Actor
from core.queries import Query
from core.secrets import Vault
from mcp_server.app import create_server, here
from tests.mcp_server.said import answer_of, refusal_of, text_of
from tests.minds import Scripted

COUNT = "SELECT status, count(*) AS orders FROM orders GROUP BY status ORDER BY status"


class Gate:
    """Holds a model back until a test lets it go on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.left = asyncio.Event()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def core(db: Database, vault: Vault, gate: Gate) -> AsyncIterator[Core]:
    """Return a core whose model runs one statement, waits at the gate if told to, and answers."""

    async def answer(
        messages: list[ModelMessage], info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        if "wait" in str(messages[-1]):
            gate.reached.set()
            try:
                await gate.open.wait()
            finally:
                gate.left.set()
        if "tool-return" in str(messages[-1].parts[-1].part_kind):
            yield "There are 250 "
            yield "of each [r1]."
        elif "nothing to run" in str(messages[-1]):
            yield "Nothing was run."
        else:
            yield {0: DeltaToolCall("run_sql", json.dumps({"sql": COUNT}), tool_call_id="c1")}

    core = build(db, vault, provider=Scripted(FunctionModel(stream_function=answer)))
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture
async def silent(db: Database, vault: Vault) -> AsyncIterator[Core]:
    """Return a core on the same store without any model."""
    core = build(db, vault)
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


def pictures(result: Any) -> list[ImageContent]:
    return [each for each in result.content if isinstance(each, ImageContent)]


async def test_a_question_is_answered_with_table_chart_and_statement(
    client: Client, shop: Connection
) -> None:
    async with client:
        result = await client.call_tool("ask", {"question": "orders by status?"})

    body = result.structured_content
    assert body is not None
    assert body["status"] == "done"
    assert "250 of each" in body["answer"]
    assert body["tables"][0]["rows"] == [["open", 250], ["paid", 250]]
    assert body["statements"][0]["sql"].startswith("SELECT status")
    first = result.content[0]
    assert isinstance(first, TextContent)
    assert "paid\t250" in first.text
    assert body["chat"] in first.text
    assert len(pictures(result)) == len(body["charts"]) == 1


async def test_a_chat_goes_on_and_is_read_again(client: Client, shop: Connection) -> None:
    async with client:
        asked = await client.call_tool("ask", {"question": "orders by status?"})
        assert asked.structured_content is not None
        chat = asked.structured_content["chat"]
        again = await client.call_tool("ask", {"question": "nothing to run", "chat": chat})
        assert again.structured_content is not None
        listed = answer_of(await client.call_tool("list_chats", {}))
        read = answer_of(await client.call_tool("get_chat", {"chat": chat}))
        resource = await client.read_resource(f"chat://{chat}")

    assert again.structured_content["chat"] == chat
    assert [each["id"] for each in listed["chats"]] == [chat]
    assert [each["role"] for each in read["messages"]] == ["user", "assistant"] * 2
    assert read["messages"][1]["tables"][0]["rows"] == [["open", 250], ["paid", 250]]
    assert read["status"] == "done"
    (content,) = resource.contents
    assert isinstance(content, TextResourceContents)
    assert "Nothing was run." in content.text


async def test_an_answer_that_takes_long_hands_back_its_chat(
    core: Core, ada: Actor, shop: Connection, mode: str, gate: Gate
) -> None:
    server = create_server(here(core, ada), patience=0.1)
    async with Client(server, mode=mode) as client:
        asked = await client.call_tool("ask", {"question": "wait for it"})
        body = answer_of(asked)
        assert body["status"] == "running"
        assert "get_chat" in text_of(asked)
        running = answer_of(await client.call_tool("get_chat", {"chat": body["chat"]}))
        assert running["status"] == "running"
        busy = await client.call_tool("ask", {"question": "and?", "chat": body["chat"]})
        assert refusal_of(busy).startswith("chat_busy")
        waiting = asyncio.create_task(
            client.call_tool("get_chat", {"chat": body["chat"], "wait": 20})
        )
        gate.open.set()
        read = answer_of(await asyncio.wait_for(waiting, 20))

    assert read["status"] == "done"
    assert "250 of each" in read["messages"][-1]["answer"]


async def test_a_cancelled_question_stops_its_model(
    core: Core, ada: Actor, shop: Connection, gate: Gate
) -> None:
    async with Client(create_server(here(core, ada)), mode="legacy") as client:
        asking = asyncio.create_task(client.call_tool("ask", {"question": "wait for it"}))
        await asyncio.wait_for(gate.reached.wait(), 10)
        asking.cancel()
        await asyncio.wait_for(gate.left.wait(), 10)
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_a_chat_is_its_members_own(
    core: Core, client: Client, shop: Connection, vic: Actor, mode: str
) -> None:
    async with client:
        asked = await client.call_tool("ask", {"question": "nothing to run"})
    chat = answer_of(asked)["chat"]
    async with Client(create_server(here(core, vic)), mode=mode) as other:
        for name, given in (
            ("get_chat", {"chat": chat}),
            ("ask", {"question": "and?", "chat": chat}),
        ):
            assert "Chat not found" in refusal_of(await other.call_tool(name, given))
        assert answer_of(await other.call_tool("list_chats", {}))["chats"] == []
        with pytest.raises(MCPError, match="Chat not found"):
            await other.read_resource(f"chat://{chat}")


async def test_without_a_model_a_saved_query_answers_and_the_rest_is_an_honest_no(
    silent: Core, ada: Actor, by_country: Query, mode: str
) -> None:
    await silent.connections.discover(ada, "shop")
    async with Client(create_server(here(silent, ada)), mode=mode) as client:
        found = await client.call_tool("ask", {"question": "customers by country Brazil"})
        none = await client.call_tool("ask", {"question": "will it rain tomorrow?"})

    body = answer_of(found)
    assert body["statements"][0]["query"] == "Customers by country"
    assert body["tables"][0]["rows"] == [["Ana"]]
    assert answer_of(none)["statements"] == []
    assert by_country.title in text_of(none)


def plainly(text: str) -> CreateMessageResult:
    return CreateMessageResult(
        role="assistant", content=TextContent(type="text", text=text), model="theirs"
    )


async def test_the_clients_own_model_answers_where_there_is_none(
    silent: Core, ada: Actor, shop: Connection, mode: str
) -> None:
    heard: list[CreateMessageRequestParams] = []

    async def sample(
        context: ClientRequestContext, params: CreateMessageRequestParams
    ) -> CreateMessageResult:
        heard.append(params)
        if len(heard) == 1:
            return plainly(json.dumps({"tool": "run_sql", "arguments": {"sql": COUNT}}))
        return plainly("There are 250 of each [r1].")

    server = create_server(here(silent, ada))
    async with Client(server, mode=mode, sampling_callback=sample) as client:
        result = await client.call_tool("ask", {"question": "how many orders of each status?"})

    assert not result.is_error, result.content
    assert result.structured_content is not None
    assert "250 of each" in result.structured_content["answer"]
    assert result.structured_content["tables"][0]["rows"] == [["open", 250], ["paid", 250]]
    assert heard[0].tools is None
    assert '"name": "run_sql"' in str(heard[0].system_prompt)
    assert "paid" in str(heard[1].messages[-1].content)


async def test_a_client_that_passes_tools_on_is_given_them(
    silent: Core, ada: Actor, shop: Connection, mode: str
) -> None:
    heard: list[CreateMessageRequestParams] = []

    async def sample(
        context: ClientRequestContext, params: CreateMessageRequestParams
    ) -> CreateMessageResult | CreateMessageResultWithTools:
        heard.append(params)
        if len(heard) == 1:
            call = ToolUseContent(name="run_sql", id="t1", input={"sql": COUNT})
            return CreateMessageResultWithTools(role="assistant", content=[call], model="theirs")
        return plainly("There are 250 of each [r1].")

    able = SamplingCapability(tools=SamplingToolsCapability())
    server = create_server(here(silent, ada))
    async with Client(
        server, mode=mode, sampling_callback=sample, sampling_capabilities=able
    ) as client:
        result = await client.call_tool("ask", {"question": "how many orders of each status?"})

    assert not result.is_error, result.content
    assert result.structured_content is not None
    assert "250 of each" in result.structured_content["answer"]
    assert "run_sql" in {each.name for each in heard[0].tools or ()}
    assert heard[1].messages[-1].content_as_list[0].type == "tool_result"


async def test_a_client_that_declines_is_told_what_would_work(
    silent: Core, ada: Actor, shop: Connection, mode: str
) -> None:
    async def sample(
        context: ClientRequestContext, params: CreateMessageRequestParams
    ) -> ErrorData:
        return ErrorData(code=-1, message="the member said no")

    async with Client(
        create_server(here(silent, ada)), mode=mode, sampling_callback=sample
    ) as client:
        asking = client.call_tool("ask", {"question": "how many orders of each status?"})
        if mode != "legacy":
            # Since 2026-07-28 the client itself gives the call up.
            with pytest.raises(MCPError, match="the member said no"):
                await asking
            return
        said = refusal_of(await asking)

    assert said.startswith("MODEL_UNAVAILABLE")
    assert "run_sql" in said
    assert "kept in chat" in said
