"""What bolt hands on: each thing that Slack tells, to whom it is for, and acknowledged at once."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol, cast

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from typing_extensions import override

from bot.slack import hear
from bot.slack.hear import Deleted
from bot.slack.notes import Note
from bot.slack.teams import WORKSPACE, Authorize, Teams

Json = Mapping[str, Any]

COMMAND = "/trellis"
SHORTCUT = "ask"
ANYTHING = re.compile(".*", re.DOTALL)
STRANGE = "Trellis is not at home in this workspace; somebody has to install it anew."
NOT_NOW = 503
REPEATED = 60.0
"""Seconds within which bolt does not say the same again."""


class Ears(Protocol):
    """Whom it is told."""

    async def keep(self, note: Note) -> bool:
        """Keep what is to be answered; False if it could not be kept, and is not acknowledged."""
        ...

    async def typed(self, note: Note) -> dict[str, Any] | None:
        """Take what was typed into a modal; return what the modal is answered with, if kept."""
        ...

    def beside(self, work: Coroutine[Any, Any, None]) -> object:
        """Do something that is not kept, once it is acknowledged."""
        ...

    async def deleted(self, gone: Deleted) -> None:
        """Take up that a message was deleted."""
        ...

    async def left(self, team: str) -> None:
        """Take up that a workspace has removed us."""
        ...


class Beside(Protocol):
    """Who serves what is not a message."""

    async def stopped(self, body: Json) -> None:
        """Take up that somebody pressed Stop."""
        ...

    async def opened(self, body: Json) -> None:
        """Take up that somebody opened the home tab or the messages tab."""
        ...

    async def started(self, body: Json) -> None:
        """Take up that somebody opened the assistant's pane."""
        ...

    async def linked(self, body: Json) -> None:
        """Take up that somebody shared links of ours."""
        ...

    async def shortcut(self, body: Json) -> None:
        """Take up that somebody wants to ask about a message."""
        ...


class Listening:
    """Hands what bolt reads to *ears*.

    Listeners run before the acknowledgement: all they do is to keep what they are told.
    """

    def __init__(self, ears: Ears, beside: Beside, teams: Teams) -> None:
        """Tell *ears*, and *beside*, of what comes from the workspaces of *teams*."""
        self._ears = ears
        self._besides = beside
        self._teams = teams

    def app(self, client: AsyncWebClient, signing_secret: str) -> AsyncApp:
        """Return the application that listens; what comes most often is looked for first."""
        app = AsyncApp(
            name="trellis",
            logger=voice(),
            client=client,
            signing_secret=signing_secret,
            authorize=cast("Any", Authorize()),
            before_authorize=cast("Any", _Door(self._teams)),
            process_before_response=True,
            attaching_conversation_kwargs_enabled=False,
            attaching_function_token_enabled=False,
        )
        beside = self._besides
        app.command(COMMAND)(self._command)
        app.action(ANYTHING)(self._action)
        app.event("app_mention")(self._mention)
        app.event("message")(self._message)
        app.view(ANYTHING)(self._submission)
        app.shortcut(SHORTCUT)(self._shortcut)
        for name, told in {
            "app_home_opened": beside.opened,
            "assistant_thread_started": beside.started,
            "link_shared": beside.linked,
            "agent_session_stopped": beside.stopped,
        }.items():
            app.event(name)(self._beside(told))
        app.event("app_uninstalled")(self._uninstalled)
        app.event("tokens_revoked")(self._revoked)
        # What is not for us is acknowledged too, or Slack would tell it again and again.
        app.event(ANYTHING)(self._nothing)
        for kind in (app.shortcut, app.command, app.options, app.view_closed):
            kind(ANYTHING)(self._acknowledge)
        return app

    # To be answered

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse | None:
        return await self._kept(hear.command(body), ack)

    async def _action(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse | None:
        return await self._kept(hear.press(body), ack)

    async def _mention(
        self, body: dict[str, Any], context: Mapping[str, Any]
    ) -> BoltResponse | None:
        return await self._kept(hear.message(body, str(context["bot_user_id"])))

    async def _message(
        self, body: dict[str, Any], context: Mapping[str, Any]
    ) -> BoltResponse | None:
        gone = hear.deleted(body)
        if gone is not None:
            self._ears.beside(self._ears.deleted(gone))
            return None
        return await self._kept(hear.message(body, str(context["bot_user_id"])))

    async def _submission(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse | None:
        note = hear.submission(body)
        answer = {} if note is None else await self._ears.typed(note)
        if answer is None:
            return BoltResponse(status=NOT_NOW)
        await ack(**answer)
        return None

    async def _kept(self, note: Note | None, ack: AsyncAck | None = None) -> BoltResponse | None:
        """Keep a note, and acknowledge it then; an event is acknowledged by bolt itself."""
        if note is not None and not await self._ears.keep(note):
            return BoltResponse(status=NOT_NOW)
        if ack is not None:
            await ack()
        return None

    # To be taken up

    async def _shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self._ears.beside(self._besides.shortcut(body))
        await ack()

    def _beside(
        self, told: Callable[[Json], Coroutine[Any, Any, None]]
    ) -> Callable[..., Awaitable[None]]:
        async def listener(body: dict[str, Any]) -> None:
            self._ears.beside(told(body))

        return listener

    async def _uninstalled(self, body: dict[str, Any]) -> None:
        await self._ears.left(str(body["team_id"]))

    async def _revoked(self, body: dict[str, Any]) -> None:
        if (body["event"].get("tokens") or {}).get("bot"):
            await self._ears.left(str(body["team_id"]))

    async def _nothing(self) -> None:
        pass

    async def _acknowledge(self, ack: AsyncAck) -> None:
        await ack()


class _Door(AsyncMiddleware):
    """Lets through what comes from workspaces that we are at home in."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    @override
    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[Any]],
    ) -> BoltResponse | None:
        if req.body.get("type") not in {"url_verification", "ssl_check"}:
            workspace = await self._teams.known(req.context.team_id)
            if workspace is None:
                return BoltResponse(status=200, body=STRANGE if req.body.get("command") else "")
            req.context[WORKSPACE] = workspace
        await next()
        return resp


class _Brief(logging.Filter):
    """Lets one line through where a library would say the same with a trace, again and again."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is worth a line."""
        record.exc_info = record.exc_text = None
        now = time.monotonic()
        if self._said.get(str(record.msg)[:40], -REPEATED) > now - REPEATED:
            return False
        if len(self._said) > 100:  # noqa: PLR2004
            self._said.clear()
        self._said[str(record.msg)[:40]] = now
        return True


def voice() -> logging.Logger:
    """Return what bolt and its sockets log by: what went wrong, in a line."""
    logger = logging.getLogger("slack")
    logger.setLevel(logging.ERROR)
    if not any(isinstance(each, _Brief) for each in logger.filters):
        logger.addFilter(_Brief())
    return logger
