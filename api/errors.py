"""How a refusal looks in HTTP: its kind is the status, its message the `detail`."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Router
from starlette.types import Scope

from core.chats import meaning_of
from core.errors import (
    Conflict,
    CoreError,
    Denied,
    Invalid,
    Limited,
    NotFound,
    Unauthenticated,
    Unavailable,
    kind,
)
from core.models import ModelNotConfigured

STATUS: dict[type[CoreError], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    Limited: 429,
    Unavailable: 503,
}
INSTEAD: dict[type[CoreError], int] = {ModelNotConfigured: 400}
"""Where the contract answers otherwise than the kind: what no setting turns on is a 400."""
CAPITALS = ("/v1/chats", "/v1/voice")
"""Where codes are written as the contract writes them: OPEN_CHAT_CAP, MODEL_NOT_FOUND."""
RETRY = 5
"""Seconds after which to come back, where nobody knows better."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SHOWN = 200
"""Characters of a caller's own text that are repeated to them."""
MANY = frozenset({"List", "Set", "Tuple"})
"""What the validator calls several of something; nobody who sends JSON has a tuple."""

log = structlog.get_logger()


class TooOften(Limited):
    """Too many requests; wait a moment."""

    def __init__(self, message: str = "", *, seconds: int = RETRY) -> None:
        """Say after how many *seconds* the next request will be let through."""
        super().__init__(message)
        self.seconds = seconds


class Refused(HTTPException):
    """A no that HTTP itself says, before anybody asked the core."""

    def __init__(
        self, status: int, detail: str, code: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer with *status*, in words and in a machine's word."""
        super().__init__(status, detail, headers)
        self.code = code


def answer(app: FastAPI) -> None:
    """Teach *app* to say no in our own words."""

    @app.exception_handler(CoreError)
    async def refused(request: Request, refusal: CoreError) -> Response:
        code = coded(refusal) if _in_capitals(request.scope) else refusal.code
        return said(status_of(refusal), refusal.message, code, _headers(request, refusal))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return said(400, problem(error.errors()[0]), lettered(request.scope, "invalid"))

    @app.exception_handler(HTTPException)
    async def unserved(request: Request, error: HTTPException) -> Response:
        if isinstance(error, Refused):
            code = lettered(request.scope, error.code)
            return said(error.status_code, error.detail, code, error.headers)
        path = request.url.path[:SHOWN]
        if error.status_code == 404:  # noqa: PLR2004
            code = lettered(request.scope, "not_found")
            return said(404, f"There is nothing at {path}; see /docs.", code)
        if error.status_code == 405:  # noqa: PLR2004
            allowed = ", ".join(_allowed(request))
            words = f"{path} does not take {request.method[:SHOWN]}, but {allowed}."
            code = lettered(request.scope, "method_not_allowed")
            return said(405, words, code, {"allow": allowed})
        code = lettered(request.scope, "refused")
        return said(error.status_code, str(error.detail), code, error.headers)


def status_of(refusal: CoreError) -> int:
    """Return the status that a refusal is answered with."""
    for each, status in INSTEAD.items():
        if isinstance(refusal, each):
            return status
    return STATUS[kind(refusal)]


def coded(refusal: CoreError) -> str:
    """Return the contract's code of a refusal; one that it does not name has its own, in capitals.

    `ConnectionNotFound` is INTEGRATION_NOT_FOUND, `OpenChatCap` is OPEN_CHAT_CAP.
    """
    code = meaning_of(refusal).code
    return refusal.code.upper() if code == "INTERNAL" else code


def lettered(scope: Scope, code: str) -> str:
    """Return a code in the letters of the route that was asked."""
    return code.upper() if _in_capitals(scope) else code


def _in_capitals(scope: Scope) -> bool:
    return str(scope["path"]).startswith(CAPITALS)


def broken(error: Exception, scope: Scope) -> Response:
    """Return the apology for a fault of ours; its trace goes to the log, under the debug id."""
    debug_id = uuid4().hex[:10]
    log.error("request failed", debug_id=debug_id, exc_info=error)
    words = f"Something broke on our side; the log tells more under {debug_id}."
    return said(500, words, lettered(scope, "internal"), debug_id=debug_id)


def said(
    status: int,
    detail: str,
    code: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Return a no as JSON."""
    # What a caller wrote may come back in the words; a half of a character would break them.
    detail = detail.encode("utf-8", "replace").decode()
    body = orjson.dumps({"detail": detail, "code": code} | more)
    return Response(body, status, headers, "application/json")


def _headers(request: Request, refusal: CoreError) -> dict[str, str]:
    if isinstance(refusal, Limited):
        seconds = refusal.seconds if isinstance(refusal, TooOften) else RETRY
        return {"retry-after": str(seconds)}
    if isinstance(refusal, Unavailable) and getattr(refusal, "retryable", True):
        return {"retry-after": str(RETRY)}
    if isinstance(refusal, Unauthenticated):
        given = "authorization" in request.headers
        return {
            "www-authenticate": 'Bearer realm="trellis"'
            + (', error="invalid_token"' if given else "")
        }
    return {}


def problem(first: Mapping[str, Any], *, skip: int = 1) -> str:
    """Return a problem that pydantic found, beginning with the field that has it.

    Args:
        first: the problem.
        skip: how many parts of its place stand before the field.
    """
    field = ".".join(str(part) for part in first["loc"][skip:])[:SHOWN] or "body"
    match first["type"]:
        case "extra_forbidden":
            return f"{field}: Unknown field"
        case "missing" if field == "body":
            return "body: A JSON object is required"
        case "model_attributes_type" | "model_type" | "dict_type":
            return f"{field}: A JSON object is required"
        case "too_short" | "too_long" if first.get("ctx", {}).get("field_type") in MANY:
            bounds = first["ctx"]
            if first["type"] == "too_long":
                return f"{field}: Name {bounds['max_length']} at most"
            least = bounds["min_length"]
            return f"{field}: Name at least {'one' if least == 1 else least}"
    return f"{field}: {first['msg']}"


def _allowed(request: Request) -> list[str]:
    """Return every method that the path takes; one route knows only its own."""
    router: Router = request.app.router
    probe = dict(request.scope)
    # Where a path is written out, the templates that fit it as well are not what it is for.
    named = [each for each in iter_route_contexts(router.routes) if each.path == probe["path"]]
    if named:
        return [
            method for method in METHODS if any(method in (each.methods or ()) for each in named)
        ]
    found = []
    for method in METHODS:
        probe["method"] = method
        if any(route.matches(dict(probe))[0] is Match.FULL for route in router.routes):
            found.append(method)
    return found
