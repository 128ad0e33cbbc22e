"""Python's collector of cycles, and when it only gets in the way."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held() -> Iterator[None]:
    """Hold the collector back for a moment.

    A large catalogue is hundreds of thousands of tuples and not one cycle; to look at all of them
    again and again takes longer than to read them. Of two that hold it at once, the first to end
    lets it go.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
