"""Figures as statements write them: `(1,250)`, `$1.2 million`, `12.5%`."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

SCALES = {
    "ones": Decimal(1),
    "units": Decimal(1),
    "hundreds": Decimal(100),
    "thousands": Decimal(1000),
    "millions": Decimal(10) ** 6,
    "billions": Decimal(10) ** 9,
    "trillions": Decimal(10) ** 12,
}
WORDS = {
    "hundred": SCALES["hundreds"],
    "thousand": SCALES["thousands"],
    "k": SCALES["thousands"],
    "million": SCALES["millions"],
    "mm": SCALES["millions"],
    "mn": SCALES["millions"],
    "m": SCALES["millions"],
    "billion": SCALES["billions"],
    "bn": SCALES["billions"],
    "b": SCALES["billions"],
    "trillion": SCALES["trillions"],
    "tn": SCALES["trillions"],
}
MONEY = r"(?:US\$|[$€£¥₹]|[A-Z]{3})"
MINUS = "[-\u2212\u2013]"
FIGURE = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>{MINUS})?\s*{MONEY}?\s*(?P<minus2>{MINUS})?"
    r"(?P<digits>\d[\d,.' \u00a0\u202f]*|\.\d+)(?P<exponent>[eE][+-]?\d{1,3})?"
    rf"\s*(?P<word>[A-Za-z]+?)??\s*(?P<percent>%)?\s*{MONEY}?\s*(?P<close>\))?\s*(?P<percent2>%)?"
)
LONGEST = 60
EXACT = 15
"""Digits that a double carries exactly."""


def figure(said: Any) -> Decimal | None:
    """Return the number that a value is or writes; None if it is none.

    A percentage is its part of one: `12.5%` is 0.125. Where one sign may end thousands or begin
    decimals, it is taken as English has it, unless only the other makes sense: `1.234,5`.
    """
    if isinstance(said, bool) or said is None:
        return None
    if isinstance(said, int | float | Decimal):
        found = Decimal(str(said))
        return found if found.is_finite() else None
    text = str(said).strip()
    match = FIGURE.fullmatch(text) if len(text) <= LONGEST else None
    if match is None or bool(match["open"]) is not bool(match["close"]):
        return None
    return _value(match)


def number(value: Decimal) -> int | float:
    """Return a figure as JSON has it: whole where it is whole."""
    if value == value.to_integral_value() and abs(value) < Decimal(10) ** EXACT:
        return int(value)
    return float(value)


def _value(match: re.Match[str]) -> Decimal | None:
    word = (match["word"] or "").lower()
    size = WORDS.get(word.removesuffix("s") if len(word) > 2 else word)  # noqa: PLR2004
    if word and size is None:
        return None
    try:
        value = Decimal(_digits(match["digits"]) + (match["exponent"] or ""))
    except InvalidOperation:
        return None
    if match["percent"] or match["percent2"]:
        value /= 100
    if match["open"] or match["minus"] or match["minus2"]:
        value = -value
    return value * (size or 1)


def _digits(said: str) -> str:
    text = re.sub(r"[' \u00a0\u202f]", "", said).rstrip(".,")
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point >= 0 or (text.count(".") > 1 and comma < 0):
        return text.replace(".", "").replace(",", ".")
    if comma >= 0 and point < 0 and text.count(",") == 1 and len(text) - comma != 4:  # noqa: PLR2004
        return text.replace(",", ".")  # 12,5 is no thousands
    return text.replace(",", "")
