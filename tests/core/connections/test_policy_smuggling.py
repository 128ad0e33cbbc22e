"""A canary in statements of all shapes: whatever the policy lets pass does not make it sing."""

import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from core.connections.address import parse
from core.connections.driver import Driver
from core.connections.drivers.postgres import Postgres
from core.connections.drivers.sqlite import SQLite
from core.connections.errors import StatementRefused
from core.connections.policy import Policy, judge
from core.connections.records import Dialect
from tests.core.connections.corpus import read, stages

Sings = Callable[[str], bool]
"""Runs a statement, and returns whether the canary was called."""


class Cage(NamedTuple):
    """A database with a canary in it."""

    dialect: Dialect
    sings: Sings
    driver: Callable[[], Driver]


NAMES = ("canary", "CANARY", '"canary"', "canary ", "canary/**/", "canary --\n")
ARGUMENTS = (
    *("()", "(1)", "('a')", "(id)", "(NULL)", "(*)", "(DISTINCT id)", "(VARIADIC ARRAY[1])"),
    *("(1, 2)", "(\n1)", "((1))", "((SELECT 1))"),
)
VALUES = (
    *("1", "'a'", "id", "NULL::text", "ROW(1)", "orders", "o", "(SELECT 1)", "ARRAY[1]"),
    "0.5::float8",
)
OWNERS = ("o.", "orders.", "x.", "f.", "public.", "main.", "pg_catalog.", "")
LEADS = (
    *("TREAT(1 AS ", "CAST(1 AS ", "1::", "TABLESAMPLE ", "COLLATE ", "FROM ", "JOIN ", "AS "),
    *("LATERAL ", "IN ", "WITH ", "OVER ", "ROWS FROM (", ", ", "ANY ", "EXISTS ", "INTERVAL "),
    "'a'.",
)
PIECES = (
    *("(", ")", ",", "AS x", "x", "1", "'a'", "SELECT", "FROM", "WHERE", "AND", "UNION ALL"),
    *("JOIN orders o ON true", "LATERAL", "(SELECT 1)", "IN", "AS t(a)", "AS canary(a)"),
    *("WITH canary(a) AS (SELECT 1)", "OVER ()", "CASE WHEN", "THEN", "END", "::text", "[1]"),
    *(".", "--\n", "/* ' */", "$$", "$a$ ' $a$", "E'\\''", "''", '"a"', "ORDER BY", "GROUP BY"),
    *("LIMIT 1", "VALUES (1)", "TABLE orders", "*", "NOT", "FROM unnest(ARRAY['a']) AS f"),
    *("FROM orders o", "ROWS FROM (", "RECURSIVE", "FILTER (", "WITHIN GROUP ("),
)
WORDS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\w+|\S")


def canary(rand: random.Random) -> str:
    name = rand.choice(NAMES)
    kind = rand.randrange(6)
    if kind == 0:
        return f"({rand.choice(VALUES)}).{name}"
    if kind == 1:
        return rand.choice(OWNERS) + name
    if kind == 2:
        return rand.choice(LEADS) + name + rand.choice((*ARGUMENTS, "", ")"))
    return rand.choice(OWNERS) + name + rand.choice(ARGUMENTS)


def mutated(sql: str, rand: random.Random) -> str:
    for _ in range(rand.randint(1, 3)):
        spans = [word.span() for word in WORDS.finditer(sql)] or [(0, 0)]
        start, end = rand.choice(spans)
        piece = canary(rand) if rand.random() < 0.6 else rand.choice(PIECES)
        head, tail = rand.choice(((start, end), (start, start), (end, end)))
        sql = f"{sql[:head]} {piece} {sql[tail:]}"
    return sql if "canary" in sql.lower() else f"{sql} {canary(rand)}"


@pytest.fixture(params=[Dialect.SQLITE, Dialect.POSTGRESQL])
def cage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cage]:
    if request.param is Dialect.SQLITE:
        with stages.sqlite(tmp_path), closing(sqlite3.connect(tmp_path / "shop.db")) as lite:
            sung: list[object] = []
            steps = [0]

            def sing(*values: object) -> int:
                sung.append(values)
                return 1

            def tired() -> int:
                steps[0] += 1
                return steps[0] > 50

            lite.create_function("canary", -1, sing)
            lite.set_progress_handler(tired, 10_000)

            def sings(sql: str) -> bool:
                sung.clear()
                steps[0] = 0
                with suppress(sqlite3.Error, sqlite3.Warning):
                    lite.execute(sql).fetchmany(5)
                return bool(sung)

            file = parse(f"sqlite:///{tmp_path}/shop.db")
            yield Cage(Dialect.SQLITE, sings, lambda: SQLite(file, sessions=1))
        return
    url = request.getfixturevalue("postgres_url")
    with psycopg.connect(url, autocommit=True) as postgres:
        postgres.execute("DROP SCHEMA public CASCADE")
        postgres.execute("CREATE SCHEMA public")
        postgres.execute(
            "CREATE TABLE orders (id int, customer_id int, status text, total numeric)"
        )
        postgres.execute("INSERT INTO orders VALUES (1, 1, 'paid', 1)")
        postgres.execute("SET statement_timeout = '500ms'")
        for kind in ("", "int", "text", "record", "anyelement", "int, int", "orders", "float8"):
            postgres.execute(
                f"CREATE FUNCTION canary({kind}) RETURNS int LANGUAGE plpgsql AS "
                "$$BEGIN RAISE EXCEPTION 'CANARY'; END$$"
            )

        def sings_out(sql: str) -> bool:
            postgres.pgconn.exec_params(b"BEGIN READ ONLY", [])
            said = postgres.pgconn.exec_params(sql.encode(), []).error_message
            postgres.pgconn.exec_params(b"ROLLBACK", [])
            return b"ERROR:  CANARY" in said

        yield Cage(Dialect.POSTGRESQL, sings_out, lambda: Postgres(parse(url), sessions=1))


def test_the_canary_sings_when_it_is_called(cage: Cage) -> None:
    assert cage.sings("SELECT canary(1)")
    assert not cage.sings("SELECT 1")


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_call_is_smuggled_past_the_policy(cage: Cage, seed: int) -> None:
    rand = random.Random(seed)
    bases = [case.sql for case in read("legitimate", cage.dialect)]
    driver, policy = cage.driver(), Policy()
    passed, smuggled = 0, []
    for _ in range(3000):
        sql = mutated(rand.choice(bases), rand)
        with suppress(StatementRefused):
            judge(sql, cage.dialect)
            await policy.permit(driver, sql)
            passed += 1
            if cage.sings(sql):
                smuggled.append(sql)
    await driver.close()
    assert smuggled == []
    assert passed > 50
