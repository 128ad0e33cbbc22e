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
(`discord.webhook.async_`, also built on Route), and after a non-resumable INVALID_SESSION it goes
back to the built-in `wss://gateway.discord.gg/`. What every one of these has in common is the
session, and the session's connector is a documented argument: `AutoShardedClient(connector=…)`.
A connector per client that sends what is meant for `discord.com` and `gateway.discord.gg`
elsewhere redirects one client and no other (see `redirect.py`, sixty lines, public aiohttp API):

    client = discord.AutoShardedClient(intents=…, connector=Redirect(platform.url))

Leave `shard_count` unset: then the gateway's URL is asked from `GET /gateway/bot`, as the setting
DISCORD_API_URL promises. `platform.url` ends in `/api/v10`. Do not use `Route.BASE` or `proxy=`.
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
from .sights import Sights
from .stage import Building
from .troubles import Troubles

__all__ = [
    "Attachment",
    "Channel",
    "Choice",
    "Clock",
    "DiscordPlatform",
    "Guild",
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
