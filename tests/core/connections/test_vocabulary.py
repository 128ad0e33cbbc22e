"""What a word of a question may mean in a schema."""

import pytest

from core.connections.thesaurus import book, senses
from core.connections.vocabulary import Vocabulary, segments
from core.connections.words import split, stem


def vocabulary(*words: str) -> Vocabulary:
    return Vocabulary({stem(word): word for text in words for word in split(text)})


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("customers", "customer"),
        ("clients", "customer"),
        ("customers", "cust"),
        ("customer", "cstmr"),
        ("client", "cust"),
        ("quantity", "qty"),
        ("amount", "amt"),
        ("revenue", "sales"),
        ("turnover", "revenue"),
        ("shipped", "shipment"),
        ("shipments", "shpmnt"),
        ("queries", "qry"),
        ("Kunden", "customer"),
        ("customer", "kunden"),
        ("Rechnung", "invoice"),
        ("facture", "invoice"),
        ("顧客", "customer"),
        ("cusotmers", "customer"),
        ("invioces", "invoice"),
    ],
)
def test_a_word_means_what_is_there(asked: str, there: str) -> None:
    meant = vocabulary(there, "weather", "building").meanings(split(asked)[0])
    assert max(meant, key=lambda term: meant[term], default=None) == stem(split(there)[0])


def test_the_word_itself_is_the_surest() -> None:
    meant = vocabulary("customer", "client", "cust").meanings("customer")
    assert meant["customer"] == 1.0
    assert meant["cust"] > meant["client"] > 0.5


@pytest.mark.parametrize(
    ("asked", "there"),
    [("party", "part"), ("dish", "wish"), ("xyzzy", "customer"), ("form", "farm")],
)
def test_words_that_merely_look_alike_mean_nothing(asked: str, there: str) -> None:
    meant = vocabulary(there).meanings(asked)
    assert max(meant.values(), default=0.0) < 0.6


def test_neighbouring_words_mean_more_together() -> None:
    words = vocabulary("bom", "gl", "timesheet", "purchase_order")
    assert words.phrase(("bill", "of", "materials")) == {"bom": 0.9}
    assert words.phrase(("general", "ledger"))["gl"] == 0.9
    assert words.phrase(("time", "sheet")) == {"timesheet": 1.0}
    assert words.phrase(("blue", "sky")) == {}


def test_compounds_come_apart() -> None:
    parts = {"order", "items", "kunden", "auftrag", "lieferanten", "rechnung"}
    assert segments("orderitems", parts) == ("order", "items")
    assert segments("kundenauftrag", parts) == ("kunden", "auftrag")
    assert segments("lieferantenrechnung", parts) == ("lieferanten", "rechnung")
    assert segments("orders", parts) == ()
    assert segments("unknownthing", parts) == ()


def test_every_line_of_the_thesaurus_says_something() -> None:
    for line in book():
        assert line.word, line
        assert line.shorts or line.likes or line.abroad, line
        assert line.word == line.word.lower()
    for word, others in senses().items():
        assert all(0 < sense.weight <= 1 and sense.stems != word for sense in others), word
