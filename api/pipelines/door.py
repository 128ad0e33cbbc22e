"""Who asks for pipelines: somebody with a key, or a program of this very machine.

The published examples send no key. Where TRELLIS_PIPELINES_OPEN says so, a program that runs on
this machine, and reaches us without a proxy or a browser in between, acts as the local owner.
"""

import re
from collections.abc import Callable, Coroutine
from ipaddress import IPv6Address, ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.responses import Response
from typing_extensions import override

from api.actor import bearer, known, the_core
from api.body import Door
from core.identity import Actor, Surface

PROXIED = (
    *("x-forwarded-", "x-real-", "x-client-", "x-original-", "cf-", "true-client-", "fly-"),
    *("x-cluster-", "x-envoy-", "x-amzn-", "x-azure-", "fastly-", "ngrok-", "tailscale-"),
)
"""How headers begin by which a proxy says for whom it asks."""
BROWSED = ("sec-", "access-control-")
"""How headers begin that browsers send."""
PLAIN_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
NEVER = frozenset({"forwarded", "via", "origin", "referer", "cookie", "client-ip"})


class Local(Door):
    """A door that asks who is there before it reads anything else."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            await enter(request)
            return await inner(request)

        return handle


async def enter(request: Request) -> Actor:
    """Return who asks.

    Raises:
        BearerMissing: there is no token, and it is no program of this machine that may do without.
        KeyInvalid, TokenInvalid: it opens nothing.
    """
    open: bool = request.app.state.pipelines_open
    if open and "authorization" not in request.headers and is_neighbour(request):
        owner, _founded = await the_core(request).identity.settle(Surface.API)
        request.state.actor = owner
    return await known(request)


def is_neighbour(request: Request) -> bool:
    """Return whether a program of this machine asks, itself, and no page that it may show."""
    if request.client is None or not _is_loopback(request.client.host):
        return False
    names = request.headers.keys()
    if not NEVER.isdisjoint(names) or any(each.startswith((*PROXIED, *BROWSED)) for each in names):
        return False
    if request.scope.get("http_version") == "1.0":
        return False  # a proxy that was told nothing asks so, without a word of for whom
    # A page of another site may have given this machine's address a name of its own.
    hosts = request.headers.getlist("host")
    return len(hosts) == 1 and _is_here(hosts[0])


async def caller(
    request: Request,
    # Named here so that the description of the API tells how to get in; the door reads it.
    _bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Actor:
    """Return who asks, whom the door has let in."""
    return await known(request)


Caller = Annotated[Actor, Depends(caller)]


def _is_here(host: str) -> bool:
    if not PLAIN_HOST.fullmatch(host):
        return False
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback
