"""Whether Discord would let us in, asked without hearing anything."""

import asyncio
from collections.abc import Iterable

from discord import Forbidden, HTTPException, LoginFailure, Permissions
from pydantic import SecretStr

from bot.discord.patience import gone, passes
from bot.discord.wire import Wire, address
from bot.looked import Looked

PATIENCE = 10.0
"""Seconds for all of it."""
READS = 1 << 18 | 1 << 19
"""Flags of an application that may read what does not mention it."""
NEEDED = Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)
"""What the bot is invited with; docs/discord.md says why."""
TOKEN = "Set DISCORD_TOKEN to the bot's token; Developer Portal, Bot, Reset Token."  # noqa: S105
SERVER = "Set DISCORD_GUILD_ID to your server's id; no other is answered."
INTENT = "Switch it on in the Developer Portal, Bot, Message Content Intent; or mention the bot."
AWAY = "See DISCORD_API_URL, and whether this machine reaches Discord."


async def look(token: SecretStr, url: str | None, guilds: Iterable[int]) -> list[Looked]:
    """Return how it is.

    Args:
        token: the bot's.
        url: Discord's REST API, if it is elsewhere.
        guilds: the servers that are to be answered.
    """
    wire = Wire(address(url), token)
    try:
        async with asyncio.timeout(PATIENCE):
            await wire.open()
            return await _inside(wire, sorted(guilds))
    except LoginFailure:
        return [Looked("discord", fine=False, said="Discord does not know the token", fix=TOKEN)]
    except Exception as error:
        if not (passes(error) or isinstance(error, HTTPException)):
            raise
        said = f"Discord does not answer ({type(error).__name__})"
        return [Looked("discord", fine=False, said=said, fix=AWAY)]
    finally:
        await wire.close()


def invitation(app: int) -> str:
    """Return the address at which the bot is invited to a server."""
    scopes = "bot+applications.commands"
    query = f"client_id={app}&scope={scopes}&permissions={NEEDED.value}"
    return f"https://discord.com/oauth2/authorize?{query}"


async def _inside(wire: Wire, guilds: list[int]) -> list[Looked]:
    application = await wire.application()
    app = int(application["id"])
    found = [Looked("discord", fine=True, said=f"the application {application['name']}")]
    if not int(application.get("flags") or 0) & READS:
        said = "in threads people have to mention the bot: the Message Content Intent is off"
        found.append(Looked("discord intents", fine=False, said=said, fix=INTENT, grave=False))
    if not guilds:
        said = "no server is answered"
        found.append(Looked("discord servers", fine=False, said=said, fix=SERVER, grave=False))
    return [*found, *[await _server(wire, app, each) for each in guilds]]


async def _server(wire: Wire, app: int, id: int) -> Looked:
    what = f"discord server {id}"
    try:
        guild = await wire.guild(id)
    except HTTPException as error:
        if not gone(error):
            raise
        fix = f"Check the id, or invite the bot: {invitation(app)}"
        return Looked(what, fine=False, said="the bot is not there", fix=fix, grave=False)
    try:
        await wire.commands(app, id)
    except Forbidden:
        fix = f"Invite the bot once more: {invitation(app)}"
        return Looked(what, fine=False, said="it may have no commands there", fix=fix, grave=False)
    return Looked(what, fine=True, said=str(guild["name"]))
