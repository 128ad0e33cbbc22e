"""What can be pressed under an answer, and what it does for whom."""

import asyncio

import pytest
from pydantic import SecretStr

from bot.asking import AlreadyAsked
from bot.speaker import SpeechFailed
from core.chats import MessageNotFound, Verdict
from core.connections import ConnectionDraft
from core.identity import Audience
from core.ids import MessageId
from core.queries import QueryChange, QueryDraft
from tests.bot.conftest import Open
from tests.bot.models import asking
from tests.bot.recording import Recorder, buttons, fields, menu, presses
from tests.bot.stage import ADA, ANN, EVE, SALES, TOP, VIC, Stage

REVENUE = "monthly revenue for 2025"


async def pressed(stage: Stage, label: str, question: str = REVENUE) -> str:
    """Return what a button of an answer presses."""
    return presses((await stage.ask(question)).answer)[label]


async def test_thumbs_are_noted_and_a_thumb_down_asks_why(stage: Stage) -> None:
    answer = (await stage.ask(REVENUE)).answer
    up = await stage.press(presses(answer)["👍"], VIC)
    id = MessageId(presses(answer)["👍"].partition(":")[2])
    place = stage.ada.model_copy(update={"place": SALES.place})
    assert (await stage.core.chats.exchange(place, id))[1].feedback is Verdict.POSITIVE

    down = await stage.press(presses(answer)["👎"])
    assert (await stage.core.chats.exchange(place, id))[1].feedback is Verdict.NEGATIVE
    sent = await stage.submit(down.asked.press, {"note": " Cancelled orders count too.\x00 "})
    judged = (await stage.core.chats.exchange(place, id))[1]

    assert up.told.private
    assert sent.told.private
    assert not fields(down.asked)["note"].required
    assert judged.feedback_note == "Cancelled orders count too."


async def test_a_thumb_down_counts_where_no_form_can_be_opened(stage: Stage) -> None:
    press = await pressed(stage, "👎")
    speaker = Recorder(SALES)
    speaker.fails = {"form": [SpeechFailed("too late")]}
    await stage.press(press, speaker=speaker)

    assert speaker.told.text.startswith("Thanks")


async def test_the_statement_is_shown_to_whoever_wants_it_alone(stage: Stage) -> None:
    heard = await stage.press(await pressed(stage, "Show SQL"), VIC)

    assert heard.told.private
    assert "```sql\nSELECT strftime('%Y-%m', ordered_at) AS month" in heard.told.text
    assert "`year` = 2025" in heard.told.text
    assert "r1 on sample (Monthly revenue)" in heard.told.text


async def test_a_statement_cannot_end_the_fence_around_it(stage: Stage) -> None:
    sql = "SELECT '```' AS a, {{x}} AS b -- @everyone"
    draft = QueryDraft(title="Odd", prompt="Odd?", sql=sql, connection="sample")
    await stage.core.queries.create(stage.ada, draft)
    ran = await stage.run("Odd", x="*_`~@everyone <!here>")
    heard = await stage.press(presses(ran.answer)["Show SQL"], spot=TOP, private=True)

    assert heard.told.text.count("```") == 2
    assert "@everyone <" not in heard.told.text.partition("\n```\n")[2]


async def test_a_table_is_had_whole_as_csv(stage: Stage) -> None:
    draft = QueryDraft(
        title="All orders",
        prompt="All orders",
        sql="SELECT id, '=1+1' AS formula, total FROM orders ORDER BY id LIMIT 2500",
        connection="sample",
    )
    await stage.core.queries.create(stage.ada, draft)
    answer = (await stage.ask("all orders")).answer
    heard = await stage.press(presses(answer)["CSV"], VIC)

    (file,) = heard.told.files
    lines = file.content.decode("utf-8-sig").splitlines()
    assert file.name == "All orders.csv"
    assert lines[0] == "id,formula,total"
    assert len(lines) == 1 + 2500
    assert lines[1].startswith("1,'=1+1,")
    assert len(answer.tables[0].rows) == 100
    assert answer.tables[0].truncated
    assert not heard.finished


async def test_a_csv_is_of_what_its_presser_may_see(stage: Stage) -> None:
    draft = QueryDraft(
        title="All orders",
        prompt="All orders",
        sql="SELECT id FROM orders ORDER BY id LIMIT 2500",
        connection="sample",
    )
    query = await stage.core.queries.create(stage.ada, draft)
    press = presses((await stage.ask("all orders")).answer)["CSV"]
    await stage.core.queries.delete(stage.ada, query.id)
    gone = await stage.press(press)
    stranger = await stage.press(press, EVE)
    elsewhere = await stage.press(press, ANN, spot=SALES.model_copy(update={"thread": "9"}))

    assert "Query not found" in gone.told.text
    assert "I do not know you yet" in stranger.told.text
    assert "Message not found" in elsewhere.told.text


async def test_re_run_asks_again_what_the_answer_was_to(stage: Stage) -> None:
    await stage.ask(REVENUE)
    going_on = await stage.ask("and in 2024?")
    await stage.ask("thanks")
    again = await stage.press(presses(going_on.answer)["Re-run"], ANN)

    assert "year 2024" in again.answer.text
    assert again.answer.tables[0].rows == going_on.answer.tables[0].rows
    assert not again.answer.private


async def test_re_run_runs_a_query_with_the_values_it_was_run_with(stage: Stage) -> None:
    ran = await stage.run("Monthly revenue", year="2024")
    again = await stage.press(presses(ran.answer)["Re-run"], spot=TOP, private=True)
    once_more = await stage.press(presses(again.answer)["Re-run"], spot=TOP, private=True)

    assert "year 2024" in once_more.answer.text
    assert once_more.answer.private


async def test_of_two_who_press_re_run_at_once_one_runs_and_the_other_is_told(
    stage: Stage,
) -> None:
    press = await pressed(stage, "Re-run")
    heard = await asyncio.gather(
        stage.press(press, ADA), stage.press(press, ANN), stage.press(press, VIC)
    )

    assert sorted(bool(each.finished) for each in heard) == [False, False, True]
    told = [each.told for each in heard if not each.finished]
    assert {each.text for each in told} == {AlreadyAsked().message}
    assert all(each.private for each in told)


async def test_a_follow_up_is_asked_as_it_was_offered(stage: Stage) -> None:
    answer = (await stage.ask(REVENUE)).answer
    offered = buttons(answer)[-3:]
    heard = await stage.press(presses(answer)[offered[0]], VIC)
    wrong = await stage.press(presses(answer)[offered[0]][:-1] + "7")

    assert "year 2024" in heard.answer.text
    assert "is not offered any more" in wrong.told.text


async def test_a_follow_up_survives_a_restart_and_new_queries(stage: Stage) -> None:
    answer = (await stage.ask(REVENUE)).answer
    press = presses(answer)[buttons(answer)[-1]]
    label = buttons(answer)[-1]
    for title in ("Monthly revenue by month", "Revenue of a month"):
        draft = QueryDraft(title=title, prompt=title, sql="SELECT 1", connection="sample")
        await stage.core.queries.create(stage.ada, draft)
    heard = await stage.press(press)
    place = stage.ada.model_copy(update={"place": SALES.place})
    chat = await stage.core.chats.at(place)
    assert chat is not None
    said = (await stage.core.chats.get(place, chat.id)).messages

    assert said[-2].content == label
    assert heard.answer.text


async def test_an_answer_that_asks_back_is_filled_in_by_a_form_or_a_reply(stage: Stage) -> None:
    asking_back = (await stage.ask("new customers per month in 2025")).answer
    assert buttons(asking_back) == ["Fill in"]
    form = (await stage.press(presses(asking_back)["Fill in"], ANN)).asked
    region = fields(form)["region"]

    assert form.title == "New customers per month"
    assert region.label == "Region"
    assert {each.value for each in region.choices} >= {"European Union"} or region.choices
    assert fields(form)["year"].value == "2025"
    value = region.choices[0].value
    filled = await stage.submit(form.press, {"region": value, "year": "2025"}, ANN)
    assert filled.answer.tables

    other = SALES.model_copy(update={"thread": "2"})
    await stage.ask("new customers per month in 2025", spot=other)
    replied = await stage.ask(value, spot=other)
    assert replied.answer.tables[0].rows == filled.answer.tables[0].rows


async def test_an_answer_is_shown_to_everyone_when_its_asker_says_so(stage: Stage) -> None:
    answer = (await stage.ask(REVENUE, spot=TOP, private=True)).answer
    heard = await stage.press(presses(answer)["Show everyone"], spot=TOP, private=True)

    assert heard.published[0].title == f"Ada: {REVENUE}"
    assert heard.published[0].controls == ()
    assert heard.answer.title == f"Ada: {REVENUE}"
    assert not heard.answer.private
    assert "Show everyone" not in buttons(heard.answer)
    assert "Show everyone" not in buttons(heard.mended[0])
    assert heard.mended[0].private
    held = SALES.model_copy(update={"thread": "published"})
    others = await stage.ask("and in 2024?", ANN, spot=held)
    assert "year 2024" in others.answer.text
    again = await stage.press(presses(heard.answer)["Re-run"], VIC, spot=held)
    assert again.answer.tables


async def test_what_was_private_is_nobody_elses_to_show(stage: Stage) -> None:
    press = presses((await stage.ask(REVENUE, spot=TOP, private=True)).answer)["Show everyone"]
    heard = await stage.press(press, ANN, spot=TOP, private=True)

    assert heard.told.text == MessageNotFound().message
    assert not heard.published


async def test_where_several_connections_can_be_asked_there_is_a_choice(stage: Stage) -> None:
    await second_connection(stage)
    asking = (await stage.ask("monthly revenue of 2025")).answer
    chosen = menu(asking)
    where = {each.label: each.value for each in chosen.choices}
    heard = await stage.press(chosen.press, VIC, value=where["sample"])
    twice = await stage.press(chosen.press, VIC, value=where["sample"])

    assert set(where) == {"sample", "second"}
    assert "951,522.25" in heard.answer.text
    assert twice.told.refused


async def test_a_query_whose_connection_is_open_asks_where_it_is_to_run(stage: Stage) -> None:
    await second_connection(stage)
    ran = await stage.run("Monthly revenue", year="2025")
    connection = fields(ran.asked)["@connection"]
    where = {each.label: each.value for each in connection.choices}
    values = {"year": "2025", "@connection": where["sample"]}
    heard = await stage.submit(ran.asked.press, values, spot=TOP, private=True)

    assert fields(ran.asked)["year"].value == "2025"
    assert "951,522.25" in heard.answer.text
    simple = QueryDraft(title="One", prompt="One", sql="SELECT 1 AS n")
    await stage.core.queries.create(stage.ada, simple)
    told = (await stage.run("One")).told
    picked = await stage.press(menu(told).press, value=where["sample"], spot=TOP, private=True)
    assert picked.answer.tables[0].rows == ((1,),)


@pytest.mark.parametrize("press", ["queries", "schedules", "pipelines", "unschedule:x"])
@pytest.mark.parametrize("number", ["", "0", "²", "\x00", "9" * 80])
async def test_a_page_that_there_is_not_is_no_fault(stage: Stage, press: str, number: str) -> None:
    heard = await stage.press(f"{press}:{number}", spot=TOP, private=True)

    (told,) = (*heard.mended, *heard.whispered)
    assert "broke" not in told.text


async def test_a_button_of_another_version_is_refused_in_words(stage: Stage) -> None:
    for press in ("fly:1", "", "rerun", "sql:'; DROP TABLE", "next:1", "run:nowhere"):
        heard = await stage.press(press or "x")
        assert heard.told.refused
        assert heard.told.private
        assert "broke" not in heard.told.text


async def test_a_query_rewritten_between_question_and_click_runs_as_it_is_now(
    stage: Stage,
) -> None:
    press = await pressed(stage, "Re-run")
    query = await stage.core.queries.find(stage.ada, "Monthly revenue")
    await stage.core.queries.update(
        stage.ada, query.id, QueryChange(sql="SELECT {{year}} AS year, 1 AS revenue")
    )
    heard = await stage.press(press)

    assert heard.answer.tables[0].rows == ((2025, 1),)


async def test_what_must_not_be_told_to_a_channel_is_refused_there_and_told_alone(
    stage: Stage,
) -> None:
    shared = SALES.model_copy(update={"audience": Audience.OUTSIDE})
    outside = await stage.ask(REVENUE, spot=shared)
    private = await stage.ask(
        REVENUE, spot=shared.model_copy(update={"thread": None}), private=True
    )

    assert "951,522.25" not in str(outside.finished) + str(outside.whispered)
    assert "951,522.25" in private.answer.text
    shown = await stage.press(
        presses(private.answer)["Show everyone"],
        spot=shared.model_copy(update={"thread": None}),
        private=True,
    )
    assert shown.told.refused
    assert not shown.published


async def second_connection(stage: Stage) -> None:
    """Let there be two connections, and a query that is of neither."""
    core, ada = stage.core, stage.ada
    path = (await core.connections.get(ada, "sample")).address
    draft = ConnectionDraft(name="second", url=SecretStr(f"sqlite:///{path}"))
    await core.connections.add(ada, draft)
    query = await core.queries.find(ada, "Monthly revenue")
    await core.queries.update(ada, query.id, QueryChange(connection=None))


async def test_a_models_table_is_had_whole_though_it_was_asked_with_values(
    open_stage: Open,
) -> None:
    sql = "SELECT id, total FROM orders WHERE total > {{least}} AND id <= {{last}} ORDER BY id"
    stage = await open_stage(asking(sql, {"least": 0, "last": 1800}))
    answer = (await stage.ask("Which orders are there?")).answer
    heard = await stage.press(presses(answer)["CSV"])

    last = heard.told.files[-1].content.decode("utf-8-sig").splitlines()
    assert answer.tables[-1].truncated
    assert len(last) > 1_000
    assert last[-1].startswith("1800,")
    assert heard.told.notes == ()


async def test_a_csv_that_grows_too_large_is_cut_and_says_so(stage: Stage) -> None:
    sql = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "SELECT i, printf('%04000d', i) AS wide FROM n"
    )
    draft = QueryDraft(title="Wide", prompt="Wide", sql=sql, connection="sample")
    await stage.core.queries.create(stage.ada, draft)
    answer = (await stage.run("Wide")).answer
    heard = await stage.press(presses(answer)["CSV"], spot=TOP, private=True)

    (file,) = heard.told.files
    assert len(file.content) <= 8 * 1024 * 1024
    assert len(file.content.splitlines()) > 1_500
    assert heard.told.notes
