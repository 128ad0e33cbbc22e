"""Drawing: offline, bounded, and deaf to what data would like to say."""

import asyncio
import copy
import re
from typing import Any

import altair as alt
import pytest
from rich.cells import cell_len

from core.charts import Chart, ChartTooLarge, Drawing, DrawingFailed, DrawingTimedOut, suggest
from core.charts.narrow import narrow
from tests.core.charts.pictures import chart_of
from tests.core.charts.shapes import SHAPES

HOSTILE = [
    "__proto__",
    "constructor",
    "toString",
    '"); throw new Error("x"); ("',
    "datum['x']",
    '{"signal": "1"}',
    "</script><script>alert(1)</script>",
    "\\",
    "\x00\x1b[31m\u2028\ud800",
    "地域 🎉 عربى",
    "x" * 5000,
    "",
]


def changed(**parts: Any) -> Chart:
    chart = chart_of("bar")
    spec = copy.deepcopy(chart.vega_lite) | parts
    return chart.model_copy(update={"vega_lite": spec})


@pytest.mark.parametrize("name", SHAPES)
def test_every_specification_keeps_to_the_schema(name: str) -> None:
    spec = chart_of(name).vega_lite

    alt.LayerChart.from_dict(spec | {"data": {"values": spec["data"]["values"][:3]}})


async def harmless(chart: Chart | None) -> bool:
    assert chart is not None
    svg = await Drawing().svg(chart)
    return "<script" not in svg and "href=" not in svg


@pytest.mark.parametrize("kind", ["bar", "bar_horizontal", "pie"])
async def test_no_name_and_no_label_is_ever_more_than_text(kind: str) -> None:
    for at, hostile in enumerate((HOSTILE[:6], HOSTILE[6:])):
        rows = [[name, 1 + place] for place, name in enumerate(hostile)]
        columns = [(hostile[1], "text"), (hostile[2], "number")]

        assert await harmless(suggest(columns, rows, title=HOSTILE[at], kind=kind))


@pytest.mark.parametrize("kind", ["line", "stacked_bar", "area"])
async def test_no_name_of_a_series_is_more_than_text(kind: str) -> None:
    columns = [("month", "text"), ("of", "text"), ("n", "integer")]
    for hostile in (HOSTILE[:6], HOSTILE[6:]):
        rows = [[month, name, 1] for month in ("2025-01", "2025-02", "2025-03") for name in hostile]

        assert await harmless(suggest(columns, rows, kind=kind))


@pytest.mark.parametrize(
    "parts",
    [
        {"data": {"url": "http://127.0.0.1:9/rows.json"}},
        {"data": {"sequence": {"start": 0, "stop": 1e9}}},
        {"mark": "image", "layer": []},
        {"mark": {"type": "image", "url": "x"}},
        {"mark": {"type": "geoshape"}},
        {"transform": [{"calculate": "1", "as": "x"}]},
        {"params": [{"name": "x", "expr": "1"}]},
        {"title": {"text": {"expr": "1+1"}}},
        {"title": {"text": {"signal": "1+1"}}},
        {"encoding": {"x": {"axis": {"labelExpr": "warn('x')"}}}},
        {"encoding": {"href": {"value": "http://127.0.0.1:9/"}}},
        {"datasets": {"rows": []}},
    ],
    ids=str,
)
async def test_a_specification_that_is_not_ours_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(DrawingFailed):
        await Drawing().png(changed(**parts))


async def test_the_renderer_itself_asks_nobody_either() -> None:
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    spec = changed(data={"url": f"http://127.0.0.1:{port}/rows.json"}).vega_lite

    with pytest.raises(DrawingFailed, match="not allowed"):
        await Drawing()._draw("vegalite_to_svg", spec)

    server.close()
    assert heard == []


async def test_more_than_the_renderer_survives_is_refused() -> None:
    values = [{"x": "a", "y": 1}] * 20_001

    with pytest.raises(ChartTooLarge):
        await Drawing().svg(changed(data={"values": values}))


async def test_what_the_renderer_refuses_is_a_refusal() -> None:
    with pytest.raises(DrawingFailed, match="could not be drawn"):
        await Drawing().svg(changed(layer="x"))


async def test_drawing_ends_in_time_and_goes_on_afterwards() -> None:
    with pytest.raises(DrawingTimedOut):
        await Drawing(seconds=0.0001).png(chart_of("top"))

    assert (await Drawing().png(chart_of("bar"), scale=0.5)).startswith(b"\x89PNG")


async def test_a_drawing_that_nobody_waits_for_ends_at_once() -> None:
    drawing = Drawing(threads=1)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(drawing.png(chart_of("top")), 0.01)

    assert (await drawing.svg(chart_of("bar"))).startswith("<svg")


async def test_many_at_once_are_all_drawn() -> None:
    drawing = Drawing(threads=2)
    await drawing.warm()

    drawn = await asyncio.gather(*(drawing.svg(chart_of("bar")) for _ in range(6)))

    assert len(set(drawn)) == 1


@pytest.mark.parametrize("name", ["line", "bar", "bar_horizontal", "stacked", "pie", "negative"])
async def test_a_slim_chart_fits_a_phone_and_its_letters_stay_as_large(name: str) -> None:
    chart = chart_of(name)
    before = copy.deepcopy(chart.vega_lite)

    drawn = await Drawing().svg(chart, slim=True)

    width = re.search(r'<svg[^>]* width="([0-9.]+)"', drawn)
    sizes = {float(each) for each in re.findall(r'font-size="([0-9.]+)px"', drawn)}
    assert width is not None
    assert float(width[1]) <= 360
    assert min(sizes) >= 12
    assert chart.vega_lite == before


async def test_a_long_title_of_a_slim_chart_is_broken_into_lines() -> None:
    title = "Which products were sold most often in each of the regions? 天気はどうですか" * 2
    chart = suggest([("a", "text"), ("n", "integer")], [["x", 1], ["y", 2]], title=title)
    assert chart is not None

    lines = narrow(chart.vega_lite)["title"]["text"]

    assert len(lines) == 3
    assert all(cell_len(line) <= 46 for line in lines)
