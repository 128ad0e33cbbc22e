"""From a question to the tables it is about."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.catalogue import catalogue, flattened
from benchmarks.search import PlainBM25, asking, recall
from core.connections.records import Column, Schema, Table
from core.connections.search import Hit, Index
from tests.core.connections.tables import CATEGORIES, CUSTOMERS, ORDERS, SHOP, table


def names(hits: Sequence[Hit]) -> list[str]:
    return [hit.table.name for hit in hits]


@pytest.fixture(scope="module")
def shop() -> Index:
    return Index(SHOP)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Who are our customers?", "customers"),
        ("clients by country", "customers"),
        ("support tickets", "sppt_tkt"),
        ("Which shopper signed up last?", "customers"),
        ("prodcuts", "products"),
        ("Bestellungen pro Monat", "orders"),
        ("SELECT * FROM order_items", "order_items"),
        ("How many orders are shipped?", "orders"),
        ("requests", "sppt_tkt"),
    ],
)
def test_a_question_finds_its_table_first(shop: Index, question: str, first: str) -> None:
    assert names(shop.search(question))[0] == first


def test_tables_that_join_the_answer_come_along(shop: Index) -> None:
    found = names(shop.search("revenue per product category by month", limit=5))
    assert {"products", "categories", "order_items", "orders"} <= set(found)


def test_copies_come_after_their_originals(shop: Index) -> None:
    found = names(shop.search("orders"))
    assert found.index("orders") < found.index("orders_backup_2019")


def test_a_copy_that_is_asked_for_comes_first(shop: Index) -> None:
    assert names(shop.search("the backup of orders"))[0] == "orders_backup_2019"


def test_hits_name_the_columns_that_matter_and_say_why() -> None:
    wide = ORDERS._replace(
        columns=(*ORDERS.columns, *(Column(f"extra_{n}", "text") for n in range(30)))
    )
    index = Index(Schema((wide, CUSTOMERS), "public"))
    hit = next(hit for hit in index.search("total of orders by status last year"))
    assert hit.table.name == "orders"
    assert set(hit.columns) >= {"order_id", "customer_id", "placed_at", "status"}
    assert "extra_7" not in hit.columns
    assert "orders" in hit.why


def test_a_narrow_table_is_shown_whole(shop: Index) -> None:
    hit = next(hit for hit in shop.search("orders") if hit.table.name == "orders")
    assert hit.columns == tuple(column.name for column in ORDERS.columns)


def test_joins_of_hits_are_those_between_them(shop: Index) -> None:
    hits = [
        hit
        for hit in shop.search("orders of customers")
        if hit.table.name in {"orders", "customers"}
    ]
    assert [(join.left[1], join.right[1]) for join in shop.joins(hits)] == [("orders", "customers")]


@pytest.mark.parametrize("question", ["", "   ", "🛒🎉", "what is it?", "?!", "the of and"])
def test_a_question_without_a_word_shows_what_most_hangs_on(shop: Index, question: str) -> None:
    hits = shop.search(question, limit=3)
    assert len(hits) == 3
    assert {hit.score for hit in hits} == {0.0}
    assert "orders" in names(hits)
    assert "orders_backup_2019" not in names(hits)


def test_words_that_mean_nothing_here_find_nothing(shop: Index) -> None:
    assert shop.search("xyzzy plugh") == ()


def test_an_empty_schema_has_nothing_to_find() -> None:
    index = Index(Schema((), "public"))
    assert index.search("orders") == ()
    assert index.search("") == ()
    assert index.joins(()) == ()


def test_a_table_without_columns_is_found() -> None:
    index = Index(Schema((Table("public", "orders", "table", ()),), "public"))
    assert names(index.search("orders")) == ["orders"]


def test_limits_are_kept(shop: Index) -> None:
    assert len(shop.search("orders customers products", limit=2)) == 2
    assert shop.search("orders", limit=0) == ()
    assert len(shop.search("orders customers products", limit=1000)) <= len(SHOP.tables)


def test_a_question_of_a_megabyte_is_answered(shop: Index) -> None:
    assert names(shop.search("orders " + "lorem ipsum dolor " * 60_000))[0] == "orders"
    assert shop.search("x" * 1_000_000) == ()


def test_comments_samples_and_hints_are_searched() -> None:
    secret = table("zz_17", "a b", comment="Wishes of guests at the front desk")
    codes = table("zz_18", "a state", samples={"state": ("quarantined", "released")})
    told = table("zz_19", "a b")
    index = Index(Schema((secret, codes, told), "public"), {("public", "zz_19"): "churn scores"})
    assert names(index.search("guest wishes"))[:1] == ["zz_17"]
    assert names(index.search("quarantined lots"))[:1] == ["zz_18"]
    assert names(index.search("churn"))[:1] == ["zz_19"]


def test_samples_of_sensitive_columns_are_not_searched() -> None:
    people = table("zz_20", "a email", samples={"email": ("ada@example.org",)})
    assert Index(Schema((people,), "public")).search("ada") == ()


def test_names_in_japanese_and_chinese_are_found() -> None:
    sales = table("売上明細", "売上ID 商品ID 数量 金額")
    people = table("社員マスタ", "社員ID 氏名 部署")
    index = Index(Schema((sales, people), "public"))
    assert names(index.search("今月の売上はいくら"))[0] == "売上明細"
    assert names(index.search("employees per department"))[0] == "社員マスタ"


def test_names_that_run_together_are_found() -> None:
    index = Index(Schema((table("customerorders", "id total"), table("zz", "id")), "public"))
    assert names(index.search("orders of a customer")) == ["customerorders"]


class Colours:
    """A keeper of the promise that knows two meanings."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [
            (1.0, 0.0)
            if any(word in text for word in ("scarlet", "crimson"))
            else (0.0, 1.0)
            if any(word in text for word in ("azure", "navy"))
            else (0.1, 0.1)
            for text in texts
        ]


def test_meaning_finds_what_no_word_does() -> None:
    schema = Schema((table("azure_ledger", "id"), table("scarlet_letters", "id")), "public")
    assert Index(schema).search("crimson") == ()
    found = names(Index(schema, meaning=Colours()).search("crimson"))
    assert found[0] == "scarlet_letters"


def test_meaning_does_not_overrule_the_very_word() -> None:
    schema = Schema((table("azure_ledger", "id"), table("scarlet_letters", "id")), "public")
    found = names(Index(schema, meaning=Colours()).search("ledger, not scarlet"))
    assert set(found) == {"azure_ledger", "scarlet_letters"}


def test_the_same_question_gets_the_same_answer() -> None:
    schema, questions = catalogue(1000)
    one, other = Index(schema), Index(schema)
    for question in questions[::20]:
        assert one.search(question.text) == other.search(question.text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_answered(text: str) -> None:
    hits = Index(Schema((ORDERS, CUSTOMERS, CATEGORIES), "public")).search(text)
    assert len(hits) <= 3
    assert all(set(hit.columns) <= {each.name for each in hit.table.columns} for hit in hits)


def test_the_right_tables_of_a_thousand_are_found_where_plain_bm25_does_not() -> None:
    schema, questions = catalogue(1000)
    ours, plain = asking(Index(schema)), PlainBM25(schema).ask
    development = [each for each in questions if not each.held_out]
    held_out = [each for each in questions if each.held_out]
    # Floors a little below what was measured: they hold what there is, they are not the goal.
    assert recall(ours, development) >= 0.93
    assert recall(ours, held_out) >= 0.87
    assert recall(ours, questions) > 2 * recall(plain, questions)


def test_the_right_tables_are_found_when_all_are_in_one_schema() -> None:
    schema, questions = flattened(*catalogue(1000))
    assert recall(asking(Index(schema)), questions) >= 0.9
