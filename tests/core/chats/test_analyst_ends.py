"""However a model behaves, an answer of it comes to an end that says what happened."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.exceptions import ModelAPIError, ModelRateLimitError
from pydantic_ai.messages import ModelMessage
from structlog.testing import capture_logs

from core.app import Core, build
from core.chats import Bounds, Done, Failed, ToolReturned, ToolUsed
from core.connections import Connection
from core.db import Database
from core.identity import Actor
from core.secrets import Vault
from tests.core.chats.scripts import Script, Step, Use, asked

COUNT = Use("run_sql", {"sql": "SELECT count(*) AS orders FROM orders"})


@pytest.fixture
def bounds() -> Bounds:
    return Bounds(steps=5, tokens=60_000, calls=8, repairs=2, text=1_000)


@pytest.fixture
async def core(db: Database, vault: Vault, bounds: Bounds, tmp_path: Path) -> AsyncIterator[Core]:
    core = build(db, vault, folder=tmp_path / "uploads", bounds=bounds)
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


async def test_a_model_that_never_stops_using_tools_is_stopped_and_that_said(
    core: Core, ada: Actor, shop: Connection
) -> None:
    def plan(at: int, _messages: list[ModelMessage]) -> Step:
        return (Use("run_sql", {"sql": f"SELECT {at} AS n"}),)

    script = Script(plan=plan)

    events, message = await asked(core, ada, script)

    assert len(script.heard) == 5
    assert script.returned(4) == [
        "Not done: this turn may use no more tools. Answer now, with what you have found."
    ]
    assert isinstance(events[-1], Done)
    assert message.content == "I stopped here: the answer took more steps than one question may."
    assert [each.result for each in message.visualizations] == ["r3"]
    assert [each.sql for each in message.statements] == ["SELECT 2 AS n"]
    assert message.usage is not None
    assert message.usage.requests == 5


async def test_a_model_that_calls_what_does_not_exist_is_told_what_does(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script(
        (Use("send_email", {"to": "a@evil.test"}), Use("run_sql", '{"sql": "SELECT 1'), COUNT),
        (Use("run_sql", {"statement": "SELECT 1"}), Use("run_sql", "[]"), Use("run_sql", "")),
        ("4 orders [r1].",),
    )

    events, message = await asked(core, ada, script)

    unknown, broken, counted = script.returned(1)
    assert "Unknown tool name: 'send_email'" in unknown
    assert "run_sql" in unknown
    assert "json" in broken.lower()
    assert counted.startswith("r1: 1 row")
    assert "These arguments do not fit run_sql: sql: Field required" in script.returned(2)[0]
    returned = {each.id: each.is_error for each in events if isinstance(each, ToolReturned)}
    assert returned == {
        "c0-0": True,
        "c0-1": True,
        "c0-2": False,
        "c1-0": True,
        "c1-1": True,
        "c1-2": True,
    }
    assert message.content == "4 orders [r1]."


async def test_only_so_many_tools_are_used_however_many_are_asked_for_at_once(
    core: Core, ada: Actor, shop: Connection
) -> None:
    many = tuple(Use("run_sql", {"sql": f"SELECT {n} AS n"}) for n in range(300))
    script = Script(many, ("Done.",))

    events, message = await asked(core, ada, script)

    told = script.returned(1)
    assert len(told) == 300
    assert sum(each.startswith("r") for each in told) == 8
    assert sum(each.startswith("Not done") for each in told) == 292
    used = [each.id for each in events if isinstance(each, ToolUsed)]
    assert len(used) == 100
    assert {each.id for each in events if isinstance(each, ToolReturned)} == set(used)
    assert message.content == "Done."


async def test_a_model_that_says_nothing_is_an_honest_failure(
    core: Core, ada: Actor, shop: Connection
) -> None:
    events, message = await asked(core, ada, Script((" \n",), ("",)))

    assert message.content == "I could not find an answer: the model said nothing."

    events, message = await asked(core, ada, Script(("",)))

    assert isinstance(events[-1], Failed)
    assert events[-1].failure.code == "MODEL_UNAVAILABLE"
    assert message.content == ""


async def test_an_endless_text_is_cut_where_it_is_too_long(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script(("word " * 150, "word " * 150, *("x" * 1000 for _ in range(200))))

    events, message = await asked(core, ada, script)

    assert isinstance(events[-1], Done)
    assert len(message.content) < 1_100
    assert message.content.endswith("(The answer was cut here; it had grown too long.)")


async def test_a_model_that_takes_too_many_tokens_ends_with_what_was_found(
    core: Core, ada: Actor, shop: Connection
) -> None:
    wide = "SELECT replace(printf('%250d', 0), ' ', 'w w ') AS w FROM orders, customers, orders o"

    def plan(at: int, _messages: list[ModelMessage]) -> Step:
        return (f"word {at} " * 20_000, Use("run_sql", {"sql": wide}))

    events, message = await asked(core, ada, Script(plan=plan))

    assert isinstance(events[-1], Done)
    assert message.content.endswith("(The answer was cut here; it had grown too long.)")


FLOOD = Use("run_sql", {"sql": "w " * 80_000})


async def test_a_question_that_took_all_its_tokens_ends_with_what_was_found(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script((COUNT,), (FLOOD,), ("never said",))

    events, message = await asked(core, ada, script)

    assert len(script.heard) == 2
    assert isinstance(events[-1], Done)
    assert message.content == "I stopped here: the answer took more steps than one question may."
    assert [each.result for each in message.statements] == ["r1"]
    assert [each.result for each in message.visualizations] == ["r1"]


async def test_a_question_that_took_all_its_tokens_for_nothing_says_so(
    core: Core, ada: Actor, shop: Connection
) -> None:
    script = Script((FLOOD,), ("never said",))

    events, _message = await asked(core, ada, script)

    assert len(script.heard) == 1
    assert isinstance(events[-1], Failed)
    assert events[-1].failure.code == "MODEL_UNAVAILABLE"
    assert "more steps or tokens than one question may" in events[-1].failure.error


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (ModelAPIError("scripted", "boom"), "MODEL_UNAVAILABLE", True),
        (ModelRateLimitError("scripted", "slow down"), "RATE_LIMIT", True),
    ],
)
async def test_a_stream_that_breaks_leaves_what_was_said_and_found(
    core: Core, ada: Actor, shop: Connection, error: Exception, code: str, retryable: bool
) -> None:
    script = Script((COUNT,), ("There are 4 ord", "ers [r1], as ", error))

    events, message = await asked(core, ada, script)

    assert isinstance(events[-1], Failed)
    assert (events[-1].failure.code, events[-1].failure.retryable) == (code, retryable)
    assert message.content == "There are 4 orders [r1], as"
    assert [each.result for each in message.statements] == ["r1"]
    assert [each.result for each in message.visualizations] == ["r1"]


async def test_a_bug_of_ours_is_no_fault_of_the_model(
    core: Core, ada: Actor, shop: Connection
) -> None:
    with capture_logs() as logs:
        events, _ = await asked(core, ada, Script((LookupError("ours"),)))

    assert isinstance(events[-1], Failed)
    assert events[-1].failure.code == "INTERNAL"
    assert [each["event"] for each in logs if each["log_level"] == "error"] == ["a turn failed"]


async def test_without_any_connection_it_says_so_and_its_tools_do_not_break(
    core: Core, ada: Actor
) -> None:
    calls: list[tuple[str, Any]] = [
        ("list_connections", {}),
        ("search_schema", {"question": "orders"}),
        ("describe_tables", {"tables": ["orders"]}),
        ("search_queries", {"text": "orders"}),
        ("run_sql", {"sql": "SELECT 1"}),
        ("read_rows", {"result": "r1", "first": 1}),
    ]
    script = Script(tuple(Use(*each) for each in calls), ("There is no database yet.",))

    _, message = await asked(core, ada, script)

    assert "no database can be asked until an admin adds one" in script.asked
    assert script.returned(1)[0].startswith("There is no connection")
    assert message.content == "There is no database yet."
