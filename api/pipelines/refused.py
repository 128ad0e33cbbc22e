"""How the contract of pipelines says no: in words alone, and in FastAPI's own list for what is none

422 is for a body that is no JSON, or has no pipeline; whatever else is wrong with it is a 400.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import uuid4

import orjson
import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from typing_extensions import override

from api.body import NotJson
from api.errors import Refused, problem
from api.pipelines.door import Local

ECHOED = 2_000
"""Bytes of what was sent that a 422 repeats."""
WHOLE = {"pipeline", "plan"}
"""What a body has to hold to be one."""

log = structlog.get_logger()


class Contract(Local):
    """A route whose bad bodies are answered as the contract has it."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except NotJson as refusal:
                return no_json(refusal.detail)
            except Refused as refusal:
                if refusal.status_code != 400:  # noqa: PLR2004
                    raise
                return self.unfit(refusal.detail)
            except RequestValidationError as error:
                found = error.errors()
                if any(_is_whole(each["loc"]) for each in found):
                    return unprocessable([_told(each) for each in found])
                return self.unfit(problem(found[0]))

        return handle

    def unfit(self, said: str) -> Response:
        """Return the answer to a body that has a pipeline, and something wrong beside it."""
        return invalid(said)


class Checked(Contract):
    """The same for a route that looks whether a pipeline is one: that it is not, is an answer."""

    @override
    def unfit(self, said: str) -> Response:
        return checked("", (said,))


def invalid(said: str) -> Response:
    """Return the answer to what cannot run as it is."""
    return no(400, f"Invalid pipeline: {said}")


def checked(valid: str, problems: Sequence[str]) -> Response:
    """Return what looking at a definition found.

    Args:
        valid: what is said where there are no problems.
        problems: what is wrong with it.
    """
    said = {
        "ok": not problems,
        "errors": list(problems) or None,
        "message": "Validation failed" if problems else valid,
    }
    return json(said)


def no(status: int, detail: str) -> Response:
    """Return a no in words."""
    return json({"detail": detail.encode("utf-8", "replace").decode()}, status)


def broken(error: Exception) -> Response:
    """Return the apology for a fault of ours, as the contract begins it; the log has its trace."""
    debug_id = uuid4().hex[:10]
    log.error("a run broke", debug_id=debug_id, exc_info=error)
    return no(500, f"Execution failed: {type(error).__name__}; the log tells more under {debug_id}")


def no_json(said: str) -> Response:
    """Return the answer to a body that is no JSON."""
    place = {"loc": ["body", 0], "input": {}, "ctx": {"error": said}}
    return unprocessable([{"type": "json_invalid", "msg": "JSON decode error", **place}])


def unprocessable(errors: Sequence[dict[str, Any]]) -> Response:
    """Return FastAPI's answer to a body that is none."""
    return json({"detail": list(errors)}, 422)


def json(value: Any, status: int = 200) -> Response:
    """Return what is JSON already, written once."""
    body = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, media_type="application/json")


def _is_whole(place: tuple[Any, ...]) -> bool:
    return len(place) == 1 or (len(place) == 2 and place[1] in WHOLE)  # noqa: PLR2004


def _told(error: dict[str, Any]) -> dict[str, Any]:
    """Return a problem as FastAPI tells it, without repeating a whole body."""
    told = {name: error.get(name) for name in ("type", "loc", "msg", "input")}
    try:
        large = len(orjson.dumps(told["input"])) > ECHOED
    except TypeError:
        large = True
    return told | ({"input": None} if large else {})
