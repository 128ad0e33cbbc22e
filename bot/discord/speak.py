"""Cards as messages of Discord: text, tables, pictures, files, and what can be pressed."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from bot.cards import Button, Card, Menu, Style
from bot.cells import counted, short
from bot.discord.marks import GAP, size, typed
from bot.discord.monospace import drawn
from bot.discord.pages import FENCE, MOST, pages
from bot.discord.parcel import Attached, Json, Parcel, attached
from bot.pictures import picture
from core.app import Core
from core.charts import Grid
from core.sheets.written import filename, sheet

ROWS, ROW = 5, 5
"""Rows of what can be pressed that a message has, and how many stand in one."""
PAGES = 5
"""Messages of text that an answer may have; a longer one goes on in a file."""
FILES = 10
"""Files of a message."""
BYTES = 8 * 1024 * 1024
"""Bytes of a message's files: Discord takes 10 MiB, with all that is around them."""
EMBEDDED = 4096
"""Characters of an embed's text."""
BEHIND = 2900
"""Characters of each of the two embeds that hold what one message's text does not: together they
may have 6,000."""
TITLE = 256
FOOTER = 1000
"""Characters of an embed's small print."""
TABLE = 1700
"""Characters of a table: with its title it fits into one message."""
OURS, NO = 0x2F7D6B, 0xB4432F
"""Colours: of what we say, and of a no."""
STYLES = {Style.PRIMARY: 1, Style.PLAIN: 2, Style.DANGER: 4}
WHOLE = "The whole answer is in the file."
WORKING = "Working on it…"


async def messages(core: Core, card: Card) -> list[Parcel]:
    """Return a card as messages of a channel; files and buttons stand under the last one."""
    tail, files = _tail(card)
    files += await _pictures(core, card)
    embeds = _embeds(card)
    text = "" if _is_embedded(card) else _text(card)
    found = pages(f"{text}\n\n{tail}")
    if len(found) > PAGES and len(pages(text)) > PAGES:
        head = pages(text)[:PAGES]
        files.append(attached("answer.md", text.encode()))
        found = [*head, *pages(f"{tail}\n-# {WHOLE}")]
    found = found or ([] if embeds else [GAP])
    kept, left_out = _kept(files)
    return [
        *(Parcel(content=each) for each in found[:-1]),
        Parcel(
            content=_noted(found[-1] if found else "", left_out),
            embeds=embeds,
            components=components(card.controls),
            files=kept,
        ),
    ]


async def message(core: Core, card: Card) -> Parcel:
    """Return a card as one message, as for one person alone: embeds hold what is too long."""
    tail, files = _tail(card)
    files += await _pictures(core, card)
    embeds = _embeds(card)
    text = "" if _is_embedded(card) else _text(card)
    content, behind, whole = _folded(f"{text}\n\n{tail}", around=len(embeds))
    if not whole:
        files.append(attached("answer.md", text.encode()))
    kept, left_out = _kept(files)
    content = content or ("" if embeds else GAP)
    return Parcel(
        content=_noted(content, left_out) if whole else _noted(content, [WHOLE, *left_out]),
        embeds=(*behind, *embeds),
        components=components(card.controls),
        files=kept,
    )


def growing(text: str, status: str) -> list[Parcel]:
    """Return what there is of an answer, as messages of a channel."""
    found = pages(text, most=MOST - 100)
    found = found[:PAGES] or [""]
    return [Parcel(content=each) for each in [*found[:-1], _noted(found[-1], [status or "…"])]]


def growing_alone(text: str, status: str) -> Parcel:
    """Return what there is of an answer, as one message."""
    content, behind, _whole = _folded(text, around=0)
    return Parcel(content=_noted(content, [status or "…"]), embeds=tuple(behind))


def noted(parcel: Parcel, small: Sequence[str]) -> Parcel:
    """Return a message with small print below its text."""
    return parcel._replace(content=_noted(parcel.content.strip(GAP), small) or parcel.content)


def components(groups: Sequence[Sequence[Button | Menu]]) -> tuple[Json, ...]:
    """Return what can be pressed; it says itself what it does, and so outlives every process."""
    taken: set[str] = set()
    found: list[Json] = []
    for group in groups:
        parts = []
        for each in group:
            if each.press not in taken:
                taken.add(each.press)
                parts.append(_menu(each) if isinstance(each, Menu) else _button(each))
        found += [{"type": 1, "components": row} for row in _rows(parts)]
    return tuple(found[:ROWS])


def _rows(parts: Sequence[Json]) -> list[Sequence[Json]]:
    """Return what stands in rows, none much longer than another."""
    count = -(-len(parts) // ROW)
    ends = [round(len(parts) * number / count) for number in range(count + 1)] if count else []
    return [parts[start:end] for start, end in pairwise(ends)]


def _button(button: Button) -> Json:
    return {
        "type": 2,
        "style": STYLES[button.style],
        "label": short(button.label, 80),
        "custom_id": button.press,
    }


def _menu(menu: Menu) -> Json:
    options = {each.value: short(each.label, 100) for each in menu.choices}
    return {
        "type": 3,
        "custom_id": menu.press,
        "placeholder": short(menu.label, 150),
        "options": [{"label": label, "value": value} for value, label in options.items()],
    }


def _is_embedded(card: Card) -> bool:
    """Return whether the text stands in an embed: a no, or what has a title."""
    framed = card.title is not None or (card.refused and not card.notes)
    beside = card.tables or card.charts
    return framed and not beside and len(pages(card.text, most=EMBEDDED)) == 1


def _text(card: Card) -> str:
    if card.title is None:
        return card.text
    return f"**{typed(short(card.title, TITLE))}**\n{card.text}"


def _embeds(card: Card) -> tuple[Json, ...]:
    colour = NO if card.refused else OURS
    if _is_embedded(card):
        embed: Json = {"description": pages(card.text, most=EMBEDDED)[0], "color": colour}
        if card.title is not None:
            embed["title"] = short(card.title, TITLE)
        if card.notes:
            embed["footer"] = {"text": "\n".join(_lines(card.notes))[:FOOTER]}
        return (embed,)
    said = pages("\n".join(card.notes), most=1000) if card.refused else []
    return ({"description": said[0], "color": colour},) if said else ()


def _tail(card: Card) -> tuple[str, list[Attached]]:
    """Return what stands below the text, and the tables that are not all there as files."""
    parts, files = [], [attached(each.name, each.content, each.alt) for each in card.files]
    for grid in card.tables:
        part, file = _table(grid, titled=card.titles(grid))
        parts.append(part)
        if file is not None:
            files.append(file)
    small = [] if card.refused or _is_embedded(card) else card.notes
    parts.append("\n".join(f"-# {each}" for each in _lines(small)))
    return "\n\n".join(part for part in parts if part), files


def _table(grid: Grid, *, titled: bool) -> tuple[str, Attached | None]:
    table = drawn(grid, room=TABLE)
    title = f"**{typed(short(grid.title, TITLE))}**\n" if grid.title and titled else ""
    cut = table.rows < len(grid.rows) or table.columns < len(grid.columns) or table.short
    said = [counted(grid, table.rows)] if cut or grid.truncated else []
    if table.columns < len(grid.columns):
        said.append(f"{table.columns} of {len(grid.columns)} columns.")
    file = None
    if cut:
        text = sheet(grid.columns, grid.rows)
        file = attached(f"{filename(grid.title)}.csv", text.encode("utf-8", "replace"))
        more = f"The file has the first {len(grid.rows):,}, uncut."
        said.append(more if grid.truncated else "The file has it all.")
    small = f"\n-# {' '.join(said)}" if said else ""
    return f"{title}{FENCE}\n{table.text}\n{FENCE}{small}", file


async def _pictures(core: Core, card: Card) -> list[Attached]:
    drawings = [await picture(core, chart) for chart in card.charts]
    return [attached(each.name, each.content, each.alt) for each in drawings if each is not None]


def _kept(files: Sequence[Attached]) -> tuple[tuple[Attached, ...], list[str]]:
    """Return the files that a message takes, each by a name of its own, and what is said of others.

    Pictures come first: they are looked at, the others are saved.
    """
    kept: list[Attached] = []
    left_out = []
    room = BYTES
    for each in sorted(files, key=lambda file: not file.name.endswith(".png")):
        if len(kept) == FILES or len(each.content) > room:
            left_out.append(f"{each.name} is too large for Discord.")
            continue
        room -= len(each.content)
        taken = {file.name for file in kept}
        name = each.name
        stem, dot, ending = name.rpartition(".")
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}{dot}{ending}"
        kept.append(each._replace(name=name))
    return tuple(kept), left_out


def _folded(text: str, *, around: int) -> tuple[str, list[Json], bool]:
    """Return a text as that of one message, embeds that go on with it, and whether that is all."""
    first, *others = pages(text, most=BEHIND, first=MOST - 100) or [""]
    room = 2 if not around else 1
    behind: list[Json] = [{"description": each, "color": OURS} for each in others[:room]]
    return first, behind, len(others) <= room


def _noted(text: str, small: Sequence[str]) -> str:
    """Return *text* with small print below it, if there is room."""
    lines = "\n".join(f"-# {each}" for each in _lines(small))
    if not lines:
        return text
    joined = f"{text}\n{lines}" if text else lines
    return joined if size(joined) <= MOST else text


def _lines(texts: Iterable[str]) -> list[str]:
    return [" ".join(each.split()) for each in texts if each.strip()]
