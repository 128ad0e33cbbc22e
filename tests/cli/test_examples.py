"""What we hand out to be copied works as it stands."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.app import ROOMS
from cli.knobs import variable
from config import Settings
from tests.terminal import Home

HOUSE = Path(__file__).parent.parent.parent
EXAMPLES = HOUSE / "examples"


def test_the_scripts_ask_a_running_server(trellis: Home) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    key = trellis("key", "create", "mine", "--json").json["key"]

    with trellis.serving("api") as server:
        environment = trellis.environment({"KEY": key, "TRELLIS_URL": server.url})
        done = [
            subprocess.run(
                words, env=environment, capture_output=True, text=True, check=False, timeout=60
            )
            for words in (
                ["sh", str(EXAMPLES / "ask.sh")],
                [sys.executable, str(EXAMPLES / "ask.py")],
            )
        ]

    shell, python = done
    assert shell.returncode == 0, shell
    assert json.loads(shell.stdout)["rows"] == [[1000]]
    assert python.returncode == 0, python
    assert len(python.stdout.splitlines()) == 13
    assert len(trellis("query", "list", "--json").json) == 10


def test_the_scripts_chat_with_a_running_server(trellis: Home) -> None:
    key = trellis("key", "create", "mine", "--json").json["key"]
    ways = [[sys.executable, str(EXAMPLES / "chat.py")]]
    ways += [["sh", str(EXAMPLES / "chat.sh")]] if shutil.which("curl") else []
    ways += [["node", str(EXAMPLES / "chat.mjs")]] if shutil.which("node") else []

    with trellis.serving("api") as server:
        environment = trellis.environment({"KEY": key, "TRELLIS_URL": server.url})
        done = [
            subprocess.run(
                words, env=environment, capture_output=True, text=True, check=False, timeout=60
            )
            for words in ways
        ]

    for each in done:
        assert each.returncode == 0, each
        assert "revenue" in each.stdout.lower(), each
    assert len(done[0].stdout.splitlines()) >= 13


def test_the_example_of_mcp_is_what_mcp_config_prints(trellis: Home) -> None:
    shown = json.loads((EXAMPLES / "mcp.json").read_text("utf-8"))["mcpServers"]
    stdio = trellis("mcp-config", "claude-desktop").json["mcpServers"]["trellis"]
    http = trellis("mcp-config", "claude-code", "--http").json["mcpServers"]["trellis"]

    assert shown["trellis"].keys() == stdio.keys()
    assert shown["trellis"]["args"] == stdio["args"]
    assert shown["trellis"]["env"].keys() == stdio["env"].keys()
    assert shown["trellis-over-http"] == http


def test_the_example_of_settings_names_every_setting_with_its_default() -> None:
    text = (HOUSE / "config" / "trellis.example.toml").read_text("utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines() if " = " in line]
    values = tomllib.loads("\n".join(lines))
    ours = {
        field: Settings.model_fields[field].default
        for field in Settings.model_fields
        if variable(field).startswith("TRELLIS_")
    }

    assert values.keys() == ours.keys()
    for field, value in values.items():
        usual = ours[field]
        known = usual.get_secret_value() if isinstance(usual, SecretStr) else usual
        assert value == type(value)(known or ""), field
    assert Settings(**values).max_rows == ours["max_rows"]


def test_every_line_of_the_procfile_starts_what_there_is(trellis: Home) -> None:
    trellis("key", "create", "mine")
    lines = (HOUSE / "Procfile").read_text("utf-8").splitlines()
    commands = {line.split(":")[0]: line.split(":", 1)[1].split() for line in lines}

    assert commands.keys() >= {"api", "mcp", "worker"}
    for words in commands.values():
        assert words[0] == "trellis"
        assert words[1] in ROOMS
        if "--port" not in words:
            continue  # it serves no port: see the tests of its own
        before_the_port = words[1 : words.index("--port")]
        with trellis.serving(*before_the_port) as server:
            assert server.url


def test_the_page_of_the_terminal_names_every_command() -> None:
    page = (HOUSE / "docs" / "cli.md").read_text("utf-8")

    for name in ROOMS:
        assert f"trellis {name}" in page, name
