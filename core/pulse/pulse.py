"""The sign of life that this process gives while it works on something."""

import asyncio

from core import process
from core.db import Database
from core.ids import new_id
from core.pulse.runners import Runners

ALIVE = 10.0
"""Seconds after its last sign of life that a process counts as dead."""


class Pulse:
    """Says that this process lives, whoever in it asks for that, and no more often than needed."""

    def __init__(self, db: Database) -> None:
        """Say it in *db*; nothing is said before there is something to work on."""
        self._db = db
        self.runner = new_id()
        """The name under which this process works."""
        self._process = process.this()
        self._signing = asyncio.Lock()
        self._live_until = 0.0

    async def alive(self) -> None:
        """Say that this process lives, before it takes something up and while it works on it."""
        loop = asyncio.get_running_loop()
        async with self._signing:
            at = loop.time()
            if at > self._live_until - ALIVE / 2:
                async with self._db.transaction() as tx:
                    await Runners(tx).live(self.runner, self._process, ALIVE)
                self._live_until = at + ALIVE

    async def end(self) -> None:
        """Say that this process works on nothing more; what it left, others may take at once."""
        if self._live_until:
            async with self._db.transaction() as tx:
                await Runners(tx).remove(self.runner)
            self._live_until = 0.0
