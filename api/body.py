"""Reading a body strictly: what two readers could understand in two ways is refused."""

import json
import math
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from typing_extensions import override

from api.actor import known
from api.errors import SHOWN, Refused


class NotJson(Refused):
    """A body that is no JSON at all."""

    def __init__(self, detail: str) -> None:
        """Say why."""
        super().__init__(400, detail, "invalid")


class Door(APIRoute):
    """A route that reads its body strictly."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await inner(_Strict(request.scope, request.receive))

        return handle


class Guarded(Door):
    """A door that asks who is there before it reads anything else."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            await known(request)
            return await inner(request)

        return handle


class _Strict(Request):
    """A request whose JSON means one thing."""

    @override
    async def body(self) -> bytes:
        body = await super().body()
        if body and not _is_json(self.headers.get("content-type", "")):
            raise NotJson("Send the body as JSON, with the header Content-Type: application/json")
        return body

    @override
    async def json(self) -> Any:
        return read(await self.body())


def read(body: bytes) -> Any:
    """Return the JSON of *body*.

    Raises:
        NotJson: it is not UTF-8, or not JSON.
        Refused: it names a field twice, or holds a number without an end
            or a string that no database could keep.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotJson("body: Not UTF-8") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"body: Not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise _no("body: Nested too deeply") from None
    except ValueError:
        raise _no("body: A number has too many digits") from None
    # Both can only be written as an escape: look closer only where there is one.
    if "\\u0000" in text or "\\ud" in text.lower():
        _refuse_broken_strings(value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _no(f"{_twice(name for name, _value in pairs)[:SHOWN]}: The field is given twice")
    return found


def _constant(text: str) -> float:
    raise _no(f"body: {text} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _no(f"body: {text[:SHOWN]} is too large a number")
    return value


def _twice(names: Iterable[str]) -> str:
    """Return the first name that was there already, in one pass: a body may hold 100,000."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _refuse_broken_strings(value: Any) -> None:
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        place, each = waiting.pop()
        match each:
            case str():
                if "\x00" in each:
                    raise _no(f"{place or 'body'}: A NUL character cannot be kept; leave it out")
                if any("\ud800" <= sign <= "\udfff" for sign in each):
                    raise _no(f"{place or 'body'}: Half of a character; send it whole, or as it is")
            case dict():
                waiting += [(place or "body", name) for name in each]
                waiting += [(f"{place}.{name}".strip(".")[:SHOWN], each[name]) for name in each]
            case list():
                waiting += [
                    (f"{place}.{at}".strip(".")[:SHOWN], one)
                    for at, one in enumerate(each)
                    if isinstance(one, str | list | dict)
                ]


def _is_json(kind: str) -> bool:
    name = kind.partition(";")[0].strip().lower()
    return name == "application/json" or (
        name.startswith("application/") and name.endswith("+json")
    )


def _no(detail: str) -> Refused:
    return Refused(400, detail, "invalid")
