"""Questions: asked, shown as they are answered, and delivered."""

import asyncio
from itertools import pairwise

import pytest
from limits import RateLimitItemPerMinute
from typing_extensions import override

from bot.asking import TAKEN_BACK
from bot.limits import Limits
from bot.speaker import SpeechFailed
from core.channels import Spot
from core.identity import Surface
from core.page import PageAsked
from tests.bot.conftest import Open
from tests.bot.models import Held
from tests.bot.recording import Recorder, buttons, presses
from tests.bot.stage import ADA, ANN, SALES, TOP, VIC, Stage, asked, new

PATIENCE = 10


async def soon(event: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE):
        await event.wait()


async def test_a_question_is_answered_with_a_table_a_chart_and_what_can_be_pressed(
    stage: Stage,
) -> None:
    heard = await stage.ask("monthly revenue for 2025")

    card = heard.answer
    assert heard.begun == 1
    assert len(heard.finished) == 1
    assert "951,522.25" in card.text
    assert len(card.tables[0].rows) == 12
    assert len(card.charts) == 1
    assert card.notes == ("Saved query “Monthly revenue” on sample",)
    assert not card.private
    assert not card.refused
    six = ["👍", "👎", "Show SQL", "CSV", "Save query", "Re-run"]
    assert buttons(card)[:6] == six
    assert len(buttons(card)) == 6 + 3
    assert "monthly revenue for 2024" in buttons(card)
    assert [len(row) for row in card.controls] == [6, 3]
    assert all(len(press) <= 100 for press in presses(card).values())


async def test_what_is_done_is_said_while_the_answer_grows(stage: Stage) -> None:
    heard = await stage.ask("monthly revenue for 2025")

    assert ("", "Running a saved query…") in heard.grown
    assert heard.grown[-1] == (heard.answer.text, "")


async def test_a_thread_is_one_chat_in_which_others_go_on(stage: Stage) -> None:
    await stage.ask("monthly revenue for 2025")
    going_on = await stage.ask("and in 2024?", ANN)
    by_a_viewer = await stage.ask("and in 2023?", VIC)

    assert "year 2024" in going_on.answer.text
    assert "year 2023" in by_a_viewer.answer.text
    assert "Save query" in buttons(going_on.answer)
    assert "Save query" not in buttons(by_a_viewer.answer)
    chats = await stage.core.chats.list(stage.ada, PageAsked())
    assert chats.total == 1


async def test_other_threads_are_other_chats(stage: Stage) -> None:
    await stage.ask("monthly revenue for 2025")
    other = SALES.model_copy(update={"thread": "2"})
    heard = await stage.ask("and in 2024?", spot=other)

    assert "year 2024" not in heard.answer.text
    assert (await stage.core.chats.list(stage.ada, PageAsked())).total == 2


async def test_a_private_question_stays_with_its_asker(stage: Stage) -> None:
    heard = await stage.ask("monthly revenue for 2025", spot=TOP, private=True)
    again = await stage.ask("monthly revenue for 2024", spot=TOP, private=True)

    assert heard.answer.private
    assert "Show everyone" in buttons(heard.answer)
    chats = (await stage.core.chats.list(stage.ada, PageAsked())).items
    assert [each.place for each in chats] == [None, None]
    assert "year 2024" in again.answer.text


async def test_a_mention_with_no_text_is_told_what_could_be_asked(stage: Stage) -> None:
    for text in ("", "   ", "\x00"):
        heard = await stage.ask(text)
        assert heard.told.private
        assert len(buttons(heard.told)) == 4
        assert all(press.startswith("run:") for press in presses(heard.told).values())
        assert not heard.finished


async def test_a_question_that_is_too_long_is_refused_and_one_that_is_not_is_answered(
    stage: Stage,
) -> None:
    long = await stage.ask("x" * 40_001)
    fits = await stage.ask("word " * 7_999)

    assert "40,001 characters" in long.told.text
    assert long.told.refused
    assert "I cannot answer that" in fits.answer.text


@pytest.mark.parametrize(
    "text",
    [
        "🤷‍♀️",
        "ما هي الإيرادات الشهرية؟ \u202e2025",
        "売上を教えて",
        "@everyone <!channel> <@U1> *_~`|> [x](https://evil.test)",
        "\ud800 half",
    ],
)
async def test_odd_questions_are_answered_all_the_same(stage: Stage, text: str) -> None:
    heard = await stage.ask(text)

    assert "I cannot answer that" in heard.answer.text
    assert "@everyone" not in heard.answer.text
    assert "https://evil" not in heard.answer.text


async def test_an_answer_grows_while_a_model_writes_it(open_stage: Open) -> None:
    held = Held()
    stage = await open_stage(held.provider)
    speaker = Recorder(SALES)
    asking = asyncio.ensure_future(stage.ask("What is new?", speaker=speaker))
    await soon(held.speaking)
    await soon(speaker.growing)
    held.go.set()
    await asyncio.wait_for(asking, PATIENCE)

    shown = [text for text, _status in speaker.grown]
    assert any(text.startswith("Half.") and "Whole" not in text for text in shown)
    assert all(after.startswith(before) for before, after in pairwise(shown))
    assert speaker.finished[0].text == "Half. Whole."


async def test_a_question_in_a_busy_thread_waits_for_its_turn(open_stage: Open) -> None:
    held = Held()
    stage = await open_stage(held.provider)
    first = asyncio.ensure_future(stage.ask("What is new?"))
    await soon(held.speaking)
    waiting = Recorder(SALES)
    second = asyncio.ensure_future(stage.ask("monthly revenue for 2025", ANN, speaker=waiting))
    await soon(waiting.whispering)
    held.go.set()
    one, other = await asyncio.wait_for(asyncio.gather(first, second), PATIENCE)

    assert one.answer.text == "Half. Whole."
    assert other.told.text.startswith("I answer this as soon as")
    assert "951,522.25" in other.answer.text
    assert stage.dialog._asking._lines == {}


async def test_a_deleted_question_stops_its_answer(open_stage: Open) -> None:
    held = Held()
    stage = await open_stage(held.provider)
    asking = asyncio.ensure_future(stage.ask("What is new?", message="m-1"))
    await soon(held.speaking)
    await stage.dialog.forget(Surface.SLACK, "T1", "C-sales", "m-2")
    await stage.dialog.forget(Surface.SLACK, "T1", "C-sales", "m-1")
    heard = await asyncio.wait_for(asking, PATIENCE)

    assert heard.answer.text == TAKEN_BACK
    assert heard.answer.controls == ()
    await stage.dialog.forget(Surface.SLACK, "T1", "C-sales", "m-1")


async def test_a_deleted_question_stops_an_answer_that_another_process_writes(
    open_stage: Open,
) -> None:
    held = Held()
    stage, other = await open_stage(held.provider), await open_stage()
    await stage.ask("monthly revenue for 2025", ANN)
    heard = asked("What is new?", message="m-1")
    speaker = Recorder(SALES)
    asking = asyncio.ensure_future(stage.say(heard, speaker))
    await soon(held.speaking)
    await other.dialog.forget(Surface.SLACK, "T1", "C-sales", "m-1", thread="1", id="never heard")
    await other.dialog.forget(Surface.SLACK, "T1", "C-sales", "m-1", thread="1", id=heard.id)
    await asyncio.wait_for(asking, PATIENCE)

    assert speaker.answer.notes == ("The answer was interrupted.",)


async def test_whoever_asks_too_often_is_told_once(open_stage: Open) -> None:
    stage = await open_stage(limits=Limits(ask=RateLimitItemPerMinute(2)))
    heard = [await stage.ask("thanks") for _ in range(6)]
    other = await stage.ask("thanks", ANN)

    assert [bool(each.finished) for each in heard] == [True, True] + [False] * 4
    assert [len(each.whispered) for each in heard] == [0, 0, 1, 0, 0, 0]
    assert "too often" in heard[2].told.text
    assert other.finished


async def test_whoever_presses_too_often_is_told_once(open_stage: Open) -> None:
    stage = await open_stage(limits=Limits(heard=RateLimitItemPerMinute(2)))
    heard = [await stage.command("help") for _ in range(5)]

    assert [len(each.whispered) for each in heard] == [1, 1, 1, 0, 0]
    assert heard[2].told.refused


async def test_an_answer_that_the_platform_does_not_take_is_tried_again(stage: Stage) -> None:
    speaker = Recorder(SALES)
    speaker.fails = {
        "begin": [SpeechFailed("away")],
        "grow": [SpeechFailed("away")],
        "finish": [SpeechFailed("away"), SpeechFailed("still away")],
    }
    heard = asked("monthly revenue for 2025")
    await stage.say(heard, speaker)
    assert speaker.finished == []

    await stage.dialog._recovery.settle(Surface.DISCORD)
    await stage.dialog._recovery.settle(Surface.SLACK)
    assert speaker.finished == []
    await stage.dialog._recovery.settle(Surface.SLACK)
    await stage.dialog._recovery.settle(Surface.SLACK)

    assert len(speaker.finished) == 1
    assert "951,522.25" in speaker.answer.text


async def test_an_answer_that_nobody_can_be_told_any_more_is_let_go(stage: Stage) -> None:
    speaker = Recorder(SALES)
    speaker.fails = {"finish": [SpeechFailed("the channel is gone", for_good=True)]}
    await stage.ask("monthly revenue for 2025", speaker=speaker)
    await stage.dialog._recovery.settle(Surface.SLACK)

    assert speaker.finished == []


async def test_what_breaks_while_an_answer_is_told_again_holds_up_no_other(
    stage: Stage,
) -> None:
    class Broken(Recorder):
        @override
        async def there(self) -> Spot:
            raise ZeroDivisionError

    broken, whole = Broken(SALES), Recorder(SALES.model_copy(update={"thread": "t2"}))
    for speaker in (broken, whole):
        speaker.fails = {"finish": [SpeechFailed("away")]}
        await stage.ask("monthly revenue for 2025", spot=speaker.spot, speaker=speaker, id=new())
    await stage.dialog._recovery.settle(Surface.SLACK)
    await stage.dialog._recovery.settle(Surface.SLACK)

    assert broken.finished == []
    assert len(whole.finished) == 1


async def test_a_fault_of_ours_is_an_apology_with_a_number_to_ask_about(stage: Stage) -> None:
    class Broken(Recorder):
        @override
        async def begin(self) -> None:
            raise ZeroDivisionError

    speaker = Broken(SALES)
    await stage.ask("monthly revenue for 2025", speaker=speaker)

    assert "Something broke on our side" in speaker.told.text
    assert speaker.told.private
    assert "Zero" not in speaker.told.text


async def test_many_threads_ask_at_once_and_each_has_its_answer(stage: Stage) -> None:
    spots = [SALES.model_copy(update={"thread": f"t{at}"}) for at in range(8)]
    heard = await asyncio.gather(
        *(stage.ask("monthly revenue for 2025", spot=spot, id=new()) for spot in spots)
    )

    assert all(each.begun == 1 for each in heard)
    # What may be asked next comes later where there is much to do; nothing else changes.
    assert all(len({card.text for card in each.finished}) == 1 for each in heard)
    assert {each.answer.tables[0].rows for each in heard} == {heard[0].answer.tables[0].rows}


async def test_what_surfaces_attend_to_is_brought_to_an_end_when_the_process_ends(
    open_stage: Open,
) -> None:
    held = Held()
    stage = await open_stage(held.provider)
    heard = asked("What is new?", ADA)
    speaker = Recorder(SALES)
    await stage.core.channels.hear(Surface.SLACK, "T1", heard.id, {"id": heard.id})
    task = stage.dialog.attend(heard, speaker)
    await soon(held.speaking)
    await stage.dialog.close()

    assert task.done()
    assert speaker.answer.refused
    assert speaker.answer.text == "Half."
    assert buttons(speaker.answer) == ["Re-run"]
    assert speaker.answer.notes == ("The answer was interrupted.",)
