"""Saved queries that are posted again and again."""

from datetime import UTC, datetime

import pytest

from bot.heard import Channel
from bot.posting import card_of_posting
from core.charts import grid
from core.identity import Audience
from core.notices import Posting
from core.page import PageAsked
from core.queries import QueryDraft
from tests.bot.recording import buttons, fields, presses
from tests.bot.stage import ADA, ANN, SALES, TOP, VIC, Stage

HR = TOP.model_copy(update={"channel": "C-hr", "audience": Audience.PRIVATE})
CHANNEL = Channel(written="<#C-hr|hr>", name="hr", spot=HR)
BERLIN = "Europe/Berlin"


async def test_a_query_is_scheduled_in_words(stage: Stage) -> None:
    heard = await stage.command(
        "schedule",
        '"Monthly revenue" year=2025 every Monday 9:00 in <#C-hr|hr>',
        channels=(CHANNEL,),
        zone=BERLIN,
    )
    (notice,) = (await stage.core.notices.list(stage.ada, PageAsked())).items

    assert notice.parameters == {"year": 2025}
    assert (notice.channel, notice.channel_name) == ("C-hr", "hr")
    assert (notice.said, notice.zone) == ("every Monday at 09:00", BERLIN)
    assert heard.told.text.startswith(
        "**Monthly revenue** (year 2025) is posted every Monday at 09:00 in `#hr` (Europe/Berlin)."
    )
    assert "Next: Monday, " in heard.told.text
    assert ", 09:00." in heard.told.text
    assert buttons(heard.told) == ["Pause", "Delete"]


@pytest.mark.parametrize(
    "words",
    [
        "Revenue by region year=2025 every weekday at 8:30",
        "“revenue by region” year=2025 every weekday at 8:30",
        "Revenue by region year = 2025 every weekday at 8:30 in #C",
    ],
)
async def test_whatever_stands_before_the_time_is_the_query_with_its_values(
    stage: Stage, words: str
) -> None:
    here = Channel(written="#C", name="c", spot=TOP)
    await stage.command("schedule", words, channels=(here,))
    (notice,) = (await stage.core.notices.list(stage.ada, PageAsked())).items

    assert notice.title == "Revenue by region"
    assert notice.parameters == {"year": 2025}
    assert notice.said == "every weekday at 08:30"
    assert (notice.channel, notice.zone) == ("C-sales", "UTC")


async def test_a_title_may_say_a_time_itself(stage: Stage) -> None:
    title = "Orders every Monday"
    draft = QueryDraft(title=title, prompt=title, sql="SELECT 1", connection="sample")
    await stage.core.queries.create(stage.ada, draft)
    await stage.command("schedule", '"Orders every Monday" daily 17:00')
    (notice,) = (await stage.core.notices.list(stage.ada, PageAsked())).items

    assert (notice.title, notice.said) == (title, "every day at 17:00")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ('"Monthly revenue" year=2025 sometimes', "says no time"),
        ('"Monthly revenue" year=2025 every Monday 9:00 in #nowhere', "no channel #nowhere"),
        ('"Monthly revenue" every Monday 9:00', "Missing required parameters: year"),
        ('"Monthly revenue" year=soon every Monday 9:00', "is a year"),
        ('"No such thing" every Monday 9:00', "Query not found"),
        ("every Monday 9:00", "Write it as"),
        ('"Monthly revenue" year=2025 every 1 minute', "every five minutes"),
        ("x" * 2_001, "Write it as"),
    ],
)
async def test_what_cannot_be_scheduled_is_refused_in_words(
    stage: Stage, words: str, why: str
) -> None:
    heard = await stage.command("schedule", words)

    assert why in heard.told.text
    assert heard.told.refused
    assert (await stage.core.notices.list(stage.ada, PageAsked())).total == 0


async def test_nothing_typed_opens_a_form_that_says_what_is_wrong(stage: Stage) -> None:
    form = (await stage.command("schedule")).asked
    queries = {each.label: each.value for each in fields(form)["query"].choices}
    query = queries["Monthly revenue"]
    typed = {"query": query, "values": "year=2025", "when": "now and then"}
    wrong = (await stage.submit(form.press, typed, spot=TOP, private=True)).asked
    right = {**typed, "when": "every Friday 16:00"}
    done = await stage.submit(wrong.press, right, spot=TOP, private=True)

    assert "says no time" in wrong.text
    assert fields(wrong)["when"].value == "now and then"
    assert "is posted every Friday at 16:00" in done.told.text


async def test_what_is_scheduled_is_listed_paused_resumed_and_deleted(stage: Stage) -> None:
    for at in range(9):
        await stage.command("schedule", f'"Monthly revenue" year=20{at + 10} daily {at}:00')
    await stage.command("schedule", '"Monthly revenue" year=2030 daily 9:00', ANN)
    first = (await stage.command("schedules")).told
    paused = (await stage.press(presses(first)["Pause 1"], spot=TOP, private=True)).mended[0]
    resumed = (await stage.press(presses(paused)["Resume 1"], spot=TOP, private=True)).mended[0]
    second = (await stage.press(presses(first)["More"], spot=TOP, private=True)).mended[0]
    gone = (await stage.press(presses(first)["Delete 1"], spot=TOP, private=True)).mended[0]
    twice = (await stage.press(presses(first)["Delete 1"], spot=TOP, private=True)).mended[0]

    assert len(first.text.splitlines()) == 8
    assert len(first.controls) == 5
    assert "*paused*" in paused.text
    assert "*paused*" not in resumed.text
    assert second.text.startswith("9. ")
    assert "Back" in buttons(second)
    assert gone.text == twice.text
    assert (await stage.core.notices.list(stage.ada, PageAsked())).total == 9


async def test_nobody_changes_what_another_has_scheduled(stage: Stage) -> None:
    made = await stage.command("schedule", '"Monthly revenue" year=2025 daily 9:00')
    seen = (await stage.command("schedules", "", ANN)).told
    by_ann = await stage.press(presses(made.told)["Delete"], ANN, spot=TOP, private=True)
    by_vic = await stage.press(presses(made.told)["Pause"], VIC, spot=TOP, private=True)
    none = (await stage.command("schedules", "", VIC)).told

    assert "**Monthly revenue** (year 2025) every day at 09:00 (UTC), by Ada" in seen.text
    assert buttons(seen) == []
    assert by_ann.told.refused
    assert by_vic.told.refused
    assert "Monthly revenue" in none.text
    assert (await stage.core.notices.list(stage.ada, PageAsked())).total == 1


async def test_a_posting_is_a_card_that_can_be_run_now(stage: Stage) -> None:
    await stage.command("schedule", '"Monthly revenue" year=2025 every Monday 9:00')
    (notice,) = (await stage.core.notices.list(stage.ada, PageAsked())).items
    rows = [("2025-01", 10.5), ("2025-02", 20)]
    head = grid(
        [("month", "text"), ("revenue", "decimal")],
        rows,
        title="Monthly revenue",
        total=2,
        truncated=False,
        result="r1",
    )
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    posting = Posting(id="p1", notice=notice, at=at, grid=head, notes=("2 rows",))
    card = card_of_posting(posting)
    refused = card_of_posting(
        Posting(id="p2", notice=notice, at=at, refusal="It failed, @everyone.")
    )
    ran = await stage.press(presses(card)["Run now"], VIC, spot=SALES)

    assert card.title == "Monthly revenue (year 2025)"
    assert card.tables[0].rows == tuple(rows)
    assert card.notes == ("2 rows", "Posted every Monday at 09:00 (UTC), by Ada")
    assert refused.refused
    assert "@everyone" not in refused.text
    assert not ran.answer.private
    assert "951,522.25" in ran.answer.text
    elsewhere = await stage.press(presses(card)["Run now"], ADA, spot=HR)
    assert elsewhere.told.refused
