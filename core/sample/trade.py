"""Every order of the sample shop, and what became of it."""

from typing import Any

from core.sample.catalogue import CARRIERS, NOTES, REASONS, TOPICS
from core.sample.chance import Chance, Wheel
from core.sample.goods import RECALL, Goods, Product
from core.sample.marketing import Marketing
from core.sample.people import Customer, Customers
from core.sample.season import CLOCK, DATES, DAYS, HOURS, demand, later, quarter

Row = tuple[Any, ...]
Line = tuple[Product, float]
"""What was bought, and for how much."""

NEW = {2023: 0.32, 2024: 0.22, 2025: 0.16}
"""How many of a year's orders are somebody's first."""
LINES = {
    "Consumer": Wheel((1, 2, 3, 4), (46.0, 29.0, 17.0, 8.0)),
    "Business": Wheel((1, 2, 3, 4, 5), (25.0, 30.0, 22.0, 14.0, 9.0)),
    "Reseller": Wheel((2, 3, 4, 5), (30.0, 30.0, 24.0, 16.0)),
}
QUANTITIES = {
    "Consumer": Wheel((1, 2, 3), (80.0, 15.0, 5.0)),
    "Business": Wheel((1, 2, 3, 5, 8), (46.0, 24.0, 14.0, 11.0, 5.0)),
    "Reseller": Wheel((3, 4, 6, 10), (40.0, 30.0, 20.0, 10.0)),
}
METHODS = {
    "Consumer": Wheel(("card", "wallet", "bank transfer", "invoice"), (56.0, 30.0, 8.0, 6.0)),
    "Business": Wheel(("card", "wallet", "bank transfer", "invoice"), (25.0, 5.0, 20.0, 50.0)),
    "Reseller": Wheel(("card", "wallet", "bank transfer", "invoice"), (5.0, 1.0, 24.0, 70.0)),
}
HOUSES = {"North America": 3, "Latin America": 3, "Asia-Pacific": 4}
"""Which warehouse sends to a region; Europe and the rest are served by the first two."""
TOPIC = Wheel(TOPICS, (30.0, 22.0, 14.0, 16.0, 12.0, 6.0))
PRIORITY = Wheel(("urgent", "high", "normal", "low"), (6.0, 19.0, 55.0, 20.0))
HURRY = {"urgent": 1, "high": 2, "normal": 4, "low": 8}
"""Days until a ticket of that priority is closed, at most twice as many."""
FREE_FROM = 75
"""Euros from which an order is shipped for nothing."""
FEES = {True: 4.5, False: 9.75}
"""Euros to ship within the EU, and beyond."""


class Trade:
    """Orders day by day, with their items, payments, shipments, refunds and tickets."""

    def __init__(
        self, chance: Chance, customers: Customers, goods: Goods, marketing: Marketing
    ) -> None:
        """Open the shop; `run` lets three years go by."""
        self._chance = chance
        self._customers = customers
        self._goods = goods
        self._marketing = marketing
        self.orders: list[Row] = []
        self.items: list[Row] = []
        self.payments: list[Row] = []
        self.shipments: list[Row] = []
        self.refunds: list[Row] = []
        self.tickets: list[Row] = []

    def run(self, agents: tuple[int, ...]) -> None:
        """Let three years go by; *agents* answer the tickets."""
        wheels = self._goods.wheels()
        chance = self._chance
        for index, many in enumerate(demand(chance)):
            times = sorted(
                f"{DAYS[index]} {HOURS.turn(chance)}:{CLOCK[chance.below(60)]}:"
                f"{CLOCK[chance.below(60)]}"
                for _ in range(many)
            )
            for moment in times:
                self._order(index, moment, wheels[index], agents)

    def _order(
        self, index: int, moment: str, sold: Wheel[Product], agents: tuple[int, ...]
    ) -> None:
        chance, id = self._chance, len(self.orders) + 1
        channel = self._marketing.wheels[index].turn(chance)
        campaign = self._marketing.campaign(index, channel, chance)
        customer = self._customer(index, moment, channel)
        lines = self._basket(id, customer, sold, sale=campaign in self._marketing.sales)
        goods = sum(amount for _product, amount in lines)
        fee = 0.0 if goods >= FREE_FROM else FEES[customer.country.region == "EU"]
        status = "cancelled" if chance.hits(0.03) else self._ship(id, index, customer)
        if status == "delivered" and self._send_back(id, index, lines):
            status = "returned"
        self._pay(id, index, moment, customer.segment, goods + fee, cancelled=status == "cancelled")
        if chance.hits(0.09):
            self._ask(index, customer.id, id, agents)
        self.orders.append(
            (
                id,
                customer.id,
                chance.of(customer.addresses),
                channel,
                campaign,
                status,
                moment,
                fee,
                goods + fee,
                chance.of(NOTES) if chance.hits(0.03) else None,
            )
        )

    def _customer(self, index: int, moment: str, channel: int) -> Customer:
        chance, customers = self._chance, self._customers
        if customers.rows and chance.random() > NEW[DATES[index].year]:
            return customers.returning()
        if chance.hits(0.07):
            customers.sign_up(moment, channel)  # somebody who only looked
        customer = customers.sign_up(moment, channel)
        customers.remember(customer)
        return customer

    def _basket(
        self, id: int, customer: Customer, sold: Wheel[Product], *, sale: bool
    ) -> list[Line]:
        chance = self._chance
        lines: list[Line] = []
        quantities = QUANTITIES[customer.segment]
        for line in range(1, LINES[customer.segment].turn(chance) + 1):
            product = sold.turn(chance)
            quantity = quantities.turn(chance)
            whole = product.price * quantity
            share = 0.1 + 0.15 * chance.random() if sale else 0.0
            if customer.segment == "Reseller":
                share += 0.2
            elif not sale and chance.hits(0.06):
                share = 0.1
            discount = quarter(whole * share)
            lines.append((product, whole - discount))
            self.items.append(
                (id, line, product.id, quantity, product.price, discount, whole - discount)
            )
        return lines

    def _ship(self, id: int, index: int, customer: Customer) -> str:
        chance = self._chance
        sent = index + chance.between(0, 2)
        shipped = later(sent, chance)
        if shipped is None:
            return "processing"
        far = 1 if customer.country.region == "EU" else 4
        delivered = later(sent + far + chance.below(5), chance)
        if chance.hits(0.004):
            delivered = None  # lost on the way
        here = HOUSES.get(customer.country.region) or chance.between(1, 2)
        code = f"TR{chance.between(10_000_000, 99_999_999)}" if not chance.hits(0.02) else None
        near = customer.country.region == "Asia-Pacific"
        carrier = CARRIERS[-1] if near else chance.of(CARRIERS[:-1])
        self.shipments.append(
            (len(self.shipments) + 1, id, here, carrier, code, shipped, delivered)
        )
        return "shipped" if delivered is None else "delivered"

    def _send_back(self, id: int, index: int, lines: list[Line]) -> bool:
        """Refund what comes back; return whether that is everything."""
        chance, whole = self._chance, 0
        for line, (product, amount) in enumerate(lines, start=1):
            often = 38.0 if product.recalled and index in RECALL else product.shelf.returned
            if chance.random() * 100 >= often:
                continue
            refunded = later(index + chance.between(11, 35), chance)
            if refunded is None or not amount:
                continue
            part = chance.hits(0.18)
            reason = chance.of(REASONS) if not chance.hits(0.12) else None
            back = quarter(amount / 2) if part else amount
            self.refunds.append((len(self.refunds) + 1, id, line, reason, back, refunded))
            whole += not part
        return whole == len(lines)

    def _pay(
        self, id: int, index: int, moment: str, segment: str, amount: float, *, cancelled: bool
    ) -> None:
        chance, rows = self._chance, self.payments
        method = METHODS[segment].turn(chance)
        if cancelled or chance.hits(0.03):
            rows.append((len(rows) + 1, id, method, "failed", amount, None))
        if cancelled:
            return
        if method == "invoice":
            paid = later(index + chance.between(4, 40), chance) if not chance.hits(0.012) else None
        else:
            paid = moment
        rows.append((len(rows) + 1, id, method, "paid" if paid else "open", amount, paid))

    def _ask(self, index: int, customer_id: int, id: int, agents: tuple[int, ...]) -> None:
        chance = self._chance
        asked = index + chance.between(0, 14)
        opened = later(asked, chance)
        if opened is None:
            return
        priority = PRIORITY.turn(chance)
        about = id if not chance.hits(0.15) else None
        answered = later(asked + 1 + chance.below(HURRY[priority]), chance)
        closed = later(asked + 1 + chance.between(HURRY[priority], 2 * HURRY[priority]), chance)
        if answered is None or chance.hits(0.01):
            closed = None
        happy = chance.between(1, 5) if closed and chance.hits(0.55) else None
        agent = chance.of(agents) if answered else None
        topic = TOPIC.turn(chance)
        self.tickets.append(
            (
                *(len(self.tickets) + 1, customer_id, about, agent),
                *(topic, priority, opened, answered, closed, happy),
            )
        )
