"""The scanner and the servers' own lexers: what the one lets pass, the other reads likewise."""

import random
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import duckdb
import psycopg
import pytest
from mysql import connector as mysql
from sqlalchemy.engine import make_url

from core.connections import lexer
from core.connections.errors import StatementRefused
from core.connections.functions import GRAMMAR
from core.connections.records import Dialect
from core.connections.scan import Kind, Scan, scan
from tests.core.connections.corpus import read

Run = Callable[[str], Any]
"""Returns the first rows of a statement, or None where the database refuses it."""

QUOTED = frozenset({Kind.TEXT, Kind.NAME})
CODED = re.compile(r"[nNxXbB]'|\$\w*\$")
PIECES = r"""
' '' " "" ` `` \ -- # /* */ /**/ / * 1 2 a b e E x n $ $$ $a$ $1 [ ] ( ) , + - @ { } 1e 1. 0x1 .5
'a' 'b' "a" as é _ ! /*! ? : :: | || E' e'\ x' u&' U&"
"""
SPACES = [" ", "\n", "\t", "\r\n", "--\n", "-- ", "\u00a0"]
BEGINNINGS = ("SELECT 1", "SELECT 'a' ", "SELECT 1, ", "SELECT ", "SELECT /*", "SELECT 'x")
ENDS = ("", " , 2", " FROM (SELECT 1 AS a) a", "'", "*/ 1", " */", "-- \n, 3", "\n")


def rows(fetch: Callable[[], Sequence[Any]], errors: type[Exception]) -> Any:
    try:
        return list(fetch())[:3]
    except errors:
        return None


@pytest.fixture(params=[Dialect.SQLITE, Dialect.DUCKDB, Dialect.POSTGRESQL, Dialect.MARIADB])
def engine(request: pytest.FixtureRequest) -> Iterator[tuple[Dialect, Run]]:
    dialect: Dialect = request.param
    if dialect is Dialect.SQLITE:
        with closing(sqlite3.connect(":memory:")) as lite:
            failed = (sqlite3.Error, sqlite3.Warning)
            yield dialect, lambda sql: rows(lambda: lite.execute(sql).fetchall(), failed)  # type: ignore[arg-type]
    elif dialect is Dialect.DUCKDB:
        with duckdb.connect(config={"enable_external_access": False}) as duck:
            yield dialect, lambda sql: rows(lambda: duck.execute(sql).fetchall(), duckdb.Error)
    elif dialect is Dialect.POSTGRESQL:
        url = request.getfixturevalue("postgres_url")
        with psycopg.connect(url, autocommit=True) as postgres:

            def ask(sql: str) -> list[Any]:
                result = postgres.pgconn.exec_params(sql.encode(), [])
                if result.error_message or not result.nfields:
                    raise psycopg.Error(result.error_message.decode())
                cells = range(result.nfields)
                return [
                    [result.get_value(row, cell) for cell in cells] for row in range(result.ntuples)
                ]

            yield dialect, lambda sql: rows(lambda: ask(sql), psycopg.Error)
    else:
        url = make_url(request.getfixturevalue("mariadb_url"))
        maria = mysql.connect(
            host=url.host,
            port=url.port or 3306,
            user=url.username,
            password=url.password or "",
            charset="utf8mb4",
            collation="utf8mb4_general_ci",
            sql_mode="STRICT_TRANS_TABLES",
        )

        def ask_maria(sql: str) -> list[Any]:
            with maria.cursor(raw=True) as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []

        yield dialect, lambda sql: rows(lambda: ask_maria(sql), mysql.Error)
        maria.close()


def statements(seed: int, many: int) -> Iterator[str]:
    """Yield statements made of what lexers stumble over, a few kinds of it at a time."""
    rand = random.Random(seed)
    everything = [*PIECES.split(), *SPACES]
    chosen = everything
    for number in range(many):
        if number % 40 == 0:
            chosen = rand.sample(everything, rand.randint(3, 9))
        some = everything if rand.random() < 0.2 else chosen
        body = "".join(rand.choice(some) for _ in range(rand.randint(1, 12)))
        yield rand.choice(BEGINNINGS) + body + rand.choice(ENDS)


def rewritten(scanned: Scan, dialect: Dialect) -> str:
    """Return a statement as the scanner reads it, in words that nobody can misread."""
    pieces: list[str] = []
    end = 0
    for token in scanned.tokens:
        source = scanned.sql[token.start : token.end]
        if token.kind is Kind.TEXT and source[0] in "'$" and dialect is not Dialect.MARIADB:
            source = "'" + token.name.replace("'", "''") + "'"
        elif token.kind is Kind.NAME and dialect in {Dialect.POSTGRESQL, Dialect.DUCKDB}:
            source = '"' + token.name.replace('"', '""') + '"'
        # Two texts are one where a line ends between them, even in PostgreSQL.
        pieces += [scanned.clear[end : token.start], source]
        end = token.end
    return "".join(pieces)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_server_reads_a_statement_as_the_scanner_does(
    engine: tuple[Dialect, Run], seed: int
) -> None:
    dialect, run = engine
    read_alike = differences = 0
    examples = []
    for sql in statements(seed, 6000):
        if "$$" in sql or "$a$" in sql:
            continue  # dollar quotes have a test of their own
        try:
            scanned = scan(sql, dialect)
        except StatementRefused:
            continue
        if any(token.text == ";" for token in scanned.tokens):
            continue
        answer = run(sql)
        if answer == run(rewritten(scanned, dialect)):
            read_alike += answer is not None
        else:
            differences += 1
            examples.append((sql, rewritten(scanned, dialect)))
    assert examples == []
    assert read_alike > 100


@pytest.mark.parametrize("dialect", [Dialect.DUCKDB, Dialect.POSTGRESQL])
def test_dollar_quotes_hold_what_they_hold(dialect: Dialect) -> None:
    for sql, text in (
        ("SELECT $$it's$$", "it's"),
        ("SELECT $a$ $$ ; -- $a$", " $$ ; -- "),
        ("SELECT $é$/*$é$", "/*"),
        ("SELECT $a$$b$a$", "$b"),
    ):
        assert scan(sql, dialect).tokens[1].name == text
    assert [each.text for each in scan("SELECT a$b$c$b$", dialect).tokens] == ["select", "a$b$c$b$"]


@pytest.mark.parametrize("dialect", list(Dialect))
def test_the_two_lexers_of_ours_agree(dialect: Dialect) -> None:
    """The templates' lexer takes any text apart; where the policy's does too, they do it alike."""
    kinds = {lexer.Kind.TEXT, lexer.Kind.ESCAPED, lexer.Kind.NAME}
    corpora = [case.sql for name in ("hostile", "legitimate") for case in read(name, dialect)]
    compared = 0
    for sql in [*corpora, *statements(3, 3000)]:
        if CODED.search(sql):
            continue  # to the other lexer a kind of its own
        try:
            mine = scan(sql, dialect)
        except StatementRefused:
            continue
        quoted = [(each.start, each.end) for each in mine.tokens if each.kind in QUOTED]
        theirs = [
            (each.start, each.end) for each in lexer.tokens(sql, dialect) if each.kind in kinds
        ]
        assert quoted == theirs, sql
        compared += len(quoted)
    assert compared > 100


# Words that stand before a parenthesis and are no functions


def test_no_function_hides_behind_a_word_of_postgresqls_grammar(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        reserved = {
            row[0]
            for row in connection.execute(
                "SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'C')"
            )
        }
    assert GRAMMAR[Dialect.POSTGRESQL] <= reserved


def test_no_function_hides_behind_a_word_of_duckdbs_grammar() -> None:
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() "
            "WHERE keyword_category IN ('reserved', 'column_name')"
        ).fetchall()
    assert GRAMMAR[Dialect.DUCKDB] <= {row[0] for row in found}


def test_no_function_hides_behind_a_word_of_sqlites_grammar() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        found = {row[0] for row in connection.execute("SELECT name FROM pragma_function_list")}
    assert not GRAMMAR[Dialect.SQLITE] & found
