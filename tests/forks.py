"""Commands in processes that are forked from one which has imported the product already.

The import is most of what a command costs. The first ones of the suite, which are typed, prove it.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO


class Fork:
    """A running command, which is used as a `subprocess.Popen` is."""

    stdin: IO[bytes] | None = None

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
    ) -> None:
        """Begin `trellis` with these *words* in a *folder*.

        Args:
            stdin: what is open for reading, `subprocess.PIPE` or `subprocess.DEVNULL`.
            stdout: what is open for writing, or `subprocess.PIPE`.
            stderr: the same.
        """
        theirs: list[int] = []
        ours: list[IO[bytes] | None] = []
        for number, given in enumerate((stdin, stdout, stderr)):
            if given == subprocess.PIPE:
                ends = os.pipe()
                mine, its = ends if number else reversed(ends)
                ours.append(os.fdopen(mine, "rb" if number else "wb"))
            else:
                its = (
                    os.open(os.devnull, os.O_RDONLY)
                    if given == subprocess.DEVNULL
                    else os.dup(given)
                )
                ours.append(None)
            theirs.append(its)
        self.stdin, self.stdout, self.stderr = ours
        # What is sent to another process as a connection is its descriptor.
        sent = [Connection(each) for each in theirs]
        self._process = _forks().Process(
            target=_become, args=(list(words), dict(environment), str(folder), sent)
        )
        self._process.start()
        for each in sent:
            each.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended: what it returned, or the negative number of a signal."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended.

        Raises:
            subprocess.TimeoutExpired: it has not, after so many seconds.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("trellis", timeout or 0)
        return self.returncode

    def send_signal(self, sign: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sign)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Wait for its end; return all that it has written."""
        if self.stdin is not None:
            with suppress(BrokenPipeError):
                self.stdin.close()
        with ThreadPoolExecutor(2) as readers:
            said = [readers.submit(_drained, each) for each in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()  # or nobody would read to an end
                raise
            out, err = (each.result() for each in said)
        return out, err


def _drained(stream: IO[bytes] | None) -> bytes:
    if stream is None:
        return b""
    with stream:
        return stream.read()


def _forks() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.terminal_room"])
    return context


def _become(
    words: list[str], environment: dict[str, str], folder: str, streams: list[Connection]
) -> None:
    """Be the command."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, buffering, encoding="utf-8", closefd=False)  # noqa: SIM115
        for number, mode, buffering in (
            (0, "r", -1),
            (1, "w", 1 if os.isatty(1) else -1),
            (2, "w", 1),
        )
    )
    warnings.simplefilter("error")
    sys.argv = ["trellis", *words]
    from cli.app import main  # noqa: PLC0415 - as the executable does

    main()
