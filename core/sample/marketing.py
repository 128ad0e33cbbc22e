"""How the sample shop's customers came to it, and what that cost."""

from typing import Any

from core.sample.catalogue import CAMPAIGNS, CHANNELS
from core.sample.chance import Chance, Wheel
from core.sample.season import DATES, DAYS, FIRST, day_index, quarter

Row = tuple[Any, ...]

IDS = {name: number for number, (name, _paid, _share) in enumerate(CHANNELS, start=1)}


class Marketing:
    """Channels, campaigns and their days."""

    def __init__(self, chance: Chance) -> None:
        """Run every campaign."""
        self.channels: list[Row] = [
            (number, name, int(paid)) for number, (name, paid, _) in enumerate(CHANNELS, start=1)
        ]
        self.campaigns: list[Row] = [
            (number, name, IDS[channel], first, last)
            for number, (name, channel, first, last, _, _) in enumerate(CAMPAIGNS, start=1)
        ]
        self.sales = frozenset(row[0] for row in self.campaigns if row[4])
        """The campaigns that end; they give discounts."""
        self._running: list[dict[int, list[int]]] = [{} for _ in DAYS]
        lifts = [[share for _name, _paid, share in CHANNELS] for _ in DAYS]
        self.spend: list[Row] = []
        for number, (_, channel, first, last, a_day, lift) in enumerate(CAMPAIGNS, start=1):
            until = day_index(last) if last else len(DAYS) - 1
            for index in range(day_index(first), until + 1):
                self._running[index].setdefault(IDS[channel], []).append(number)
                lifts[index][IDS[channel] - 1] *= 1 + (lift - 1) * 2
                self.spend.append(_day(number, index, a_day, chance))
        self.wheels = tuple(Wheel(range(1, len(CHANNELS) + 1), each) for each in lifts)

    def campaign(self, index: int, channel_id: int, chance: Chance) -> int | None:
        """Return the campaign that an order on the day at *index* came by."""
        running = self._running[index].get(channel_id)
        if not running or chance.hits(0.1):
            return None
        return running[-1] if chance.hits(0.7) else running[0]


def _day(number: int, index: int, a_day: float, chance: Chance) -> Row:
    grown = 1.0 + 0.22 * (DATES[index].year - FIRST.year)
    spend = quarter(a_day * grown * (0.8 + 0.4 * chance.random()))
    impressions = int(spend * (70 + 60 * chance.random()))
    clicks = int(impressions * (0.008 + 0.016 * chance.random()))
    return number, DAYS[index], spend, impressions, clicks
