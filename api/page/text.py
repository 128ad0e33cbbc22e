"""What a model or a row has written, as HTML in which nothing runs, loads or leads away."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from html import escape
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markupsafe import Markup

LONG = 1_500
"""Characters of one unfinished paragraph above which it is not shown again for every piece."""
RICH = 20_000
"""Characters that are read as Markdown at once; the rest of a text stays as it was written."""
WORTH = 400
"""Characters of a text from which on its HTML is remembered."""
KEPT = 4_000_000
"""Characters of HTML that are remembered."""


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
    """Return Markdown as HTML; links, images and HTML in it stay the text that they are.

    It may take a second: call it in a thread.
    """
    from markupsafe import Markup  # noqa: PLC0415 - comes with the templates

    if len(text) < WORTH:
        return Markup(_html(text))  # noqa: S704 - made with `html` off
    mark = blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
    if (found := _remembered.get(mark)) is None:
        found = _html(text)
        _remembered.put(mark, found)
    return Markup(found)  # noqa: S704 - made with `html` off


class _Remembered:
    """HTML of texts that are opened again and again; what was not for longest is forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[bytes, str] = OrderedDict()
        self._size = 0

    def get(self, mark: bytes) -> str | None:
        with self._lock:
            if (found := self._kept.get(mark)) is not None:
                self._kept.move_to_end(mark)
            return found

    def put(self, mark: bytes, html: str) -> None:
        with self._lock:
            self._size += len(html) - len(self._kept.pop(mark, ""))
            self._kept[mark] = html
            while self._size > KEPT:
                self._size -= len(self._kept.popitem(last=False)[1])


_remembered = _Remembered()


def _html(text: str) -> str:
    if len(text) <= RICH:
        return str(_markdown().render(text))
    begins = _cut(text)
    return str(_markdown().render(text[:begins])) + _plain(text[begins:])


def _cut(text: str) -> int:
    """Return where what is read as Markdown at once ends: after a paragraph, a line or a word."""
    for sign in ("\n\n", "\n", " "):
        at = text.rfind(sign, RICH // 2, RICH)
        if at >= 0:
            return at + len(sign)
    return RICH


def _plain(text: str) -> str:
    """Return paragraphs without Markdown."""
    parts = (part.strip("\n") for part in text.split("\n\n"))
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>\n" for part in parts if part)


class Drawn(NamedTuple):
    """A text that grows, as far as it was looked at."""

    begins: int
    """Where the paragraph begins that is not finished."""
    length: int
    growth: Growth


def rendered(text: str) -> Drawn:
    """Return a text that may still grow as HTML, finished paragraphs apart from the last."""
    done, begins = "", 0
    while len(text) - begins > RICH:
        more = _cut(text[begins : begins + RICH + 1])
        done += str(_markdown().render(text[begins : begins + more]))
        begins += more
    rest = text[begins:]
    last = _last_block(rest)
    if last:
        done += str(_markdown().render(rest[:last]))
    tail = str(_markdown().render(rest[last:]))
    return Drawn(begins + last, len(text), Growth(done, tail))


class Growing:
    """A text while it is said: what is finished is rendered once, the rest again and again."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._text = ""
        self._shown = 0

    def say(self, text: str) -> None:
        """Take the next piece."""
        self._text += text.replace("\r\n", "\n").replace("\r", "\n")

    @property
    def more(self) -> int:
        """How many characters are new."""
        return len(self._text) - self._shown

    def due(self, *, patient: bool = True) -> str | None:
        """Return what is to be rendered; None where nothing is.

        Args:
            patient: whether the end of a long paragraph may wait for more of it.
        """
        if not self.more or (patient and self._shown > LONG and self.more < self._shown // 8):
            return None
        return self._text

    def take(self, drawn: Drawn) -> Growth:
        """Return what is new, now that it is rendered; more may have been said meanwhile."""
        self._text = self._text[drawn.begins :]
        self._shown = drawn.length - drawn.begins
        return drawn.growth

    def grown(self) -> Growth | None:
        """Return what is new to show; None where nothing is."""
        text = self.due()
        return None if text is None else self.take(rendered(text))


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
