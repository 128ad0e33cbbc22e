"""A worker in a process of its own that posts into a file; it may be told to hang once it did."""

import asyncio
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

from anyio import to_thread
from typing_extensions import override

from core.app import build
from core.db import Database
from core.identity import Audience, Surface
from core.jobs import Tick
from core.jobs.runners.durable import Durable
from core.notices import Notice, Poster, Posting
from core.secrets import Vault

KEY = "a key for tests, and for nothing else"


class Timeless(Durable):
    """Has no schedule of its own: the test says when something is due."""

    @override
    def each(self, name: str, cron: str, tick: Tick) -> None:
        pass


class Wall(Poster):
    """Writes a line for each posting into a file that several processes share."""

    def __init__(self, file: Path, *, hangs: bool = False) -> None:
        self._file = file
        self._hangs = hangs

    @property
    def lines(self) -> list[str]:
        return self._file.read_text("utf-8").splitlines() if self._file.exists() else []

    @override
    async def audience(self, notice: Notice) -> Audience:
        return Audience.PUBLIC

    @override
    async def post(self, notice: Notice, posting: Posting) -> None:
        assert posting.refusal is None, posting.refusal
        await to_thread.run_sync(self._write, posting.id)
        if self._hangs:
            sys.stdout.write("posted\n")
            sys.stdout.flush()
            await asyncio.Event().wait()

    @override
    async def posted(self, notice: Notice, posting_id: str) -> bool:
        return posting_id in self.lines

    def _write(self, line: str) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


async def main(store_url: str, jobs_url: str, file: str, at: str, hangs: str) -> None:
    db = Database(store_url)
    core = build(
        db,
        Vault([KEY]),
        jobs=partial(Timeless, jobs_url, poll=0.05, beat=0.1),
        clock=partial(datetime.fromisoformat, at),
    )
    core.notices.posts(Surface.SLACK, Wall(Path(file), hangs=hangs == "hangs"))
    await core.jobs.begin()
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
