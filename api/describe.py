"""The description of the API: OpenAPI 3.1 for programs, a plain page for people."""

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.docs import POLICY, page
from api.wire import NULL

ABOUT = """\
Ask your databases: saved queries, safely run.

Send `Authorization: Bearer …` with everything but `POST /v1/authenticate`, `/health` and `/ready`:
a token from `POST /v1/authenticate`, or an API key itself.

Errors are `{"detail", "code"}`: in words, and by a name that does not change. Times are UTC.
Send `X-Correlation-ID` to find a request again in the log and the audit trail.
"""
TAGS = [
    {"name": "authenticate", "description": "From an API key to a token."},
    {"name": "chats", "description": "Questions in plain words, and their answers as they come."},
    {"name": "queries", "description": "Saved queries, and their answers."},
    {"name": "integrations", "description": "The databases that may be asked."},
    {"name": "projects", "description": "What questions are grouped under."},
    {"name": "pipelines", "description": "Graphs of tasks: checked, run, saved, scheduled."},
    {"name": "notices", "description": "Saved queries posted again and again; our own."},
    {"name": "links", "description": "Who people of Slack and Discord are; our own."},
    {"name": "voice", "description": "Rooms to talk in, where LiveKit is configured."},
    {"name": "models", "description": "The language models that may be asked."},
    {"name": "operation", "description": "For those who run the server."},
]
TEXT = r"^(?![\s\S]*\x00)"
WORDS = r"^(?!\s*$)(?![\s\S]*\x00)"
"""What every text of a body is held to, besides its length: no NUL, and not blanks alone where
something has to be said. As look-aheads: whoever generates texts by `[^\x00]*` and a length of
40,000 compiles that many states, again and again."""
HOST = re.compile(r"[A-Za-z0-9.:_-]+|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
ELSEWHERE = "http://127.0.0.1:8000"
"""Where we usually are, for those who do not say where they found us."""
NEVER = ("HTTPValidationError", "ValidationError")
"""What FastAPI describes of its own 422, which we never answer."""


def describe(app: FastAPI) -> None:
    """Let *app* describe itself at /openapi.json and at /docs, without a script from anywhere."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    setattr(app, "openapi", openapi)

    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(
            page(openapi(), _here(request)), headers={"content-security-policy": POLICY}
        )

    app.add_route("/docs", docs, include_in_schema=False)


def _here(request: Request) -> str:
    """Return where the reader reached us; what no host is called could be a command in a shell."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if HOST.fullmatch(host) else ELSEWHERE


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, description=ABOUT, routes=app.routes, tags=TAGS
    )
    for path in schema["paths"].values():
        for operation in path.values():
            said = operation["responses"].get("422")
            if said is not None and any(name in str(said) for name in NEVER):
                operation["responses"].pop("422")
    schemas = schema.get("components", {}).get("schemas", {})
    for name in NEVER:
        schemas.pop(name, None)
    for path in schema["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                _hold(schemas, content["schema"], set())
    described: dict[str, Any] = _with_nulls(schema)
    return described


def _with_nulls(node: Any) -> Any:
    """Return the description with null in its examples where we said so."""
    match node:
        case dict():
            return {name: _with_nulls(each) for name, each in node.items()}
        case list():
            return [_with_nulls(each) for each in node]
    return None if node == NULL else node


def _hold(schemas: dict[str, Any], node: Any, seen: set[str]) -> None:
    """Say of each text in a body's schema what we hold it to."""
    if isinstance(node, list):
        for each in node:
            _hold(schemas, each, seen)
    if not isinstance(node, dict):
        return
    if node.get("type") == "string" and not {"pattern", "enum", "const"} & node.keys():
        node["pattern"] = WORDS if node.get("minLength") else TEXT
    name = str(node.get("$ref", "")).rpartition("/")[2]
    if name and name not in seen:
        seen.add(name)
        _hold(schemas, schemas[name], seen)
    for key in ("anyOf", "items", "additionalProperties"):
        _hold(schemas, node.get(key), seen)
    for each in node.get("properties", {}).values():
        _hold(schemas, each, seen)
