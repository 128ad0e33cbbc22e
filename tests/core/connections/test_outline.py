"""Tables in few words."""

from core.connections.outline import compact, named, said
from core.connections.quoting import written
from core.connections.records import Column, Dialect, Schema
from core.connections.search import Index
from tests.core.connections.tables import CUSTOMERS, ITEMS, ORDERS, PRODUCTS, SHOP, table


def shown(question: str, dialect: Dialect = Dialect.POSTGRESQL) -> str:
    index = Index(SHOP)
    hits = index.search(question, limit=4)
    tables = [(hit.table, hit.columns) for hit in hits]
    return compact(tables, index.joins(hits), default="public", dialect=dialect)


def test_a_table_is_one_line_with_keys_arrows_and_values() -> None:
    text = shown("orders of customers by status")
    assert "orders(order_id integer PK, customer_id integer → customers.customer_id" in text
    assert "status varchar {open|paid|shipped}" in text
    assert len(text.splitlines()) == 4


def test_a_join_that_only_names_suggest_has_a_question_mark() -> None:
    assert "category_id integer →? categories.category_id" in shown("products by category")


def test_columns_left_out_are_counted() -> None:
    text = compact([(ORDERS, {"order_id"})], (), default="public", dialect=Dialect.SQLITE)
    assert text == "orders(order_id integer PK, … +4)"


def test_a_join_through_another_table_is_spelt_out() -> None:
    index = Index(SHOP)
    hits = [hit for hit in index.search("orders products") if hit.table in (ORDERS, PRODUCTS)]
    tables = [(hit.table, hit.columns) for hit in hits]
    text = compact(tables, index.joins(hits), default="public", dialect=Dialect.SQLITE)
    last = text.splitlines()[-1]
    assert last.startswith("Joins: ")
    assert set(last.removeprefix("Joins: ").split("; ")) == {
        "order_items.order_id = orders.order_id",
        "order_items.product_id = products.product_id",
    }


def test_names_are_written_as_the_dialect_needs_them() -> None:
    assert written("orders", Dialect.POSTGRESQL) == "orders"
    assert written("WorkOrder", Dialect.POSTGRESQL) == '"WorkOrder"'
    assert written("WorkOrder", Dialect.SQLITE) == "WorkOrder"
    assert written("order", Dialect.SQLITE) == '"order"'
    assert written("order", Dialect.MYSQL) == "`order`"
    assert written("my table", Dialect.MARIADB) == "`my table`"
    assert written('a"b', Dialect.DUCKDB) == '"a""b"'
    assert written("a`b", Dialect.MYSQL) == "`a``b`"
    assert written("売上", Dialect.POSTGRESQL) == "売上"
    assert written("2024", Dialect.SQLITE) == '"2024"'
    assert named(("Sales", "order"), "public", Dialect.POSTGRESQL) == '"Sales"."order"'


def test_long_types_comments_and_numbers_are_short() -> None:
    wordy = table("t", "a", comment="x" * 500)._replace(
        columns=(
            Column("a", "character varying(20)"),
            Column("b", "timestamp without time zone"),
            Column("c", "timestamp with time zone"),
            Column("d", "enum('x','y','z')"),
        ),
        rows=1_234_567,
        kind="view",
    )
    text = compact([(wordy, "abcd")], (), default="public", dialect=Dialect.POSTGRESQL)
    assert text.startswith(
        "t(a varchar(20) PK, b timestamp, c timestamptz, d enum) view ~1.23M rows -- xxx"
    )
    assert len(text) < 250


def test_values_of_sensitive_columns_are_never_told() -> None:
    leaky = CUSTOMERS._replace(samples={"email": ("ada@example.org",), "country": ("NL",)})
    text = compact(
        [(leaky, {"email", "country"})], (), default="public", dialect=Dialect.POSTGRESQL
    )
    assert "ada" not in text
    assert "{NL}" in text


def test_ten_tables_take_less_than_three_kilobytes() -> None:
    schema = Schema(
        tuple(ITEMS._replace(name=f"order_items_{n}_of_shop") for n in range(10)), "public"
    )
    index = Index(schema)
    hits = index.search("order items")
    tables = [(hit.table, hit.columns) for hit in hits]
    text = compact(tables, index.joins(hits), default="public", dialect=Dialect.POSTGRESQL)
    assert len(hits) == 10
    assert len(text.encode()) < 3000


def test_what_there_is_to_say_of_a_table_is_one_line() -> None:
    noted = ORDERS._replace(comment="What people bought")
    assert said(noted) == (
        "public.orders: What people bought (order_id, customer_id, placed_at, status, total_amount)"
    )
