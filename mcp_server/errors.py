"""How a refusal sounds to an assistant, so that it can try again."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from mcp import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST
from pydantic import ValidationError

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
from mcp_server.shapes import COMPLETE

CODE: dict[type[CoreError], int] = {
    Invalid: INVALID_PARAMS,
    Unauthenticated: INVALID_REQUEST,
    Denied: INVALID_REQUEST,
    NotFound: INVALID_PARAMS,
    Conflict: INVALID_REQUEST,
    Limited: INTERNAL_ERROR,
    Unavailable: INTERNAL_ERROR,
}
"""What a refusal is where the protocol has no place for it but an error: resources, prompts."""

SHOWN = 5
"""Mistakes in the arguments that are named at once."""


class ArgumentsInvalid(Invalid):
    """The arguments do not fit the tool."""


def failed(refusal: CoreError) -> dict[str, Any]:
    """Return the result of a tool that was refused: its code, why, and what would work."""
    parts = [f"{refusal.code}: {refusal.message}"]
    position = getattr(refusal, "position", None)
    if position is not None and "At line" not in refusal.message:
        parts.append(f"At character {position} of the statement.")
    hint = getattr(refusal, "hint", None)
    if hint and hint not in refusal.message:
        parts.append(f"Hint: {hint}")
    return _spoken("\n".join(parts))


def broken(error: Exception, *, during: str) -> dict[str, Any]:
    """Return the result of a tool that met a bug, which only the log may describe."""
    return _spoken(f"internal: {_apology(error, during)}")


def thrown(refusal: CoreError, **data: str) -> MCPError:
    """Return the refusal as an error of the protocol."""
    about = {"code": refusal.code} | data
    return MCPError(code=CODE[kind(refusal)], message=refusal.message, data=about)


def bug(error: Exception, *, during: str) -> MCPError:
    """Return a bug as an error of the protocol."""
    return MCPError(code=INTERNAL_ERROR, message=_apology(error, during))


def misfit(tool: str, known: Iterable[str], error: ValidationError) -> ArgumentsInvalid:
    """Return what is wrong with the arguments of a tool, by name.

    Args:
        tool: what was called.
        known: the arguments it takes.
        error: what validating them said.
    """
    said = []
    for each in error.errors(include_url=False, include_input=False)[:SHOWN]:
        place = ".".join(map(str, each["loc"])) or "arguments"
        match each["type"]:
            case "extra_forbidden":
                said.append(f"unknown argument {place[:100]!r}")
            case "missing":
                said.append(f"{place!r} is missing")
            case _:
                said.append(f"{place!r}: {each['msg']}")
    return ArgumentsInvalid(f"{'; '.join(said)}. {tool} takes {', '.join(known)}.")


def _spoken(text: str) -> dict[str, Any]:
    return {
        "content": [{"type": "text", "text": text}],
        "isError": True,
        **COMPLETE,
    }


def _apology(error: Exception, during: str) -> str:
    # Imported with the first bug: a start can do without.
    import structlog  # noqa: PLC0415

    debug_id = uuid4().hex[:10]
    structlog.get_logger().error("call failed", call=during, debug_id=debug_id, exc_info=error)
    return f"Something broke on our side. The log tells more under {debug_id}."
