"""A short way in for plain calls of tools over HTTP; whatever is not plain goes the SDK's way.

The SDK validates a call and its result four times and runs it in two tasks, which costs more than
most statements. Nothing of the protocol is decided here: the SDK's own classifier and validators
read the request, the SDK made the envelope of the answer, and a request that they do not take, or
that could need more than one plain answer (progress, questions, older protocols), is handed to the
SDK untouched. `tests/mcp_server/test_entry.py` holds both ways side by side.

One thing differs: a call of more than 15 seconds gets its answer as JSON all the same, where the
SDK turns to an event stream.
"""

import asyncio
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import anyio
import orjson
from mcp.server.streamable_http import check_accept_headers
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundModernRoute,
    classify_inbound_request,
)
from mcp_types import (
    CLIENT_CAPABILITIES_META_KEY,
    CLIENT_INFO_META_KEY,
    PROTOCOL_VERSION_META_KEY,
    SERVER_INFO_META_KEY,
    JSONRPCRequest,
    JSONRPCResponse,
)
from mcp_types.methods import serialize_server_result, validate_client_request
from mcp_types.version import LATEST_MODERN_VERSION
from pydantic import ValidationError
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from mcp_server.call import Call, Tool
from mcp_server.tools import SOON, TOOLS, outcome, watch

if TYPE_CHECKING:
    from core.app import Core
    from core.identity import Actor
    from mcp_server.server import TrellisServer

METHOD: Final = "tools/call"
LARGEST = 256 * 1024
"""Bytes of a body that is plain."""
META = frozenset({PROTOCOL_VERSION_META_KEY, CLIENT_INFO_META_KEY, CLIENT_CAPABILITIES_META_KEY})
"""What a plain request says of itself; more would ask for something, such as progress."""
PARAMS = frozenset({"name", "arguments", "_meta"})

_PARAM = MCP_PARAM_HEADER_PREFIX.lower()
_HOLE = "\x00"


class Entry:
    """Answers plain calls; counts them, and those it passed on."""

    def __init__(self, core: "Core", server: "TrellisServer") -> None:
        """Answer for *core* as *server* would."""
        self._core = core
        self._good = _envelope(server, {"structuredContent": {_HOLE: 0}, "isError": False})
        self._bad = _envelope(server, {"isError": True})

    async def take(
        self, scope: Scope, receive: Receive, send: Send, actor: "Actor"
    ) -> Receive | None:
        """Answer a plain call on behalf of *actor*.

        Returns:
            None once it is answered; otherwise what the SDK is to receive from, as if nobody had
            looked.
        """
        headers = _headers(scope)
        if headers is None:
            self._core.tally.count("mcp_call", way="sdk")
            return receive
        message = await receive()
        plain = None
        if message["type"] == "http.request" and not message.get("more_body", False):
            plain = _plain(message.get("body", b""), headers)
        if plain is None:
            self._core.tally.count("mcp_call", way="sdk")
            return _again(message, receive)
        self._core.tally.count("mcp_call", way="short")
        id, tool, arguments = plain
        call = Call(self._core, actor, None, [])
        result = await _unless_gone(call, tool, arguments, receive)
        if result is not None:
            await self._say(send, id, result)
        return None

    async def _say(self, send: Send, id: Any, result: dict[str, Any]) -> None:
        text = _json(result["content"][0]["text"])
        first, second, third, last = self._bad if result["isError"] else self._good
        if result["isError"]:
            body = b"".join((first, _json(id), second, text, third, last))
        else:
            structured = _json(result["structuredContent"])
            body = b"".join((first, _json(id), second, text, third, structured, last))
        headers = [
            (b"content-length", str(len(body)).encode()),
            (b"content-type", b"application/json"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _headers(scope: Scope) -> dict[str, str] | None:
    """Return the headers of what may be a plain call, or None."""
    if scope["method"] != "POST":
        return None
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        if name in headers or name.startswith(_PARAM):
            return None
        headers[name] = value.decode("latin-1")
    length = headers.get("content-length", "")
    plain = (
        headers.get(MCP_PROTOCOL_VERSION_HEADER) == LATEST_MODERN_VERSION
        and headers.get(MCP_METHOD_HEADER) == METHOD
        and headers.get("content-type", "").lower().startswith("application/json")
        and length.isdigit()
        and int(length) <= LARGEST
        and "transfer-encoding" not in headers
        and _accepts(headers.get("accept", ""))
    )
    return headers if plain else None


def _plain(body: bytes, headers: dict[str, str]) -> tuple[Any, Tool, dict[str, Any] | None] | None:
    """Return the id, the tool and the arguments of a plain call, or None."""
    try:
        decoded = json.loads(body)
        request = JSONRPCRequest.model_validate(decoded)
    except (ValueError, RecursionError):
        return None
    if not isinstance(classify_inbound_request(decoded, headers=headers), InboundModernRoute):
        return None
    params = request.params or {}
    meta = params.get("_meta")
    if request.method != METHOD or not params.keys() <= PARAMS or not _is_plain(meta):
        return None
    tool = TOOLS.get(params["name"]) if isinstance(params.get("name"), str) else None
    if tool is None or tool.rich:
        return None
    try:
        validate_client_request(METHOD, LATEST_MODERN_VERSION, params)
    except ValidationError:
        return None
    return request.id, tool, params.get("arguments")


def _is_plain(meta: Any) -> bool:
    """Return whether a request asks for an answer and no more, and can be asked nothing back."""
    if not isinstance(meta, dict) or not meta.keys() <= META:
        return False
    capabilities = meta.get(CLIENT_CAPABILITIES_META_KEY)
    return isinstance(capabilities, dict) and "elicitation" not in capabilities


@lru_cache(256)
def _accepts(accept: str) -> bool:
    headers = [(b"accept", accept.encode("latin-1"))]
    return all(check_accept_headers(Request({"type": "http", "headers": headers})))


async def _unless_gone(
    call: Call, tool: Tool, arguments: dict[str, Any] | None, receive: Receive
) -> dict[str, Any] | None:
    """Return what the tool says; None, and the work is stopped, if its caller hangs up."""
    watching: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    with anyio.CancelScope() as scope:
        soon = loop.call_later(
            SOON, lambda: watching.append(loop.create_task(watch(receive, scope)))
        )
        try:
            return await outcome(call, tool, arguments, structured=True)
        finally:
            soon.cancel()
            for task in watching:
                task.cancel()
    return None


def _again(message: Message, receive: Receive) -> Receive:
    """Return *receive* as it was before *message* was taken from it."""
    waiting = [message]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


def _envelope(server: "TrellisServer", rest: dict[str, Any]) -> tuple[bytes, bytes, bytes, bytes]:
    """Return an answer as the SDK writes it, cut where id, text and structured content go."""
    result = serialize_server_result(
        METHOD,
        LATEST_MODERN_VERSION,
        {"content": [{"type": "text", "text": _HOLE}], "resultType": "complete", **rest},
    )
    result["_meta"] = {SERVER_INFO_META_KEY: server.server_info_stamp}
    body = JSONRPCResponse(jsonrpc="2.0", id=_HOLE, result=result)
    said = json.dumps(
        body.model_dump(mode="json", by_alias=True, exclude_none=True), separators=(",", ":")
    ).encode()
    hole = json.dumps(_HOLE).encode()
    parts = said.replace(b"{" + hole + b":0}", hole).split(hole)
    first, second, third = parts[:3]
    return first, second, third, parts[3] if len(parts) > 3 else b""  # noqa: PLR2004


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Half a surrogate pair, say, or an integer beyond 64 bits: rare, and not wrong.
        return json.dumps(value, separators=(",", ":")).encode()
