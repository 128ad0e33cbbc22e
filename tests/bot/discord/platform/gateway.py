"""The gateway, version 10: docs, Gateway; Gateway Events; Opcodes and Status Codes."""

import asyncio
import json
import secrets
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web

from . import payloads
from .compression import PACKERS
from .records import Guild, Payload
from .sessions import Session, Socket
from .world import GUILDS, MESSAGE_CONTENT, Make, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, MEMBERS, INVALID_SESSION, HELLO, ACK = 7, 8, 9, 10, 11
UNKNOWN_OPCODE, DECODE, NOT_AUTHENTICATED, BAD_TOKEN, ALREADY = 4001, 4002, 4003, 4004, 4005
BAD_SEQ, TOO_FAST, TIMED_OUT, BAD_SHARD, NEEDS_SHARDS = 4007, 4008, 4009, 4010, 4011
BAD_VERSION, BAD_INTENTS, DISALLOWED = 4012, 4013, 4014
"""Docs, Opcodes and Status Codes, "Gateway Close Event Codes"."""
INTENTS = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))
"""Docs, Gateway, "List of Intents"."""
PRIVILEGED = {"members": 1 << 1, "presences": 1 << 8, "message_content": MESSAGE_CONTENT}
"""Docs, Gateway, "Privileged Intents"."""
EVENTS, EVENT_SECONDS = 120, 60
"""What a connection may send: docs, Gateway, "Rate Limiting"."""
PAYLOAD = 4096
"""Bytes of what it sends: docs, Gateway, "Sending Events"."""
GUILDS_PER_SHARD = 2500
"""Docs, Gateway, "Sharding"."""
IDENTIFY_SECONDS = 5
"""In which `max_concurrency` identifies are allowed: docs, Gateway, "Rate Limiting"."""
SESSION_SECONDS = 180
"""How long a session waits for its client: "a few minutes", docs, Gateway, "Initiating a
Disconnect"."""
TOLERANCE = 1.5
"""How many intervals may pass between two heartbeats."""


class Closed(Exception):
    """The gateway closes a connection with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Gateway:
    """Talks to clients over sockets."""

    def __init__(
        self,
        world: World,
        token: str,
        privileged: int,
        violations: list[str],
        *,
        heartbeat: float,
        starts: int,
        concurrency: int,
    ) -> None:
        self.world = world
        self.token = token
        self.heartbeat = heartbeat
        self.starts, self.remaining, self.concurrency = starts, starts, concurrency
        self.sessions: dict[str, Session] = {}
        self.sockets: set[Socket] = set()
        self.closes: list[int] = []
        """The codes with which this side closed."""
        self.identifies = 0
        self.resumes = 0
        self.url = ""
        self.down = False
        self.turned_away = 0
        """How many sockets were refused while it was down."""
        self._privileged = privileged
        self._violations = violations
        self._identified: dict[int, deque[float]] = {}

    # Events out.
    def dispatch(self, event: str, guild: Guild | None, intents: int, make: Make) -> None:
        """Send an event to every session of the shard of *guild*, or keep it for them."""
        world, now = self.world, self.world.clock.now()
        for session in list(self.sessions.values()):
            if session.left is not None and now - session.left > SESSION_SECONDS:
                del self.sessions[session.id]
                continue
            mine = session.shard == world.shard_of(guild, session.shards)
            if mine and (not intents or session.intents & intents):
                session.event(event, make(session.intents))

    # One connection.
    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Greet a client and listen to it."""
        if self.down:
            self.turned_away += 1
            self.world.moments.happened()
            return web.Response(status=503)
        ws = web.WebSocketResponse(max_msg_size=0)
        await ws.prepare(request)
        packer = PACKERS.get(request.query.get("compress"), PACKERS[None])
        socket = Socket(ws, request, packer())
        self.sockets.add(socket)
        try:
            self._greet(request)
            socket.send(HELLO, {"heartbeat_interval": int(self.heartbeat * 1000)})
            await self._listen(socket)
        except Closed as closed:
            self.closes.append(closed.code)
            socket.close(closed.code)
            while not ws.closed:
                await ws.receive()
        finally:
            self.sockets.discard(socket)
            self._left(socket)
            await socket.end()
        return ws

    def _greet(self, request: web.Request) -> None:
        """Docs, Gateway, "Gateway URL Query String Params"; of encodings this knows JSON alone."""
        query = request.query
        if query.get("v") != "10":
            raise Closed(BAD_VERSION)
        if query.get("encoding") != "json" or query.get("compress") not in PACKERS:
            raise Closed(DECODE)

    async def _listen(self, socket: Socket) -> None:
        loop = asyncio.get_running_loop()
        beat, sent = loop.time(), deque[float]()
        while True:
            left = beat + self.heartbeat * TOLERANCE - loop.time()
            try:
                message = await asyncio.wait_for(socket.ws.receive(), left)
            except TimeoutError:
                self._violations.append("a heartbeat was missed")
                raise Closed(TIMED_OUT) from None
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            now = loop.time()
            sent.append(now)
            while sent[0] <= now - EVENT_SECONDS:
                sent.popleft()
            if len(sent) > EVENTS:
                raise Closed(TOO_FAST)
            if self._hear(socket, message.data) == HEARTBEAT:
                beat = now
            self.world.moments.happened()

    def _hear(self, socket: Socket, text: Any) -> int:
        """Do what a message asks, and return its opcode."""
        if not isinstance(text, str) or len(text.encode()) > PAYLOAD:
            raise Closed(DECODE)
        try:
            frame = json.loads(text)
            op, data = frame["op"], frame.get("d")
        except (ValueError, TypeError, KeyError):
            raise Closed(DECODE) from None
        if op == HEARTBEAT:
            if data is not None and not isinstance(data, int):
                raise Closed(DECODE)
            socket.send(ACK, None)
        elif op in {IDENTIFY, RESUME}:
            self._log_in(socket, op, data)
        elif op not in {PRESENCE, VOICE, MEMBERS}:
            raise Closed(UNKNOWN_OPCODE)
        elif socket.session is None:
            raise Closed(NOT_AUTHENTICATED)
        elif op == MEMBERS:
            self._members(socket.session, data)
        return int(op)

    def _log_in(self, socket: Socket, op: int, data: Any) -> None:
        if socket.session:
            raise Closed(ALREADY)
        if not isinstance(data, dict):
            raise Closed(DECODE)
        if data.get("token") != self.token:
            raise Closed(BAD_TOKEN)
        if op == IDENTIFY:
            self._identify(socket, data)
        else:
            self._resume(socket, data)

    def _identify(self, socket: Socket, data: Payload) -> None:
        """Docs, Gateway Events, "Identify"."""
        if not isinstance(data.get("properties"), dict):
            raise Closed(DECODE)
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~INTENTS or intents < 0:
            raise Closed(BAD_INTENTS)
        shard, shards = data.get("shard") or (0, 1)
        if not (0 <= shard < shards):
            raise Closed(BAD_SHARD)
        if intents & sum(PRIVILEGED.values()) & ~self._privileged:
            raise Closed(DISALLOWED)
        guilds = [each for each in self.world.guilds.values() if each.joined]
        mine = [each for each in guilds if self.world.shard_of(each, shards) == shard]
        if len(mine) > GUILDS_PER_SHARD:
            raise Closed(NEEDS_SHARDS)
        if not self._may_start(shard):
            socket.send(INVALID_SESSION, data=False)
            return
        self.identifies += 1
        session = Session(secrets.token_hex(16), shard, shards, intents, socket)
        self.sessions[session.id], socket.session = session, session
        session.event("READY", self._ready(session, mine))
        for each in mine if intents & GUILDS else ():
            session.event("GUILD_CREATE", self.whole(each))

    def _may_start(self, shard: int) -> bool:
        """Docs, Gateway, "Max Concurrency" and "Identifying"."""
        now = self.world.clock.now()
        recent = self._identified.setdefault(shard % self.concurrency, deque())
        while recent and recent[0] <= now - IDENTIFY_SECONDS:
            recent.popleft()
        if recent:
            return False
        if self.remaining == 0:
            self._violations.append("more sessions were started than a day allows")
            return False
        recent.append(now)
        self.remaining -= 1
        return True

    def _ready(self, session: Session, guilds: list[Guild]) -> Payload:
        """Docs, Gateway Events, "Ready"."""
        return {
            "v": 10,
            "user": payloads.user(self.world.bot) | {"verified": True, "mfa_enabled": False},
            "guilds": [{"id": str(each.id), "unavailable": True} for each in guilds],
            "private_channels": [],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": [session.shard, session.shards],
            "application": {"id": str(self.world.bot.id), "flags": 0},
        }

    def whole(self, guild: Guild) -> Payload:
        """Return a guild as GUILD_CREATE has it."""
        return payloads.guild(guild, self.world.places(guild), self.world.bot)

    def _resume(self, socket: Socket, data: Payload) -> None:
        """Docs, Gateway Events, "Resume": what was missed comes again, then RESUMED."""
        seq, now = data.get("seq"), self.world.clock.now()
        session = self.sessions.get(str(data.get("session_id")))
        if session and session.left is not None and now - session.left > SESSION_SECONDS:
            session = None
        if session is None or not isinstance(seq, int) or not session.knows(seq):
            socket.send(INVALID_SESSION, data=False)
            return
        if seq > session.seq:
            raise Closed(BAD_SEQ)
        if session.socket:
            session.socket.session = None
            session.socket.close(DECODE)
        session.socket, socket.session, session.left = socket, session, None
        session.replay(seq)
        self.resumes += 1
        session.event("RESUMED", {})

    def _members(self, session: Session, data: Any) -> None:
        """Docs, Gateway Events, "Request Guild Members"; the whole list needs GUILD_MEMBERS."""
        guild = self.world.guilds[int(data["guild_id"])]
        wanted = {int(each) for each in data.get("user_ids") or ()}
        query = data.get("query")
        everybody = session.intents & PRIVILEGED["members"]
        found = [
            person
            for person in guild.people
            if person.id in wanted or (query and person.name.startswith(query))
        ]
        if everybody and query == "":
            found = list(guild.people)
        members = [payloads.member(each, guild) | {"user": payloads.user(each)} for each in found]
        missing = wanted - {person.id for person in found}
        chunk: Payload = {"guild_id": str(guild.id), "members": members, "chunk_index": 0}
        chunk |= {"chunk_count": 1, "not_found": [str(each) for each in missing]}
        if data.get("nonce"):
            chunk["nonce"] = data["nonce"]
        session.event("GUILD_MEMBERS_CHUNK", chunk)

    def _left(self, socket: Socket) -> None:
        """Keep the session unless its client said good-bye: docs, "Initiating a Disconnect"."""
        session, socket.session = socket.session, None
        if session is None or session.socket is not socket:
            return
        session.socket, session.left = None, self.world.clock.now()
        if not socket.closing and socket.ws.close_code in {1000, 1001}:
            self.sessions.pop(session.id, None)
        self.world.moments.happened()

    # Trouble.
    def connected(self, shard: int | None = None) -> list[Socket]:
        """Return the sockets of a shard, or all that have a session."""
        return [
            each
            for each in self.sockets
            if each.session and (shard is None or each.session.shard == shard)
        ]

    def forget(self, session: Session) -> None:
        """Let a session be over."""
        self.sessions.pop(session.id, None)

    async def stop(self) -> None:
        """Cut every line."""
        for each in list(self.sockets):
            each.drop()
