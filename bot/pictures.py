"""Charts as pictures that go beside an answer."""

import structlog

from bot.cards import FileCard
from core.app import Core
from core.charts import Chart, described, said
from core.errors import CoreError
from core.sheets.written import filename

log = structlog.get_logger()


async def picture(core: Core, chart: Chart) -> FileCard | None:
    """Return a chart as a PNG; None where it cannot be drawn, as the table beside it has all."""
    try:
        png = await core.drawing.png(chart)
    except CoreError as refusal:
        log.warning("a chart is not drawn", reason=refusal.message)
        return None
    return FileCard(name=f"{filename(said(chart))}.png", content=png, alt=described(chart))
