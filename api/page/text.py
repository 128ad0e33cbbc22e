"""What a model or a row has written, as HTML in which nothing runs, loads or leads away."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markupsafe import Markup

LONG = 8_000
"""Characters of one unfinished paragraph above which it is not shown again for every piece."""


class Growth(NamedTuple):
    """What a growing text has come to since the last look."""

    add: str
    """HTML of the paragraphs that are finished now."""
    tail: str
    """HTML of the one that is not."""


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - the first answer alone

    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # A link built from a row would lead away, an image would call out.
    markdown.disable(["link", "image", "autolink", "reference", "html_inline", "html_block"])

    def heading(_renderer: Any, tokens: Sequence[Any], at: int, *_more: Any) -> str:
        sign = "/" if tokens[at].nesting < 0 else ""
        level = min(6, int(tokens[at].tag[1]) + 2)
        return f"<{sign}h{level}>"

    def of_table(renderer: Any, tokens: Sequence[Any], at: int, options: Any, env: Any) -> str:
        # Markdown says by a style where a column stands; our policy knows no style in a page.
        style = str(tokens[at].attrs.pop("style", ""))
        if style.endswith("right"):
            tokens[at].attrSet("class", "right")
        return str(renderer.renderToken(tokens, at, options, env))

    for part in ("th_open", "td_open"):
        markdown.add_render_rule(part, of_table)
    markdown.add_render_rule("heading_open", heading)
    markdown.add_render_rule("heading_close", heading)
    return markdown


def written(text: str) -> "Markup":
    """Return Markdown as HTML; links, images and HTML in it stay the text that they are."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with the templates

    return Markup(_markdown().render(text))  # noqa: S704 - made with `html` off


class Growing:
    """A text while it is said: what is finished is rendered once, the rest again and again."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._text = ""
        self._shown = 0

    def say(self, text: str) -> None:
        """Take the next piece."""
        self._text += text.replace("\r\n", "\n").replace("\r", "\n")

    def grown(self) -> Growth | None:
        """Return what is new to show; None where nothing is."""
        more = len(self._text) - self._shown
        if not more or (self._shown > LONG and more < self._shown // 8):
            return None
        begins = _last_block(self._text)
        done, self._text = self._text[:begins], self._text[begins:]
        self._shown = len(self._text)
        return Growth(str(written(done)) if done else "", str(written(self._text)))


def _last_block(text: str) -> int:
    """Return where the last paragraph, list, table or piece of code begins."""
    blocks = [
        token for token in _markdown().parse(text) if token.level == 0 and token.map is not None
    ]
    if len(blocks) < 2:  # noqa: PLR2004 - the only block may still grow
        return 0
    line = blocks[-1].map[0] if blocks[-1].map else 0
    at = 0
    for _each in range(line):
        at = text.index("\n", at) + 1
    return at
