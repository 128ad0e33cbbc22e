"""Turns: one at a time, watched, interrupted, listened to by many, and never half forgotten."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text as sql
from structlog.testing import capture_logs

from core.app import Core, build
from core.chats import (
    Begun,
    ChatBusy,
    ChatDraft,
    ChatNotFound,
    Done,
    Failed,
    MessageNotYours,
    MessageStatus,
    Question,
    Said,
    ShuttingDown,
    Side,
)
from core.chats.stands import LONGEST
from core.chats.turn import Turn
from core.db import Database
from core.identity import Actor
from core.ids import ChatId, MessageId
from core.secrets import Vault
from tests.core.chats.holding import Holding, ask, heard, soon, text
from tests.core.chats.scripts import Script
from tests.core.chats.scripts import ask as ask_script


@pytest.fixture
async def elsewhere(core: Core, store_url: str, vault: Vault) -> AsyncIterator[Core]:
    """Return a second core on the same store, as another process has it."""
    db = Database(store_url)
    other = build(db, vault)
    yield other
    await other.chats.close()
    await other.connections.close()
    await other.audit.close()
    await db.close()


async def statuses(core: Core, actor: Actor, chat: ChatId) -> list[tuple[str, str]]:
    said = (await core.chats.get(actor, chat)).messages
    return [(each.content, each.status.value) for each in said]


async def test_a_chat_reopens_as_it_was_streamed(core: Core, ada: Actor) -> None:
    held = Holding()
    turn = await ask(core, ada, held)
    half = await core.chats.get(ada, turn.chat_id)
    held.go.set()

    events = await heard(turn)

    assert [each.status for each in half.messages] == [MessageStatus.DONE, MessageStatus.RUNNING]
    assert isinstance(events[0], Begun)
    assert (events[0].chat_id, events[0].user_message_id) == (turn.chat_id, turn.user_message_id)
    last = events[-1]
    assert isinstance(last, Done)
    assert text(events).strip() == last.message.content == "Half. Whole."
    kept = await core.chats.get(ada, turn.chat_id)
    assert kept.messages[1] == last.message
    assert kept.messages[0].content == "What do you hold?"
    assert kept.messages[0].created_at < kept.messages[1].created_at
    assert kept.chat.preview == "Half. Whole."
    assert last.message.usage is not None
    assert ("model_tokens", (("model", "test:holding"), ("side", "out"))) in core.tally.counts
    assert core.tally.spreads["turn", (("outcome", "done"),)].seconds > 0


async def test_a_second_question_waits_for_nobody_and_mixes_with_nothing(
    core: Core, ada: Actor
) -> None:
    held = Holding()
    turn = await ask(core, ada, held)

    for verb in (
        core.chats.ask(ada, Question(text="and?", chat_id=turn.chat_id)),
        core.chats.edit(ada, turn.user_message_id, Question(text="?", chat_id=turn.chat_id)),
        core.chats.delete_from(ada, turn.chat_id, turn.user_message_id),
    ):
        with pytest.raises(ChatBusy):
            await verb

    held.go.set()
    await heard(turn)
    assert await statuses(core, ada, turn.chat_id) == [
        ("What do you hold?", "done"),
        ("Half. Whole.", "done"),
    ]


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
async def test_of_two_processes_one_answers(core: Core, elsewhere: Core, ada: Actor) -> None:
    chat = await core.chats.create(ada, ChatDraft())
    held = Holding()
    question = Question(text="?", chat_id=chat.id, kept=True)

    answers = await asyncio.gather(
        *(each.chats.ask(ada, question, mind=held.mind) for each in (core, elsewhere) * 4),
        return_exceptions=True,
    )

    turns = [each for each in answers if isinstance(each, Turn)]
    assert len(turns) == 1
    assert [type(each) for each in answers].count(ChatBusy) == 7
    held.go.set()
    await heard(turns[0])
    assert len(await statuses(core, ada, chat.id)) == 2


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
async def test_any_process_interrupts_within_a_second(
    core: Core, elsewhere: Core, ada: Actor
) -> None:
    held = Holding()
    turn = await ask(core, ada, held)
    begun = time.monotonic()

    await elsewhere.chats.interrupt(ada, turn.chat_id)
    events = await heard(turn)

    assert time.monotonic() - begun < 1.5
    assert held.left.is_set()
    last = events[-1]
    assert isinstance(last, Failed)
    assert (last.failure.code, last.failure.retryable) == ("INTERRUPTED", True)
    assert last.message.content == "Half."
    kept = (await elsewhere.chats.get(ada, turn.chat_id)).messages[-1]
    assert kept == last.message
    assert kept.status is MessageStatus.INTERRUPTED


async def test_an_interrupted_chat_goes_on(core: Core, ada: Actor) -> None:
    turn = await ask(core, ada, Holding())
    await core.chats.interrupt(ada, turn.chat_id)
    await heard(turn)
    await core.chats.interrupt(ada, turn.chat_id)  # nothing is left to be interrupted

    held = Holding()
    held.go.set()
    events = await heard(await ask(core, ada, held, turn.chat_id))

    assert isinstance(events[-1], Done)
    assert [status for _text, status in await statuses(core, ada, turn.chat_id)] == [
        "done",
        "interrupted",
        "done",
        "done",
    ]


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("here", [True, False])
async def test_a_chat_that_is_deleted_while_it_answers_stays_deleted(
    core: Core, elsewhere: Core, ada: Actor, here: bool
) -> None:
    held = Holding()
    turn = await ask(core, ada, held)

    gone = await (core if here else elsewhere).chats.delete(ada, [turn.chat_id])
    events = await heard(turn)

    assert gone == (turn.chat_id,)
    assert held.left.is_set()
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.failure.code == "INTERRUPTED"
    assert "the chat was deleted" in last.failure.error.lower()
    with pytest.raises(ChatNotFound):
        await core.chats.get(ada, turn.chat_id)


async def test_a_question_is_edited_and_asked_again_from_there(core: Core, ada: Actor) -> None:
    script = Script(("One.",), ("Two.",), ("Three.",))
    first = await ask_script(core, ada, script, "How many orders?")
    await heard(first)
    await heard(await ask_script(core, ada, script, "And customers?", chat_id=first.chat_id))

    again = await core.chats.edit(
        ada,
        first.user_message_id,
        Question(text="How many refunds?", chat_id=first.chat_id),
        mind=script.mind,
    )
    events = await heard(again)

    assert isinstance(events[0], Begun)
    assert events[0].user_message_id not in {first.user_message_id, ""}
    kept = await core.chats.get(ada, first.chat_id)
    assert [each.content for each in kept.messages] == ["How many refunds?", "Three."]
    assert kept.chat.title == "How many refunds?"
    with pytest.raises(MessageNotYours):
        await core.chats.edit(
            ada, again.id, Question(text="Mine now", chat_id=first.chat_id), mind=script.mind
        )


async def test_a_title_that_was_given_survives_an_edit(core: Core, ada: Actor) -> None:
    script = Script(("One.",))
    turn = await ask_script(core, ada, script, "How many orders?")
    await heard(turn)
    await core.chats.rename(ada, turn.chat_id, "Mine")

    again = await core.chats.edit(
        ada, turn.user_message_id, Question(text="New", chat_id=turn.chat_id), mind=script.mind
    )
    await heard(again)

    assert (await core.chats.head(ada, turn.chat_id)).title == "Mine"


async def test_a_message_goes_with_every_later_one(core: Core, ada: Actor) -> None:
    script = Script(("One.",), ("Two.",))
    first = await ask_script(core, ada, script, "First?")
    await heard(first)
    second = await ask_script(core, ada, script, "Second?", chat_id=first.chat_id)
    await heard(second)

    await core.chats.delete_from(ada, first.chat_id, second.user_message_id)

    kept = await core.chats.get(ada, first.chat_id)
    assert [each.content for each in kept.messages] == ["First?", "One."]
    assert kept.chat.preview == "One."
    await core.chats.delete_from(ada, first.chat_id, first.user_message_id)
    kept = await core.chats.get(ada, first.chat_id)
    assert (kept.messages, kept.chat.preview) == ((), "")


async def test_a_turn_that_nobody_listens_to_stops_its_model(core: Core, ada: Actor) -> None:
    held = Holding()
    turn = await core.chats.ask(ada, Question(text="?"), mind=held.mind)
    listening = aiter(turn)
    await anext(listening)
    await soon(held.speaking.wait())
    begun = time.monotonic()

    await listening.aclose()  # type: ignore[attr-defined]
    await soon(held.left.wait())

    assert time.monotonic() - begun < 1
    assert await turn.ended(5)
    assert (await statuses(core, ada, turn.chat_id))[-1] == ("Half.", "interrupted")


async def test_a_listener_that_comes_back_hears_the_rest(core: Core, ada: Actor) -> None:
    held = Holding()
    turn = await core.chats.ask(ada, Question(text="?"), mind=held.mind)
    heard_before = []
    async for number, event in turn.listen():
        heard_before.append(number)
        if isinstance(event, Said):
            break

    again = await core.chats.follow(ada, turn.id, heard_before[-1])
    held.go.set()
    rest = [each async for each in again]

    assert [number for number, _event in rest] == list(
        range(len(heard_before) + 1, len(heard_before) + len(rest) + 1)
    )
    assert text([event for _number, event in rest]).strip() == "Whole."
    assert isinstance(rest[-1][1], Done)


async def test_who_never_begins_to_listen_is_taken_for_gone(
    core: Core, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.turn.FIRST", 0.05)
    held = Holding()
    turn = await core.chats.ask(ada, Question(text="?"), mind=held.mind)

    assert await turn.ended(10)
    assert turn.stopped


async def test_an_asker_who_goes_while_asking_leaves_no_chat_busy(core: Core, ada: Actor) -> None:
    chat = await core.chats.create(ada, ChatDraft())
    for naps in range(12):
        asking = asyncio.ensure_future(
            core.chats.ask(ada, Question(text="?", chat_id=chat.id), mind=Holding().mind)
        )
        for _ in range(naps * 3):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        waited = await core.chats.wait(ada, chat.id, 10)
        running = [each for each in waited.messages if each.status is MessageStatus.RUNNING]
        assert not running


async def test_a_thousand_listeners_hear_all_of_it_and_one_that_hangs_holds_up_nobody(
    core: Core, ada: Actor
) -> None:
    held = Holding()
    turn = await ask(core, ada, held)
    hanging = aiter(turn)
    await anext(hanging)

    async def failing() -> None:
        async for _event in turn:
            raise RuntimeError("a listener broke")

    everybody = [asyncio.ensure_future(heard(turn)) for _ in range(1000)]
    broken = asyncio.ensure_future(failing())
    await asyncio.wait({broken})
    held.go.set()
    told = await asyncio.gather(*everybody)

    assert isinstance(broken.exception(), RuntimeError)
    assert {len(each) for each in told} == {len(told[0])}
    assert all(isinstance(each[-1], Done) for each in told)
    await hanging.aclose()  # type: ignore[attr-defined]


async def test_an_answer_has_an_end_however_much_a_model_says(core: Core, ada: Actor) -> None:
    script = Script(("word \x00\ud83d", "\ude00", *(["x" * 40 + " "] * 6_000)))

    turn = await ask_script(core, ada, script, "Talk!")
    events = await heard(turn)

    last = events[-1]
    assert isinstance(last, Done)
    assert len(last.message.content) <= LONGEST + 100
    assert last.message.content.startswith("word ")
    assert (await core.chats.get(ada, turn.chat_id)).messages[-1] == last.message
    assert text(events).strip() == last.message.content
    assert len([each for each in events if isinstance(each, Said)]) < 6_000


async def test_a_turn_has_its_time(db: Database, vault: Vault, core: Core, ada: Actor) -> None:
    hurried = build(db, vault, turn_seconds=0.2)
    held = Holding()
    turn = await hurried.chats.ask(ada, Question(text="?", kept=True), mind=held.mind)

    events = await heard(turn)

    last = events[-1]
    assert isinstance(last, Failed)
    assert (last.failure.code, last.failure.error_type) == ("QUERY_TIMEOUT", "TurnTimedOut")
    assert "TRELLIS_TURN_SECONDS" in last.failure.error
    assert last.message.status is MessageStatus.FAILED
    await hurried.chats.close()


async def test_work_that_does_not_stop_is_left_alone(
    core: Core, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.turns.STUBBORN", 0.1)
    held = Holding(deaf=True)
    turn = await ask(core, ada, held)

    await core.chats.interrupt(ada, turn.chat_id)
    events = await heard(turn)
    held.go.set()

    assert isinstance(events[-1], Failed)
    assert (await statuses(core, ada, turn.chat_id))[-1] == ("Half.", "interrupted")


async def test_a_process_that_ends_in_good_order_leaves_an_interrupted_answer(
    db: Database, vault: Vault, core: Core, ada: Actor
) -> None:
    ending = build(db, vault)
    turn = await ask(ending, ada, Holding())

    await ending.chats.close()

    assert (await statuses(core, ada, turn.chat_id))[-1] == ("Half.", "interrupted")
    assert isinstance((await heard(turn))[-1], Failed)
    with pytest.raises(ShuttingDown):
        await ending.chats.ask(ada, Question(text="?"), mind=Holding().mind)
    held = Holding()
    held.go.set()
    assert isinstance((await heard(await ask(core, ada, held, turn.chat_id)))[-1], Done)


async def _die(db: Database, core: Core, *, known: bool) -> None:
    """Let a process look dead: its time has passed, or it is known to be gone."""
    async with db.transaction() as tx:
        if known:
            await tx.execute(sql("UPDATE runners SET process = process || '0'"))
        else:
            await tx.execute(sql("UPDATE runners SET alive_until = '2020-01-01 00:00:00+00'"))


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("known", [True, False])
async def test_what_a_dead_process_left_is_marked_and_its_chat_goes_on(
    core: Core, elsewhere: Core, db: Database, ada: Actor, known: bool
) -> None:
    held = Holding()
    turn = await ask(core, ada, held)
    if not known:
        core.chats._turns._watching.cancel()  # type: ignore[union-attr]
    await _die(db, core, known=known)

    found = (await elsewhere.chats.get(ada, turn.chat_id)).messages[-1]
    after = Holding()
    after.go.set()
    answer = await heard(await ask(elsewhere, ada, after, turn.chat_id))

    assert found.status is MessageStatus.INTERRUPTED
    assert found.failure is not None
    assert "stopped while it answered" in found.failure.error
    assert isinstance(answer[-1], Done)
    held.go.set()  # the one that was believed dead comes to its end, and changes nothing
    late = (await heard(turn))[-1]
    assert isinstance(late, Failed)
    assert late.failure.code == "INTERRUPTED"
    assert [status for _text, status in await statuses(core, ada, turn.chat_id)] == [
        "done",
        "interrupted",
        "done",
        "done",
    ]


async def _checkpointed(core: Core, actor: Actor, chat: ChatId) -> None:
    while not (await statuses(core, actor, chat))[-1][0]:
        await core.chats.wait(actor, chat, 0.05)


async def test_what_was_said_so_far_survives_a_crash(
    core: Core, db: Database, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.turns.CHECKPOINT", 0.0)
    turn = await ask(core, ada, Holding("Half of it. "))

    await soon(_checkpointed(core, ada, turn.chat_id))

    assert (await statuses(core, ada, turn.chat_id))[-1] == ("Half of it.", "running")


async def test_an_end_waits_for_a_store_that_is_away(
    store_url: str, core: Core, ada: Actor, vault: Vault
) -> None:
    impatient = Database(store_url, busy=1)
    away = build(impatient, vault)
    held = Holding()
    turn = await ask(away, ada, held)
    locking = Database(store_url)

    async with locking.transaction():
        held.go.set()
        assert not await turn.ended(0.6)
    events = await heard(turn)

    assert isinstance(events[-1], Done)
    assert (await statuses(core, ada, turn.chat_id))[-1] == ("Half. Whole.", "done")
    await away.chats.close()
    await away.audit.close()
    await impatient.close()
    await locking.close()


async def test_an_answer_that_the_store_did_not_take_in_time_is_kept_later(
    store_url: str, core: Core, ada: Actor, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.turns.PATIENCE", 0.2)
    impatient = Database(store_url, busy=1)
    away = build(impatient, vault)
    held = Holding()
    turn = await ask(away, ada, held)
    locking = Database(store_url)

    async with locking.transaction():
        held.go.set()
        last = (await heard(turn))[-1]
    kept = await core.chats.wait(ada, turn.chat_id, 5)

    assert isinstance(last, Failed)
    assert last.failure.retryable
    assert (kept.messages[-1].content, kept.messages[-1].status) == ("Half. Whole.", "done")
    await away.chats.close()
    await away.audit.close()
    await impatient.close()
    await locking.close()


async def test_a_turn_of_another_process_is_followed_to_its_end(
    core: Core, elsewhere: Core, ada: Actor
) -> None:
    held = Holding()
    turn = await ask(core, ada, held)
    following = await elsewhere.chats.follow(ada, turn.id)
    held.go.set()

    events = [event async for _number, event in following]

    begun, last = events[0], events[-1]
    assert isinstance(begun, Begun)
    assert begun.user_message_id == turn.user_message_id
    assert text(events) == "Half. Whole."
    assert isinstance(last, Done)
    late = [each async for each in await elsewhere.chats.follow(ada, turn.id, 4)]
    assert [(number, type(event)) for number, event in late] == [(5, Done)]


async def test_ended_turns_are_remembered_within_bounds(
    core: Core, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.chats.turns.ENDED", 3)
    chat = await core.chats.create(ada, ChatDraft())
    script = Script(("One.",))
    ids: list[MessageId] = []
    for _ in range(5):
        turn = await ask_script(core, ada, script, "?", chat_id=chat.id)
        await heard(turn)
        ids.append(turn.id)

    found = [core.chats._turns.find(each) is not None for each in ids]
    assert found == [False, False, True, True, True]
    monkeypatch.setattr("core.chats.turns.ENDED_BYTES", 1)
    await heard(await ask_script(core, ada, script, "?", chat_id=chat.id))
    assert len(core.chats._turns._ended) == 1
    again = [event async for _number, event in await core.chats.follow(ada, ids[0])]
    assert text(again) == "One."


async def test_whoever_waits_is_told_when_it_is_over(core: Core, ada: Actor) -> None:
    held = Holding()
    turn = await ask(core, ada, held)

    early = await core.chats.wait(ada, turn.chat_id, 0.05)
    waiting = asyncio.ensure_future(core.chats.wait(ada, turn.chat_id, 10))
    held.go.set()

    assert early.messages[-1].status is MessageStatus.RUNNING
    assert (await waiting).messages[-1].content == "Half. Whole."


async def test_a_bug_in_an_answer_is_told_with_a_debug_id_alone(core: Core, ada: Actor) -> None:
    with capture_logs() as logged:
        turn = await ask_script(core, ada, Script((RuntimeError("secret detail"),)), "?")
        last = (await heard(turn))[-1]

    assert isinstance(last, Failed)
    assert last.failure.code == "INTERNAL"
    assert last.failure.debug_id in {each.get("debug_id") for each in logged}
    assert "secret detail" not in last.model_dump_json()
    assert (await core.chats.get(ada, turn.chat_id)).messages[-1].side is Side.ASSISTANT
