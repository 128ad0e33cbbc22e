"""Exchanging an API key for a token."""

import re
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.security import APIKeyHeader
from pydantic import Field
from starlette.responses import Response
from typing_extensions import override

from api.actor import TheCore
from api.body import Door
from api.errors import Refused
from api.limits import AUTHENTICATE, FAILED, PER_KEY, Limits
from api.wire import failing, shown
from core.errors import Unauthenticated
from core.identity import KeyInvalid
from core.ids import MemberId, OrganizationId
from core.record import Record

api_key = APIKeyHeader(
    name="X-API-Key",
    auto_error=False,
    scheme_name="api_key",
    description="An API key, as `trellis key create` shows it once.",
)
_SIGN = r"[^@\s\x00-\x20\x7f\x85,;<>()\[\]\"]"
EMAIL = f"^{_SIGN}{{1,64}}@{_SIGN}{{1,255}}$"
"""For the description alone: the core itself says no, in the contract's own words."""
PUBLIC = 11
"""Characters of a key that may be known: they name it, and open nothing."""
SHAPE = re.compile(r"tr_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{20,100}")
"""What could be a key; anything else is none, whatever the body says."""


class Keyed(Door):
    """A door that looks at the key and counts its caller before it reads the body."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            look(request)
            return await inner(request)

        return handle


router = APIRouter(prefix="/v1/authenticate", tags=["authenticate"], route_class=Keyed)


class Who(Record):
    """For whom the token is to speak."""

    email: str = Field(json_schema_extra={"pattern": EMAIL})

    model_config = shown({"email": "ada@example.com"})


class Issued(Record):
    """A token, and whose it is."""

    token: str
    member_id: MemberId
    organization_id: OrganizationId
    expires_at: datetime

    model_config = shown(
        {
            "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIi….…",
            "member_id": "0b8ff1a4-7a3f-4c53-9a55-1a5a3f0c8a11",
            "organization_id": "org_2d0a8a9e-5c0c-4b59-8c5c-4c9a0b7f1e22",
            "expires_at": "2026-01-31T15:00:00Z",
        }
    )


def look(request: Request) -> None:
    """Count the caller, and look whether there is anything like a key.

    Raises:
        TooOften: the address, or the key, has to wait.
        Refused: there is no key.
        KeyInvalid: it cannot be one.
    """
    limits: Limits = request.app.state.limits
    address = _address(request)
    limits.hit(AUTHENTICATE, address)
    limits.check(FAILED, address)
    key = request.headers.get(api_key.model.name)
    if not key:
        raise Refused(
            401,
            "Missing X-API-Key header",
            "api_key_missing",
            {"www-authenticate": 'ApiKey realm="trellis"'},
        )
    if not SHAPE.fullmatch(key):
        limits.hit(FAILED, address)
        raise KeyInvalid
    limits.hit(PER_KEY, key[:PUBLIC])


@router.post("", responses=failing(400, 401, 403, 413, 429, 503))
async def authenticate(
    request: Request, core: TheCore, key: Annotated[str, Depends(api_key)], who: Who
) -> Issued:
    """Exchange an API key for a token of six hours.

    The token speaks for the member with this e-mail address in the key's organization; an unknown
    address becomes a new member, as an analyst, and never above the key's own role.
    """
    try:
        token = await core.identity.authenticate(key, who.email)
    except Unauthenticated:
        limits: Limits = request.app.state.limits
        limits.hit(FAILED, _address(request))
        raise
    return Issued(
        token=token.token.get_secret_value(),
        member_id=token.member_id,
        organization_id=token.organization_id,
        expires_at=token.expires_at,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
