"""Finding a saved query by what it means."""

from statistics import median
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.queries.index import Entry, QueryIndex
from core.sample import QUERIES

ENTRIES = tuple(
    Entry(each.title, each.title, each.prompt, each.description, each.keywords) for each in QUERIES
)
INDEX = QueryIndex(ENTRIES)


def first(text: str, index: QueryIndex = INDEX) -> tuple[str, float]:
    found = index.search(text, 1)
    return found[0] if found else ("", 0.0)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("revenue per month in 2025", "Monthly revenue"),
        ("Show me the monthly revenue for last year, please", "Monthly revenue"),
        ("how much did we sell each month?", "Monthly revenue"),
        ("turnover by month", "Monthly revenue"),
        ("Umsatz pro Monat", "Monthly revenue"),
        ("chiffre d'affaires par mois", "Monthly revenue"),
        ("ingresos por mes", "Monthly revenue"),
        ("monthly revnue", "Monthly revenue"),
        ("reveneu by month", "Monthly revenue"),
        ("top 5 products in June", "Top products"),
        ("best sellers", "Top products"),
        ("what sold best last summer?", "Top products"),
        ("sales by country", "Revenue by region"),
        ("kunden pro region", "Revenue by region"),
        ("refund rate", "Refund rate by category"),
        ("which goods are returned most?", "Refund rate by category"),
        ("money back by category", "Refund rate by category"),
        ("AOV", "Average order value by segment"),
        ("how big is an average order of a business?", "Average order value by segment"),
        ("basket size", "Average order value by segment"),
        ("ROAS", "Marketing return by channel"),
        ("return on ad spend per channel", "Marketing return by channel"),
        ("how are our ads doing", "Marketing return by channel"),
        ("open tickets", "Open tickets by priority"),
        ("how many urgent support cases are waiting", "Open tickets by priority"),
        ("new signups in EU 2024", "New customers per month"),
        ("customer growth", "New customers per month"),
        ("customer retention", "Repeat purchase rate"),
        ("how many buyers come back again", "Repeat purchase rate"),
        ("low inventry", "Low stock"),
        ("what do we need to reorder for the Leipzig warehouse", "Low stock"),
        ("Lagerbestand", "Low stock"),
    ],
)
def test_a_question_finds_the_query_that_answers_it(text: str, title: str) -> None:
    assert first(text)[0] == title


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda each: each.title)
def test_a_title_or_prompt_word_for_word_is_certain(entry: Entry) -> None:
    for text in (entry.title, entry.title.upper(), entry.prompt, f"  {entry.prompt[:-1]} !"):
        assert first(text) == (entry.id, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "weather in Paris tomorrow",
        "write a poem about spring",
        "who won the cup",
        "drop it",
        "hello",
    ],
)
def test_what_no_query_is_about_scores_low(text: str) -> None:
    assert first(text)[1] < 0.3


@pytest.mark.parametrize("text", ["", "   ", "?!", "2025", "the of and", "what is it", "a", "\x00"])
def test_what_says_nothing_finds_nothing(text: str) -> None:
    assert INDEX.search(text) == ()


def test_a_value_beside_the_question_changes_little() -> None:
    bare = first("monthly revenue")[1]
    assert first("monthly revenue 2025") == ("Monthly revenue", bare)
    assert 0.5 < first("monthly revenue Zanzibar")[1] < bare


def test_the_more_of_it_is_said_the_surer_it_is() -> None:
    scores = [first(text)[1] for text in ("tickets", "open tickets", "open tickets by priority")]
    assert scores == sorted(scores)
    assert scores[-1] == 1.0
    assert scores[0] < 0.95


def test_a_title_counts_more_than_keywords_prompt_and_description() -> None:
    index = QueryIndex(
        [
            Entry("description", "A", "What?", "Churn of subscribers"),
            Entry("prompt", "B", "What is the churn of subscribers?"),
            Entry("keyword", "C", "What?", "", ("churn",)),
            Entry("title", "Churn", "What?"),
            *(Entry(str(n), f"Other {n}", "Something else entirely?") for n in range(20)),
        ]
    )
    order = ["title", "keyword", "prompt", "description"]
    found = index.search("churn")
    assert [id for id, _score in found] == order
    assert [score for _id, score in found] == sorted((s for _id, s in found), reverse=True)


def test_a_word_that_is_still_being_typed_finds_what_it_may_become() -> None:
    assert {id for id, _score in INDEX.search("reven")[:2]} == {
        "Monthly revenue",
        "Revenue by region",
    }
    assert first("open tic")[0] == "Open tickets by priority"


def test_initials_stand_for_a_title() -> None:
    index = QueryIndex([Entry("1", "Net promoter score", "How happy?"), Entry("2", "Sales", "?")])
    assert first("NPS", index)[0] == "1"


def test_scripts_without_spaces_are_searched_too() -> None:
    index = QueryIndex([Entry("1", "月別売上", "売上は?"), Entry("2", "在庫一覧", "在庫は?")])
    assert first("売上", index)[0] == "1"
    assert first("在庫", index)[0] == "2"


def test_equal_queries_come_in_a_steady_order_and_no_more_than_asked() -> None:
    index = QueryIndex([Entry(str(n), "Sales by region", "Sales?") for n in range(30)])
    found = index.search("sales region", 5)
    assert found == index.search("sales region", 5)
    assert [id for id, _score in found] == ["0", "1", "2", "3", "4"]
    assert index.search("sales", 0) == ()
    assert QueryIndex([]).search("sales") == ()


def test_what_an_earlier_index_read_is_used_again_and_changes_nothing() -> None:
    changed = [ENTRIES[0]._replace(title="Rainfall", prompt="How wet?"), *ENTRIES[2:]]
    fresh, again = QueryIndex(changed), QueryIndex(changed, INDEX)
    for text in ("rainfall", "open tickets", "top products", "AOV"):
        assert again.search(text) == fresh.search(text)


@given(text=st.text(max_size=200), limit=st.integers(min_value=-1, max_value=20))
def test_whatever_is_asked_gets_scores_from_0_to_1_best_first(text: str, limit: int) -> None:
    found = INDEX.search(text, limit)
    assert len(found) <= max(limit, 0)
    scores = [score for _id, score in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


def test_a_very_long_question_is_answered_at_once() -> None:
    begun = perf_counter()
    assert first("monthly revenue " + "lorem ipsum " * 100_000)[0] == "Monthly revenue"
    assert perf_counter() - begun < 2


def test_ten_thousand_queries_are_searched_in_milliseconds() -> None:
    nouns = ("revenue", "orders", "refunds", "churn", "tickets", "stock", "visits", "spend")
    ways = ("month", "region", "segment", "channel", "team", "supplier", "category", "plan")
    kinds = ("average", "total", "open", "new", "repeat", "overdue", "net")
    index = QueryIndex(
        [
            Entry(
                str(n),
                f"{kinds[n % 7]} {nouns[n % 8]} by {ways[n // 8 % 8]} {n % 613}x",
                f"What is the {kinds[n % 7]} {nouns[n % 8]} for each {ways[n // 64 % 8]}?",
                f"For team t{n % 997}, compared with {nouns[n // 512 % 8]}.",
            )
            for n in range(10_000)
        ]
    )
    took = []
    for noun in nouns:
        for way in ways:
            begun = perf_counter()
            found = index.search(f"show me the {noun} for every {way} in 2025", 10)
            took.append(perf_counter() - begun)
            assert len(found) == 10
    assert median(took) < 0.06, f"{median(took):.4f} s; 0.005 on an idle machine"
