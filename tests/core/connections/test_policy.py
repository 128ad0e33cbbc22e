"""Statements judged by their text alone: what only reads passes, all else is refused."""

import asyncio
import contextlib
import re
from collections import Counter
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.connections.errors import StatementRefused
from core.connections.policy import Verdict, judge
from core.connections.records import Dialect
from core.connections.scan import LONGEST, scan
from tests.core.connections.corpus import FILES, Case, read

KINDS = (Dialect.SQLITE, Dialect.DUCKDB, Dialect.POSTGRESQL, Dialect.MYSQL)
HOSTILE = [case for dialect in KINDS for case in read("hostile", dialect)]
LEGITIMATE = [case for dialect in KINDS for case in read("legitimate", dialect)]
# What only the server can know of: functions and views that somebody made there, and whether a name
# behind a dot is a column or a function.
TEXT_ALONE = [case for case in HOSTILE if case.kind not in {"ours", "field"}]

every_dialect = pytest.mark.parametrize("dialect", list(Dialect))
# MariaDB's statements are scanned, parsed and judged as MySQL's are: by the same tables.
every_grammar = pytest.mark.parametrize("dialect", KINDS)


def refusal(sql: str, dialect: Dialect = Dialect.POSTGRESQL) -> str:
    with pytest.raises(StatementRefused) as refused:
        judge(sql, dialect)
    return refused.value.message


# The corpora


def test_there_are_enough_statements_and_none_twice() -> None:
    for cases, least in ((HOSTILE, 300), (LEGITIMATE, 200)):
        distinct = {(case.dialect, case.sql) for case in cases}
        assert len(distinct) == len(cases)
        assert len(distinct) >= least
        per_dialect = Counter(case.dialect for case in cases)
        assert all(per_dialect[dialect] >= least // 6 for dialect in KINDS)


@pytest.mark.parametrize("case", TEXT_ALONE, ids=lambda case: case.name)
def test_a_hostile_statement_is_refused(case: Case) -> None:
    with pytest.raises(StatementRefused) as refused:
        judge(case.sql, case.dialect)
    assert len(refused.value.message) > 20
    assert "<class" not in refused.value.message


@pytest.mark.parametrize("case", LEGITIMATE, ids=lambda case: case.name)
def test_a_legitimate_statement_passes(case: Case) -> None:
    verdict = judge(case.sql, case.dialect)
    assert verdict.kind in {"select", "explain", "show", "describe", "pragma"}


@pytest.mark.parametrize("name", ["hostile", "legitimate"])
def test_mariadb_is_judged_like_mysql(name: str) -> None:
    for case in read(name, Dialect.MARIADB):
        answers: list[Verdict | str] = []
        for dialect in (Dialect.MYSQL, Dialect.MARIADB):
            try:
                answers.append(judge(case.sql, dialect))
            except StatementRefused as refused:
                answers.append(refused.message.replace("mariadb", "mysql"))
        assert answers[0] == answers[1], case.sql


# Disguises

DISGUISES = (
    lambda sql: sql.swapcase(),
    lambda sql: sql.replace(" ", "\n\t"),
    lambda sql: sql.replace(" ", "/* x */ "),
    lambda sql: sql.replace(" ", ' -- it\'s "nothing"\n'),
    lambda sql: re.sub(r"\b(\w+)\(", r"\1 /**/ (", sql),
    lambda sql: f"\n\n  {sql} ;;\n-- the end",
    lambda sql: f"/* {sql.replace('*/', '')} */ {sql}" if "/*" not in sql else sql,
)


@pytest.mark.parametrize("number", range(len(DISGUISES)))
def test_a_hostile_statement_is_refused_in_any_disguise(number: int) -> None:
    passed = []
    for case in TEXT_ALONE:
        if any(mark in case.sql for mark in ("--", "#", "/*")):
            continue
        disguised = DISGUISES[number](case.sql)
        try:
            judge(disguised, case.dialect)
        except StatementRefused:
            continue
        passed.append(disguised)
    assert passed == []


@pytest.mark.parametrize("number", [2, 3, 5])
def test_a_legitimate_statement_passes_with_comments_in_it(number: int) -> None:
    refused = []
    for case in LEGITIMATE:
        if any(mark in case.sql for mark in ("'", '"', "`", "--", "#", "/*", "[")):
            continue
        try:
            judge(DISGUISES[number](case.sql), case.dialect)
        except StatementRefused as refusal_:
            refused.append((case.sql, refusal_.message))
    assert refused == []


@every_dialect
@pytest.mark.parametrize(
    "odd",
    [
        "SELECT 1\0",
        "SELECT\u00a01",
        "SELECT\u30001",
        "SELECT a\u200bb",
        "\ufeffSELECT 1",
        "SELECT 1 \x0b",
        "SELECT 1 \x0c",
        "SELECT 1 \x1a",
        "SELECT '\ud800'",
        "SELECT 1 -- x\r; DELETE FROM orders",
        "SELECT 1 \\ 2",
        "SELECT 1\u2028-- x",
    ],
    ids=ascii,
)
def test_what_is_read_differently_by_different_readers_is_refused(
    odd: str, dialect: Dialect
) -> None:
    refusal(odd, dialect)


@every_dialect
def test_the_same_characters_pass_inside_a_text(dialect: Dialect) -> None:
    judge("SELECT '\u00a0\u200b\ufeff\x0b\x0c\x1a\u2028 -- /* ; DROP TABLE x'", dialect)


@every_dialect
def test_a_comment_ends_where_the_server_ends_it(dialect: Dialect) -> None:
    nests = dialect in {Dialect.POSTGRESQL, Dialect.DUCKDB}
    for sql in ("SELECT 1 /*/*/ INTO x /* */", "SELECT 1 /* /*/ INTO x /* */"):
        if nests:
            assert "never ends" in refusal(sql, dialect)
        else:
            assert "INTO" in refusal(sql, dialect)


# What a refusal says


def test_a_refusal_says_where_and_what_would_work() -> None:
    assert refusal("SELECT 1,\n  pg_sleep(3)").endswith("(line 2, column 3).")
    assert "line 1, column 27" in refusal("SELECT * FROM orders AS o FOR UPDATE")
    assert "information_schema" in refusal("DESCRIBE orders")
    assert "PRAGMA table_info" in refusal("DESCRIBE orders", Dialect.SQLITE)
    assert "row_number() OVER" in refusal("SELECT @n := @n + 1", Dialect.MYSQL)
    assert "'-- '" in refusal("SELECT 5--1", Dialect.MYSQL)


def test_what_cannot_be_parsed_is_refused_with_the_parsers_words_and_place() -> None:
    said = refusal("SELECT a,\n FROM orders WHERE )")
    assert "postgresql" in said
    assert "line 2, column 20" in said
    assert "near )" in said


@pytest.mark.parametrize("word", ["INSERT", "DROP", "SET", "COMMIT", "CALL", "COPY", "VACUUM"])
def test_a_statement_that_begins_otherwise_is_called_by_its_name(word: str) -> None:
    said = refusal(f"{word} something")
    assert said.startswith(f"{word} ")
    assert "line 1, column 1" in said


def test_a_refusal_repeats_no_text_of_the_statement() -> None:
    assert "s3cret" not in refusal("SELECT 's3cret' FROM WHERE")


# What a verdict says


def test_a_verdict_names_functions_and_relations_as_the_server_will_read_them() -> None:
    sql = 'SELECT Lower("Name"), "Odd".F(1) FROM Shop."Customers" c JOIN orders ON true'
    verdict = judge(sql, Dialect.POSTGRESQL)
    assert verdict.functions == {("lower",), ("odd", "f")}
    assert verdict.relations == {("shop", "Customers"), ("orders",)}
    assert verdict.kind == "select"


def test_a_name_with_quotes_in_it_is_read_rightly() -> None:
    assert judge('SELECT * FROM "a""b"."c.d"', Dialect.POSTGRESQL).relations == {('a"b', "c.d")}
    assert judge("SELECT * FROM `a``b`", Dialect.MYSQL).relations == {("a`b",)}
    assert judge("SELECT * FROM [a b]", Dialect.SQLITE).relations == {("a b",)}


def test_sqlites_table_after_in_is_a_relation() -> None:
    assert ("secret_ids",) in judge("SELECT 1 IN secret_ids", Dialect.SQLITE).relations


def test_names_with_lists_of_columns_are_no_functions() -> None:
    sql = "WITH x (a) AS (SELECT 1) SELECT * FROM x AS y (b), (SELECT 2) AS z (c)"
    for dialect in Dialect:
        assert judge(sql, dialect).functions == frozenset()


def test_fields_of_rows_are_asked_about_on_postgresql_alone() -> None:
    assert [each.name for each in judge("SELECT o.a, (o).b", Dialect.POSTGRESQL).fields] == [
        ("a",),
        ("b",),
    ]
    assert judge("SELECT o.a FROM o", Dialect.DUCKDB).fields == ()


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("SHOW work_mem", Dialect.POSTGRESQL),
        ("SHOW TABLES", Dialect.MYSQL),
        ("SHOW TABLES", Dialect.DUCKDB),
    ],
)
def test_showing_is_a_kind_of_its_own(sql: str, dialect: Dialect) -> None:
    assert judge(sql, dialect).kind == "show"


def test_describing_reads_what_it_describes() -> None:
    for sql, dialect in (
        ("DESCRIBE shop.orders", Dialect.MYSQL),
        ("SUMMARIZE shop.orders", Dialect.DUCKDB),
    ):
        verdict = judge(sql, dialect)
        assert verdict.kind == "describe"
        assert verdict.relations == {("shop", "orders")}


# Size and time


@every_grammar
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
        "SELECT * FROM " + "(SELECT * FROM " * 10_000 + "t" + ")" * 10_000,
        "SELECT " + "NOT " * 10_000 + "a",
        "SELECT " + "- " * 10_000 + "1",
        "SELECT " + "CASE WHEN a THEN " * 10_000 + "1" + " END" * 10_000,
        "SELECT " + "f(" * 10_000 + "1" + ")" * 10_000,
        "WITH a AS (" * 10_000 + "SELECT 1" + ") SELECT 1" * 10_000,
        "EXPLAIN " * 10_000 + "SELECT 1",
        "SELECT a" + "[1]" * 10_000,
        "SELECT 1" + ";" * 10_000 + "x",
        "SELECT '" + "''" * 10_000,
        "/*" * 10_000,
        "SELECT " + "a." * 10_000 + "a",
        "SELECT 1 " + "UNION SELECT 1 " * 10_000,
        "SELECT " + "a AND " * 10_000 + "a",
        "x" * LONGEST,
        "SELECT '" + "x" * LONGEST + "'",
        "SELECT " + "a + " * (LONGEST // 4 - 10) + "a",
    ],
    ids=lambda sql: sql[:20],
)
def test_deep_and_long_statements_take_little_time_and_crash_nothing(
    sql: str, dialect: Dialect
) -> None:
    begun = process_time()
    said = ""
    try:
        judge(sql, dialect)
    except StatementRefused as refused:
        said = refused.message
    assert len(said) < 500
    assert process_time() - begun < 5


@every_grammar
@pytest.mark.parametrize(
    "piece",
    [
        "decimal(",
        "STRUCT(",
        "(UNION ",
        "JOIN t ",
        "(SELECT AS INT) JOIN t ",
        "ARRAY[",
        "JOIN t UNPIVOT ",
        "x -> ORDER BY NOT ",
        "a[1].b",
        "a.f()",
        "'x'.f()[1:2]",
    ],
)
def test_what_the_parser_tries_in_vain_is_bounded(piece: str, dialect: Dialect) -> None:
    for many in (20, 90, 1500):
        for end in ("", ")" * many, "]" * many):
            begun = process_time()
            with contextlib.suppress(StatementRefused):
                judge(f"SELECT * FROM {piece * many}1{end}", dialect)
            assert process_time() - begun < 3


@every_dialect
def test_what_nests_deep_but_not_too_deep_passes(dialect: Dialect) -> None:
    deep = 25
    judge("SELECT " + "replace(" * deep + "a" + ", 'a', 'b')" * deep, dialect)
    judge("SELECT " + "(" * deep + "1" + ")" * deep, dialect)
    judge("SELECT * FROM " + "(SELECT * FROM " * 20 + "t" + ") AS x" * 20, dialect)


@every_dialect
def test_a_list_of_a_hundred_thousand_values_passes(dialect: Dialect) -> None:
    values = ", ".join(str(number) for number in range(100_000))
    verdict = judge(f"SELECT * FROM orders WHERE id IN ({values}) AND lower(x) = 'a'", dialect)
    assert verdict.relations == {("orders",)}
    assert verdict.functions == {("lower",)}


@every_dialect
def test_nothing_hides_in_a_long_list(dialect: Dialect) -> None:
    values = ", ".join(str(number) for number in range(1000))
    bad = {Dialect.SQLITE: "load_extension('x')", Dialect.DUCKDB: "nextval('x')"}
    evil = bad.get(dialect, "sleep(1)" if dialect.value[0] == "m" else "pg_sleep(1)")
    for sql in (
        f"SELECT 1 IN ({values}, {evil})",
        f"SELECT 1 IN ({evil}, {values})",
        f"SELECT 1 IN ({values}, {evil}, {values})",
        f"SELECT 1 IN ({values}, (SELECT 2 INTO x))",
    ):
        refusal(sql, dialect)


def test_a_statement_that_is_too_long_is_told_so() -> None:
    assert "1024 kB" in refusal("SELECT " + "1" * LONGEST)
    assert "1024 kB" in refusal("SELECT '" + "я" * (LONGEST // 2) + "'")


def test_a_verdict_is_remembered() -> None:
    sql = "SELECT count(*) FROM orders -- remembered"
    assert judge(sql, Dialect.SQLITE) is judge("".join(list(sql)), Dialect.SQLITE)


# Any text at all


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.sampled_from(list(Dialect)))
def test_no_text_does_more_than_be_refused(text: str, dialect: Dialect) -> None:
    for sql in (text, f"SELECT {text}", f"SELECT 1 FROM {text} WHERE 1", f"EXPLAIN {text}"):
        with contextlib.suppress(StatementRefused):
            judge(sql, dialect)


PIECES = r"""
' '' " "" ` `` \ -- # /* */ /*! ( ) [ ] { } , ; : := :: . $ $$ $a$ $1 ? @ @@ E' e'\ x' U&' N' 0x 1e
1. SELECT FROM WHERE INTO FOR UPDATE WITH AS UNION VALUES TABLE CASE END IN JOIN a b f( 'x' "y" 1 *
+ - / % = < > || -> ->> STRUCT( decimal( ARRAY[
"""
SNIPPETS = st.sampled_from([*PIECES.split(), "\n", "\r", "\r\n", "\t", ""])


@settings(max_examples=500, deadline=None)
@given(st.lists(SNIPPETS, max_size=12), st.sampled_from(list(Dialect)))
def test_no_pieces_of_sql_do_more_than_be_refused(pieces: list[str], dialect: Dialect) -> None:
    for sql in (" ".join(pieces), "SELECT " + "".join(pieces)):
        with contextlib.suppress(StatementRefused):
            judge(sql, dialect)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_what_a_text_says_changes_nothing(text: str) -> None:
    for dialect in Dialect:
        escaped = text.replace("'", "''")
        if FILES[dialect] == "mysql":
            escaped = escaped.replace("\\", "\\\\")
        verdict = judge(f"SELECT lower('{escaped}') FROM orders", dialect)
        assert verdict.functions == {("lower",)}
        assert verdict.relations == {("orders",)}


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_what_a_comment_says_changes_nothing(text: str) -> None:
    inner = text.replace("*/", "").replace("/*", "").strip("*/!+mM")
    for dialect in Dialect:
        verdict = judge(f"SELECT /* {inner} */ lower(a) FROM orders -- {text}", dialect)
        assert verdict.functions == {("lower",)}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.sampled_from(list(Dialect)))
def test_what_the_parser_sees_is_as_long_as_the_statement(text: str, dialect: Dialect) -> None:
    try:
        scanned = scan(f"SELECT 1 {text}", dialect)
    except StatementRefused:
        return
    assert len(scanned.clear) == len(scanned.sql)
    assert scanned.clear.count("\n") == scanned.sql.count("\n")


async def test_judging_does_not_wait_for_another() -> None:
    sql = "SELECT 1 FROM orders WHERE id IN (" + "1," * 50_000 + "1)"
    verdicts = await asyncio.gather(
        *(asyncio.to_thread(judge, sql, dialect) for dialect in Dialect)
    )
    assert all(verdict.relations == {("orders",)} for verdict in verdicts)
