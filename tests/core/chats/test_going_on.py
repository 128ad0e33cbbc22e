"""What goes on from the last answer: another period, a chart of another kind, a late reply."""

from pathlib import Path

import pytest

from core.app import Core
from core.chats import ParametersAlone, Question
from core.chats.drawn import kind_of, only_a_kind
from core.chats.earlier import stepped, year_of
from core.identity import Actor
from tests.core.chats.test_matched import Talk
from tests.core.queries.questions import sampled


@pytest.fixture
async def talk(core: Core, ada: Actor, tmp_path: Path) -> Talk:
    await sampled(core, ada, tmp_path)
    return Talk(core, ada)


async def test_a_month_without_a_year_is_of_the_year_that_is_spoken_of(talk: Talk) -> None:
    await talk("top 5 products in 2024")
    december = await talk("and in December?")
    spring = await talk("from March to May")
    days = await talk("5 - 20 March")

    assert december.statements[0].values == {"start": "2024-12-01", "end": "2024-12-31", "top": 5}
    assert spring.statements[0].values == {"start": "2024-03-01", "end": "2024-05-31", "top": 5}
    assert days.statements[0].values == {"start": "2024-03-05", "end": "2024-03-20", "top": 5}


async def test_one_no_does_not_end_the_thread(talk: Talk) -> None:
    await talk("monthly revenue 2025")
    before = await talk("and the year before?")
    refused = await talk("and the weather?")
    after = await talk("2023")

    assert before.statements[0].values == {"year": "2024"}
    assert refused.content.startswith("I cannot answer that")
    assert after.statements[0].values == {"year": "2023"}


async def test_a_question_waits_for_one_more_message(talk: Talk) -> None:
    asked = await talk("monthly revenue")
    again = await talk("what?")
    lost = await talk("who is the queen of england?")
    answer = await talk("2025")

    assert asked.content == "That is **Monthly revenue**. Which year?"
    assert again.content.startswith("I did not understand that as a year. That is")
    assert lost.content.startswith("I cannot answer that")
    assert answer.statements[0].values == {"year": "2025"}


async def test_what_is_missing_is_asked_for_in_words(talk: Talk) -> None:
    asked = await talk("top products")
    wrong = await talk("from May 2025 to March 2025")
    only = await talk("2025")

    assert asked.content == ("That is **Top products**. From which day to which? How many rows?")
    assert wrong.content.count("that ends before it starts") == 1
    assert only.content.endswith("How many rows?")


async def test_an_end_before_the_start_is_asked_for_again(talk: Talk) -> None:
    await talk("top 3 products")
    await talk("2025-05-01")
    asked = await talk("end 2025-03-31")

    assert asked.content.startswith("2025-03-31 is before 2025-05-01.")
    assert asked.content.endswith("To which day?")


async def test_values_without_a_query_are_refused(core: Core, ada: Actor) -> None:
    with pytest.raises(ParametersAlone, match="values of a saved query"):
        await core.chats.ask(ada, Question(text="monthly revenue", parameters={"year": 2025}))


@pytest.mark.parametrize(
    ("said", "use", "value", "moved"),
    [
        ("and the year before?", "year", 2024, 2023),
        ("previous year", "year", "2024", "2023"),
        ("and the following year", "year", "2024", "2025"),
        ("the month before", "month", "2024-01", "2023-12"),
        ("the year before", "month", "2024-01", "2023-01"),
        ("the day before", "day", "2024-03-01", "2024-02-29"),
        ("next week", "day", "2024-03-01", "2024-03-08"),
        ("the month before", "last day", "2024-03-31", "2024-02-29"),
        ("the month after", "last day", "2024-11-30", "2024-12-31"),
        ("the year before", "last day", "2024-02-29", "2023-02-28"),
    ],
)
def test_a_step_is_taken_from_the_last_values(
    said: str, use: str, value: object, moved: object
) -> None:
    assert stepped(said, {"at": use}, {"at": value, "top": 5}) == {"at": moved, "top": 5}


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("and the weather before", {"start": "2024-01-01"}),
        ("the month before", {"start": "2024-01-01", "end": "2024-12-31"}),
        ("the month before", {"year": 2024}),
        ("the year before", {"region": "EU"}),
    ],
)
def test_what_is_no_such_step_is_none(said: str, values: dict[str, object]) -> None:
    uses = {"start": "first day", "end": "last day", "year": "year", "region": "value"}

    assert stepped(said, uses, values) is None


def test_the_year_that_is_spoken_of_is_the_latest() -> None:
    assert year_of({"start": "2023-01-01", "end": "2024-12-31", "top": 2050_1}) == 2024
    assert year_of({"region": "EU"}) is None


@pytest.mark.parametrize(
    ("said", "kind", "alone"),
    [
        ("monthly revenue 2025 pie chart", "pie", False),
        ("as a bar chart", "bar", True),
        ("and now as bars, please", None, False),
        ("as bars", "bar", True),
        ("show it as a stacked bar chart", "stacked_bar", True),
        ("revenue by product line", None, False),
        ("als Balkendiagramm bitte", "bar", True),
    ],
)
def test_the_kind_of_a_chart_is_read(said: str, kind: str | None, alone: bool) -> None:
    assert kind_of(said) == kind
    assert only_a_kind(said) is alone
