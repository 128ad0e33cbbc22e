"""How one discord.py client is led here while others are not; of use in tests alone."""

from typing import Any

import aiohttp
from aiohttp import hdrs
from typing_extensions import override
from yarl import URL

API, GATEWAY = "discord.com", "gateway.discord.gg"


class Redirect(aiohttp.TCPConnector):
    """Sends what is meant for Discord elsewhere: an argument of the client, `connector=`."""

    def __init__(self, api: str) -> None:
        super().__init__(limit=0)
        self._api = URL(api)

    @override
    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> Any:
        """Change where a request goes before a connection is looked for."""
        path = req.url.raw_path
        if req.url.host == API:
            path = self._api.raw_path + path.removeprefix("/api/v10")
        elif req.url.host == GATEWAY:
            # After an invalid session discord.py goes back to the address that it was built with.
            path = "/gateway/"
        else:
            return await super().connect(req, traces, timeout)
        to = self._api.with_path(path, encoded=True).with_query(req.url.query)
        req.url = URL(str(to), encoded=True)
        req.headers[hdrs.HOST] = req.url.host_port_subcomponent or ""
        return await super().connect(req, traces, timeout)
