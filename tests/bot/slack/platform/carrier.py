"""How the app is told: over one of its sockets or over signed HTTP, and again if it stays silent.

https://docs.slack.dev/apis/events-api/#retries: three seconds to acknowledge; then again at once,
after a minute and after five.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
from typing_extensions import override

from tests.bot.slack.platform.refusals import Json
from tests.bot.slack.platform.sockets import Socket
from tests.bot.slack.platform.world import World

RETRIES = (0.0, 60.0, 300.0)
"""Seconds after a failure until the next attempt: «nearly immediately», a minute, five."""
NO_TAKER = "no_socket"


@dataclass(eq=False)
class Attempt:
    """One try to tell the app."""

    via: str
    reason: str
    """Why it is told again; empty the first time."""
    sent: float
    seconds: float | None = None
    """How long it took to acknowledge; None if it did not."""
    failure: str = ""
    status: int = 0


@dataclass(eq=False)
class Delivery:
    """What the app is told: an event, a command, an interaction."""

    id: str
    """An event's `event_id`; else the first envelope's id."""
    type: str
    payload: Json
    attempts: list[Attempt] = field(default_factory=list)
    answer: Json = field(default_factory=dict)
    """What came with the acknowledgement."""
    over: bool = False
    """Whether it was acknowledged or given up."""

    @property
    def acked(self) -> bool:
        """Return whether it was acknowledged in time."""
        return any(each.seconds is not None and not each.failure for each in self.attempts)

    @property
    def seconds(self) -> float:
        """Return how long the acknowledgement took."""
        return next(each.seconds for each in self.attempts if each.seconds is not None)

    @property
    def event(self) -> str:
        """Return what happened: `app_mention`, `message/message_changed`, `block_actions`."""
        inner = self.payload.get("event", self.payload)
        kind = str(inner.get("type", inner.get("command", "")))
        return f"{kind}/{inner['subtype']}" if inner.get("subtype") else kind

    @override
    def __repr__(self) -> str:
        return f"<Delivery {self.event} {'acked' if self.acked else self.attempts}>"


class Carrier(World):
    """Tells the app what happens."""

    def __init__(
        self,
        manifest: Json | None = None,
        *,
        mode: str = "socket",
        events_url: str = "",
        ack_within: float = 3.0,
    ) -> None:
        super().__init__(manifest)
        self.mode = mode
        self.events_url = events_url
        self.ack_within = ack_within
        self.sockets: list[Socket] = []
        self.deliveries: list[Delivery] = []
        self._turn = itertools.count()
        self._due: list[tuple[float, Delivery]] = []
        self._errands: set[asyncio.Task[Any]] = set()
        self._http: aiohttp.ClientSession | None = None
        self.clock.listeners += [self.lapse, self._again, self.changed]

    @override
    def busy(self) -> bool:
        """Return whether a delivery is under way; those that wait for their time are not."""
        return bool(self._errands)

    def errand(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Do something beside."""
        task = asyncio.get_running_loop().create_task(work)
        self._errands.add(task)

        def done(task: asyncio.Task[Any]) -> None:
            self._errands.discard(task)
            self.changed()

        task.add_done_callback(done)
        return task

    async def deliver(self, payload: Json, *, type: str = "events_api") -> Delivery:
        """Tell the app anything at all; return when it acknowledged, or has to be told later."""
        id = str(payload.get("event_id", uuid4()))
        delivery = Delivery(id, type, payload)
        self.deliveries.append(delivery)
        await self._carry(delivery, "")
        return delivery

    async def redeliver(self, delivery: Delivery, *, reason: str = "timeout") -> Delivery:
        """Tell the app the same once more, acknowledged or not."""
        await self._attempt(delivery, reason)
        self.changed()
        return delivery

    async def _carry(self, delivery: Delivery, reason: str) -> None:
        while True:
            attempt = await self._attempt(delivery, reason)
            if not attempt.failure or delivery.type != "events_api":
                delivery.over = True
                break
            reason = "timeout" if attempt.failure == NO_TAKER else attempt.failure
            tries = len(delivery.attempts) - 1
            if attempt.failure == "no_retry" or tries >= len(RETRIES):
                delivery.over = True
                break
            if RETRIES[tries]:
                self._due.append((self.clock.now() + RETRIES[tries], delivery))
                break
        self.changed()

    def _again(self) -> None:
        now = self.clock.now()
        for due, delivery in [each for each in self._due if each[0] <= now]:
            self._due.remove((due, delivery))
            reason = delivery.attempts[-1].failure
            self.errand(self._carry(delivery, "timeout" if reason == NO_TAKER else reason))

    async def _attempt(self, delivery: Delivery, reason: str) -> Attempt:
        attempt = Attempt(self.mode, reason, time.monotonic())
        delivery.attempts.append(attempt)
        if self.mode == "http":
            await self._post(delivery, attempt)
        else:
            await self._emit(delivery, attempt)
        return attempt

    # Over a socket

    async def _emit(self, delivery: Delivery, attempt: Attempt) -> None:
        ready = [each for each in self.sockets if each.ready and not each.retiring]
        if not ready:
            attempt.failure = NO_TAKER
            return
        socket = ready[next(self._turn) % len(ready)]
        attempt.via = socket.id
        event = delivery.type == "events_api"
        envelope: Json = {
            "envelope_id": str(uuid4()),
            "payload": delivery.payload,
            "type": delivery.type,
            "accepts_response_payload": not event,
        }
        if event:
            envelope["retry_attempt"] = len(delivery.attempts) - 1
            envelope["retry_reason"] = attempt.reason

        def late(seconds: float, answer: Json) -> None:
            attempt.seconds = seconds
            self.violated("late", f"{delivery.event} acknowledged after {seconds:.1f} s: {answer}")

        attempt.sent = time.monotonic()
        answered = await socket.send(envelope, late)
        try:
            delivery.answer = await asyncio.wait_for(asyncio.shield(answered), self.ack_within)
        except TimeoutError:
            answered.cancel()
            attempt.failure = "timeout"
            self.violated("unacknowledged", f"{delivery.event} in {self.ack_within} s")
        except asyncio.CancelledError:
            if not answered.cancelled():
                raise
            attempt.failure = "connection_failed"
        else:
            attempt.seconds = time.monotonic() - attempt.sent

    # Over HTTP

    def forge(
        self, body: bytes | str, *, secret: str | None = None, timestamp: int | None = None
    ) -> dict[str, str]:
        """Return the headers of a request of Slack's, or of one that only looks like it.

        https://docs.slack.dev/authentication/verifying-requests-from-slack
        """
        raw = body.encode() if isinstance(body, str) else body
        stamp = str(int(time.time()) if timestamp is None else timestamp)
        key = (self.signing_secret if secret is None else secret).encode()
        signed = hmac.new(key, b"v0:" + stamp.encode() + b":" + raw, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signed}"}

    def encoded(self, payload: Json, type: str) -> tuple[bytes, str]:
        """Return the body of a request, and what it is."""
        form = "application/x-www-form-urlencoded"
        if type == "slash_commands":
            return urlencode(payload).encode(), form
        if type == "interactive":
            return urlencode({"payload": json.dumps(payload)}).encode(), form
        return json.dumps(payload).encode(), "application/json"

    async def _post(self, delivery: Delivery, attempt: Attempt) -> None:
        body, kind = self.encoded(delivery.payload, delivery.type)
        headers = {**self.forge(body), "Content-Type": kind}
        headers["User-Agent"] = "Slackbot 1.0 (+https://api.slack.com/robots)"
        if attempt.reason:
            headers["X-Slack-Retry-Num"] = str(len(delivery.attempts) - 1)
            headers["X-Slack-Retry-Reason"] = attempt.reason
        try:
            status, answer, kind, obeyed = await asyncio.wait_for(
                self._exchange(body, headers), self.ack_within
            )
        except TimeoutError:
            attempt.failure = "http_timeout"
            self.violated("unacknowledged", f"{delivery.event} in {self.ack_within} s")
            return
        except (aiohttp.ClientError, OSError):
            attempt.failure = "connection_failed"
            return
        attempt.status = status
        if not 200 <= status < 300:
            attempt.failure = "no_retry" if obeyed else "http_error"
            self.violated("unacknowledged", f"{delivery.event}: HTTP {status} {answer[:200]}")
            return
        attempt.seconds = time.monotonic() - attempt.sent
        if answer and kind == "application/json":
            found = json.loads(answer)
            delivery.answer = found if isinstance(found, dict) else {}
        elif answer and delivery.type == "slash_commands":
            delivery.answer = {"text": answer}

    async def _exchange(self, body: bytes, headers: dict[str, str]) -> tuple[int, str, str, bool]:
        if self._http is None:
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        async with self._http.post(
            self.events_url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            obeyed = answer.headers.get("X-Slack-No-Retry") == "1"
            return answer.status, await answer.text(), answer.content_type, obeyed

    async def subscribe(self, url: str) -> bool:
        """Set where events go, as the app's settings do: only if it answers the challenge.

        https://docs.slack.dev/reference/events/url_verification
        """
        self.events_url = url
        challenge = secrets.token_urlsafe(32)
        body = json.dumps(
            {"token": self.verification, "challenge": challenge, "type": "url_verification"}
        ).encode()
        headers = {**self.forge(body), "Content-Type": "application/json"}
        status, answer, *_ = await asyncio.wait_for(self._exchange(body, headers), self.ack_within)
        return status == 200 and challenge in answer

    async def rest(self) -> None:
        """End everything that is still under way."""
        for task in tuple(self._errands):
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
