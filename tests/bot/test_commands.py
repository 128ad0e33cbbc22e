"""The one table of commands."""

import pytest
from pydantic import SecretStr

from core.connections import ConnectionDraft
from core.identity import Audience
from core.queries import QueryDraft
from tests.bot.recording import buttons, menu, presses
from tests.bot.stage import ADA, ANN, SALES, TOP, VIC, Stage


async def test_help_fits_one_screen_and_names_what_its_asker_may_do(stage: Stage) -> None:
    ada = (await stage.command("help")).told
    vic = (await stage.command("HELP ", "", VIC)).told

    assert len(ada.text.splitlines()) <= 16
    assert len(ada.text) <= 1_500
    for verb in ("ask", "run", "queries", "save", "connections", "use", "schedule", "link"):
        assert f"`/trellis {verb}" in ada.text
    assert "/trellis save" not in vic.text
    assert "/trellis schedule " not in vic.text
    assert "/trellis run" in vic.text


@pytest.mark.parametrize(
    ("verb", "meant"), [("quries", "queries"), ("conections", "connections"), ("explode", None)]
)
async def test_an_unknown_command_is_answered_with_what_would_be_one(
    stage: Stage, verb: str, meant: str | None
) -> None:
    heard = await stage.command(verb)

    assert heard.told.refused
    assert f"I do not know {verb}." in heard.told.text
    assert (f"Did you mean `/trellis {meant}`?" in heard.told.text) is (meant is not None)


async def test_a_question_that_is_no_command_is_told_how_to_be_asked(stage: Stage) -> None:
    heard = await stage.command("what", "was `revenue` in <!channel> 2025?")

    assert heard.told.refused
    assert "`/trellis ask what was 'revenue' in" in heard.told.text
    assert "<!channel>" not in heard.told.text


async def test_ask_is_a_question(stage: Stage) -> None:
    heard = await stage.command("ask", "monthly revenue for 2025")
    nothing = await stage.command("ask")

    assert heard.answer.private
    assert "951,522.25" in heard.answer.text
    assert "Ask me something" in nothing.told.text


async def test_saved_queries_are_listed_page_by_page_with_a_button_each(stage: Stage) -> None:
    for at in range(15):
        draft = QueryDraft(title=f"Zz {at:02}", prompt="?", sql="SELECT 1", connection="sample")
        await stage.core.queries.create(stage.ada, draft)
    first = (await stage.command("queries")).told
    second = (await stage.press(presses(first)["More"], spot=TOP, private=True)).mended[0]
    third = (await stage.press(presses(second)["More"], spot=TOP, private=True)).mended[0]
    near = (await stage.command("queries", "revenue region")).told
    none = (await stage.command("queries", "xyzzy")).told

    assert len(buttons(first)) == 10 + 1
    assert "Saved queries, 1 to 10 of 25:" in first.text
    assert "10. **" in first.text
    assert "11. **" in second.text
    assert "Zz 14" in buttons(third)
    assert "More" not in buttons(third)
    assert buttons(near)[0] == "Revenue by region"
    assert none.text == "No saved query is like that."


async def test_a_channel_asks_the_connection_that_it_was_told_to_use(stage: Stage) -> None:
    path = (await stage.core.connections.get(stage.ada, "sample")).address
    draft = ConnectionDraft(name="second", url=SecretStr(f"sqlite:///{path}"))
    await stage.core.connections.add(stage.ada, draft)
    listed = (await stage.command("connections")).told
    asked = (await stage.command("use")).told
    where = {each.label: each.value for each in menu(asked).choices}
    used = await stage.press(menu(asked).press, VIC, value=where["second"], spot=TOP, private=True)
    after = (await stage.command("connections")).told

    assert "- **sample** (sqlite)" in listed.text
    assert "asked by this channel" not in listed.text
    assert used.told.text.startswith("This channel asks second from now on")
    assert "- **second** (sqlite), *asked by this channel*" in after.text
    await stage.ask("what is the meaning of life?", spot=SALES)
    place = stage.ada.model_copy(update={"place": SALES.place})
    chat = await stage.core.chats.at(place)
    assert chat is not None
    assert chat.connection_id == where["second"]
    back = await stage.command("use", "none")
    assert back.told.text == "This channel asks no database in particular any more."
    by_name = await stage.command("use", "“sample”")
    assert by_name.told.text.startswith("This channel asks sample")
    unknown = await stage.command("use", "nowhere")
    assert "Connection not found: nowhere" in unknown.told.text


async def test_a_thread_goes_on_with_what_it_asks_when_its_channel_asks_another(
    stage: Stage,
) -> None:
    await stage.command("use", "sample")
    await stage.ask("monthly revenue for 2025")
    path = (await stage.core.connections.get(stage.ada, "sample")).address
    draft = ConnectionDraft(name="second", url=SecretStr(f"sqlite:///{path}"))
    await stage.core.connections.add(stage.ada, draft)
    await stage.command("use", "second")
    heard = await stage.ask("and in 2024?")

    assert heard.answer.notes == ("Saved query “Monthly revenue” on sample",)


async def test_a_channel_is_not_told_to_use_what_must_not_be_told_there(stage: Stage) -> None:
    shared = TOP.model_copy(update={"audience": Audience.OUTSIDE})
    heard = await stage.command("use", "sample", spot=shared)

    assert heard.told.refused
    assert "sample" in heard.told.text


async def test_who_somebody_is_is_told_and_can_be_undone(stage: Stage) -> None:
    heard = (await stage.command("link", "", ANN)).told
    undone = await stage.press(presses(heard)["That is not me"], ANN, spot=TOP, private=True)

    assert heard.text == "You are Ann here, as analyst."
    assert "Link not found" in undone.told.text


async def test_home_shows_recent_chats_and_saved_queries(stage: Stage) -> None:
    await stage.ask("monthly revenue for 2025")
    home = await stage.dialog.home(ADA, TOP)
    starters = await stage.dialog.starters(ADA, TOP)

    assert "- monthly revenue for 2025 (" in home.text
    assert len(buttons(home)) == 10
    assert len(starters) == 3


async def test_what_is_being_typed_is_completed(stage: Stage) -> None:
    titles = await stage.dialog.titles(ADA, TOP, "revenue")
    query = await stage.core.queries.find(stage.ada, "New customers per month")
    names = await stage.dialog.parameters(ADA, TOP, query.id)
    values = await stage.dialog.values(ADA, TOP, query.id, "region", "euro")

    assert {"Monthly revenue", "Revenue by region"} <= {each.label for each in titles}
    assert set(names) == {"year", "region"}
    assert values
    assert all("euro" in each.value.lower() for each in values)
    assert await stage.dialog.parameters(ADA, TOP, "nowhere") == ()
    assert await stage.dialog.values(ADA, TOP, "nowhere", "x", "") == ()
    assert len(await stage.dialog.titles(ADA, TOP, "")) == 10
