"""What an assistant reads when its statement fails: real complaints of the real engines."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.connections.errors import StatementFailed, StatementRefused
from core.connections.policy import judge
from core.connections.records import Dialect, Schema
from core.connections.repair import explain, repair
from core.connections.scope import place
from tests.core.connections.engines import Lender, shop

LITE, DUCK, PG, MARIA = Dialect.SQLITE, Dialect.DUCKDB, Dialect.POSTGRESQL, Dialect.MARIADB
ALL = (LITE, DUCK, PG, MARIA)
SHOP = shop("main")

CASES: tuple[tuple[tuple[Dialect, ...], str, str], ...] = (
    # Names
    (ALL, "SELECT totl_amount FROM orders", "Did you mean orders.total_amount?"),
    (ALL, "SELECT o.amount FROM orders o", "Did you mean o.total_amount?"),
    (ALL, "SELECT o.cust_id FROM orders AS o", "Did you mean o.customer_id?"),
    (ALL, "SELECT * FROM ordrs", "Did you mean orders"),
    (ALL, "SELECT * FROM order", "Did you mean orders"),
    (ALL, "SELECT * FROM clients", "Did you mean customers?"),
    (ALL, "SELECT * FROM weather", "The tables are customers, orders, order_items."),
    (ALL, "SELECT * FROM shop.orders", "Write orders."),
    (ALL, "SELECT wrong FROM orders", "The columns of orders are order_id, customer_id, placed_at"),
    (ALL, "SELECT x.status FROM orders o", "FROM has o."),
    (ALL, "SELECT orders.status FROM orders o", "FROM calls orders o: write o."),
    (
        ALL,
        "SELECT customers.email FROM orders",
        "Add JOIN customers ON orders.customer_id = customers.customer_id.",
    ),
    (
        ALL,
        "SELECT status FROM orders o WHERE country = 'NL'",
        "There is customers.country: JOIN customers ON o.customer_id = customers.customer_id.",
    ),
    (
        ALL,
        "SELECT o.stat, i.qty FROM orders o JOIN order_items i ON i.order_id = o.order_id",
        "Nor is there i.qty: i.quantity.",
    ),
    (
        ALL,
        "SELECT customer_id FROM orders o JOIN customers c ON o.customer_id = c.customer_id",
        "Write o.customer_id or c.customer_id.",
    ),
    (ALL, "WITH t AS (SELECT status FROM orders) SELECT email FROM t", "columns"),
    (
        ALL,
        "WITH t AS (SELECT status FROM orders) SELECT total_amount FROM t",
        "Add total_amount to the SELECT that makes t",
    ),
    (ALL, "SELECT s.total FROM (SELECT status FROM orders) s", "Add total to the SELECT"),
    ((PG, MARIA), "SELECT order_id AS n FROM orders WHERE n > 5", "comes from the SELECT list"),
    ((PG, DUCK), """SELECT * FROM orders WHERE status = "open" """, "quotes: 'open'."),
    ((PG, DUCK), 'SELECT "OrderId" FROM orders', "Did you mean orders.order_id?"),
    # Grouping
    ((PG, DUCK), "SELECT status, SUM(total_amount) FROM orders", "to GROUP BY, or aggregate it"),
    (ALL, "SELECT status FROM orders WHERE SUM(total_amount) > 5", "HAVING"),
    (ALL, "SELECT 1 FROM orders WHERE ROW_NUMBER() OVER () = 1", "in a subquery"),
    (ALL, "SELECT status FROM orders UNION SELECT 1, 2", "the same number of columns"),
    # Functions
    ((LITE,), "SELECT DATE_TRUNC('month', placed_at) FROM orders", "strftime('%Y-%m', placed_at)"),
    (
        (MARIA,),
        "SELECT DATE_TRUNC('month', placed_at) FROM orders",
        "DATE_FORMAT(placed_at, '%Y-%m-01')",
    ),
    ((PG,), "SELECT strftime('%Y-%m', placed_at) FROM orders", "to_char(placed_at, 'YYYY-MM')"),
    ((LITE, DUCK, PG), "SELECT DATE_FORMAT(placed_at, '%Y') FROM orders", "For DATE_FORMAT write"),
    ((LITE, PG), "SELECT YEAR(placed_at) FROM orders", "For YEAR write"),
    ((LITE,), "SELECT EXTRACT(YEAR FROM placed_at) FROM orders", "CAST(strftime('%Y', placed_at)"),
    ((LITE,), "SELECT NOW()", "For NOW write datetime('now')."),
    (ALL, "SELECT GETDATE()", "For GETDATE write"),
    ((PG,), "SELECT DATEDIFF(day, signed_up, signed_up) FROM customers", "signed_up::date"),
    ((LITE,), "SELECT DATEDIFF(signed_up, signed_up) FROM customers", "julianday(signed_up)"),
    ((LITE, DUCK, PG, MARIA), "SELECT DATEADD(day, 1, placed_at) FROM orders", "For DATEADD write"),
    ((LITE, DUCK, PG), "SELECT NVL(total_amount, 0) FROM orders", "(total_amount, 0)"),
    ((PG,), "SELECT IFNULL(total_amount, 0) FROM orders", "coalesce(total_amount, 0)"),
    (ALL, "SELECT ISNULL(total_amount, 0) FROM orders", "For ISNULL write"),
    ((PG,), "SELECT GROUP_CONCAT(status) FROM orders", "string_agg(status, ',')"),
    ((LITE, MARIA), "SELECT LISTAGG(status, ',') FROM orders", "For LISTAGG write"),
    ((MARIA,), "SELECT STRING_AGG(status, ',') FROM orders", "GROUP_CONCAT(status SEPARATOR ',')"),
    ((PG, DUCK), "SELECT IIF(total_amount > 5, 1, 2) FROM orders", "CASE WHEN total_amount > 5"),
    ((LITE, PG, MARIA), "SELECT LEN(status) FROM orders", "For LEN write"),
    (ALL, "SELECT CHARINDEX('a', status) FROM orders", "For CHARINDEX write"),
    ((PG,), "SELECT ROUND(total_amount::float8, 1) FROM orders", "::numeric"),
    ((LITE,), "SELECT GREATEST(1, order_id) FROM orders", "max("),
    ((LITE,), "SELECT MEDIAN(total_amount) FROM orders", "take the middle row"),
    ((PG,), "SELECT MEDIAN(total_amount) FROM orders", "percentile_cont(0.5)"),
    ((LITE, DUCK, PG, MARIA), "SELECT SYSDATE FROM orders", "For SYSDATE write"),
    (
        (LITE, PG),
        "SELECT YEAR(placed_at), MONTH(placed_at) FROM orders",
        "For MONTH write",
    ),
    # Syntax
    (ALL, "SELECT TOP 10 * FROM orders", "End with LIMIT 10, not TOP."),
    ((PG, DUCK), "SELECT * FROM orders LIMIT 5, 10", "Write LIMIT 10 OFFSET 5."),
    ((LITE,), "SELECT * FROM orders FETCH FIRST 5 ROWS ONLY", "Write LIMIT 5"),
    ((LITE, MARIA), "SELECT * FROM customers WHERE email ILIKE '%a%'", "Write LIKE"),
    ((LITE, MARIA), "SELECT total_amount::text FROM orders", "CAST(x AS text)"),
    ((PG,), "SELECT `status` FROM `orders`", 'Quote names with "…"'),
    ((PG, DUCK), "SELECT * FROM [orders]", 'Write "orders", not [orders].'),
    ((MARIA,), 'SELECT * FROM "orders"', "Quote names with backticks: `orders`."),
    ((LITE, MARIA), "SELECT DISTINCT ON (status) * FROM orders", "ROW_NUMBER()"),
    ((LITE, PG), "SELECT * FROM orders QUALIFY ROW_NUMBER() OVER () = 1", "There is no QUALIFY"),
    ((MARIA,), "SELECT COUNT(*) FILTER (WHERE order_id > 5) FROM orders", "There is no FILTER"),
    (
        (MARIA,),
        "SELECT 1 FROM orders o FULL OUTER JOIN customers c ON o.customer_id = c.customer_id",
        "There is no FULL JOIN",
    ),
    (
        (MARIA,),
        "SELECT 1 FROM orders ORDER BY status NULLS LAST",
        "ORDER BY status IS NULL, status",
    ),
    ((MARIA,), "SELECT placed_at - INTERVAL '1 month' FROM orders", "INTERVAL 1 month"),
    ((PG,), "SELECT placed_at - INTERVAL 1 MONTH FROM orders", "INTERVAL '1 MONTH'"),
    ((LITE,), "SELECT placed_at - INTERVAL '1 month' FROM orders", "There is no INTERVAL"),
    ((LITE, DUCK, PG), "SELECT GROUP_CONCAT(status SEPARATOR ',') FROM orders", "(x, ','"),
    ((PG,), "SELECT status FROM orders WHERE status REGEXP 'a'", "Write ~ for REGEXP."),
    ((LITE,), "SELECT status FROM orders WHERE status ~ 'a'", "no regular expressions"),
    ((MARIA,), "SELECT status FROM orders WHERE status ~ 'a'", "Write REGEXP for ~."),
    (ALL, "SELECT status FROM orders MINUS SELECT 'a'", "Write EXCEPT for MINUS."),
    ((PG, MARIA), "SELECT status FROM orders WHERE status == 'x'", "one =, not =="),
    ((PG, MARIA), "SELECT * FROM (SELECT status FROM orders)", "Give the subquery a name"),
    ((PG, DUCK), "SELECT full_name + email FROM customers", "Join text with ||."),
    ((PG,), "SELECT CAST(status AS STRING) FROM orders", "CAST(x AS text)"),
    ((MARIA,), "SELECT CAST(status AS TEXT) FROM orders", "CAST(x AS CHAR)"),
    ((LITE, PG, MARIA), "SELECT status, FROM orders", "The comma before FROM"),
    (ALL, "SELECT (status FROM orders", "This ( is never closed."),
    (ALL, "SELECT status FROM orders WHERE status = 'x", "nothing closes it"),
    (ALL, "SELECT CASE WHEN status = 'a' THEN 1 FROM orders", "needs an END"),
    ((LITE, PG, MARIA), "SELECT status FROM orders GROUP BY ALL", "There is no GROUP BY ALL"),
    ((LITE, MARIA), "SELECT * FROM orders OFFSET 5", "LIMIT"),
    ((MARIA,), "SELECT status->>'a' FROM orders", "JSON_VALUE(status"),
    # Values
    ((PG,), "SELECT 1 FROM orders WHERE order_id = 'five'", "CAST one side"),
    ((PG,), "SELECT TRUE = 1", "TRUE or FALSE"),
    ((PG,), "SELECT 1 / 0", "NULLIF(x, 0)"),
    ((PG, DUCK), "SELECT placed_at - 1 FROM orders", "INTERVAL '1 day'"),
)


@pytest.fixture(scope="module")
def lend(request: pytest.FixtureRequest) -> Iterator[Lender]:
    with ExitStack() as stack:
        yield Lender(stack, request)


@pytest.mark.parametrize(
    ("dialect", "sql", "told"),
    [
        pytest.param(dialect, sql, told, id=f"{dialect}: {sql}"[:90])
        for dialects, sql, told in CASES
        for dialect in dialects
    ],
)
def test_a_failure_says_what_would_work(
    lend: Lender, dialect: Dialect, sql: str, told: str
) -> None:
    failed = lend(dialect).complain(sql)
    assert failed is not None, "the engine took it"
    repaired = repair(failed, sql, dialect, SHOP)
    assert told in repaired.message
    assert repaired.message.startswith(failed.message.split(";")[0].rstrip(".!"))
    assert repaired.state == failed.state
    assert len(repaired.message) < 1200


@pytest.mark.parametrize("dialect", ALL)
def test_what_the_advice_says_can_be_run(lend: Lender, dialect: Dialect) -> None:
    """The first try fails in three ways; the message of each tells the next try."""
    sql = "SELECT o.stat, c.nam FROM ordrs o JOIN customers c ON o.customer_id = c.customer_id"
    for wrong, right in (("ordrs", "orders"), ("o.stat", "o.status"), ("c.nam", "c.full_name")):
        failed = lend(dialect).complain(sql)
        assert failed is not None
        assert right in repair(failed, sql, dialect, SHOP).message
        sql = sql.replace(wrong, right)
    assert lend(dialect).complain(sql) is None


@pytest.mark.parametrize("dialect", ALL)
def test_a_failure_says_where(lend: Lender, dialect: Dialect) -> None:
    sql = "SELECT status\nFROM orders\nWHERE totl_amount > 5"
    failed = lend(dialect).complain(sql)
    assert failed is not None
    repaired = repair(failed, sql, dialect, SHOP)
    assert "At line 3, column 7: WHERE totl_amount > 5. " in repaired.message
    assert repaired.position == sql.index("totl_amount") + 1


@pytest.mark.parametrize("dialect", ALL)
def test_without_a_schema_the_dialect_s_way_is_still_told(lend: Lender, dialect: Dialect) -> None:
    sql = "SELECT TOP 3 nope FROM orders"
    failed = lend(dialect).complain(sql)
    assert failed is not None
    assert "LIMIT 3" in repair(failed, sql, dialect, None).message


def test_a_failure_that_nobody_understands_stays_what_it_is() -> None:
    failed = StatementFailed("disk I/O error", state="SQLITE_IOERR")
    repaired = repair(failed, "SELECT 1", Dialect.SQLITE, SHOP)
    assert (repaired.message, repaired.position, repaired.hint, repaired.state) == (
        "disk I/O error",
        None,
        None,
        "SQLITE_IOERR",
    )


def test_a_hint_of_the_database_is_told_where_we_have_none() -> None:
    failed = StatementFailed("invalid escape string", hint="Escape string must be one character.")
    repaired = repair(failed, "SELECT 1", Dialect.POSTGRESQL, SHOP)
    assert repaired.message == "invalid escape string. Escape string must be one character."


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT DATE_TRUNC('month', placed_at) FROM orders", "strftime('%Y-%m', placed_at)"),
        ("SELECT NOW()", "datetime('now')"),
        ("SELECT TOP 5 * FROM orders", "LIMIT 5"),
        ("SELECT total_amount::text FROM orders", "CAST(x AS text)"),
    ],
)
def test_a_refusal_of_the_policy_says_the_dialect_s_way_too(sql: str, told: str) -> None:
    with pytest.raises(StatementRefused) as caught:
        judge(sql, Dialect.SQLITE)
    explained = explain(caught.value, sql, Dialect.SQLITE, SHOP)
    assert told in explained.message
    assert explained.message.startswith(caught.value.message.rstrip("."))


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        (PG, "SELECT pg_sleep(5)"),
        (PG, "DELETE FROM orders"),
        (PG, "SELECT 1; SELECT 2"),
        (MARIA, "SELECT load_file('/a')"),
        (MARIA, "SELECT sleep(5)"),
        (LITE, "SELECT load_extension('a')"),
    ],
)
def test_what_is_no_slip_is_refused_without_advice(dialect: Dialect, sql: str) -> None:
    with pytest.raises(StatementRefused) as caught:
        judge(sql, dialect)
    assert explain(caught.value, sql, dialect, SHOP) is caught.value


def test_a_place_is_a_line_a_column_and_what_stands_there() -> None:
    assert str(place("SELECT a\n  FROM b", 12)) == "line 2, column 3: FROM b"
    assert str(place("", 1)) == "line 1, column 1: "
    assert place("abc", 99).column == 4
    assert place("x" * 500, 250).excerpt == f"…{'x' * 120}…"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(ALL),
    st.text(max_size=200),
    st.sampled_from(
        (
            "no such column: {}",
            "no such table: {}",
            'column "{}" does not exist',
            "Unknown column '{}' in 'SELECT'",
            'near "{}": syntax error',
            "syntax to use near '{}' at line 3",
            "FUNCTION a.{} does not exist",
            "{}",
        )
    ),
    st.text(max_size=40),
)
def test_any_complaint_about_any_text_is_survived(
    dialect: Dialect, sql: str, said: str, name: str
) -> None:
    message = said.format(name)
    repaired = repair(StatementFailed(message), sql, dialect, SHOP)
    assert repaired.position is None or 1 <= repaired.position <= len(sql) + 1
    explain(StatementRefused(message), sql, dialect, Schema((), "main"))


@pytest.mark.parametrize("dialect", ALL)
def test_a_statement_of_a_megabyte_is_repaired_quickly(dialect: Dialect) -> None:
    sql = "SELECT " + ", ".join(f"a.b{n}" for n in range(120_000)) + " FROM orders a"
    repaired = repair(StatementFailed("no such column: a.b0"), sql, dialect, SHOP)
    assert repaired.position == 8
