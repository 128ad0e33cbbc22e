"""The days of the sample shop, and how much is bought on each: growth, seasons, weekdays, sales."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.sample.catalogue import CAMPAIGNS
from core.sample.chance import Chance, Wheel, shares

FIRST = date(2023, 1, 1)
LAST = date(2025, 12, 31)
ORDERS = 50_000

DATES = tuple(FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
DAYS = tuple(day.isoformat() for day in DATES)
MONTHS = (0.88, 0.84, 0.95, 0.98, 1.02, 0.97, 0.88, 0.86, 1.0, 1.05, 1.3, 1.5)
WEEKDAYS = (1.06, 1.03, 1.0, 1.0, 1.08, 0.88, 0.95)
OUTAGE = date(2025, 3, 11)
"""The day on which the shop was down for hours: something to find."""

CLOCK = tuple(f"{number:02}" for number in range(60))
HOURS: Wheel[str] = Wheel(
    CLOCK[:24],
    (2, 1, 1, 1, 1, 2, 5, 9, 12, 14, 15, 15, 17, 16, 14, 14, 15, 17, 21, 26, 28, 22, 13, 6),
)


def day_index(text: str) -> int:
    """Return how many days after the first one *text* is."""
    return (date.fromisoformat(text) - FIRST).days


def later(index: int, chance: Chance) -> str | None:
    """Return a moment on the day at *index* in working hours, or None where it has not come yet."""
    if index >= len(DAYS):
        return None
    random = chance.random
    hour, minute, second = 8 + int(random() * 11), int(random() * 60), int(random() * 60)
    return f"{DAYS[index]} {CLOCK[hour]}:{CLOCK[minute]}:{CLOCK[second]}"


def demand(chance: Chance) -> Sequence[int]:
    """Return how many orders come in on each day: `ORDERS` in all."""
    lifts = [1.0] * len(DAYS)
    for _name, _channel, first, last, _spend, lift in CAMPAIGNS:
        for index in range(day_index(first), day_index(last) + 1 if last else 0):
            lifts[index] = max(lifts[index], lift)
    weights = [
        (0.6 + 0.9 * index / len(DAYS))
        * MONTHS[day.month - 1]
        * WEEKDAYS[day.weekday()]
        * lifts[index]
        * (0.85 + 0.3 * chance.random())
        * (0.2 if day == OUTAGE else 1.0)
        for index, day in enumerate(DATES)
    ]
    return shares(ORDERS, weights)


def quarter(amount: float) -> float:
    """Return *amount* with .00, .25, .50 or .75 for cents."""
    return int(amount * 4 + 0.5) / 4
