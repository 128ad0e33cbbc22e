"""Results of many shapes, as databases answer them."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Shape(NamedTuple):
    """A result, and what is asked of it."""

    columns: list[tuple[str, str]]
    rows: list[list[Any]]
    title: str
    asked: Mapping[str, Any] = MappingProxyType({})


MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
REVENUE = [84120, 79440, 91230, 97410, 102880, 99120, 88430, 91200, 104300, 112480, 131900, 148750]
REGIONS = ["North America", "EU", "Asia-Pacific", "Latin America", "Rest of Europe"]
CITIES = [
    *("Berlin", "Tokyo", "Lagos", "Lima", "Oslo", "Quito", "Rome"),
    *("Seoul", "Tunis", "Ulm", "Vienna", "Zurich", "Accra", "Bonn"),
]

SHAPES = {
    "line": Shape(
        [("month", "text"), ("revenue", "decimal"), ("orders", "integer")],
        [[month, value, value // 70] for month, value in zip(MONTHS, REVENUE, strict=True)],
        "Monthly revenue for 2025",
    ),
    "gap": Shape(
        [("day", "date"), ("temperature", "number")],
        [
            [f"2025-03-{day:02}", round(8 + 4 * math.sin(day / 4), 1)]
            for day in range(1, 32)
            if not 12 <= day <= 18
        ],
        "Temperature in March",
    ),
    "lines": Shape(
        [("quarter", "text"), ("region", "text"), ("average_order_value", "decimal")],
        [
            [f"{year}-Q{quarter}", region, 60 + 7 * at + 3 * quarter + (year - 2023) * (at - 1)]
            for year in (2023, 2024, 2025)
            for quarter in (1, 2, 3, 4)
            for at, region in enumerate(REGIONS[:3])
        ],
        "Average order value by region",
    ),
    "area": Shape(
        [("year", "integer"), ("revenue", "decimal")],
        [[2010 + at, 1.2e6 * 1.28**at] for at in range(15)],
        "Revenue since 2010",
        {"kind": "area"},
    ),
    "bar": Shape(
        [("segment", "text"), ("customers", "integer")],
        [["Consumer", 412], ["Enterprise", 38], ["Small business", 187], [None, 12]],
        "Customers by segment",
    ),
    "bar_horizontal": Shape(
        [("product", "text"), ("category", "text"), ("units", "integer"), ("revenue", "decimal")],
        [
            [f"{CITIES[at]} desk lamp with a long name", "Lamps", 40 + at % 5, 98200.5 - 6100 * at]
            for at in range(14)
        ],
        "Top products by revenue",
    ),
    "grouped": Shape(
        [("channel", "text"), ("spend", "decimal"), ("revenue", "decimal"), ("clicks", "integer")],
        [
            ["Search", 12400, 48100, 9120],
            ["Social", 15800, 31900, 22100],
            ["E-mail", 2100, 18700, 3100],
            ["Partners", 6400, 22800, 2050],
        ],
        "What did each channel cost and bring in?",
    ),
    "stacked": Shape(
        [("region", "text"), ("category", "text"), ("orders", "integer")],
        [
            [region, category, 120 + 37 * (at * 5 + by * 3) % 210 + 20 * (4 - at)]
            for at, region in enumerate(REGIONS)
            for by, category in enumerate(["Lamps", "Chairs", "Desks", "Shelves"])
        ],
        "Orders by region and category",
    ),
    "donut": Shape(
        [("segment", "text"), ("share_percent", "decimal")],
        [["Consumer", 61.2], ["Small business", 24.3], ["Enterprise", 11.1], ["Public", 3.4]],
        "Share of revenue by segment",
    ),
    "pie": Shape(
        [("city", "text"), ("orders", "integer")],
        [[city, 400 // (at + 1)] for at, city in enumerate(CITIES)],
        "Orders by city",
        {"kind": "pie"},
    ),
    "negative": Shape(
        [("month", "text"), ("profit", "decimal")],
        [[month, value - 98000] for month, value in zip(MONTHS, REVENUE, strict=True)],
        "Profit by month",
        {"kind": "bar"},
    ),
    "top": Shape(
        [("customer", "text"), ("revenue", "decimal")],
        [[f"Customer {at:03}", 12_300_000 * 0.985**at] for at in range(214)],
        "Revenue by customer",
    ),
    "many": Shape(
        [("at", "timestamp"), ("requests", "integer")],
        [
            [
                f"2025-01-{1 + at // 1440:02} {at // 60 % 24:02}:{at % 60:02}:00",
                round(500 + 300 * math.sin(at / 229) + 90 * math.sin(at * 7.3)),
            ]
            for at in range(10_000)
        ],
        "Requests per minute",
    ),
    "ratings": Shape(
        [("rating", "integer"), ("count", "integer")],
        [[1, 14], [2, 9], [3, 31], [4, 88], [5, 140]],
        "Ratings",
    ),
}
