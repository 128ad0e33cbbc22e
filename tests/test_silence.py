"""Nothing phones home, and nothing listens beyond this machine unless it is told to."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent

WITNESS = """
import sys

def witness(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"):
        where = arguments[1] if event != "socket.getaddrinfo" else arguments[:2]
        with open({log!r}, "a") as log:
            log.write(event + "\\t" + repr(where) + "\\n")
    if event in ("urllib.Request", "http.client.connect"):
        with open({log!r}, "a") as log:
            log.write(event + "\\t" + repr(arguments[:2]) + "\\n")

sys.addaudithook(witness)
sys.argv = ["trellis", *{words!r}]
from cli.app import main
main()
"""
LOCAL = ("127.0.0.1", "::1", "localhost", "''", "b''", "None")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home that does not exist; whoever comes first makes it, and is watched as well."""
    return tmp_path_factory.mktemp("silence") / "home"


def watched(
    home: Path, tmp_path: Path, *words: str, said: str | None = None
) -> tuple[int, list[str]]:
    """Run a command and return its exit code and every address it touched."""
    log = tmp_path / "witness.log"
    done = subprocess.run(
        [sys.executable, "-c", WITNESS.format(log=str(log), words=list(words))],
        cwd=HOUSE,
        env={"PATH": os.environ["PATH"], "TRELLIS_HOME": str(home)},
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, log.read_text("utf-8").splitlines() if log.exists() else []


@pytest.mark.parametrize(
    "words",
    [("query", "list"), ("sql", "SELECT count(*) FROM orders"), ("doctor",), ("mcp-config",)],
)
def test_a_command_on_the_sample_touches_no_network(
    home: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, touched = watched(home, tmp_path, *words)

    assert code in {0, 1}
    assert [line for line in touched if not any(each in line for each in LOCAL)] == []


def test_an_assistant_on_stdio_touches_no_network(home: Path, tmp_path: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        },
    }
    ask = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "run_sql", "arguments": {"sql": "SELECT 1 AS one"}},
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    said = "".join(json.dumps(each) + "\n" for each in (hello, ready, ask))

    code, touched = watched(home, tmp_path, "mcp", said=said)

    assert code == 0
    assert touched == []


def test_a_server_binds_loopback_unless_it_is_told_otherwise(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "witness.log"
    server = subprocess.Popen(
        [
            sys.executable,
            "-u",
            "-c",
            WITNESS.format(log=str(log), words=["up", "--port", "0"]),
        ],
        cwd=HOUSE,
        env={"PATH": os.environ["PATH"], "TRELLIS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        assert "http://127.0.0.1:" in server.stdout.readline()
    finally:
        server.terminate()
        server.communicate(timeout=30)

    touched = log.read_text("utf-8").splitlines()
    binds = [line for line in touched if line.startswith("socket.bind")]
    assert binds
    assert all("127.0.0.1" in line for line in binds)
    assert [line for line in touched if not any(each in line for each in LOCAL)] == []
