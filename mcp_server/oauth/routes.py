"""The endpoints of OAuth 2.1, each at one path of the root; most of their work is the SDK's."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from mcp.server.auth.handlers.authorize import AuthorizationHandler
from mcp.server.auth.handlers.metadata import MetadataHandler, ProtectedResourceMetadataHandler
from mcp.server.auth.handlers.register import RegistrationHandler
from mcp.server.auth.handlers.token import TokenHandler
from mcp.server.auth.middleware.client_auth import AuthenticationError, ClientAuthenticator
from mcp.server.auth.routes import build_resource_metadata_url
from mcp.server.auth.settings import ClientRegistrationOptions
from mcp.server.transport_security import RequestBodyLimitMiddleware
from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata
from pydantic import AnyHttpUrl
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import CoreError, Limited
from mcp_server.guard import Guard, is_loopback
from mcp_server.oauth.page import Page
from mcp_server.oauth.provider import SIGN_IN, Provider

if TYPE_CHECKING:
    from core.app import Core

LARGEST = 64 * 1024
"""Bytes of a request's body; a registration is a few hundred."""
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}

REGISTER = RateLimitItemPerHour(60, namespace="register")
"""Programs from one address."""
SIGN = RateLimitItemPerMinute(20, namespace="sign-in")
"""Attempts to sign in from one address."""
ASK = RateLimitItemPerMinute(300, namespace="oauth")
"""Anything else from one address: enough for an office behind one router."""

Handler = Callable[[Request], Awaitable[Response]]


def can_serve(url: str) -> bool:
    """Return whether OAuth may be offered at *url*: over TLS, or on this machine alone."""
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def metadata_url(url: str) -> str:
    """Return where a refused client is told to look first."""
    return str(build_resource_metadata_url(AnyHttpUrl(f"{url}/mcp")))


def routes(core: "Core", *, url: str, guard: Guard) -> dict[str, ASGIApp]:
    """Return the endpoints by their paths.

    Args:
        core: whose grants and identity are asked.
        url: where this server is reached, without a path.
        guard: who may knock.
    """
    provider = Provider(core.grants, issuer=url, resource=f"{url}/mcp")
    page = Page(provider, core.identity, url=url)
    authenticator = ClientAuthenticator(provider)
    token = TokenHandler(provider, authenticator).handle
    options = ClientRegistrationOptions(enabled=True)
    register = RegistrationHandler(provider, options).handle
    about_us = MetadataHandler(_server(url)).handle

    async def about_mcp(request: Request) -> Response:
        metadata = _resource(guard.here(request.scope) or url, url)
        return await ProtectedResourceMetadataHandler(metadata).handle(request)

    windows = MovingWindowRateLimiter(MemoryStorage())

    async def revoke(request: Request) -> Response:
        # Ours, since the SDK's asks even a public client for a secret.
        try:
            client = await authenticator.authenticate_request(request)
        except AuthenticationError as error:
            said = {"error": "invalid_client", "error_description": error.message}
            return JSONResponse(said, 401, headers=NO_STORE)
        given = (await request.form()).get("token")
        if not isinstance(given, str):
            return JSONResponse({"error": "invalid_request"}, 400, headers=NO_STORE)
        await core.grants.forgo(given, client.client_id)
        return Response(status_code=200, headers=NO_STORE)

    def open_to(methods: str, handler: Handler, limit: RateLimitItem = ASK) -> ASGIApp:
        """Serve programs, which may run in a browser's page of another site."""
        endpoint = _Endpoint({methods: handler}, guard, windows, limit, strangers=True)
        limited = RequestBodyLimitMiddleware(endpoint, LARGEST)
        return CORSMiddleware(
            limited,
            allow_origins=["*"],
            allow_methods=[methods],
            allow_headers=["mcp-protocol-version", "authorization", "content-type"],
        )

    def shown_to(handlers: Mapping[str, Handler], limit: RateLimitItem = ASK) -> ASGIApp:
        """Serve people, whose browser sends a form from our own page alone."""
        endpoint = _Endpoint(handlers, guard, windows, limit, strangers=False)
        return RequestBodyLimitMiddleware(endpoint, LARGEST)

    ask = AuthorizationHandler(provider).handle
    return {
        "/.well-known/oauth-authorization-server": open_to("GET", about_us),
        "/.well-known/oauth-protected-resource": open_to("GET", about_mcp),
        "/.well-known/oauth-protected-resource/mcp": open_to("GET", about_mcp),
        "/register": open_to("POST", register, REGISTER),
        "/token": open_to("POST", token),
        "/revoke": open_to("POST", revoke),
        "/authorize": shown_to({"GET": ask, "POST": ask}),
        SIGN_IN: shown_to({"GET": page.show, "POST": page.hear}, SIGN),
    }


class _Endpoint:
    """One path: who may knock, how often, by which method."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        guard: Guard,
        windows: MovingWindowRateLimiter,
        limit: RateLimitItem,
        *,
        strangers: bool,
    ) -> None:
        self._handlers = handlers
        self._guard = guard
        self._windows = windows
        self._limit = limit
        self._strangers = strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._response(Request(scope, receive))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        refused = self._guard.refusal(request.scope, any_origin=self._strangers)
        if refused is not None:
            return refused
        method = "GET" if request.method == "HEAD" else request.method
        handler = self._handlers.get(method)
        if handler is None:
            return Response(status_code=405, headers={"allow": ", ".join(self._handlers)})
        whose = request.client.host if request.client else "?"
        if not self._windows.hit(self._limit, whose):
            opens = self._windows.get_window_stats(self._limit, whose).reset_time
            return _too_often(max(1, round(opens - time.time())))
        try:
            return await handler(request)
        except Limited as refusal:
            return JSONResponse(
                {"error": "temporarily_unavailable", "error_description": refusal.message}, 503
            )
        except CoreError as refusal:
            return JSONResponse(
                {"error": "server_error", "error_description": refusal.message}, 503
            )


def _too_often(seconds: int) -> Response:
    said = {
        "error": "temporarily_unavailable",
        "error_description": f"Too many requests; try again in {seconds} s.",
    }
    return JSONResponse(said, 429, headers={"retry-after": str(seconds)})


def _server(url: str) -> OAuthMetadata:
    """Return what RFC 8414 tells of us; the SDK's own leaves public clients out."""
    methods = ["none", "client_secret_post", "client_secret_basic"]
    return OAuthMetadata.model_validate(
        {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "registration_endpoint": f"{url}/register",
            "revocation_endpoint": f"{url}/revoke",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
    )


def _resource(here: str, url: str) -> ProtectedResourceMetadata:
    """Return what RFC 9728 tells of our MCP address."""
    return ProtectedResourceMetadata.model_validate(
        {"resource": f"{here}/mcp", "authorization_servers": [url], "resource_name": "Trellis"}
    )
