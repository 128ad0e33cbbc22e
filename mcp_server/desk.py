"""Where a message finds the core, and on whose behalf it speaks: what a model never supplies."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken

from core.errors import Unauthenticated

# The core brings SQLAlchemy with it; over stdio it is opened by the first call that needs it.
if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from core.app import Core
    from core.identity import Actor

Seat = tuple["Core", "Actor | None"]
"""The core, and who sits before it when no token says otherwise: on HTTP, nobody."""

Opening = Callable[[], AbstractAsyncContextManager[Seat]]


class Badge(AccessToken):
    """A bearer token, with the actor that it stands for."""

    actor: Any


class CallerMissing(Unauthenticated):
    """Send an API key as a bearer token."""


class Desk:
    """Opens the core when it is first needed and closes it at the end, in one and the same task."""

    def __init__(self, opening: Opening, tasks: "TaskGroup", *, patience: float = 45.0) -> None:
        """Open with *opening*, within *tasks*.

        Args:
            opening: how the core is opened.
            tasks: in which it is kept open.
            patience: seconds after which a question hands back its chat instead of an answer.
        """
        self.tasks = tasks
        self.patience = patience
        self.rounds: dict[str, Any] = {}
        """By the id of a turn: what it waits for from a client that comes again."""
        self._opening = opening
        self._seat: Seat | None = None
        self._failed: Exception | None = None
        self._lock = anyio.Lock()
        self._settled = anyio.Event()
        self._closing = anyio.Event()

    async def seat(self) -> Seat:
        """Return the core and the local actor.

        Raises:
            CoreError: it could not be opened; the next call tries again.
        """
        if self._seat is None:
            async with self._lock:
                if self._seat is None:
                    self._settled, self._failed = anyio.Event(), None
                    self.tasks.start_soon(self._hold)
                    await self._settled.wait()
        if self._seat is None:
            raise self._failed or RuntimeError("the desk is closed")
        return self._seat

    async def caller(self) -> "tuple[Core, Actor]":
        """Return the core, and the actor of the present message.

        Raises:
            CallerMissing: there is no token, and nobody sits here.
        """
        core, _local = await self.seat()
        actor = self.present()
        if actor is None:
            raise CallerMissing
        return core, actor

    def present(self) -> "Actor | None":
        """Return the actor of the present message, as far as that is known without the core."""
        badge = get_access_token()
        if isinstance(badge, Badge):
            actor: Actor = badge.actor
            return actor
        return self.local

    @property
    def local(self) -> "Actor | None":
        """Who sits here, as far as that is known without opening the core."""
        return None if self._seat is None else self._seat[1]

    def close(self) -> None:
        """Let the core be closed."""
        self._closing.set()

    async def _hold(self) -> None:
        # Shielded: whatever stops the server, the core is closed in good order.
        with anyio.CancelScope(shield=True):
            try:
                async with self._opening() as seat:
                    self._seat = seat
                    self._settled.set()
                    await self._closing.wait()
            except Exception as error:
                if self._settled.is_set():
                    raise
                self._failed = error
            finally:
                self._seat = None
                self._settled.set()


def here(core: "Core", local: "Actor | None" = None) -> Opening:
    """Return the opening of a core that is open already, and stays so."""
    return lambda: nullcontext((core, local))


@asynccontextmanager
async def manned(opening: Opening, *, later: bool, patience: float) -> AsyncIterator[Desk]:
    """Lend a desk for as long as a server runs.

    Args:
        opening: how the core is opened.
        later: whether that waits for the first call that needs it.
        patience: see `Desk`.
    """
    async with anyio.create_task_group() as tasks:
        desk = Desk(opening, tasks, patience=patience)
        try:
            if not later:
                await desk.seat()
            yield desk
        finally:
            desk.close()
            tasks.cancel_scope.cancel()
