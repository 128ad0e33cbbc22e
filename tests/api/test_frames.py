"""Every event and every code of the contract, through SSE and through a WebSocket."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from pydantic_ai.models.function import FunctionModel
from structlog.testing import capture_logs

from api.app import create_app
from core.app import Core, build
from core.chats import TurnInterrupted
from core.connections import (
    Connection,
    ConnectionBusy,
    ConnectionFailed,
    ConnectionNotFound,
    ParameterInvalid,
    ParametersMissing,
    StatementFailed,
    StatementRefused,
    StatementTimedOut,
)
from core.db import Database
from core.identity import Actor
from core.models import ModelNotConfigured, ModelNotFound, ModelUnavailable, RateLimit
from core.page import PageAsked
from core.queries import QueryDraft, QueryNotFound
from core.secrets import Vault
from tests.api.doors import ASKING, Socket, socket
from tests.api.hearing import Frame
from tests.api.many import many_chats
from tests.api.mind import Mind
from tests.minds import Scripted
from tests.serving import serving

BY_REGION = (
    "SELECT CASE id % 3 WHEN 0 THEN 'EU' WHEN 1 THEN 'US' ELSE 'ASIA' END AS region, "
    "sum(amount) AS amount FROM orders WHERE id > {{least}} GROUP BY 1 ORDER BY 1"
)
ORDER = re.compile(
    r"chat_metadata (processing )+((text_delta|visualization|tool_call|tool_result|processing) )*"
    r"(message|error) "
)
CHART_TYPES = {"bar", "bar_horizontal", "stacked_bar", "line", "area", "pie", "donut"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the log: to print the trace of a bug nicely takes a busy machine a minute."""
    with capture_logs():
        yield


@pytest.fixture
def mind() -> Mind:
    return Mind()


@pytest.fixture
async def core(db: Database, vault: Vault, mind: Mind) -> AsyncIterator[Core]:
    core = build(db, vault, provider=Scripted(FunctionModel(stream_function=mind.stream)))
    yield core
    await core.chats.close()
    await core.connections.close()


@pytest.fixture
async def url(core: Core) -> AsyncIterator[str]:
    async with serving(create_app(core)) as url:
        yield url


@pytest.fixture(params=sorted(ASKING))
def asking(request: pytest.FixtureRequest) -> Any:
    return ASKING[request.param]


def ordered(frames: list[Frame]) -> bool:
    return bool(ORDER.fullmatch("".join(f"{each.event} " for each in frames)))


async def test_every_event_comes_in_the_order_of_the_contract(
    core: Core, ada: Actor, ada_key: str, shop: Connection, url: str, asking: Any
) -> None:
    query = await core.queries.create(
        ada, QueryDraft(title="Regions", prompt="?", sql=BY_REGION, connection="shop")
    )
    body = {
        "message": "Sales by region",
        "saved_query_id": query.id,
        "parameters": {"least": 0},
        "include_tool_events": True,
    }

    frames = await asking(url, ada_key, body)
    quiet = await asking(url, ada_key, body | {"include_tool_events": None})

    assert ordered(frames), frames
    assert ordered(quiet), quiet
    told = {each.event: each for each in frames}
    assert told.keys() == {
        *("chat_metadata", "processing", "tool_call", "tool_result"),
        *("visualization", "text_delta", "message"),
    }
    assert told.keys() - {each.event for each in quiet} == {"tool_call", "tool_result"}
    assert list(told["chat_metadata"].data) == ["id", "user_message_id"]
    statuses = {each.data["status"] for each in frames if each.event == "processing"}
    assert statuses <= {"starting", "thinking", "analyzing", "processing"}
    assert list(told["tool_call"].data) == ["id", "name", "arguments"]
    assert list(told["tool_result"].data) == ["id", "name", "summary", "is_error"]
    assert told["tool_result"].data["id"] == told["tool_call"].data["id"]
    whole = "".join(each.data["content"] for each in frames if each.event == "text_delta")
    assert told["message"].data["content"] == whole.strip()
    kept = await core.chats.get(ada, told["chat_metadata"].data["id"])
    assert [each.id for each in kept.messages] == [
        told["chat_metadata"].data["user_message_id"],
        told["message"].data["id"],
    ]
    assert kept.messages[-1].content == told["message"].data["content"]
    numbers = [each.id for each in frames]
    assert numbers == [f"{told['message'].data['id']}:{at}" for at in range(1, len(frames) + 1)]


async def test_tables_and_charts_have_the_contract_s_fields(
    core: Core, ada: Actor, ada_key: str, shop: Connection, url: str, asking: Any
) -> None:
    query = await core.queries.create(
        ada, QueryDraft(title="Regions", prompt="?", sql=BY_REGION, connection="shop")
    )
    body = {"message": "?", "saved_query_id": query.id, "parameters": {"least": 0}}

    frames = await asking(url, ada_key, body)

    shown = {each.data["type"]: each.data for each in frames if each.event == "visualization"}
    assert shown.keys() == {"table", "chart"}
    assert all(len(each["id"]) == 10 for each in shown.values())
    table, chart = shown["table"]["data"], shown["chart"]
    assert [list(each) for each in table["columns"]] == [["key", "label", "type"]] * 2
    assert table["rows"][0].keys() == {"region", "amount"}
    assert (table["total_rows"], table["truncated"]) == (3, False)
    assert chart["chart_type"] in CHART_TYPES
    label = "text" if chart["chart_type"] in {"pie", "donut"} else "label"
    assert all(each.keys() == {label, "value"} for each in chart["data"]["values"])
    assert "$schema" in chart["vega_lite"]


async def test_a_model_s_words_come_as_they_are_said(
    core: Core, ada_key: str, url: str, asking: Any
) -> None:
    frames = await asking(url, ada_key, {"message": "Count"})

    assert ordered(frames), frames
    assert "".join(each.data["content"] for each in frames if each.event == "text_delta") == (
        "One two."
    )
    assert frames[-1].data["content"] == "One two."
    assert frames[-1].data["metadata"]["model"] == "test:scripted"


FAILURES: list[tuple[Exception, str, bool]] = [
    (ModelNotFound("gone"), "MODEL_NOT_FOUND", False),
    (ModelUnavailable("away"), "MODEL_UNAVAILABLE", True),
    (ModelUnavailable("no", retryable=False), "MODEL_UNAVAILABLE", False),
    (ModelNotConfigured("none"), "MODEL_NOT_CONFIGURED", False),
    (ConnectionNotFound(), "INTEGRATION_NOT_FOUND", False),
    (QueryNotFound(), "QUERY_NOT_FOUND", False),
    (StatementRefused(), "QUERY_REFUSED", False),
    (StatementFailed("no such column: x"), "QUERY_FAILED", False),
    (ConnectionFailed(), "QUERY_FAILED", True),
    (ConnectionBusy(), "QUERY_FAILED", True),
    (ParameterInvalid(), "QUERY_FAILED", False),
    (StatementTimedOut(), "QUERY_TIMEOUT", True),
    (ParametersMissing(("year",)), "MISSING_PARAMETERS", False),
    (TurnInterrupted(), "INTERRUPTED", True),
    (RateLimit("slower"), "RATE_LIMIT", True),
    (RuntimeError("a bug"), "INTERNAL", True),
]
CODES = {
    *("MODEL_NOT_FOUND", "MODEL_UNAVAILABLE", "MODEL_NOT_CONFIGURED", "INTEGRATION_NOT_FOUND"),
    *("QUERY_NOT_FOUND", "QUERY_REFUSED", "QUERY_FAILED", "QUERY_TIMEOUT", "MISSING_PARAMETERS"),
    *("INTERRUPTED", "RATE_LIMIT", "INTERNAL"),
}


def test_the_table_has_every_code_of_the_contract() -> None:
    assert {code for _problem, code, _retryable in FAILURES} == CODES


async def test_every_code_of_the_contract_ends_the_stream(
    core: Core, ada: Actor, ada_key: str, url: str, asking: Any, mind: Mind
) -> None:
    for problem, code, retryable in FAILURES:
        mind.problem = problem

        frames = await asking(url, ada_key, {"message": "Count"})

        assert ordered(frames), (problem, frames)
        error = frames[-1]
        assert error.event == "error", problem
        assert list(error.data)[:5] == ["error", "code", "retryable", "debug_id", "error_type"]
        assert (error.data["code"], error.data["retryable"]) == (code, retryable), problem
        assert error.data["debug_id"]
        assert error.data["error"]
        assert "a bug" not in error.data["error"]
        kept = await core.chats.get(ada, frames[0].data["id"])
        assert kept.messages[-1].failure is not None
        assert kept.messages[-1].failure.code == code


REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({}, 400, "INVALID", "message: Field required"),
    ({"message": "a", "color": "red"}, 400, "INVALID", "color: Unknown field"),
    ({"message": "a", "chat_id": "nothing"}, 404, "CHAT_NOT_FOUND", "Chat not found"),
    ({"message": "a", "chat_id": "../x"}, 404, "CHAT_NOT_FOUND", "Chat not found"),
    ({"message": "a", "model": "test:other"}, 404, "MODEL_NOT_FOUND", "There is no model"),
    ({"message": "a", "integration_id": "x"}, 404, "INTEGRATION_NOT_FOUND", "Connection"),
    ({"message": "a", "saved_query_id": "x"}, 404, "QUERY_NOT_FOUND", "Query not found"),
    ({"message": "a", "project_id": "proj_x"}, 404, "PROJECT_NOT_FOUND", "Project not found"),
]


async def test_what_can_be_known_before_the_first_byte_is_a_refusal(
    core: Core, ada: Actor, ada_key: str, shop: Connection, url: str, asking: Any
) -> None:
    query = await core.queries.create(
        ada, QueryDraft(title="Regions", prompt="?", sql=BY_REGION, connection="shop")
    )
    missing = (
        *({"message": "a", "saved_query_id": query.id}, 400),
        *("MISSING_PARAMETERS", "Missing required parameters: least"),
    )
    for body, _status, code, words in [*REFUSED, missing]:
        frames = await asking(url, ada_key, body)

        assert [each.event for each in frames] == ["error"], body
        assert frames[0].data["code"] == code
        assert frames[0].data["error"].startswith(words)
    assert (await core.chats.list(ada, PageAsked())).total == 0


async def test_refusals_have_the_statuses_of_http(as_ada: httpx2.AsyncClient, core: Core) -> None:
    for body, status, _code, _words in REFUSED:
        refused = await as_ada.post("/v1/chats", json=body)
        assert refused.status_code == status, body
        assert refused.headers["content-type"] == "application/json"


async def test_a_chat_that_answers_is_busy(
    core: Core, ada: Actor, ada_key: str, url: str, asking: Any, mind: Mind
) -> None:
    mind.waits = True
    async with socket(url, ada_key) as opened:
        await opened.send("send_message", message="Count")
        chat_id = (await opened.until("chat_metadata")).data["id"]
        await opened.until("text_delta")

        frames = await asking(url, ada_key, {"message": "And now?", "chat_id": chat_id})

    assert [each.event for each in frames] == ["error"]
    assert frames[0].data["code"] == "CHAT_BUSY"
    await asyncio.wait_for(mind.left.wait(), 5)


async def test_beyond_the_cap_no_chat_is_begun(
    core: Core, ada: Actor, ada_key: str, url: str, asking: Any, db: Database
) -> None:
    await many_chats(core, ada, db, 500)

    frames = await asking(url, ada_key, {"message": "One more"})

    assert frames[0].data["code"] == "OPEN_CHAT_CAP"


async def test_an_interrupted_answer_says_so_and_the_chat_goes_on(
    core: Core, ada: Actor, ada_key: str, url: str, mind: Mind
) -> None:
    mind.waits = True
    async with socket(url, ada_key) as opened:
        await opened.send("send_message", message="Count")
        frames = [await opened.until("text_delta")]
        chat_id = opened.whole["chat_id"]
        await opened.send("interrupt", chat_id=chat_id, request_id="stop")
        frames += await opened.until_end()
        interrupted = await opened.read()
        marked = opened.whole["request_id"]
        mind.waits = False
        again = await said(opened, message="Again", chat_id=chat_id)

    assert frames[-1].data["code"] == "INTERRUPTED"
    assert (interrupted.event, interrupted.data, marked) == (
        "interrupted",
        {"status": "interrupted"},
        "stop",
    )
    assert again[-1].event == "message"
    kept = await core.chats.get(ada, chat_id)
    assert [each.status.value for each in kept.messages] == [
        *("done", "interrupted", "done", "done")
    ]


async def test_an_edited_question_is_answered_anew(
    core: Core, ada: Actor, as_ada: httpx2.AsyncClient, ada_key: str, url: str
) -> None:
    async with socket(url, ada_key) as opened:
        first = await said(opened, message="Count")
        chat_id, mine = first[0].data["id"], first[0].data["user_message_id"]
        await said(opened, message="More", chat_id=chat_id)
        await opened.send("edit_message", chat_id=chat_id, message_id=mine, content="Count down")
        second = await opened.until_end()
    path = f"/v1/chats/{chat_id}/messages/{second[0].data['user_message_id']}"
    third = await as_ada.patch(path, json={"content": "Count up"})
    answer = (await core.chats.get(ada, chat_id)).messages[-1].id
    refused = await as_ada.patch(
        f"/v1/chats/{chat_id}/messages/{answer}", json={"content": "Yes, but"}
    )

    assert second[0].data["id"] == chat_id
    assert second[0].data["user_message_id"] != mine
    assert third.status_code == 200
    assert "event: chat_metadata" in third.text
    assert "event: message" in third.text
    kept = await core.chats.get(ada, chat_id)
    assert [each.content for each in kept.messages] == ["Count up", "One two."]
    assert kept.messages[0].id not in {mine, second[0].data["user_message_id"]}
    assert refused.status_code == 400


async def said(opened: Socket, **body: Any) -> list[Frame]:
    await opened.send("send_message", **body)
    return await opened.until_end()
