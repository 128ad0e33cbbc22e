"""Answers and questions that become saved queries."""

from bot.heard import Submitted
from bot.speaker import SpeechFailed
from core.page import PageAsked
from tests.bot.conftest import Open
from tests.bot.models import SQL, asking
from tests.bot.recording import Recorder, fields, presses
from tests.bot.stage import ADA, ANN, SALES, TOP, VIC, Stage


async def test_an_answer_is_saved_with_its_statement_and_parameters(stage: Stage) -> None:
    answer = (await stage.ask("monthly revenue for 2025")).answer
    form = (await stage.press(presses(answer)["Save query"], ANN)).asked
    values = {
        "title": "Revenue by month",
        "prompt": fields(form)["prompt"].value,
        "keywords": "turnover, sales",
    }
    saved = await stage.submit(form.press, values, ANN)
    query = await stage.core.queries.find(stage.ada, "Revenue by month")

    assert fields(form)["title"].value == "Monthly revenue"
    assert fields(form)["prompt"].value == "monthly revenue for 2025"
    assert form.submit == "Save"
    assert query.parameters == ("year",)
    assert query.keywords == ("turnover", "sales")
    assert query.last_updated_by_name == "Ann"
    assert '`/trellis run "Revenue by month" year=…`' in saved.told.text
    ran = await stage.press(presses(saved.told)["Revenue by month"], spot=TOP, private=True)
    assert fields(ran.asked).keys() == {"year"}


async def test_an_answer_of_a_model_is_saved_with_each_value_in_its_place(
    open_stage: Open,
) -> None:
    stage = await open_stage(asking())
    answer = (await stage.ask("How many orders are large?")).answer
    form = (await stage.press(presses(answer)["Save query"])).asked
    which = fields(form)["result"]
    values = {"title": "Large orders", "prompt": "How many?", "result": which.choices[1].value}
    await stage.submit(form.press, values)
    query = await stage.core.queries.find(stage.ada, "Large orders")

    assert [each.value for each in which.choices] == ["r1", "r2"]
    assert query.sql == SQL
    assert query.parameters == ("most", "least")
    ran = await stage.run("Large orders", most="10", least="5")
    assert ran.answer.tables[0].rows == answer.tables[0].rows


async def test_a_viewer_cannot_save(stage: Stage) -> None:
    answer = (await stage.ask("monthly revenue for 2025")).answer
    press = presses(answer)["Save query"]
    before = (await stage.core.queries.list(stage.ada, PageAsked())).total
    heard = [
        await stage.press(press, VIC),
        await stage.submit(press, {"title": "Mine", "prompt": "?"}, VIC),
        await stage.command("save", "Mine: what is mine?", VIC),
        await stage.command("save", "", VIC),
        await stage.command("schedule", '"Monthly revenue" every Monday', VIC),
    ]

    for each in heard:
        assert "queries:write permission" in each.told.text
        assert each.told.private
        assert not each.forms
    assert (await stage.core.queries.list(stage.ada, PageAsked())).total == before


async def test_a_form_that_will_not_do_stays_as_it_was_filled_in(stage: Stage) -> None:
    answer = (await stage.ask("monthly revenue for 2025")).answer
    press = presses(answer)["Save query"]
    taken = (await stage.submit(press, {"title": "top PRODUCTS", "prompt": "What?"})).asked
    long = (await stage.submit(press, {"title": "x" * 201, "prompt": "What?"})).asked
    empty = (await stage.submit(press, {"title": "Fine", "prompt": " "})).asked

    assert fields(taken)["title"].value == "top PRODUCTS"
    assert "is a saved query of that title" in fields(taken)["title"].problem
    assert "200 characters" in fields(long)["title"].problem
    assert fields(empty)["prompt"].problem
    assert fields(empty)["title"].value == "Fine"


async def test_a_question_is_saved_by_a_line_or_by_a_form(stage: Stage) -> None:
    line = await stage.command("save", "Mood: How is the mood?")
    bare = await stage.command("save")
    wrong = {"title": "Bad", "prompt": "Bad?", "sql": "DROP TABLE orders"}
    refused = (await stage.submit(bare.asked.press, wrong, spot=TOP, private=True)).asked
    right = {"title": "Count", "prompt": "How many?", "sql": "SELECT count(*) FROM orders"}
    saved = await stage.submit(refused.press, right, spot=TOP, private=True)
    misspelt = await stage.command("save", "just words")

    assert "Saved **Mood**" in line.told.text
    assert fields(bare.asked).keys() == {"title", "prompt", "keywords", "sql"}
    assert fields(refused)["sql"].value == "DROP TABLE orders"
    assert fields(refused)["sql"].problem
    assert "Saved **Count**" in saved.told.text
    assert "Title: question" in misspelt.told.text


async def test_what_is_heard_again_is_saved_once(stage: Stage) -> None:
    bare = await stage.command("save")
    values = {"title": "Count", "prompt": "How many?", "sql": "SELECT 1"}
    await stage.submit(bare.asked.press, values, id="submitted")
    before = (await stage.core.queries.list(stage.ada, PageAsked())).total
    speaker = Recorder(SALES)
    again = Submitted(id="submitted", person=ADA, spot=SALES, press="save", values=values)
    await stage.dialog.hear(again, speaker)

    assert "Saved **Count**" in speaker.told.text
    assert (await stage.core.queries.list(stage.ada, PageAsked())).total == before


async def test_where_no_form_can_be_opened_to_save_a_button_does(stage: Stage) -> None:
    answer = (await stage.ask("monthly revenue for 2025")).answer
    speaker = Recorder(SALES)
    speaker.fails = {"form": [SpeechFailed("too late")]}
    heard = await stage.press(presses(answer)["Save query"], speaker=speaker)
    again = await stage.press(presses(heard.told)["Fill in"])

    assert fields(again.asked)["title"].value == "Monthly revenue"


async def test_an_answer_without_a_statement_cannot_be_saved(stage: Stage) -> None:
    answer = (await stage.ask("what is the meaning of life?")).answer
    id = presses(answer)["👍"].partition(":")[2]
    heard = await stage.press(f"save:{id}")

    assert "Save query" not in presses(answer)
    assert "Nothing of this answer can be saved" in heard.told.text
