"""Who buys at the sample shop, and who works there."""

from typing import Any, NamedTuple

from core.sample.catalogue import STAFF
from core.sample.chance import Chance, Wheel
from core.sample.names import COUNTRIES, PEOPLE, REGIONS, Country, full_name
from core.sample.season import DAYS

Row = tuple[Any, ...]

SEGMENTS = Wheel(("Consumer", "Business", "Reseller"), (74.0, 20.0, 6.0))
AGAIN = {"Consumer": 1, "Business": 2, "Reseller": 4}
"""How often a customer comes back, to the others."""
HEADS = 5
"""How many of the staff lead the others; they stay."""
DOMAINS = ("example.com", "example.org", "example.net")
LIVING: Wheel[Country] = Wheel(COUNTRIES, [country.weight for country in COUNTRIES])


class Customer(NamedTuple):
    """A customer as orders see one."""

    id: int
    segment: str
    country: Country
    addresses: tuple[int, ...]


class Customers:
    """Everyone who ever signed up, in the order in which they did."""

    def __init__(self, chance: Chance) -> None:
        """Begin with nobody."""
        self._chance = chance
        self.rows: list[Row] = []
        self.addresses: list[Row] = []
        self._coming_back: list[Customer] = []

    def sign_up(self, moment: str, channel_id: int) -> Customer:
        """Return a new customer, who signed up at *moment*."""
        chance = self._chance
        country = LIVING.turn(chance)
        people = PEOPLE[country.people]
        given, latin = chance.of(people.given)
        segment = SEGMENTS.turn(chance)
        id = len(self.rows) + 1
        email = f"{latin.replace(' ', '.').replace(chr(39), '')}{id}@{chance.of(DOMAINS)}"
        phone = f"{country.dial} 555 {chance.between(100_000, 999_999)}"
        born = f"{chance.between(1948, 2006)}-{chance.between(1, 12):02}-{chance.between(1, 28):02}"
        self.rows.append(
            (
                id,
                full_name(people, given, chance.of(people.family)),
                email,
                phone if not chance.hits(0.15) else None,
                born if segment == "Consumer" and not chance.hits(0.3) else None,
                segment,
                country.code,
                channel_id,
                int(chance.hits(0.44)),
                moment,
            )
        )
        addresses = [self._address(id, country, "home" if segment == "Consumer" else "work")]
        if chance.hits(0.14):
            addresses.append(self._address(id, country, "work"))
        return Customer(id, segment, country, tuple(addresses))

    def remember(self, customer: Customer) -> None:
        """Let *customer* come back."""
        self._coming_back += [customer] * AGAIN[customer.segment]

    def returning(self) -> Customer:
        """Return somebody who bought before, most likely not long ago."""
        many = len(self._coming_back)
        back = self._chance.random()
        return self._coming_back[many - 1 - int(many * back * back)]

    def _address(self, customer_id: int, country: Country, kind: str) -> int:
        chance = self._chance
        id = len(self.addresses) + 1
        street = f"{chance.of(country.streets)} {chance.between(1, 140)}"
        postcode = str(chance.between(10_000, 99_999))
        city = chance.of(country.cities)
        self.addresses.append((id, customer_id, kind, street, postcode, city, country.code))
        return id


def regions() -> list[Row]:
    """Return the regions."""
    return list(enumerate(REGIONS, start=1))


def countries() -> list[Row]:
    """Return the countries."""
    return [
        (each.code, each.name, each.local_name, REGIONS.index(each.region) + 1)
        for each in COUNTRIES
    ]


def employees(chance: Chance) -> list[Row]:
    """Return the staff; the heads come first, and each leads the team of the same name."""
    rows: list[Row] = []
    heads: dict[str, int] = {}
    for job, team, many in STAFF:
        for _ in range(many):
            country = LIVING.turn(chance)
            people = PEOPLE[country.people]
            given, latin = chance.of(people.given)
            id = len(rows) + 1
            boss = heads.get(team, 1) if id > 1 else None
            heads.setdefault(team, id)
            hired = f"{chance.between(2017, 2022)}-{chance.between(1, 12):02}-01"
            left = DAYS[chance.below(len(DAYS))] if id > HEADS and chance.hits(0.12) else None
            name = full_name(people, given, chance.of(people.family))
            rows.append((id, name, f"{latin}@example.com", job, team, boss, hired, left))
    return rows
