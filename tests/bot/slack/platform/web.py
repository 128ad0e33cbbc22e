"""The platform's address: the Web API, uploads, files, response URLs and sockets."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from tests.bot.slack.platform import (  # noqa: F401
    assistants,
    chat,
    directory,
    modals,
    places,
    streams,
    uploads,
)
from tests.bot.slack.platform.arguments import known, read
from tests.bot.slack.platform.events import Events
from tests.bot.slack.platform.hooks import respond
from tests.bot.slack.platform.method import METHODS, Asking, Method
from tests.bot.slack.platform.rates import (
    BURST_PER_CHANNEL,
    PER_CHANNEL,
    PER_WORKSPACE,
    SPECIAL,
    TIERS,
    Bucket,
    Rates,
)
from tests.bot.slack.platform.refusals import Cut, Json, Refused
from tests.bot.slack.platform.sockets import MOST_SOCKETS, Socket
from tests.bot.slack.platform.world import Call, Token

BIGGEST = 64 * 1024 * 1024


@dataclass(eq=False)
class Failure:
    """What a method does instead of what it is asked for, some times."""

    method: str
    error: str
    times: int
    status: int = 200
    retry_after: int | None = None
    after: bool = False
    """Whether the work is done, and only the answer is lost."""


@dataclass(eq=False)
class Gate:
    """Calls of a method wait at it until it is opened."""

    method: str
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0

    def open(self) -> None:
        """Let everything through from now on."""
        self.opened.set()


class Web(Events):
    """Serves the app."""

    def __init__(self, manifest: Json | None = None, **how: Any) -> None:
        super().__init__(manifest, **how)
        self.rates = Rates(self.clock)
        self.failures: list[Failure] = []
        self.gates: list[Gate] = []
        self.down_until = 0.0
        self.refuses_sockets = False
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return the base URL of the Web API, SLACK_API_URL."""
        return f"{self.root}/api/"

    @property
    def is_down(self) -> bool:
        """Return whether nothing answers."""
        return self.clock.now() < self.down_until

    async def serve(self) -> None:
        """Open the address."""
        app = web.Application(client_max_size=BIGGEST)
        app.router.add_route("*", "/api/{method}", self._edge(self._call))
        app.router.add_route("*", "/upload/v1/{file}", self._edge(self._upload))
        app.router.add_get("/files/{file}/{name:.*}", self._edge(self._download))
        app.router.add_post("/actions/{hook}", self._edge(self._hook))
        app.router.add_get("/link/", self._link)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.root = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def leave(self) -> None:
        """Close the address and all that hangs on it."""
        for socket in tuple(self.sockets):
            socket.cut()
        for gate in self.gates:
            gate.open()
        await self.rest()
        if self._runner is not None:
            await self._runner.cleanup()

    def _edge(
        self, work: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def at_the_edge(request: web.Request) -> web.StreamResponse:
            if self.is_down:
                return cut(request)
            try:
                return await work(request)
            except Cut:
                return cut(request)

        return at_the_edge

    # The Web API

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = Call(name, {}, "", time.monotonic())
        headers: dict[str, str] = {}
        self.calls.append(call)
        try:
            call.status, call.answer = 200, await self._answered(request, call, headers)
        except Refused as refused:
            call.status, call.answer = refused.status, refused.answer()
            call.retry_after = refused.retry_after
            if refused.retry_after is not None:
                headers["Retry-After"] = str(refused.retry_after)
        except Cut:
            call.answer = {"ok": False, "error": "connection_cut"}
            raise
        finally:
            call.seconds = time.monotonic() - call.at
            self.changed()
        return web.json_response(call.answer, status=call.status, headers=headers)

    async def _answered(self, request: web.Request, call: Call, headers: dict[str, str]) -> Json:
        known_method = METHODS.get(call.method)
        if known_method is None:
            raise Refused("unknown_method", req_method=call.method)
        said, call.arguments = await read(request, takes_json=known_method.takes_json)
        _basic(request, call.arguments)
        token = self._authorized(known_method, said)
        team = token.team or self.workspace
        call.team = team.id
        headers["X-OAuth-Scopes"] = ",".join(sorted(token.scopes))
        headers["X-Accepted-OAuth-Scopes"] = ",".join(known_method.scopes)
        await self._held(call)
        self._failing(call, after=False)
        if known_method.scopes and not set(known_method.scopes) & token.scopes:
            raise Refused(
                "missing_scope",
                needed=",".join(known_method.scopes),
                provided=",".join(sorted(token.scopes)),
            )
        self._rated(known_method, team.id, call)
        known(call.arguments, known_method.required, known_method.optional)
        asking = Asking(self, token, team, call.arguments, self.root)
        answer = {"ok": True, **await known_method.work(asking)}
        self._failing(call, after=True)
        return answer

    def _authorized(self, known_method: Method, said: str) -> Token:
        if known_method.kind == "none":
            return Token("none", None, frozenset())
        if not said:
            raise Refused("not_authed")
        token = self.tokens.get(said)
        if token is None:
            raise Refused("invalid_auth")
        if token.dead:
            raise Refused(token.dead)
        # auth.test takes any token; else a bot's is no app's.
        if token.kind != known_method.kind and known_method.name != "auth.test":
            raise Refused("not_allowed_token_type")
        return token

    async def _held(self, call: Call) -> None:
        for gate in [each for each in self.gates if each.method == call.method]:
            gate.waiting += 1
            self.changed()
            await gate.opened.wait()
            gate.waiting -= 1
        if self.is_down:
            raise Cut

    def _failing(self, call: Call, *, after: bool) -> None:
        for each in self.failures:
            if each.method in {call.method, "*"} and each.after == after and each.times > 0:
                each.times -= 1
                if not each.error:
                    raise Cut
                if each.retry_after is not None:
                    bucket = self._bucket(METHODS[call.method], call.team)
                    bucket.barred_until = self.clock.now() + each.retry_after
                raise Refused(each.error, status=each.status, retry_after=each.retry_after)

    def _bucket(self, known_method: Method, team: str) -> Bucket:
        rate = TIERS.get(known_method.tier, SPECIAL)
        return self.rates.bucket(known_method.name, team, per_minute=rate, burst=rate)

    def _rated(self, known_method: Method, team: str, call: Call) -> None:
        buckets = [self._bucket(known_method, team)]
        if known_method.name == "chat.postMessage":
            buckets.append(self.posting(team, str(call.arguments.get("channel"))))
            buckets.append(
                self.rates.bucket("workspace", team, per_minute=PER_WORKSPACE, burst=PER_WORKSPACE)
            )
        for bucket in buckets:
            self.take(bucket, call.method)

    def posting(self, team: str, channel: str) -> Bucket:
        """Return the bucket of messages to one channel."""
        return self.rates.bucket("", team, channel, per_minute=PER_CHANNEL, burst=BURST_PER_CHANNEL)

    def take(self, bucket: Bucket, what: str) -> None:
        """Take one of a bucket, or refuse it until there is one."""
        wait, impatient = self.rates.take(bucket)
        if impatient:
            self.violated("impatient", f"{what} came before its Retry-After")
        if wait:
            self.violated("ratelimited", what)
            raise Refused("ratelimited", status=429, retry_after=wait)
        if impatient:
            left = max(1, round(bucket.barred_until - self.clock.now()))
            raise Refused("ratelimited", status=429, retry_after=left)

    # Files

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        file = self.uploads.get(request.match_info["file"])
        if file is None or request.method not in {"POST", "PUT"}:
            return web.Response(status=404, text="not found")
        if request.content_type == "multipart/form-data":
            part = await anext(aiter(await request.multipart()))
            content = bytes(await part.read()) if isinstance(part, BodyPartReader) else b""
        else:
            content = await request.read()
        if len(content) != file.length:
            return web.Response(status=400, text=f"{file.length} bytes were announced")
        file.content, file.uploaded = content, True
        self.changed()
        return web.Response(text=f"OK - {len(content)}")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        token = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        file = self.uploads.get(request.match_info["file"].split("-")[-1])
        if token is None or token.dead or "files:read" not in token.scopes:
            return web.Response(text="<!DOCTYPE html>sign in", content_type="text/html")
        if file is None or file.deleted or file.team is not token.team:
            return web.Response(status=404, text="not found")
        return web.Response(body=file.content, content_type="application/octet-stream")

    # Response URLs

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        try:
            body = json.loads(await request.read())
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        try:
            await respond(self, request.match_info["hook"], body)
        except Refused as refused:
            self.violated("response_url", f"{refused.code}: {refused.faults}")
            return web.json_response(refused.answer(), status=refused.status)
        return web.Response(text="ok")

    # Sockets

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if self.is_down or self.refuses_sockets or ticket not in self.tickets:
            return cut(request)
        self.tickets.discard(ticket)
        ws = web.WebSocketResponse(autoping=True, max_msg_size=BIGGEST)
        await ws.prepare(request)
        socket = Socket(ws, self.violated)
        if len(self.sockets) >= MOST_SOCKETS:
            await socket.say({"type": "disconnect", "reason": "too_many_websockets"})
            await ws.close()
            return ws
        self.sockets.append(socket)
        try:
            await socket.greet(self.app_id, len(self.sockets))
            self.changed()
            await socket.listen()
        except ConnectionError:
            socket.end()
        finally:
            self.sockets.remove(socket)
            self.changed()
        return ws


def cut(request: web.Request) -> web.StreamResponse:
    """Break the connection of a request instead of answering it."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


def _basic(request: web.Request, found: Json) -> None:
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        id, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        found.setdefault("client_id", id)
        found.setdefault("client_secret", secret)
