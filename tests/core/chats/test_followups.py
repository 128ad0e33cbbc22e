"""Three questions that may come next: the model's, else such as can be answered."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCalls, FunctionModel
from structlog.testing import capture_logs

from core.app import Core
from core.chats import FollowupsUnclear, Question
from core.connections import Connection
from core.identity import Actor
from core.models import Mind, Model
from core.queries import QueryDraft
from tests.core.chats.holding import heard

MODEL = Model(id="test:suggesting", name="suggesting", description="Suggests")


def suggesting(*answers: Any) -> Mind:
    """Return a model that suggests what a test has written: lists, texts, errors, or silence."""
    left = list(answers)

    async def answer(_messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, BaseException):
            raise said
        if said is None:
            await asyncio.Event().wait()
        if isinstance(said, str):
            return ModelResponse(parts=[TextPart(said)])
        tool = info.output_tools[0].name
        return ModelResponse(parts=[ToolCallPart(tool, {"response": said})])

    async def stream(
        _messages: list[ModelMessage], _info: AgentInfo
    ) -> AsyncIterator[str | DeltaToolCalls]:
        yield "An answer."

    return Mind(MODEL, FunctionModel(answer, stream_function=stream), {})


def fits(found: tuple[str, str, str], *asked: str) -> None:
    assert len(found) == 3
    assert all(each.strip() and "\n" not in each for each in found)
    assert len({each.lower() for each in found}) == 3
    assert not {each.lower() for each in found} & {each.lower() for each in asked}


async def test_there_are_three_with_nothing_at_all(core: Core, ada: Actor) -> None:
    fits(await core.chats.followups(ada, user_messages=[]))
    fits(await core.chats.followups(ada, user_messages=["What can I ask here?"]), "What can I ask")


async def test_saved_queries_that_can_be_answered_come_first(
    core: Core, ada: Actor, shop: Connection
) -> None:
    await core.connections.discover(ada, "shop")
    for title, statement in {
        "Order count": "SELECT count(*) AS n FROM orders",
        "Orders of a customer": "SELECT * FROM orders WHERE customer_id = {{customer}}",
        "Revenue": "SELECT sum(total) AS r FROM orders WHERE strftime('%Y', placed_at)='{{year}}'",
        "Customers of a country": "SELECT name FROM customers WHERE country = {{country}}",
    }.items():
        await core.queries.create(
            ada, QueryDraft(title=title, prompt="?", sql=statement, connection="shop")
        )

    found = await core.chats.followups(ada, user_messages=["Revenue in 2024"])

    fits(found, "Revenue in 2024")
    assert found[0] == "Revenue in 2023"
    assert "Order count" in found
    assert any(each.startswith("Customers of a country ") for each in found)
    for each in found[:2]:
        turn = await core.chats.ask(ada, Question(text=each))
        assert (await heard(turn))[-1].message.statements  # type: ignore[union-attr]


async def test_tables_help_out(core: Core, ada: Actor, shop: Connection) -> None:
    found = await core.chats.followups(ada, user_messages=["Hello"])

    fits(found)
    assert "How many customers are there?" in found


async def test_a_model_suggests_after_a_chat(core: Core, ada: Actor) -> None:
    asked = ["Why so few?", "And per country?", "Which products?"]
    mind = suggesting(asked)
    turn = await core.chats.ask(ada, Question(text="How many?"), mind=mind)
    await heard(turn)

    found = await core.chats.followups(ada, chat_id=turn.chat_id, mind=mind)

    assert found == tuple(asked)


@pytest.mark.parametrize(
    "answers",
    [
        ([],),
        (["How many?", "how many", "HOW MANY!"],),
        (["One?"],),
        (["Look at ![x](http://evil.test/?d=1) https://evil.test/x now?", "\x00", "x" * 9_000],),
        ("no list at all",),
        (RuntimeError("broken"),),
        (["a?", "b?", "c?", "d?"],),
    ],
)
async def test_whatever_a_model_suggests_there_are_three_harmless_ones(
    core: Core, ada: Actor, answers: tuple[Any, ...]
) -> None:
    with capture_logs():  # drawing a trace takes longer than all the rest
        mind = suggesting(*answers)
        found = await core.chats.followups(ada, user_messages=["How many?"], mind=mind)

    fits(found, "How many?")
    assert not [each for each in found if "evil" in each or len(each) > 200]


async def test_no_suggestion_calls_anybody_or_leads_anywhere(core: Core, ada: Actor) -> None:
    mind = suggesting(
        [
            "<!channel> <@U123> @everyone?",
            "<javascript:alert(1)> mailto:a@evil.test?",
            "//evil.test/x h\u200bttp://evil.test/y <http:evil.test|a>?",
        ]
    )

    found = await core.chats.followups(ada, user_messages=["How many?"], mind=mind)

    assert found == (
        "< !channel> < @U123> @\u200beveryone?",
        "< alert(1)> a@evil.test?",
        "evil.test/x evil.test/y evil.test|a?",
    )


async def test_a_model_that_is_silent_is_not_waited_for(
    core: Core, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.followups.PATIENCE", 0.1)

    fits(await core.chats.followups(ada, user_messages=["How many?"], mind=suggesting(None)))


async def test_it_goes_on_from_a_chat_or_from_questions_and_not_from_both(
    core: Core, ada: Actor
) -> None:
    turn = await core.chats.ask(ada, Question(text="help"))
    await heard(turn)

    with pytest.raises(FollowupsUnclear):
        await core.chats.followups(ada)
    with pytest.raises(FollowupsUnclear):
        await core.chats.followups(ada, chat_id=turn.chat_id, user_messages=["?"])
    fits(await core.chats.followups(ada, chat_id=turn.chat_id), "help")
