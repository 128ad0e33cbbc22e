"""`trellis sql`: one guarded statement."""

import csv
import io

import pytest

from tests.cli.test_stop import on_a_terminal
from tests.terminal import Home

ODD = "SELECT 7 AS n, NULL AS nil, 'a,\"b\"' AS text, 'été ☃' AS \"Überschrift\", 0.5 AS half"


def test_a_table_is_plain_where_nobody_looks(trellis: Home) -> None:
    done = trellis("sql", f"{ODD} UNION ALL SELECT 1234, 'x', char(27) || '[31m', 'b', 12.25")

    assert done.code == 0
    assert done.out.splitlines() == [
        "   n  nil   text      Überschrift   half",
        '   7  NULL  a,"b"     été ☃          0.5',
        "1234  x     \\x1b[31m  b            12.25",
    ]
    assert done.err == "2 rows\n"


def test_csv_is_what_spreadsheets_read(trellis: Home) -> None:
    done = trellis("sql", ODD, "--csv")

    assert done.out.endswith("\r\n")
    assert list(csv.reader(io.StringIO(done.out, newline=""))) == [
        ["n", "nil", "text", "Überschrift", "half"],
        ["7", "", 'a,"b"', "été ☃", "0.5"],
    ]
    assert done.err == ""


def test_json_is_what_rest_answers(trellis: Home) -> None:
    answer = trellis("sql", ODD, "--json").json

    assert answer["rows"] == [[7, None, 'a,"b"', "été ☃", 0.5]]
    assert [column["name"] for column in answer["columns"]][3] == "Überschrift"
    assert (answer["row_count"], answer["truncated"], answer["connection"]) == (1, False, "sample")


def test_a_cut_answer_says_so_and_how_to_go_on(trellis: Home) -> None:
    counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<9) "
    first = trellis("sql", f"{counting}SELECT i FROM n", "--limit", "4", "--csv")
    cursor = first.err.split()[-1]
    rest = trellis("sql", f"{counting}SELECT i FROM n", "--csv", "--cursor", cursor)

    assert first.out.split() == ["i", "1", "2", "3", "4"]
    assert first.err.startswith("There are more rows: these are the first 4")
    assert rest.out.split() == ["i", "5", "6", "7", "8", "9"]
    assert rest.err == ""


def test_values_are_bound_and_read_as_people_mean_them(trellis: Home) -> None:
    sql = "SELECT typeof({{a}}), typeof({{b}}), {{c}}, {{d}}, {{e}}, {{f}}"
    typed = ["a=2025", 'b="2025"', "c=null", "d=2025-01-31", "e=x=y; DROP TABLE orders", "f=true"]

    answer = trellis("sql", sql, *typed, "--json").json

    day, text = "2025-01-31", "x=y; DROP TABLE orders"
    assert answer["rows"] == [["integer", "text", None, day, text, 1]]


def test_a_statement_may_come_from_stdin(trellis: Home) -> None:
    assert trellis("sql", "-", "--csv", stdin="SELECT 1 AS one;\n").out == "one\r\n1\r\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sql", ""), "statement"),
        (("sql", "how many orders?"), "SELECT"),
        (("sql", "SELECT 1; SELECT 2"), "one"),
        (("sql", "DELETE FROM orders"), "DELETE"),
        (("sql", "SELECT * FROM ordrs"), "orders"),
        (("sql", "SELECT {{x}}"), "Missing required parameters: x"),
        (("sql", "SELECT 1", "x=1"), "x"),
        (("sql", "SELECT 1", "--connection", "nowhere"), "There is sample."),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_1(
    trellis: Home, words: tuple[str, ...], said: str
) -> None:
    trellis("connection", "discover", "sample")

    done = trellis(*words)

    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_a_terminal_shows_amounts_as_people_read_them(trellis: Home) -> None:
    statement = (
        "SELECT 2025 AS year, 123456 AS order_id, 1234567 AS orders, 1234.5 AS revenue "
        "UNION ALL SELECT 2026, 123457, 12, 10.25"
    )

    shown = on_a_terminal(trellis, "100", "sql", statement)

    rows = [line.split() for line in shown.splitlines() if line.strip().startswith("202")]
    assert rows == [["2025", "123456", "1,234,567", "1,234.50"], ["2026", "123457", "12", "10.25"]]
