"""Saved queries that are run by name."""

import pytest

from bot.speaker import SpeechFailed
from core.queries import QueryDraft
from tests.bot.recording import Recorder, buttons, fields, presses
from tests.bot.stage import TOP, VIC, Stage


@pytest.mark.parametrize(
    "words",
    [
        '"Monthly revenue" year=2025',
        "“monthly revenue” year=2025",
        "Monthly revenue year=2025",
        "monthly revenue year = 2025",
        "monthly revenue for 2025",
    ],
)
async def test_a_query_runs_by_its_title_however_it_is_typed(stage: Stage, words: str) -> None:
    heard = await stage.command("run", words)

    assert heard.answer.private
    assert "951,522.25" in heard.answer.text
    assert len(heard.answer.tables[0].rows) == 12


async def test_a_query_runs_by_its_id_with_what_a_platform_asked_for(stage: Stage) -> None:
    query = await stage.core.queries.find(stage.ada, "Monthly revenue")
    heard = await stage.run(query.id, VIC, year="2025")

    assert "951,522.25" in heard.answer.text


async def test_what_is_missing_is_asked_for_with_what_was_typed_kept(stage: Stage) -> None:
    heard = await stage.command("run", '"New customers per month" year=2025')
    form = heard.asked

    assert not heard.finished
    assert fields(form)["year"].value == "2025"
    assert fields(form)["region"].choices
    assert form.submit == "Run"
    region = fields(form)["region"].choices[0].value
    ran = await stage.submit(form.press, {"year": "2025", "region": region}, spot=TOP, private=True)
    assert ran.answer.tables[0].rows[0][0] == "2025-01"


async def test_a_wrong_value_opens_the_form_again_and_says_what_is_wrong(stage: Stage) -> None:
    wrong = await stage.command("run", '"Monthly revenue" year=soon')
    form = wrong.asked

    assert fields(form)["year"].value == "soon"
    assert fields(form)["year"].problem == "This is a year; write it as 2025."
    still = await stage.submit(form.press, {"year": "later"}, spot=TOP, private=True)
    assert fields(still.asked)["year"].value == "later"
    right = await stage.submit(form.press, {"year": "2025"}, spot=TOP, private=True)
    assert "951,522.25" in right.answer.text


async def test_a_value_that_a_query_does_not_take_is_named(stage: Stage) -> None:
    heard = await stage.command("run", '"Monthly revenue" year=2025 month=3')

    assert heard.asked.text.startswith("Unknown parameters: month; it has year")
    assert fields(heard.asked)["year"].value == "2025"
    twice = await stage.command("run", '"Monthly revenue" year=2025 year=2024')
    assert twice.told.text == "year is given twice."


async def test_an_unknown_title_is_answered_with_the_nearest(stage: Stage) -> None:
    for heard in (
        await stage.command("run", '"Revenue forecast"'),
        await stage.run("Revenue forecast"),
    ):
        assert heard.told.refused
        assert "Monthly revenue" in buttons(heard.told)
        assert heard.told.text == "No saved query is called Revenue forecast. Nearest are:"
    bare = await stage.command("run")
    assert not bare.told.refused
    assert len(buttons(bare.told)) == 5


async def test_where_no_form_can_be_opened_a_button_opens_it(stage: Stage) -> None:
    speaker = Recorder(TOP)
    speaker.fails = {"form": [SpeechFailed("too late")]}
    heard = await stage.command("run", "Monthly revenue", speaker=speaker)
    form = (await stage.press(presses(heard.told)["Fill in"], spot=TOP, private=True)).asked

    assert not heard.told.refused
    assert fields(form).keys() == {"year"}


async def test_more_values_than_a_form_holds_are_typed(stage: Stage) -> None:
    names = [f"p{at}" for at in range(6)]
    sql = "SELECT " + ", ".join(f"{{{{{name}}}}}" for name in names)
    draft = QueryDraft(title='Six "of" them', prompt="Six", sql=sql, connection="sample")
    await stage.core.queries.create(stage.ada, draft)
    speaker = Recorder(TOP, fields=5)
    heard = await stage.command("run", 'Six "of" them p0=7', speaker=speaker)

    assert not heard.forms
    assert '/trellis run "Six \\"of\\" them" p0=7 p1=… p2=…' in heard.told.text


async def test_a_field_says_how_its_value_is_written(stage: Stage) -> None:
    heard = await stage.command("run", '"Top products"')
    asked = fields(heard.asked)

    assert asked["start"].hint == "such as 2025-01-31"
    assert asked["top"].hint == "a number"


async def test_a_saved_question_without_sql_needs_a_model(stage: Stage) -> None:
    draft = QueryDraft(title="Mood", prompt="How is the mood?", connection="sample")
    await stage.core.queries.create(stage.ada, draft)
    heard = await stage.command("run", "Mood")

    assert heard.told.refused
    assert "model" in heard.told.text


async def test_a_query_deleted_before_its_button_is_pressed_is_not_found(stage: Stage) -> None:
    query = await stage.core.queries.find(stage.ada, "Monthly revenue")
    await stage.core.queries.delete(stage.ada, query.id)
    pressed = await stage.press(f"run:{query.id}")
    sent = await stage.submit(f"run:{query.id}", {"year": "2025"})

    assert pressed.told.text == sent.told.text == "Query not found"


async def test_titles_of_strangers_neither_format_nor_call_anybody(stage: Stage) -> None:
    title = "@everyone *bold* <!here> ```x``` [l](https://evil.test)"
    draft = QueryDraft(title=title, prompt=title, sql="SELECT {{x}} AS x", connection="sample")
    await stage.core.queries.create(stage.ada, draft)
    listed = await stage.command("queries", "everyone bold")
    asked = await stage.run(title)
    ran = await stage.run(title, x="@everyone")

    assert asked.asked.text == "@\u200beveryone *bold* < !here> '''x''' l (evil.test)"
    for words in (listed.told.text, ran.answer.text.partition(" (x ")[0]):
        # As code, whatever is in it is a text.
        assert words.count("`") == 2
        assert "evil" not in words.split("`")[0] + words.split("`")[2]
    assert len(asked.asked.title) <= 24


async def test_where_no_form_opens_upon_a_form_nothing_that_was_typed_is_lost(
    stage: Stage,
) -> None:
    form = (await stage.command("run", '"Monthly revenue"')).asked
    speaker = Recorder(TOP)
    speaker.fails = {"form": [SpeechFailed("a form upon a form", for_good=True)]}
    wrong = await stage.submit(
        form.press, {"year": "soon"}, spot=TOP, private=True, speaker=speaker
    )
    press = presses(wrong.told)["Fill in"]
    by_another = await stage.press(press, VIC, spot=TOP, private=True)
    again = await stage.press(press, spot=TOP, private=True)
    once_more = await stage.press(press, spot=TOP, private=True)

    assert wrong.told.text == "Year: This is a year; write it as 2025."
    assert wrong.told.refused
    assert fields(by_another.asked)["year"].value == ""
    assert fields(again.asked)["year"].value == "soon"
    assert fields(again.asked)["year"].problem == "This is a year; write it as 2025."
    assert fields(once_more.asked)["year"].value == ""
