"""A shop of our own making, with questions already saved, for whoever has no database at hand."""

from core.sample.queries import QUERIES, SampleQuery
from core.sample.season import FIRST, LAST
from core.sample.shop import SampleUnwritable, write

__all__ = ["FIRST", "LAST", "QUERIES", "SampleQuery", "SampleUnwritable", "write"]
