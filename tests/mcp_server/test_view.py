"""The interactive view of a chart, in a browser that holds it as hosts do."""

import json
from pathlib import Path

from core.charts import suggest
from mcp_server.apps import chart
from tests.chromium import chromium

HOST = """<!doctype html><meta charset="utf-8">
<iframe id="view" sandbox="allow-scripts" style="width:700px;height:460px"></iframe>
<script>
const view = document.getElementById("view");
window.heard = [];
window.addEventListener("message", (event) => {
  const message = event.data;
  window.heard.push(message.method || "answer to " + message.id);
  const say = (body) => view.contentWindow.postMessage({ jsonrpc: "2.0", ...body }, "*");
  if (message.method === "ui/initialize")
    say({ id: message.id, result: { hostContext: { theme: "light" } } });
  if (message.method === "ui/notifications/initialized") {
    say({ method: "ui/notifications/tool-result", params: { structuredContent: RESULT } });
    say({ id: 77, method: "ping" });
  }
});
view.srcdoc = PAGE;
</script>"""


def literal(value: object) -> str:
    """Return a value as it may stand in a script of a page."""
    return json.dumps(value).replace("</", "<\\/").replace("<!--", "<\\!--")


def test_a_host_shows_the_chart_and_nothing_else_is_asked_for(tmp_path: Path) -> None:
    months = [(f"2025-{month:02d}", 1000 * month) for month in range(1, 13)]
    title = "</script><img src=x onerror=parent.postMessage({method:'evil'},'*')>"
    drawn = suggest([("month", "text"), ("revenue", "integer")], months, title=title)
    assert drawn is not None
    result = {"vega_lite": drawn.vega_lite, "title": title}
    host = tmp_path / "host.html"
    page = HOST.replace("RESULT", literal(result)).replace("PAGE", literal(chart.page()))
    host.write_text(page, "utf-8")

    said: list[str] = []
    asked: list[str] = []
    with chromium() as browser:
        tab = browser.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(host.as_uri())
        frame = tab.frame_locator("#view")
        frame.locator("svg").first.wait_for(timeout=20_000)
        shown = frame.locator("svg").first.text_content(timeout=5_000) or ""
        tab.wait_for_function("window.heard.includes('ui/notifications/size-changed')")
        heard = tab.evaluate("window.heard")

    assert "revenue" in shown.lower()
    assert "answer to 77" in heard
    assert "evil" not in heard
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "about:", "data:"))] == []
