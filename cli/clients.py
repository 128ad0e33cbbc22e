"""What each MCP client wants pasted into its configuration."""

import json
import os
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

from config import Settings


class Client(StrEnum):
    """A program that speaks MCP."""

    CLAUDE_DESKTOP = "claude-desktop"
    CLAUDE_CODE = "claude-code"
    CURSOR = "cursor"
    VSCODE = "vscode"


PLACES = {
    Client.CLAUDE_DESKTOP: "Settings > Developer > Edit Config (claude_desktop_config.json)",
    Client.CLAUDE_CODE: ".mcp.json in the project",
    Client.CURSOR: "~/.cursor/mcp.json",
    Client.VSCODE: ".vscode/mcp.json in the workspace",
}
"""Where it is pasted."""

PROMPTED = "trellis-key"
"""The name under which VS Code asks for the key and keeps it."""


def stdio(client: Client, settings: Settings, extra: dict[str, str] | None = None) -> Any:
    """Return the configuration that starts `trellis mcp`.

    Args:
        extra: environment variables besides TRELLIS_HOME.
    """
    command, *words = executable()
    entry: dict[str, Any] = {
        "command": command,
        "args": [*words, "mcp"],
        "env": {"TRELLIS_HOME": str(settings.home)} | (extra or {}),
    }
    if client in {Client.VSCODE, Client.CLAUDE_CODE}:
        entry = {"type": "stdio"} | entry
    return {_room(client): {"trellis": entry}}


def http(client: Client, settings: Settings, key: str | None = None) -> Any:
    """Return the configuration that reaches a running server.

    Args:
        key: an API key to write into it; without one, the client takes it from where it keeps
            such things.
    """
    kept = {
        Client.CLAUDE_CODE: "${TRELLIS_API_KEY}",
        Client.CURSOR: "${env:TRELLIS_API_KEY}",
        Client.VSCODE: f"${{input:{PROMPTED}}}",
    }
    entry: dict[str, Any] = {
        "url": f"{settings.api_url}/mcp",
        "headers": {"Authorization": f"Bearer {key or kept[client]}"},
    }
    if client in {Client.VSCODE, Client.CLAUDE_CODE}:
        entry = {"type": "http"} | entry
    written: dict[str, Any] = {_room(client): {"trellis": entry}}
    if client is Client.VSCODE and key is None:
        asked = {"type": "promptString", "id": PROMPTED, "description": "Trellis API key"}
        written["inputs"] = [asked | {"password": True}]
    return written


def pasted(configuration: Any) -> str:
    """Return a configuration as it is pasted."""
    return json.dumps(configuration, indent=2, ensure_ascii=False)


def executable() -> list[str]:
    """Return the words that start this very program from any folder."""
    beside = Path(sys.executable).with_name("trellis.exe" if os.name == "nt" else "trellis")
    if beside.exists():
        return [str(beside)]
    found = shutil.which("trellis")
    return [found] if found else [sys.executable, "-m", "cli"]


def _room(client: Client) -> str:
    return "servers" if client is Client.VSCODE else "mcpServers"
