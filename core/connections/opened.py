"""The drivers that are open: one per connection, a bounded number, the idle ones closed first."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

import structlog

from core.connections.address import Address
from core.connections.driver import Driver
from core.ids import ConnectionId

MOST = 64
"""Connections that are held open at once in one process."""

Open = Callable[[Address, str | None], Driver]
"""Makes the keeper for an address, and for the role its statements run as."""

log = structlog.get_logger()


class Opened:
    """Lends drivers by connection; what was changed or removed is closed and not lent again."""

    def __init__(self, open: Open, *, most: int = MOST) -> None:
        """Open with *open*, at most *most* at once."""
        self._open = open
        self._most = most
        self._drivers: OrderedDict[ConnectionId, Driver] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    def lend(self, id: ConnectionId, address: Callable[[], Address], role: str | None) -> Driver:
        """Return the driver of a connection; a keeper opens nothing before it is asked."""
        driver = self._drivers.get(id)
        if driver is None:
            driver = self._drivers[id] = self._open(address(), role)
        self._drivers.move_to_end(id)
        while len(self._drivers) > self._most:
            self._close(self._drivers.popitem(last=False)[1])
        return driver

    def forget(self, id: ConnectionId) -> None:
        """Close the driver of a connection that is gone."""
        driver = self._drivers.pop(id, None)
        if driver is not None:
            self._close(driver)

    async def close(self) -> None:
        """Close every driver, and wait until each is."""
        while self._drivers:
            self._close(self._drivers.popitem()[1])
        for result in await asyncio.gather(*self._closing, return_exceptions=True):
            if isinstance(result, Exception):
                log.warning("a connection did not close cleanly", exc_info=result)

    def _close(self, driver: Driver) -> None:
        task = asyncio.get_running_loop().create_task(driver.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
