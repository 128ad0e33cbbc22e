"""What the sample shop sells, who makes it, and who works there."""

# ruff: noqa: RUF001 - what is written in Cyrillic is no typing error

from typing import NamedTuple


class Shelf(NamedTuple):
    """A category and what is in it."""

    parent: str
    name: str
    things: tuple[str, ...]
    makes: tuple[str, ...]
    cheapest: float
    dearest: float
    """Prices in euros."""
    returned: float
    """How many in a hundred come back."""
    peak: int
    """The month in which it sells best."""


def _shelf(line: str) -> Shelf:
    parent, name, things, makes, cheapest, dearest, returned, peak = line.split("|")
    return Shelf(
        parent,
        name,
        tuple(things.split(",")),
        tuple(makes.split(",")),
        float(cheapest),
        float(dearest),
        float(returned),
        int(peak),
    )


SHELVES = tuple(
    _shelf(line)
    for line in """
Kitchen|Cookware|Frying Pan,Saucepan,Casserole,Wok,Paella Pan|Linden,Fjord,Ember,Piña|24|189|3.0|12
Kitchen|Knives|Chef's Knife,Bread Knife,Santoku 三徳,Paring Knife|Hagane,Klinge,Alba|18|229|2.0|12
Kitchen|Coffee and Tea|Moka Pot,Grinder,Teapot 急須,Kettle,Džezva|Linden,Kyoto,Noir|12|149|3.5|11
Kitchen|Tableware|Plate Set,Soup Bowl,Carafe,Wine Glass,Mug|Blauwe Haven,Åland,Siena|8|119|4.0|11
Home|Lighting|Desk Lamp,Floor Lamp,Pendant,Lantern|Lumen,Åland,Nachtlicht|19|279|5.0|10
Home|Textiles|Wool Throw,Linen Sheet,Cushion,Bath Towel,Kilim|Älvsbyn,Oaxaca,Riad|14|239|7.5|1
Home|Storage|Basket,Wall Shelf,Coat Rack,Storage Box|Linden,Kasa,Bruk|9|159|3.0|1
Home|Clocks and Mirrors|Wall Clock,Mirror,Alarm Clock|Minuut,Siena|16|199|4.5|12
Garden|Tools|Pruner,Spade,Watering Can,Rake|Wald,Ember,Fjord|11|89|2.5|4
Garden|Plants and Pots|Terracotta Pot,Herb Kit,Planter,Seed Box|Siena,Verde|5|79|4.0|4
Garden|Furniture|Folding Chair,Bench,Bistro Table,Hammock|Riad,Costa,Wald|39|449|6.0|5
Outdoor|Tents|Two-Person Tent,Family Tent,Tarp|Fjell,Sierra|69|499|8.0|6
Outdoor|Packs|Day Pack,Trekking Pack,Dry Bag|Fjell,Sierra,Kaido 街道|29|219|6.5|6
Outdoor|Camp Kitchen|Gas Stove,Titanium Mug,Water Filter|Ember,Fjell|15|129|3.5|7
Outdoor|Clothing|Rain Jacket,Merino Shirt,Wool Hat,Gloves|Fjell,Merino,Šumava|19|289|14.0|11
Office|Notebooks|Notebook A5,Sketchbook,Planner,Letter Set|Papír,Kami 紙,Feder|6|49|1.5|9
Office|Pens|Fountain Pen,Pencil Set,Brush Pen 筆ペン|Feder,Kami 紙|4|179|2.0|9
Office|Desks and Chairs|Standing Desk,Office Chair,Monitor Stand|Bruk,Kasa|59|749|9.0|9
Kids|Toys|Wooden Train,Building Blocks,Kite,Puzzle|Zauber,Mir,Bruk|9|99|3.0|12
Kids|Books|Picture Book,Atlas,Story Collection|Zauber,Papír|7|39|1.0|12
""".strip().splitlines()
)

MAKERS = (
    ("Nordlicht Manufaktur GmbH", "DE", 9),
    ("Atelier Beaumont", "FR", 12),
    ("Talleres Muñoz e Hijos", "ES", 14),
    ("京都刃物株式会社", "JP", 28),
    ("Fjell & Fjord AB", "SE", 11),
    ("Zakład Drzewny Łoś", "PL", 8),
    ("Ceramiche d'Este", "IT", 13),
    ("مصنع النيل للنسيج", "EG", 24),
    ("深圳光明有限公司", "CN", 35),
    ("Фабрика Роза", "BG", 16),
    ("Oaxaca Tejidos", "MX", 30),
    ("Bruk & Sons Ltd", "GB", 15),
)
"""Name, country, days from order to delivery."""

WAREHOUSES = (("Leipzig", "DE"), ("Rotterdam", "NL"), ("Columbus", "US"), ("大阪", "JP"))

STAFF = (
    ("Chief Executive", "Management", 1),
    ("Head of Sales", "Sales", 1),
    ("Head of Support", "Support", 1),
    ("Head of Marketing", "Marketing", 1),
    ("Head of Operations", "Operations", 1),
    ("Account Manager", "Sales", 7),
    ("Support Agent", "Support", 14),
    ("Campaign Manager", "Marketing", 4),
    ("Buyer", "Operations", 4),
    ("Warehouse Lead", "Operations", 4),
    ("Data Analyst", "Management", 2),
)
"""Job, team, how many."""

CHANNELS = (
    ("Direct", False, 18.0),
    ("Organic search", False, 24.0),
    ("Paid search", True, 20.0),
    ("Social ads", True, 13.0),
    ("Email", True, 12.0),
    ("Affiliates", True, 8.0),
    ("Marketplace", False, 5.0),
)
"""Name, whether it costs money by the day, and its share of the orders."""

CAMPAIGNS = (
    ("Always-on search", "Paid search", "2023-01-01", None, 330.0, 1.0),
    ("Always-on social", "Social ads", "2023-01-01", None, 255.0, 1.0),
    ("Newsletter", "Email", "2023-01-01", None, 42.0, 1.0),
    ("Affiliate programme", "Affiliates", "2023-01-01", None, 114.0, 1.0),
    ("Spring garden 2023", "Social ads", "2023-03-20", "2023-04-30", 320.0, 1.12),
    ("Summer outdoors 2023", "Paid search", "2023-06-01", "2023-06-30", 380.0, 1.15),
    ("Black Friday 2023", "Email", "2023-11-20", "2023-11-28", 840.0, 1.9),
    ("Christmas 2023", "Social ads", "2023-12-01", "2023-12-18", 520.0, 1.1),
    ("Spring garden 2024", "Social ads", "2024-03-18", "2024-04-28", 420.0, 1.2),
    ("Anniversary sale", "Paid search", "2024-05-13", "2024-05-26", 960.0, 1.65),
    ("Back to school 2024", "Paid search", "2024-08-19", "2024-09-15", 460.0, 1.12),
    ("Black Friday 2024", "Email", "2024-11-25", "2024-12-03", 1020.0, 2.0),
    ("Christmas 2024", "Social ads", "2024-12-04", "2024-12-18", 660.0, 1.1),
    ("桜 Sakura weeks", "Social ads", "2025-03-24", "2025-04-13", 560.0, 1.12),
    ("Summer outdoors 2025", "Paid search", "2025-06-02", "2025-06-29", 520.0, 1.18),
    ("Back to school 2025", "Affiliates", "2025-08-18", "2025-09-14", 380.0, 1.1),
    ("Black Friday 2025", "Email", "2025-11-24", "2025-12-02", 1240.0, 2.1),
    ("Christmas 2025", "Social ads", "2025-12-03", "2025-12-18", 760.0, 1.12),
)
"""Name, channel, first and last day, euros a day, and by what it lifts the shop's orders."""

REASONS = ("damaged", "wrong size", "not as described", "changed my mind", "arrived late")
TOPICS = ("delivery", "return", "invoice", "product question", "damaged item", "account")
CARRIERS = ("Northline", "Swift Parcel", "Colis Direct", "Kurier 24", "飛脚便")
NOTES = (
    "Please leave with the neighbour",
    "Gift, no invoice please",
    "Bitte beim Nachbarn abgeben",
    "ギフト包装をお願いします",
    "اتصل قبل التسليم",
    "Llamar antes de entregar, ¡gracias!",
    "Обадете се преди доставка",
)
