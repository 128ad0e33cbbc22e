"""A chart's page: it loads nothing, runs no script but its own, and answers pointer and keys."""

import base64
import hashlib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.async_api import async_playwright
from typing_extensions import override

from core.charts import Chart, Drawing, suggest
from tests.chromium import ARGUMENTS, where
from tests.core.charts.pictures import chart_of

EVIL = "</script></title><script>window.evil=1</script><img src=x onerror='window.evil=1'>"


def evil() -> Chart:
    columns = [(EVIL, "text"), ("n", "integer")]
    chart = suggest(columns, [[EVIL, 1], ["'\"><b>", 2]], title=EVIL, kind="bar")
    assert chart is not None
    return chart


class Read(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.policy = ""
        self.script = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [name for name in given if name in {"src", "href", "xlink:href", "action"}]
        self.links += [name for name in given if name.startswith("on")]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    @override
    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script":
            self.script += data


@pytest.mark.parametrize("chart", [evil(), chart_of("donut"), chart_of("lines")])
def test_a_page_holds_one_script_no_link_and_a_policy_that_allows_that_script_alone(
    chart: Chart,
) -> None:
    page = Drawing().page(chart)
    read = Read()
    read.feed(page)

    assert read.tags.count("script") == 1
    assert read.links == []
    assert "img" not in read.tags
    digest = base64.b64encode(hashlib.sha256(read.script.encode()).digest()).decode()
    assert read.policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )
    assert len(page) < 40_000


async def test_a_page_tells_values_to_pointer_and_keys(tmp_path: Path) -> None:
    said: list[str] = []
    path = where()
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        tab = await browser.new_page(viewport={"width": 680, "height": 500})
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("console", lambda message: said.append(message.text))
        tab.on("request", lambda request: said.append(request.url))
        for number, chart in enumerate((chart_of("line"), evil())):
            file = tmp_path / f"{number}.html"
            file.write_text(Drawing().page(chart), encoding="utf-8")
            await tab.goto(file.as_uri())
            if number == 0:
                await tab.mouse.move(300, 260)
                pointed = await tab.text_content("output")
                await tab.focus("svg")
                await tab.keyboard.press("ArrowRight")
                keyed = await tab.text_content("output")
                await tab.click("summary")
                rows = await tab.locator("tr").count()
        broke_out = await tab.evaluate("'evil' in window")
        await browser.close()

    assert pointed in {"Jun 2025: 99,120", "May 2025: 102,880", "Jul 2025: 88,430"}
    assert keyed != pointed
    assert rows == 13
    assert not broke_out
    assert said == [(tmp_path / f"{number}.html").as_uri() for number in (0, 1)]
