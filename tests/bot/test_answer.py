"""Finished answers as cards, and cells as people read them."""

import asyncio
from typing import Any

import pytest

from bot.answer import card_of, fenced
from bot.cards import Button, Choice, Menu, groups
from bot.cells import cells, counted, head, names, numeric, short
from bot.pictures import picture
from core.charts import Grid, grid, suggest
from core.chats import Cited, Failure, Message, MessageStatus, Pending, Side
from core.identity import Actor, Role, Surface
from core.ids import ChatId, MemberId, MessageId, OrganizationId, QueryId, now
from tests.bot.recording import buttons, menu
from tests.bot.stage import Stage

ANALYST = Actor(
    organization_id=OrganizationId("o"),
    member_id=MemberId("m"),
    name="Ann",
    role=Role.ANALYST,
    surface=Surface.SLACK,
)
ID = "0e4fd5c8-7b8e-4a83-a7b6-0f3c5b7a9d11"


def message(**values: Any) -> Message:
    base = {
        "id": MessageId(ID),
        "chat_id": ChatId("c"),
        "side": Side.ASSISTANT,
        "content": "So it is.",
        "status": MessageStatus.DONE,
        "created_at": now(),
    }
    return Message(**(base | values))


def table(many: int, *, total: int | None = None, truncated: bool = False) -> Grid:
    columns = [("month", "text"), ("revenue", "decimal")]
    values = [(f"m{at}", at) for at in range(many)]
    return grid(columns, values, title="T", total=total, truncated=truncated, result="r1")


def cited(**values: Any) -> Cited:
    base = {"result": "r1", "connection": "shop", "sql": "SELECT 1", "row_count": 1}
    return Cited(**(base | values))


def test_what_stands_on_nothing_can_only_be_judged() -> None:
    assert buttons(card_of(message(), actor=ANALYST)) == ["👍", "👎"]
    assert buttons(card_of(message(), actor=ANALYST, private=True)) == ["👍", "👎", "Show everyone"]
    assert buttons(card_of(message(model="m"), actor=ANALYST)) == ["👍", "👎", "Re-run"]


def test_statements_of_uploads_cannot_be_saved() -> None:
    lent = message(statements=(cited(lent=True),))

    assert "Save query" not in buttons(card_of(lent, actor=ANALYST))
    assert "Show SQL" in buttons(card_of(lent, actor=ANALYST))


def test_an_answer_that_failed_says_why_and_can_be_asked_again() -> None:
    failure = Failure(
        error="The database cannot be reached.",
        code="QUERY_FAILED",
        retryable=True,
        debug_id="d",
        error_type="ConnectionFailed",
    )
    failed = message(status=MessageStatus.FAILED, failure=failure, content="")
    card = card_of(failed, actor=ANALYST, private=True, followups=["More?"])

    assert card.refused
    assert card.private
    assert card.notes == ("The database cannot be reached.",)
    assert buttons(card) == ["Re-run", "More?"]


def test_small_print_names_what_was_asked_once_and_what_was_cut() -> None:
    statements = (
        cited(title="Monthly <revenue>", query_id=QueryId("q"), truncated=True),
        cited(title="Monthly <revenue>", query_id=QueryId("q")),
        *(cited(connection=f"c{at}") for at in range(4)),
    )
    notes = card_of(message(statements=statements), actor=ANALYST).notes

    assert notes == (
        "Saved query “Monthly <revenue>” on shop, SQL on c0, SQL on c1 and 2 more",
        "There are more rows than were handed out; ask for less at once.",
    )


def test_what_an_answer_waits_for_is_all_that_can_be_pressed() -> None:
    values = Pending(query_id=QueryId("q"), values={}, missing=("year",))
    where = Pending(query_id=QueryId("q"), values={"year": 1}, missing=())
    places = [Choice(label=f"c{at}", value=f"id{at}") for at in range(30)]

    assert buttons(card_of(message(pending=values), actor=ANALYST)) == ["Fill in"]
    chosen = menu(card_of(message(pending=where), actor=ANALYST, places=places))
    assert (chosen.press, len(chosen.choices)) == (f"pick:{ID}", 25)
    assert card_of(message(pending=where), actor=ANALYST).controls == ()


def test_labels_and_presses_keep_within_what_platforms_take() -> None:
    long = ["Wie hoch war der Umsatz " * 5, "売上 " * 60, "\n\t", "👩‍👩‍👧" * 50]
    card = card_of(message(), actor=ANALYST, followups=long)

    for row in card.controls:
        for each in row:
            assert 1 <= len(each.label) <= 75
            assert len(each.press) <= 100
    assert card.controls[1][0].label.endswith("…")


def test_buttons_stand_together_and_a_menu_is_alone() -> None:
    many = [Button(label=str(at), press="x") for at in range(7)]
    choice = Menu(label="m", press="m", choices=(Choice(label="a", value="a"),))

    assert [len(row) for row in groups([*many, choice, *many[:1]])] == [7, 1, 1]


def test_a_long_table_is_cut_and_says_so() -> None:
    card = card_of(message(visualizations=(table(150, total=150),)), actor=ANALYST)
    (kept,) = card.tables

    assert len(kept.rows) == 100
    assert counted(kept, 20) == "The first 20 of 150 rows."
    assert counted(head(table(150), 10), 10) == "The first 10 of 150 rows."
    assert counted(table(3), 10) == "3 rows."
    assert counted(table(1, total=1), 10) == "1 row."
    assert counted(table(3, truncated=True), 3) == "The first 3 rows; there are more."
    assert counted(table(3, truncated=True), 2) == "The first 2 rows; there are more."
    assert counted(table(3), 2) == "The first 2 of 3 rows."


def test_cells_are_lines_of_text_that_steer_nothing() -> None:
    columns = [("na\u202eme\n", "text"), ("Revenue", "decimal"), ("", "json")]
    values = [
        ("a\nb\x1b[31m\u202ec", 1234.5, {"a": [1, None]}),
        (None, "12345678901234567890.12", True),
        ("x" * 300, None, ""),
        ("👩‍👩‍👧 می‌خواهم", 0, 5),
    ]
    shown = grid(columns, values, title=None, total=4, truncated=False, result="r1")
    texts = cells(shown, 10)

    assert names(shown) == ["name", "Revenue", "-"]
    assert numeric(shown) == (False, True, False)
    assert texts[0] == ["a b [31mc", "1,234.50", '{"a":[1,null]}']
    assert texts[1] == ["NULL", "12,345,678,901,234,567,890.12", "true"]
    assert texts[2][0] == "x" * 199 + "…"
    assert texts[3][0] == "👩‍👩‍👧 می‌خواهم"
    assert len(cells(shown, 2)) == 2


@pytest.mark.parametrize(("text", "said"), [("", "-"), (" a\n b ", "a b"), ("abcdef", "abc…")])
def test_a_text_is_cut_to_a_line(text: str, said: str) -> None:
    assert short(text, 4) == said


def test_nothing_ends_a_fence_from_within() -> None:
    assert fenced("a\n```\nb", "sql") == "```sql\na\n'''\nb\n```"


async def test_a_chart_is_a_picture_with_words_for_those_who_do_not_see_it(stage: Stage) -> None:
    columns = [("month", "text"), ("revenue", "decimal")]
    values = [("2025-01", 10.5), ("2025-02", 20.0), ("2025-03", 5.25)]
    chart = await asyncio.to_thread(suggest, columns, values, title="Revenue / month", result="r1")
    assert chart is not None
    file = await picture(stage.core, chart)

    assert file is not None
    assert file.name == "Revenue month.png"
    assert file.content.startswith(b"\x89PNG")
    assert "2025-01: 10.5" in file.alt
    broken = chart.model_copy(update={"vega_lite": {"mark": "bar", "data": {"url": "file:///"}}})
    assert await picture(stage.core, broken) is None
