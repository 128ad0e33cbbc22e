"""The application commands that people find behind `/`, and how they are registered."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from discord import Forbidden, HTTPException

from bot.discord.parcel import Json
from bot.discord.wire import Wire

log = structlog.get_logger()

TEXT, CHANNEL = 3, 7
"""Types of options."""
LONGEST = 6000
"""Characters of an option."""
ON_MESSAGE = "Ask Trellis"
"""The command of a message's menu."""
IN_SERVERS, IN_DIRECT = 0, 1
SAME = (
    *("name", "type", "description", "options", "required", "autocomplete", "max_length"),
    *("channel_types", "contexts"),
)
"""What of a command tells whether it is to be registered anew."""


def _option(
    name: str, description: str, *, required: bool = False, completes: bool = False, most: int = 200
) -> Json:
    found: Json = {"type": TEXT, "name": name, "description": description, "max_length": most}
    return found | {"required": required, "autocomplete": completes}


QUERY = _option("query", "The saved query's title", required=True, completes=True)
CONNECTION = _option("connection", "The database, if not the channel's own", completes=True)
VALUES = _option("values", "Its values, such as year=2025 region=EU", completes=True, most=LONGEST)

COMMANDS: tuple[Json, ...] = (
    {
        "name": "ask",
        "description": "Ask your data in plain words; only you see the answer until you show it",
        "options": [
            _option("question", "In your own words", required=True, most=LONGEST),
            CONNECTION,
        ],
    },
    {
        "name": "run",
        "description": "Run a saved query",
        "options": [QUERY, VALUES, CONNECTION],
    },
    {
        "name": "queries",
        "description": "List the saved queries",
        "options": [_option("words", "What they are about")],
    },
    {
        "name": "save",
        "description": "Save a question; alone, it opens a form",
        "options": [
            _option("title", "What it is to be called"),
            _option("question", "The question in words", most=4000),
        ],
    },
    {"name": "connections", "description": "List the databases that can be asked", "options": []},
    {
        "name": "use",
        "description": "Let this channel ask a database",
        "options": [_option("connection", "Its name; none forgets it", completes=True)],
    },
    {
        "name": "schedule",
        "description": "Post a saved query again and again; alone, it opens a form",
        "options": [
            QUERY | {"required": False},
            _option("when", "Such as: every Monday 9:00 Europe/Berlin"),
            {
                "type": CHANNEL,
                "name": "channel",
                "description": "Where, if not here",
                "channel_types": [0, 5],
            },
            VALUES,
        ],
    },
    {"name": "schedules", "description": "List what is posted, to pause or delete", "options": []},
    {
        "name": "pipeline",
        "description": "Run a saved pipeline; alone, list them",
        "options": [
            _option("pipeline", "Its name", completes=True),
            _option("values", "Its values, such as year=2025", most=LONGEST),
        ],
    },
    {
        "name": "link",
        "description": "Tell me who you are: `trellis link` or the page gives you a code",
        "options": [_option("code", "The code")],
    },
    {"name": "help", "description": "Say what I understand", "options": []},
    {"name": ON_MESSAGE, "type": 3},
)


def commands(*, direct: bool) -> list[Json]:
    """Return the commands of a server, or those of direct messages.

    On a server they are registered with that server, where they appear at once and nowhere else;
    in direct messages everybody has them.
    """
    found = [{"type": 1, **each} for each in COMMANDS]
    if direct:
        return [each | {"contexts": [IN_DIRECT], "integration_types": [0]} for each in found]
    return found


async def register(wire: Wire, app: int, guild: int | None) -> None:
    """Register the commands, unless they are as they should be."""
    wanted = commands(direct=guild is None)
    try:
        there = await wire.commands(app, guild)
        if sorted(map(_plain, there), key=str) == sorted(map(_plain, wanted), key=str):
            return
        await wire.register(app, guild, wanted)
    except Forbidden:
        log.warning(
            "commands are not registered: invite the bot with the applications.commands scope",
            guild=guild,
        )
    except HTTPException as error:
        log.warning("commands are not registered", guild=guild, reason=str(error))
    else:
        log.info("commands are registered", guild=guild, commands=len(wanted))


def _plain(what: Any) -> Any:
    """Return what counts of a command, whatever else Discord tells of it."""
    if isinstance(what, Mapping):
        kept = {name: _plain(what[name]) for name in SAME if name in what}
        return {name: value for name, value in kept.items() if value not in (None, False, [], "")}
    if isinstance(what, Sequence) and not isinstance(what, str):
        return [_plain(each) for each in what]
    return what
