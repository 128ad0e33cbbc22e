"""From a request to the core, and to the actor on whose behalf it speaks."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from core.app import Core
from core.errors import Unauthenticated
from core.identity import Actor, Surface


class BearerMissing(Unauthenticated):
    """Missing bearer token"""


bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    bearerFormat="JWT",
    description="A token from `POST /v1/authenticate`, or an API key.",
)


def the_core(request: Request) -> Core:
    """Return the core that this application speaks for."""
    core: Core = request.app.state.core
    return core


TheCore = Annotated[Core, Depends(the_core)]


async def known(request: Request) -> Actor:
    """Return who holds the bearer token; it is asked once in a request.

    Raises:
        BearerMissing: there is no token.
        KeyInvalid, TokenInvalid: it opens nothing.
    """
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise BearerMissing
        actor = await the_core(request).identity.by_credential(token.strip(), Surface.API)
        request.state.actor = actor
    return actor


async def caller(
    request: Request,
    # Named here so that the description of the API tells how to get in; `known` reads it.
    _bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Actor:
    """Return who holds the bearer token."""
    return await known(request)


Caller = Annotated[Actor, Depends(caller)]
