"""Definitions are read in threads, so that a large one holds up nobody else."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from core.pipelines.records import Pipeline

THREADS = 2
"""Definitions that are read at once; a large one is a second of work for the processor."""

T = TypeVar("T")


class Reading:
    """Reads what somebody wrote, aside."""

    def __init__(self, tools: Callable[[], Collection[str]]) -> None:
        """Know the names of *tools*, which are looked for when first needed."""
        self._tools = tools
        self._threads = CapacityLimiter(THREADS)

    async def pipeline(self, written: Any) -> Pipeline:
        """Return the pipeline that is *written*, as text or as data.

        Raises:
            DocumentInvalid: it cannot be read.
            PipelineInvalid: it breaks a rule.
        """
        return await self.aside(self._defined, written)

    async def aside(self, read: Callable[[Any], T], written: Any) -> T:
        """Return what *read* makes of what is *written*."""
        return await to_thread.run_sync(read, written, limiter=self._threads)

    def _defined(self, written: Any) -> Pipeline:
        # Few of the processes that know of pipelines ever read one.
        from core.pipelines.definition import read_pipeline  # noqa: PLC0415

        return read_pipeline(written, self._tools())
