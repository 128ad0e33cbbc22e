"""Charts in a terminal: bars and little lines of blocks, or of plain signs where those fail."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from cli.show import shown
from core.charts import Chart, ChartKind

COLOURS = ("blue", "red", "green", "yellow", "cyan", "magenta", "bright_black", "white")
EIGHTHS = "▏▎▍▌▋▊▉█"
STEPS = "▁▂▃▄▅▆▇█"
PLAIN, SHADES = "#=+-o*x.", "█▓▒░#=+-"
"""One for each series: without blocks; with blocks, but without colours."""
DOTS = "_.:-=+*#"
WIDEST = 100
"""Cells of a chart in a wide terminal."""
MOST_BARS = 30
EIGHT = 8
"""Parts of a block; and so many colours there are."""
HIGH = 8
"""Lines of a chart over time."""
FLAT = 0.6
"""Lines whose lowest value is this part of the highest may leave zero out."""
LEAST = 8
"""Cells of the longest bar, whatever the labels take."""


class _Series(NamedTuple):
    name: str
    values: list[float | None]


def draw(chart: Chart, console: Console) -> None:
    """Print *chart*: its title, its bars or lines, and the values at their right."""
    title = Text(shown(chart.title or ""), style="bold")
    if chart.note:
        title.append(f"  {shown(chart.note)}", style="not bold dim")
    _print(console, title)
    labels, series = _read(chart)
    plain = console.options.ascii_only
    over_time = chart.kind in {ChartKind.LINE, ChartKind.AREA}
    if over_time and len(series) > 1:
        lines = _sparks(labels, series, _width(console), plain=plain)
    elif over_time and len(labels) > MOST_BARS:
        lines = _columns(labels, series[0].values, _width(console), plain=plain)
    elif chart.kind is ChartKind.STACKED_BAR:
        coloured = console.color_system is not None and not console.no_color
        signs = PLAIN if plain else EIGHTHS[-1] * EIGHT if coloured else SHADES
        lines = _stacks(labels, series, _width(console), signs)
    else:
        lines = _bars(labels, series, chart.kind, _width(console), plain=plain)
    for line in lines:
        _print(console, line)


def _read(chart: Chart) -> tuple[list[str], list[_Series]]:
    data = chart.data
    key = "text" if chart.kind in {ChartKind.PIE, ChartKind.DONUT} else "label"
    found: list[dict[str, Any]] = data.get("series") or [{"name": "", "values": data["values"]}]
    labels = [shown(each[key]) for each in found[0]["values"]]
    return labels, [
        _Series(shown(each["name"]), [value["value"] for value in each["values"]]) for each in found
    ]


def _bars(
    labels: Sequence[str], series: Sequence[_Series], kind: ChartKind, width: int, *, plain: bool
) -> list[Text]:
    """Return a line for each bar; of several series, those of one label together."""
    many = len(series) > 1
    values = [value for each in series for value in each.values if value is not None]
    low, high = min(*values, 0.0, 0.0), max(*values, 0.0, 0.0)
    whole = sum(values) if kind in {ChartKind.PIE, ChartKind.DONUT} else None
    rows = [
        (label if at == 0 else "", place, each.values[number], f"{each.name} " if many else "")
        for number, label in enumerate(labels)
        for at, (place, each) in enumerate(enumerate(series))
    ]
    texts = [name + _figure(value, whole) for _label, _place, value, name in rows]
    room = max((cell_len(text) for text in texts), default=0)
    beside = min(max(map(cell_len, labels), default=0), max(width // 3, LEAST))
    space = max(width - beside - room - 4, LEAST)
    lines = []
    for (label, place, value, _name), text in zip(rows, texts, strict=True):
        line = Text(set_cell_size(_cut(label, beside), beside) + " ")
        line.append(_bar(value, low, high, space, plain=plain), style=COLOURS[place % EIGHT])
        line.append("  " + " " * (room - cell_len(text)) + text)
        lines.append(line)
    return lines


def _bar(value: float | None, low: float, high: float, space: int, *, plain: bool) -> str:
    """Return one bar in *space* cells; where some are negative, they hang to the left of zero."""
    span = high - low or 1.0
    left = round(space * -low / span)
    right = space - left
    if value is None:
        return " " * space
    if value < 0:
        length = max(round(-value / span * space), 1)
        return (
            (" " * left)[: left - length]
            + ("#" if plain else "█") * min(length, left)
            + (" " * right)
        )
    bar = _length(value / span * space, plain=plain)
    return " " * left + bar[:right] + " " * (right - len(bar[:right]))


def _length(cells: float, *, plain: bool) -> str:
    if plain:
        return "#" * max(round(cells), 1 if cells > 0 else 0)
    eighths = max(round(cells * EIGHT), 1 if cells > 0 else 0)
    full, rest = divmod(eighths, EIGHT)
    return "█" * full + (EIGHTHS[rest - 1] if rest else "")


def _stacks(labels: Sequence[str], series: Sequence[_Series], width: int, signs: str) -> list[Text]:
    """Return a line for each label, its parts one after the other, and what each sign means."""
    sums = [sum(max(each.values[at] or 0, 0) for each in series) for at in range(len(labels))]
    texts = [_figure(each) for each in sums]
    room = max(map(cell_len, texts), default=0)
    beside = min(max(map(cell_len, labels), default=0), max(width // 3, LEAST))
    space = max(width - beside - room - 4, LEAST)
    scale = space / (max(sums, default=0) or 1)
    lines = []
    for at, label in enumerate(labels):
        line, done, drawn = Text(set_cell_size(_cut(label, beside), beside) + " "), 0.0, 0
        for place, each in enumerate(series):
            done += max(each.values[at] or 0, 0) * scale
            count = round(done) - drawn
            line.append(signs[place % EIGHT] * count, style=COLOURS[place % EIGHT])
            drawn += count
        line.append(" " * (space - drawn + 2 + room - cell_len(texts[at])) + texts[at])
        lines.append(line)
    return [*lines, *_legend(series, beside + 1, width, signs)]


def _legend(series: Sequence[_Series], before: int, width: int, signs: str) -> list[Text]:
    """Return which sign is which series, in as many lines as that takes."""
    lines = [Text(" " * before)]
    for place, each in enumerate(series):
        name = _cut(each.name, width // 3)
        if lines[-1].cell_len + cell_len(name) + 2 > width and lines[-1].cell_len > before:
            lines.append(Text(" " * before))
        lines[-1].append(signs[place % EIGHT], style=COLOURS[place % EIGHT])
        lines[-1].append(f" {name}  ")
    return lines


def _sparks(
    labels: Sequence[str], series: Sequence[_Series], width: int, *, plain: bool
) -> list[Text]:
    """Return a little line for each series, all of one scale, with its last value."""
    known = [value for each in series for value in each.values if value is not None]
    low, high = min(known), max(known)
    low = low if low > FLAT * high else min(low, 0.0)
    texts = [
        _figure(next((value for value in reversed(each.values) if value is not None), None))
        for each in series
    ]
    room = max(map(cell_len, texts))
    beside = min(max(cell_len(each.name) for each in series), max(width // 3, LEAST))
    space = max(width - beside - room - 4, LEAST)
    steps = DOTS if plain else STEPS
    lines, drawn = [], 0
    for place, (each, text) in enumerate(zip(series, texts, strict=True)):
        spread = _spread(each.values, space)
        drawn = len(spread)
        signs = "".join(_step(value, low, high, steps) for value in spread)
        line = Text(set_cell_size(_cut(each.name, beside), beside) + " ")
        line.append(signs, style=COLOURS[place % EIGHT])
        line.append(" " * (2 + room - cell_len(text)) + text)
        lines.append(line)
    return [*lines, _ends(labels, beside + 1, drawn)]


def _columns(
    labels: Sequence[str], values: Sequence[float | None], width: int, *, plain: bool
) -> list[Text]:
    """Return one series over time as columns, eight lines high."""
    known = [value for value in values if value is not None]
    low, high = min(*known, 0.0, 0.0), max(*known, 0.0, 0.0)
    top, bottom = _figure(high), _figure(low)
    beside = max(cell_len(top), cell_len(bottom))
    spread = _spread(values, max(width - beside - 2, LEAST))
    span = high - low or 1.0
    lines = []
    for row in reversed(range(HIGH)):
        signs = "".join(_part(value, low, span, row, plain=plain) for value in spread)
        name = top if row == HIGH - 1 else bottom if row == 0 else ""
        line = Text(" " * (beside - cell_len(name)) + name + " ")
        lines.append(line.append(signs, style=COLOURS[0]))
    return [*lines, _ends(labels, beside + 1, len(spread))]


def _part(value: float | None, low: float, span: float, row: int, *, plain: bool) -> str:
    """Return what stands in line *row*, counted from below, of a column."""
    eighths = 0 if value is None else round((value - low) / span * HIGH * EIGHT) - row * EIGHT
    if eighths <= 0:
        return " "
    if eighths >= EIGHT:
        return "#" if plain else "█"
    return "." if plain else STEPS[eighths - 1]


def _ends(labels: Sequence[str], before: int, space: int) -> Text:
    """Return the first label and the last under what they begin and end."""
    first, last = labels[0], labels[-1]
    gap = max(space - cell_len(first) - cell_len(last), 1)
    return Text(" " * before + first + " " * gap + last, style="dim")


def _spread(values: Sequence[float | None], space: int) -> list[float | None]:
    """Return a value for each cell: means where there are more values than cells."""
    if len(values) <= space:
        wide = max(space // len(values), 1)
        return [value for value in values for _ in range(min(wide, 4))]
    found: list[float | None] = []
    for at in range(space):
        part = values[at * len(values) // space : (at + 1) * len(values) // space]
        known = [value for value in part if value is not None]
        found.append(sum(known) / len(known) if known else None)
    return found


def _step(value: float | None, low: float, high: float, steps: str) -> str:
    if value is None:
        return " "
    return steps[min(int((value - low) / (high - low or 1.0) * len(steps)), len(steps) - 1)]


def _figure(value: float | None, whole: float | None = None) -> str:
    if value is None:
        return "-"
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
    if abs(value) >= 1e15 or 0 < abs(value) < 0.005:  # noqa: PLR2004 - what two digits cannot say
        text = f"{value:.3g}"
    return f"{text}  {100 * value / whole:4.1f}%" if whole else text


def _cut(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1) + "~"


def _width(console: Console) -> int:
    return min(console.width, WIDEST)


def _print(console: Console, line: Text) -> None:
    line.rstrip()
    console.print(line, no_wrap=True, overflow="crop", crop=True, highlight=False)
