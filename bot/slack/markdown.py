"""Markdown as Slack's rich text, in which every word is only a word: no mention, no link."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Json = dict[str, Any]

BLOCK = 2_900
"""Characters of one block; beyond 3,000 no text object goes."""
DEEPEST = 8
"""Levels of a list that Slack draws."""
WIDEST = 100
"""Cells of a table's line among words; what is wider is told row by row."""
STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - the first answer alone

    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return markdown.disable(["link", "image", "autolink", "reference", "html_inline", "html_block"])


def blocks(text: str) -> list[Json]:
    """Return *text* as blocks of rich text, each of at most 2,900 characters.

    It takes about a millisecond for a thousand characters; give it no more than fit a message.
    """
    found: list[Json] = []
    room = 0
    for element in _elements(text):
        for piece in _pieces(element):
            size = length(piece)
            if size > room or not found:
                found.append({"type": "rich_text", "elements": []})
                room = BLOCK
            found[-1]["elements"].append(piece)
            room -= size
    return found


def length(element: Any) -> int:
    """Return how many characters a piece of rich text shows."""
    if isinstance(element, dict):
        return len(element.get("text", "")) + length(element.get("elements", ()))
    return sum(length(each) for each in element)


def code(text: str) -> list[Json]:
    """Return *text* as code, which is shown as it is."""
    return [{"type": "rich_text", "elements": [each]} for each in _pieces(_preformatted(text))]


def bold(text: str) -> Json:
    """Return a line of bold text as a block."""
    return {"type": "rich_text", "elements": [_section([_text(text or " ", frozenset({"bold"}))])]}


# From tokens to elements


def _elements(text: str) -> list[Json]:
    """Return the elements of rich text that *text* is, each of any length."""
    return _joined(list(_walk(_markdown().parse(text.replace("\r\n", "\n")))))


def _joined(parts: Sequence[Json]) -> list[Json]:
    """Return elements with sections that follow each other as one, an empty line between."""
    found: list[Json] = []
    for part in parts:
        heading = part.pop("heading", False)
        last = found[-1] if found else None
        if part["type"] != "rich_text_section":
            found.append(part)
        elif last is not None and last["type"] == "rich_text_section":
            gap = "\n" if last.get("heading") else "\n\n"
            last["elements"] += [_text(gap), *part["elements"]]
            last["heading"] = heading
        else:
            if last is not None:
                # Slack leaves no room between a list and what comes after it.
                part["elements"].insert(0, _text("\n"))
            found.append(part | {"heading": heading})
    for part in found:
        part.pop("heading", None)
    return found


def _walk(tokens: Sequence["Token"], depth: int = 0) -> Iterator[Json]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end = _end(tokens, at)
        inside = tokens[at + 1 : end]
        match token.type:
            case "paragraph_open":
                yield _section(_inline(inside))
            case "heading_open":
                yield _section(_inline(inside, frozenset({"bold"}))) | {"heading": True}
            case "bullet_list_open" | "ordered_list_open":
                yield from _list(token, inside, depth)
            case "blockquote_open":
                yield {"type": "rich_text_quote", "elements": _quoted(inside)}
            case "fence" | "code_block":
                yield _preformatted(token.content)
            case "table_open":
                yield _table(inside)
            case "hr":
                yield _section([_text("———")])
            case _:
                pass
        at = end + 1


def _list(opened: "Token", tokens: Sequence["Token"], depth: int) -> Iterator[Json]:
    """Yield a list as Slack has them: one for each level, those inside of it after their item."""
    style = "bullet" if opened.type.startswith("bullet") else "ordered"
    number = int(opened.attrs.get("start", 1) or 1) - 1
    items: list[Json] = []

    def taken() -> Iterator[Json]:
        nonlocal items
        if items:
            shown = {"type": "rich_text_list", "style": style, "indent": min(depth, DEEPEST)}
            first = number - len(items)
            yield (
                shown
                | ({"offset": first} if style == "ordered" and first > 0 else {})
                | {"elements": items}
            )
        items = []

    at = 0
    while at < len(tokens):
        end = _end(tokens, at)
        number += 1
        words: list[Json] = []
        others: list[Json] = []
        for part in _walk(tokens[at + 1 : end], depth + 1):
            if part["type"] == "rich_text_section" and not others:
                words += [_text("\n"), *part["elements"]] if words else part["elements"]
            else:
                others.append(part)
        items.append(_section(words))
        if others:
            yield from taken()
            yield from others
        at = end + 1
    yield from taken()


def _quoted(tokens: Sequence["Token"]) -> list[Json]:
    """Return what is quoted as lines: Slack quotes words alone."""
    lines: list[Json] = []
    for part in _walk(tokens):
        listed = part["elements"] if part["type"] == "rich_text_list" else [part]
        for each in listed:
            mark = [_text("• ")] if part["type"] == "rich_text_list" else []
            lines += [*([_text("\n")] if lines else []), *mark, *each["elements"]]
    return lines or [_text(" ")]


def _table(tokens: Sequence["Token"]) -> Json:
    """Return a table among words in letters of one width, or row by row where it is wide."""
    rows: list[list[str]] = []
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append("".join(each["text"] for each in _inline(tokens[at : at + 1])).strip())
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(rows[0]))]
    if sum(widths) + 2 * len(widths) > WIDEST:
        head, *others = rows
        told = (
            "\n".join(f"{name}: {value}" for name, value in zip(head, row, strict=False))
            for row in others or [[]]
        )
        return _preformatted("\n\n".join(told) or ", ".join(head))
    lines = [
        "  ".join(
            value + " " * (width - cell_len(value))
            for value, width in zip(row, widths, strict=False)
        ).rstrip()
        for row in rows
    ]
    return _preformatted(
        "\n".join([lines[0], "  ".join("─" * each for each in widths), *lines[1:]])
    )


def _inline(tokens: Sequence["Token"], style: frozenset[str] = frozenset()) -> list[Json]:
    found: list[Json] = []
    styles = [style]
    for token in (each for outer in tokens for each in outer.children or ()):
        name, _, way = token.type.rpartition("_")
        if name in STYLES:
            if way == "open":
                styles.append(styles[-1] | {STYLES[name]})
            else:
                styles.pop()
        elif token.type in {"softbreak", "hardbreak"}:
            found.append(_text("\n", styles[-1]))
        elif token.content:
            add = {"code"} if token.type == "code_inline" else set()
            found.append(_text(token.content, styles[-1] | add))
    return _merged(found)


def _merged(texts: Sequence[Json]) -> list[Json]:
    """Return texts with those of one style as one."""
    found = list(texts[:1])
    for last, each in pairwise(texts):
        if last.get("style") == each.get("style"):
            found[-1] = found[-1] | {"text": found[-1]["text"] + each["text"]}
        else:
            found.append(each)
    return found


def _section(elements: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": elements or [_text(" ")]}


def _preformatted(text: str) -> Json:
    return {"type": "rich_text_preformatted", "elements": [_text(text.rstrip("\n") or " ")]}


def _text(text: str, style: frozenset[str] | set[str] = frozenset()) -> Json:
    shown: Json = {"type": "text", "text": text}
    return shown | ({"style": dict.fromkeys(sorted(style), True)} if style else {})


def _end(tokens: Sequence["Token"], at: int) -> int:
    """Return where what opens at *at* is closed."""
    depth = 0
    for end in range(at, len(tokens)):
        depth += tokens[end].nesting
        if depth <= 0:
            return end
    return len(tokens) - 1


# What is longer than a block


def _pieces(element: Json) -> Iterator[Json]:
    """Yield an element in pieces that a block holds."""
    if length(element) <= BLOCK:
        yield element
        return
    if element["type"] == "rich_text_list":
        yield from _parted(element)
        return
    held: list[Json] = []
    room = BLOCK
    for text in element["elements"]:
        rest = text["text"]
        while len(rest) > room:
            at = _fold(rest, room, tight=bool(held))
            if at:
                held.append(text | {"text": rest[:at]})
            if held:
                yield element | {"elements": held}
            rest, held, room = rest[at:].removeprefix("\n"), [], BLOCK
        if rest:
            held.append(text | {"text": rest})
            room -= len(rest)
    if held:
        yield element | {"elements": held}


def _parted(listed: Json) -> Iterator[Json]:
    """Yield a long list as several, numbered on."""
    first = listed.get("offset", 0)
    held: list[Json] = []
    room = BLOCK
    count = 0

    def taken() -> Json:
        offset = first + count - len(held)
        numbered = {"offset": offset} if listed["style"] == "ordered" and offset else {}
        return (
            {key: value for key, value in listed.items() if key != "offset"}
            | numbered
            | {"elements": held}
        )

    for item in listed["elements"]:
        pieces = list(_pieces(item))
        for at, piece in enumerate(pieces):
            if held and length(piece) > room:
                yield taken()
                held, room = [], BLOCK
            held.append(piece)
            count += at == 0
            room -= length(piece)
    if held:
        yield taken()


def _fold(text: str, most: int, *, tight: bool) -> int:
    """Return where to break *text*: after a line or a word, or nowhere if it may begin anew."""
    for sign in ("\n", " "):
        at = text.rfind(sign, most // 2 if not tight else 0, most)
        if at > 0:
            return at + (sign == " ")
    return 0 if tight else most
