"""An answer in messages that Discord takes: 2,000 characters each, torn where it hurts least."""

import unicodedata
from collections.abc import Iterator, Sequence

from bot.discord.blocks import Block, Kind, blocks, cells
from bot.discord.marks import fenced, harmless, size
from bot.discord.monospace import whole

MOST = 2000
"""Characters of a message, counted as UTF-16 does: whoever counts otherwise counts fewer."""
FENCE = "```"
SMALL = "-# "
"""What begins a line of small print."""
_ENDS = ("\n", ". ", "! ", "? ", "。", "！", "？", "; ", ", ", " ")  # noqa: RUF001 - as they write
"""Where a paragraph is torn, the best place first."""


def pages(text: str, *, most: int = MOST, first: int | None = None) -> list[str]:
    """Return Markdown as the texts of messages, harmless, each at most *most* characters long.

    They are torn between paragraphs. A fence or a table that fits into one message stands in one;
    a longer one is closed at the end of a line and opened again in the next message.

    Args:
        first: how long the first message may be, if less.
    """
    found: list[str] = []
    page = ""
    room = most if first is None else first
    for piece, gap, fits in _pieces(text, most):
        joined = f"{page}{gap}{piece}" if page else piece
        if size(joined) <= room:
            page = joined
            continue
        # A long paragraph fills what is left of a page only where much is left.
        if (fits and room < most) or (page and (fits or size(page) > room // 2)):
            found.append(page)
            page, room = "", most
        for part in _torn(piece, page, gap, room, most):
            if part is None:
                found.append(page)
                page, room = "", most
            else:
                page = f"{page}{gap}{part}" if page else part
    return [*found, page] if page else found


def _pieces(text: str, most: int) -> Iterator[tuple[str, str, bool]]:
    """Yield what stands in messages, what comes before it, and whether it is to stand whole."""
    held: tuple[str, str, bool] | None = None
    before: Block | None = None
    for block in blocks(text):
        gap = "\n\n" if block.apart else "\n"
        made = _made(block)
        if held is not None and before is not None and _belongs(before, block):
            together = f"{held[0]}{gap}{made}"
            if size(together) <= most:
                held, before = (together, held[1], True), block
                continue
        if held is not None:
            yield held
        held = made, gap, block.kind is not Kind.PROSE or size(made) <= most
        before = block
    if held is not None:
        yield held


def _belongs(before: Block, block: Block) -> bool:
    """Return whether a block is not parted from the one before: a heading, or small print."""
    if block.apart:
        return False
    if block.kind is Kind.PROSE:
        return before.kind is not Kind.PROSE and block.text.startswith(SMALL)
    return before.kind is Kind.PROSE and "\n" not in before.text


def _made(block: Block) -> str:
    match block.kind:
        case Kind.PROSE:
            return harmless(block.text)
        case Kind.CODE:
            return f"{FENCE}{block.info}\n{fenced(block.text)}\n{FENCE}"
        case Kind.TABLE:
            return _table([cells(line) for line in block.text.split("\n")])


def _table(rows: Sequence[Sequence[str]]) -> str:
    names = rows[0]
    padded = [[*row, *([""] * len(names))][: len(names)] for row in rows[2:]]
    text = whole(names, padded)
    if text is not None:
        return f"{FENCE}\n{text}\n{FENCE}"
    # Too wide to stand in columns: each row for itself.
    lines = (
        "- " + " · ".join(f"{name}: {cell}" for name, cell in zip(names, row, strict=True) if cell)
        for row in padded
    )
    return harmless("\n".join(lines))


def _torn(piece: str, page: str, gap: str, room: int, most: int) -> Iterator[str | None]:
    """Yield the parts of *piece*, and None where a message ends."""
    room -= size(page) + len(gap) if page else 0
    head, end = "", ""
    if piece.startswith(FENCE):
        opening, _, rest = piece.partition("\n")
        head, end = f"{opening}\n", f"\n{FENCE}"
        piece = rest.removesuffix(end)
    around = size(head) + size(end)
    while size(piece) + around > room:
        cut = _place(piece, max(1, room - around), lines=bool(head))
        part = piece[:cut].rstrip("\n") if head else piece[:cut].rstrip()
        yield f"{head}{part}{end}"
        yield None
        piece = piece[cut:].removeprefix("\n") if head else piece[cut:].lstrip()
        room = most
    if piece:
        yield f"{head}{piece}{end}"


def _place(text: str, most: int, *, lines: bool) -> int:
    """Return where to tear *text* so that the first part has at most *most* characters."""
    end = _within(text, most)
    for sign in ("\n",) if lines else _ENDS:
        at = text.rfind(sign, end // 2, end)
        if at > 0:
            return at + len(sign)
    while end > 1 and _joined(text, end):
        end -= 1
    return max(end, 1)


def _within(text: str, most: int) -> int:
    """Return how many signs of *text* have at most *most* characters together."""
    head = text[:most]
    over = size(head) - most
    while over > 0:
        head = head[: -max(1, over // 2)]
        over = size(head) - most
    return len(head)


def _joined(text: str, at: int) -> bool:
    """Return whether the sign at *at* belongs to the one before it."""
    if at >= len(text):
        return False
    sign, before = text[at], text[at - 1]
    return (
        sign in "\u200d\ufe0f\ufe0e"
        or before in "\u200d\\"
        or unicodedata.combining(sign) != 0
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
        or ("\U0001f1e6" <= sign <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff")
    )
