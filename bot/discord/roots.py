"""The message that a chat of replies began with: where no thread can be, answers hold together."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from discord import HTTPException

from bot.discord.patience import passes

Fetches = Callable[[int, int], Awaitable[Mapping[str, Any]]]
"""Returns a message of a channel, as Discord tells it."""
KNOWN = 10_000
"""Messages whose beginning is remembered."""
STEPS = 30
"""Messages that one goes back at most; a longer chain goes on as a chat of its own."""


class Roots:
    """Follows replies back to where they began."""

    def __init__(self, fetches: Fetches) -> None:
        """Look up by *fetches* what is not remembered."""
        self._fetches = fetches
        self._known: OrderedDict[int, int] = OrderedDict()

    async def of(self, channel: int, message: int, to: int | None) -> int:
        """Return the message that the chain of a message begins with.

        Args:
            channel: where it stands.
            message: the message.
            to: the one that it answers, if it answers one.
        """
        passed = [message]
        root = message
        while to is not None and len(passed) < STEPS:
            root = to
            if to in self._known:
                root = self._known[to]
                break
            passed.append(to)
            try:
                found = await self._fetches(channel, to)
            except HTTPException as error:
                if passes(error):
                    raise
                break  # it was removed, or is not for us to read: the chain begins after it
            to = answered(found)
        for each in passed:
            self._known[each] = root
            self._known.move_to_end(each)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return root


def answered(message: Mapping[str, Any]) -> int | None:
    """Return the message that a message answers."""
    found = (message.get("message_reference") or {}).get("message_id")
    return None if found is None else int(found)
