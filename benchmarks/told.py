"""Processes of our own that do what they are told: a line of JSON in, a line of JSON out.

What is measured and what stands for a platform run apart from each other, so that neither takes
the other's processor time.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Timer
from typing import Any

from benchmarks.processes import ROOT, Absent, end, memory

PATIENCE = 300.0
"""Seconds that one thing may take."""
Act = Callable[..., Awaitable[Any]]
"""Does one thing that it is told, and returns what came of it, as JSON has it."""


class Told:
    """A process that was started, and does one thing after the other."""

    def __init__(self, process: subprocess.Popen[bytes], log: Any) -> None:
        self.process = process
        self._log = log

    def __call__(self, act: str, **given: Any) -> Any:
        """Return what comes of an *act*.

        Raises:
            Absent: it could not be done, took too long, or the process has ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        late = Timer(PATIENCE, self.process.kill)
        late.start()
        try:
            self.process.stdin.write(json.dumps([act, given]).encode() + b"\n")
            self.process.stdin.flush()
            said = self.process.stdout.readline()
        except BrokenPipeError:
            said = b""
        finally:
            late.cancel()
        if not said:
            raise Absent(f"{act}: the process ended: {self.last_words()}")
        done, found = json.loads(said)
        if not done:
            raise Absent(f"{act}: {found}")
        return found

    def last_words(self) -> str:
        """Return the end of what it has logged."""
        self._log.seek(0)
        return str(self._log.read().decode(errors="replace").strip()[-500:])

    @property
    def memory(self) -> float:
        """Megabytes that it holds now."""
        return memory(self.process.pid)


@contextmanager
def telling(module: str, *words: str, env: Mapping[str, str]) -> Iterator[Told]:
    """Start `python -m module words…`, lend it once it is ready, and end it.

    Raises:
        Absent: it did not become ready.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            told = Told(process, log)
            told("ready")
            yield told
        finally:
            end(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


async def obey(acts: Mapping[str, Act]) -> None:
    """Do what is told on the standard input, until that ends."""
    loop = asyncio.get_running_loop()
    # Whatever else this process says must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    reader = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        act, given = json.loads(line)
        try:
            answer = [True, None if act == "ready" else await acts[act](**given)]
        except Exception as error:  # noqa: BLE001 - the edge: whoever tells is told what is wrong
            answer = [False, f"{type(error).__name__}: {error}"[:500]]
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
    answers.close()
