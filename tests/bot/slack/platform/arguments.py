"""What comes with a call of the Web API, read as Slack reads it.

https://docs.slack.dev/apis/web-api/#methods_supporting_json: arguments come in the query, as a
form, or as JSON with the token in the header; methods that do not take JSON do not see it.
"""

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from tests.bot.slack.platform.refusals import Json, Refused

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
EVERYWHERE = {"team_id"}
"""What a token of a whole organization needs; SDKs send it along with each call."""
TRUE = {True, "true", "1"}
FALSE = {False, "false", "0"}


async def read(request: web.Request, *, takes_json: bool) -> tuple[str, Json]:
    """Return the token and the arguments of a call."""
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""
    found: Json = dict(request.query)
    kind = request.content_type
    if request.method == "POST" and request.can_read_body:
        if kind == "application/json":
            if takes_json:
                found.update(await _json(request))
        elif kind in FORMS:
            found.update({name: str(each) for name, each in (await request.post()).items()})
        else:
            raise Refused("invalid_post_type")
    if "token" in found:
        if kind == "application/json":
            raise Refused("invalid_arguments", "the token belongs into the header")
        token = str(found.pop("token"))
    return token, {name: each for name, each in found.items() if each is not None}


async def _json(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(body, dict):
        raise Refused("json_not_object")
    return body


def known(found: Json, required: Iterable[str], optional: Iterable[str]) -> None:
    """Refuse arguments that are missing, and those that no page of Slack's names.

    Slack itself overlooks the latter; a misspelt argument would go unnoticed.
    """
    missing = [name for name in required if name not in found]
    strange = sorted(set(found) - set(required) - set(optional) - EVERYWHERE)
    faults = [f"missing required field: {name}" for name in missing]
    faults += [f"unknown argument: {name}" for name in strange]
    if faults:
        raise Refused("invalid_arguments", *faults)


def text(found: Json, name: str, default: str = "") -> str:
    """Return a string."""
    value = found.get(name, default)
    if not isinstance(value, str):
        raise Refused("invalid_arguments", f"must be a string [json-pointer:/{name}]")
    return value


def flag(found: Json, name: str, *, default: bool = False) -> bool:
    """Return a boolean."""
    value: Any = found.get(name, default)
    if isinstance(value, list | dict) or (value not in TRUE and value not in FALSE):
        raise Refused("invalid_arguments", f"must be a boolean [json-pointer:/{name}]")
    return value in TRUE


def whole(found: Json, name: str, default: int) -> int:
    """Return a whole number."""
    value = found.get(name, default)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Refused("invalid_arguments", f"must be an integer [json-pointer:/{name}]") from None


def parsed(found: Json, name: str, kind: type) -> Any:
    """Return a list or an object that came as itself, or as a string of JSON."""
    value = found[name]
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, kind):
        what = "an array" if kind is list else "an object"
        raise Refused("invalid_arguments", f"must be {what} [json-pointer:/{name}]")
    return value
