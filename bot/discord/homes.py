"""The servers that Trellis is at home in: those that the settings name, and no other."""

import asyncio
from collections.abc import Iterable

import structlog

from core.app import Core
from core.channels import DIRECT, WorkspaceDraft, WorkspaceTaken, WorkspaceUnknown
from core.errors import CoreError
from core.identity import Surface

log = structlog.get_logger()


class Homes:
    """Lets the organization of this home speak on its servers, and in direct messages."""

    def __init__(self, core: Core, guilds: Iterable[int]) -> None:
        """Know the servers; without any, none is answered."""
        self._core = core
        self.guilds = frozenset(guilds)
        self._moved: dict[str, asyncio.Task[bool]] = {}

    def welcome(self, guild: int | None) -> bool:
        """Return whether we answer on a server, or in direct messages."""
        return guild is None or guild in self.guilds

    async def move_in(self, guild: int | None, name: str, me: int) -> None:
        """Return when the organization speaks there; done once, tried again if it failed."""
        id = DIRECT if guild is None else str(guild)
        moving = self._moved.get(id)
        if moving is None or (moving.done() and not _moved(moving)):
            work = self._move_in(id, name, str(me))
            moving = self._moved[id] = asyncio.get_running_loop().create_task(work)
        await asyncio.shield(moving)

    async def move_out(self, guild: int) -> None:
        """Forget a server that has thrown us out."""
        self._moved.pop(str(guild), None)
        try:
            await self._core.channels.forsake(Surface.DISCORD, str(guild))
        except CoreError as refusal:
            log.warning("a server is not forgotten", guild=guild, reason=refusal.message)

    async def _move_in(self, id: str, name: str, me: str) -> bool:
        draft = WorkspaceDraft(surface=Surface.DISCORD, id=id, name=name[:200], bot=me)
        try:
            there = await self._core.channels.workspace(Surface.DISCORD, id)
            if (there.name, there.bot) == (draft.name, draft.bot):
                return True
        except WorkspaceUnknown:
            pass
        except CoreError as refusal:
            log.warning("a server is not known yet", guild=id, reason=refusal.message)
            return False
        try:
            owner, _founded = await self._core.identity.settle(Surface.DISCORD)
            await self._core.channels.install(owner, draft)
        except WorkspaceTaken as refusal:
            log.error("a server is not ours", guild=id, reason=refusal.message)  # noqa: TRY400
        except CoreError as refusal:
            log.warning("a server is not known yet", guild=id, reason=refusal.message)
            return False
        return True


def _moved(moving: "asyncio.Task[bool]") -> bool:
    """Return whether somebody has moved in; what broke on the way is tried again, too."""
    return not moving.cancelled() and moving.exception() is None and moving.result()
