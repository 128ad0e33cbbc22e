"""What a client of MCP says, the same to every server."""

import json
from collections.abc import Mapping
from typing import Any

MODERN = "2026-07-28"
ME = {"name": "bench", "version": "1"}
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": ME,
    "io.modelcontextprotocol/clientCapabilities": {},
}
HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": ME},
}
"""How a conversation over stdio begins, in the protocol that every server here speaks."""
READY: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def line(message: Mapping[str, Any]) -> bytes:
    """Return *message* as it travels over stdio."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def listing(id: int = 1, *, meta: bool = False) -> dict[str, Any]:
    """Return the question which tools there are; with *meta* in the protocol of 2026."""
    params: dict[str, Any] = {"_meta": META} if meta else {}
    return {"jsonrpc": "2.0", "id": id, "method": "tools/list", "params": params}


def call(
    tool: str, arguments: Mapping[str, Any], id: int = 1, *, meta: bool = False
) -> dict[str, Any]:
    """Return a call of *tool*; with *meta* in the protocol of 2026, which needs no handshake."""
    params: dict[str, Any] = {"name": tool, "arguments": dict(arguments)}
    if meta:
        params["_meta"] = META
    return {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}


def headers(message: Mapping[str, Any], key: str | None = None) -> dict[str, str]:
    """Return what stands above *message* over HTTP, in the protocol of 2026."""
    said = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN,
        "mcp-method": str(message["method"]),
    }
    if message["method"] == "tools/call":
        said["mcp-name"] = str(message["params"]["name"])
    if key is not None:
        said["authorization"] = f"Bearer {key}"
    return said


def request(message: Mapping[str, Any], port: int, key: str | None = None) -> bytes:
    """Return *message* as one request of a connection that is kept."""
    body = json.dumps(message, separators=(",", ":")).encode()
    lines = [
        "POST /mcp HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        *(f"{name}: {value}" for name, value in headers(message, key).items()),
        f"content-length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
