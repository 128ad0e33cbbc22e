"""The `trellis` command as a person types it: in a process of its own, on a home of its own."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.forks import Fork

Process = subprocess.Popen[bytes] | Fork
HOUSE = Path(__file__).parent.parent
PATIENCE = 120
"""Seconds that the slowest machine may take for one command."""
KEPT = ("PATH", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, which is JSON."""
        assert self.code == 0, self
        return json.loads(self.out)


class Home:
    """A folder that Trellis lives in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, stdin: str = "", **settings: str) -> Done:
        """Run one command to its end, in a fork."""
        with tempfile.TemporaryFile() as typed:
            typed.write(stdin.encode())
            typed.seek(0)
            process = Fork(words, self.environment(settings), self.elsewhere, stdin=typed.fileno())
            out, err = process.communicate(PATIENCE)
        return Done(process.wait(), out.decode(), err.decode())

    def typed(self, *words: str, **settings: str) -> Done:
        """Run one command to its end, from the executable on."""
        done = subprocess.run(
            [*command(), *words],
            cwd=self.elsewhere,
            env=self.environment(settings),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *words: str, **settings: str) -> Fork:
        """Start one command in a fork, and leave its end to the caller."""
        return Fork(words, self.environment(settings), self.elsewhere)

    def launch(self, *words: str, **settings: str) -> "subprocess.Popen[bytes]":
        """Start one command, from the executable on, and leave its end to the caller."""
        return subprocess.Popen(
            [*command(), *words],
            cwd=self.elsewhere,
            env=self.environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @property
    def elsewhere(self) -> Path:
        """A folder with no settings in it, from which the command is called."""
        folder = next(each for each in self.folder.parents if each.is_dir()) / "elsewhere"
        folder.mkdir(exist_ok=True)
        return folder

    def environment(self, settings: dict[str, str]) -> dict[str, str]:
        """Return what the command finds: nothing of this machine's own settings."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        mine = {"TRELLIS_HOME": str(self.folder), "PYTHONWARNINGS": "error", "COLUMNS": "100"}
        return kept | mine | settings

    def copy(self, folder: Path) -> "Home":
        """Return the same home in another folder."""
        shutil.copytree(self.folder, folder)
        return Home(folder)

    @contextmanager
    def serving(self, *words: str, **settings: str) -> Iterator["Server"]:
        """Start a server on a free port in a fork, and end it as a supervisor would."""
        with _ending(self.start(*(words or ("up",)), "--port", "0", **settings)) as server:
            yield server

    @contextmanager
    def launching(self, *words: str, **settings: str) -> Iterator["Server"]:
        """Do so from the executable on."""
        with _ending(self.launch(*(words or ("up",)), "--port", "0", **settings)) as server:
            yield server


@contextmanager
def _ending(process: Process) -> Iterator["Server"]:
    server = Server(process)
    try:
        server.wait_until_it_listens()
        yield server
    finally:
        server.end()


class Server:
    """A running `trellis up`, and what it has said."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.said: list[str] = []
        self.logged: list[str] = []
        self.code: int | None = None
        self.last = "Off: Discord"
        """What begins the last line of what it says when it listens."""
        self._lines: queue.Queue[str] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=(process.stdout, True), daemon=True),
            threading.Thread(target=self._read, args=(process.stderr, False), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        first = next(line for line in self.said if line.startswith("Trellis is at "))
        return first.split()[3]

    @property
    def key(self) -> str | None:
        """The first API key, if this is the first start."""
        found = [line.split()[-1] for line in self.said if line.strip().startswith("API key")]
        return found[0] if found else None

    def wait_until_it_listens(self) -> None:
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"it does not listen: {self.said} {self.logged}") from None
            if line.startswith(self.last):
                return
            assert line != "", f"it ended: {self.said} {self.logged}"

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to end; return its exit code."""
        if self.code is None:
            self.process.send_signal(sign)
            try:
                self.code = self.process.wait(30)
            finally:
                self.process.kill()
            for reader in self._readers:
                reader.join(10)
        return self.code

    def _read(self, stream: Any, aloud: bool) -> None:
        with stream:
            for line in stream:
                text = line.decode().rstrip("\n")
                (self.said if aloud else self.logged).append(text)
                if aloud and text:
                    self._lines.put(text)
        if aloud:
            self._lines.put("")


def command() -> list[str]:
    """Return the words that a person would type as `trellis`."""
    return [str(Path(sys.executable).with_name("trellis"))]
