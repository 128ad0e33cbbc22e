"""Rows are cut where a ceiling says, and what is missing is said exactly."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connections.drivers import cells
from core.connections.drivers.harvest import Field, Harvest
from core.connections.records import Ceilings, ResultColumn, Truncated

TEXT = Field(ResultColumn("t", "text"))
NUMBER = Field(ResultColumn("n", "integer"), 8)


def harvest(
    come: list[tuple[Any, ...]], /, *fields: Field, batch: int = 1, skip: int = 0, **ceilings: int
) -> Harvest:
    made = Harvest(fields, Ceilings(**ceilings), skip=skip)
    for at in range(0, len(come), batch):
        made.add(come[at : at + batch])
        if made.full:
            break
    return made


@given(st.integers(0, 30), st.integers(1, 12), st.integers(0, 12), st.integers(1, 35))
def test_rows_are_exactly_those_asked_for(total: int, most: int, skip: int, batch: int) -> None:
    rows = [(number,) for number in range(total)]

    made = harvest(rows, NUMBER, batch=batch, skip=skip, rows=most)

    assert made.rows == rows[skip : skip + most]
    assert made.truncated == (Truncated(rows=True) if total > skip + most else None)


@given(
    st.lists(st.tuples(st.none() | st.text(max_size=400), st.text(max_size=40)), max_size=40),
    st.integers(1, 45),
)
def test_bytes_end_an_answer_at_a_row(rows: list[tuple[str | None, str]], batch: int) -> None:
    made = harvest(rows, TEXT, TEXT, batch=batch, bytes=1024, cell=100_000)

    size, fit = 0, 0
    for row in rows:
        size += sum(len(cell.encode()) for cell in row if cell)
        if size > 1024 and fit:
            break
        fit += 1
    assert made.rows == rows[:fit]
    assert made.truncated == (None if fit == len(rows) else Truncated(rows=True, bytes=True))


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_long_cells_are_cut_and_counted(batch: int) -> None:
    rows = [("x" * 17, b"y" * 17, r"\x" + "ab" * 17), (None, b"y" * 16, ""), ("é" * 17, None, None)]
    fields = (
        TEXT,
        Field(ResultColumn("b", "binary"), None, cells.binary),
        Field(ResultColumn("h", "binary"), hexadecimal=True),
    )

    made = harvest(rows, *fields, batch=batch, cell=16)

    assert made.rows == [
        ("x" * 16, r"\x" + "79" * 16, r"\x" + "ab" * 16),
        (None, r"\x" + "79" * 16, ""),
        ("é" * 16, None, None),
    ]
    assert made.truncated == Truncated(cells=4)


def test_cells_of_rows_that_are_left_out_are_not_counted() -> None:
    made = harvest([("x" * 900,)] * 5, TEXT, batch=5, bytes=1024, cell=600)

    assert made.rows == [("x" * 600,)]
    assert made.truncated == Truncated(rows=True, bytes=True, cells=1)


def test_half_a_number_is_never_handed_out() -> None:
    whole = Field(ResultColumn("d", "decimal"), None, cells.decimals, whole=True)

    made = harvest([("1" * 100,)], whole, cell=16)

    assert made.rows == [("1" * 100,)]
    assert made.truncated is None


def test_rows_without_columns_are_rows() -> None:
    assert harvest([(), (), ()], rows=2).rows == [(), ()]
