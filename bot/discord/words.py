"""What people wrote, without Discord's marks: mentions by their names, nothing of our own."""

import re
from datetime import UTC, datetime

from discord import Message

_USER = re.compile(r"<@!?(\d{15,20})>")
_ROLE = re.compile(r"<@&(\d{15,20})>")
_CHANNEL = re.compile(r"<#(\d{15,20})>")
_EMOJI = re.compile(r"<a?(:\w+:)\d{15,20}>")
_TIME = re.compile(r"<t:(-?\d{1,12})(?::[tTdDfFsSR])?>")
_COMMAND = re.compile(r"</([^:>]{1,99}):\d{15,20}>")


def words(message: Message, me: int) -> str:
    """Return what a message says to us."""
    ours = message.guild.self_role if message.guild is not None else None
    people = {person.id: person.display_name for person in message.mentions}
    roles = {role.id: role.name for role in message.role_mentions}

    def person(found: re.Match[str]) -> str:
        id = int(found[1])
        return "" if id == me else f"@{people.get(id, 'somebody')}"

    def role(found: re.Match[str]) -> str:
        id = int(found[1])
        return "" if ours is not None and id == ours.id else f"@{roles.get(id, 'role')}"

    def channel(found: re.Match[str]) -> str:
        there = message.guild.get_channel_or_thread(int(found[1])) if message.guild else None
        return f"#{there.name if there is not None else 'channel'}"

    text = _USER.sub(person, message.content)
    text = _ROLE.sub(role, text)
    text = _CHANNEL.sub(channel, text)
    return unmarked(text).strip().lstrip(",:").strip()


def unmarked(text: str) -> str:
    """Return *text* with emoji, times and commands as they are read."""
    text = _EMOJI.sub(r"\1", text)
    text = _TIME.sub(_time, text)
    return _COMMAND.sub(r"/\1", text)


def _time(found: re.Match[str]) -> str:
    try:
        return f"{datetime.fromtimestamp(int(found[1]), UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return found[0]
