"""What the core has counted, as Prometheus reads it."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from typing import TypeVar

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from core.app import VERSION
from core.tally import BOUNDS, Labels, Tally

T = TypeVar("T")

MEANING = {
    "http_request": "Seconds that an HTTP request took, by route template.",
    "mcp_call": "Requests to MCP over HTTP, by the way they took: short, or the SDK's.",
    "model_tokens": "Tokens that language models read (in) and wrote (out), by model.",
    "turn": "Seconds that an answer in a chat took, by how it ended.",
    "statement": "Seconds that a statement took at a customer's database.",
}


class Figures(Collector):
    """One tally, collected anew at each reading."""

    def __init__(self, tally: Tally) -> None:
        """Read *tally*, and what the operating system knows of this process."""
        self._tally = tally
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def read(self, accept: str) -> tuple[bytes, str]:
        """Return the figures in the form that *accept* prefers, and that form's media type."""
        encode, kind = choose_encoder(accept)
        return encode(self._registry), kind

    @override
    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("trellis", "This server.", value={"version": VERSION})
        for name, counts in _by_name(self._tally.counts).items():
            labels = [label for label, _value in counts[0][0]]
            counter = CounterMetricFamily(f"trellis_{name}", _meaning(name), labels=labels)
            for key, count in counts:
                counter.add_metric([value for _label, value in key], count)
            yield counter
        for name, spreads in _by_name(self._tally.spreads).items():
            labels = [label for label, _value in spreads[0][0]]
            histogram = HistogramMetricFamily(
                f"trellis_{name}_seconds", _meaning(name), labels=labels
            )
            bounds = [*map(str, BOUNDS), "+Inf"]
            for key, spread in spreads:
                buckets = list(zip(bounds, accumulate(spread.buckets), strict=True))
                histogram.add_metric([value for _label, value in key], buckets, spread.seconds)
            yield histogram


def _by_name(table: dict[tuple[str, Labels], T]) -> dict[str, list[tuple[Labels, T]]]:
    found: defaultdict[str, list[tuple[Labels, T]]] = defaultdict(list)
    for (name, labels), value in table.items():
        found[name].append((labels, value))
    return found


def _meaning(name: str) -> str:
    return MEANING.get(name, f"{name.replace('_', ' ').capitalize()}.")
