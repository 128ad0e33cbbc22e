"""A worker in a process of its own, to be killed: it says `begun`, and never comes to an end."""

import asyncio
import sys
from pathlib import Path

from pydantic import JsonValue

from core.db import Database
from core.jobs import Job, Steps
from core.jobs.runners.durable import Durable
from core.pulse import Pulse


async def main(store_url: str, jobs_url: str, file: str) -> None:
    async def first() -> None:
        Path(file).write_text("first\n", "utf-8")  # a second time would be another process's

    async def second() -> None:
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        await asyncio.Event().wait()

    async def work(_job: Job, steps: Steps) -> JsonValue:
        await steps.run("first", first)
        await steps.run("second", second)
        return None

    db = Database(store_url)
    jobs = Durable(jobs_url, db, Pulse(db), poll=0.05, beat=0.1)
    jobs.offer("long", work)
    await jobs.begin()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
