"""Tables in text: what is written is found again, whatever stands in its cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.documents import tables_in, written
from core.documents.paging import paged
from core.sheets import FileRefused

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=2, max_size=8))
def test_what_is_written_is_found_again(rows: list[tuple[str, str, str]]) -> None:
    plain = [tuple(cell.replace("\\", "/") for cell in row) for row in rows]

    (found,) = tables_in(f"above\n\n{written(plain)}\n\nbelow")

    assert list(found.rows) == plain[1:]
    assert len(found.headers) == len(set(found.headers)) == 3
    assert found.title == "above"


def test_headers_are_told_apart_and_never_empty() -> None:
    (found,) = tables_in("| a |  | a |\n| --- | --- | --- |\n| 1 | 2 | 3 |")

    assert found.headers == ("a", "column_2", "a_2")


def test_rows_are_as_wide_as_the_headers() -> None:
    (found,) = tables_in("| a | b |\n|:--|--:|\n| 1 |\n| 1 | 2 | 3 |")

    assert found.headers == ("a", "b", "column_3")
    assert found.rows == (("1", "", ""), ("1", "2", "3"))


def test_a_line_with_bars_is_no_table() -> None:
    assert list(tables_in("a | b\nc | d\n---\n")) == []


def test_several_tables_have_their_own_titles() -> None:
    table = "| a | b |\n| --- | --- |\n| 1 | 2 |"

    found = list(tables_in(f"## Income\n{table}\n\n**Costs**\n\n{table}\n{table}"))

    assert [each.title for each in found] == ["Income", "Costs"]
    assert len(found[1].rows) == 4


def test_a_table_that_is_cut_has_its_header_on_every_page() -> None:
    rows = [("name", "number"), *((f"row {at}", str(at)) for at in range(500))]

    pages = paged(f"above\n\n{written(rows)}\n\nbelow", longest=1_000)

    found = [each for page in pages for each in tables_in(page)]
    assert len(pages) > 5
    assert all(len(page) <= 1_000 for page in pages)
    assert {each.headers for each in found} == {("name", "number")}
    assert [row for each in found for row in each.rows] == rows[1:]


@given(st.text(max_size=300), st.integers(20, 60))
def test_pages_lose_no_word(text: str, longest: int) -> None:
    pages = paged(text, longest=longest)

    assert "".join("".join(pages).split()) == "".join(text.split())


def test_a_line_of_blanks_is_walked_through_once() -> None:
    assert not list(tables_in("a | b\n|" + " - |" * 200_000 + " " * 200_000 + "x"))


def test_thousands_of_headers_of_one_name_are_told_apart_at_once() -> None:
    line = "|a" * 20_000 + "|"

    (found,) = tables_in(f"{line}\n{'|-' * 20_000}|\n|1|")

    assert found.headers[:3] == ("a", "a_2", "a_3")
    assert len(set(found.headers)) == 20_000


def test_one_wide_row_does_not_make_all_others_as_wide() -> None:
    wide = "|" * 100_000

    with pytest.raises(FileRefused, match="4,000,000 cells at most"):
        list(tables_in(f"|a|\n|-|\n{wide}\n" + "|b|\n" * 1_000))
