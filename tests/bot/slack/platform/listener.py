"""A small app for tests of the platform: Slack's own Socket Mode client, and what it heard."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.slack.platform.refusals import Json

Answer = Callable[[Json], Json | None]


class Listener:
    """Acknowledges what it hears, unless it is told to be silent."""

    def __init__(self, slack: SlackPlatform, answer: Answer | None = None) -> None:
        self.slack = slack
        self.answer = answer
        self.silent = False
        self.heard: list[SocketModeRequest] = []
        self.client = SocketModeClient(
            slack.app_token, web_client=AsyncWebClient(base_url=slack.url), ping_interval=0.05
        )
        self.client.socket_mode_request_listeners.append(self._hear)

    async def _hear(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.heard.append(request)
        self.slack.changed()
        if self.silent:
            return
        payload = self.answer(request.payload) if self.answer is not None else None
        await client.send_socket_mode_response(
            SocketModeResponse(envelope_id=request.envelope_id, payload=payload)
        )

    @property
    def events(self) -> list[str]:
        """Return the `event_id` of what it heard, in order."""
        return [str(each.payload.get("event_id", each.type)) for each in self.heard]


@asynccontextmanager
async def listening(slack: SlackPlatform, answer: Answer | None = None) -> AsyncIterator[Listener]:
    """Hold one socket of the app."""
    before = len([each for each in slack.sockets if each.ready])
    listener = Listener(slack, answer)
    await listener.client.connect_to_new_endpoint(force=True)
    await slack.connected(before + 1)
    try:
        yield listener
    finally:
        await listener.client.close()  # type: ignore[no-untyped-call]  # the library's
