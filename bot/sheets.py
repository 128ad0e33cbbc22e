"""The tables of an answer as CSV files: whole, with the rights of whoever wants them."""

from bot.cards import FileCard
from core.app import Core
from core.charts import Grid
from core.chats import Message
from core.chats.rows import again, repeatable, source_of, written
from core.identity import Actor
from core.sheets.written import filename, sheet

FILES = 10
MOST_ROWS = 100_000
"""Rows of one file."""
MOST_BYTES = 8 * 1024 * 1024
"""Of one file: platforms take little more."""


async def sheets(core: Core, actor: Actor, message: Message) -> tuple[list[FileCard], bool]:
    """Return the tables of an answer as files, and whether rows are missing in one of them.

    Raises:
        Whatever asking the statements again raises.
    """
    found: list[FileCard] = []
    cut = False
    titles: set[str] = set()
    for grid in [each for each in message.visualizations if isinstance(each, Grid)][:FILES]:
        text, whole = await _text(core, actor, message, grid)
        cut |= not whole
        name = filename(grid.title)
        if name in titles:
            name = f"{name} {len(titles) + 1}"
        titles.add(name)
        content = text.encode("utf-8", "replace")
        found.append(FileCard(name=f"{name}.csv", content=content, alt=grid.title or "Table"))
    return found, cut


async def _text(core: Core, actor: Actor, message: Message, grid: Grid) -> tuple[str, bool]:
    """Return a table as CSV, and whether it has all rows."""
    cited = next((each for each in message.statements if each.result == grid.result), None)
    if not grid.truncated or cited is None or not repeatable(cited):
        return sheet(grid.columns, grid.rows), not grid.truncated
    source = await source_of(core, actor, cited, message.chat_id)
    first = await again(core, actor, source)
    pieces: list[str] = []
    left = MOST_BYTES
    lines = 0
    async for piece in written(core, actor, source, first, most=MOST_ROWS):
        left -= len(piece.encode("utf-8", "replace"))
        if left < 0 and pieces[1:]:
            return "".join(pieces), False
        pieces.append(piece)
        lines += piece.count("\n")
    return "".join(pieces), lines <= MOST_ROWS
