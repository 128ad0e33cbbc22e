"""What goes wrong between us and Discord: nothing is doubled, nothing is lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.discord.alone import LATER
from bot.discord.aside import CLOSED, READY
from bot.discord.wire import Wire
from tests.bot.conftest import Open
from tests.bot.discord.platform import DiscordPlatform
from tests.bot.discord.test_asking import opened
from tests.bot.discord.town import QUICK, Town
from tests.bot.models import Held

REVENUE = "monthly revenue for 2025"


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def slow(platform: DiscordPlatform, open_stage: Open, held: Held) -> AsyncIterator[Town]:
    async with opened(platform, open_stage, held.provider) as town:
        yield town


async def test_a_message_whose_fate_is_unknown_is_not_doubled(town: Town) -> None:
    lost = town.platform.losing("POST", "/channels/*/messages", times=2)

    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)

    assert asked.thread is not None
    assert lost.met == 2
    assert len(town.platform.answers(asked.thread)) == 1


async def test_a_thread_whose_fate_is_unknown_is_begun_once(town: Town) -> None:
    town.platform.losing("POST", "/channels/*/messages/*/threads")

    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    await town.in_thread(asked)

    assert len(town.platform.threads(town.sales)) == 1


async def test_a_press_that_takes_long_is_acknowledged_before_it_is_answered(
    platform: DiscordPlatform, open_stage: Open, held: Held
) -> None:
    hasty = QUICK._replace(answer=0.0)
    async with opened(platform, open_stage, held.provider, hasty) as town:
        run = await platform.command(town.ada, town.sales, "run", query="Monthly revenue")
        said = await town.response(run)
        again = await platform.press(town.ada, said, "Fill in")
        told = await town.until(lambda: again.message)

    assert run.response == 5
    assert run.modal is None
    assert said.ephemeral
    assert told.ephemeral


async def test_an_acknowledgement_whose_fate_is_unknown_is_not_repeated(town: Town) -> None:
    town.platform.losing("POST", "/interactions/*/*/callback")

    asked = await town.platform.command(town.ada, town.sales, "ask", question=REVENUE)
    answer = await town.response(asked)

    assert "951,522.25" in answer.content
    assert asked.followups == []


async def test_a_first_response_whose_fate_is_unknown_is_said_once(town: Town) -> None:
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    answer = await town.in_thread(asked)
    town.platform.losing("POST", "/interactions/*/*/callback")

    pressed = await town.platform.press(town.ada, answer, "👍")

    assert (await town.response(pressed)).content == "Thanks, noted 👍"
    assert pressed.followups == []


async def test_the_last_edit_is_repeated_until_it_is_taken(town: Town) -> None:
    town.platform.failing("PATCH", "/channels/*/messages/*", status=503, times=3)

    asked = await town.platform.mention(town.ada, town.sales, REVENUE)

    assert "951,522.25" in (await town.in_thread(asked)).content


async def test_right_after_a_deferral_discord_may_not_know_of_it(town: Town) -> None:
    town.platform.failing("PATCH", "/webhooks/*/*/messages/@original", 404, times=2, code=10015)

    asked = await town.platform.command(town.ada, town.sales, "ask", question=REVENUE)

    assert "951,522.25" in (await town.response(asked)).content


async def test_discord_is_away_while_an_answer_is_written(slow: Town, held: Held) -> None:
    slow.platform.limits_off()
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)
    await slow.until(held.speaking.is_set)

    async with slow.platform.down():
        held.go.set()
        await slow.until(
            lambda: len([each for each in slow.platform.requests if each.status == 503]) > 2
        )
    answer = await slow.answered(thread)

    assert answer.content == "Half. Whole."
    assert len(slow.platform.answers(thread)) == 1


async def test_what_discord_takes_only_later_is_delivered_later(slow: Town, held: Held) -> None:
    asked = await slow.platform.command(slow.ada, slow.sales, "ask", question="a story")
    await slow.until(held.speaking.is_set)
    slow.platform.expire(asked)

    held.go.set()
    said = await slow.answered(slow.platform.dm(slow.ada))

    assert said.content.startswith("Half. Whole.")
    assert "Show everyone" in [each["label"] for each in said.buttons.values()]
    assert slow.platform.answers(slow.sales) == ()


async def test_a_private_answer_that_comes_too_late_is_shown_by_a_button(
    slow: Town, held: Held
) -> None:
    slow.platform.close_dm(slow.ada)
    asked = await slow.platform.command(slow.ada, slow.sales, "ask", question="a story")
    await slow.until(held.speaking.is_set)
    slow.platform.expire(asked)
    held.go.set()

    ready = await slow.answered(slow.sales)
    others = await slow.platform.press(slow.vic, ready, "Show me my answer")
    mine = await slow.platform.press(slow.ada, ready, "Show me my answer")

    assert ready.content == READY.format(person=slow.ada.id)
    assert "Half" not in (await slow.response(others)).text
    shown = await slow.response(mine)
    assert shown.content.startswith("Half. Whole.")
    assert shown.ephemeral


async def test_one_is_told_before_the_quarter_of_an_hour_is_over(
    platform: DiscordPlatform, open_stage: Open, held: Held
) -> None:
    hasty = QUICK._replace(token=3.0, goodbye=2.9)
    async with opened(platform, open_stage, held.provider, hasty) as town:
        asked = await platform.command(town.ada, town.sales, "ask", question="a story")
        await town.until(lambda: asked.message is not None and asked.message.content == LATER)

        held.go.set()

        said = await town.answered(platform.dm(town.ada))
        assert said.content.startswith("Half. Whole.")


async def test_an_answer_that_was_removed_stays_removed(slow: Town, held: Held) -> None:
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)
    growing = await slow.until(lambda: slow.platform.messages(thread)[0])
    await slow.until(held.speaking.is_set)

    await slow.platform.delete(slow.guild.owner, growing)
    held.go.set()
    again = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    await slow.in_thread(again)

    assert slow.platform.answers(thread) == ()


async def test_an_archived_thread_is_brought_back_for_its_answer(slow: Town, held: Held) -> None:
    asked = await slow.platform.mention(slow.ada, slow.sales, "tell me a story")
    thread = await slow.until(lambda: asked.thread)
    await slow.until(held.speaking.is_set)

    slow.platform.archive(thread)
    held.go.set()

    assert (await slow.answered(thread)).content == "Half. Whole."
    assert not thread.archived


async def test_without_the_right_to_attach_files_the_words_are_said(town: Town) -> None:
    town.platform.forbid(town.sales, "attach_files")

    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    answer = await town.in_thread(asked)

    assert "951,522.25" in answer.content
    assert answer.files == ()


async def test_without_the_right_to_read_what_was_said_it_is_no_reply(town: Town) -> None:
    town.platform.forbid(town.sales, "create_public_threads", "read_message_history")

    await town.platform.mention(town.ada, town.sales, REVENUE)
    answer = await town.answered(town.sales)

    assert "951,522.25" in answer.content
    assert answer.reply_to is None


async def test_where_we_may_not_speak_nothing_is_tried_forever(town: Town) -> None:
    town.platform.forbid(town.sales, "send_messages", "create_public_threads")

    await town.platform.mention(town.ada, town.sales, REVENUE)
    quiet = town.platform.channel(town.guild, "quiet")
    asked = await town.platform.mention(town.ada, quiet, REVENUE)
    await town.in_thread(asked)
    told = await town.answered(town.platform.dm(town.ada))

    assert "951,522.25" in told.text
    assert "About what you said in #sales, Acme." in told.text
    assert town.platform.messages(town.sales)[1:] == ()
    assert len(town.platform.refusals) < 5


async def test_a_late_delivery_is_not_answered_twice(town: Town) -> None:
    asked = await town.platform.command(town.ada, town.sales, "help")
    await town.response(asked)
    await town.platform.redeliver(asked)
    again = await town.platform.command(town.ada, town.sales, "help")
    await town.response(again)

    assert asked.followups == []
    assert town.platform.refusals == []


@pytest.mark.parametrize(
    ("command", "options", "told"),
    [
        ("ask", {"question": REVENUE}, "951,522.25"),
        ("queries", {}, "Monthly revenue"),
        ("run", {"query": "Monthly revenue", "values": "year=2025"}, "951,522.25"),
    ],
)
async def test_a_command_that_reaches_us_too_late_is_answered_directly(
    town: Town, command: str, options: dict[str, str], told: str
) -> None:
    callback = "/interactions/*/*/callback"
    fault = town.platform.failing("POST", callback, status=404, times=9, code=10062)

    await town.platform.command(town.ada, town.sales, command, **options)

    said = await town.answered(town.platform.dm(town.ada))
    assert told in said.text
    assert "About what you said in #sales, Acme." in said.text
    assert fault.met
    assert town.platform.messages(town.sales) == ()


async def test_two_processes_hear_the_same_and_answer_it_once(town: Town, open_stage: Open) -> None:
    other = await open_stage()
    second = town.made(other)
    try:
        await second.start()
        await town.until(lambda: len(town.platform.gateway.connected()) == 2)

        asked = await town.platform.mention(town.ada, town.sales, REVENUE)
        command = await town.platform.command(town.vic, town.sales, "ask", question=REVENUE)
        answer = await town.in_thread(asked)
        mine = await town.response(command)
        pressed = await town.platform.press(town.vic, answer, "👍")
        said = await town.response(pressed)
    finally:
        await other.dialog.close(1)
        await second.stop()

    assert asked.thread is not None
    assert town.platform.answers(asked.thread) == (answer,)
    assert "951,522.25" in mine.content
    assert said.content == "Thanks, noted 👍"
    assert command.followups == pressed.followups == []


async def test_limits_are_kept_to_when_many_ask_in_one_channel(town: Town) -> None:
    town.platform.forbid(town.sales, "create_public_threads")

    for number in range(6):
        await town.platform.mention(town.ada, town.sales, f"monthly revenue for 202{number % 3}")
    await town.answered(town.sales, 6)

    assert town.platform.violations == []
    assert len(town.platform.limited) <= 2


def test_what_everybody_may_read_says_nothing_of_an_answer() -> None:
    assert "{" not in READY.format(person=1) + CLOSED.format(person=1)


async def test_however_much_is_said_at_once_discord_is_asked_no_more_often_than_it_takes(
    town: Town,
) -> None:
    wire = Wire(town.platform.url, SecretStr(town.platform.token))
    await wire.open()
    rooms = [town.platform.channel(town.guild, f"room-{at}") for at in range(90)]

    found = await asyncio.gather(*(wire.channel(room.id) for room in rooms))
    await wire.close()

    assert [each["name"] for each in found] == [room.name for room in rooms]
    assert town.platform.limited == []
