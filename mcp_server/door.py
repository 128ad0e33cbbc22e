"""The door of `/mcp`: who may knock, who it is, and then the SDK."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, RequireAuthMiddleware
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from pydantic import AnyHttpUrl
from starlette.authentication import AuthCredentials
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import Unauthenticated
from core.grants import ACCESS
from core.identity import Actor, Surface
from mcp_server.desk import Badge, here
from mcp_server.entry import Entry
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


def guests(
    core: "Core", *, url: str, host: str, traced: bool = False, short: bool = True
) -> Guests:
    """Return MCP over HTTP.

    Args:
        core: what the tools call.
        url: where others reach this server, without a path: `https://trellis.example`.
        host: what the port is bound to; beyond loopback, plain IP addresses are taken as Host.
        traced: whether somebody exports spans of OpenTelemetry; then every call goes by the SDK.
        short: whether plain calls of tools take the short way; see `mcp_server.entry`.

    OAuth is offered over https or on loopback; elsewhere bearer keys and tokens are all there is.
    """
    guard = Guard(url, host)
    server = create_server(here(core), traced=traced)
    manager = StreamableHTTPSessionManager(server, max_request_body_size=LARGEST)
    entry = Entry(core, server) if short and not traced else None
    oauth = can_serve(url)
    inside = AuthContextMiddleware(StreamableHTTPASGIApp(manager))

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with manager.run():
            yield

    others = routes(core, url=url, guard=guard) if oauth else {}
    door = Door(inside, core, guard, entry=entry, oauth=oauth)
    return Guests({"/mcp": door, **others}, lifespan())


class Door:
    """Checks Host and Origin, reads the bearer token, and lets in; without one, 401 says where."""

    def __init__(
        self, inside: ASGIApp, core: "Core", guard: Guard, *, entry: Entry | None, oauth: bool
    ) -> None:
        """Stand before *inside*, and before *entry*, which takes what is plain.

        With *oauth*, whoever has no token is told how to get one.
        """
        self._inside = inside
        self._core = core
        self._guard = guard
        self._entry = entry
        self._oauth = oauth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refused = self._guard.refusal(scope)
        if refused is not None:
            await refused(scope, receive, send)
            return
        token = _bearer(scope)
        actor = None if token is None else await self._caller(token)
        if token is None or actor is None:
            here = self._guard.here(scope) if self._oauth else None
            about = None if here is None else AnyHttpUrl(metadata_url(here))
            await RequireAuthMiddleware(self._inside, [], about)(scope, receive, send)
            return
        scope.setdefault("state", {})["actor"] = actor
        if self._entry is not None:
            untouched = await self._entry.take(scope, receive, send, actor)
            if untouched is None:
                return
            receive = untouched
        badge = Badge(
            token=token,
            client_id=actor.organization_id,
            subject=actor.member_id,
            scopes=[],
            actor=actor,
        )
        scope["auth"], scope["user"] = AuthCredentials(()), AuthenticatedUser(badge)
        await self._inside(scope, receive, send)

    async def _caller(self, token: str) -> Actor | None:
        """Return who holds an OAuth access token, an API key or one of our own web tokens."""
        try:
            if token.startswith(ACCESS):
                return await self._core.grants.by_token(token, Surface.MCP)
            return await self._core.identity.by_credential(token, Surface.MCP)
        except Unauthenticated:
            return None


def _bearer(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else None
    return None
