"""Servers that a benchmark starts, waits for, weighs, and ends again by their own id."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from json import dumps
from pathlib import Path
from typing import NamedTuple

from benchmarks.calls import headers, listing

ROOT = Path(__file__).parent.parent
PATIENCE = 30.0
"""Seconds that a server may take to start."""
PAUSE = 0.002


class Absent(Exception):
    """Something that a figure needs is not on this machine; the message says what."""


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a child: bytecode may be kept, and no setting of ours leaks in."""
    mine = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in mine and not name.startswith("TRELLIS_")
    }
    return kept | more


def trellis(*words: str) -> list[str]:
    """Return the command line of our own `trellis`."""
    return [str(Path(sys.executable).with_name("trellis")), *words]


def bare(*words: str) -> list[str]:
    """Return the command line of the yardstick."""
    return [sys.executable, "-m", "benchmarks.bare", *words]


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def memory(pid: int) -> float:
    """Return the megabytes that a process holds now; its largest moment may have been more.

    Raises:
        Absent: this system does not tell, or the process has ended.
    """
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        raise Absent("memory is read from /proc, which this system has not")
    for each in status.read_text(encoding="ascii", errors="replace").splitlines():
        if each.startswith("VmRSS:"):
            return int(each.split()[1]) / 1024
    raise Absent("the process has ended")


def worked(pid: int) -> float:
    """Return the seconds of processor time of a process so far.

    Raises:
        Absent: this system does not tell, or the process has ended.
    """
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        raise Absent("processor time is read from /proc, which this system has not")
    fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Serving(NamedTuple):
    """A server that answers."""

    process: subprocess.Popen[bytes]
    port: int
    key: str | None
    start: float
    """Seconds from its first instruction to its first list of tools."""
    listed: bytes
    """That list."""

    @property
    def memory(self) -> float:
        """Megabytes that it holds now; its largest moment may have been more."""
        return memory(self.process.pid)

    @property
    def worked(self) -> float:
        """Seconds of processor time so far."""
        return worked(self.process.pid)


@contextmanager
def serving(
    command: Sequence[str], port: int, *, env: Mapping[str, str], key: str | None = None
) -> Iterator[Serving]:
    """Start a server, lend it once it lists its tools, and end it.

    Raises:
        Absent: it ended, or did not answer in time; with the end of what it said.
    """
    began = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            listed = None
            while listed is None:
                late = time.perf_counter() - began > PATIENCE
                if late or process.poll() is not None:
                    log.seek(0)
                    said = log.read().decode(errors="replace").strip()[-500:]
                    raise Absent(f"{command[0]} did not start: {said}")
                time.sleep(PAUSE)
                listed = ask(port, listing(meta=True), key)
            yield Serving(process, port, key, time.perf_counter() - began, listed)
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process that we started to end, and insist after a while."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def ask(port: int, message: Mapping[str, object], key: str | None = None) -> bytes | None:
    """Return the body of one answer; None if nobody listens, or it is not an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        with suppress(OSError, HTTPException):
            connection.request("POST", "/mcp", dumps(message), headers(message, key))
            answer = connection.getresponse()
            said = answer.read()
            return said if answer.status == 200 else None
    finally:
        connection.close()
    return None
