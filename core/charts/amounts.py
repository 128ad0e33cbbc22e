"""How the amounts of a column are written for people: thousands apart, points below each other."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from core.charts.columns import Column, Unit

MOST_DECIMALS = 6
"""Where a value has more, none is filled up with zeros: an average is no amount of money."""

NAMING = frozenset({"number", "no", "nr"})
"""Words that end the name of what is called by a number, such as an order."""


class Form(NamedTuple):
    """How the values of one column are written; every digit of each is there."""

    decimals: int = 0
    """Digits that each value has behind its point, at least."""

    def written(self, value: Any) -> str | None:
        """Return a value as 1,234.50; None for what is no number, or has a power of ten in it."""
        found = _number(value)
        return None if found is None else f"{found:,.{max(self.decimals, _decimals(found))}f}"


def forms(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
) -> tuple[Form | None, ...]:
    """Return the form of each column that holds amounts; None for ids, years, texts.

    Args:
        columns: names and types.
        rows: JSON values, one for each column.
    """
    return tuple(
        _form(name, type, [row[at] for row in rows]) for at, (name, type) in enumerate(columns)
    )


def _form(name: str, type: str, values: Sequence[Any]) -> Form | None:
    column = Column(name, type, values)
    if not column.measure or NAMING.intersection(column.words[-1:]):
        return None
    most = max(
        (_decimals(found) for each in values if (found := _number(each)) is not None), default=0
    )
    if most > MOST_DECIMALS:
        return Form()
    # Nobody writes 12.5 where they mean money.
    return Form(2 if most == 1 and column.unit is Unit.MONEY else most)


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    if text != text.strip("_ \t\n") or "_" in text or "e" in text.lower():
        return None
    try:
        found = Decimal(text.removesuffix(".0") if isinstance(value, float) else text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
