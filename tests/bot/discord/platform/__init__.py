"""Discord as a bot meets it: a strict stand-in on loopback, made from Discord's documentation.

It knows nothing of our bot. A real `discord.py` client talks to it unchanged, and what Discord
would refuse it refuses, with Discord's own JSON error codes.

    async with DiscordPlatform(shards=2) as discord:
        guild = discord.guild("Acme")
        ada = discord.person("ada", guild)
        sales = discord.channel(guild, "sales")
        ...                                   # start the bot: discord.url, discord.token
        await discord.until(discord.ready)
        asked = await discord.mention(ada, sales, "revenue by month?")
        await discord.until(lambda: discord.messages(discord.threads(sales)[0]))

How a client gets here. discord.py has no setting for its base URL: `discord.http.Route.BASE` is
one for the whole process, interaction callbacks and follow-ups go through a second REST client
(`discord.webhook.async_`, also built on Route), and after an invalid session it goes back to the
built-in `wss://gateway.discord.gg/`. What all of these have in common is the client's session,
whose connector is a documented argument. `Redirect` is a connector that sends what is meant for
Discord elsewhere, for one client and no other:

    client = discord.AutoShardedClient(intents=…, connector=Redirect(platform.url))

A subclass of `HTTPClient` and of the webhook adapter does as well. `shard_count` must be unset:
only then is the gateway's URL asked from `GET /gateway/bot`. `url` ends in `/api/v10`.

Waiting. Nothing here sleeps; `until` looks again whenever something happened here, or when a test
calls `happened()`. What discord.py itself waits for: `guild_ready_timeout` (2 s by default) until
`on_ready`, and 5 s in `before_identify_hook` for each shard but the first. A session that starts
within 5 s of another of the same shard is refused, as on Discord: `clock.advance(6)` before a bot
starts again.

Where the documentation is silent (how many requests a route takes, how edits of old messages are
limited, what hidden channels are told) the place says what was assumed.
"""

from .clock import Clock
from .errors import flat
from .gestures import Gestures
from .records import (
    Attachment,
    Channel,
    Choice,
    Guild,
    Interaction,
    Message,
    Modal,
    Payload,
    Person,
    Ping,
    Request,
    Role,
    Version,
)
from .redirect import Redirect
from .server import Fault, Hold
from .sights import Sights
from .stage import Building
from .troubles import Troubles

__all__ = [
    "Attachment",
    "Channel",
    "Choice",
    "Clock",
    "DiscordPlatform",
    "Fault",
    "Guild",
    "Hold",
    "Interaction",
    "Message",
    "Modal",
    "Payload",
    "Person",
    "Ping",
    "Redirect",
    "Request",
    "Role",
    "Version",
    "flat",
]


class DiscordPlatform(Building, Gestures, Troubles, Sights):
    """The whole of it: what is there, what people do, what goes wrong, what people see."""
