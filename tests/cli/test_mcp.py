"""`trellis mcp` and what is pasted so that clients start it."""

import json
import signal
import subprocess
from typing import Any

import pytest

from tests.terminal import Home, command

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
ASK = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "run_sql", "arguments": {"sql": "SELECT 41 + 1 AS n"}},
}


class Speaker:
    """A client that speaks to `trellis mcp` in lines of JSON."""

    def __init__(self, home: Home, *words: str, **settings: str) -> None:
        self.process = subprocess.Popen(
            [*command(), "mcp", *words],
            cwd=home.elsewhere,
            env=home.environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def say(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        heard: dict[str, Any] = json.loads(self.process.stdout.readline())
        return heard

    def leave(self) -> tuple[int, bytes, bytes]:
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


def test_a_client_is_answered_until_it_leaves(trellis: Home) -> None:
    client = Speaker(trellis)

    client.say(HELLO)
    hello = client.hear()
    client.say(READY)
    client.say(ASK)
    answer = client.hear()
    ended = client.leave()

    assert hello["result"]["serverInfo"]["name"] == "trellis"
    assert answer["id"] == 2
    assert "42" in json.dumps(answer["result"])
    assert ended == (0, b"", b"")


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_client_that_kills_is_obeyed_at_once(
    trellis: Home, sign: signal.Signals, code: int
) -> None:
    client = Speaker(trellis)
    client.say(HELLO)
    client.hear()

    client.process.send_signal(sign)
    client.process.wait(10)
    ended = client.leave()

    assert ended == (code, b"", b"")


def test_wrong_settings_are_said_where_a_client_logs_them(trellis: Home) -> None:
    ended = Speaker(trellis, TRELLIS_MAX_ROWS="lots").leave()

    assert ended[:2] == (1, b"")
    assert ended[2].startswith(b"TRELLIS_MAX_ROWS is 'lots'")


def test_a_wrong_key_is_an_error_that_the_assistant_reads(trellis: Home) -> None:
    client = Speaker(trellis, TRELLIS_API_KEY="tr_abcdefgh_" + "x" * 43)
    client.say(HELLO)
    client.hear()
    client.say(READY)
    client.say(ASK)

    assert "TRELLIS_API_KEY opens nothing" in json.dumps(client.hear())
    client.leave()


@pytest.mark.parametrize(
    ("client", "room"),
    [
        ("claude-desktop", "mcpServers"),
        ("claude-code", "mcpServers"),
        ("cursor", "mcpServers"),
        ("vscode", "servers"),
    ],
)
def test_what_is_pasted_starts_this_very_trellis(trellis: Home, client: str, room: str) -> None:
    secrets = {"TRELLIS_API_KEY": "tr_hunter2", "TRELLIS_STORE_URL": "postgresql://u:hunter2@h/d"}

    printed = trellis("mcp-config", client, **secrets)
    entry = printed.json[room]["trellis"]
    with_secrets = trellis("mcp-config", client, "--secrets", **secrets).json[room]["trellis"]

    assert entry["command"] == command()[0]
    assert entry["args"] == ["mcp"]
    assert entry["env"] == {"TRELLIS_HOME": str(trellis.folder)}
    assert entry.get("type", "stdio") == "stdio"
    assert "TRELLIS_API_KEY" in printed.err
    assert "hunter2" not in printed.err
    assert with_secrets["env"] == entry["env"] | secrets


def test_what_is_pasted_reaches_a_running_server(trellis: Home) -> None:
    url = {"TRELLIS_PUBLIC_URL": "https://trellis.example/"}
    code = trellis("mcp-config", "claude-code", "--http", **url).json["mcpServers"]["trellis"]
    cursor = trellis("mcp-config", "cursor", "--http").json["mcpServers"]["trellis"]
    vscode = trellis("mcp-config", "vscode", "--http").json
    desktop = trellis("mcp-config", "claude-desktop", "--http")

    assert code == {
        "type": "http",
        "url": "https://trellis.example/mcp",
        "headers": {"Authorization": "Bearer ${TRELLIS_API_KEY}"},
    }
    assert cursor["url"] == "http://127.0.0.1:8000/mcp"
    assert vscode["inputs"][0]["password"] is True
    assert vscode["inputs"][0]["id"] in vscode["servers"]["trellis"]["headers"]["Authorization"]
    assert (desktop.code, desktop.out) == (1, "")
    assert "http://127.0.0.1:8000/mcp" in desktop.err
