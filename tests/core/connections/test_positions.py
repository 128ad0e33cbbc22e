"""Where {{parameters}} may stand."""

import pytest

from core.connections.errors import ParameterMisplaced
from core.connections.records import Dialect
from core.connections.template import check, parameters

POSTGRESQL, DUCKDB, SQLITE = Dialect.POSTGRESQL, Dialect.DUCKDB, Dialect.SQLITE
MYSQL, MARIADB = Dialect.MYSQL, Dialect.MARIADB
everywhere = pytest.mark.parametrize("dialect", list(Dialect))


@everywhere
@pytest.mark.parametrize(
    ("sql", "at"),
    [
        ("SELECT 1 -- {{year}}", "column 13"),
        ("SELECT /* {{year}} */ 1", "column 11"),
        ("SELECT 1,\n  /* a\n {{year}} */ 2", "line 3, column 2"),
        ("SELECT * FROM {{t}}", "column 15"),
        ("SELECT * FROM {{s}}.t", "column 15"),
        ("SELECT * FROM s.{{t}}", "column 17"),
        ("SELECT * FROM a JOIN {{t}} ON a.x = 1", "column 22"),
        ("SELECT * FROM a JOIN b USING ({{x}})", "column 31"),
        ("SELECT {{a}}.b FROM t", "column 8"),
        ("SELECT a AS {{x}}", "column 13"),
        ("SELECT a {{x}} FROM t", "column 10"),
        ("SELECT a FROM t AS {{x}}", "column 20"),
        ("WITH {{x}} AS (SELECT 1) SELECT 1", "column 6"),
        ("SELECT {{f}}(a) FROM t", "column 8"),
        ("SELECT {{f}} (a) FROM t", "column 8"),
        ("SELECT a FROM sales_{{year}}", "column 21"),
        ("SELECT {{year}}_sales FROM t", "column 8"),
        ("SELECT CAST(a AS {{t}})", "column 18"),
        ("SELECT a FROM t ORDER BY {{x}}", "column 26"),
        ("SELECT a FROM t ORDER BY b, {{x}} DESC", "column 29"),
        ("SELECT a FROM t ORDER BY ({{x}})", "column 27"),
        ("SELECT a FROM t ORDER BY a {{way}}", "column 28"),
        ("SELECT a FROM t ORDER BY '{{x}}'", "column 26"),
        ("SELECT a FROM t GROUP BY {{x}}", "column 26"),
        ("SELECT SUM(a) OVER (PARTITION BY {{x}}) FROM t", "column 34"),
        ("SELECT SUM(a) OVER (ORDER BY {{x}}) FROM t", "column 30"),
        ("SELECT EXTRACT({{part}} FROM a) FROM t", "column 16"),
        ("SELECT a FROM t WHERE a {{op}} 5", "column 25"),
        ("SELECT a FROM t WHERE a IN {{ids}}", "column 28"),
        ("SELECT X'{{x}}'", "column 10"),
        ("SELECT 'never closed {{x}}", "column 22"),
        ("SELECT a FROM t WHERE b = {{b}} AND c COLLATE {{c}} = 'x'", "column 47"),
    ],
)
def test_a_place_where_no_value_can_stand_is_refused_with_where_it_is(
    dialect: Dialect, sql: str, at: str
) -> None:
    with pytest.raises(ParameterMisplaced, match=at):
        check(sql, dialect)


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ('SELECT "{{x}}"', POSTGRESQL),
        ('SELECT "{{x}}"', SQLITE),
        ('SELECT "{{x}}"', DUCKDB),
        ("SELECT `{{x}}`", MYSQL),
        ("SELECT `{{x}}`", SQLITE),
        ("SELECT [{{x}}]", SQLITE),
        ("SELECT /* a /* b */ {{x}} */ 1", POSTGRESQL),
        ("SELECT /* a /* b */ {{x}} */ 1", DUCKDB),
        ("SELECT 1 # {{x}}", MARIADB),
        ("SELECT 1 /*! + {{x}} */", MYSQL),
        ("SELECT $${{x}}$$", POSTGRESQL),
        ("SELECT $tag$ {{x}} $tag$", DUCKDB),
        ("SELECT U&'{{x}}'", POSTGRESQL),
        ("SELECT N'{{x}}'", POSTGRESQL),
        ("SELECT N'{{x}}'", MYSQL),
        ("SELECT _latin1'{{x}}'", MYSQL),
        ('SELECT x"{{x}}"', MARIADB),
        (r"SELECT E'\x41{{x}}'", POSTGRESQL),
        ("SELECT a::{{t}}", POSTGRESQL),
        ("SELECT 'a' '{{x}}'", MYSQL),
        ("SELECT '{{x}}' \"b\"", MARIADB),
        ("SELECT 'a'\n'{{x}}'", POSTGRESQL),
        ("SELECT INTERVAL '{{x}}' DAY TO SECOND", POSTGRESQL),
        ("SELECT TIMESTAMPDIFF({{unit}}, a, b)", MYSQL),
        ("SELECT GROUP_CONCAT(a SEPARATOR '{{s}}') FROM t", MYSQL),
        ("SELECT a -> '$.{{x}}' FROM t", MYSQL),
        ("SELECT a '{{x}}' FROM t", MYSQL),
        ("SELECT DISTINCT ON ({{x}}) a FROM t", POSTGRESQL),
        ("SELECT {'{{k}}': 1}", DUCKDB),
    ],
)
def test_each_dialect_has_places_of_its_own_that_take_no_value(sql: str, dialect: Dialect) -> None:
    with pytest.raises(ParameterMisplaced, match=r"line \d+|interval's units"):
        check(sql, dialect)


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ('SELECT "{{x}}"', MYSQL),
        ("SELECT a FROM t WHERE b --{{x}}", MYSQL),  # minus minus: no comment without a space
        ("SELECT /* a /* b */ {{x}}", MYSQL),
        ("SELECT '$${{x}}$$'", POSTGRESQL),
        ("SELECT DATE {{x}}, '{{x}}'::date, TIMESTAMP(3) WITH TIME ZONE '{{x}}'", POSTGRESQL),
        ("SELECT a[{{x}}:{{x}}]", DUCKDB),
        ("SELECT a[{{x}}:{{x}}]", POSTGRESQL),
        ("SELECT MAP {{'a': 1}: 2}, {{x}}", DUCKDB),
        ("SELECT a ? 'b', {{x}} FROM t", POSTGRESQL),
        ("SELECT j -> '{{x}}' ->> {{x}} FROM t", POSTGRESQL),
        ("SELECT JSON_EXTRACT(a, '$.{{x}}') FROM t", MYSQL),
        ("SELECT d + INTERVAL {{x}} DAY, d + INTERVAL '{{x}}' HOUR FROM t", MYSQL),
        ("SELECT MATCH (a) AGAINST ('{{x}}' IN BOOLEAN MODE) FROM t", MYSQL),
        ("SELECT EXTRACT(YEAR FROM {{x}}), TRIM(BOTH {{x}} FROM a) FROM t", POSTGRESQL),
        ("SELECT a FROM t ORDER BY CASE WHEN {{x}} = 'a' THEN a ELSE b END", SQLITE),
        ("SELECT a FROM t ORDER BY a LIMIT {{x}} OFFSET {{x}}", MARIADB),
        ("SELECT * FROM generate_series({{x}}, {{x}}) g", POSTGRESQL),
        ("SELECT a FROM t FETCH FIRST {{x}} ROWS ONLY", POSTGRESQL),
        ("EXPLAIN SELECT a FROM t WHERE a = {{x}}", POSTGRESQL),
        ("EXPLAIN QUERY PLAN SELECT a FROM t WHERE a = {{x}}", SQLITE),
        ("VALUES ({{x}}, '{{x}}')", POSTGRESQL),
        ("SELECT a FROM t WHERE (a, b) IN (({{x}}, {{x}}))", MYSQL),
        ("SELECT 'x' 'y' AS z, {{x}}", MYSQL),
        ("SELECT '{{x}}' 'label'", SQLITE),
        (r"SELECT E'a\'b\n{{x}}'", POSTGRESQL),
    ],
)
def test_whatever_takes_a_value_takes_a_parameter(sql: str, dialect: Dialect) -> None:
    if (sql, dialect) == ("SELECT '{{x}}' 'label'", SQLITE):
        assert parameters(sql, dialect) == ("x",)
    else:
        assert check(sql, dialect) == ("x",)


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [("SELECT $1, {{x}}", POSTGRESQL), ("SELECT ?, {{x}}", MYSQL), ("SELECT :a, {{x}}", SQLITE)],
)
def test_a_placeholder_of_the_databases_own_does_not_mix_with_ours(
    sql: str, dialect: Dialect
) -> None:
    with pytest.raises(ParameterMisplaced, match=r"write every parameter as \{\{name\}\}"):
        check(sql, dialect)


@everywhere
def test_what_is_no_sql_is_left_to_the_policy_to_refuse(dialect: Dialect) -> None:
    assert check("SELEKT {{x}} FORM t WERE", dialect) == ("x",)


def test_sorting_by_a_parameter_is_refused_with_the_way_to_do_it() -> None:
    with pytest.raises(ParameterMisplaced, match=r"CASE WHEN \{\{by\}\} = 'a'"):
        check("SELECT a, b FROM t ORDER BY {{by}}", SQLITE)
