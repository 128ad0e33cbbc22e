"""The door of `/mcp`: who may knock, who it is, and then the SDK."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import (
    AuthenticatedUser,
    BearerAuthBackend,
    RequireAuthMiddleware,
)
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from pydantic import AnyHttpUrl
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import Unauthenticated
from core.grants import ACCESS
from core.identity import Surface
from mcp_server.desk import Badge, here
from mcp_server.guard import Guard
from mcp_server.oauth.routes import can_serve, metadata_url, routes
from mcp_server.server import create_server

if TYPE_CHECKING:
    from core.app import Core

LARGEST = 4 * 1024 * 1024
"""Bytes of one message."""


class Guests(NamedTuple):
    """What a web application takes in to speak MCP; its own routes go on as they are."""

    routes: Mapping[str, ASGIApp]
    """By exact path: `/mcp`, and what OAuth needs at the root."""
    lifespan: AbstractAsyncContextManager[None]
    """To be entered once, while the application lives."""


def guests(core: "Core", *, url: str, host: str, traced: bool = False) -> Guests:
    """Return MCP over HTTP.

    Args:
        core: what the tools call.
        url: where others reach this server, without a path: `https://trellis.example`.
        host: what the port is bound to; beyond loopback, plain IP addresses are taken as Host.
        traced: whether somebody exports spans of OpenTelemetry.

    OAuth is offered over https or on loopback; elsewhere bearer keys and tokens are all there is.
    """
    guard = Guard(url, host)
    manager = StreamableHTTPSessionManager(
        create_server(here(core), traced=traced), max_request_body_size=LARGEST
    )
    oauth = can_serve(url)
    inside = AuthContextMiddleware(StreamableHTTPASGIApp(manager))

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with manager.run():
            yield

    others = routes(core, url=url, guard=guard) if oauth else {}
    return Guests({"/mcp": Door(inside, core, guard, oauth=oauth), **others}, lifespan())


class Door:
    """Checks Host and Origin, reads the bearer token, and lets in; without one, 401 says where."""

    def __init__(self, inside: ASGIApp, core: "Core", guard: Guard, *, oauth: bool) -> None:
        """Stand before *inside*; with *oauth* whoever has no token is told how to get one."""
        self._inside = inside
        self._guard = guard
        self._oauth = oauth
        self._bearers = BearerAuthBackend(Keys(core))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refused = self._guard.refusal(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        known = await self._bearers.authenticate(HTTPConnection(scope))
        if known is None:
            about = AnyHttpUrl(metadata_url(self._guard.here(scope))) if self._oauth else None
            await RequireAuthMiddleware(self._inside, [], about)(scope, receive, send)
            return
        scope["auth"], scope["user"] = known
        user = known[1]
        if isinstance(user, AuthenticatedUser) and isinstance(user.access_token, Badge):
            scope.setdefault("state", {})["actor"] = user.access_token.actor
        await self._inside(scope, receive, send)


class Keys:
    """Reads bearer tokens: OAuth access tokens, API keys, and our own JSON Web Tokens."""

    def __init__(self, core: "Core") -> None:
        """Ask *core*."""
        self._core = core

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the badge of whoever holds the token, or None."""
        try:
            if token.startswith(ACCESS):
                actor = await self._core.grants.by_token(token, Surface.MCP)
            else:
                actor = await self._core.identity.by_credential(token, Surface.MCP)
        except Unauthenticated:
            return None
        return Badge(
            token=token,
            client_id=actor.organization_id,
            subject=actor.member_id,
            scopes=[],
            actor=actor,
        )
