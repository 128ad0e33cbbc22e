"""A chart as one HTML page that loads nothing: the drawn picture, and a small script over it.

Vega itself would be 900 kB in every page, and it makes functions of texts, which the hosts of such
pages forbid (no `unsafe-eval`). Its drawing says of every bar and point what it is, so that a few
lines can show it.
"""

import base64
import hashlib
from html import escape
from typing import Any

from core.charts.records import Chart, ChartKind
from core.charts.wire import said

STYLE = """
:root{color-scheme:light}
body{margin:0;padding:8px;font:13px/1.45 Inter,"Helvetica Neue",Arial,sans-serif;background:#fff;
color:#24292f}
figure{margin:0;position:relative}
svg{display:block;max-width:100%;height:auto}
svg:focus-visible{outline:2px solid #4477aa;outline-offset:2px}
.on{filter:brightness(.85)}.dot{opacity:1!important;stroke-width:3}
output{position:absolute;pointer-events:none;max-width:16em;padding:4px 8px;border-radius:4px;
background:#24292f;color:#fff;opacity:0;overflow-wrap:anywhere}
output.on{opacity:1;filter:none}
summary{cursor:pointer;color:#656d76;padding:6px 8px}
div{overflow:auto;max-height:320px}
table{border-collapse:collapse;margin:0 8px}
th,td{padding:3px 12px 3px 0;text-align:left;border-bottom:1px solid #e6e8eb}
th{font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums}
"""
SCRIPT = """
(() => {
const figure = document.querySelector("figure"), svg = figure.querySelector("svg");
const tip = figure.querySelector("output");
const kinds = ["bar", "point", "arc mark"];
const marks = [...svg.querySelectorAll("[aria-roledescription][aria-label]")].filter(
  (mark) => kinds.includes(mark.getAttribute("aria-roledescription")));
let at = -1;
const middle = (mark) => {
  const box = mark.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
};
const show = (next, x, y) => {
  if (at >= 0) marks[at].classList.remove("on", "dot");
  at = next;
  tip.classList.toggle("on", at >= 0);
  if (at < 0) return;
  const mark = marks[at], around = figure.getBoundingClientRect();
  mark.classList.add("on");
  if (mark.getAttribute("aria-roledescription") === "point") mark.classList.add("dot");
  tip.textContent = mark.getAttribute("aria-label");
  const left = Math.min(x - around.left + 12, around.width - tip.offsetWidth - 4);
  tip.style.left = Math.max(left, 0) + "px";
  tip.style.top = Math.max(y - around.top - tip.offsetHeight - 8, 0) + "px";
};
svg.addEventListener("pointermove", (event) => {
  let next = marks.indexOf(event.target), least = 60;
  if (next < 0) marks.forEach((mark, index) => {
    if (mark.getAttribute("aria-roledescription") !== "point") return;
    const [x, y] = middle(mark);
    const far = Math.abs(x - event.clientX) + Math.abs(y - event.clientY) / 4;
    if (far < least) [least, next] = [far, index];
  });
  show(next, event.clientX, event.clientY);
});
svg.addEventListener("pointerleave", () => show(-1));
svg.addEventListener("blur", () => show(-1));
svg.addEventListener("keydown", (event) => {
  const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
  if (event.key === "Escape") show(-1);
  if (!step || !marks.length) return;
  event.preventDefault();
  const next = (at + step + marks.length + (at < 0 && step < 0 ? 1 : 0)) % marks.length;
  show(next, ...middle(marks[next]));
});
svg.setAttribute("tabindex", "0");
})();
"""
_HASH = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'"
"""Nothing is loaded, and no script runs but ours, whatever the data say."""


def page(chart: Chart, svg: str) -> str:
    """Return the page of *chart* around its *svg*: values under the pointer, and as a table."""
    title = escape(said(chart) or "Chart")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>"
        f'<figure aria-label="{title}">{svg}<output></output></figure>'
        f"<details><summary>Values</summary><div>{_table(chart)}</div></details>"
        f"<script>{SCRIPT}</script></body></html>"
    )


def _table(chart: Chart) -> str:
    data = chart.data
    series: list[dict[str, Any]] = data.get("series") or [{"name": "", "values": data["values"]}]
    key = "text" if chart.kind in {ChartKind.PIE, ChartKind.DONUT} else "label"
    heads = [data.get("x_axis_label", ""), *(each["name"] for each in series)]
    if len(series) == 1:
        heads[1] = data.get("y_axis_label", "Value")
    cells = [
        f"<th>{escape(str(first[key]))}</th>"
        + "".join(f'<td class="n">{_number(each["values"][at]["value"])}</td>' for each in series)
        for at, first in enumerate(series[0]["values"])
    ]
    head = "".join(f"<th>{escape(str(each))}</th>" for each in heads)
    return f"<table><tr>{head}</tr><tr>{'</tr><tr>'.join(cells)}</tr></table>"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,}"
