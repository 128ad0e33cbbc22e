"""Buttons, menus and forms on Discord, for whoever may press them and whenever they do."""

import pytest

from bot.presses import ButtonUnknown
from core.page import PageAsked
from core.queries import QueryDraft
from tests.bot.conftest import Open
from tests.bot.discord.platform import Channel, Message
from tests.bot.discord.test_commands import labels
from tests.bot.discord.town import Town

REVENUE = "monthly revenue for 2025"


@pytest.fixture
async def answer(town: Town) -> Message:
    """Return an answer in a thread of #sales, with what may be asked next."""
    asked = await town.platform.mention(town.ada, town.sales, REVENUE)
    answer = await town.in_thread(asked)
    return await town.until(lambda: answer if len(answer.buttons) > 6 else None)


@pytest.fixture
def thread(answer: Message) -> Channel:
    return answer.channel


async def test_thumbs_are_noted_for_whoever_shows_them(town: Town, answer: Message) -> None:
    up = await town.platform.press(town.vic, answer, "👍")

    said = await town.response(up)

    assert said.ephemeral
    assert said.content == "Thanks, noted 👍"
    assert up.response == 4


async def test_a_thumb_down_asks_what_was_wrong(town: Town, answer: Message) -> None:
    down = await town.platform.press(town.ada, answer, "👎")
    modal = await town.until(lambda: down.modal)

    said = await town.response(await town.platform.submit(down, {"note": "too high"}))

    assert modal.title == "Feedback"
    assert said.ephemeral
    assert said.content == "Thanks, noted 👎"


async def test_the_statement_is_shown_to_whoever_asks_for_it(town: Town, answer: Message) -> None:
    said = await town.response(await town.platform.press(town.vic, answer, "Show SQL"))

    assert said.ephemeral
    assert "```sql\nSELECT" in said.content
    assert len(town.platform.answers(answer.channel)) == 1


async def test_the_rows_come_as_a_file(town: Town, answer: Message) -> None:
    said = await town.response(await town.platform.press(town.vic, answer, "CSV"))

    (file,) = said.files
    assert said.ephemeral
    assert file.name == "Monthly_revenue.csv"
    assert "2025-12,951522.25" in file.content.decode()


async def test_an_answer_is_saved_by_a_form(town: Town, answer: Message) -> None:
    save = await town.platform.press(town.ada, answer, "Save query")
    modal = await town.until(lambda: save.modal)
    fields = {"title": "Revenue of a year", "prompt": "monthly revenue for {{year}}"}

    said = await town.response(await town.platform.submit(save, fields))

    assert modal.fields["title"]["value"] == "Monthly revenue"
    assert "Saved **Revenue of a year**" in said.content


async def test_a_form_with_a_mistake_can_be_filled_in_again(town: Town, answer: Message) -> None:
    save = await town.platform.press(town.ada, answer, "Save query")
    await town.until(lambda: save.modal)

    said = await town.response(
        await town.platform.submit(save, {"title": "Monthly revenue", "prompt": "again"})
    )
    again = await town.platform.press(town.ada, said, "Fill in")

    assert "choose another" in said.text
    assert (await town.until(lambda: again.modal)).title == "Save query"


async def test_asked_again_it_is_answered_below(town: Town, answer: Message) -> None:
    again = await town.platform.press(town.vic, answer, "Re-run")

    second = await town.answered(answer.channel, 2)

    assert again.response == 6
    assert second.reply_to is answer
    assert "951,522.25" in second.content
    assert answer.files


async def test_two_who_ask_again_at_once_get_one_answer(town: Town, answer: Message) -> None:
    first = await town.platform.press(town.ada, answer, "Re-run")
    second = await town.platform.press(town.vic, answer, "Re-run")

    await town.answered(answer.channel, 2)
    told = await town.until(
        lambda: next((each.message for each in (first, second) if each.response == 4), None)
    )

    assert told.ephemeral
    assert len(town.platform.answers(answer.channel)) == 2


async def test_what_is_offered_next_is_asked(town: Town, answer: Message) -> None:
    await town.platform.press(town.vic, answer, "monthly revenue for 2024")

    second = await town.answered(answer.channel, 2)

    assert "2024-12" in second.content


async def test_buttons_work_after_a_restart(town: Town, answer: Message, open_stage: Open) -> None:
    await town.stage.dialog.close(1)
    await town.discord.stop()
    town.platform.clock.advance(6)
    other = await open_stage()
    again = town.made(other)
    await again.start()
    await town.until(town.platform.ready)

    said = await town.response(await town.platform.press(town.vic, answer, "Show SQL"))

    assert "SELECT" in said.content
    await other.dialog.close(1)
    await again.stop()


async def test_a_button_of_another_version_is_explained(town: Town, answer: Message) -> None:
    answer.components = (
        {
            "type": 1,
            "components": [
                {"type": 2, "style": 2, "label": "Old", "custom_id": "ancient:1", "id": 9}
            ],
        },
    )

    said = await town.response(await town.platform.press(town.ada, answer, "Old"))

    assert said.ephemeral
    assert ButtonUnknown.__doc__ is not None
    assert said.text.startswith("That button is from another version")


async def test_a_query_that_was_deleted_meanwhile_is_told_privately(town: Town) -> None:
    listing = await town.response(await town.platform.command(town.ada, town.sales, "queries"))
    query = await town.core.queries.find(town.stage.ada, "Monthly revenue")
    await town.core.queries.delete(town.stage.ada, query.id)

    said = await town.response(await town.platform.press(town.ada, listing, "Monthly revenue"))

    assert said.ephemeral
    assert "not found" in said.text.lower()


async def test_a_list_is_turned_over_in_its_place(town: Town) -> None:
    for number in range(12):
        await town.core.queries.create(
            town.stage.ada, QueryDraft(title=f"Query {number:02}", prompt=f"number {number}?")
        )
    listing = await town.response(await town.platform.command(town.ada, town.sales, "queries"))
    before = listing.content

    more = await town.platform.press(town.ada, listing, "More")
    await town.until(lambda: listing.content != before)

    assert more.response == 7
    assert listing.content.startswith("Saved queries, 11 to")


async def test_a_stranger_presses_nothing(town: Town, answer: Message) -> None:
    said = await town.response(await town.platform.press(town.stranger, answer, "Show SQL"))

    assert said.ephemeral
    assert "/link" in said.text


async def test_private_answers_stay_private_when_they_are_asked_again(town: Town) -> None:
    asked = await town.platform.command(town.ada, town.sales, "ask", question=REVENUE)
    answer = await town.response(asked)
    await town.until(lambda: answer if len(answer.buttons) > 7 else None)

    again = await town.platform.press(town.ada, answer, "Re-run")
    second = await town.response(again)
    follow = await town.platform.press(town.ada, answer, "monthly revenue for 2024")
    third = await town.response(follow)

    assert (second.ephemeral, third.ephemeral) == (True, True)
    assert "2024-12" in third.content
    assert "Show everyone" in labels(second)
    assert town.platform.messages(town.sales) == ()
    vic = await town.core.chats.list(await town.member("vic@acme.test"), PageAsked())
    assert vic.items == ()


async def test_pressed_in_direct_messages_it_is_answered_there(town: Town) -> None:
    dm = town.platform.dm(town.vic)
    await town.platform.say(town.vic, dm, REVENUE)
    answer = await town.answered(dm)
    await town.until(lambda: answer if len(answer.buttons) > 5 else None)

    await town.platform.press(town.vic, answer, "monthly revenue for 2024")

    second = await town.answered(dm, 2)
    assert "2024-12" in second.content
    assert not second.ephemeral


async def test_pressed_where_no_thread_may_be_begun_it_is_answered_by_a_reply(town: Town) -> None:
    town.platform.forbid(town.sales, "create_public_threads")
    await town.platform.mention(town.ada, town.sales, REVENUE)
    answer = await town.answered(town.sales)
    await town.until(lambda: answer if len(answer.buttons) > 6 else None)

    await town.platform.press(town.vic, answer, "Re-run")

    second = await town.answered(town.sales, 2)
    assert second.reply_to is answer
