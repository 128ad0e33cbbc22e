"""Who reads files next: one reader for each organization, and none before its turn."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.ids import OrganizationId
from core.uploads.errors import UploadsQueued

WAITING = 20
"""Who may wait of one organization."""


class Line:
    """A line in which organizations stand, each once, however much it brings."""

    def __init__(self, readers: int) -> None:
        """Let so many *readers* work at once, each for another organization."""
        self._free = readers
        self._reading: set[OrganizationId] = set()
        self._waiting: dict[OrganizationId, deque[asyncio.Future[None]]] = {}
        """In the order in which organizations have their turns."""

    @asynccontextmanager
    async def turn(self, organization_id: OrganizationId) -> AsyncIterator[None]:
        """Wait for a reader, and hold it.

        Raises:
            UploadsQueued: the organization waits for many already.
        """
        if len(self._waiting.get(organization_id, ())) >= WAITING:
            raise UploadsQueued
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(organization_id, deque()).append(mine)
        self._call()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._end(organization_id)  # it was called just now
            else:
                self._forget(organization_id, mine)
            raise
        try:
            yield
        finally:
            self._end(organization_id)

    def _call(self) -> None:
        """Call whoever is next, as long as a reader is free."""
        while self._free and (ready := [one for one in self._waiting if one not in self._reading]):
            organization_id = ready[0]
            line = self._waiting.pop(organization_id)
            called = line.popleft()
            if line:
                self._waiting[organization_id] = line
            if called.cancelled():
                continue
            called.set_result(None)
            self._reading.add(organization_id)
            self._free -= 1

    def _end(self, organization_id: OrganizationId) -> None:
        self._reading.discard(organization_id)
        self._free += 1
        if (line := self._waiting.pop(organization_id, None)) is not None:
            self._waiting[organization_id] = line  # behind everybody who is here now
        self._call()

    def _forget(self, organization_id: OrganizationId, mine: asyncio.Future[None]) -> None:
        line = self._waiting.get(organization_id, deque())
        if mine in line:
            line.remove(mine)
        if not line:
            self._waiting.pop(organization_id, None)
