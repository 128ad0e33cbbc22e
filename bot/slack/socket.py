"""Socket Mode: bolt's own socket, and a watch over it, as it may try a dead address for ever."""

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.listening import voice
from bot.slack.web import UNSURE

GOODBYE = 1.0
"""Seconds for which the other side may say goodbye."""
AT_FIRST = 10.0
"""Seconds for which the start waits for the socket."""
PATIENCE = 6
"""Signs of life that may be missed before another address is asked for."""

APP_TOKEN = "Set it to an app-level token (xapp-…) with connections:write, and restart."  # noqa: S105

log = structlog.get_logger()


class Sockets:
    """Holds a socket open, and opens another where it breaks."""

    def __init__(self, app: AsyncApp, token: str, client: AsyncWebClient, *, ping: float) -> None:
        """Hear for *app*, with the app-level *token*.

        Args:
            app: what hears.
            token: opens sockets.
            client: asks where.
            ping: seconds between two signs of life.
        """
        self._app = app
        self._token = token
        self._client = client
        self._ping = ping
        self._handler: AsyncSocketModeHandler | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open a socket; a token that Slack refuses is logged with what mends it."""
        refused = await self._refused()
        if refused:
            log.error("Slack refuses SLACK_APP_TOKEN", fix=APP_TOKEN, reason=refused)
            return
        self._handler = AsyncSocketModeHandler(
            self._app,
            self._token,
            logger=voice(),
            web_client=self._client,
            ping_interval=self._ping,
        )
        loop = asyncio.get_running_loop()
        handler: Any = self._handler
        opening = loop.create_task(handler.connect_async())
        self._tasks = [opening, loop.create_task(self._watch())]
        await asyncio.wait({opening}, timeout=AT_FIRST)

    async def _refused(self) -> str:
        """Return why Slack refuses the token; empty where it does not, or does not answer."""
        try:
            await self._client.apps_connections_open(app_token=self._token)
        except SlackApiError as error:
            data = getattr(error.response, "data", None)
            code = str(data.get("error") or "") if isinstance(data, dict) else ""
            return code if code not in {*UNSURE, "ratelimited"} else ""
        except (ClientError, OSError, TimeoutError) as error:
            log.warning("Slack does not answer; it is asked again", reason=type(error).__name__)
        return ""

    async def close(self) -> None:
        """Close the socket; what comes meanwhile goes to other processes."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        handler, self._handler = self._handler, None
        if handler is not None:
            await _closed(handler.client)

    async def _watch(self) -> None:
        """Let another address be asked for where the last one does not answer any more."""
        missed, was = 0, False
        while True:
            await asyncio.sleep(self._ping)
            client = None if self._handler is None else self._handler.client
            if client is None:
                continue
            here = await client.is_connected()
            if here != was:
                log.info("Slack's socket is open" if here else "Slack's socket is closed")
            missed, was = 0 if here else missed + 1, here
            if missed >= PATIENCE:
                client.wss_uri = None
                missed = 0


async def _closed(client: SocketModeClient) -> None:
    """Close a socket as the library does, but wait for no goodbye of a line that is dead."""
    client.closed = True
    client.auto_reconnect_enabled = False
    tasks: list[asyncio.Future[Any] | None] = [
        client.message_processor,
        client.current_session_monitor,
        client.message_receiver,
    ]
    for task in tasks:
        if task is not None:
            task.cancel()
    await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
    if client.current_session is not None:
        with suppress(TimeoutError, ClientError, OSError):
            await asyncio.wait_for(client.current_session.close(), GOODBYE)
    await client.aiohttp_client_session.close()
