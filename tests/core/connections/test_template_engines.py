"""A bound value is the value, in every database there is: plain drivers, real engines."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mysql import connector as mysql
from sqlalchemy.engine import make_url

from core.connections.errors import ParameterInvalid
from core.connections.records import Dialect
from core.connections.template import render

POSTGRESQL, DUCKDB, SQLITE = Dialect.POSTGRESQL, Dialect.DUCKDB, Dialect.SQLITE
MARIADB = Dialect.MARIADB

Asking = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]

TABLES = (
    "CREATE TABLE things (id INTEGER, name VARCHAR(100), price DECIMAL(10, 2), born DATE)",
    """INSERT INTO things VALUES (1, 'Ärger', 12.50, '2025-01-31'), (NULL, NULL, NULL, NULL),
    (2, 'it''s', 0.10, '2024-02-29'), (3, '日本語', 99.99, '2023-12-01')""",
)


class Asked:
    """One database, asked through its plain driver."""

    def __init__(self, dialect: Dialect, ask: Asking) -> None:
        self.dialect = dialect
        self._ask = ask

    def __call__(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        statement = render(sql, self.dialect, values)
        return self._ask(statement.sql, statement.values)

    def one(self, sql: str, **values: Any) -> Any:
        ((value,),) = self(sql, **values)
        return value


@pytest.fixture(scope="module", params=[SQLITE, DUCKDB, POSTGRESQL, MARIADB])
def db(request: pytest.FixtureRequest) -> Iterator[Asked]:
    dialect: Dialect = request.param
    if dialect is SQLITE:
        with closing(sqlite3.connect(":memory:")) as connection:
            yield _filled(dialect, lambda sql, values: connection.execute(sql, values).fetchall())
    elif dialect is DUCKDB:
        with duckdb.connect(":memory:") as duck:
            yield _filled(dialect, lambda sql, values: duck.execute(sql, list(values)).fetchall())
    elif dialect is POSTGRESQL:
        with psycopg.connect(request.getfixturevalue("postgres_url"), autocommit=True) as server:
            cursor = psycopg.RawCursor(server)

            def raw(sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
                cursor.execute(sql.encode(), values)
                return cursor.fetchall() if cursor.description else []

            yield _filled(dialect, raw)
            cursor.execute("DROP TABLE things")
    else:
        url = make_url(request.getfixturevalue("mariadb_url"))
        with closing(
            mysql.connect(
                host=url.host,
                port=url.port or 3306,
                user=url.username,
                password=url.password or "",
                database=url.database,
                collation="utf8mb4_general_ci",
                use_pure=True,
            )
        ) as maria:
            # Closing a statement is not answered: the next one would wait 40 ms for an ACK.
            wire: Any = maria
            wire._socket.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def prepared(sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
                with closing(maria.cursor(prepared=True)) as cursor:
                    cursor.execute(sql, values)
                    rows: Any = cursor.fetchall() if cursor.description else []
                    return list(rows)

            yield _filled(dialect, prepared)
            prepared("DROP TABLE things", ())


def _filled(dialect: Dialect, ask: Asking) -> Asked:
    for statement in TABLES:
        ask(statement, ())
    return Asked(dialect, ask)


def texts(dialect: Dialect) -> st.SearchStrategy[str]:
    kept = "\0" if dialect is POSTGRESQL else ""
    free = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=kept), max_size=60)
    nasty = st.text(st.sampled_from("'\"\\`%_$?:{}-#/*;\n\r\t\x1a\u02bc\uff07é日😀"), max_size=20)
    return free | nasty


bounded = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@bounded
@given(data=st.data())
def test_any_text_equals_itself_where_a_value_stands(db: Asked, data: st.DataObject) -> None:
    text = data.draw(texts(db.dialect))
    assert db.one("SELECT {{x}}", x=text) == text
    assert db("SELECT 1 WHERE {{x}} IN ('no', {{x}})", x=text) == [(1,)]


@bounded
@given(data=st.data())
def test_any_text_equals_itself_inside_quotes(db: Asked, data: st.DataObject) -> None:
    text = data.draw(texts(db.dialect))
    assert db("SELECT '{{x}}', 'it''s <{{x}}>' FROM things WHERE id = 1", x=text) == [
        (text, f"it's <{text}>")
    ]


@bounded
@given(data=st.data())
def test_any_list_of_texts_finds_what_is_in_it(db: Asked, data: st.DataObject) -> None:
    listed = data.draw(st.lists(texts(db.dialect), max_size=4))
    found = db("SELECT id FROM things WHERE name IN ({{xs}}, 'Ärger') ORDER BY id", xs=listed)
    assert (1,) in found
    assert (
        db.one("SELECT COUNT(*) FROM things WHERE 'a' IN ('b', '{{xs}}')", xs=[*listed, "a"]) == 4
    )


@bounded
@given(number=st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_any_integer_equals_itself(db: Asked, number: int) -> None:
    assert db.one("SELECT {{x}}", x=number) == number
    assert db.one("SELECT '{{x}}'", x=number) == str(number)


@bounded
@given(number=st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_any_decimal_equals_itself(db: Asked, number: Decimal) -> None:
    found = db.one("SELECT {{x}}", x=number)
    assert Decimal(repr(found) if isinstance(found, float) else found) == number


@bounded
@given(number=st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_any_float_equals_itself(db: Asked, number: float) -> None:
    assert float(db.one("SELECT {{x}}", x=number)) == number


@bounded
@given(day=st.dates(min_value=date(1000, 1, 1), max_value=date(9999, 12, 31)))
def test_any_date_equals_itself(db: Asked, day: date) -> None:
    assert str(db.one("SELECT {{x}}", x=day)) == day.isoformat()
    assert db.one("SELECT '{{x}}'", x=day) == day.isoformat()


def test_a_hostile_text_is_only_a_text(db: Asked) -> None:
    for text in (
        "'; DROP TABLE things; --",
        "\\'; DROP TABLE things; -- ",
        "' OR '1'='1",
        "x') OR 1=1 --",
        "Ärger' /*",
        '" OR ""="',
    ):
        assert db("SELECT id FROM things WHERE name = {{x}}", x=text) == []
        assert db("SELECT id FROM things WHERE name = '{{x}}'", x=text) == []
        assert db("SELECT id FROM things WHERE name LIKE '%{{x}}%'", x=text) == []
        assert db("SELECT id FROM things WHERE name IN ('{{x}}')", x=[text]) == []
    assert db.one("SELECT COUNT(*) FROM things") == 4


def test_in_an_empty_list_is_nothing_and_outside_of_it_is_everything(db: Asked) -> None:
    for column in ("id", "name", "price", "born"):
        inside = f"SELECT id FROM things WHERE {column} IN ({{{{xs}}}})"
        assert db(inside, xs=[]) == []
        outside = f"SELECT COUNT(*) FROM things WHERE {column} NOT IN ({{{{xs}}}})"
        assert db.one(outside, xs=[]) == 4
    assert db("SELECT id FROM things WHERE id IN (1, {{xs}}, {{ys}})", xs=[], ys=[]) == [(1,)]
    assert db("SELECT 1 WHERE {{x}} NOT IN ('{{xs}}')", x="a", xs=[]) == [(1,)]


def test_a_list_expands(db: Asked) -> None:
    assert db("SELECT id FROM things WHERE id IN ({{xs}}) ORDER BY id", xs=[3, 1]) == [(1,), (3,)]
    assert db("SELECT id FROM things WHERE id NOT IN ({{xs}})", xs=[3, 1]) == [(2,)]
    assert db("SELECT id FROM things WHERE name IN ('{{xs}}')", xs=["日本語", "x"]) == [(3,)]
    assert db("SELECT id FROM things WHERE born IN ({{xs}})", xs=[date(2024, 2, 29)]) == [(2,)]
    assert db.one("SELECT COUNT(*) FROM things WHERE id IN ({{xs}})", xs=list(range(10_000))) == 3


def test_an_optional_filter_takes_null_text_and_number(db: Asked) -> None:
    by_name = "SELECT COUNT(*) FROM things WHERE ({{x}} IS NULL OR name = {{x}})"
    by_id = "SELECT COUNT(*) FROM things WHERE ({{x}} IS NULL OR id = {{x}})"
    assert (db.one(by_name, x=None), db.one(by_name, x="it's")) == (4, 1)
    assert (db.one(by_id, x=None), db.one(by_id, x=2), db.one(by_id, x="2")) == (4, 1, 1)


def test_a_text_is_as_good_a_date_as_its_literal_was(db: Asked) -> None:
    since = "SELECT COUNT(*) FROM things WHERE born >= "
    assert db.one(since + "'{{year}}-01-01'", year=2024) == 2
    assert db.one(since + "'{{day}}'", day=date(2024, 3, 1)) == 1
    assert db.one(since + "{{day}}", day=date(2024, 3, 1)) == 1
    assert db.one(since + "{{day}}", day="2024-03-01") == 1
    if db.dialect is not SQLITE:
        assert db.one(since + "DATE '{{day}}'", day="2024-03-01") == 1
        assert db.one(since + "CAST('{{day}}' AS date)", day="2024-03-01") == 1


def test_a_number_rounds_and_multiplies_as_its_literal_would(db: Asked) -> None:
    found = db.one("SELECT ROUND(price * {{rate}}, 2) FROM things WHERE id = 1", rate=0.19)
    assert str(found) == "2.38"
    assert db.one("SELECT COUNT(*) FROM things WHERE price = {{x}}", x=0.1) == 1
    assert db.one("SELECT COUNT(*) FROM things WHERE price > {{x}}", x=Decimal("12.49")) == 2


def test_rows_are_limited_by_numbers(db: Asked) -> None:
    sql = "SELECT id FROM things WHERE id IS NOT NULL ORDER BY id LIMIT {{n}} OFFSET '{{m}}'"
    assert db(sql, n="1", m=1) == [(2,)]


def test_an_expression_of_parameters_can_be_grouped_by(db: Asked) -> None:
    sql = (
        "SELECT CASE WHEN price > {{least}} THEN {{a}} ELSE 'small' END AS size, COUNT(*) "
        "FROM things WHERE price IS NOT NULL "
        "GROUP BY CASE WHEN price > {{least}} THEN {{a}} ELSE 'small' END ORDER BY size"
    )
    assert db(sql, least=10, a="large") == [("large", 2), ("small", 1)]


def test_intervals_take_values(db: Asked) -> None:
    if db.dialect is SQLITE:
        assert db.one("SELECT date('2025-01-31', '+{{n}} days')", n=7) == "2025-02-07"
        return
    for said in ("INTERVAL '{{n}}' DAY", "INTERVAL {{n}} DAY"):
        (found,) = db(f"SELECT born + {said} FROM things WHERE id = 1", n=7)
        assert str(found[0]).startswith("2025-02-07")
    if db.dialect is not MARIADB:
        (found,) = db("SELECT born + INTERVAL '{{n}} days' FROM things WHERE id = 1", n="7")
        assert str(found[0]).startswith("2025-02-07")
        (found,) = db("SELECT born + '{{n}} days'::interval FROM things WHERE id = 1", n="7")
        assert str(found[0]).startswith("2025-02-07")


def test_functions_of_any_type_take_text_number_and_null(db: Asked) -> None:
    joined = (
        "SELECT {{a}} || '-' || {{b}}"
        if db.dialect is SQLITE
        else "SELECT CONCAT({{a}}, '-', {{b}})"
    )
    assert db.one(joined, a="x", b=5) == "x-5"
    assert db.one("SELECT COUNT({{x}})", x=None) == 0
    if db.dialect is POSTGRESQL:
        found = db.one("SELECT json_build_object({{k}}, {{v}}, 'none', {{n}})", k="a", v=5, n=None)
        assert found == {"a": 5, "none": None}
        assert db.one("SELECT format('%s', '{{x}}')", x=5) == "5"
        assert db.one("SELECT COUNT({{x}})", x="a") == 1


def test_a_moment_with_an_offset_stays_that_moment(db: Asked) -> None:
    at = datetime(2025, 1, 31, 9, 30, tzinfo=UTC)
    if db.dialect is MARIADB:
        with pytest.raises(ParameterInvalid, match="no time zones"):
            db("SELECT {{x}}", x=at)
    elif db.dialect is SQLITE:
        assert db.one("SELECT datetime({{x}})", x=at) == "2025-01-31 09:30:00"
    else:
        assert db("SELECT 1 WHERE CAST({{x}} AS timestamptz) = '2025-01-31 10:30:00+01'", x=at)


def test_true_is_no_number_where_there_are_booleans(db: Asked) -> None:
    assert db("SELECT 1 WHERE {{x}}", x=True) == [(1,)]
    assert db("SELECT 1 WHERE NOT {{x}}", x=True) == []
    assert db.one("SELECT '{{x}}'", x=True) == "true"
    if db.dialect is POSTGRESQL:
        with pytest.raises(psycopg.errors.UndefinedFunction):
            db("SELECT id FROM things WHERE id = {{x}}", x=True)
