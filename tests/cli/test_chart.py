"""Charts in a terminal."""

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from cli.chart import draw
from core.charts import Chart, suggest
from tests.core.charts.pictures import chart_of
from tests.core.charts.shapes import SHAPES


def drawn(chart: Chart, *, width: int = 80, encoding: str = "utf-8") -> str:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    draw(chart, Console(file=file, width=width, color_system=None))
    file.flush()
    assert isinstance(file.buffer, io.BytesIO)
    return file.buffer.getvalue().decode(encoding)


def test_bars_are_as_long_as_their_values_and_say_them() -> None:
    assert drawn(chart_of("ratings"), width=40) == (
        "Ratings\n"
        "1 ███▎                               14\n"
        "2 ██                                  9\n"
        "3 ███████▏                           31\n"
        "4 ████████████████████▏              88\n"
        "5 ████████████████████████████████  140\n"
    )


def test_what_is_below_zero_hangs_to_the_left() -> None:
    rows: list[list[Any]] = [["a", -50], ["b", 100], ["c", None]]
    chart = suggest([("name", "text"), ("profit", "integer")], rows)
    assert chart is not None

    assert drawn(chart, width=32) == (
        "Profit by name\n"
        "b         ████████████████  100\n"
        "a ████████                  -50\n"
        "c                             -\n"
    )


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(("width", "encoding"), [(100, "utf-8"), (30, "utf-8"), (60, "ascii")])
def test_no_line_is_wider_than_the_terminal(name: str, width: int, encoding: str) -> None:
    lines = drawn(chart_of(name), width=width, encoding=encoding).splitlines()

    assert lines[0].startswith(SHAPES[name].title[:20])
    assert len(lines) > 2
    assert all(cell_len(line) <= width for line in lines)


def test_a_terminal_without_blocks_gets_plain_signs() -> None:
    assert "########" in drawn(chart_of("bar"), encoding="ascii")
    assert "# Lamps  = Chairs" in drawn(chart_of("stacked"), encoding="ascii")


def test_wide_signs_count_as_two_cells_and_none_steers_the_terminal() -> None:
    rows: list[list[Any]] = [["東京都\x1b[31m", 120], ["大阪府", 80], ["b", 30]]
    chart = suggest([("地域", "text"), ("売上高", "integer")], rows, title="地域\x1b]0;x\x07")
    assert chart is not None

    text = drawn(chart, width=60)

    assert "\x1b" not in text
    assert "\x07" not in text
    assert {cell_len(line) for line in text.splitlines()[1:]} == {59}


def test_a_long_line_is_drawn_high_and_several_are_drawn_small() -> None:
    assert len(drawn(chart_of("many")).splitlines()) == 10
    assert len(drawn(chart_of("lines")).splitlines()) == 5
