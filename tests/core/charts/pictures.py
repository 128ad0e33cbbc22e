"""Pictures of charts beside those that were looked at; run as a program, it keeps them anew.

Fonts differ between machines, and a chart is laid out around its texts. A picture of nothing but
text tells whether this machine has the fonts of the one that drew the references: if so, pictures
must agree to the pixel; if not, they must look alike from afar.
"""

import asyncio
import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

from core.charts import Chart, Drawing, suggest
from tests.core.charts.shapes import SHAPES

KEPT = Path(__file__).parent / "reference"
FONTS = "fonts"
EXACT, ALIKE = 0.05, 9.0
"""Mean difference of the channels, of 255, that is allowed: with the same fonts, with others."""
SMALLER = 8


@cache
def chart_of(name: str) -> Chart:
    shape = SHAPES[name]
    chart = suggest(shape.columns, shape.rows, title=shape.title, **shape.asked)
    assert chart is not None, name
    return chart


def fonts() -> Chart:
    chart = suggest(
        [("The quick brown fox", "text"), ("n", "integer")], [["jumps over", 0], ["Qg", 0]]
    )
    assert chart is not None
    return chart


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("RGB")


def kept(name: str) -> Image.Image:
    return Image.open(KEPT / f"{name}.png").convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how far apart two pictures are, seen from afar: 0 is the same, 255 black and white."""
    if one.size != other.size:
        return 255.0
    size = (one.width // SMALLER, one.height // SMALLER)
    near, far = (each.resize(size, Image.Resampling.BOX) for each in (one, other))
    means = ImageStat.Stat(ImageChops.difference(near, far)).mean
    return sum(means) / len(means)


async def tolerance(drawing: Drawing) -> float:
    same = opened(await drawing.png(fonts(), scale=1)).tobytes() == kept(FONTS).tobytes()
    return EXACT if same else ALIKE


async def keep() -> None:
    drawing = Drawing()
    KEPT.mkdir(exist_ok=True)
    charts = {FONTS: fonts()} | {name: chart_of(name) for name in SHAPES}
    for name, chart in charts.items():
        picture = opened(await drawing.png(chart, scale=1))
        picture.save(KEPT / f"{name}.png", optimize=True)


if __name__ == "__main__":
    asyncio.run(keep())
