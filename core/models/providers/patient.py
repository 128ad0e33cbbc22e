"""A web client that waits for a model no longer than told, and asks again where that helps."""

import random
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import anyio
import httpx2
import structlog
from typing_extensions import override

from core.models.providers.whole import watched

CONNECT = 10.0
"""Seconds to reach a vendor."""
SEND = 30.0
"""Seconds that a part of a question may take to be taken."""
TRIES = 4
"""How often a question is sent at most."""
PATIENCE = 30.0
"""Seconds after which a question is not sent again."""
LONGEST = 8.0
"""Seconds of the longest pause that is our own idea."""
BUSY = frozenset({408, 409, 429})
"""Statuses below 500 that pass by themselves."""
LOST = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ReadError, httpx2.RemoteProtocolError)
"""Connections that broke before a word was said; who is silent is not asked twice."""
LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)

log = structlog.get_logger()


class Patient(httpx2.AsyncClient):
    """One vendor's connections; whatever the vendor's library asks for, these bounds hold."""

    def __init__(
        self, *, silence: float, pause: float, patience: float = PATIENCE, tries: int = TRIES
    ) -> None:
        """Keep no connection yet.

        Args:
            silence: seconds to wait for the first byte, and for each that follows.
            pause: seconds before the second try; each later pause is twice the one before.
            patience: seconds after which a question is not sent again.
            tries: how often it is sent at most.
        """
        super().__init__(
            timeout=httpx2.Timeout(silence, connect=min(CONNECT, silence), write=SEND),
            limits=LIMITS,
            verify=_trust(),
            # Words that come one by one gain nothing from being packed.
            headers={"user-agent": "trellis", "accept-encoding": "identity"},
        )
        self._patience, self._tries, self._pause = patience, tries, pause

    @override
    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:
        """Send *request*, again while the vendor is busy or out of reach and nothing was said."""
        request.extensions = {**request.extensions, "timeout": self.timeout.as_dict()}
        # A redirect would carry the key to a host that nobody named.
        how["follow_redirects"] = False
        until = anyio.current_time() + self._patience
        for attempt in range(1, self._tries + 1):
            last = attempt == self._tries
            try:
                response = await super().send(request, **how)
            except LOST as error:
                wait = self._backoff(attempt)
                if last or anyio.current_time() + wait > until:
                    raise
                said: object = type(error).__name__
            else:
                if last or not await _passes(response):
                    return watched(response)
                asked = asked_to_wait(response.headers)
                wait = self._backoff(attempt) if asked is None else asked
                if anyio.current_time() + wait > until:
                    return response
                said = response.status_code
                await response.aclose()
            log.info("model asked again", host=request.url.host, said=said, seconds=round(wait, 2))
            await anyio.sleep(wait)
        raise AssertionError  # the last try returned or raised

    def _backoff(self, attempt: int) -> float:
        wait: float = min(LONGEST, self._pause * 2 ** (attempt - 1))
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 - spreads the askers, hides nothing


@cache
def _trust() -> ssl.SSLContext:
    """Return whose certificates are believed; to read them takes a while, and once is enough."""
    return httpx2.create_ssl_context()


def asked_to_wait(headers: httpx2.Headers) -> float | None:
    """Return how many seconds a vendor asks to be left alone, if it says so.

    `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3).
    """
    said = headers.get("retry-after-ms")
    if said is not None and _is_number(said):
        return float(said) / 1000
    said = headers.get("retry-after", "")
    if _is_number(said):
        return float(said)
    try:
        date = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdecimal() and text.isascii()


async def _passes(response: httpx2.Response) -> bool:
    """Return whether the same question may be answered later."""
    told = response.headers.get("x-should-retry")
    if told in {"true", "false"}:
        return bool(told == "true")
    if response.status_code == 429:  # noqa: PLR2004
        # Whose credit is used up, has none in a moment either (OpenAI has one status for both).
        with suppress(*LOST):
            return b"insufficient_quota" not in await response.aread()
    return response.status_code in BUSY or response.status_code >= 500  # noqa: PLR2004
