"""Files to be uploaded."""

import io

from core.uploads import Offered
from tests.core.sheets.test_kinds import PDF, png

SALES = b"region,amount\nEU,1.5\nUS,2\nEU,3\n"
PICTURE = png(40, 30)


def csv(body: bytes = SALES, filename: str = "sales.csv") -> Offered:
    return Offered(filename, io.BytesIO(body))


def picture() -> Offered:
    return Offered("chart.png", io.BytesIO(PICTURE))


def paper() -> Offered:
    return Offered("report.pdf", io.BytesIO(PDF))
