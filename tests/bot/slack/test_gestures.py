"""Every gesture of the contract, once, by bolt's own client before the stand-in."""

from core.page import PageAsked
from tests.bot.slack.conftest import OpenRoom, manifest
from tests.bot.slack.platform.nouns import Message
from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.slack.room import WITHIN, Room

MONTHS = "monthly revenue for 2025"


async def test_a_mention_is_answered_in_its_thread_with_a_table_a_chart_and_buttons(
    room: Room,
) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)

    answer = await room.pressable(asked, "monthly revenue for 2024")

    assert answer.thread == asked.ts
    assert answer.table[0] == ["month", "revenue", "orders", "average_order_value"]
    assert len(answer.table) == 13
    (picture,) = room.slack.files
    assert picture.content.startswith(b"\x89PNG")
    assert picture.alt.startswith("Line chart: Monthly revenue.")
    assert {"👍", "👎", "Show SQL", "CSV", "Save query", "Re-run"} <= set(answer.buttons)
    assert len(answer.buttons) == 9
    assert not room.slack.violations


async def test_a_thread_is_a_chat_and_whoever_is_in_the_channel_goes_on_in_it(room: Room) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    await room.pressable(asked)

    more = await room.slack.mention(room.vic, room.sales, "and 2024?", thread=asked)
    answer = await room.slack.until(lambda: room.slack.answers(asked)[1:], within=WITHIN)

    assert "2024-01" in answer[-1].words
    assert more.thread == asked.ts
    assert not room.slack.violations


async def test_a_direct_message_is_answered_in_its_thread(room: Room) -> None:
    asked = await room.slack.say(room.vic, MONTHS)

    answer = await room.pressable(asked)

    assert answer.thread == asked.ts
    assert "2025-12" in answer.words
    assert room.slack.title(asked) == MONTHS
    assert not room.slack.violations


async def test_a_command_is_answered_to_its_asker_alone_until_they_show_everyone(
    room: Room,
) -> None:
    sent = await room.slack.command(room.ada, room.sales, "/trellis", f"ask {MONTHS}")
    answer = await room.whisper(room.ada)

    assert sent.acked
    assert "2025-01" in answer.words
    assert "Show everyone" in answer.buttons
    assert not room.slack.messages(room.sales)

    await room.slack.press_label(room.ada, answer, "Show everyone")
    (shown,) = await room.slack.until(lambda: room.slack.messages(room.sales), within=WITHIN)
    await room.slack.until(lambda: "👍" in shown.buttons, within=WITHIN)

    assert f"Ada: {MONTHS}" in shown.words
    await room.slack.until(lambda: "Show everyone" not in answer.buttons, within=WITHIN)
    more = await room.slack.mention(room.vic, room.sales, "and 2024?", thread=shown)
    found = await room.slack.until(lambda: room.slack.answers(shown), within=WITHIN)
    assert "2024-01" in found[-1].words
    assert more.thread == shown.ts
    assert not room.slack.violations


async def test_a_saved_query_runs_by_name_and_asks_in_a_modal_for_what_it_lacks(
    room: Room,
) -> None:
    await room.slack.command(room.ada, room.sales, "/trellis", 'run "Monthly revenue"')
    view = await room.view(room.ada)

    assert view.title == "Monthly revenue"
    wrong = await room.slack.submit(room.ada, view, {"year": "never"})
    assert wrong.acked
    assert view.errors
    assert not view.closed

    await room.slack.submit(room.ada, view, {"year": "2024"})

    assert view.closed
    answer = await room.whisper(room.ada)
    assert "2024-12" in answer.words
    assert not room.slack.violations


async def test_queries_are_listed_with_a_button_each_and_more_of_them_in_the_same_place(
    room: Room,
) -> None:
    await room.slack.command(room.vic, room.sales, "/trellis", "queries")
    listing = await room.whisper(room.vic)

    assert "Monthly revenue" in listing.words

    await room.slack.press_label(room.vic, listing, "Top products")
    view = await room.view(room.vic)
    assert view.title.startswith("Top products")
    assert not room.slack.violations


async def test_a_channel_uses_a_connection_by_command_and_by_menu(room: Room) -> None:
    await room.slack.command(room.ada, room.sales, "/trellis", "use sample")
    told = await room.whisper(room.ada)
    assert "sample" in told.words

    await room.slack.command(room.ada, room.sales, "/trellis", "connections")
    listing = await room.whisper(room.ada, number=2)
    (menu,) = [each for each in listing.elements if each["type"] == "static_select"]
    await room.slack.choose(room.ada, listing, menu["action_id"], "sample")
    again = await room.whisper(room.ada, number=3)

    assert "from now on" in again.words
    assert not room.slack.violations


async def test_a_query_is_saved_from_a_form_by_those_who_may(room: Room) -> None:
    await room.slack.command(room.ann, room.sales, "/trellis", "save")
    view = await room.view(room.ann)
    await room.slack.submit(
        room.ann, view, {"title": "Customers", "prompt": "How many customers are there?"}
    )
    told = await room.whisper(room.ann)
    assert "Saved Customers" in told.words

    await room.slack.command(room.vic, room.sales, "/trellis", "save Mine: what?")
    refused = await room.whisper(room.vic)
    assert "permission" in refused.words
    assert not room.slack.violations


async def test_the_buttons_under_an_answer_do_what_they_say(room: Room) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    answer = await room.pressable(asked)

    await room.slack.press_label(room.vic, answer, "👍")
    assert "Thanks" in (await room.whisper(room.vic)).words

    await room.slack.press_label(room.vic, answer, "👎")
    view = await room.view(room.vic)
    await room.slack.submit(room.vic, view, {"note": "Too low"})
    assert "Thanks" in (await room.whisper(room.vic, number=2)).words

    await room.slack.press_label(room.vic, answer, "Show SQL")
    assert "SELECT" in (await room.whisper(room.vic, number=3)).words

    await room.slack.press_label(room.vic, answer, "CSV")
    direct = room.slack.dm(room.vic)
    (shared,) = await room.slack.until(
        lambda: [each for each in direct.messages.values() if each.files], within=10
    )
    assert shared.files[0].content.startswith(b"\xef\xbb\xbfmonth,revenue")
    assert not room.slack.violations


async def test_two_people_press_re_run_at_once_and_one_answer_comes(room: Room) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    answer = await room.pressable(asked)
    gate = room.slack.hold("users.info")

    await room.slack.press_label(room.vic, answer, "Re-run")
    await room.slack.press_label(room.ann, answer, "Re-run")
    gate.open()

    told = await room.slack.until(
        lambda: (
            room.slack.whispers(room.sales, room.vic) + room.slack.whispers(room.sales, room.ann)
        ),
        within=10,
    )
    assert "already" in told[0].words
    await room.slack.until(lambda: len(room.slack.answers(asked)) == 2, within=WITHIN)
    await room.slack.settled()
    assert len(room.slack.answers(asked)) == 2
    assert not room.slack.violations


async def test_what_may_come_next_is_asked_by_a_button(room: Room) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    answer = await room.pressable(asked, "monthly revenue for 2024")

    await room.slack.press_label(room.vic, answer, "monthly revenue for 2024")
    found = await room.slack.until(lambda: room.slack.answers(asked)[1:], within=WITHIN)

    assert "2024-01" in found[-1].words
    assert not room.slack.violations


async def test_the_home_tab_shows_saved_queries_and_runs_them(room: Room) -> None:
    home = await room.home(room.vic)

    assert "Monthly revenue" in home.words

    await room.slack.press_label(room.vic, home, "Monthly revenue")
    view = await room.view(room.vic)
    await room.slack.submit(room.vic, view, {"year": "2025"})

    def answers() -> list[Message]:
        return [each for each in room.slack.messages(room.vic) if "2025-12" in each.words]

    assert await room.slack.until(answers, within=WITHIN)
    assert not room.slack.violations


async def test_strangers_see_at_home_how_they_become_known(room: Room) -> None:
    home = await room.home(room.eve)

    assert "/trellis link" in home.words
    assert "I have a code" in home.buttons


async def test_a_code_links_a_stranger(room: Room) -> None:
    code = await room.core.links.code(room.stage.ada)
    await room.slack.command(room.eve, room.sales, "/trellis", "ask how many customers?")
    told = await room.whisper(room.eve)
    assert "I do not know you yet" in told.words

    await room.slack.press_label(room.eve, told, "I have a code")
    view = await room.view(room.eve)
    await room.slack.submit(room.eve, view, {"code": code.code.get_secret_value()})

    welcome = await room.whisper(room.eve, number=2)
    assert "Welcome, Ada" in welcome.words
    assert not room.slack.violations


async def test_the_agent_suggests_prompts_above_the_composer(room: Room) -> None:
    await room.slack.open_home(room.ada, tab="messages")

    prompts = await room.slack.until(lambda: room.slack.prompts(room.ada), within=WITHIN)

    assert 1 <= len(prompts) <= 4


async def test_the_assistants_pane_suggests_answers_and_names_its_thread(
    open_room: OpenRoom,
) -> None:
    asking = manifest()
    asking["features"]["assistant_view"] = {"assistant_description": "Answers questions."}
    del asking["features"]["agent_view"]
    asking["settings"]["event_subscriptions"]["bot_events"].remove("agent_session_stopped")
    async with SlackPlatform(asking) as slack:
        room = await open_room(slack=slack)
        pane = await slack.start_assistant_thread(room.ada)
        assert pane is not None
        assert await slack.until(lambda: slack.prompts(pane), within=WITHIN)

        asked = await slack.say(room.ada, MONTHS, thread=pane)
        answer = await room.pressable(asked)

        assert answer.thread == pane.ts
        assert slack.title(pane) == MONTHS
        assert slack.thread(pane).statuses
        assert slack.status(pane) == ""
        assert not slack.violations
        await room.app.stop()


async def test_a_message_is_asked_about_by_its_shortcut(room: Room) -> None:
    said = await room.slack.write(room.ann, room.sales, "what was our monthly revenue for 2025?")

    await room.slack.message_shortcut(room.ada, said, "ask")
    view = await room.view(room.ada)
    assert "monthly revenue for 2025" in str(view.blocks)
    await room.slack.submit(room.ada, view, {"question": MONTHS, "where": "all"})

    answer = await room.pressable(said)
    assert "2025-12" in answer.words
    assert not room.slack.violations


async def test_help_says_what_is_understood_and_a_misspelt_word_what_was_meant(room: Room) -> None:
    await room.slack.command(room.vic, room.sales, "/trellis", "")
    await room.slack.command(room.vic, room.sales, "/trellis", "quieries")

    assert "/trellis run" in (await room.whisper(room.vic)).words
    assert "Did you mean" in (await room.whisper(room.vic, number=2)).words
    assert not room.slack.violations


async def test_a_saved_query_is_scheduled_into_a_channel_in_the_zone_of_whoever_asks(
    room: Room,
) -> None:
    words = f'schedule "Monthly revenue" year=2025 every Monday 9:00 in {room.board.mention}'
    await room.slack.command(room.ann, room.sales, "/trellis", words)
    told = await room.whisper(room.ann)

    assert "every Monday at 09:00" in told.words
    assert "Europe/Berlin" in told.words
    (notice,) = (await room.core.notices.list(room.stage.ada, PageAsked())).items
    assert (notice.channel, notice.channel_name) == (room.board.id, "board")

    await room.slack.press_label(room.ann, told, "Pause")
    await room.slack.until(lambda: "Resume 1" in told.buttons, within=WITHIN)
    assert "paused" in told.words
    assert not room.slack.violations


async def test_people_and_channels_among_words_are_read_by_their_names(room: Room) -> None:
    asked = await room.slack.mention(
        room.ada, room.sales, f"{MONTHS}, {room.vic.mention} of {room.board.mention} & <all>"
    )
    await room.answer(asked)

    spot = (await room.core.chats.list(room.stage.ada, PageAsked())).items[0]
    assert spot.title == f"{MONTHS}, @Vic of #board & <all>"
