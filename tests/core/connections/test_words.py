"""Names and questions as words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connections.words import asked, edits, moment, shortens, singular, split, stem


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("order_items", ["order", "items"]),
        ("CustomerOrderID", ["customer", "order", "id"]),
        ("HTTPServer", ["http", "server"]),
        ("EMP_MSTR", ["emp", "mstr"]),
        ("ICD10_codes", ["icd", "10", "icd10", "codes"]),
        ("Straße", ["strasse"]),
        ("naïveCafé", ["naive", "cafe"]),
        ("売上明細", ["売上", "上明", "明細"]),
        ("顧客ID", ["顧客", "id"]),
        ("ガ", ["ガ"]),
        ("한국어", ["한국", "국어"]),
        ("заказыКлиентов", ["заказы", "клиентов"]),
        ("\uff15\uff27", ["5", "g", "5g"]),
        ("", []),
        ("___", []),
        ("🛒", []),
    ],
)
def test_a_name_comes_apart_at_case_underscores_digits_and_between_characters(
    name: str, words: list[str]
) -> None:
    assert split(name) == words


def test_words_of_one_root_share_their_stem() -> None:
    for one, other in (
        ("company", "companies"),
        ("shipped", "shipping"),
        ("invoice", "invoices"),
        ("address", "addresses"),
        ("box", "boxes"),
    ):
        assert stem(one) == stem(other)
    assert stem("sale") != stem("sal")
    assert stem("status") == "status"
    assert stem("speed") == "speed"
    assert stem("顧客") == "顧客"


def test_a_singular_is_what_an_abbreviation_is_made_of() -> None:
    assert singular("queries") == "query"
    assert singular("shipments") == "shipment"
    assert singular("gas") == "gas"
    assert singular("status") == "status"


def test_abbreviations_are_recognised_and_other_words_are_not() -> None:
    for short, word in (
        ("cust", "customer"),
        ("cstmr", "customer"),
        ("acct", "account"),
        ("shpmnt", "shipment"),
        ("dlvry", "delivery"),
        ("whse", "warehouse"),
    ):
        assert shortens(short, word) > 0.5, short
    assert not shortens("order", "customer")
    assert not shortens("customer", "cust")
    assert not shortens("area", "aerial")
    assert not shortens("ab", "about")


def test_a_question_keeps_the_words_that_may_name_something() -> None:
    assert asked("How many clients ordered in the last month?") == ["clients", "ordered"]
    assert asked("Aufträge") == ["auftrage", "auftraege"]
    assert asked("") == []
    assert asked("🎉 💰 ???") == []
    assert asked("What is the total of all?") == ["total"]


def test_counting_words_are_read_only_where_little_else_is_said() -> None:
    assert asked("the number of orders per customer") == ["orders", "customer"]
    assert asked("fields not yet sown") == ["fields", "sown"]


def test_a_very_long_question_is_read_at_its_head_and_its_tail() -> None:
    words = asked("refunds " + "x" * 1_000_000 + " by supplier")
    assert "refunds" in words
    assert "supplier" in words


def test_questions_about_time_are_told_apart() -> None:
    assert moment("Revenue last month")
    assert moment("Umsatz pro Jahr")
    assert not moment("Revenue per product")


def test_slips_of_the_finger_are_counted() -> None:
    assert edits("cusotmer", "customer", 2) == 1
    assert edits("ordr", "order", 2) == 1
    assert edits("same", "same", 1) == 0
    assert edits("apples", "pears", 2) == 3


@given(st.text(max_size=200))
def test_any_text_has_words(text: str) -> None:
    for word in split(text):
        assert word
        assert len(word) <= 40
        stem(word)
        singular(word)
    asked(text)
    moment(text)


@given(st.text(max_size=12), st.text(max_size=12))
def test_edits_are_the_same_both_ways(one: str, other: str) -> None:
    assert edits(one, other, 20) == edits(other, one, 20)
    assert (edits(one, other, 20) == 0) == (one == other)
