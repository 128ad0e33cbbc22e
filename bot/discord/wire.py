"""Discord's REST API: where the settings say it is, with patience, and nothing sent twice.

discord.py does the talking and minds the limits of each route. It has one base URL for a whole
process; a client of ours has its own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import aiohttp
from discord import File
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, MultipartParameters, Route
from discord.webhook.async_ import AsyncWebhookAdapter
from pydantic import SecretStr
from typing_extensions import override
from yarl import URL

from bot.discord.parcel import ALONE, Json, Parcel, packed, replying

SECONDS = 30.0
"""How long a request may take; discord.py itself would wait for five minutes."""
SECONDS_OF_FILES = 120.0
SOCKETS = 64
"""Sockets for interactions: of a burst the first are through while the last still wait, and a
socket that is there already costs a third of a new one."""


class Rate(NamedTuple):
    """How often Discord is asked."""

    second: float
    """Requests in a second."""
    spare: int
    """Those that go out at once before the others wait."""


SAYING, HEARING = Rate(33, 9), Rate(3, 5)
"""Discord takes fifty requests in a second from a bot, those of what is said and those of the
client that hears together. It would refuse those that are too many, all of them again and again,
and shut out for an hour whoever is refused 10,000 times. Responses to interactions do not count."""
ACKNOWLEDGED = 2.5
"""Seconds for the first response to an interaction: after three it is worth nothing."""

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
"""Types of responses to interactions."""


def placed(route: Route, base: str | None) -> Route:
    """Return *route* below a base URL."""
    if base is not None and route.url.startswith(Route.BASE):
        route.url = base + route.url.removeprefix(Route.BASE)
    return route


class Rest(HTTPClient):
    """discord.py's client of the REST API, for one base URL."""

    def __init__(
        self, base: str | None, loop: asyncio.AbstractEventLoop, *, rate: Rate = SAYING
    ) -> None:
        """Talk to *base*; None is Discord itself.

        Args:
            base: where it is.
            loop: the one that runs.
            rate: how often it is asked.
        """
        super().__init__(loop)
        self._base = base
        self._rate = rate
        self._free = 0.0
        self._gateway: URL | None = None

    @override
    async def request(
        self,
        route: Route,
        *,
        files: Sequence[File] | None = None,
        form: Any = None,
        **kwargs: Any,
    ) -> Any:
        seconds = SECONDS_OF_FILES if files else SECONDS
        kwargs.setdefault("timeout", aiohttp.ClientTimeout(total=seconds))
        await self._turn()
        return await super().request(placed(route, self._base), files=files, form=form, **kwargs)

    async def _turn(self) -> None:
        """Return when the next request may be sent, the first who asked first."""
        now = asyncio.get_running_loop().time()
        at = max(now - self._rate.spare / self._rate.second, self._free)
        self._free = at + 1 / self._rate.second
        if at > now:
            await asyncio.sleep(at - now)

    @override
    async def get_bot_gateway(self) -> Any:
        shards, url, limits = await super().get_bot_gateway()
        self._gateway = URL(url)
        return shards, url, limits

    @override
    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        # A shard whose session is over begins anew at discord.py's own address of the gateway.
        asked = URL(url)
        default = DiscordWebSocket.DEFAULT_GATEWAY
        if self._base is not None and self._gateway is not None and asked.host == default.host:
            url = str(self._gateway.with_query(asked.query))
        return await super().ws_connect(url, compress=compress)


class _Hooks(AsyncWebhookAdapter):
    """discord.py's client of interactions, for the same base URL."""

    def __init__(self, base: str | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._base = base

    @override
    async def request(self, route: Route, session: aiohttp.ClientSession, **kwargs: Any) -> Any:
        return await super().request(placed(route, self._base), session, **kwargs)


def address(url: str | None) -> str | None:
    """Return a base URL as routes are appended to it; Discord's own needs its version."""
    if url is None:
        return None
    plain = url.rstrip("/")
    return f"{plain}/v10" if plain.endswith("/api") else plain


class Wire:
    """What is said to Discord, a method each; whatever it refuses is discord.py's exception.

    It has a login of its own: what is said does not depend on the line by which one hears.
    """

    def __init__(self, base: str | None, token: SecretStr) -> None:
        """Say it to *base*; None is Discord itself."""
        self._base = base
        self._token = token
        self._hooks = _Hooks(base)
        self._open: tuple[Rest, aiohttp.ClientSession] | None = None
        self._opening = asyncio.Lock()
        self.me = 0
        """Our own id, once it is open."""

    async def open(self) -> None:
        """Log in, unless that is done.

        Raises:
            LoginFailure: Discord does not know the token.
        """
        async with self._opening:
            if self._open is not None:
                return
            rest = Rest(self._base, asyncio.get_running_loop())
            try:
                user = await rest.static_login(self._token.get_secret_value().strip())
            except BaseException:
                await rest.close()
                raise
            self.me = int(user["id"])
            sockets = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=SOCKETS),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=SECONDS_OF_FILES),
            )
            self._open = rest, sockets

    async def close(self) -> None:
        """Let go of its sockets."""
        if self._open is not None:
            rest, sockets = self._open
            self._open = None
            await rest.close()
            await sockets.close()

    @property
    def _rest(self) -> Rest:
        if self._open is None:
            raise ConnectionError("not logged in to Discord")
        return self._open[0]

    @property
    def _sockets(self) -> aiohttp.ClientSession:
        if self._open is None:
            raise ConnectionError("not logged in to Discord")
        return self._open[1]

    # Interactions.
    async def respond(self, id: int, token: str, params: MultipartParameters) -> None:
        """Respond for the first time."""
        async with asyncio.timeout(ACKNOWLEDGED):
            await self._hooks.create_interaction_response(
                id, token, session=self._sockets, params=params
            )

    async def change_original(
        self, app: int, token: str, parcel: Parcel, before: Parcel | None = None
    ) -> int:
        """Change the first response, or fill in what was deferred."""
        params = packed(parcel, before=before)
        found = await self._hooks.edit_original_interaction_response(
            app,
            token,
            session=self._sockets,
            payload=params.payload,
            multipart=params.multipart,
            files=params.files,
        )
        return int(found["id"])

    async def remove_original(self, app: int, token: str) -> None:
        """Take the first response away."""
        await self._hooks.delete_original_interaction_response(app, token, session=self._sockets)

    async def follow_up(self, app: int, token: str, parcel: Parcel) -> int:
        """Say something more, to the same person alone."""
        params = packed(parcel, more={"flags": ALONE})
        found = await self._hooks.execute_webhook(
            app,
            token,
            session=self._sockets,
            payload=params.payload,
            multipart=params.multipart,
            files=params.files,
            wait=True,
        )
        return int(found["id"]) if found else 0

    async def change_follow_up(
        self, app: int, token: str, message: int, parcel: Parcel, before: Parcel | None
    ) -> None:
        """Change what was said more."""
        params = packed(parcel, before=before)
        await self._hooks.edit_webhook_message(
            app,
            token,
            message,
            session=self._sockets,
            payload=params.payload,
            multipart=params.multipart,
            files=params.files,
        )

    # Channels.
    async def post(
        self, channel: int, parcel: Parcel, *, nonce: str, reply_to: int | None = None
    ) -> int:
        """Write a message; asked again with the same nonce within minutes, it is the same one."""
        more: Json = {"nonce": nonce, "enforce_nonce": True}
        if reply_to is not None:
            more |= replying(channel, reply_to)
        params = packed(parcel, more=more)
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        return int((await self._send(route, params))["id"])

    async def change(
        self, channel: int, message: int, parcel: Parcel, before: Parcel | None
    ) -> None:
        """Change a message of ours."""
        route = Route(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            channel_id=channel,
            message_id=message,
        )
        await self._send(route, packed(parcel, before=before))

    async def remove(self, channel: int, message: int) -> None:
        """Delete a message of ours."""
        await self._rest.delete_message(channel, message)

    async def begin_thread(self, channel: int, message: int, name: str) -> int:
        """Begin a thread at a message; it has the message's id."""
        found = await self._rest.start_thread_with_message(
            channel, message, name=name, auto_archive_duration=1440
        )
        return int(found["id"])

    async def unarchive(self, thread: int) -> None:
        """Bring an old thread back."""
        await self._rest.edit_channel(thread, archived=False)

    async def direct(self, person: int) -> int:
        """Return the channel of direct messages with somebody."""
        return int((await self._rest.start_private_message(person))["id"])

    async def channel(self, id: int) -> Mapping[str, Any]:
        """Return what Discord tells of a channel or a thread."""
        return await self._rest.get_channel(id)

    async def guild(self, id: int) -> Mapping[str, Any]:
        """Return what Discord tells of a server."""
        return await self._rest.get_guild(id, with_counts=False)

    async def message(self, channel: int, id: int) -> Mapping[str, Any]:
        """Return what Discord tells of a message."""
        return await self._rest.get_message(channel, id)

    async def latest(
        self, channel: int, *, limit: int = 50, after: int | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return the last messages of a channel."""
        return await self._rest.logs_from(channel, limit, after=after)

    # Commands.
    async def application(self) -> Mapping[str, Any]:
        """Return what Discord tells of our application."""
        return await self._rest.application_info()

    async def commands(self, app: int, guild: int | None) -> Sequence[Mapping[str, Any]]:
        """Return the commands that are registered, with a server or with nobody in particular."""
        if guild is None:
            return await self._rest.get_global_commands(app)
        return await self._rest.get_guild_commands(app, guild)

    async def register(self, app: int, guild: int | None, commands: Sequence[Json]) -> None:
        """Register commands in place of all that were."""
        named: Any = list(commands)
        if guild is None:
            await self._rest.bulk_upsert_global_commands(app, named)
        else:
            await self._rest.bulk_upsert_guild_commands(app, guild, named)

    async def _send(self, route: Route, params: MultipartParameters) -> Any:
        if params.files:
            return await self._rest.request(route, files=params.files, form=params.multipart)
        return await self._rest.request(route, json=params.payload)
