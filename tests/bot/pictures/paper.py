"""Pages of HTML, and photographs of them."""

import base64
from collections.abc import Mapping
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from tests.chromium import chromium

WIDTH = 760
_PLAIN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
    ["table", "strikethrough"]
)


def text(said: object) -> str:
    """Return words as HTML, their lines kept."""
    return escape(str(said)).replace("\n", "<br>")


def tag(name: str, inner: str, kind: str = "", **more: str) -> str:
    """Return an element."""
    given = {"class": kind, **more}
    written = "".join(f' {key}="{escape(value)}"' for key, value in given.items() if value)
    return f"<{name}{written}>{inner}</{name}>"


def markdown(said: str) -> str:
    """Return Markdown as HTML."""
    return str(_PLAIN.render(said))


def picture(content: bytes, alt: str) -> str:
    """Return an image with what it shows in words below it, as a screen reader says it."""
    data = base64.b64encode(content).decode()
    image = f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}">'
    return image + tag("div", f"alt: {text(alt)}", "alt")


def page(style: str, *parts: str) -> str:
    """Return a page."""
    body = "".join(parts)
    return (
        f'<!doctype html><meta charset="utf-8"><title>Trellis</title>'
        f'<style>{style}</style><body dir="ltr">{body}</body>'
    )


def photographed(pages: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Photograph pages, each into a file of its name.

    Raises:
        AssertionError: something stands beyond the edge of a page.
    """
    found = {}
    with chromium() as browser:
        paper = browser.new_page(viewport={"width": WIDTH, "height": 400})
        for name, html in pages.items():
            paper.set_content(html)
            wide = paper.evaluate("document.documentElement.scrollWidth")
            assert wide <= WIDTH, f"{name} is {wide} wide"
            found[name] = folder / f"{name}.png"
            paper.screenshot(path=found[name], full_page=True)
    return found
