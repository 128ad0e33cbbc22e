"""Every expression that we teach runs on the engine it is taught for."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from core.connections.records import Dialect
from core.connections.ways import Way, ways
from tests.core.connections.engines import Lender

NOW = {
    Dialect.SQLITE: "'2024-01-31 09:30:00'",
    Dialect.DUCKDB: "TIMESTAMP '2024-01-31 09:30:00'",
    Dialect.POSTGRESQL: "TIMESTAMP '2024-01-31 09:30:00'",
    Dialect.MARIADB: "CAST('2024-01-31 09:30:00' AS DATETIME)",
}
LETTERS = (
    "SELECT {now} AS x, {now} AS y, {text} AS s, {text} AS t, CAST(7 AS DECIMAL(12, 2)) AS n, "
    "1 = 1 AS c, {json} AS j"
)


@pytest.fixture(scope="module")
def lend(request: pytest.FixtureRequest) -> Iterator[Lender]:
    with ExitStack() as stack:
        yield Lender(stack, request)


@pytest.mark.parametrize(
    ("dialect", "function", "way"),
    [
        pytest.param(dialect, function, way, id=f"{dialect}-{function}")
        for dialect in NOW
        for function, way in ways()[dialect].items()
        if way.expression
    ],
)
def test_the_expression_runs(lend: Lender, dialect: Dialect, function: str, way: Way) -> None:
    text = "'ab c'" if dialect is not Dialect.POSTGRESQL else "'ab c'::varchar"
    json = """'{"a": 1}'""" if dialect is not Dialect.POSTGRESQL else """'{"a": 1}'::varchar"""
    source = LETTERS.format(now=NOW[dialect], text=text, json=json)
    refused = lend(dialect).complain(f"SELECT {way.expression} FROM ({source}) AS q")
    assert refused is None, f"{function}: {way.expression}: {refused}"


def test_what_has_no_expression_has_a_note() -> None:
    for by_function in ways().values():
        for function, way in by_function.items():
            assert way.expression or way.note, function


def test_mariadb_says_what_mysql_says() -> None:
    assert set(ways()[Dialect.MYSQL]) <= set(ways()[Dialect.MARIADB])


@pytest.mark.parametrize(
    ("expression", "arguments", "written"),
    [
        ("strftime('%s', x)", ["'month'", "placed_at"], "strftime('%s', placed_at)"),
        ("julianday(x) - julianday(y)", ["a.x1", "b.y1"], "julianday(a.x1) - julianday(b.y1)"),
        ("date_diff('day', y, x)", ["day", "begun", "ended"], "date_diff('day', begun, ended)"),
        ("extract(year FROM x)", ["YEAR FROM o.placed_at"], "extract(year FROM o.placed_at)"),
        (
            "CASE WHEN c THEN 'a' ELSE 'b' END",
            ["n > 5", "'a'"],
            "CASE WHEN n > 5 THEN 'a' ELSE 'b' END",
        ),
        ("instr(s, 'a')", ["'a' IN status"], "instr(status, 'a')"),
        ("string_agg(s, ',')", ["status SEPARATOR ','"], "string_agg(status, ',')"),
        ("trunc(n)", ["1.5"], "trunc(1.5)"),
        ("now()", [], "now()"),
        ("length(s)", ["x" * 500], "length(s)"),
    ],
)
def test_the_arguments_of_a_call_take_the_places_of_the_letters(
    expression: str, arguments: list[str], written: str
) -> None:
    assert Way(expression, "").of(arguments).expression == written
