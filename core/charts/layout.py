"""From the columns of a chart to its labels and series: long and wide forms made one."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime

from core.charts.columns import Column
from core.charts.errors import ChartUnfit
from core.charts.moments import Grain, Moments
from core.charts.plan import Axis, Plan, Series
from core.charts.records import ChartKind
from core.charts.shape import Shape

LEAST = 2
MOST_DIFFERENT = 2000
"""Series that are counted before the greatest are kept."""


def laid_out(shape: Shape) -> Plan:
    """Return what the columns say, as labels and series; its kind is still to be chosen."""
    x, notes = shape.x, []
    if x.moments is not None:
        keys: list[Hashable] = list(x.moments.at)
        if unknown := keys.count(None):
            notes.append(f"{unknown:,} without {_article(x.title)}")
    elif shape.series is None and not shape.summed:
        keys = list(_told_apart(x.labels))
    else:
        keys = list(x.labels)
    series = _long(shape, keys) if shape.series else _wide(shape, keys)
    order = list(dict.fromkeys(key for key in keys if key is not None or x.moments is None))
    if shape.time or _numbers(x, shape):
        order = sorted(order, key=_place(x, keys))
    if len(order) < LEAST:
        raise ChartUnfit(f"{x.title} has one value only, and a chart compares at least two")
    first = shape.measures[0]
    if shape.summed:
        notes.append(f"sums of {len(keys):,} rows")
    plan = Plan(
        kind=ChartKind.BAR,
        axis=_axis(shape),
        labels=tuple(_names(order, x.moments, x, keys)),
        series=tuple(
            Series(name, tuple(values.get(key) for key in order)) for name, values in series
        ),
        x_title=x.title,
        y_title=first.title if len(series) == 1 or shape.series else _shared(shape.measures),
        s_title=shape.series.title if shape.series else "",
        moments=tuple(each for each in order if isinstance(each, datetime)),
        grain=x.moments.grain if x.moments else Grain.DAY,
        positions=tuple(map(_place(x, keys), order)) if _numbers(x, shape) else (),
        fraction=all(each.fraction for each in shape.measures),
        additive=all(each.additive for each in shape.measures),
        notes=tuple(notes),
    )
    if all(value is None for value in plan.figures()):
        raise ChartUnfit("The result's numbers are all NULL")
    return plan


def _axis(shape: Shape) -> Axis:
    if shape.time:
        return Axis.TIME
    if _numbers(shape.x, shape):
        return Axis.NUMBERS
    return Axis.ORDER if shape.ordered else Axis.CATEGORIES


def _numbers(x: Column, shape: Shape) -> bool:
    return shape.ordered and x.numeric and None not in x.figures


def _wide(shape: Shape, keys: Sequence[Hashable]) -> list[tuple[str, dict[Hashable, float | None]]]:
    found = []
    for measure in shape.measures:
        values: dict[Hashable, float | None] = {}
        for key, value in zip(keys, measure.figures, strict=True):
            before = values.get(key)
            values[key] = value if before is None else before + (value or 0)
        found.append((measure.title, values))
    names = _told_apart([name for name, _values in found])
    return [(name, values) for name, (_name, values) in zip(names, found, strict=True)]


def _long(shape: Shape, keys: Sequence[Hashable]) -> list[tuple[str, dict[Hashable, float | None]]]:
    by = shape.series
    assert by is not None  # noqa: S101 - the caller looked
    if by.distinct > MOST_DIFFERENT:
        raise ChartUnfit(f"{by.title} has {by.distinct:,} different values; too many to tell apart")
    found: dict[str, dict[Hashable, float | None]] = {name: {} for name in _series_order(by)}
    for key, name, value in zip(keys, by.labels, shape.measures[0].figures, strict=True):
        found[name][key] = value
    return list(found.items())


def _series_order(by: Column) -> list[str]:
    """Return the names of the series as they come; times and numbers sorted."""
    names = list(dict.fromkeys(by.labels))
    if by.moments is not None or by.ordered:
        return sorted(names, key=lambda name: (len(name), name))
    return names


def _told_apart(names: Sequence[str]) -> list[str]:
    """Return the names, each a second time with (2): two things may bear one name."""
    seen: Counter[str] = Counter()
    taken, told = set(names), []
    for name in names:
        seen[name] += 1
        new = name
        while new in taken and seen[name] > 1:
            new = f"{name} ({seen[name]})"
            if new in taken:
                seen[name] += 1
        taken.add(new)
        told.append(new)
    return told


def _place(x: Column, keys: Sequence[Hashable]) -> Callable[[Hashable], float]:
    """Return what tells where a label stands along an axis of times or numbers."""
    if x.moments is not None:
        return lambda key: key.timestamp() if isinstance(key, datetime) else 0.0
    places = dict(zip(keys, x.figures, strict=True))
    return lambda key: places[key] or 0.0


def _names(
    order: Sequence[Hashable], moments: Moments | None, x: Column, keys: Sequence[Hashable]
) -> list[str]:
    """Return the labels of the contract: times in the form that sorts, as exact as they are."""
    if moments is None:
        return [str(key) for key in order]
    texts: dict[Hashable, str] = {}
    for key, text in zip(keys, x.labels, strict=True):
        texts.setdefault(key, text)
    return [
        _written(key, moments.grain, texts[key]) if isinstance(key, datetime) else str(key)
        for key in order
    ]


def _written(at: datetime, grain: Grain, text: str) -> str:
    match grain:
        case Grain.YEAR:
            return f"{at.year:04}"
        case Grain.QUARTER:
            return f"{at.year:04}-Q{(at.month + 2) // 3}"
        case Grain.MONTH:
            return f"{at.year:04}-{at:%m}"
        case Grain.WEEK if "W" in text.upper():
            return text
        case Grain.WEEK | Grain.DAY:
            return at.date().isoformat()
        case Grain.INSTANT:
            return text


def _shared(measures: Sequence[Column]) -> str:
    """Return the words that all the measures' names end in; none if they share none."""
    shared: list[str] = []
    for words in zip(*(reversed(each.words) for each in measures), strict=False):
        if len(set(words)) > 1:
            break
        shared.insert(0, words[0])
    text = " ".join(shared)
    return text[:1].upper() + text[1:]


def _article(title: str) -> str:
    word = title[:1].lower() + title[1:]
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"
