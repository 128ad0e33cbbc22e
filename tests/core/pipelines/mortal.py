"""Workers that die: each is forked from a process that has imported everything already.

Every line that is read is one life: the store, the store of jobs, a folder, at which piece of work
the worker kills itself and how many seconds after its beginning, or 0 for one that lives until
every run has ended. How it ended is written as a line.
"""

import asyncio
import os
import signal
import sys
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import structlog

from core.app import build
from core.db import Database
from core.identity import Surface
from core.jobs.runners.durable import Durable
from core.pipelines.tool import Call
from core.secrets import Vault
from tests.core.pipelines.tools import Doing, echo


async def live(store_url: str, jobs_url: str, folder: Path, piece: int, seconds: float) -> None:
    """Work until death, or until every run that was left has ended."""

    begun = count(1)

    async def mark(call: Call, given: dict[str, Any]) -> Any:
        """Leave a file for each piece of work, and a line for each time it was begun."""
        if next(begun) == piece:
            loop = asyncio.get_running_loop()
            loop.call_later(seconds, os.kill, os.getpid(), signal.SIGKILL)
        name = f"{call.run_id}.{call.task_id}.{call.item}"
        with (folder / "begun").open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        await asyncio.sleep(0.01)
        (folder / name).write_text(call.key, "utf-8")
        return given | {"done": name}

    db = Database(store_url)
    core = build(
        db,
        Vault(["a key for tests, and for nothing else"]),
        tools=[Doing("mark", mark), Doing("echo", echo)],
        jobs=partial(Durable, jobs_url, poll=0.05, beat=0.1),
    )
    actor, _founded = await core.identity.settle(Surface.CLI)
    await core.jobs.begin()
    for run_id in (folder / "runs").read_text("utf-8").split():
        await core.pipelines.wait(actor, run_id, 60)
    await core.jobs.close()
    await core.chats.close()
    await core.audit.close()
    await db.close()


def main() -> None:
    """Fork a life for each line."""
    import dbos  # noqa: F401, PLC0415 - imported before the first life

    # What lives tell is the answer to a line; what is logged is not.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        store_url, jobs_url, folder, piece, seconds = line.split()
        child = os.fork()
        if not child:
            try:
                work = live(store_url, jobs_url, Path(folder), int(piece), float(seconds))
                asyncio.run(work)
            finally:
                os._exit(0)
        _pid, status = os.waitpid(child, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else "ended\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
