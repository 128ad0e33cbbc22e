"""What Discord offers while somebody types a command."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot.cells import short
from bot.dialog import Dialog
from bot.discord.parcel import Json
from bot.words import quoted
from core.app import Core
from core.channels import Spot
from core.errors import CoreError
from core.links import Person, PersonUnknown
from core.page import PageAsked

SECONDS = 2.0
"""Discord shows nothing that comes after three."""
MOST = 25
LONGEST = 100
"""Characters of a choice, and of what it stands for."""
TYPED = re.compile(r"^(?P<before>(?:.*\s)?)(?P<name>[A-Za-z_]\w*)=(?P<value>[^=]*)$", re.DOTALL)
"""Values, of which the last is being typed."""
NAMED = re.compile(r"([A-Za-z_]\w*)\s*=")
WHO = "I do not know you yet: use /link first"

Offer = tuple[str, str]
"""What is offered, and what it stands for."""

log = structlog.get_logger()


class Completing:
    """Completes options for those who may see what they are completed with."""

    def __init__(self, core: Core, dialog: Dialog) -> None:
        """Look it up in *core*, on behalf of whom *dialog* knows."""
        self._core = core
        self._dialog = dialog

    async def choices(self, person: Person, spot: Spot, data: Mapping[str, Any]) -> list[Json]:
        """Return what is offered for the option that has the focus, in time or not at all."""
        found: Sequence[Offer]
        try:
            async with asyncio.timeout(SECONDS):
                found = await self._choices(person, spot, data)
        except PersonUnknown:
            found = [(WHO, "link")]
        except (CoreError, TimeoutError) as error:
            log.info("nothing is offered", reason=str(error))
            found = []
        fit = [each for each in found if 0 < len(each[1]) <= LONGEST]
        return [{"name": short(name, LONGEST), "value": value} for name, value in fit[:MOST]]

    async def _choices(
        self, person: Person, spot: Spot, data: Mapping[str, Any]
    ) -> Sequence[Offer]:
        options = {each["name"]: each for each in data.get("options", ())}
        focused = next((each for each in options.values() if each.get("focused")), None)
        if focused is None:
            return ()
        words = str(focused.get("value", ""))
        match focused["name"]:
            case "query":
                titles = await self._dialog.titles(person, spot, words)
                return [(each.label, each.value) for each in titles]
            case "connection":
                return await self._connections(person, spot, words)
            case "pipeline":
                return await self._pipelines(person, spot, words)
            case "values" if "query" in options:
                query = str(options["query"].get("value", ""))
                return await self._values(person, spot, query, words)
            case _:
                return ()

    async def _pipelines(self, person: Person, spot: Spot, words: str) -> list[Offer]:
        actor = await self._dialog.actor(person, spot, private=True)
        page = await self._core.pipelines.list_saved(actor, PageAsked(size=None))
        found = [each for each in page.items if words.lower() in each.name]
        return [(f"{each.name}: {each.goal}", each.name) for each in found[:MOST]]

    async def _connections(self, person: Person, spot: Spot, words: str) -> list[Offer]:
        actor = await self._dialog.actor(person, spot, private=True)
        page = await self._core.connections.list(actor, PageAsked(size=None))
        typed = words.strip().lower()
        fit = [each for each in page.items if typed in each.name.lower()]
        return [(each.name, each.id) for each in fit]

    async def _values(self, person: Person, spot: Spot, query: str, words: str) -> list[Offer]:
        """Return whole lines: what is typed so far with one more name, or one more value."""
        typing = TYPED.match(words)
        names = await self._dialog.parameters(person, spot, query)
        if typing is not None and typing["name"] in names:
            name, value = typing["name"], typing["value"].strip().strip('"“”')
            known = await self._dialog.values(person, spot, query, name, value)
            before = f"{typing['before']}{name}="
            lines = [before + _written(each.value) for each in known]
            if not value:
                return _lines(lines)
            typed = f"{before}{typing['value']}".rstrip()
            taken = set(NAMED.findall(typed))
            more = [f"{typed} {each}=" for each in names if each not in taken]
            return _lines([typed, *lines, *more])
        before = words[: words.rfind(" ") + 1]
        taken = set(NAMED.findall(before))
        begun = words[len(before) :].lower()
        left = [each for each in names if each not in taken and begun in each.lower()]
        return _lines([f"{before}{each}=" for each in left])


def _written(value: str) -> str:
    return quoted(value) if re.search(r"[\s=]", value) else value


def _lines(texts: Sequence[str]) -> list[Offer]:
    """Return offers that say what they put in."""
    return [(each, each) for each in dict.fromkeys(texts)]
