"""What a process that died left on Slack, and how the next one brings it to an end."""

import asyncio

from bot.recovery import RESTARTED
from tests.bot.models import Held
from tests.bot.slack.conftest import OpenRoom
from tests.bot.slack.room import WITHIN, Room

MONTHS = "monthly revenue for 2025"


async def killed(room: Room) -> None:
    """Let the process of a bot end in the middle of what it does."""
    tasks = [*room.stage.dialog._tasks, *room.app._tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await room.app.stop()
    await room.core.chats.close()
    await room.core.channels.close()


async def test_an_answer_that_was_cut_is_finished_where_it_was_and_marked(
    open_room: OpenRoom,
) -> None:
    held = Held()
    room = await open_room(held.provider)
    asked = await room.slack.mention(room.ada, room.sales, "tell me a story")
    (answer,) = await room.slack.until(lambda: room.slack.answers(asked), within=WITHIN)
    await room.slack.until(lambda: "Half." in answer.words, within=WITHIN)

    await killed(room)
    assert answer.streaming
    await open_room(held.provider, slack=room.slack)
    await room.slack.until(lambda: "Re-run" in answer.buttons, within=WITHIN)

    assert not answer.streaming
    assert answer.words.startswith("Half.")
    assert RESTARTED in answer.words
    assert len(room.slack.answers(asked)) == 1
    held.go.set()
    await room.slack.press_label(room.ada, answer, "Re-run")
    again = await room.slack.until(lambda: room.slack.answers(asked)[1:], within=WITHIN)
    await room.slack.until(lambda: "Half. Whole." in again[0].words, within=WITHIN)
    assert not room.slack.violations


async def test_a_private_answer_that_was_cut_is_finished_by_the_address_that_came_with_it(
    open_room: OpenRoom,
) -> None:
    held = Held()
    room = await open_room(held.provider)
    await room.slack.command(room.ada, room.sales, "/trellis", "ask tell me a story")
    await asyncio.wait_for(held.speaking.wait(), WITHIN)

    await killed(room)
    await open_room(held.provider, slack=room.slack)

    told = await room.whisper(room.ada)
    assert RESTARTED in told.words
    assert not room.slack.messages(room.sales)
    assert not room.slack.violations


async def test_what_was_heard_and_not_begun_is_answered_by_the_next_process(
    open_room: OpenRoom,
) -> None:
    room = await open_room()
    gate = room.slack.hold("users.info")
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    await room.slack.until(lambda: gate.waiting, within=WITHIN)

    await killed(room)
    gate.open()
    await open_room(slack=room.slack)

    answer = await room.pressable(asked)
    assert "2025-12" in answer.words
    assert len(room.slack.answers(asked)) == 1
    assert not room.slack.violations


async def test_an_answer_whose_asker_removed_it_is_not_put_back(open_room: OpenRoom) -> None:
    held = Held()
    room = await open_room(held.provider)
    asked = await room.slack.mention(room.ada, room.sales, "tell me a story")
    (answer,) = await room.slack.until(lambda: room.slack.answers(asked), within=WITHIN)

    await killed(room)
    await room.slack.archive(room.sales)
    await open_room(held.provider, slack=room.slack)
    await room.slack.until(lambda: room.slack.called("conversations.replies"), within=WITHIN)
    await room.slack.settled()

    assert room.slack.answers(asked) == [answer]
