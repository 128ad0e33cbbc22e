"""What a process leaves when it dies, and how the next one brings it to an end."""

import asyncio
from datetime import timedelta

import pytest

from bot.heard import Anything
from bot.recovery import RESTARTED
from bot.speaker import SpeechFailed
from core.channels import Hearing
from core.identity import Audience, Surface
from core.ids import now
from tests.bot.conftest import Open
from tests.bot.models import Held
from tests.bot.recording import Platform, Recorder, buttons, presses
from tests.bot.stage import ADA, SALES, TOP, Stage, asked, new

PATIENCE = 10


async def left(stage: Stage, heard: Anything, platform: Platform, speaker: Recorder) -> None:
    """Let something be heard by a process that ends before it begins to answer."""
    platform.heard[heard.id] = (heard, speaker)
    await stage.core.channels.hear(Surface.SLACK, "T1", heard.id, {"id": heard.id})
    await stage.core.channels.close()


async def orphans(stage: Stage) -> tuple[Hearing, ...]:
    return await stage.core.channels.orphans(Surface.SLACK)


async def died(first: Stage, platform: Platform) -> Recorder:
    """Let a process end in the middle of an answer, and return who shows it."""
    heard = asked("What is new?")
    speaker = Recorder(SALES)
    platform.heard[heard.id] = (heard, speaker)
    await first.core.channels.hear(Surface.SLACK, "T1", heard.id, {"id": heard.id})
    task = asyncio.create_task(first.dialog.hear(heard, speaker))
    while not speaker.grown or "Half" not in speaker.grown[-1][0]:
        async with asyncio.timeout(PATIENCE):
            await speaker.growing.wait()
        speaker.growing.clear()
    task.cancel()
    await asyncio.wait({task})
    await first.core.chats.close()
    await first.core.channels.close()
    assert not speaker.finished
    return speaker


async def test_an_answer_that_a_restart_cut_is_finished_where_it_was_and_marked(
    open_stage: Open,
) -> None:
    held, platform = Held(), Platform()
    first = await open_stage(held.provider)
    await died(first, platform)
    second = await open_stage(held.provider)
    (hearing,) = await orphans(second)
    resumed = platform.anchored["C-sales"] = Recorder(SALES)
    await second.dialog.recover(hearing, platform)

    assert resumed.begun == 0
    assert resumed.answer.text == "Half."
    assert resumed.answer.refused
    assert resumed.answer.notes == (RESTARTED,)
    assert buttons(resumed.answer) == ["Re-run"]
    assert await orphans(second) == ()
    held.go.set()
    again = await second.press(presses(resumed.answer)["Re-run"])
    assert again.answer.text == "Half. Whole."


async def test_an_answer_that_was_whole_but_not_shown_is_shown(open_stage: Open) -> None:
    first, platform = await open_stage(), Platform()
    heard = asked("monthly revenue for 2025")
    speaker = Recorder(SALES)
    speaker.fails = {"finish": [SpeechFailed("away")]}
    platform.heard[heard.id] = (heard, speaker)
    await first.say(heard, speaker)
    await first.core.channels.close()
    second = await open_stage()
    (hearing,) = await orphans(second)
    resumed = platform.anchored["C-sales"] = Recorder(SALES)
    await second.dialog.recover(hearing, platform)

    assert "951,522.25" in resumed.answer.text
    assert not resumed.answer.refused
    assert len(resumed.answer.tables[0].rows) == 12
    assert await orphans(second) == ()


async def test_an_answer_that_was_left_is_not_told_to_more_than_heard_the_question(
    open_stage: Open,
) -> None:
    first, platform = await open_stage(), Platform()
    heard, speaker = asked("monthly revenue for 2025"), Recorder(SALES)
    speaker.fails = {"finish": [SpeechFailed("away")]}
    await first.say(heard, speaker)
    await first.core.channels.close()
    second = await open_stage()
    (hearing,) = await orphans(second)
    shared = SALES.model_copy(update={"audience": Audience.OUTSIDE})
    platform.heard[heard.id] = (heard.model_copy(update={"spot": shared}), Recorder(shared))
    resumed = platform.anchored["C-sales"] = Recorder(shared)
    await second.dialog.recover(hearing, platform)

    assert resumed.answer.text == RESTARTED
    assert not resumed.answer.tables
    assert await orphans(second) == ()


@pytest.mark.parametrize(
    ("shared", "audience", "told"),
    [
        (True, Audience.PUBLIC, False),
        (True, Audience.OUTSIDE, True),
        (False, Audience.PUBLIC, True),
    ],
)
async def test_an_answer_that_had_to_wait_is_told_to_those_who_may_hear_it_by_then(
    stage: Stage, shared: bool, audience: Audience, told: bool
) -> None:
    await stage.core.connections.limit(stage.ada, "sample", audience=audience)
    speaker = Recorder(SALES)
    speaker.fails = {"finish": [SpeechFailed("away")]}
    await stage.ask("monthly revenue for 2025", speaker=speaker)
    assert not speaker.finished
    if shared:
        speaker.spot = SALES.model_copy(update={"audience": Audience.OUTSIDE})
    watching = asyncio.create_task(stage.dialog.watch(Surface.SLACK, Platform()))
    async with asyncio.timeout(PATIENCE):
        await speaker.finishing.wait()
    watching.cancel()
    await asyncio.wait({watching})

    assert bool(speaker.answer.tables) is told
    assert ("More people hear this now" in speaker.answer.text) is not told


async def test_an_answer_whose_message_was_removed_is_let_go(open_stage: Open) -> None:
    held, platform = Held(), Platform()
    first = await open_stage(held.provider)
    speaker = await died(first, platform)
    second = await open_stage(held.provider)
    (hearing,) = await orphans(second)
    await second.dialog.recover(hearing, platform)

    assert not speaker.finished
    assert not speaker.whispered
    assert await orphans(second) == ()


async def test_a_question_that_nobody_began_to_answer_is_asked_again(open_stage: Open) -> None:
    first, platform, speaker = await open_stage(), Platform(), Recorder(SALES)
    await left(first, asked("monthly revenue for 2025"), platform, speaker)
    second = await open_stage()
    (hearing,) = await orphans(second)
    await second.dialog.recover(hearing, platform)

    assert "951,522.25" in speaker.answer.text
    assert await orphans(second) == ()


async def test_a_question_of_long_ago_is_not_answered_but_its_asker_is_told(
    open_stage: Open,
) -> None:
    first, platform, speaker = await open_stage(), Platform(), Recorder(SALES)
    await left(first, asked("monthly revenue\nfor 2025 @everyone"), platform, speaker)
    second = await open_stage()
    (hearing,) = await orphans(second)
    old = hearing.model_copy(update={"heard_at": now() - timedelta(minutes=11)})
    await second.dialog.recover(old, platform)

    assert "say it again: monthly revenue for 2025 @\u200beveryone" in speaker.told.text
    assert not speaker.finished
    assert await orphans(second) == ()


async def test_what_can_be_told_to_nobody_is_let_go(open_stage: Open) -> None:
    first, platform, speaker = await open_stage(), Platform(), Recorder(SALES)
    heard = asked("monthly revenue for 2025")
    await left(first, heard, platform, speaker)
    platform.heard.clear()
    second = await open_stage()
    (hearing,) = await orphans(second)
    await second.dialog.recover(hearing, platform)

    assert not speaker.finished
    assert not speaker.whispered
    assert await orphans(second) == ()


async def test_an_answer_whose_chat_is_gone_is_told_to_be_over(open_stage: Open) -> None:
    held, platform = Held(), Platform()
    first = await open_stage(held.provider)
    await died(first, platform)
    second = await open_stage(held.provider)
    place = second.ada.model_copy(update={"place": SALES.place})
    chat = await second.core.chats.at(place)
    assert chat is not None
    await second.core.chats.delete(second.ada, [chat.id])
    (hearing,) = await orphans(second)
    resumed = platform.anchored["C-sales"] = Recorder(SALES)
    await second.dialog.recover(hearing, platform)

    assert resumed.answer.text == RESTARTED
    assert resumed.answer.refused


async def test_the_watch_picks_up_what_was_left_and_ends_when_it_is_told_to(
    open_stage: Open,
) -> None:
    first, platform, speaker = await open_stage(), Platform(), Recorder(TOP)
    heard = asked("monthly revenue for 2025", ADA, spot=TOP, private=True)
    await left(first, heard, platform, speaker)
    second = await open_stage()
    watching = asyncio.create_task(second.dialog.watch(Surface.SLACK, platform))
    async with asyncio.timeout(PATIENCE):
        await speaker.finishing.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching

    assert speaker.answer.private


async def test_of_two_processes_one_answers(open_stage: Open) -> None:
    first, platform, speaker = await open_stage(), Platform(), Recorder(SALES)
    await left(first, asked("monthly revenue for 2025", id=new()), platform, speaker)
    second, third = await open_stage(), await open_stage()
    both = await asyncio.gather(orphans(second), orphans(third))

    assert sorted(len(each) for each in both) == [0, 1]
