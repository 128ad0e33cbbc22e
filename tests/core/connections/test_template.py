"""What becomes of {{parameters}}: placeholders in the statement, and values beside it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from core.connections.errors import ParameterInvalid, ParametersMissing, ParametersUnknown
from core.connections.lexer import tokens
from core.connections.records import Dialect
from core.connections.template import parameters, render, specimen
from core.errors import CoreError

POSTGRESQL, DUCKDB, SQLITE = Dialect.POSTGRESQL, Dialect.DUCKDB, Dialect.SQLITE
MYSQL, MARIADB = Dialect.MYSQL, Dialect.MARIADB
READS = {
    SQLITE: "sqlite",
    DUCKDB: "duckdb",
    POSTGRESQL: "postgres",
    MYSQL: "mysql",
    MARIADB: "mysql",
}
everywhere = pytest.mark.parametrize("dialect", list(Dialect))


def mark(dialect: Dialect, number: int) -> str:
    return f"${number}" if dialect in {POSTGRESQL, DUCKDB} else "?"


@everywhere
def test_outside_quotes_it_is_a_value_and_inside_a_text(dialect: Dialect) -> None:
    done = render("SELECT {{n}}, '{{n}}', 'it''s {{n}}%'", dialect, {"n": 5})
    assert done.sql == f"SELECT {mark(dialect, 1)}, {mark(dialect, 2)}, {mark(dialect, 3)}"
    assert done.values == (5, "5", "it's 5%")


@everywhere
def test_null_in_a_text_makes_all_of_it_null(dialect: Dialect) -> None:
    assert render("SELECT '%{{x}}%'", dialect, {"x": None}).values == (None,)


def test_escapes_beside_a_placeholder_are_read_as_the_dialect_does() -> None:
    mysql = render(r"SELECT 'a\'b\\\n\%''{{x}}', " + '"q""{{x}}"', MYSQL, {"x": "!"})
    assert mysql.values == ("a'b\\\n\\%'!", 'q"!')
    escaped = render(r"SELECT E'\'\t{{x}}\\', '\{{x}}\'", POSTGRESQL, {"x": "!"})
    assert escaped.values == ("'\t!\\", "\\!\\")


def test_a_type_before_a_text_becomes_a_cast() -> None:
    sql = "SELECT DATE '{{d}}', timestamp(3) with time zone '{{d}}', INTERVAL '{{n}} days'"
    done = render(sql, POSTGRESQL, {"d": date(2025, 1, 31), "n": 7})
    assert done.sql == (
        "SELECT CAST($1 AS DATE), CAST($2 AS timestamp(3) with time zone), CAST($3 AS INTERVAL)"
    )
    assert done.values == ("2025-01-31", "2025-01-31", "7 days")
    assert render("SELECT DATE '{{d}}'", MYSQL, {"d": "x"}).sql == "SELECT CAST(? AS DATE)"


@pytest.mark.parametrize("said", ["INTERVAL '{{n}}' DAY", "INTERVAL {{n}} DAY"])
def test_an_interval_keeps_its_unit(said: str) -> None:
    sql, values = f"SELECT d + {said} FROM t", {"n": 7}
    assert render(sql, POSTGRESQL, values) == (
        "SELECT d + CAST($1 AS INTERVAL) FROM t",
        ("7 day",),
    )
    assert render(sql, DUCKDB, values).sql == "SELECT d + INTERVAL ($1) DAY FROM t"
    assert render(sql, MYSQL, values).sql == "SELECT d + INTERVAL ? DAY FROM t"


@everywhere
def test_a_list_expands_in_an_in_clause(dialect: Dialect) -> None:
    done = render("SELECT a IN ({{ids}}), b IN (0, '{{ids}}%')", dialect, {"ids": [7, None, "x"]})
    first = ", ".join(mark(dialect, at) for at in (1, 2, 3))
    second = ", ".join(mark(dialect, at) for at in (4, 5, 6))
    assert done.sql == f"SELECT a IN ({first}), b IN (0, {second})"
    assert done.values == (7, None, "x", "7%", None, "x%")


@everywhere
def test_a_single_value_fits_in_an_in_clause_too(dialect: Dialect) -> None:
    done = render("SELECT a IN ({{ids}})", dialect, {"ids": 7})
    assert done == (f"SELECT a IN ({mark(dialect, 1)})", (7,))


@everywhere
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a = {{ids}}",
        "SELECT ABS({{ids}})",
        "SELECT '{{ids}}'",
        "SELECT a IN ({{ids}} + 1)",
        "SELECT a IN (('{{ids}}'))",
        "SELECT a FROM t LIMIT {{ids}}",
        "SELECT a IN ('{{ids}}{{ids}}', 'b') AND b = {{ids}}",
    ],
)
def test_a_list_where_one_value_goes_is_refused(dialect: Dialect, sql: str) -> None:
    with pytest.raises(ParameterInvalid, match=r"{{ids}} is a list.* IN \({{ids}}\)"):
        render(sql, dialect, {"ids": [1, 2]})


@everywhere
@pytest.mark.parametrize("value", [[[1]], [1, [2]], list(range(10_001))])
def test_a_list_in_a_list_or_of_too_many_values_is_refused(dialect: Dialect, value: Any) -> None:
    with pytest.raises(ParameterInvalid, match="ids"):
        render("SELECT a IN ({{ids}})", dialect, {"ids": value})


def test_a_statement_with_more_values_than_a_database_takes_is_refused() -> None:
    sql = " OR ".join("a IN ({{ids}})" for _ in range(4))
    with pytest.raises(ParameterInvalid, match="32000"):
        render(f"SELECT {sql}", SQLITE, {"ids": list(range(9_000))})


def test_a_number_of_rows_is_a_whole_number_however_it_is_given() -> None:
    sql = "SELECT a FROM t LIMIT {{n}} OFFSET '{{n}}'"
    for value in (5, "5", 5.0, Decimal(5)):
        assert render(sql, MYSQL, {"n": value}).values == (5, 5)
    for bad in (-1, 1.5, "five", None, True, ""):
        with pytest.raises(ParameterInvalid, match="number of rows"):
            render(sql, POSTGRESQL, {"n": bad})


def test_equal_expressions_share_a_number_so_that_postgresql_sees_they_are_equal() -> None:
    sql = (
        "SELECT CASE WHEN total > {{least}} THEN {{a}} ELSE 'small' END, COUNT(*) FROM t "
        "WHERE total > {{least}} AND a = {{a}} AND b = {{a}} "
        "GROUP BY CASE WHEN total > {{least}} THEN {{a}} ELSE 'small' END"
    )
    done = render(sql, POSTGRESQL, {"least": 5, "a": "x"})
    assert done.sql == (
        "SELECT CASE WHEN total > $1 THEN $2 ELSE 'small' END, COUNT(*) FROM t "
        "WHERE total > $1 AND a = $3 AND b = $4 "
        "GROUP BY CASE WHEN total > $1 THEN $2 ELSE 'small' END"
    )
    assert done.values == (5, "x", "x", "x")


def test_a_specimen_has_placeholders_and_no_values() -> None:
    sql = "SELECT a FROM t WHERE b IN ({{ids}}) AND ({{x}} IS NULL OR c = DATE '{{x}}') LIMIT {{n}}"
    assert specimen(sql, MYSQL) == (
        "SELECT a FROM t WHERE b IN (?) AND (? IS NULL OR c = CAST(? AS DATE)) LIMIT ?"
    )
    assert specimen(sql, POSTGRESQL) == (
        "SELECT a FROM t WHERE b IN ($1) AND (CAST($2 AS text) IS NULL OR c = CAST($3 AS DATE)) "
        "LIMIT $4"
    )
    assert specimen("SELECT 1", SQLITE) == "SELECT 1"


def test_marks_are_written_so_that_the_parser_sees_no_dollar_quotes() -> None:
    for dialect in (POSTGRESQL, DUCKDB):
        done = render("SELECT f({{a}},{{b}},'c$d')||$$e$$", dialect, {"a": 1, "b": 2})
        assert (
            len(
                list(
                    sqlglot.parse_one(done.sql, dialect=READS[dialect]).find_all(
                        sqlglot.exp.Parameter, sqlglot.exp.Placeholder
                    )
                )
            )
            == 2
        )


@everywhere
def test_missing_parameters_are_named(dialect: Dialect) -> None:
    with pytest.raises(ParametersMissing) as refused:
        render("SELECT {{year}}, {{region}}, {{n}}", dialect, {"n": 1})
    assert refused.value.message == "Missing required parameters: year, region"
    assert refused.value.names == ("year", "region")


def test_a_null_is_no_missing_one() -> None:
    assert render("SELECT {{x}}", SQLITE, {"x": None}).values == (None,)


def test_unknown_parameters_are_named_beside_those_there_are() -> None:
    with pytest.raises(ParametersUnknown, match=r"Unknown parameters: yaer; it has year$"):
        render("SELECT {{year}}", SQLITE, {"year": 1, "yaer": 2})
    with pytest.raises(ParametersUnknown, match=r"Unknown parameters: year; it has none$"):
        render("SELECT 1", SQLITE, {"year": 1})
    with pytest.raises(ParametersMissing, match=r"parameters: year \(unknown: yaer\)$"):
        render("SELECT {{year}}", SQLITE, {"yaer": 1})


# Whatever is written, and whatever is given

PLACES = {
    "a = {{x}}",
    "b LIKE '%{{x}}%'",
    "b <> 'it''s {{x}}'",
    "a IN ({{xs}})",
    "a NOT IN (1, {{xs}}, {{x}})",
    "b IN ('{{xs}}')",
    "({{y}} IS NULL OR b = {{y}})",
    "a BETWEEN {{x}} AND {{y}}",
    "COALESCE({{x}},{{y}},'-- no comment') = 'a'",
    "CASE WHEN a > {{x}} THEN '{{y}}' ELSE {{y}} END = b",
    "EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND u.b = '{{x}}-{{y}}')",
    "a /* a comment */ > {{x}} -- another\n",
}
ODD = "☃☠\u202e\U0001d518"
scalars = st.one_of(
    st.text(alphabet=ODD, min_size=1, max_size=5),
    st.integers(min_value=7_700_000_000_000, max_value=7_799_999_999_999),
)
hostile = st.sampled_from(
    [
        *("'; DROP TABLE t; --", "' OR '1'='1", "\\' OR 1=1 -- ", "{{x}}", "$1", "?", "%s", "/*"),
        *("\x00", "$$", "`", '"', "\\", "\x1a", "'" * 3, "\r\n", "\u02bc", "\uff07", "--", "#"),
    ]
)


@given(
    chosen=st.lists(st.sampled_from(sorted(PLACES)), min_size=1, max_size=5),
    dialect=st.sampled_from(list(Dialect)),
    x=scalars,
    y=st.none() | scalars,
    xs=st.lists(scalars, max_size=4),
)
def test_no_part_of_a_value_gets_into_the_statement_which_parses(
    chosen: list[str], dialect: Dialect, x: Any, y: Any, xs: list[Any]
) -> None:
    sql = f"SELECT a, '{{{{x}}}}' AS said FROM t WHERE {' AND '.join(chosen)} ORDER BY a"
    values = {"x": x, "y": y, "xs": xs}
    done = render(sql, dialect, {name: values[name] for name in parameters(sql, dialect)})
    assert not set(ODD) & set(done.sql)
    assert "77" not in done.sql
    (tree,) = sqlglot.parse(done.sql, dialect=READS[dialect])
    assert isinstance(tree, sqlglot.exp.Select)


@given(
    template=st.lists(
        st.sampled_from(
            [
                *("SELECT ", "{{x}}", "{{ y }}", "'", '"', "`", "--", "/*", "*/", "#", "$$", "$a$"),
                *("\\", "E'", "U&'", "{{", "}}", "\n", " ", ",", "(", ")", " IN (", "[", "]", "1"),
                *("DATE ", ".", "INTERVAL '", "' DAY", "::", ";", " AS ", "a", " FROM t ", "\x00"),
            ]
        ),
        max_size=25,
    ).map("".join),
    dialect=st.sampled_from(list(Dialect)),
    value=st.text(alphabet=ODD, min_size=1, max_size=5)
    | st.lists(st.text(alphabet=ODD), max_size=2),
)
def test_whatever_is_written_is_refused_or_has_no_value_in_it(
    template: str, dialect: Dialect, value: Any
) -> None:
    assert "".join(each.text for each in tokens(template, dialect)) == template
    try:
        done = render(template, dialect, dict.fromkeys(parameters(template, dialect), value))
    except CoreError:
        return
    assert not set(ODD) & set(done.sql)


@given(dialect=st.sampled_from(list(Dialect)), first=hostile, second=hostile)
def test_a_hostile_text_changes_nothing_in_the_statement(
    dialect: Dialect, first: str, second: str
) -> None:
    sql = "SELECT {{x}}, '{{x}}', '%{{y}}%' FROM t WHERE a IN ({{x}}, '{{y}}')"
    harmless = render(sql, dialect, {"x": "a", "y": "b"}).sql
    if dialect is POSTGRESQL and "\0" in first + second:
        with pytest.raises(ParameterInvalid, match="NUL"):
            render(sql, dialect, {"x": first, "y": second})
    else:
        assert render(sql, dialect, {"x": first, "y": second}).sql == harmless
