"""Who may knock over HTTP: no name that somebody else could point at this machine."""

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

PORTS = {"http": 80, "https": 443}


class Guard:
    """Checks Host and Origin against DNS rebinding and against pages of strangers.

    A page of evil.example can have its name point at 127.0.0.1 and then speak to us as to itself,
    but it cannot change the Host that its browser sends. Loopback names, our own address and,
    where we listen for more than this machine, plain IP addresses are beyond that trick.
    """

    def __init__(self, url: str, host: str) -> None:
        """Take the address at which we are reached, and the one we are bound to."""
        self._url = url
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 80)
        self._ours = (parts.hostname or "", port)
        self._port = PORTS.get(parts.scheme, 80)
        self._origin = (parts.scheme, *self._ours)
        self._open = not is_loopback(host)
        # One deployment sees a handful of names: parse each once.
        self._knows_host = lru_cache(1024)(self._knows)
        self._knows_origin = lru_cache(1024)(self._trusts)

    def refusal(self, scope: Scope, *, any_origin: bool = False) -> Response | None:
        """Return how to turn a request away, or None: 421 for its Host, 403 for its Origin.

        Args:
            scope: of the request.
            any_origin: whether pages of strangers are welcome.
        """
        host = origin = None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
        if host is None or not self._knows_host(host.decode("latin-1")):
            return PlainTextResponse(
                "Invalid Host header; TRELLIS_PUBLIC_URL says at which address this server is "
                "reached.",
                421,
            )
        if origin is None or any_origin:
            return None
        if self._knows_origin(origin.decode("latin-1"), host.decode("latin-1")):
            return None
        return PlainTextResponse("Invalid Origin header", 403)

    def here(self, scope: Scope) -> str | None:
        """Return the address by which this request reached us: on loopback it has many names.

        A client compares what we say of ourselves with what it was told to call. None where we
        know ourselves as loopback, and somebody came from farther away.
        """
        if not is_loopback(self._ours[0]):
            return self._url
        for name, value in scope["headers"]:
            host = value.decode("latin-1")
            if name == b"host" and is_loopback(_split(host)[0]):
                return f"{self._origin[0]}://{host}"
        return None

    def _knows(self, host: str) -> bool:
        name, port = _split(host)
        if is_loopback(name) or (name, port or self._port) == self._ours:
            return True
        return self._open and _is_address(name)

    def _trusts(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
            name, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.scheme not in PORTS or not name or parts.path or parts.query:
            return False
        if is_loopback(name):
            return True
        port = port or PORTS[parts.scheme]
        if (parts.scheme, name, port) == self._origin:
            return True
        there, its_port = _split(host)
        return (name, port) == (there, its_port or PORTS[parts.scheme])


def is_loopback(host: str) -> bool:
    """Return whether *host* is a name or address of the very machine it is used on."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _split(host: str) -> tuple[str, int | None]:
    """Return a Host header's name in small letters, without brackets, and its port."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    odd = parts.username is not None or parts.path or parts.query or parts.fragment
    return ("", None) if odd else (name, port)
