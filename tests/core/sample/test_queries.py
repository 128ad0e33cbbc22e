"""The sample's saved queries, asked of the sample store."""

import sqlite3
from typing import Any

import pytest

from core.connections.records import Dialect
from core.connections.template import check, parameters, render
from core.sample import QUERIES, SampleQuery

YEAR = {"year": 2025}
SUMMER = {"start": "2025-06-01", "end": "2025-08-31"}
VALUES: dict[str, dict[str, Any]] = {
    "Monthly revenue": YEAR,
    "Top products": {**SUMMER, "top": 5},
    "Revenue by region": YEAR,
    "Refund rate by category": SUMMER,
    "Average order value by segment": YEAR,
    "Marketing return by channel": YEAR,
    "Open tickets by priority": {"day": "2025-12-31"},
    "New customers per month": {**YEAR, "region": "EU"},
    "Repeat purchase rate": YEAR,
    "Low stock": {"warehouses": ["Leipzig", "大阪"]},
}
each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda each: each.title)
Rows = list[dict[str, Any]]


def ask(shop: sqlite3.Connection, query: SampleQuery, values: dict[str, Any]) -> Rows:
    statement = render(query.sql, Dialect.SQLITE, values)
    cursor = shop.execute(*statement)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def titled(title: str) -> SampleQuery:
    return next(query for query in QUERIES if query.title == title)


def test_there_are_ten_of_different_titles() -> None:
    assert [query.title for query in QUERIES] == list(VALUES)
    assert all(query.prompt.endswith("?") and query.keywords for query in QUERIES)


@each_query
def test_it_can_be_saved_and_asks_for_its_parameters(query: SampleQuery) -> None:
    assert set(check(query.sql, Dialect.SQLITE)) == set(VALUES[query.title])
    assert parameters(query.sql) == parameters(query.sql, Dialect.SQLITE)


@each_query
def test_it_answers_with_several_rows_and_nothing_empty(
    shop: sqlite3.Connection, query: SampleQuery
) -> None:
    rows = ask(shop, query, VALUES[query.title])
    assert len(rows) >= 3
    for row in rows:
        assert None not in row.values(), row


@each_query
@pytest.mark.parametrize("value", ["nowhere", "'; DROP TABLE orders; --", "1066", None])
def test_it_answers_nothing_to_what_does_not_exist(
    shop: sqlite3.Connection, query: SampleQuery, value: str | None
) -> None:
    given = {name: 5 if name == "top" else value for name in VALUES[query.title]}
    assert ask(shop, query, given) == []


def test_the_months_of_a_year_make_up_the_year(shop: sqlite3.Connection) -> None:
    rows = ask(shop, titled("Monthly revenue"), YEAR)
    assert [row["month"] for row in rows] == [f"2025-{month:02}" for month in range(1, 13)]
    sql = "SELECT SUM(total) FROM orders WHERE ordered_at >= '2025-01-01' AND status <> 'cancelled'"
    ((year,),) = shop.execute(sql)
    assert sum(row["revenue"] for row in rows) == year
    assert ask(shop, titled("Monthly revenue"), {"year": "2025"}) == rows


def test_every_breakdown_of_a_year_is_of_the_same_year(shop: sqlite3.Connection) -> None:
    monthly = ask(shop, titled("Monthly revenue"), YEAR)
    by_region = ask(shop, titled("Revenue by region"), YEAR)
    by_segment = ask(shop, titled("Average order value by segment"), YEAR)
    assert len(by_region) == 24
    assert {row["segment"] for row in by_segment} == {"Consumer", "Business", "Reseller"}
    assert (
        sum(row["revenue"] for row in monthly)
        == sum(row["revenue"] for row in by_region)
        == sum(row["revenue"] for row in by_segment)
    )
    assert sum(row["percent_of_revenue"] for row in by_region) == pytest.approx(100, abs=1.5)


def test_the_best_sellers_come_best_first_and_as_many_as_asked(shop: sqlite3.Connection) -> None:
    rows = ask(shop, titled("Top products"), {**SUMMER, "top": 3})
    assert len(rows) == 3
    assert [row["revenue"] for row in rows] == sorted(
        (row["revenue"] for row in rows), reverse=True
    )


def test_the_recall_of_a_summer_can_be_found(shop: sqlite3.Connection) -> None:
    def tents(start: str, end: str) -> float:
        rows = ask(shop, titled("Refund rate by category"), {"start": start, "end": end})
        (rate,) = (row["refund_rate_percent"] for row in rows if row["category"] == "Tents")
        return float(rate)

    summer, spring = tents("2025-06-01", "2025-08-31"), tents("2025-03-01", "2025-05-31")
    assert summer > 1.3 * spring


def test_only_paid_channels_have_a_return(shop: sqlite3.Connection) -> None:
    rows = ask(shop, titled("Marketing return by channel"), YEAR)
    assert {row["channel"] for row in rows} == {"Paid search", "Social ads", "Email", "Affiliates"}
    assert all(1 < row["return_on_ad_spend"] < 40 for row in rows)


def test_tickets_come_most_urgent_first(shop: sqlite3.Connection) -> None:
    rows = ask(shop, titled("Open tickets by priority"), {"day": "2025-12-31"})
    assert [row["priority"] for row in rows] == ["urgent", "high", "normal", "low"]
    assert all(row["unanswered"] <= row["open_tickets"] for row in rows)


def test_low_stock_is_below_its_reorder_point(shop: sqlite3.Connection) -> None:
    both = ask(shop, titled("Low stock"), VALUES["Low stock"])
    assert {row["warehouse"] for row in both} == {"Leipzig", "大阪"}
    assert all(0 <= row["on_hand"] < row["reorder_point"] for row in both)
    alone = ask(shop, titled("Low stock"), {"warehouses": "大阪"})
    assert 0 < len(alone) < len(both)
    assert ask(shop, titled("Low stock"), {"warehouses": []}) == []
