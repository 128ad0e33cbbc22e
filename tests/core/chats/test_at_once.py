"""How many answers one member may wait for at once."""

import gc
from weakref import ref

import pytest

from core.app import Core
from core.chats import TooManyTurns, asking
from core.identity import Actor
from tests.core.chats.holding import Holding, ask, heard


async def test_a_member_waits_for_so_many_answers_and_nobody_else_for_them(
    core: Core, ada: Actor, vic: Actor, eve: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 2)
    first, second = await ask(core, ada, Holding()), await ask(core, ada, Holding())
    with pytest.raises(TooManyTurns):
        await ask(core, ada, Holding())
    others = [await ask(core, each, Holding()) for each in (vic, eve)]
    await core.chats.interrupt(ada, first.chat_id)
    await heard(first)
    third = await ask(core, ada, Holding())

    for actor, turn in ((ada, second), (ada, third), (vic, others[0]), (eve, others[1])):
        await core.chats.interrupt(actor, turn.chat_id)
        await heard(turn)


async def test_no_answer_stays_in_memory_for_whoever_may_never_ask_again(
    core: Core, ada: Actor, vic: Actor
) -> None:
    turn = await ask(core, ada, Holding())
    await core.chats.interrupt(ada, turn.chat_id)
    await heard(turn)
    await core.chats.delete(ada, [turn.chat_id])
    answer = ref(turn)
    del turn

    another = await ask(core, vic, Holding())
    gc.collect()

    assert answer() is None
    await core.chats.interrupt(vic, another.chat_id)
    await heard(another)
