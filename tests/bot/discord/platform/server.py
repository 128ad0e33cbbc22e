"""The REST API on a port of this machine, and what stands in front of it."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .calls import Answer, Call, Rule
from .drafts import REQUEST, read_body
from .errors import Refused
from .gateway import Gateway
from .limits import Limits, Verdict
from .records import Request
from .world import World

API = "/api/v10"
VIA = {"Via": "1.1 google"}
"""What tells Discord's own answers from Cloudflare's; discord.py goes by it."""
MAJOR = ("channel", "guild", "token")
"""Docs, Rate Limits: the parts of a path that have buckets of their own."""


def matches(pattern: str, path: str) -> bool:
    """Say whether *path* is like *pattern*, in which `*` is a part and `**` the rest."""
    steps = re.split(r"(\*\*|\*)", pattern)
    known = {"**": ".+", "*": "[^/]+"}
    return bool(re.fullmatch("".join(known.get(one) or re.escape(one) for one in steps), path))


@dataclass(eq=False)
class Fault:
    """Requests that do not get what they should."""

    method: str
    path: str
    times: int
    status: int | None = None
    """None cuts the line once it is done."""
    code: int = 0
    met: int = 0


@dataclass(eq=False)
class Hold:
    """Requests that wait."""

    method: str
    path: str
    waiting: list[str] = field(default_factory=list)
    """The paths of those that wait."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Server:
    """Listens, checks who asks and how often, and notes what was asked and answered."""

    def __init__(
        self,
        world: World,
        gateway: Gateway,
        rules: list[Rule],
        limits: Limits,
        violations: list[str],
    ) -> None:
        self.violations = violations
        self.world = world
        self.gateway = gateway
        self.limits = limits
        self.token = gateway.token
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.holds: list[Hold] = []
        self.down: int | None = None
        self._app = web.Application(client_max_size=REQUEST * 2)
        for rule in rules:
            self._app.router.add_route(rule.method, f"{API}{rule.path}", self._act(rule))
        self._app.router.add_get("/gateway/", gateway.serve)
        self._app.router.add_get("/attachments/{channel}/{id}/{name}", self._file)
        self._app.router.add_route("*", "/{rest:.*}", self._nowhere)
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)

    async def start(self) -> int:
        """Listen, and return the port."""
        await self._runner.setup()
        # A burst of commands is a burst of connections: the usual 128 would cost some a second.
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Let everybody go."""
        for hold in self.holds:
            hold.over.set()
        await self.gateway.stop()
        await self._runner.cleanup()

    def _act(self, rule: Rule) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(rule, request)

        return answer

    async def _answer(self, rule: Rule, request: web.Request) -> web.StreamResponse:
        if self.down:
            path = request.path.removeprefix(API)
            at = self.world.clock.now()
            self._note(Request(at, rule.method, path, None, self.down, None, None), Verdict())
            return web.Response(status=self.down, text="upstream connect error", headers=VIA)
        if self.limits.banned:
            return web.Response(status=429, text="error code: 1015", content_type="text/html")
        path, at = request.path.removeprefix(API), self.world.clock.now()
        fault: Fault | None = None
        verdict, body, code, tree = Verdict(), None, None, None
        try:
            # Read first: what arrived is done, whatever becomes of whoever sent it.
            body, files = await read_body(request)
            await self._held(rule.method, path)
            fault = self._fault(rule.method, path)
            verdict = self._admit(rule, request, fault)
            if verdict.retry_after is None:
                call = Call(dict(request.match_info), dict(request.query), body, files)
                answer = rule.act(call)
            else:
                answer = self._limited(verdict)
        except Refused as refused:
            answer, code = Answer(refused.payload, refused.status), refused.code
            tree = refused.errors
        except Exception as error:
            self.violations.append(f"the stand-in broke: {error!r} in {rule.method} {path}")
            raise
        status = answer.status or (204 if answer.body is None else 200)
        self._note(Request(at, rule.method, path, body, status, code, tree), verdict)
        if fault and fault.status is None and request.transport:
            request.transport.abort()
        return self._json(answer, verdict.headers)

    def _admit(self, rule: Rule, request: web.Request, fault: Fault | None) -> Verdict:
        """Check who asks, and how often."""
        if fault and fault.status:
            raise Refused(fault.code, "Something went wrong", status=fault.status)
        if not rule.open and request.headers.get("Authorization") != f"Bot {self.token}":
            raise Refused(0)
        major = "+".join(request.match_info.get(each, "") for each in MAJOR)
        return self.limits.take(rule.method, rule.path, major, request.path.removeprefix(API))

    def _limited(self, verdict: Verdict) -> Answer:
        """Docs, Rate Limits, "Exceeding A Rate Limit"."""
        wait = verdict.retry_after or 0.0
        payload = {"message": "You are being rate limited.", "retry_after": round(wait, 3)}
        verdict.headers["Retry-After"] = str(int(wait) + 1)
        return Answer(payload | {"global": verdict.everywhere}, 429)

    def _json(self, answer: Answer, headers: dict[str, str]) -> web.Response:
        headers = VIA | headers
        if answer.body is None:
            return web.Response(status=answer.status or 204, headers=headers)
        text = json.dumps(answer.body, ensure_ascii=False)
        response = web.Response(status=answer.status or 200, text=text, headers=headers)
        # Without a charset, as Discord sends it: discord.py compares the whole header.
        response.headers["Content-Type"] = "application/json"
        return response

    def _note(self, request: Request, verdict: Verdict) -> None:
        self.requests.append(request)
        self.limits.told(verdict)
        self.limits.answered(request.status)
        self.world.moments.happened()

    async def _held(self, method: str, path: str) -> None:
        for hold in list(self.holds):
            if hold.method == method and matches(hold.path, path):
                hold.waiting.append(path)
                self.world.moments.happened()
                await hold.over.wait()

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and matches(fault.path, path) and fault.met < fault.times:
                fault.met += 1
                return fault
        return None

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Serve a file as Discord's CDN does."""
        if self.down:
            return web.Response(status=self.down)
        channel = self.world.channels.get(int(request.match_info["channel"]))
        for message in channel.messages.values() if channel else ():
            for each in message.files:
                if str(each.id) == request.match_info["id"] and not message.deleted:
                    kind = each.content_type or "application/octet-stream"
                    return web.Response(body=each.content, content_type=kind)
        return web.Response(status=404, text="This content is no longer available.")

    async def _nowhere(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        code = 0
        if re.match(r"/api/v\d+/", path) and not path.startswith(f"{API}/"):
            refused = Refused(50041)
            return self._json(Answer(refused.payload, 400), {})
        found = [each for each in self._app.router.resources() if each.canonical != "/{rest}"]
        known = any(each.get_info().get("path") == path for each in found)
        status = 405 if known else 404
        said = "405: Method Not Allowed" if known else "404: Not Found"
        short = path.removeprefix(API)
        at = self.world.clock.now()
        self._note(Request(at, request.method, short, None, status, code), Verdict())
        return self._json(Answer({"message": said, "code": code}, status), {})
