"""What may be asked after an answer is thought of once, and is the same for everybody."""

import asyncio

import pytest

from core.app import Core
from core.chats import ChatBusy, MessageNotAnswer, MessageNotFound, Question
from core.connections import Connection
from core.identity import Actor, Audience
from core.ids import MessageId
from core.queries import QueryDraft
from tests.core.chats.holding import Holding, ask, heard, soon
from tests.core.chats.test_followups import suggesting

BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)


@BOTH
async def test_what_was_offered_once_is_offered_again(
    core: Core, ada: Actor, vic: Actor, shop: Connection
) -> None:
    there = {"place": "slack:T1:C1:1", "audience": Audience.PUBLIC}
    standing = ada.model_copy(update=there)
    turn = await core.chats.ask(
        standing, Question(text="What is new?"), mind=suggesting(["A?", "B?", "C?"])
    )
    await heard(turn)
    one = suggesting(["One more?", "Two more?", "Three more?"])
    other = suggesting(["Four?", "Five?", "Six?"])
    both = await asyncio.gather(
        core.chats.offer(standing, turn.id, mind=one),
        core.chats.offer(vic.model_copy(update=there), turn.id, mind=other),
    )
    draft = QueryDraft(title="New", prompt="New", sql="SELECT 1", connection="shop")
    await core.queries.create(ada, draft)
    again = await core.chats.offer(standing, turn.id)
    _question, answer = await core.chats.exchange(standing, turn.id)

    assert both[0] == both[1] == again == answer.followups
    assert len(again) == 3
    assert answer.content == "An answer."


async def test_only_an_answer_that_is_whole_and_ones_own_is_gone_on_from(
    core: Core, ada: Actor, vic: Actor
) -> None:
    held = Holding()
    turn = await ask(core, ada, held)
    with pytest.raises(ChatBusy):
        await core.chats.offer(ada, turn.id)
    held.go.set()
    await heard(turn)

    with pytest.raises(MessageNotAnswer):
        await core.chats.offer(ada, turn.user_message_id)
    for actor, id in ((vic, turn.id), (ada, MessageId("nowhere"))):
        with pytest.raises(MessageNotFound):
            await core.chats.offer(actor, id)
    await soon(core.chats.offer(ada, turn.id))
