"""Answers as text: their head for hosts that show no more, all of them for the oldest clients."""

from typing import Any

import pytest

from core.connections import Answer, ResultColumn, Truncated
from mcp_server import results
from mcp_server.results import text


def answer(rows: list[list[Any]], **others: Any) -> Answer:
    width = max((len(row) for row in rows), default=1)
    usual: dict[str, Any] = {
        "columns": [ResultColumn(f"c{n}", "text") for n in range(width)],
        "rows": rows,
        "truncated": None,
        "duration_ms": 1.4,
        "row_count": len(rows),
        "sql": "SELECT",
        "connection": "shop",
        "cursor": None,
    }
    return Answer(**(usual | others))


def test_every_value_is_a_word_on_a_line_of_its_row() -> None:
    odd = [None, True, False, 0, 1.5, "a\tb\nc\rd", [1, None], {"a": "é"}, ""]

    assert text(answer([odd]), whole=False).split("\n") == [
        "1 row from shop in 1 ms.",
        "\t".join(f"c{n}" for n in range(9)),
        'NULL\ttrue\tfalse\t0\t1.5\ta\\tb\\nc\\rd\t[1,null]\t{"a":"é"}\t',
    ]


def test_no_rows_are_said_to_be_none() -> None:
    assert text(answer([]), whole=False) == "0 rows from shop in 1 ms.\nc0"


def test_the_head_is_short_however_long_the_answer() -> None:
    said = text(answer([["x" * 10_000] * 5 for _ in range(200)]), whole=False)

    assert len(said) < results.HEAD + 200
    assert "200 rows from shop in 1 ms. The first 2 follow." in said


def test_whoever_reads_text_alone_gets_all_of_it() -> None:
    said = text(answer([[n, "y" * 50] for n in range(300)]), whole=True)

    assert len(said.split("\n")) == 302
    assert "structuredContent" not in said
    assert said.endswith(f"299\t{'y' * 50}")


def test_whoever_reads_text_alone_is_told_what_does_not_fit() -> None:
    said = text(answer([["z" * 1_000] for _ in range(100)]), whole=True)

    assert len(said) <= results.WHOLE + 200
    assert "100 rows from shop in 1 ms. The first 79 follow." in said


@pytest.mark.parametrize(
    ("cells", "said"), [(1, "1 long cell was cut."), (3, "3 long cells were cut.")]
)
def test_what_was_cut_is_said(cells: int, said: str) -> None:
    cut = answer([["a"]], truncated=Truncated(rows=True, cells=cells), cursor="1.abc")

    assert said in text(cut, whole=False)
    assert "There are more rows: call again with cursor '1.abc'." in text(cut, whole=False)
