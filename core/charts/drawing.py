"""Charts as pictures and pages, made on this machine without asking any other."""

from importlib import import_module
from typing import Any

import anyio
from anyio import CapacityLimiter, to_thread

from core.charts.errors import DrawingFailed, DrawingTimedOut
from core.charts.inspection import inspect
from core.charts.narrow import narrow
from core.charts.page import page
from core.charts.records import Chart

VERSION = "6.4"
"""Of Vega-Lite; the specifications are written for it."""


class Drawing:
    """Draws charts in a few threads of its own, each drawing for a bounded time.

    The renderer (vl-convert: Vega in V8, then resvg) is started by the first drawing, which
    takes about a second. It reads no file and asks no address: what a specification says
    is looked at first (`inspect`), and every base URL is refused besides.
    """

    def __init__(self, *, threads: int = 2, seconds: float = 20.0) -> None:
        """Draw with at most *threads* at once, and none longer than *seconds*."""
        self._threads = CapacityLimiter(threads)
        self._seconds = seconds

    async def png(self, chart: Chart, *, width: int | None = None, scale: float = 2.0) -> bytes:
        """Return *chart* as a PNG: *scale* times its 640 by 400 pixels, or of another *width*.

        Raises:
            ChartTooLarge: it holds more than the renderer survives.
            DrawingFailed: the renderer refused it.
            DrawingTimedOut: it took too long, or others did before it.
        """
        spec = inspect(chart.vega_lite, width=width)
        picture: bytes = await self._draw("vegalite_to_png", spec, scale=min(max(scale, 0.5), 4.0))
        return picture

    async def svg(self, chart: Chart, *, slim: bool = False) -> str:
        """Return *chart* as an SVG without links, *slim* for a phone; refuses as `png` does."""
        spec = inspect(chart.vega_lite)
        picture: str = await self._draw("vegalite_to_svg", narrow(spec) if slim else spec)
        return picture

    def page(self, chart: Chart) -> str:
        """Return an interactive HTML page of *chart* that loads nothing; about 20 kB.

        It blocks for as long as one SVG takes (about 50 ms); call it in a thread.
        """
        return page(chart, _call("vegalite_to_svg", inspect(chart.vega_lite)))

    async def warm(self) -> None:
        """Import altair and start the renderer, so that the first chart is as fast as the next."""
        await to_thread.run_sync(import_module, "altair", limiter=self._threads)
        await self._draw("vegalite_to_svg", {"data": {"values": []}, "mark": "bar"})

    async def _draw(self, name: str, spec: dict[str, Any], **options: Any) -> Any:
        try:
            with anyio.fail_after(self._seconds):
                # V8 hears no interrupt: a thread given up keeps its place until it is done.
                return await to_thread.run_sync(
                    lambda: _call(name, spec, **options),
                    abandon_on_cancel=True,
                    limiter=self._threads,
                )
        except TimeoutError:
            raise DrawingTimedOut from None


def _call(name: str, spec: dict[str, Any], **options: Any) -> Any:
    import vl_convert  # noqa: PLC0415 - 85 MB that only a drawing needs

    try:
        return getattr(vl_convert, name)(spec, vl_version=VERSION, allowed_base_urls=[], **options)
    except (ValueError, RuntimeError) as error:
        raise DrawingFailed(f"The chart could not be drawn: {_first(error)}") from error
    except BaseException as error:
        # Rust's panics are no Exceptions; one must not end the loop that waited for a picture.
        if type(error).__name__ == "PanicException":
            raise DrawingFailed from error
        raise


def _first(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[1] if len(lines) > 1 else lines[0] if lines else type(error).__name__)[:200]
