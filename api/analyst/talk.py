"""What is said over one WebSocket: actions in, events out."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from hashlib import sha256
from typing import Any

import structlog
from pydantic import Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from api.analyst.events import frame, listening, plain_json
from api.analyst.turns import AskIn, EditIn, chat_of, message_of
from api.body import read
from api.errors import Refused, TooOften, coded, problem
from api.limits import SEND, SEND_ALL, SEND_BURST, SOCKETS_MEMBER, Limits
from core.app import Core
from core.chats import Turn
from core.chats.failures import failure_of
from core.chats.wire import failure
from core.errors import CoreError, Invalid, Limited, Unauthenticated
from core.identity import Actor, Surface
from core.ids import ChatId, new_id, now
from core.record import Record

LARGEST = 256 * 1024
"""Bytes of one frame; the server closes what is larger with 1009 by itself."""
TURNS = 20
"""Answers that one socket may be waiting for."""
REST = 5.0
"""Seconds that an interrupted answer gets to say its end."""
OF_MEMBER = f"You have {SOCKETS_MEMBER} sockets already; close one, or use one for all your chats."
UNKNOWN, CAP, TOO_LARGE = 4001, 4429, 1009
ACTIONS = ("authenticate", "send_message", "interrupt", "ping", "delete_message", "edit_message")

log = structlog.get_logger()


class WsConnectionCap(Limited):
    """There are three sockets with this token already; close one, or use one for all your chats."""


class Closed(Exception):
    """The socket is to be closed."""

    def __init__(self, code: int, reason: str) -> None:
        """Close it with *code*, and a *reason* of at most 123 bytes."""
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:123].decode("utf-8", "ignore")


class Stopping(Record):
    """Which answers are to stop: a chat's, or all of this socket's."""

    chat_id: str | None = None


class Going(Record):
    """Which message is to go, with every later one."""

    chat_id: str
    message_id: str


class Editing(EditIn):
    """What is said instead of which message."""

    chat_id: str
    message_id: str


class Letting(Record):
    """Whose the socket is."""

    token: str = Field(min_length=1)


class Talk:
    """One socket's: it reads an action at a time, and tells of many turns at once.

    Nothing is queued: each turn's teller waits until the socket has taken its last frame, and the
    next action is read when the last one is answered.
    """

    def __init__(self, socket: WebSocket) -> None:
        """Talk over *socket*."""
        state = socket.app.state
        self._socket = socket
        self._core: Core = state.core
        self._limits: Limits = state.limits
        self._sockets = self._limits.sockets
        self._talking = self._limits.talking
        self._silence: float = state.silence
        self._impatience: float = state.impatience
        self._beating = socket.query_params.get("heartbeat", "") not in {"", "0", "false"}
        self._id = new_id()
        self._credential = ""
        self._actor: Actor | None = None
        self._tellers: dict[asyncio.Task[None], ChatId] = {}
        self._leash = asyncio.timeout(None)

    async def let_in(self) -> None:
        """Learn whose the socket is: by its header, or by its first frame.

        Raises:
            Closed: nobody's, or the token opens nothing.
        """
        scheme, _, token = self._socket.headers.get("authorization", "").partition(" ")
        if "authorization" not in self._socket.headers:
            try:
                async with asyncio.timeout(self._impatience):
                    message = await self._receive()
            except TimeoutError:
                raise Closed(UNKNOWN, "No token came in time") from None
            try:
                said = _read(message)
                if said.pop("action") != "authenticate":
                    raise Closed(UNKNOWN, "Authenticate first")
                said.pop("request_id", None)
                token = Letting.model_validate(said).token
            except (CoreError, Refused, ValidationError, KeyError):
                raise Closed(UNKNOWN, "Authenticate first") from None
        elif scheme.lower() != "bearer":
            raise Closed(UNKNOWN, "Missing bearer token")
        await self._know(token.strip())

    async def run(self) -> None:
        """Answer until the client leaves.

        Raises:
            Closed: there are too many sockets, or the token opens nothing any more.
        """
        token, member_id = sha256(self._credential.encode()).hexdigest(), self._me.member_id
        if not self._sockets.take(token):
            await self._fail(WsConnectionCap(), None)
            raise Closed(CAP, "Too many sockets with this token")
        if not self._talking.take(member_id):
            self._sockets.leave(token)
            await self._fail(WsConnectionCap(OF_MEMBER), None)
            raise Closed(CAP, "Too many sockets of this member")
        beating = None
        try:
            await self._say("authenticated", {"status": "ok"})
            beating = asyncio.create_task(self._beat())
            async with self._leash:
                await self._listen()
        except TimeoutError:
            if not self._leash.expired():
                raise
            raise Closed(UNKNOWN, "The token opens nothing any more") from None
        finally:
            self._sockets.leave(token)
            self._talking.leave(member_id)
            ending = [*self._tellers, *([] if beating is None else [beating])]
            for task in ending:
                task.cancel()
            if ending:
                await asyncio.wait(ending)

    # Whose it is

    @property
    def _me(self) -> Actor:
        if self._actor is None:
            raise Closed(UNKNOWN, "Authenticate first")
        return self._actor

    async def _know(self, credential: str) -> None:
        try:
            actor = await self._core.identity.by_credential(credential, Surface.API)
        except Unauthenticated as refusal:
            raise Closed(UNKNOWN, refusal.message) from None
        mine = self._actor
        if mine is not None and mine.member_id != actor.member_id:
            raise Closed(UNKNOWN, "That token is somebody else's")
        # Its questions are counted with the key that it was opened with.
        self._actor = actor if mine is None else actor.model_copy(update={"bucket": mine.bucket})
        self._credential = credential
        self._socket.state.actor = actor

    async def _beat(self) -> None:
        """Look again whether the token still opens anything, and give a sign of life."""
        while True:
            await asyncio.sleep(self._silence)
            try:
                await self._know(self._credential)
            except Closed:
                self._leash.reschedule(asyncio.get_running_loop().time())
                return
            except CoreError as refusal:
                log.warning("a socket's token could not be looked at", reason=refusal.message)
            if self._beating:
                with suppress(WebSocketDisconnect, WebSocketDisconnected):
                    await self._say("heartbeat", {"timestamp": now().isoformat()})

    # What comes in

    async def _receive(self) -> dict[str, Any]:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1005)
        return dict(message)

    async def _listen(self) -> None:
        while True:
            message = await self._receive()
            request_id: str | int | None = None
            try:
                said = _read(message)
                request_id = _request_id(said.pop("request_id", None))
                await self._know(self._credential)
                await self._act(said.pop("action", None), said, request_id)
            except CoreError as refusal:
                await self._fail(refusal, request_id)
            except Refused as refused:
                await self._fail(Invalid(refused.detail), request_id)
            except ValidationError as error:
                await self._fail(Invalid(problem(error.errors()[0], skip=0)), request_id)
            except (Closed, WebSocketDisconnect, WebSocketDisconnected):
                raise
            except Exception as error:  # noqa: BLE001 - the edge of a frame: told and logged
                await self._fail(error, request_id)

    async def _act(self, action: Any, said: dict[str, Any], request_id: str | int | None) -> None:
        chats = self._core.chats
        match action:
            case "ping":
                await self._say("pong", {}, request_id=request_id)
            case "authenticate":
                await self._know(Letting.model_validate(said).token.strip())
                await self._say("authenticated", {"status": "ok"}, request_id=request_id)
            case "send_message":
                asked = AskIn.model_validate(said)
                self._count()
                turn = await chats.ask(self._me, asked.question())
                self._tell(turn, bool(asked.include_tool_events), request_id)
            case "edit_message":
                edited = Editing.model_validate(said)
                self._count()
                id, question = (
                    message_of(edited.message_id),
                    edited.question(chat_of(edited.chat_id)),
                )
                turn = await chats.edit(self._me, id, question)
                self._tell(turn, bool(edited.include_tool_events), request_id)
            case "delete_message":
                going = Going.model_validate(said)
                id = message_of(going.message_id)
                await chats.delete_from(self._me, chat_of(going.chat_id), id)
                await self._say("deleted", {"message_id": id}, request_id=request_id)
            case "interrupt":
                await self._interrupt(Stopping.model_validate(said))
                await self._say("interrupted", {"status": "interrupted"}, request_id=request_id)
            case _:
                raise Invalid(f"action: There is no such action, but {', '.join(ACTIONS)}")

    def _count(self) -> None:
        """Count one more question.

        Raises:
            TooOften: it comes too soon, or too many are waiting for their answers.
        """
        if len(self._tellers) >= TURNS:
            raise TooOften(f"You are waiting for {TURNS} answers over this socket already.")
        bucket = self._me.bucket
        self._limits.hit_all((SEND, self._id), (SEND_BURST, self._id), (SEND_ALL, bucket))

    async def _interrupt(self, stopping: Stopping) -> None:
        """Stop a chat's answer, or all of this socket's; return when they have told their end."""
        if stopping.chat_id is not None:
            ids: Sequence[ChatId] = [chat_of(stopping.chat_id)]
        else:
            ids = list(dict.fromkeys(self._tellers.values()))
        for id in ids:
            await self._core.chats.interrupt(self._me, id)
        ending = [task for task, chat_id in self._tellers.items() if chat_id in ids]
        if ending:
            await asyncio.wait(ending, timeout=REST)

    # What goes out

    def _tell(self, turn: Turn, tools: bool, request_id: str | int | None) -> None:
        task = asyncio.create_task(self._told(turn, tools, request_id))
        self._tellers[task] = turn.chat_id
        task.add_done_callback(lambda done: self._tellers.pop(done, None))

    async def _told(self, turn: Turn, tools: bool, request_id: str | int | None) -> None:
        """Tell a turn's events at the pace of the socket."""
        with suppress(WebSocketDisconnect, WebSocketDisconnected):
            async with aclosing(listening(turn.listen())) as numbered:
                async for number, event in numbered:
                    told = frame(event, tools=tools)
                    if told is not None:
                        await self._say(
                            *told,
                            request_id=request_id,
                            id=f"{turn.id}:{number}",
                            chat_id=turn.chat_id,
                        )

    async def _fail(self, problem: Exception, request_id: str | int | None) -> None:
        told = failure(failure_of(problem))
        if isinstance(problem, CoreError):
            told["code"] = coded(problem)
        if isinstance(problem, TooOften):
            told["retry_after_seconds"] = problem.seconds
        if isinstance(problem, WsConnectionCap):
            told["code"] = problem.code.upper()
        await self._say("error", told, request_id=request_id)

    async def _say(
        self,
        event: str,
        data: dict[str, Any],
        *,
        request_id: str | int | None = None,
        **marks: str,
    ) -> None:
        said: dict[str, Any] = {"event": event, "data": data} | marks
        if request_id is not None:
            said["request_id"] = request_id
        await self._socket.send_text(plain_json(said).decode())


def _read(message: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object of a frame.

    Raises:
        Invalid, Refused: there is none in it.
        Closed: it is too large.
    """
    text = message.get("text")
    if text is None:
        raise Invalid("A frame is text, not binary")
    if len(text) > LARGEST:
        raise Closed(TOO_LARGE, "The frame is too large")
    said = read(text.encode())
    if not isinstance(said, dict):
        raise Invalid("A frame is a JSON object with an action")
    return said


def _request_id(given: Any) -> str | int | None:
    if given is None or (isinstance(given, str) and len(given) <= 100):  # noqa: PLR2004
        return given
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**53:
        return given
    raise Invalid("request_id: A text of at most 100 characters, or an integer")
