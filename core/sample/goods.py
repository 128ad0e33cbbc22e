"""What the sample shop sells: categories, suppliers, products, and what is left of them."""

from typing import Any, NamedTuple

from core.sample.catalogue import MAKERS, SHELVES, WAREHOUSES, Shelf
from core.sample.chance import Chance, Wheel
from core.sample.season import DAYS, day_index, quarter

Row = tuple[Any, ...]

PER_SHELF = 12
RECALLED = "Tents"
"""The category with a product that came back often in one summer: something to find."""
RECALL = range(day_index("2025-06-01"), day_index("2025-09-01"))


class Product(NamedTuple):
    """A product as orders see it."""

    id: int
    price: float
    shelf: Shelf
    launched: int
    ended: int
    """Days on which it was sold first and last, counted from the shop's first."""
    popular: float
    recalled: bool


class Goods:
    """Everything on the shelves."""

    def __init__(self, chance: Chance) -> None:
        """Fill the shelves."""
        parents = tuple(dict.fromkeys(shelf.parent for shelf in SHELVES))
        self.categories: list[Row] = [
            (number, name, None) for number, name in enumerate(parents, start=1)
        ]
        self.categories += [
            (number, shelf.name, parents.index(shelf.parent) + 1)
            for number, shelf in enumerate(SHELVES, start=len(parents) + 1)
        ]
        self.suppliers: list[Row] = [
            (number, name, country, f"orders{number}@example.net" if number % 4 else None, days)
            for number, (name, country, days) in enumerate(MAKERS, start=1)
        ]
        self.warehouses: list[Row] = [
            (number, name, country) for number, (name, country) in enumerate(WAREHOUSES, start=1)
        ]
        self.products: list[Product] = []
        self.product_rows: list[Row] = []
        for place, shelf in enumerate(SHELVES):
            self._fill(shelf, len(parents) + 1 + place, chance)
        self.inventory = list(self._stock(chance))

    def wheels(self) -> tuple[Wheel[Product], ...]:
        """Return for each day what is bought on it: by season, of what is on sale."""
        found: dict[tuple[int, ...], Wheel[Product]] = {}
        days = []
        for index, day in enumerate(DAYS):
            month = int(day[5:7])
            sold = [each for each in self.products if each.launched <= index < each.ended]
            key = (month, *(each.id for each in sold))
            if key not in found:
                weights = [each.popular * _season(each.shelf.peak, month) for each in sold]
                found[key] = Wheel(sold, weights)
            days.append(found[key])
        return tuple(days)

    def _fill(self, shelf: Shelf, category_id: int, chance: Chance) -> None:
        names = [f"{make} {thing}" for make in shelf.makes for thing in shelf.things]
        while len(names) < PER_SHELF:
            names += [f"{name} {size}" for name in names for size in ("Classic", "Plus")]
        supplier = chance.below(len(MAKERS))
        for place in range(PER_SHELF):
            name = names.pop(chance.below(len(names)))
            id = len(self.products) + 1
            span = (shelf.dearest - shelf.cheapest) * chance.random() * chance.random()
            price = quarter(shelf.cheapest + span)
            cost = quarter(price * (0.4 + 0.25 * chance.random()))
            launched = chance.below(len(DAYS) - 120) if chance.hits(0.3) else -1
            ended = len(DAYS)
            if chance.hits(0.08):
                ended = max(launched, 0) + 60 + chance.below(len(DAYS) - max(launched, 0) - 60)
            popular = 1.0 / (2 + place) * (0.7 + 0.6 * chance.random())
            recalled = shelf.name == RECALLED and place == 0
            self.products.append(
                Product(id, price, shelf, launched, ended, popular, recalled=recalled)
            )
            self.product_rows.append(
                (
                    id,
                    f"{shelf.parent[:2].upper()}{shelf.name[:2].upper()}-{id:04}",
                    name,
                    category_id,
                    (supplier + place // 5) % len(MAKERS) + 1,
                    price,
                    cost,
                    None if chance.hits(0.06) else chance.between(4, 400) * 25,
                    DAYS[launched] if launched >= 0 else f"20{chance.between(18, 22)}-03-01",
                    DAYS[ended] if ended < len(DAYS) else None,
                )
            )

    def _stock(self, chance: Chance) -> list[Row]:
        rows = []
        for product in self.products:
            for warehouse in range(1, len(WAREHOUSES) + 1):
                point = 5 * chance.between(2, 12)
                if product.ended < len(DAYS):
                    on_hand = chance.below(6)
                elif chance.hits(0.13):
                    on_hand = chance.below(point)
                else:
                    on_hand = point + chance.below(point * 4)
                counted = DAYS[len(DAYS) - 1 - chance.below(28)]
                rows.append((product.id, warehouse, on_hand, point, counted))
        return rows


def _season(peak: int, month: int) -> float:
    """Return how well something sells in *month* that sells best in *peak*."""
    apart = abs(peak - month)
    return 1.0 + max(0, 3 - min(apart, 12 - apart)) * 0.3
