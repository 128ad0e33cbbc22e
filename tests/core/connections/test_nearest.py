"""Which names come nearest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connections.nearest import likeness, nearest

TABLES = ("orders", "order_items", "customers", "products", "payments", "suppliers", "OrderAudit")
COLUMNS = ("order_id", "customer_id", "placed_at", "status", "total_amount", "currency")


@pytest.mark.parametrize(
    ("meant", "there"),
    [
        ("ordrs", "orders"),
        ("ORDERS", "orders"),
        ("OrderItems", "order_items"),
        ("orderitem", "order_items"),
        ("items_order", "order_items"),
        ("cust", "customers"),
        ("clients", "customers"),
        ("prodcuts", "products"),
        ("vendor", "suppliers"),
        ("order_audit", "OrderAudit"),
    ],
)
def test_the_nearest_table_comes_first(meant: str, there: str) -> None:
    assert nearest(meant, TABLES)[0] == there


@pytest.mark.parametrize(
    ("meant", "there"),
    [
        ("totl_amount", "total_amount"),
        ("amount", "total_amount"),
        ("cust_id", "customer_id"),
        ("customerId", "customer_id"),
        ("curr", "currency"),
        ("state", "status"),
    ],
)
def test_the_nearest_column_comes_first(meant: str, there: str) -> None:
    assert nearest(meant, COLUMNS)[0] == there


def test_what_is_far_is_not_offered() -> None:
    assert nearest("xyzzy", TABLES) == ()
    assert nearest("", TABLES) == ()
    assert nearest("weather", TABLES) == ()
    assert nearest("orders", ()) == ()


def test_at_most_so_many_are_offered() -> None:
    names = [f"order_{n}" for n in range(50)]
    assert len(nearest("order", names)) == 3
    assert len(nearest("order", names, n=1)) == 1


def test_names_in_other_scripts_are_compared() -> None:
    assert nearest("売上明", ["売上明細", "社員"]) == ("売上明細",)


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_a_share(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one) == 1.0


@given(st.text(max_size=5000))
def test_any_name_is_compared(name: str) -> None:
    assert set(nearest(name, TABLES)) <= set(TABLES)
