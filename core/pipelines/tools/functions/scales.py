"""Amounts of money in another currency and another scale."""

from decimal import Decimal
from typing import Any

from core.pipelines.tools.errors import FunctionRefused
from core.pipelines.tools.figures import SCALES, figure

CURRENCIES = frozenset(
    {
        *("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "CNY", "HKD"),
        *("SGD", "KRW", "INR", "BRL", "MXN", "SEK", "NOK", "DKK", "PLN", "CZK"),
        *("HUF", "TRY", "ZAR", "ILS", "AED", "SAR", "THB", "IDR", "MYR", "PHP"),
        *("TWD", "CLP", "COP", "ARS", "RUB", "UAH", "RON", "VND", "EGP", "NGN"),
        *("KES", "PKR", "BDT"),
    }
)


def financial_scale_normalize(
    value: Any,
    source_currency: str = "USD",
    target_currency: str = "USD",
    target_scale: str = "millions",
    source_scale: str = "ones",
    rate: Any = None,
) -> float:
    """Return an amount in another currency and scale.

    Formula: value * source_scale * rate / target_scale. No rate of exchange is known here, since
    one that is out of date would go unnoticed: between two currencies it has to be given.

    Args:
        value: the amount; `$1.2 million` and `(1,250)` are understood.
        source_currency: three letters.
        target_currency: three letters.
        target_scale: ones, hundreds, thousands, millions, billions or trillions.
        source_scale: the same, of the value.
        rate: units of the target currency for one of the source's.
    """
    amount = figure(value)
    if amount is None:
        raise FunctionRefused(f"value: {str(value)[:60]!r} is no amount.")
    source, target = str(source_currency).upper().strip(), str(target_currency).upper().strip()
    for said, kind in ((source, "source"), (target, "target")):
        if said not in CURRENCIES:
            raise FunctionRefused(f"Unknown {kind} currency {said[:20]!r}.")
    exchanged = Decimal(1)
    if source != target:
        found = figure(rate)
        if found is None or found <= 0:
            raise FunctionRefused(
                f"rate: How many {target} is one {source}? Rates of exchange are not known here."
            )
        exchanged = found
    return float(
        amount * _scale(source_scale, "source") * exchanged / _scale(target_scale, "target")
    )


def _scale(said: str, kind: str) -> Decimal:
    plain = str(said).strip().lower()
    found = SCALES.get(plain) or SCALES.get(f"{plain}s")
    if found is None:
        raise FunctionRefused(f"Unknown {kind} scale {plain[:30]!r}: there is {', '.join(SCALES)}.")
    return found
