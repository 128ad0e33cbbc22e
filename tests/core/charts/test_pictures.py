"""Charts of many shapes of result, drawn and compared with pictures that were looked at."""

import copy

import pytest

from core.charts import Drawing
from tests.core.charts.pictures import ALIKE, EXACT, chart_of, difference, kept, opened, tolerance
from tests.core.charts.shapes import SHAPES


@pytest.mark.parametrize("name", SHAPES)
async def test_a_chart_looks_as_it_did_when_it_was_looked_at(name: str) -> None:
    drawing = Drawing()

    drawn = opened(await drawing.png(chart_of(name), scale=1))

    assert difference(drawn, kept(name)) <= await tolerance(drawing)


@pytest.mark.parametrize(
    ("name", "other"), [("bar", "grouped"), ("line", "area"), ("pie", "donut")]
)
async def test_another_chart_is_seen_to_be_another_whatever_the_fonts(
    name: str, other: str
) -> None:
    drawing = Drawing()

    drawn = opened(await drawing.png(chart_of(name), scale=1))

    assert difference(drawn, kept(other)) > ALIKE


async def test_one_value_that_changed_is_seen() -> None:
    chart = chart_of("line")
    spec = copy.deepcopy(chart.vega_lite)
    spec["data"]["values"][5]["y"] *= 0.9
    drawing = Drawing()

    drawn = opened(await drawing.png(chart, scale=1))
    changed = opened(await drawing.png(chart.model_copy(update={"vega_lite": spec}), scale=1))

    assert difference(drawn, changed) > EXACT
    assert difference(drawn, drawn) == 0


async def test_a_picture_grows_with_its_scale_and_its_width() -> None:
    drawing = Drawing()
    chart = chart_of("bar")

    assert opened(await drawing.png(chart)).size == (1280, 800)
    assert opened(await drawing.png(chart, scale=1, width=900)).size == (900, 400)
    assert opened(await drawing.png(chart, scale=1, width=90_000)).size == (2000, 400)
