"""The web as pipelines reach it: public addresses, bounded answers, nothing of ours sent along.

A host's name is looked up once for each connection, every address that comes of it is judged, and
the connection goes to one of those: whoever changes what a name means in between changes nothing.
Each redirection is judged anew.
"""

import asyncio
import json
import re
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit
from weakref import WeakValueDictionary

from typing_extensions import override

from core.pipelines.tools.addresses import Lookup, is_public, lookup
from core.pipelines.tools.errors import AddressRefused, FetchFailed, PageMissing

if TYPE_CHECKING:  # the library takes a while to import
    from aiohttp import ClientSession

LARGEST = 64 * 1024 * 1024
"""Bytes of one answer, unpacked."""
SECONDS = 60.0
"""For one answer, redirections and all."""
REDIRECTIONS = 5
PIECE = 64 * 1024
SMALL = 1024 * 1024
"""Bytes of an answer that are read beside all others."""
AT_ONCE = 8
"""Larger answers that are read at once; others wait with what they have."""
LONGEST = 8_000
"""Characters of a URL."""
KEPT = 64 * 1024 * 1024
"""Bytes of answers that are remembered."""
KEPT_FOR = 900.0
"""Seconds."""
AGENT = "Trellis/1 (pipelines)"
MOVED = {301, 302, 303, 307, 308}
PASSING = {408, 425, 429}
"""What says that a request may succeed later."""
OURS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"}
"""Headers that nobody else sets."""
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}")
LEAST = 1024
"""Bytes that an answer takes in memory, if there is nothing in it."""


class Answer(NamedTuple):
    """What a web server answered."""

    url: str
    """Where it came from in the end."""
    status: int
    content_type: str
    charset: str | None
    body: bytes
    fresh: bool = True
    """Whether it may be remembered."""

    @property
    def text(self) -> str:
        """The body as text."""
        try:
            return self.body.decode(self.charset or "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body as data.

        Raises:
            FetchFailed: it is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise FetchFailed(f"{_host(self.url)} answered no JSON.") from None


class Web:
    """Asks web servers on behalf of pipelines."""

    def __init__(
        self,
        *,
        permit: Callable[[str], bool] = is_public,
        trusted: frozenset[str] = frozenset(),
        own: Mapping[str, Mapping[str, str]] | None = None,
        lookup: Lookup = lookup,
        largest: int = LARGEST,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reach what is permitted.

        Args:
            permit: whether an address may be reached.
            trusted: origins, such as `http://127.0.0.1:9000`, that the operator has named, and
                that may be anywhere.
            own: headers that the operator has set for an origin; what a task sends itself counts.
            lookup: returns the addresses of a host.
            largest: bytes of an answer.
            seconds: how long one may take.
            clock: tells how old an answer is.
        """
        self._permit = permit
        self._trusted = trusted
        self._own = {origin: _checked(headers) for origin, headers in (own or {}).items()}
        self._lookup = lookup
        self._largest = largest
        self._seconds = seconds
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[float, Answer]] = OrderedDict()
        self._size = 0
        self._places = asyncio.Semaphore(AT_ONCE)
        self._asking: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def get(self, scope: str, url: str, *, agent: str = AGENT) -> Answer:
        """Return what is at a *url*, from memory if it was asked for in the last quarter hour.

        Args:
            scope: whose memory: what one organization fetched, another does not see.
            url: where.
            agent: who we say that we are.

        Raises:
            And whatever `ask` raises.
        """
        key = (scope, url)
        lock = self._asking.get(key)
        if lock is None:
            lock = self._asking[key] = asyncio.Lock()
        async with lock:
            if (found := self.known(scope, url)) is not None:
                return found
            answer = await self.ask("GET", url, headers={"User-Agent": agent})
            if answer.fresh:
                self._remember(key, answer)
            return answer

    def known(self, scope: str, url: str) -> Answer | None:
        """Return what is remembered of a URL, if it still is."""
        found = self._known.get((scope, url))
        return found[1] if found and found[0] > self._clock() else None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Return what a web server answers.

        Raises:
            AddressRefused: it is no URL of the web, or leads to an address that is not public.
            PageMissing: the server says that it was asked for something wrong.
            FetchFailed: it does not answer, or not in bounds; it may do so later.
        """
        limit = min(seconds or self._seconds, self._seconds)
        sent = {"User-Agent": AGENT, **_checked(headers or {})}
        try:
            async with asyncio.timeout(limit):
                return await self._follow(method, url, sent, body)
        except TimeoutError:
            raise FetchFailed(f"{_host(url)} did not answer within {limit:g} seconds.") from None

    async def _follow(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        begun = _origin(url)
        for _hop in range(REDIRECTIONS + 1):
            origin = _origin(url)
            sent = headers if origin == begun else {"User-Agent": headers["User-Agent"]}
            sent = _beside(sent, self._own.get(origin, {}))
            answer, to = await self._once(method, url, sent, body)
            if to is None:
                return answer
            url = urljoin(url, to)
            if answer.status == 303 or (answer.status in {301, 302} and method == "POST"):  # noqa: PLR2004
                method, body = "GET", None
            elif body is not None and _origin(url) != begun:
                raise AddressRefused("What is sent to one server is not passed on to another.")
        raise FetchFailed(f"{_host(url)} redirects more than {REDIRECTIONS} times.")

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[Answer, str | None]:
        """Return an answer, and where it leads if it is a redirection."""
        import aiohttp  # noqa: PLC0415 - when something is first fetched

        gate = _Gate(self._permit, self._lookup, free=_origin(url) in self._trusted)
        try:
            async with self._session(gate) as session:
                request = session.request(
                    method, url, headers=headers, data=body, allow_redirects=False
                )
                async with request as response:
                    gate.check()
                    to = response.headers.get("Location")
                    if response.status in MOVED and to:
                        return Answer(url, response.status, "", None, b""), to
                    _passed(url, response.status)
                    content = await self._read(url, response)
                    control = response.headers.get("Cache-Control", "").lower()
                    return Answer(
                        url=url,
                        status=response.status,
                        content_type=response.content_type,
                        charset=response.charset,
                        body=content,
                        fresh="no-store" not in control and "no-cache" not in control,
                    ), None
        except (AddressRefused, TimeoutError):  # which is an OSError, too
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            gate.check()
            if isinstance(error, aiohttp.InvalidURL | UnicodeError):
                raise AddressRefused(f"{url[:200]} is no address of the web.") from None
            raise FetchFailed(f"{_host(url)} cannot be reached: {_told(error)}") from error

    def _session(self, gate: "_Gate") -> "ClientSession":
        import aiohttp  # noqa: PLC0415 - as above

        connector = aiohttp.TCPConnector(
            resolver=gate.resolver(),
            socket_factory=gate.socket,
            use_dns_cache=False,
            force_close=True,
        )
        # No cookies, no proxies and no passwords of this machine's environment.
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            trust_env=False,
        )

    async def _read(self, url: str, response: Any) -> bytes:
        told = response.content_length
        said = f"{_host(url)} answers with more than {self._largest >> 20} MB."
        if told is not None and told > self._largest:
            raise PageMissing(said)
        parts, size = [], 0
        async with AsyncExitStack() as large:
            async for part in response.content.iter_chunked(PIECE):
                if size < SMALL <= size + len(part):
                    await large.enter_async_context(self._places)
                size += len(part)
                if size > self._largest:
                    raise PageMissing(said)
                parts.append(part)
            return b"".join(parts)

    def _remember(self, key: tuple[str, str], answer: Answer) -> None:
        before = self._known.pop(key, None)
        self._size += _size(answer) - (_size(before[1]) if before else 0)
        self._known[key] = (self._clock() + KEPT_FOR, answer)
        while self._size > KEPT:
            _key, (_until, old) = self._known.popitem(last=False)
            self._size -= _size(old)


class _Gate:
    """Judges every address of one request before it is connected to."""

    def __init__(self, permit: Callable[[str], bool], lookup: Lookup, *, free: bool) -> None:
        self._permit = permit
        self._lookup = lookup
        self._free = free
        self._refused: str | None = None

    def check(self) -> None:
        """Pass if none was refused.

        Raises:
            AddressRefused: one was.
        """
        if self._refused is not None:
            raise AddressRefused(
                f"{self._refused} leads into a network that is not public; whoever runs Trellis "
                "may name it in TRELLIS_FETCH_NETWORKS."
            )

    def socket(self, info: Any) -> socket.socket:
        """Return a socket for an address, the last thing before it is connected to."""
        family, type, proto, _name, place = info
        self._judge(str(place[0]), str(place[0]))
        found = socket.socket(family, type, proto)
        found.setblocking(False)
        return found

    def resolver(self) -> Any:
        """Return what looks hosts up for the connection."""
        from aiohttp.abc import AbstractResolver, ResolveResult  # noqa: PLC0415 - as above

        gate = self

        class Resolver(AbstractResolver):
            @override
            async def resolve(
                self,
                host: str,
                port: int = 0,
                family: socket.AddressFamily = socket.AF_INET,
            ) -> list[ResolveResult]:
                return [
                    ResolveResult(
                        hostname=host,
                        host=address,
                        port=port,
                        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                        proto=0,
                        flags=socket.AI_NUMERICHOST,
                    )
                    for address in await gate.addresses(host, port)
                ]

            @override
            async def close(self) -> None:
                """Nothing is held."""

        return Resolver()

    async def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host; one that must not be reached spoils them all."""
        found = list(await self._lookup(host, port))
        for address in found:
            self._judge(host, address)
        return found

    def _judge(self, host: str, address: str) -> None:
        if not self._free and not self._permit(address):
            self._refused = host
            raise OSError("not public")


def _size(answer: Answer) -> int:
    return LEAST + len(answer.url) + len(answer.body)


def origin(url: str) -> str:
    """Return the scheme, host and port of a URL, as `Web` takes for trusted."""
    return _origin(url)


def _origin(url: str) -> str:
    """Return the scheme, host and port of a URL.

    Raises:
        AddressRefused: it is none of the web.
    """
    try:
        parts = urlsplit(url)
        usual = {"http": 80, "https": 443}[parts.scheme]
        port = parts.port or usual
        secret = parts.username is not None or parts.password is not None
        sane = len(url) <= LONGEST and parts.hostname and all(sign > " " for sign in url)
    except (ValueError, KeyError):
        sane = secret = False
    if not sane or secret:
        said = "a URL of the web begins with http:// or https://, and holds no password"
        raise AddressRefused(f"{url[:200]} cannot be fetched: {said}.")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def _host(url: str) -> str:
    return (urlsplit(url).hostname or url)[:200]


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        sane = NAME.fullmatch(name) and all(" " <= sign != "\x7f" for sign in value)
        if name.lower() in OURS or not sane:
            raise AddressRefused(f"The header {name[:60]!r} cannot be sent.")
    return dict(headers)


def _beside(sent: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return what is sent with the operator's own headers, whatever the case of a name."""
    there = {name.lower() for name in sent}
    return {**sent, **{name: value for name, value in own.items() if name.lower() not in there}}


def _passed(url: str, status: int) -> None:
    if status < 400:  # noqa: PLR2004
        return
    said = f"{_host(url)} answered with status {status}"
    if status >= 500 or status in PASSING:  # noqa: PLR2004
        raise FetchFailed(f"{said}; it may answer later.")
    raise PageMissing(f"{said}.")  # the rest of a URL may be a secret


def _told(error: BaseException) -> str:
    """Return what went wrong, without an address that a name led to."""
    kinds = {
        "ClientConnectorDNSError": "nobody knows that name",
        "ClientConnectorCertificateError": "its certificate is not trusted",
        "ClientConnectorSSLError": "it does not speak TLS",
        "ServerDisconnectedError": "it hung up",
        "ClientPayloadError": "its answer broke off",
        "ClientConnectorError": "nobody listens there",
        "ConnectionRefusedError": "nobody listens there",
    }
    names = [each.__name__ for each in type(error).__mro__]
    return next((kinds[name] for name in names if name in kinds), "its answer makes no sense")
