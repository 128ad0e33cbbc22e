"""The view of charts: one page with everything inside, which loads nothing."""

from functools import lru_cache
from pathlib import Path

URI = "ui://trellis/chart"
MIME = "text/html;profile=mcp-app"
EXTENSION = "io.modelcontextprotocol/ui"
META = {"ui": {"resourceUri": URI}}
"""What a tool says of itself that has this view."""

_HERE = Path(__file__).parent


@lru_cache(1)
def page() -> str:
    """Return the page; about 900 kB, most of it Vega; made in two seconds, once.

    A policy of its own forbids it what hosts forbid it anyhow: to load, to send, to evaluate.
    """
    import vl_convert  # noqa: PLC0415 - brings Vega as one script; only this view needs it

    vega = vl_convert.javascript_bundle("window.trellis = { embed: vegaEmbed };")
    policy = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chart</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{_read('chart.css')}</style></head>"
        '<body><div id="chart" role="img"></div><p id="note" role="status">Drawing…</p>'
        f"<script>{_inline(vega)}</script><script>{_inline(_read('chart.js'))}</script>"
        "</body></html>"
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _inline(script: str) -> str:
    """Return a script as it may stand in a page: nothing in it ends the element."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
