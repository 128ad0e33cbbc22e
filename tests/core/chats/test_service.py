"""Chats: kept, answered, interrupted and taken up again."""

from core.app import Core
from core.chats import Begun, Done, Question, Said, Visualized
from core.connections import Connection
from core.identity import Actor
from core.queries import QueryDraft


async def test_a_saved_query_answers_with_its_rows(
    core: Core, ada: Actor, shop: Connection
) -> None:
    query = await core.queries.create(
        ada, QueryDraft(title="One", prompt="?", sql="SELECT {{n}} AS n", connection="shop")
    )
    turn = await core.chats.ask(
        ada, Question(text="run it", query_id=query.id, parameters={"n": 1})
    )

    events = [event async for event in turn]

    assert isinstance(events[0], Begun)
    assert isinstance(events[-1], Done)
    assert [type(each) for each in events if isinstance(each, Said | Visualized)]
    kept = await core.chats.get(ada, turn.chat_id)
    assert kept.messages[-1] == events[-1].message
    assert kept.messages[-1].model_dump_json() == events[-1].message.model_dump_json()
    assert kept.chat.title == "run it"


async def test_a_model_answers(core: Core, ada: Actor) -> None:
    turn = await core.chats.ask(ada, Question(text="anything?"))
    events = [event async for event in turn]
    assert isinstance(events[-1], Done)
